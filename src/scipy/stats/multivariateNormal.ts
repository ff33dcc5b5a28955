import type { ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { diagonal } from "../../numpy/linalg/diagonals.ts";
import { expandDims, squeeze } from "../../numpy/manipulation.ts";
import { broadcastToShape, promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { solveTriangular } from "../linalg/index.ts";
import { expOf } from "./arguments.ts";

// The normal distribution of vectors.

/**
 * The logarithm of the density.
 *
 * @param x points of shape `[..., n]`
 * @param mean of shape `[..., n]`, or a number for one dimension
 * @param cov the covariance, of shape `[..., n, n]`; a number stands for that multiple of the identity
 * @throws ValueError when the shapes do not fit
 * @example `String(scipy.stats.multivariateNormal.logpdf(jnp.zeros(2), jnp.zeros(2), jnp.eye(2))); // => "-1.837877"`
 */
export function logpdf(x: ArrayLike, mean: ArrayLike, cov: ArrayLike): NDArray {
  const name = "multivariate_normal.logpdf";
  const [a, m, c] = promoteDTypesInexact([toArray(x, name), toArray(mean, name, 1), toArray(cov, name, 2)]);
  const log2pi = Math.log(2 * Math.PI);
  const difference = a.sub(m);
  if (m.ndim === 0) return lax.square(difference).mul(-0.5).div(c).sub(lax.log(c).add(log2pi).mul(0.5));
  const n = m.shape[m.ndim - 1];
  if (c.ndim === 0) {
    return reductions
      .sum(lax.square(difference), -1)
      .mul(-0.5)
      .div(c)
      .sub(
        lax
          .log(c)
          .add(log2pi)
          .mul(n / 2),
      );
  }
  if (c.ndim < 2 || c.shape[c.ndim - 1] !== n || c.shape[c.ndim - 2] !== n) {
    throw new ValueError("multivariate_normal.logpdf got incompatible shapes");
  }
  const factor = lax.linalg.cholesky(c);
  const batch = lax.broadcastShapes(difference.shape.slice(0, -1), c.shape.slice(0, -2));
  const rows = broadcastToShape(factor, [...batch, n, n]);
  const column = expandDims(broadcastToShape(difference, [...batch, n]), -1);
  const y = squeeze(solveTriangular(rows, column, { lower: true }), -1);
  const determinant = reductions.sum(lax.log(diagonal(factor)), -1);
  return reductions
    .sum(lax.square(y), -1)
    .mul(-0.5)
    .sub((n / 2) * log2pi)
    .sub(determinant);
}

/** The density. */
export const pdf = expOf(logpdf);
