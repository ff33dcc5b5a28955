import { ValueError } from "../errors.ts";
import { Device, deviceOf } from "./device.ts";
import type { Mesh } from "./mesh.ts";
import type { PartitionSpec } from "./partitionSpec.ts";

/** The part of a dimension that a device has. */
export interface Extent {
  readonly start: number;
  readonly stop: number;
}

/** Which part of an array each device has. */
export abstract class Sharding {
  readonly memoryKind = "device";
  /** In the order of the shards. */
  abstract readonly deviceList: readonly Device[];
  /** The shape of a shard. @throws ValueError when the array cannot be divided so */
  abstract shardShape(shape: readonly number[]): number[];
  /** The part of each device. */
  abstract devicesIndicesMap(shape: readonly number[]): Map<Device, Extent[]>;
  /** Whether every device has the whole array. */
  abstract readonly isFullyReplicated: boolean;
  abstract toString(): string;

  get deviceSet(): Set<Device> {
    return new Set(this.deviceList);
  }
  get numDevices(): number {
    return this.deviceList.length;
  }
  get isFullyAddressable(): boolean {
    return true;
  }
  /** Whether the same devices have the same parts of an array of `ndim` dimensions. */
  isEquivalentTo(other: Sharding, ndim: number): boolean {
    // Sizes that every division goes into.
    const size = this.numDevices * other.numDevices;
    const shape = Array.from({ length: ndim }, () => size);
    const mine = this.devicesIndicesMap(shape);
    const theirs = other.devicesIndicesMap(shape);
    const devices = [...mine.keys()];
    const inOrder = [...theirs.keys()].every((d, i) => d === devices[i]);
    return (
      inOrder &&
      mine.size === theirs.size &&
      devices.every((d) => JSON.stringify(mine.get(d)) === JSON.stringify(theirs.get(d)))
    );
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** The whole array on one device. */
export class SingleDeviceSharding extends Sharding {
  readonly device: Device;
  constructor(device: Device) {
    super();
    this.device = device;
  }
  get deviceList(): readonly Device[] {
    return [this.device];
  }
  get isFullyReplicated(): boolean {
    return true;
  }
  shardShape(shape: readonly number[]): number[] {
    return shape.slice();
  }
  devicesIndicesMap(shape: readonly number[]): Map<Device, Extent[]> {
    return new Map([[this.device, shape.map((stop) => ({ start: 0, stop }))]]);
  }
  toString(): string {
    return `SingleDeviceSharding(device=${this.device}, memory_kind=device)`;
  }
}

/**
 * The whole array on one device: a {@link SingleDeviceSharding}.
 * @throws TypeError for something that is no device; ValueError for another kind of memory than "device", the only one
 * @example
 * ```ts
 * String(sharding.makeSingleDeviceSharding(devices()[0])); // => "SingleDeviceSharding(device=CpuDevice(id=0), memory_kind=device)"
 * ```
 */
export function makeSingleDeviceSharding(
  device: Device,
  options: { readonly memoryKind?: "device" | null } = {},
): SingleDeviceSharding {
  if (!(device instanceof Device)) {
    throw new TypeError(`makeSingleDeviceSharding requires a device, got ${String(device)}.`);
  }
  const { memoryKind = null } = options;
  if (memoryKind !== null && memoryKind !== "device") {
    throw new ValueError(
      `Could not find memory addressable by device cpu. Got memory kind: ${memoryKind}; there is 'device'.`,
    );
  }
  return new SingleDeviceSharding(device);
}

/** The sharding of arrays that nobody placed: the first device. */
export function defaultSharding(): SingleDeviceSharding {
  return new SingleDeviceSharding(deviceOf(0));
}

/**
 * Divides an array over the devices of a mesh as a spec says.
 *
 * @throws ValueError for a name that is not in the mesh or occurs twice
 * @example
 * ```ts
 * const sharding = new NamedSharding(makeMesh([1], ["x"]), P("x"));
 * sharding.shardShape([4, 2]); // => [4, 2]
 * ```
 */
export class NamedSharding extends Sharding {
  readonly mesh: Mesh;
  readonly spec: PartitionSpec;
  constructor(mesh: Mesh, spec: PartitionSpec) {
    super();
    this.mesh = mesh;
    this.spec = spec;
    const { names } = spec;
    for (const name of names) {
      if (mesh.axisNames.includes(name)) continue;
      const known = mesh.axisNames.map((n) => `'${n}'`);
      throw new ValueError(
        `Resource axis: ${name} of ${spec} is not found in mesh: (${known.join(", ")}${known.length === 1 ? "," : ""}).`,
      );
    }
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new ValueError(
        "A single NamedSharding spec specification can map every mesh axis to at most one positional dimension, " +
          `but ${spec} has duplicate entries for \`${twice}\``,
      );
    }
  }
  get deviceList(): readonly Device[] {
    return this.mesh.flatDevices;
  }
  get isFullyReplicated(): boolean {
    return this.spec.names.every((name) => this.sizeOf(name) === 1);
  }
  /** Into how many parts a dimension is divided. */
  partsAt(dimension: number): number {
    return this.spec.namesAt(dimension).reduce((n, name) => n * this.sizeOf(name), 1);
  }
  /** @throws ValueError when the array has too few dimensions */
  checkRank(shape: readonly number[]): void {
    if (shape.length >= this.spec.length) return;
    const advice = shape.length === 0 ? " For scalars the PartitionSpec should be P()" : "";
    throw new ValueError(
      `Sharding ${this} is only valid for values of rank at least ${this.spec.length}, but was applied to a value of rank ${shape.length}.${advice}`,
    );
  }
  /** @throws ValueError when the array has too few dimensions, or a size that cannot be divided evenly */
  check(shape: readonly number[]): void {
    this.checkRank(shape);
    shape.forEach((size, i) => {
      const parts = this.partsAt(i);
      if (size % parts === 0) return;
      throw new ValueError(
        `Sharding ${this} implies that array axis ${i} is partitioned ${parts} times, but the dimension size is ${size} ` +
          `(full shape: (${shape.join(", ")}${shape.length === 1 ? "," : ""}), per-dimension tiling factors: ` +
          `[${shape.map((_, k) => this.partsAt(k)).join(", ")}] should evenly divide the shape)`,
      );
    });
  }
  shardShape(shape: readonly number[]): number[] {
    this.check(shape);
    return shape.map((size, i) => size / this.partsAt(i));
  }
  devicesIndicesMap(shape: readonly number[]): Map<Device, Extent[]> {
    const shard = this.shardShape(shape);
    const { axisNames, axisSizes, flatDevices } = this.mesh;
    const map = new Map<Device, Extent[]>();
    flatDevices.forEach((device, flat) => {
      let rest = flat;
      const at: Record<string, number> = {};
      for (let k = axisNames.length - 1; k >= 0; k--) {
        at[axisNames[k]] = rest % axisSizes[k];
        rest = Math.floor(rest / axisSizes[k]);
      }
      map.set(
        device,
        shard.map((size, i) => {
          const index = this.spec.namesAt(i).reduce((n, name) => n * this.sizeOf(name) + at[name], 0);
          return { start: index * size, stop: (index + 1) * size };
        }),
      );
    });
    return map;
  }
  toString(): string {
    return `NamedSharding(mesh=${this.mesh}, spec=${this.spec}, memory_kind=device)`;
  }
  private sizeOf(name: string): number {
    return this.mesh.axisSizes[this.mesh.axisNames.indexOf(name)];
  }
}
