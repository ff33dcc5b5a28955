import type { NDArray } from "../../core/array.ts";
import { asDType, complex64, type DTypeLike, int32, isComplex } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { array } from "../../numpy/creation.ts";
import { reshape } from "../../numpy/manipulationShape.ts";

/*
 * Matrices that depend on their size alone. Their elements are computed in float64, or as integers of any size, and rounded once.
 */

function checkSize(name: string, n: number, least = 0): void {
  if (Number.isInteger(n) && n >= least) return;
  const wanted = least > 0 ? "a positive integer" : "an integer that is not negative";
  throw new ValueError(`scipy.linalg.${name}: n must be ${wanted}; got ${n}.`);
}

/** An m x n matrix by its elements. */
function matrixOf(m: number, n: number, element: (i: number, j: number) => number): NDArray {
  const values = Float32Array.from({ length: m * n }, (_, at) => element(Math.floor(at / n), at % n));
  return reshape(array(values), [m, n]);
}

/** Binomial coefficients, exact. */
function binomial(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let result = 1n;
  for (let i = 1; i <= Math.min(k, n - k); i++) result = (result * BigInt(n - i + 1)) / BigInt(i);
  return result;
}

/**
 * The Hilbert matrix, with elements `1 / (i + j + 1)`.
 *
 * @throws ValueError unless n is an integer that is not negative
 * @example
 * ```ts
 * String(scipy.linalg.hilbert(2)); // => "[[1.         0.5       ]\n [0.5        0.33333334]]"
 * ```
 */
export function hilbert(n: number): NDArray {
  checkSize("hilbert", n);
  return matrixOf(n, n, (i, j) => 1 / (i + j + 1));
}

/**
 * The inverse of the Hilbert matrix, whose elements are integers.
 *
 * @throws ValueError unless n is an integer that is not negative
 * @example
 * ```ts
 * String(scipy.linalg.invhilbert(2)); // => "[[ 4. -6.]\n [-6. 12.]]"
 * ```
 */
export function invhilbert(n: number): NDArray {
  checkSize("invhilbert", n);
  return matrixOf(n, n, (i, j) => {
    const sign = (i + j) % 2 === 0 ? 1n : -1n;
    const outer = binomial(n + i, n - j - 1) * binomial(n + j, n - i - 1);
    return Number(sign * BigInt(i + j + 1) * outer * binomial(i + j, i) ** 2n);
  });
}

/** Which of the matrices of binomial coefficients: L, L^T or the product L L^T. */
export type PascalKind = "symmetric" | "lower" | "upper";

function readKind(
  name: string,
  kind: PascalKind | null | { kind?: PascalKind | null } | undefined,
): PascalKind {
  const chosen =
    readOptions<{ kind: PascalKind | null }>(`scipy.linalg.${name}`, ["kind"], [kind]).kind ?? "symmetric";
  if (["symmetric", "lower", "upper"].includes(chosen)) return chosen;
  throw new ValueError(`Expected kind to be one of: ['symmetric', 'lower', 'upper']; got ${chosen}`);
}

/**
 * Pascal's triangle as a matrix: binomial coefficients `i` over `j` ("lower"), transposed ("upper"), or `i + j` over `i` ("symmetric", default).
 *
 * @throws ValueError for an unknown kind, and unless n is an integer that is not negative
 * @example
 * ```ts
 * String(scipy.linalg.pascal(3)); // => "[[1. 1. 1.]\n [1. 2. 3.]\n [1. 3. 6.]]"
 * ```
 */
export function pascal(n: number, kind?: PascalKind | null | { kind?: PascalKind | null }): NDArray {
  checkSize("pascal", n);
  const chosen = readKind("pascal", kind);
  return matrixOf(n, n, (i, j) => {
    if (chosen === "symmetric") return Number(binomial(i + j, i));
    return Number(chosen === "lower" ? binomial(i, j) : binomial(j, i));
  });
}

/**
 * The inverses of the matrices of {@link pascal}, whose elements are integers.
 *
 * @throws ValueError for an unknown kind, and unless n is an integer that is not negative
 * @example
 * ```ts
 * String(scipy.linalg.invpascal(3, "lower")); // => "[[ 1.  0.  0.]\n [-1.  1.  0.]\n [ 1. -2.  1.]]"
 * ```
 */
