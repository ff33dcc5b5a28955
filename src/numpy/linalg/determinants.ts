import type { ArrayLike, NDArray } from "../../core/array.ts";
import { realDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { permutedRows } from "../../lax/linalg/lu.ts";
import { realPart } from "../../lax/linalg/matrices.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { jit } from "../../transforms/jit.ts";
import { namedTuple } from "../../tree/namedTuple.ts";
import { at } from "../access.ts";
import { readOptions } from "../arguments.ts";
import { arange } from "../creation.ts";
import { cumprod } from "../cumulative.ts";
import { diagonal } from "../manipulationDiagonal.ts";
import { concatenate } from "../manipulationJoin.ts";
import { expandDims } from "../manipulationShape.ts";
import { any, countNonzero, prod, sum } from "../reductions.ts";
import { abs, isfinite, log, sign } from "../unary.ts";
import { where } from "../where.ts";
import { checkSquare, matrixArgument } from "./matrix.ts";
import { solve } from "./solving.ts";

/** The results of {@link slogdet}. */
export type SlogdetResult = [NDArray, NDArray] & { readonly sign: NDArray; readonly logabsdet: NDArray };
const slogdetResult = namedTuple<SlogdetResult>("SlogdetResult", ["sign", "logabsdet"]);

const traceOf = (x: NDArray): NDArray => sum(diagonal(x, { axis1: -2, axis2: -1 }), -1);

/** 1 or -1: whether a decomposition swapped rows an even or odd number of times. */
function parity(pivots: NDArray, dtype: NDArray["dtype"]): NDArray {
  const own = arange(pivots.shape[pivots.ndim - 1], { dtype: pivots.dtype });
  return countNonzero(pivots.ne(own), -1).mod(2).mul(-2).add(1).astype(dtype);
}

/**
 * det(A) and det(A) A^-1 B, for matrices of at least two rows. The second exists for singular matrices, too: it is calculated without dividing by the
 * last pivot, the one that is 0 when the rank is one less than full, and it is 0 for lower ranks.
 */
function cofactorSolve(a: NDArray, b: NDArray): [NDArray, NDArray] {
  const n = a.shape[a.ndim - 1];
  const [lu, pivots, permutation] = lax.linalg.lu(a);
  const diag = diagonal(lu, { axis1: -2, axis2: -1 });
  const products = cumprod(diag, -1).mul(expandDims(parity(pivots, a.dtype), -1));
  const [det, most] = [products.get("...", n - 1), products.get("...", n - 2)];
  const factors = at(lu, "...", n - 1, n - 1).set(lax.div(lax.fullLike(most, 1), most));
  const ones = lax.fullLike(b.get("...", ":1"), 1);
  const probe = lax.linalg.triangularSolve(factors, ones, { leftSide: true });
  const lowRank = any(isfinite(probe).invert(), { axis: [-2, -1], keepdims: true });
  const zero = lax.fullLike(b, 0);
  const rows = permutedRows(where(lowRank, zero, b), permutation);
  const forward = lax.linalg.triangularSolve(factors, rows, {
    leftSide: true,
    lower: true,
    unitDiagonal: true,
  });
  const scaled = concatenate(
    [forward.get("...", ":-1", ":").mul(expandDims(det, [-2, -1])), forward.get("...", "-1:", ":")],
    -2,
  );
  const solution = lax.linalg.triangularSolve(factors, scaled, { leftSide: true });
  return [det, where(lowRank, zero, solution)];
}

const determinant = customJvp(function det(a: NDArray): NDArray {
  const [lu, pivots] = lax.linalg.lu(a);
  return prod(diagonal(lu, { axis1: -2, axis2: -1 }), -1).mul(parity(pivots, a.dtype));
});
determinant.defjvp(([a]: [NDArray], [da]: [NDArray]) => {
  const [det, solution] = cofactorSolve(a, da);
  return [det, traceOf(solution)];
});

/**
 * The determinants of square matrices.
 *
 * @param a `[..., n, n]`; integers become float32
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * String(jnp.linalg.det(jnp.array([[1, 2], [3, 4]]))); // => "-2.0"
 * ```
 */
export function det(a: ArrayLike): NDArray {
  const x = matrixArgument("det", a);
  checkSquare("det", x);
  return detJit(x);
}
const detJit = jit(
  (x: NDArray): NDArray => {
    const n = x.shape[x.ndim - 1];
    const at = (i: number, j: number): NDArray => x.get("...", i, j);
    const minor = (i: number, j: number, k: number, l: number): NDArray =>
      at(i, j)
        .mul(at(k, l))
        .sub(at(i, l).mul(at(k, j)));
    if (n === 0) return lax.full(x.shape.slice(0, -2), 1, x.dtype);
    if (n === 1) return at(0, 0);
    if (n === 2) return minor(0, 0, 1, 1);
    if (n === 3) {
      const terms = [
        at(0, 0).mul(minor(1, 1, 2, 2)),
        at(0, 1).mul(minor(1, 0, 2, 2)),
        at(0, 2).mul(minor(1, 0, 2, 1)),
      ];
      return terms[0].sub(terms[1]).add(terms[2]);
    }
    return determinant(x);
  },
  { name: "det" },
);

/** Sign and logarithm of determinants, from LU decompositions. The logarithm changes by tr(A^-1 dA). */
const signAndLog = customJvp(function slogdet(a: NDArray): [NDArray, NDArray] {
  const [lu, pivots] = lax.linalg.lu(a);
  const diag = diagonal(lu, { axis1: -2, axis2: -1 });
  const signs = parity(pivots, a.dtype).mul(prod(sign(diag), -1));
  const singular = any(diag.eq(0), -1);
  return [
    where(singular, lax.fullLike(signs, 0), signs),
    where(singular, Number.NEGATIVE_INFINITY, sum(log(abs(diag)), -1)).astype(realDType(a.dtype)),
  ];
});
signAndLog.defjvp(([a]: [NDArray], [da]: [NDArray]) => {
  const [signs, logabsdet] = signAndLog(a);
  const change = traceOf(solve(a, da));
  const ofLog = realPart(change);
  const isReal = a.dtype.kind !== "complex";
  const ofSign = isReal ? lax.fullLike(signs, 0) : change.sub(ofLog).mul(signs);
  return [
    [signs, logabsdet],
    [ofSign, ofLog],
  ];
});

/**
 * Sign and logarithm of the magnitude of determinants, which neither overflow nor underflow; 0 and -Infinity for singular matrices.
 *
 * @param a square matrices, `[..., n, n]`; integers become float32
 * @param options.method "lu" or "qr"; either way an LU decomposition is used, which is faster here
 * @returns `[sign, logabsdet]`, also by those names
 * @throws ValueError for matrices that are not square, or another method
 * @example
 * ```ts
 * String(jnp.linalg.slogdet(jnp.array([[0, 1], [1, 0]])).sign); // => "-1.0"
 * ```
 */
export function slogdet(a: ArrayLike, options: { method?: "lu" | "qr" | null } = {}): SlogdetResult {
  const { method } = readOptions<{ method: string | null }>("jnp.linalg.slogdet", [], [options], ["method"]);
  if (!["lu", "qr", null, undefined].includes(method))
    throw new ValueError(`Unknown slogdet method '${method}'. Supported methods are 'lu' (null), and 'qr'.`);
  const x = matrixArgument("slogdet", a);
  checkSquare("slogdet", x);
  return slogdetJit(x);
}
const slogdetJit = jit((x: NDArray): SlogdetResult => slogdetResult(...signAndLog(x)), { name: "slogdet" });
