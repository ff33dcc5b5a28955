import { ArrayImpl, type NDArray } from "../core/array.ts";
import { placementFrom, specAlone } from "../core/placement.ts";
import { definePrimitive, type Params, type Primitive, type TransposeRule, Zero } from "../core/primitive.ts";
import { bind1, isEager } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import { Device } from "../sharding/device.ts";
import type { PartitionSpec } from "../sharding/partitionSpec.ts";
import { place } from "../sharding/placement.ts";
import { type Sharding, SingleDeviceSharding } from "../sharding/sharding.ts";
import { map } from "../tree/map.ts";
import { vectorizedBatching } from "./batching.ts";
import { linearJvp } from "./families.ts";
import { copy } from "./identity.ts";

/** The identity, as far as values go; its result is on the devices that it names. */
/* @__NO_SIDE_EFFECTS__ */
function placing<P extends Params>(
  name: string,
  target: (params: P) => Sharding | null,
  printParams: (params: P) => Params,
): Primitive<P> {
  const transpose: TransposeRule<P> = ([ct]) => [ct instanceof Zero ? null : ct];
  const primitive: Primitive<P> = definePrimitive<P>({
    name,
    abstractEval: ([x], params) => {
      target(params)?.shardShape(x.shape);
      return [x];
    },
    reference: ([x]) => [x.data],
    jvp: linearJvp(() => primitive),
    transpose,
    batching: vectorizedBatching(() => primitive),
    placement: target,
    lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
    printParams,
  });
  return primitive;
}

interface PutParams extends Params {
  readonly device: Device | Sharding | null;
}
const devicePutP = placing<PutParams>(
  "device_put",
  ({ device }) => shardingFor(device),
  ({ device }) => ({
    copy_semantics: [{ toString: () => "ArrayCopySemantics.REUSE_INPUT" }],
    devices: [device],
    srcs: [null],
  }),
);

interface ConstraintParams extends Params {
  readonly sharding: Sharding;
}
const constraintP = placing<ConstraintParams>(
  "sharding_constraint",
  ({ sharding }) => sharding,
  ({ sharding }) => ({
    context_mesh: { toString: () => "Mesh()" },
    layout: null,
    sharding,
    unconstrained_dims: { toString: () => "frozenset({})" },
  }),
);

function shardingFor(device: Device | Sharding | null): Sharding | null {
  return device instanceof Device ? new SingleDeviceSharding(device) : device;
}

/** An array on a device, or divided as a sharding says. */
export function putOn(array: NDArray, device: Device | Sharding | null): NDArray {
  if (!(isEager() && array instanceof ArrayImpl)) return bind1(devicePutP, [array], { device });
  const sharding = shardingFor(device);
  if (sharding === null) return array.literal !== undefined ? copy(array) : array;
  return placedCopy(array, sharding);
}

function placedCopy(array: ArrayImpl, sharding: Sharding): ArrayImpl {
  sharding.shardShape(array.shape);
  const placed = copy(new ArrayImpl(array.aval, array.backend, array.requireBuffer())) as ArrayImpl;
  place(placed, sharding);
  return placed;
}

/**
 * Says how a value inside a program is to be divided among devices, for every leaf of `x`. The value stays as it is.
 * @param sharding a sharding, or, where a mesh is set, a spec
 * @throws ValueError for an array that cannot be divided so; RuntimeError for a spec where no mesh is set; TypeError for something else
 * @example
 * ```ts
 * const sharding = new NamedSharding(makeMesh([1], ["x"]), P("x"));
 * String(jit((x: NDArray) => lax.withShardingConstraint(x.mul(2), sharding))(jnp.arange(2))); // => "[0 2]"
 * ```
 */
export function withShardingConstraint<T>(x: T, sharding: Sharding | PartitionSpec): T {
  const missing = () => specAlone("withShardingConstraint", "shardings");
  const concrete = placementFrom(sharding, missing) as Sharding | null;
  if (concrete === null) {
    throw new TypeError(`withShardingConstraint requires a sharding, got ${String(sharding)}.`);
  }
  return map((leaf: unknown) => {
    const array = leafToArray(leaf);
    if (array === null) throw new TypeError("withShardingConstraint requires arrays.");
    if (isEager() && array instanceof ArrayImpl) return placedCopy(array, concrete);
    return bind1(constraintP, [array], { sharding: concrete });
  }, x) as T;
}
