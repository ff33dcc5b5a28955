import { ValueError } from "../errors.ts";
import { leaves } from "../tree/flatten.ts";
import { map } from "../tree/map.ts";
import { setToZero } from "./elementwise.ts";
import { type Mask, type MaskedState, masked } from "./masked.ts";
import type { GradientTransformation } from "./types.ts";

/** The state of {@link partition}: that of each group. */
export interface PartitionState {
  innerStates: Record<string, MaskedState>;
}

/**
 * Different transformations for different parameters.
 *
 * @param transforms by label
 * @param paramLabels a tree of labels in the structure of the parameters or a prefix of it, or a function from the parameters to such a tree
 * @throws ValueError from `init` for a label without a transformation
 * @example
 * ```ts
 * const optimizer = optim.partition(
 *   { fast: optim.sgd(1), slow: optim.sgd(0.1) },
 *   { w: "fast", b: "slow" },
 * );
 * const gradients = { w: jnp.array([1]), b: jnp.array([1]) };
 * const [updates] = optimizer.update(gradients, optimizer.init(gradients));
 * String(updates.b); // => "[-0.1]"
 * ```
 */
export function partition(
  transforms: Readonly<Record<string, GradientTransformation>>,
  paramLabels: unknown,
): GradientTransformation<PartitionState> {
  const labelsOf = (params: unknown): unknown =>
    typeof paramLabels === "function" ? paramLabels(params) : paramLabels;
  const groups = (labels: unknown): [string, GradientTransformation<MaskedState>][] =>
    Object.entries(transforms).map(([group, transform]) => [
      group,
      masked(
        transform,
        map((label: unknown) => label === group, labels),
      ),
    ]);
  return {
    init(params) {
      const labels = labelsOf(params);
      const unknown = [...new Set(leaves(labels).map(String))].filter(
        (label) => !Object.hasOwn(transforms, label),
      );
      if (unknown.length > 0) {
        throw new ValueError(
          `Some parameters have no corresponding transformation.\nParameter labels without one: ${unknown.join(", ")}\nTransforms keys: ${Object.keys(transforms).sort().join(", ")}`,
        );
      }
      return { innerStates: Object.fromEntries(groups(labels).map(([group, t]) => [group, t.init(params)])) };
    },
    update(updates, state, params, extra) {
      let next = updates;
      const innerStates: Record<string, MaskedState> = {};
      for (const [group, transform] of groups(labelsOf(updates))) {
        [next, innerStates[group]] = transform.update(next, state.innerStates[group], params, extra);
      }
      return [next, { innerStates }];
    },
  };
}

/** {@link partition} by its older name. */
export const multiTransform = partition;

/**
 * Keeps some parameters as they are: their updates become zeros.
 *
 * @param mask booleans (true: freeze), as in {@link masked}
 */
export function freeze(mask: Mask): GradientTransformation<MaskedState> {
  return masked(setToZero(), mask);
}

/**
 * Optimizes some parameters and keeps the others.
 *
 * @param options.freezeMask a tree of booleans; true: keep
 * @example
 * ```ts
 * const optimizer = optim.selectiveTransform(optim.adam(1e-3), { freezeMask: { encoder: true, head: false } });
 * ```
 */
export function selectiveTransform(
  optimizer: GradientTransformation,
  { freezeMask }: { freezeMask: unknown },
): GradientTransformation<PartitionState> {
  const labels = map((frozen: unknown) => (frozen ? "freeze" : "train"), freezeMask);
  return partition({ train: optimizer, freeze: setToZero() }, labels);
}
