import type { NDArray } from "../core/array.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { map } from "../tree/map.ts";
import { leafArray, mapArrays, zerosLike } from "./leaves.ts";
import { stateless } from "./scaling.ts";
import { requireParams } from "./treeMath.ts";
import type { EmptyState, GradientTransformation, OptState } from "./types.ts";

/**
 * A transformation without state that changes each leaf by itself.
 *
 * @param f takes a leaf of the updates and that of the parameters, `null` when `update` got none
 * @example
 * ```ts
 * const halve = optim.statelessWithTreeMap((update) => update.div(2));
 * String(halve.update({ w: jnp.array([4]) }, {})[0].w); // => "[2.]"
 * ```
 */
export function statelessWithTreeMap(
  f: (update: NDArray, param: NDArray | null) => NDArray,
): GradientTransformation<EmptyState> {
  return stateless((updates, params) =>
    params === null || params === undefined
      ? mapArrays((u) => f(u, null), updates)
      : mapArrays((u, p) => f(u, p), updates, params),
  );
}

/** Replaces all updates by zeros, so that parameters stay as they are. */
export function setToZero(): GradientTransformation<EmptyState> {
  return stateless((updates) => zerosLike(updates));
}

/** Replaces updates by their signs. See {@link signSgd}. */
export function scaleBySign(): GradientTransformation<EmptyState> {
  return stateless((updates) => mapArrays((g) => un.sign(g), updates));
}

/**
 * Subtracts from the gradient of each matrix or kernel its mean over all axes but the first.
 *
 * Source: Yong et al., [Gradient Centralization](https://arxiv.org/abs/2004.01461), 2020.
 *
 * @example
 * ```ts
 * String(optim.centralize().update(jnp.array([[1, 3]]), {})[0]); // => "[[-1.  1.]]"
 * ```
 */
export function centralize(): GradientTransformation<EmptyState> {
  const centred = (g: NDArray): NDArray =>
    g.ndim < 2
      ? g
      : g.sub(reductions.mean(g, { axis: g.shape.slice(1).map((_, k) => k + 1), keepdims: true }));
  return stateless((updates) => mapArrays(centred, updates));
}

/** Changes updates so that parameters that are not negative stay so. `update` needs the parameters. */
export function keepParamsNonnegative(): GradientTransformation<EmptyState> {
  return stateless((updates, params) =>
    mapArrays((u, p) => where(p.add(u).lt(0), p.neg(), u), updates, requireParams(params)),
  );
}

/** The state of {@link zeroNans}: for each parameter whether its last update had a NaN. */
export interface ZeroNansState {
  foundNan: OptState;
}

/**
 * Replaces NaNs in updates by zeros.
 *
 * @example
 * ```ts
 * const [updates, state] = optim.zeroNans().update({ w: jnp.array([1, Number.NaN]) }, { foundNan: null });
 * String(updates.w); // => "[1. 0.]"
 * String(state.foundNan.w); // => "True"
 * ```
 */
export function zeroNans(): GradientTransformation<ZeroNansState> {
  const found = (tree: unknown): OptState =>
    map((x: unknown) => reductions.any(un.isnan(leafArray(x))), tree);
  return {
    init: (params) => ({ foundNan: found(zerosLike(params)) }),
    update: (updates) => [mapArrays((g) => where(un.isnan(g), 0, g), updates), { foundNan: found(updates) }],
  };
}
