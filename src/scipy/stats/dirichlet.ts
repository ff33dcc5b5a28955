import type { ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as bi from "../../numpy/binary.ts";
import { concatenate } from "../../numpy/manipulation.ts";
import { promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { xlogy } from "../special/entropies.ts";
import { gammaln } from "../special/gammas.ts";
import { expOf } from "./arguments.ts";

// The Dirichlet distribution of points of a simplex.

/**
 * The logarithm of the density; minus infinity off the simplex.
 *
 * @param x the coordinates along the first axis, all of them or all but the last
 * @param alpha a vector of positive numbers
 * @throws ValueError when the shapes do not fit
 * @example `String(scipy.stats.dirichlet.logpdf(jnp.array([0.5, 0.5]), jnp.ones(2))); // => "0.0"`
 */
export function logpdf(x: ArrayLike, alpha: ArrayLike): NDArray {
  const [given, a] = promoteDTypesInexact([
    toArray(x, "dirichlet.logpdf"),
    toArray(alpha, "dirichlet.logpdf", 1),
  ]);
  if (a.ndim !== 1) throw new ValueError(`\`alpha\` must be one-dimensional; got alpha.shape=(${a.shape})`);
  if (given.shape[0] !== a.shape[0] && given.shape[0] !== a.shape[0] - 1) {
    throw new ValueError(
      `\`x\` must have either the same number of entries as \`alpha\` or one entry fewer; got x.shape=(${given.shape}), alpha.shape=(${a.shape})`,
    );
  }
  const total = reductions.sum(given, { axis: 0, keepdims: true });
  const p = given.shape[0] === a.shape[0] ? given : concatenate([given, bi.subtract(1, total)], 0);
  const normalizer = reductions.sum(gammaln(a)).sub(gammaln(reductions.sum(a)));
  const exponents = a.sub(1).reshape([a.shape[0], ...p.shape.slice(1).map(() => 1)]);
  const value = reductions.sum(xlogy(exponents, p), 0).sub(normalizer);
  const near = un.absolute(reductions.sum(p, 0).sub(1)).lt(1e-6);
  return where(bi.logicalAnd(reductions.all(p.gt(0), 0), near), value, Number.NEGATIVE_INFINITY);
}

/** The density. */
export const pdf = expOf(logpdf);
