import type { NDArray } from "../core/array.ts";
import { isSpec, placementFrom } from "../core/placement.ts";
import { withTransfers } from "../core/transferGuard.ts";
import { leafToArray } from "../core/values.ts";
import { ValueError } from "../errors.ts";
import { putOn } from "../lax/placing.ts";
import { Device } from "../sharding/device.ts";
import type { PartitionSpec } from "../sharding/partitionSpec.ts";
import { isSharding } from "../sharding/placement.ts";
import type { Sharding } from "../sharding/sharding.ts";
import { map } from "../tree/map.ts";
import { broadcastPrefix } from "../tree/rearrange.ts";

/** A device, a sharding, a spec where a mesh is set, or a pytree of those that is a prefix of the arrays. */
export type DeviceSpec =
  | Device
  | Sharding
  | PartitionSpec
  | null
  | readonly DeviceSpec[]
  | { readonly [key: string]: DeviceSpec };

/**
 * Places every leaf of a pytree (arrays, numbers, typed arrays): on a device, or divided among several as a sharding says, and on the default
 * device where none is given. The leaves of the result are arrays. Operations on placed arrays have their results where these are.
 *
 * @param device a device or sharding, or a pytree of them that is a prefix of `tree`
 * @throws ValueError for an array that cannot be divided as the sharding says, and for a spec where no mesh is set; TypeError for a leaf that is
 * no array
 * @example
 * ```ts
 * const mesh = makeMesh([1], ["x"]);
 * devicePut(jnp.arange(4), new NamedSharding(mesh, P("x"))).sharding.shardShape([4]); // => [4]
 * ```
 */
export function devicePut<T>(tree: T, device: DeviceSpec = null): T {
  const targets = broadcastPrefix(device, tree, isTarget, "devicePut");
  let next = 0;
  return map((leaf: unknown) => put(leaf, targets[next++]), tree) as T;
}

function isTarget(x: unknown): boolean {
  return x === null || x instanceof Device || isSpec(x) || isSharding(x);
}

function put(leaf: unknown, device: unknown): NDArray {
  const array = withTransfers(() => leafToArray(leaf));
  if (array === null) {
    throw new TypeError(`devicePut was given a value of type ${typeof leaf}, which is not a valid JAX type.`);
  }
  if (device === null || device instanceof Device) return putOn(array, device);
  const sharding = placementFrom(
    device,
    () => new ValueError("Please set a mesh via `setMesh` if a PartitionSpec is passed to devicePut"),
  );
  if (sharding === null) {
    throw new TypeError(`devicePut requires a device or a sharding, got ${String(device)}.`);
  }
  return putOn(array, sharding as Sharding);
}
