import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { isComplex, toComplexDType } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { eighTridiagonal as decomposeTridiagonal } from "../../lax/linalg/eighTridiagonal.ts";
import { block as blockOf, conj, realPart, triu } from "../../lax/linalg/matrices.ts";
import { at } from "../../numpy/access.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { cumprod } from "../../numpy/cumulative.ts";
import { concatenate } from "../../numpy/manipulationJoin.ts";
import { expandDims } from "../../numpy/manipulationShape.ts";
import { toArray } from "../../numpy/promote.ts";
import { abs } from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { checkSquare, matrixArgument } from "./arguments.ts";

/** Options of {@link eigh}; what JAX ignores is ignored here. */
export interface EighOptions {
  /** Only null is supported, as in JAX. */
  b?: null;
  /** Which triangle is read, if the matrices are not symmetrized; both count, as in JAX. Default true. */
  lower?: boolean;
  /** Return only the eigenvalues; default false. */
  eigvalsOnly?: boolean;
  overwriteA?: boolean;
  overwriteB?: boolean;
  turbo?: boolean;
  /** Only null is supported, as in JAX. */
  eigvals?: null;
  /** Only 1 is supported, as in JAX. */
  type?: number;
  checkFinite?: boolean;
}

/**
 * Eigenvalues, ascending, and eigenvectors, as columns, of Hermitian matrices.
 *
 * @param a `[..., n, n]`; integers become float32
 * @param b further arguments by position or in an object
 * @returns `[w, v]`, or w alone with `eigvalsOnly`
 * @throws ValueError for matrices that are not square; NotImplementedError for a second matrix, a part of the eigenvalues or another type
 * @example
 * ```ts
 * const [w, v] = scipy.linalg.eigh(jnp.array([[2, 0], [0, 1]]));
 * String(w); // => "[1. 2.]"
 * ```
 */
export function eigh(a: ArrayLike, options: EighOptions & { eigvalsOnly: true }): NDArray;
export function eigh(
  a: ArrayLike,
  b: null | undefined,
  lower: boolean,
  eigvalsOnly: true,
  ...args: unknown[]
): NDArray;
export function eigh(
  a: ArrayLike,
  b?: null | (EighOptions & { eigvalsOnly?: false }),
  lower?: boolean | EighOptions,
  ...args: unknown[]
): [NDArray, NDArray];
export function eigh(a: ArrayLike, ...args: unknown[]): NDArray | [NDArray, NDArray] {
  const o = readOptions<EighOptions>(
    "scipy.linalg.eigh",
    ["b", "lower", "eigvalsOnly", "overwriteA", "overwriteB", "turbo", "eigvals", "type", "checkFinite"],
    args,
  );
  if ((o.b ?? null) !== null)
    throw new NotImplementedError("Only the b=None (null) case of eigh is implemented");
  if ((o.type ?? 1) !== 1) throw new NotImplementedError("Only the type=1 case of eigh is implemented.");
  if ((o.eigvals ?? null) !== null)
    throw new NotImplementedError("Only the eigvals=None (null) case of eigh is implemented.");
  const x = matrixArgument("eigh", a);
  checkSquare("eigh", "a", x);
  const [v, w] = lax.linalg.eigh(x, { lower: o.lower ?? true });
  return o.eigvalsOnly === true ? w : [w, v];
}

/** Options of {@link eighTridiagonal}. */
export interface EighTridiagonalOptions {
  /** Return only the eigenvalues, which takes time in proportion to n^2 instead of n^3; default false. */
  eigvalsOnly?: boolean;
  /** All eigenvalues ("a", default), or those with the indices of `selectRange` ("i"). */
  select?: "a" | "i" | "v";
  /** The first and the last index that are wanted. */
  selectRange?: readonly [number, number] | null;
  /** Of JAX's bisection; eigenvalues always have full accuracy here. */
  tol?: number | null;
  /** Of JAX's random vectors; not needed. */
  key?: NDArray | null;
}

