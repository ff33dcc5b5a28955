import type { ShapedArray } from "../core/aval.ts";
import type { Params, Primitive } from "../core/primitive.ts";
import { namePrimitive } from "./checkpointName.ts";
import { setName } from "./functionName.ts";

/**
 * Says whether the results of an operation are kept for the backward pass (true) or computed again. What is not needed there is not kept in
 * any case.
 */
export type CheckpointPolicy = (
  primitive: Primitive,
  avals: readonly ShapedArray[],
  params: Params,
) => boolean;

/** How policies that are no plain functions in JAX are printed there. */
const texts = new WeakMap<CheckpointPolicy, string>();
/* @__NO_SIDE_EFFECTS__ */
function described(text: string, policy: CheckpointPolicy): CheckpointPolicy {
  texts.set(policy, text);
  return policy;
}

/** A policy as jaxprs print it. */
export function policyText(policy: CheckpointPolicy | null): string {
  return policy === null ? "None" : (texts.get(policy) ?? `<function ${policy.name || "<lambda>"}>`);
}

function names(list: readonly string[]): string {
  return list.length === 0 ? "frozenset()" : `frozenset({${list.map((n) => `'${n}'`).join(", ")}})`;
}

/** @throws TypeError for a name that is no string */
function checkNames(where: string, list: readonly string[]): void {
  for (const name of list) {
    if (typeof name !== "string")
      throw new TypeError(`${where}: names must be strings, got ${String(name)}.`);
  }
}

/**
 * Keeps everything, as if there were no checkpoint.
 *
 * @example
 * ```ts
 * const f = checkpoint((x) => jnp.sin(jnp.sin(x)), { policy: checkpointPolicies.everythingSaveable });
 * adCheckpoint.savedResiduals(f, jnp.ones(2)).length; // => 2
 * ```
 */
export const everythingSaveable: CheckpointPolicy = setName(() => true, "everything_saveable");

/**
 * Keeps nothing but the arguments: what {@link checkpoint} does without a policy.
 *
 * @example
 * ```ts
 * const f = checkpoint((x) => jnp.sin(jnp.sin(x)), { policy: checkpointPolicies.nothingSaveable });
 * adCheckpoint.savedResiduals(f, jnp.ones(2)).length; // => 1
 * ```
 */
export const nothingSaveable: CheckpointPolicy = setName(() => false, "nothing_saveable");

/**
 * Keeps the results of products and convolutions, which are expensive to compute again.
 *
 * @example
 * ```ts
 * const f = checkpoint((x) => jnp.sin(x.matmul(x)), { policy: checkpointPolicies.dotsSaveable });
 * adCheckpoint.savedResiduals(f, jnp.ones([2, 2])).map((r) => r.source); // => ["from the argument [0]", "output of dot_general"]
 * ```
 */
export const dotsSaveable: CheckpointPolicy = described(
  "DotsSaveable(only_if_no_batch_dims=False)",
  ({ lowering }) => lowering.kind === "dot" || lowering.kind === "conv",
);
/** {@link dotsSaveable} by its former name. */
export const checkpointDots = dotsSaveable;

/**
 * Keeps the results of products without batch dimensions: of activations and weights, but not of activations with each other.
 *
 * @example
 * ```ts
 * const f = checkpoint((x) => jnp.sin(jnp.einsum("bij,bjk->bik", x, x)), { policy: checkpointPolicies.dotsWithNoBatchDimsSaveable });
 * adCheckpoint.savedResiduals(f, jnp.ones([3, 2, 2])).length; // => 1
 * ```
 */
export const dotsWithNoBatchDimsSaveable: CheckpointPolicy = described(
  "DotsSaveable(only_if_no_batch_dims=True)",
  ({ lowering }, _avals, params) => lowering.kind === "dot" && lowering.dims(params).batch[0].length === 0,
);
/** {@link dotsWithNoBatchDimsSaveable} by its former name. */
export const checkpointDotsWithNoBatchDims = dotsWithNoBatchDimsSaveable;

/**
 * Keeps the values with these names (`adCheckpoint.checkpointName`), and nothing else.
 *
 * @example
 * ```ts
 * const f = (x: NDArray) => jnp.sin(adCheckpoint.checkpointName(jnp.exp(x), "e"));
 * const g = checkpoint(f, { policy: checkpointPolicies.saveOnlyTheseNames("e") });
 * adCheckpoint.savedResiduals(g, jnp.ones(2)).map((r) => r.source); // => ["from the argument [0]", "named 'e'"]
 * ```
 */
export function saveOnlyTheseNames(...saved: string[]): CheckpointPolicy {
  checkNames("saveOnlyTheseNames", saved);
  return described(
    `SaveOnlyTheseNames(saveable_names=${names(saved)})`,
    (primitive, _avals, params) => isNamed(primitive) && saved.includes(params.name),
  );
}

/**
 * Keeps the values that have a name (`adCheckpoint.checkpointName`) other than these.
 *
 * @example
 * ```ts
 * const f = (x: NDArray) => jnp.sin(adCheckpoint.checkpointName(jnp.exp(x), "e"));
 * const g = checkpoint(f, { policy: checkpointPolicies.saveAnyNamesButThese("e") });
 * adCheckpoint.savedResiduals(g, jnp.ones(2)).length; // => 1
 * ```
 */
export function saveAnyNamesButThese(...notSaved: string[]): CheckpointPolicy {
  checkNames("saveAnyNamesButThese", notSaved);
  return described(
    `SaveAnyNamesButThese(names=${names(notSaved)})`,
    (primitive, _avals, params) => isNamed(primitive) && !notSaved.includes(params.name),
  );
}

/**
 * Keeps every value, named or not, but those with these names. As in JAX the value that a name was given to is kept even so.
 *
 * @example
 * ```ts
 * const policy = checkpointPolicies.saveAnythingExceptTheseNames("e");
 * adCheckpoint.savedResiduals(checkpoint((x) => jnp.sin(x), { policy }), jnp.ones(2)).map((r) => r.source); // => ["output of cos"]
 * ```
 */
export function saveAnythingExceptTheseNames(...notSaved: string[]): CheckpointPolicy {
  checkNames("saveAnythingExceptTheseNames", notSaved);
  const policy: CheckpointPolicy = () => true;
  return described("<function save_anything_except_these_names.<locals>.<lambda>>", policy);
}

/**
 * Keeps what either policy keeps.
 *
 * @example
 * ```ts
 * const { saveFromBothPolicies, saveOnlyTheseNames, dotsSaveable } = checkpointPolicies;
 * const policy = saveFromBothPolicies(saveOnlyTheseNames("e"), dotsSaveable);
 * const f = checkpoint((x: NDArray) => jnp.sin(x.matmul(x)), { policy });
 * adCheckpoint.savedResiduals(f, jnp.ones([2, 2])).length; // => 2
 * ```
 */
export function saveFromBothPolicies(a: CheckpointPolicy, b: CheckpointPolicy): CheckpointPolicy {
  return described("<function save_from_both_policies.<locals>.policy>", (primitive, avals, params) => {
    const [first, second] = [a(primitive, avals, params), b(primitive, avals, params)];
    return first || second;
  });
}

function isNamed(primitive: Primitive): boolean {
  return primitive === (namePrimitive as unknown as Primitive);
}
