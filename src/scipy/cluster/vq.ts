import "../../backends/install.ts";
import "../../numpy/methods.ts";
import type { ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { expandDims } from "../../numpy/manipulation.ts";
import { promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";

/**
 * The nearest vector of a code book to each observation.
 *
 * @param obs observations of shape `[n, features]`, or `[n]`
 * @param codeBook vectors of shape `[k, features]`, or `[k]`
 * @returns the indices of the nearest vectors, int32, and how far they are
 * @throws ValueError when the shapes do not fit
 * @example
 * ```ts
 * String(scipy.cluster.vq.vq(jnp.array([0.2, 2]), jnp.array([0, 1]))[0]); // => "[0 1]"
 * ```
 */
export function vq(obs: ArrayLike, codeBook: ArrayLike): [code: NDArray, distance: NDArray] {
  const [a, b] = promoteDTypesInexact([toArray(obs, "vq"), toArray(codeBook, "vq", 1)]);
  if (a.ndim !== b.ndim) throw new ValueError("Observation and codeBook should have the same rank");
  if (a.ndim === 1) return vq(expandDims(a, 1), expandDims(b, 1));
  if (a.ndim !== 2) throw new ValueError("ndim different than 1 or 2 are not supported");
  if (a.shape[1] !== b.shape[1]) {
    throw new ValueError(
      `Observation and codeBook must have as many features, got ${a.shape[1]} and ${b.shape[1]}`,
    );
  }
  const difference = expandDims(a, 1).sub(expandDims(b, 0));
  const distances = lax.sqrt(reductions.sum(lax.square(difference), -1));
  return [reductions.argmin(distances, -1), distances.min(-1)];
}