/**
 * Eigenvalues, ascending, and eigenvectors, as columns, of Hermitian tridiagonal matrices.
 *
 * @param d the diagonal, `[..., n]`, of which the real part counts
 * @param e what is above the diagonal, `[..., n - 1]`, floating or complex as d
 * @returns `[w, v]`, or w alone with `eigvalsOnly`
 * @throws TypeError for unlike dtypes, or others than float32, float64, complex64 and complex128; ValueError for an unknown or empty selection, and
 * when sizes do not fit; NotImplementedError for a selection by value
 * @example
 * ```ts
 * const w = scipy.linalg.eighTridiagonal(jnp.array([2, 2]), jnp.array([1]), { eigvalsOnly: true });
 * String(w); // => "[1. 3.]"
 * ```
 */
export function eighTridiagonal(
  d: ArrayLike,
  e: ArrayLike,
  options: EighTridiagonalOptions & { eigvalsOnly: true },
): NDArray;
export function eighTridiagonal(
  d: ArrayLike,
  e: ArrayLike,
  options?: EighTridiagonalOptions & { eigvalsOnly?: false },
): [NDArray, NDArray];
export function eighTridiagonal(
  d: ArrayLike,
  e: ArrayLike,
  options: EighTridiagonalOptions = {},
): NDArray | [NDArray, NDArray] {
  const o = readOptions<EighTridiagonalOptions>(
    "scipy.linalg.eighTridiagonal",
    [],
    [options],
    ["eigvalsOnly", "select", "selectRange", "tol", "key"],
  );
  const [alpha, beta] = [
    toArray(d, "scipy.linalg.eighTridiagonal", 0),
    toArray(e, "scipy.linalg.eighTridiagonal", 1),
  ];
  checkTridiagonal(alpha, beta);
  const [first, last] = selection(o, alpha.shape[alpha.ndim - 1]);
  const onlyValues = o.eigvalsOnly ?? false;
  const [values, vectors] = decomposeTridiagonal(
    realPart(alpha),
    isComplex(beta.dtype) ? abs(beta) : beta,
    onlyValues,
  );
  const w = values.get("...", `${first}:${last + 1}`);
  if (onlyValues) return w;
  const v = vectors.get("...", `${first}:${last + 1}`);
  return [w, isComplex(beta.dtype) ? expandDims(phases(beta), -1).mul(v) : v];
}

/** The diagonal D of phases for which D^H T D is real, with the magnitudes of e next to its diagonal. */
function phases(e: NDArray): NDArray {
  const size = abs(e);
  const isZero = size.eq(0);
  const turns = where(isZero, 1, conj(e).div(where(isZero, 1, size)));
  const one = lax.full([...e.shape.slice(0, -1), 1], 1, e.dtype);
  return cumprod(concatenate([one, turns], -1), -1);
}

function checkTridiagonal(d: NDArray, e: NDArray): void {
  if (d.dtype !== e.dtype)
    throw new TypeError(
      `diagonal and off-diagonal values must have same dtype, got ${d.dtype} and ${e.dtype}`,
    );
  if (!["float32", "float64", "complex64", "complex128"].includes(d.dtype.name)) {
    throw new TypeError(
      `Only float32 and float64 inputs are supported as inputs to scipy.linalg.eighTridiagonal, got ${d.dtype} and ${e.dtype}`,
    );
  }
  const expected = [...d.shape.slice(0, -1), d.shape[d.ndim - 1] - 1];
  if (d.ndim < 1 || d.shape[d.ndim - 1] < 1 || e.shape.join() !== expected.join()) {
    throw new ValueError(
      `scipy.linalg.eighTridiagonal takes d=[..., n] with n > 0 and e=[..., n - 1], got d=${shapeStr(d.shape)} and e=${shapeStr(e.shape)}.`,
    );
  }
}

