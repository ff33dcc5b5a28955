import { ArrayImpl, NDArray } from "../core/array.ts";
import { copy } from "../lax/identity.ts";
import { putOn } from "../lax/placing.ts";
import { slice } from "../lax/slice.ts";
import type { Device } from "./device.ts";
import { isCommitted, place, shardingOf } from "./placement.ts";
import { type Extent, type Sharding, SingleDeviceSharding } from "./sharding.ts";

/** The part of an array that one device has. */
export class Shard {
  readonly device: Device;
  /** Where it is in the whole array. */
  readonly index: readonly Extent[];
  /** Counts the devices that have the same part. */
  readonly replicaId: number;
  private readonly whole: ArrayImpl;
  /** @internal */
  constructor(whole: ArrayImpl, device: Device, index: readonly Extent[], replicaId: number) {
    this.whole = whole;
    this.device = device;
    this.index = index;
    this.replicaId = replicaId;
  }
  /** The elements, as an array on the device. */
  get data(): NDArray {
    const { shape } = this.whole;
    // Cut out of an array that nobody placed: the part is on one device only.
    const plain = new ArrayImpl(this.whole.aval, this.whole.backend, this.whole.requireBuffer());
    const part =
      shape.length === 0
        ? copy(plain)
        : slice(
            plain,
            this.index.map(({ start }) => start),
            this.index.map(({ stop }) => stop),
          );
    place(part as ArrayImpl, new SingleDeviceSharding(this.device));
    return part;
  }
  toString(): string {
    const index = this.index.map(({ start, stop }) => `slice(${start}, ${stop}, None)`);
    const comma = index.length === 1 ? "," : "";
    return `Shard(device=${this.device}, index=(${index.join(", ")}${comma}), replica_id=${this.replicaId}, data=${this.data})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** The part of each device, in the order of the devices of the sharding. */
export function shardsOf(x: NDArray): Shard[] {
  const sharding = shardingOf(x, "addressableShards");
  const seen = new Map<string, number>();
  return [...sharding.devicesIndicesMap(x.shape)].map(([device, index]) => {
    const key = JSON.stringify(index);
    const replica = seen.get(key) ?? 0;
    seen.set(key, replica + 1);
    return new Shard(x as ArrayImpl, device, index, replica);
  });
}

const getters: Record<string, (x: NDArray) => unknown> = {
  sharding: (x): Sharding => shardingOf(x),
  /** The device, or the sharding where there are several. */
  device: (x) => {
    const { deviceList } = shardingOf(x, "device");
    return deviceList.length === 1 ? deviceList[0] : shardingOf(x);
  },
  addressableShards: shardsOf,
  globalShards: shardsOf,
  committed: (x) => {
    shardingOf(x, "committed");
    return isCommitted(x as ArrayImpl);
  },
  isFullyReplicated: (x) => shardingOf(x, "isFullyReplicated").isFullyReplicated,
  isFullyAddressable: () => true,
};
for (const [name, get] of Object.entries(getters)) {
  Object.defineProperty(NDArray.prototype, name, {
    configurable: true,
    get(this: NDArray) {
      return get(this);
    },
  });
}
const methods = {
  devices(this: NDArray): Set<Device> {
    return shardingOf(this, "devices").deviceSet;
  },
  platform(this: NDArray): string {
    return shardingOf(this, "platform").deviceList[0].platform;
  },
  toDevice(this: NDArray, device: Device | Sharding): NDArray {
    return putOn(this, device);
  },
  addressableData(this: NDArray, index: number): NDArray {
    return shardsOf(this)[index].data;
  },
};
for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(NDArray.prototype, name, { configurable: true, writable: true, value });
}
