import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { finfo, float32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { divide, multiply } from "./binary.ts";
import { vander } from "./creationSequences.ts";
import { lstsq } from "./linalg/leastSquares.ts";
import { inv } from "./linalg/solving.ts";
import { dot, outer } from "./products.ts";
import { promoteDTypesInexact, toArray } from "./promote.ts";
import { sum } from "./reductions.ts";
import { sqrt } from "./unary.ts";

/** Options of {@link polyfit}. */
export interface PolyfitOptions {
  /** Singular values below this times the largest count as 0; default `n eps`. */
  rcond?: number | null;
  /** Also give residuals, rank, singular values and `rcond`. */
  full?: boolean;
  /** Weights of the points. */
  w?: ArrayLike | null;
  /** Also give the covariance matrix of the coefficients; "unscaled": not scaled by the residuals. */
  cov?: boolean | "unscaled";
}
interface Static {
  readonly deg: number;
  readonly rcond: number;
  readonly cov: boolean | "unscaled";
}
interface Fit {
  readonly coefficients: NDArray;
  readonly residuals: NDArray;
  readonly rank: NDArray;
  readonly singular: NDArray;
  readonly covariance: NDArray | null;
}

const fitJit = jit(
  (x0: NDArray, y0: NDArray, w0: NDArray | null, s: Static): Fit => {
    const [x, y] = promoteDTypesInexact([x0, y0]);
    const order = s.deg + 1;
    let lhs = vander(x, order);
    let rhs = y;
    if (w0 !== null) {
      const [w] = promoteDTypesInexact([w0]);
      const column = lax.expandDims(w, [1]);
      lhs = multiply(lhs, column);
      rhs = multiply(rhs, rhs.ndim === 2 ? column : w);
    }
    // Columns of length one make the problem better conditioned.
    const scale = sqrt(sum(multiply(lhs, lhs), { axis: 0 }));
    lhs = divide(lhs, lax.expandDims(scale, [0]));
    const [c, residuals, rank, singular] = lstsq(lhs, rhs, s.rcond);
    const coefficients = divide(c, c.ndim > 1 ? lax.expandDims(scale, [1]) : scale);
    if (s.cov === false) return { coefficients, residuals, rank, singular, covariance: null };
    const base = divide(inv(dot(lax.transpose(lhs, [1, 0]), lhs)), outer(scale, scale));
    const factor = s.cov === "unscaled" ? scalar(1, float32) : divide(residuals, x.shape[0] - order);
    const flat = factor.ndim === 0 ? lax.reshape(factor, [1]) : factor;
    const covariance =
      y.ndim === 1
        ? multiply(base, lax.expandDims(flat, [0]))
        : multiply(lax.expandDims(base, [2]), lax.expandDims(flat, [0, 1]));
    return { coefficients, residuals, rank, singular, covariance };
  },
  { name: "polyfit", staticArgnums: 3 },
);

/**
 * The coefficients, from the highest power, of the polynomial of degree `deg` that fits points best (least squares).
 *
 * @param x a vector `[n]`
 * @param y values there: `[n]`, or `[n, k]` for several fits
 * @param options.w weights of the points
 * @param options.full give `[coefficients, residuals, rank, singularValues, rcond]`
 * @param options.cov give `[coefficients, covariance]`
 * @throws TypeError for other shapes, ValueError for a negative degree, or too few points to scale the covariance
 * @example
 * ```ts
 * jnp.polyfit(jnp.array([0, 1, 2, 3]), jnp.array([1, 3, 5, 7]), 1).round(3).tolist(); // => [2, 1]
 * ```
 */
export function polyfit(
  x: ArrayLike,
  y: ArrayLike,
  deg: number,
  options: PolyfitOptions & { full: true },
): [NDArray, NDArray, NDArray, NDArray, NDArray];
export function polyfit(
  x: ArrayLike,
  y: ArrayLike,
  deg: number,
  options: PolyfitOptions & { full?: false; cov: true | "unscaled" },
): [NDArray, NDArray];
export function polyfit(
  x: ArrayLike,
  y: ArrayLike,
  deg: number,
  options?: PolyfitOptions & { full?: false; cov?: false },
): NDArray;
export function polyfit(
  x: ArrayLike,
  y: ArrayLike,
  deg: number,
  rcond?: number | null | PolyfitOptions,
  full?: boolean | PolyfitOptions,
  w?: ArrayLike | null | PolyfitOptions,
  cov?: boolean | "unscaled" | PolyfitOptions,
): NDArray | NDArray[];
export function polyfit(x: ArrayLike, y: ArrayLike, deg: number, ...args: unknown[]): NDArray | NDArray[] {
  const o = readOptions<PolyfitOptions>("polyfit", ["rcond", "full", "w", "cov"], args);
  const [xs, ys] = [toArray(x, "polyfit", 0), toArray(y, "polyfit", 1)];
  if (!Number.isInteger(deg)) throw new TypeError(`jnp.polyfit: deg must be an integer, got ${String(deg)}.`);
  if (deg < 0) throw new ValueError(`expected deg >= 0, got ${deg}`);
  if (xs.ndim !== 1) throw new TypeError(`expected 1D vector for x, got ${xs.aval}`);
  if (xs.size === 0) throw new TypeError("expected non-empty vector for x");
  if (ys.ndim < 1 || ys.ndim > 2) throw new TypeError(`expected 1D or 2D array for y, got ${ys.aval}`);
  if (xs.shape[0] !== ys.shape[0]) {
    throw new TypeError(`expected x and y to have same length, got ${xs.shape[0]} and ${ys.shape[0]}`);
  }
  const w = o.w === undefined || o.w === null ? null : toArray(o.w, "polyfit", 3);
  if (w !== null && w.ndim !== 1) throw new TypeError(`expected a 1-d array for weights, got ${w.aval}`);
  if (w !== null && w.shape[0] !== ys.shape[0]) {
    throw new TypeError(`expected w and y to have the same length, got ${w.shape[0]} and ${ys.shape[0]}`);
  }
  const { cov = false, full = false } = o;
  if (!full && cov === true && xs.size <= deg + 1) {
    throw new ValueError("the number of data points must exceed order to scale the covariance matrix");
  }
  const [inexact] = promoteDTypesInexact([xs]);
  const rcond = o.rcond ?? xs.size * Number(finfo(inexact.dtype).eps);
  const fit = fitJit(xs, ys, w, { deg, rcond, cov: full ? false : cov });
  if (full) return [fit.coefficients, fit.residuals, fit.rank, fit.singular, scalar(rcond, float32)];
  return fit.covariance === null ? fit.coefficients : [fit.coefficients, fit.covariance];
}