/** The first and the last index of the eigenvalues that are wanted. */
function selection({ select = "a", selectRange }: EighTridiagonalOptions, n: number): [number, number] {
  if (select === "a") return [0, n - 1];
  if (select === "v") throw new NotImplementedError("eighTridiagonal(..., select='v') is not implemented");
  if (select !== "i") throw new ValueError("select must have a value in {'a', 'i', 'v'}.");
  if ((selectRange ?? null) === null) throw new ValueError("for select='i', selectRange must be specified.");
  const [first, last] = selectRange as readonly [number, number];
  if (first > last) throw new ValueError("Got empty index range in selectRange.");
  if (first < 0 || last >= n)
    throw new ValueError(`selectRange [${first}, ${last}] is not within [0, ${n - 1}].`);
  return [first, last];
}

/**
 * The Schur decomposition of square matrices, `A = Z T Z^H`; see {@link lax.linalg.schur}.
 *
 * @param a `[..., n, n]`; integers become float32
 * @param output "real" (default): T of a real matrix is real, with 2 x 2 blocks on its diagonal; "complex": T is complex and upper triangular
 * @returns `[T, Z]`; NaN where a matrix has elements that are not finite
 * @throws ValueError for matrices that are not square, or another output
 * @example
 * ```ts
 * String(scipy.linalg.schur(jnp.array([[2, 1], [0, 1]]))[0]); // => "[[2. 1.]\n [0. 1.]]"
 * ```
 */
export function schur(
  a: ArrayLike,
  output: "real" | "complex" | { output?: "real" | "complex" } = "real",
): [NDArray, NDArray] {
  const o = readOptions<{ output: string }>("scipy.linalg.schur", ["output"], [output]);
  const chosen = o.output ?? "real";
  if (chosen !== "real" && chosen !== "complex")
    throw new ValueError(`Expected 'output' to be either 'real' or 'complex', got output='${chosen}'.`);
  const x = matrixArgument("schur", a);
  const [t, z] = lax.linalg.schur(chosen === "complex" ? x.astype(toComplexDType(x.dtype)) : x);
  return [t, z];
}

/** Options of {@link hessenberg}; what JAX ignores is ignored here. */
export interface HessenbergOptions {
  /** Whether Q is wanted, too; default false. */
  calcQ?: boolean;
  overwriteA?: boolean;
  checkFinite?: boolean;
}

/**
 * The Hessenberg form of square matrices, `A = Q H Q^H`, where H is zero below its first subdiagonal.
 *
 * @param a `[..., n, n]`; integers become float32
 * @returns H, or `[H, Q]` with `calcQ`
 * @throws ValueError for matrices that are not square
 * @example
 * ```ts
 * const a = jnp.array([[1, 2, 3], [3, 1, 2], [4, 1, 1]]);
 * const [h, q] = scipy.linalg.hessenberg(a, { calcQ: true });
 * String(h.get(2, 0)); // => "0.0"
 * String(jnp.abs(q.matmul(h).matmul(q.T).sub(a)).max().lt(1e-5)); // => "True"
 * ```
 */
export function hessenberg(a: ArrayLike, options: HessenbergOptions & { calcQ: true }): [NDArray, NDArray];
export function hessenberg(a: ArrayLike, options?: HessenbergOptions & { calcQ?: false }): NDArray;
export function hessenberg(a: ArrayLike, options: HessenbergOptions = {}): NDArray | [NDArray, NDArray] {
  const { calcQ = false } = readOptions<HessenbergOptions>(
    "scipy.linalg.hessenberg",
    [],
    [options],
    ["calcQ", "overwriteA", "checkFinite"],
  );
  const x = matrixArgument("hessenberg", a);
  checkSquare("hessenberg", "a", x);
  const n = x.shape[x.ndim - 1];
  if (n === 0) return calcQ ? [x, x] : x;
  const [reduced, taus] = lax.linalg.hessenberg(x);
  const h = triu(reduced, -1);
  if (!calcQ) return h;
  const q = lax.linalg.householderProduct(blockOf(reduced, [1, n], [0, n - 1]), taus);
  const batch = x.shape.slice(0, -2).map(() => [0, 0, 0] as const);
  // The first unit vector stays.
  const bordered = lax.pad(q, lax.full([], 0, x.dtype), [...batch, [1, 0, 0], [1, 0, 0]]);
  return [h, at(bordered, "...", 0, 0).set(1)];
}
