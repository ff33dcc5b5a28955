import { map } from "../tree/map.ts";
import { registerPytreeNode } from "../tree/registry.ts";
import { ParamsPlaceholder } from "./paramsPlaceholder.ts";
import type { GradientTransformation, OptState } from "./types.ts";

/** Stands in a tree for a part that a mask leaves out: a node without leaves. */
export class MaskedNode {}
registerPytreeNode(
  MaskedNode,
  () => [[], null],
  () => new MaskedNode(),
);

/** A tree of booleans that is a prefix of the parameters, or a function that makes it from them. */
export type Mask = unknown;

/** The state of {@link masked}. */
export interface MaskedState {
  innerState: OptState;
}

/**
 * Transforms only some of the updates; the others pass unchanged. State is kept only for those transformed.
 *
 * @param mask booleans (true: transform) in the structure of the parameters or a prefix of it, or a function from the parameters to such a tree
 * @example
 * ```ts
 * // Weight decay for matrices, not for biases.
 * optim.masked(optim.addDecayedWeights(1e-4), (params) => tree.map((x) => x.ndim > 1, params));
 * ```
 */
export function masked(inner: GradientTransformation, mask: Mask): GradientTransformation<MaskedState> {
  const maskOf = (params: unknown): unknown => (typeof mask === "function" ? mask(params) : mask);
  const hide = (flags: unknown, params: unknown): unknown =>
    map((use: unknown, part: unknown) => (use ? part : new MaskedNode()), flags, params);
  return {
    init: (params) => ({
      innerState: inner.init(params instanceof ParamsPlaceholder ? params : hide(maskOf(params), params)),
    }),
    update(updates, state, params, extra) {
      const flags = maskOf(updates);
      const [seen, innerState] = inner.update(
        hide(flags, updates),
        state.innerState,
        params === undefined || params === null ? null : hide(flags, params),
        extra,
      );
      const merged = map(
        (use: unknown, next: unknown, old: unknown) => (use ? next : old),
        flags,
        seen,
        updates,
      );
      return [merged as typeof updates, { innerState }];
    },
  };
}
