import { ArrayImpl, type NDArray } from "../core/array.ts";
import { keysForwarded } from "../core/keyUse.ts";
import { placementFrom, specAlone } from "../core/placement.ts";
import { definePrimitive, type Params, type Primitive, type TransposeRule, Zero } from "../core/primitive.ts";
import { bind1, isEager } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import { Device } from "../sharding/device.ts";
import { PartitionSpec } from "../sharding/partitionSpec.ts";
import { followOperands, place } from "../sharding/placement.ts";
import { NamedSharding, type Sharding, SingleDeviceSharding } from "../sharding/sharding.ts";
import { map } from "../tree/map.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { copy } from "./identity.ts";

/** The identity, as far as values go; its result is on the devices that it names. */
/* @__NO_SIDE_EFFECTS__ */
function placing<P extends Params>(
  name: string,
  rules: {
    /** Where the result is. */
    readonly target: (params: P) => Sharding | null;
    /** The same for arrays with one dimension more. */
    readonly mapped: (params: P, dim: number) => P;
    readonly printParams: (params: P) => Params;
    readonly transpose: TransposeRule<P>;
  },
): Primitive<P> {
  const primitive: Primitive<P> = definePrimitive<P>({
    name,
    keyUse: keysForwarded,
    abstractEval: ([x], params) => {
      rules.target(params)?.shardShape(x.shape);
      return [x];
    },
    reference: ([x]) => [x.data],
    jvp: linearJvp(() => primitive),
    transpose: rules.transpose,
    batching: ([x], [dim], params) => [[bind1(primitive, [x], rules.mapped(params, dim as number))], [dim]],
    placement: (params) => {
      followOperands();
      return rules.target(params);
    },
    lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
    printParams: rules.printParams,
  });
  return primitive;
}

function mappedSharding<S extends Device | Sharding | null>(sharding: S, dim: number): S | NamedSharding {
  if (!(sharding instanceof NamedSharding)) return sharding;
  return new NamedSharding(sharding.mesh, sharding.spec.withDimension(dim));
}

interface PutParams extends Params {
  readonly device: Device | Sharding | null;
}
const devicePutP = placing<PutParams>("device_put", {
  target: ({ device }) => shardingFor(device),
  mapped: ({ device }, dim) => ({ device: mappedSharding(device, dim) }),
  printParams: ({ device }) => ({
    copy_semantics: [{ toString: () => "ArrayCopySemantics.REUSE_INPUT" }],
    devices: [device],
    srcs: [null],
  }),
  transpose: ([ct]) => [ct instanceof Zero ? null : ct],
});

interface ConstraintParams extends Params {
  readonly sharding: Sharding;
  /** Where the value is: whole on the devices, if it cannot be divided evenly. */
  readonly target: Sharding;
  /** Dimensions by which it is mapped, of which nothing is said. */
  readonly unconstrained: readonly number[];
}
const constraintP: Primitive<ConstraintParams> = placing<ConstraintParams>("sharding_constraint", {
  target: ({ target }) => target,
  mapped: ({ sharding, target, unconstrained }, dim) => ({
    sharding: mappedSharding(sharding, dim),
    target: trimmed(mappedSharding(target, dim)),
    unconstrained: [...unconstrained.map((d) => (d >= dim ? d + 1 : d)), dim].sort((a, b) => a - b),
  }),
  printParams: ({ sharding, unconstrained }) => ({
    context_mesh: { toString: () => "Mesh()" },
    layout: null,
    sharding: { toString: () => constraintText(sharding, unconstrained) },
    unconstrained_dims: { toString: () => `frozenset({${unconstrained.join(", ")}})` },
  }),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, params) => bind1(constraintP, [ct], params)),
});

/** Without dimensions at the end that are not divided. */
function trimmed(sharding: Sharding): Sharding {
  if (!(sharding instanceof NamedSharding)) return sharding;
  const entries = sharding.spec.entries.slice();
  while (entries.length > 0 && entries.at(-1) === null) entries.pop();
  return new NamedSharding(sharding.mesh, new PartitionSpec(...entries));
}

/** A sharding as JAX prints it where it says nothing of some dimensions. */
function constraintText(sharding: Sharding, unconstrained: readonly number[]): string {
  if (!(sharding instanceof NamedSharding) || unconstrained.length === 0) return String(sharding);
  const { entries } = sharding.spec;
  const ndim = Math.max(entries.length, ...unconstrained.map((d) => d + 1));
  const marked = Array.from({ length: ndim }, (_, d) =>
    unconstrained.includes(d) ? "UNCONSTRAINED" : (entries[d] ?? null),
  );
  const spec = String(new PartitionSpec(...marked)).replaceAll("'UNCONSTRAINED'", "UNCONSTRAINED");
  return `NamedSharding(mesh=${sharding.mesh}, spec=${spec}, memory_kind=device)`;
}

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
 * Says how a value inside a program is to be divided among devices, for every leaf of `x`. The value stays as it is. Inside of `jit`, a value that
 * cannot be divided evenly is whole on each device.
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
    return bind1(constraintP, [array], {
      sharding: concrete,
      target: divided(concrete, array.shape),
      unconstrained: [],
    });
  }, x) as T;
}

function divided(sharding: Sharding, shape: readonly number[]): Sharding {
  if (!(sharding instanceof NamedSharding)) return sharding;
  sharding.checkRank(shape);
  if (shape.every((size, i) => size % sharding.partsAt(i) === 0)) return sharding;
  return new NamedSharding(sharding.mesh, new PartitionSpec());
}
