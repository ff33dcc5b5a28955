import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { Complex, int32, toComplexDType } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { convolve } from "./convolution.ts";
import { cumsum } from "./cumulative.ts";
import { eigvals } from "./linalg/eigenvalues.ts";
import { diag } from "./manipulationDiagonal.ts";
import { roll } from "./manipulationFlip.ts";
import { atleast1d } from "./manipulationShape.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { broadcastToShape, convert, promoteDTypesInexact, toArray } from "./promote.ts";
import { sum } from "./reductions.ts";
import { where } from "./where.ts";

/** The eigenvalues of the companion matrix, of a polynomial with a leading coefficient that is not 0. */
function companionRoots(p: NDArray): NDArray {
  if (p.size < 2) return lax.full([0], 0, toComplexDType(p.dtype));
  const n = p.size - 1;
  const leading = lax.indexInDim(p, 0, 0, false);
  const first = lax.neg(lax.div(lax.slice(p, [1], [n + 1]), broadcastToShape(leading, [n])));
  const below = n > 1 ? diag(lax.full([n - 1], 1, p.dtype), -1) : lax.full([1, 1], 0, p.dtype);
  const matrix = lax.concatenate([lax.reshape(first, [1, n]), lax.slice(below, [1, 0], [n, n])], 0);
  return eigvals(matrix);
}

/** How many coefficients before the first that is not 0: a traced number. */
function leadingZeros(p: NDArray): NDArray {
  const seen = cumsum(convert(lax.ne(p, scalar(0, p.dtype)), int32));
  return sum(lax.eq(seen, scalar(0, int32)), { dtype: int32 });
}

const rootsPaddedJit = jit(
  (p: NDArray): NDArray => {
    const zeros = leadingZeros(p);
    const all = lax.eq(zeros, scalar(p.size, int32));
    const safe = where(all, scalar(1, p.dtype), p);
    const found = companionRoots(roll(safe, lax.neg(zeros)));
    // Zeros moved to the end are roots at 0, which do not count: they come last.
    const isZero = lax.eq(found, scalar(0, found.dtype));
    const order = lax.sortKeyVal(isZero, lax.iota(int32, found.size), { dimension: 0 })[1];
    const sorted = found.get(order);
    const valid = lax.lt(lax.iota(int32, found.size), lax.sub(scalar(found.size, int32), zeros));
    return where(valid, sorted, scalar(new Complex(Number.NaN, Number.NaN), found.dtype));
  },
  { name: "_roots_with_zeros" },
);

/**
 * The roots of a polynomial, complex and in no particular order.
 *
 * @param p coefficients from the highest power
 * @param options.stripZeros leave out leading zeros (the default). Under jit it must be false: then roots that are missing are NaN
 * @throws ValueError for coefficients that are no vector, ConcretizationTypeError for traced ones with `stripZeros`
 * @example
 * ```ts
 * String(jnp.roots(jnp.array([1, 0, 1]))); // => "[0.+1.j 0.-1.j]"
 * ```
 */
export function roots(p: ArrayLike, options?: { stripZeros?: boolean }): NDArray {
  const o = readOptions<{ stripZeros: boolean }>("roots", [], [options], ["stripZeros"]);
  const [given] = promoteDTypesInexact([toArray(p, "roots")]);
  const x = atleast1d(given);
  if (x.ndim !== 1) {
    throw new ValueError(`jnp.roots: input must be a rank-1 array, got shape ${shapeStr(x.shape)}.`);
  }
  if (x.size < 2) return lax.full([0], 0, toComplexDType(x.dtype));
  if (o.stripZeros === false) return rootsPaddedJit(x);
  const why =
    "The error occurred in the jnp.roots() function. To use this within a JIT-compiled context, pass stripZeros: false, but be aware " +
    "that leading zeros will result in some returned roots being set to NaN.";
  const zeros = Number(requireConcrete(leadingZeros(x), why).toHost()[0]);
  return companionRoots(lax.slice(x, [zeros], [x.size]));
}

/**
 * The coefficients, from the highest power, of the polynomial with given roots and leading coefficient 1; of a square matrix, its
 * characteristic polynomial.
 *
 * @throws ValueError for other shapes
 * @example
 * ```ts
 * String(jnp.poly(jnp.array([1, 2]))); // => "[ 1. -3.  2.]"
 * ```
 */
export function poly(seqOfZeros: ArrayLike): NDArray {
  const [given] = promoteDTypesInexact([toArray(seqOfZeros, "poly")]);
  let x = atleast1d(given);
  const isSquare = x.ndim === 2 && x.shape[0] === x.shape[1] && x.shape[0] !== 0;
  if (isSquare) x = eigvals(x);
  if (x.ndim !== 1) {
    throw new ValueError(`input must be 1d or non-empty square 2d array, got shape ${shapeStr(x.shape)}.`);
  }
  return polyJit(x);
}
const polyJit = jit(
  (x: NDArray): NDArray => {
    if (x.size === 0) return lax.full([], 1, x.dtype);
    let result = lax.full([1], 1, x.dtype);
    const one = lax.full([1], 1, x.dtype);
    for (let i = 0; i < x.size; i++) {
      result = convolve(result, lax.concatenate([one, lax.neg(lax.slice(x, [i], [i + 1]))], 0));
    }
    return result;
  },
  { name: "poly" },
);