export function invpascal(n: number, kind?: PascalKind | null | { kind?: PascalKind | null }): NDArray {
  checkSize("invpascal", n);
  const chosen = readKind("invpascal", kind);
  const lower = (i: number, j: number): bigint => ((i + j) % 2 === 0 ? binomial(i, j) : -binomial(i, j));
  return matrixOf(n, n, (i, j) => {
    if (chosen === "lower") return Number(lower(i, j));
    if (chosen === "upper") return Number(lower(j, i));
    let sum = 0n;
    for (let k = Math.max(i, j); k < n; k++) sum += lower(k, i) * lower(k, j);
    return Number(sum);
  });
}

/**
 * The Helmert matrix: orthonormal rows, each orthogonal to the vector of ones.
 *
 * @param full whether that vector's direction is the first row; default false
 * @returns `[n - 1, n]`, or `[n, n]`
 * @throws ValueError unless n is a positive integer
 * @example
 * ```ts
 * String(scipy.linalg.helmert(2)); // => "[[ 0.70710677 -0.70710677]]"
 * ```
 */
export function helmert(n: number, full?: boolean | { full?: boolean }): NDArray {
  const o = readOptions<{ full: boolean }>("scipy.linalg.helmert", ["full"], [full]);
  checkSize("helmert", n, 1);
  const skipped = o.full === true ? 0 : 1;
  return matrixOf(n - skipped, n, (row, j) => {
    const k = row + skipped;
    if (k === 0) return 1 / Math.sqrt(n);
    if (j > k) return 0;
    return (j < k ? 1 : -k) / Math.sqrt(k * (k + 1));
  });
}

/**
 * The Hadamard matrix of Sylvester's construction: elements 1 and -1, orthogonal rows.
 *
 * @param n a power of 2
 * @param dtype default int32
 * @throws ValueError for another size
 * @example
 * ```ts
 * String(scipy.linalg.hadamard(2)); // => "[[ 1  1]\n [ 1 -1]]"
 * ```
 */
export function hadamard(n: number, dtype?: DTypeLike | { dtype?: DTypeLike }): NDArray {
  const o = readOptions<{ dtype: DTypeLike }>("scipy.linalg.hadamard", ["dtype"], [dtype]);
  if (!Number.isInteger(n) || n < 1 || !Number.isInteger(Math.log2(n)))
    throw new ValueError(`n must be a positive power of 2; got ${n}.`);
  const own = asDType(o.dtype ?? int32);
  // The sign is the parity of the bits that row and column have in common.
  const common = lax.bitwiseAnd(lax.broadcastedIota(int32, [n, n], 0), lax.broadcastedIota(int32, [n, n], 1));
  const parity = lax.bitwiseAnd(lax.populationCount(common), 1);
  return lax.convertElementType(lax.sub(1, lax.mul(2, parity)), own);
}

/** Options of {@link dft}. */
export interface DftOptions {
  /** Divide by the square root of n ("sqrtn"), or by n ("n"); default null: do not. */
  scale?: "sqrtn" | "n" | null;
  /** A complex dtype; default complex64. */
  dtype?: DTypeLike | null;
}

/**
 * The matrix of the discrete Fourier transform: multiplied with a vector it gives `jnp.fft.fft` of it.
 *
 * @param scale further arguments by position or in an object
 * @throws ValueError for an unknown scale, a dtype that is not complex, and unless n is an integer that is not negative
 * @example
 * ```ts
 * String(scipy.linalg.dft(2).real); // => "[[ 1.  1.]\n [ 1. -1.]]"
 * ```
 */
export function dft(n: number, scale?: DftOptions["scale"] | DftOptions, options?: DftOptions): NDArray {
  const o = readOptions<DftOptions>("scipy.linalg.dft", ["scale"], [scale, options], ["dtype"]);
  checkSize("dft", n);
  const chosen = o.scale ?? null;
  if (chosen !== null && chosen !== "sqrtn" && chosen !== "n")
    throw new ValueError(`scale must be None (null), 'sqrtn', or 'n'; got '${chosen}'.`);
  const dtype = asDType(o.dtype ?? complex64);
  if (!isComplex(dtype)) throw new ValueError(`dtype must be a complex floating-point type; got ${dtype}.`);
  const factor = chosen === "n" ? 1 / n : chosen === "sqrtn" ? 1 / Math.sqrt(n) : 1;
  const parts = new Float64Array(2 * n * n);
  for (let at = 0; at < n * n; at++) {
    // Angles within one turn, from a product that is exact.
    const angle = (-2 * Math.PI * ((Math.floor(at / n) * (at % n)) % n)) / n;
    parts[2 * at] = factor * Math.cos(angle);
    parts[2 * at + 1] = factor * Math.sin(angle);
  }
  return reshape(array(parts).view("complex128"), [n, n]).astype(dtype);
}
