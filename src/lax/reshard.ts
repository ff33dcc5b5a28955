import { ArrayImpl, type NDArray } from "../core/array.ts";
import { checkOutSharding, isSpec, meshContext } from "../core/placement.ts";
import { definePrimitive, type Params, type Primitive } from "../core/primitive.ts";
import { bind1, isEager } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import type { PartitionSpec } from "../sharding/partitionSpec.ts";
import { isCommitted, isSharding, place } from "../sharding/placement.ts";
import type { Sharding } from "../sharding/sharding.ts";
import { map } from "../tree/map.ts";
import { broadcastPrefix } from "../tree/rearrange.ts";
import { vectorizedBatching } from "./batching.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { copy } from "./identity.ts";

interface ReshardParams extends Params {
  readonly dstSharding: Sharding;
}

/** The identity, to a type that holds another sharding; as types hold none over axes that are Auto, nothing is left of it but its name. */
const reshardPrimitive: Primitive<ReshardParams> = definePrimitive<ReshardParams>({
  name: "reshard",
  abstractEval: ([x]) => [x],
  reference: ([x]) => [x.data],
  jvp: /* @__PURE__ */ linearJvp(() => reshardPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, params) => bind1(reshardPrimitive, [ct], params)),
  batching: /* @__PURE__ */ vectorizedBatching(() => reshardPrimitive),
  lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
  printParams: () => ({}),
});

/** Shardings, or specs where a mesh is set, in a pytree that is a prefix of the arrays. */
export type OutShardings =
  | Sharding
  | PartitionSpec
  | readonly OutShardings[]
  | { readonly [key: string]: OutShardings };

/**
 * Changes the sharding in the types of arrays, for every leaf of `xs`. Types hold shardings over axes of a mesh that are Explicit, and there are
 * none here: a spec can only say that nothing is divided (`P()`), which leaves an array that is divided as it is and puts any other on all devices of
 * the mesh. To divide an array, use `devicePut`, or `lax.withShardingConstraint` inside of `jit`.
 *
 * @throws ValueError for a spec that names axes, and for one where no mesh is set; TypeError for something else than a `NamedSharding` or spec
 * @example
 * ```ts
 * const whole = new NamedSharding(makeMesh([1], ["x"]), P());
 * String(reshard(jnp.arange(3), whole).sharding) === String(whole); // => true
 * ```
 */
export function reshard<T>(xs: T, outShardings: OutShardings): T {
  const isTarget = (x: unknown): boolean => isSpec(x) || isSharding(x);
  const targets = broadcastPrefix(outShardings, xs, isTarget, "reshard");
  let next = 0;
  return map((leaf: unknown) => {
    const target = targets[next++];
    const array = leafToArray(leaf);
    if (array === null) throw new TypeError("reshard requires arrays.");
    if (!isTarget(target)) {
      throw new TypeError(
        `\`outSharding\` argument of reshard only supports instances of \`NamedSharding\` or \`PartitionSpec\`. Got ${String(target)}.`,
      );
    }
    checkOutSharding("reshard", target);
    const dstSharding = (isSpec(target) ? meshContext()?.bind(target) : target) as Sharding;
    return reshardOne(array, dstSharding);
  }, xs) as T;
}

function reshardOne(x: NDArray, dstSharding: Sharding): NDArray {
  if (!(isEager() && x instanceof ArrayImpl)) return bind1(reshardPrimitive, [x], { dstSharding });
  if (isCommitted(x)) return x;
  const placed = copy(x) as ArrayImpl;
  place(placed, dstSharding);
  return placed;
}
