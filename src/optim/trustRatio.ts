import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import * as linalg from "../numpy/linalg/norms.ts";
import { toArray } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { globalNorm } from "./clipping.ts";
import { mapArrays } from "./leaves.ts";
import { stateless } from "./scaling.ts";
import { absSq, requireParams } from "./treeMath.ts";
import type { EmptyState, GradientTransformation, Scalar } from "./types.ts";

export interface SafeNormOptions {
  /** The order, as in `jnp.linalg.norm`; default the Euclidean norm. */
  ord?: linalg.NormOrder;
  axis?: Axis;
  keepdims?: boolean;
}

/**
 * `max(norm(x), minNorm)`, with derivative 0, not NaN, where the norm is at most `minNorm`.
 *
 * @example
 * ```ts
 * String(grad((x) => optim.safeNorm(x, 0))(jnp.zeros(2))); // => "[0. 0.]"
 * ```
 */
export function safeNorm(x: ArrayLike, minNorm: Scalar, options: SafeNormOptions = {}): NDArray {
  const { keepdims = false, ...rest } = readOptions<SafeNormOptions>(
    "safeNorm",
    ["ord", "axis", "keepdims"],
    [options],
  );
  const array = toArray(x, "safeNorm");
  const kept = linalg.norm(array, { ...rest, keepdims: true });
  const safe = where(kept.le(minNorm), 1, array);
  const value = linalg.norm(safe, { ...rest, keepdims });
  return where(kept.reshape(value.shape).le(minNorm), minNorm, value);
}

/**
 * `max(rms(x), minRms)` of the root mean square of all elements, with derivative 0 where it is at most `minRms`.
 *
 * @example `String(optim.safeRootMeanSquares(jnp.array([3, 3]), 0)); // => "3.0"`
 */
export function safeRootMeanSquares(x: ArrayLike, minRms: Scalar): NDArray {
  const array = toArray(x, "safeRootMeanSquares");
  const rms = (y: NDArray): NDArray => un.sqrt(reductions.mean(absSq(y)));
  const small = rms(array).le(minRms);
  return where(small, minRms, rms(where(small, 1, array)));
}

/** Multiplies the update of each parameter by the parameter's norm, at least `minScale`. `update` needs the parameters. */
export function scaleByParamBlockNorm(minScale: Scalar = 1e-3): GradientTransformation<EmptyState> {
  return stateless((updates, params) =>
    mapArrays((u, p) => u.mul(safeNorm(p, minScale)), updates, requireParams(params)),
  );
}

/** Multiplies the update of each parameter by the parameter's root mean square, at least `minScale`. `update` needs the parameters. */
export function scaleByParamBlockRms(minScale: Scalar = 1e-3): GradientTransformation<EmptyState> {
  return stateless((updates, params) =>
    mapArrays((u, p) => u.mul(safeRootMeanSquares(p, minScale)), updates, requireParams(params)),
  );
}

export interface TrustRatioOptions {
  /** Norms are taken to be at least this; default 0. */
  minNorm?: Scalar;
  /** A factor; default 1. */
  trustCoefficient?: Scalar;
  /** Added to the norm of the update; default 0. */
  eps?: Scalar;
}

/**
 * Multiplies the update of each parameter by the ratio of the norms of parameter and update (1 where either is 0), as {@link lamb} and
 * {@link lars} do. `update` needs the parameters.
 *
 * Source: You et al., [Large Batch Optimization for Deep Learning](https://arxiv.org/abs/1904.00962), 2020.
 */
export function scaleByTrustRatio(
  ...options: [(Scalar | TrustRatioOptions)?, ...unknown[]]
): GradientTransformation<EmptyState> {
  const o = readOptions<TrustRatioOptions>(
    "scaleByTrustRatio",
    ["minNorm", "trustCoefficient", "eps"],
    options,
  );
  const { minNorm = 0, trustCoefficient = 1, eps = 0 } = o;
  return stateless((updates, params) =>
    mapArrays(
      (u, p) => {
        const [paramNorm, updateNorm] = [safeNorm(p, minNorm), safeNorm(u, minNorm)];
        const ratio = paramNorm.mul(trustCoefficient).div(updateNorm.add(eps));
        return u.mul(where(bi.logicalOr(paramNorm.eq(0), updateNorm.eq(0)), 1, ratio));
      },
      updates,
      requireParams(params),
    ),
  );
}

/**
 * Divides all updates by their common norm, so that it becomes `scaleFactor`.
 *
 * @param options.eps added to the norm; default 1e-6
 * @example
 * ```ts
 * const [updates] = optim.normalizeByUpdateNorm().update({ w: jnp.array([3, 4]) }, {});
 * String(updates.w); // => "[0.5999999  0.79999983]"
 * ```
 */
export function normalizeByUpdateNorm(
  ...options: [(Scalar | { scaleFactor?: Scalar; eps?: Scalar })?, ...unknown[]]
): GradientTransformation<EmptyState> {
  const o = readOptions<{ scaleFactor: Scalar; eps: Scalar }>(
    "normalizeByUpdateNorm",
    ["scaleFactor", "eps"],
    options,
  );
  const { scaleFactor = 1, eps = 1e-6 } = o;
  return stateless((updates) => {
    const norm = globalNorm(updates).add(eps).div(scaleFactor);
    return mapArrays((g) => g.div(norm), updates);
  });
}
