import { ArrayImpl, type NDArray } from "../core/array.ts";
import { shapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import { withTransfers } from "../core/transferGuard.ts";
import { leafToArray, scalar } from "../core/values.ts";
import { asDType, type DTypeLike, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { dynamicUpdateSlice } from "../lax/dynamicSlice.ts";
import { ops } from "../lax/ops.ts";
import type { Device } from "../sharding/device.ts";
import { isSharding, place, shardingOf } from "../sharding/placement.ts";
import type { Extent, Sharding } from "../sharding/sharding.ts";
import { checkOptions } from "./options.ts";

export interface MakeArrayOptions {
  /** The dtype, which must be that of the parts. */
  readonly dtype?: DTypeLike;
}

/**
 * An array whose parts a function gives, a device at a time.
 *
 * @param callback takes the part of a device, an extent for each dimension, and returns its elements: an array of its shape, or a typed array. It is
 * called for every device, also for those that have the same part; where they differ, the first counts.
 * @throws ValueError for a part of another shape, and for parts of different dtypes; TypeError for parts that are no arrays
 * @example
 * ```ts
 * const sharding = new NamedSharding(makeMesh([1], ["x"]), P("x"));
 * const x = makeArrayFromCallback([4], sharding, ([{ start, stop }]) => jnp.arange(start, stop));
 * String(x); // => "[0 1 2 3]"
 * ```
 */
export function makeArrayFromCallback(
  shape: readonly number[],
  sharding: Sharding,
  callback: (index: readonly Extent[]) => unknown,
  options: MakeArrayOptions = {},
): NDArray {
  const where = "makeArrayFromCallback";
  requireSharding(where, sharding);
  if (typeof callback !== "function") throw new TypeError(`${where}: the callback must be a function.`);
  const partShape = sharding.shardShape(shape);
  const parts = [...sharding.devicesIndicesMap(shape)].map(([, index]): Part => {
    const given = callback(index);
    const array = withTransfers(() => leafToArray(given));
    if (!(array instanceof ArrayImpl)) throw new TypeError(`${where}: the callback must return arrays.`);
    // Typed arrays do not know their shape.
    return { index, array: ArrayBuffer.isView(given) ? reshaped(array, partShape) : array };
  });
  return assembled(where, shape, sharding, parts, options);
}

/**
 * An array made of arrays that are each on one device: the parts that a sharding gives to these devices.
 *
 * @param arrays one for each device, in any order; where devices have the same part, the first of them counts
 * @throws ValueError for too few arrays, arrays on the same device or on others than those of the sharding, parts of another shape and
 * parts of different dtypes; TypeError for something else than a list
 * @example
 * ```ts
 * const sharding = new NamedSharding(makeMesh([1], ["x"]), P("x"));
 * const part = devicePut(jnp.arange(3), devices()[0]);
 * String(makeArrayFromSingleDeviceArrays([3], sharding, [part])); // => "[0 1 2]"
 * ```
 */
export function makeArrayFromSingleDeviceArrays(
  shape: readonly number[],
  sharding: Sharding,
  arrays: readonly NDArray[],
  options: MakeArrayOptions = {},
): NDArray {
  const where = "makeArrayFromSingleDeviceArrays";
  requireSharding(where, sharding);
  if (!Array.isArray(arrays)) {
    throw new TypeError(`${where} \`arrays\` argument must be a list, but got ${typeof arrays}.`);
  }
  const { deviceList } = sharding;
  if (arrays.length !== deviceList.length) {
    throw new ValueError(
      `Expected ${deviceList.length} per-device arrays (this is how many devices are addressable by the sharding), but got ${arrays.length}`,
    );
  }
  const byDevice = new Map<Device, ArrayImpl>();
  for (const x of arrays) {
    if (!(x instanceof ArrayImpl)) throw new TypeError(`${where} requires arrays, got ${String(x)}.`);
    const own = shardingOf(x).deviceList;
    if (own.length !== 1)
      throw new ValueError(`${where}: an array is on ${own.length} devices, ${shardingOf(x)}.`);
    byDevice.set(own[0], x);
  }
  const idsOf = (list: readonly Device[]): string => `[${list.map(({ id }) => id).join(", ")}]`;
  if (byDevice.size < arrays.length) {
    const ids = idsOf(arrays.map((x) => shardingOf(x).deviceList[0]));
    throw new ValueError(
      `When making an array from single-device arrays, the input arrays must be from distinct devices, but got device IDs ${ids}`,
    );
  }
  const parts = [...sharding.devicesIndicesMap(shape)].map(([device, index]): Part => {
    const array = byDevice.get(device);
    if (array !== undefined) return { index, array };
    throw new ValueError(
      `${where}: the arrays are on devices with ids ${idsOf([...byDevice.keys()])}, those of the sharding have ids ${idsOf(deviceList)}.`,
    );
  });
  return assembled(where, shape, sharding, parts, options);
}

interface Part {
  readonly index: readonly Extent[];
  readonly array: ArrayImpl;
}

function requireSharding(where: string, sharding: unknown): void {
  if (!isSharding(sharding)) throw new TypeError(`${where} requires a sharding, got ${String(sharding)}.`);
}

function reshaped(x: ArrayImpl, shape: readonly number[]): ArrayImpl {
  const size = shape.reduce((n, d) => n * d, 1);
  return size === x.size ? (ops.reshape(x, shape) as ArrayImpl) : x;
}

function assembled(
  where: string,
  shape: readonly number[],
  sharding: Sharding,
  parts: readonly Part[],
  options: MakeArrayOptions,
): NDArray {
  checkOptions(where, options, ["dtype"]);
  const [{ array: first }] = parts;
  const { dtype, weakType } = first;
  if (options.dtype !== undefined && asDType(options.dtype) !== dtype) {
    throw new ValueError(
      `If \`dtype\` is provided to \`${where}\`, it must match the dtype of the addressable shards. ` +
        `Got dtype=${asDType(options.dtype)} and shard dtype=${dtype}.`,
    );
  }
  const partShape = sharding.shardShape(shape);
  for (const { array } of parts) {
    if (array.dtype !== dtype) {
      throw new ValueError(
        `Input buffers to \`Array\` must have matching dtypes. Got ${array.dtype}, expected ${dtype} for buffer: ${array}`,
      );
    }
    if (shapesEqual(array.shape, partShape)) continue;
    throw new ValueError(
      `Expected shard shape ${shapeStr(partShape)} doesn't match the single device array shape ${shapeStr(array.shape)}. ` +
        `Shape of Array is ${shapedArray(shape, dtype)} with sharding ${sharding}`,
    );
  }
  // The devices share their memory: where the parts come from does not matter any more.
  const free = (x: ArrayImpl): ArrayImpl => new ArrayImpl(x.aval, x.backend, x.requireBuffer());
  let whole: NDArray = ops.broadcastInDim(scalar(0, dtype, weakType), shape, []);
  const seen = new Set<string>();
  for (const { index, array } of parts) {
    const key = JSON.stringify(index);
    if (seen.has(key)) continue;
    seen.add(key);
    const starts = index.map(({ start }) => scalar(start, int32));
    whole = dynamicUpdateSlice(whole, free(array), starts);
  }
  place(whole as ArrayImpl, sharding);
  return whole;
}
