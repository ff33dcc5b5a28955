import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { type DType, float32, float64, realDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { identity, matmul } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { norm } from "../../numpy/linalg/norms.ts";
import { solve } from "../../numpy/linalg/solving.ts";
import { reshape } from "../../numpy/manipulationShape.ts";
import { toArray } from "../../numpy/promote.ts";
import { ceil, log2 } from "../../numpy/unary.ts";
import { jit } from "../../transforms/jit.ts";
import { jvp } from "../../transforms/jvp.ts";
import { vmap } from "../../transforms/vmap.ts";
import { checkSquare, inexactArguments } from "./arguments.ts";

/**
 * Padé approximants of the exponential function, by degree: coefficients of the numerator, and the norm up to which matrices have results of full
 * accuracy. Higham, "The scaling and squaring method for the matrix exponential revisited", 2005.
 */
const approximants = {
  float32: {
    largest: 3.92572478313866,
    coefficients: [17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1],
  },
  float64: {
    largest: 5.371920351148152,
    coefficients: [
      64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
      10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
    ],
  },
} as const;

function approximantFor(dtype: DType): (typeof approximants)["float32" | "float64"] {
  const real = realDType(dtype);
  if (real === float32) return approximants.float32;
  if (real === float64) return approximants.float64;
  throw new TypeError(`scipy.linalg.expm: dtype ${dtype.name} is not supported.`);
}

/** Odd and even part of the numerator at a matrix: polynomials of its square, the first times the matrix. */
function numeratorParts(a: NDArray, coefficients: readonly number[]): [NDArray, NDArray] {
  const one = identity(a.dtype, a.shape[0]);
  const square = matmul(a, a);
  const powers = [one, square];
  while (2 * powers.length <= Math.min(coefficients.length - 1, 6))
    powers.push(matmul(powers[powers.length - 1], square));
  /** The sum of c[first], c[first + 2], ... times powers of the square, those beyond the third by one more product. */
  const polynomial = (first: number): NDArray => {
    const own = coefficients.filter((_, i) => i % 2 === first);
    const sum = (from: number, skip: number): NDArray =>
      own
        .slice(from, from === 0 ? 4 : undefined)
        .map((c, i) => lax.mul(lax.fullLike(one, c), powers[i + skip]))
        .reduce((x, y) => lax.add(x, y));
    return own.length <= 4 ? sum(0, 0) : lax.add(matmul(powers[3], sum(4, 1)), sum(0, 0));
  };
  return [matmul(a, polynomial(1)), polynomial(0)];
}

function expmOf(a: NDArray, upperTriangular: boolean, maxSquarings: number): NDArray {
  const { largest, coefficients } = approximantFor(a.dtype);
  if (a.size === 0) return a;
  const size = lax.stopGradient(norm(a, { ord: 1 }));
  const excess = log2(size.div(largest));
  const squarings = lax.max(ceil(excess), lax.fullLike(excess, 0));
  const scaled = lax.mul(a, lax.exp2(lax.neg(squarings)).astype(a.dtype));
  const [odd, even] = numeratorParts(scaled, coefficients);
  const [numerator, denominator] = [lax.add(even, odd), lax.sub(even, odd)];
  const quotient = upperTriangular
    ? lax.linalg.triangularSolve(denominator, numerator, { leftSide: true })
    : solve(denominator, numerator);
  const square = (i: NDArray, x: NDArray): NDArray =>
    lax.cond(
      lax.lt(i.astype(squarings.dtype), squarings),
      (y: NDArray) => matmul(y, y),
      (y: NDArray) => y,
      x,
    ) as NDArray;
  // Not more of them than JAX allows, which takes one less for the same norm.
  const result = lax.foriLoop(0, maxSquarings + 1, square, quotient);
  const isTooLarge = lax.gt(lax.floor(excess), lax.fullLike(excess, maxSquarings));
  return lax.select(isTooLarge, lax.fullLike(result, Number.NaN), result);
}

/** Options of {@link expm}. */
export interface ExpmOptions {
  /** The matrices are upper triangular, which saves a decomposition; default false. */
  upperTriangular?: boolean;
  /** Matrices that need more squarings than this give NaN: with a 1-norm of about `2^(maxSquarings + 2)`; default 16. */
  maxSquarings?: number;
}

/**
 * The exponential of square matrices, by scaling, a Padé approximant and squaring.
 *
 * @param A `[..., n, n]`; integers become float32
 * @returns an array of the shape of A; NaN for matrices whose norm is too large
 * @throws ValueError for matrices that are not square; TypeError for floats narrower than float32
 * @example
 * ```ts
 * String(scipy.linalg.expm(jnp.array([[0, 1], [0, 0]]))); // => "[[1. 1.]\n [0. 1.]]"
 * ```
 */
export function expm(A: ArrayLike, options: ExpmOptions = {}): NDArray {
  const { upperTriangular = false, maxSquarings = 16 } = readOptions<ExpmOptions>(
    "scipy.linalg.expm",
    [],
    [options],
    ["upperTriangular", "maxSquarings"],
  );
  const [a] = inexactArguments("expm", A);
  checkSquare("expm", "A", a);
  if (!Number.isInteger(maxSquarings) || maxSquarings < 0)
    throw new ValueError(
      `scipy.linalg.expm: maxSquarings must be an integer that is not negative, got ${maxSquarings}.`,
    );
  return expmJit(a, upperTriangular, maxSquarings);
}
const expmJit = jit(
  (a: NDArray, upperTriangular: boolean, maxSquarings: number): NDArray => {
    const f = (x: NDArray): NDArray => expmOf(x, upperTriangular, maxSquarings);
    if (a.ndim === 2) return f(a);
    if (a.size === 0) return a;
    return reshape(vmap(f)(reshape(a, [-1, ...a.shape.slice(-2)])) as NDArray, a.shape);
  },
  { name: "expm", staticArgnums: [1, 2] },
);

/**
 * The exponential of square matrices and its Fréchet derivative in the direction E.
 *
 * @param A `[..., n, n]`; integers become float32
 * @param E of the shape of A
 * @param options.computeExpm whether the exponential is wanted, too; default true
 * @returns `[expm(A), derivative]`, or only the derivative
 * @throws ValueError for matrices that are not square, or of unlike shapes
 * @example
 * ```ts
 * const [, derivative] = scipy.linalg.expmFrechet(jnp.zeros([2, 2]), jnp.array([[1, 2], [3, 4]]));
 * String(derivative); // => "[[1. 2.]\n [3. 4.]]"
 * ```
 */
export function expmFrechet(
  A: ArrayLike,
  E: ArrayLike,
  options: { method?: string | null; computeExpm: false },
): NDArray;
export function expmFrechet(
  A: ArrayLike,
  E: ArrayLike,
  options?: { method?: string | null; computeExpm?: true },
): [NDArray, NDArray];
export function expmFrechet(
  A: ArrayLike,
  E: ArrayLike,
  options: { method?: string | null; computeExpm?: boolean } = {},
): NDArray | [NDArray, NDArray] {
  const { computeExpm = true } = readOptions<{ computeExpm: boolean }>(
    "scipy.linalg.expmFrechet",
    [],
    [options],
    ["method", "computeExpm"],
  );
  checkSquare("expmFrechet", "A", toArray(A, "scipy.linalg.expmFrechet", 0));
  checkSquare("expmFrechet", "E", toArray(E, "scipy.linalg.expmFrechet", 1));
  const [a, e] = inexactArguments("expmFrechet", A, E);
  if (a.shape.join() !== e.shape.join()) {
    throw new ValueError(
      `expected A and E to be the same shape, got A.shape=${shapeStr(a.shape)} E.shape=${shapeStr(e.shape)}`,
    );
  }
  const [value, derivative] = jvp((x: NDArray) => expm(x), [a], [e]);
  return computeExpm ? [value, derivative] : derivative;
}
