import type { ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { H, T } from "../../lax/linalg/matrices.ts";
import { geqrf } from "../../lax/linalg/qr.ts";
import { jit } from "../../transforms/jit.ts";
import { namedTuple } from "../../tree/namedTuple.ts";
import { readOptions } from "../arguments.ts";
import { takeAlongAxis } from "../indexing.ts";
import { expandDims } from "../manipulationShape.ts";
import { argsort } from "../sorting.ts";
import { abs, sign } from "../unary.ts";
import { matrixArgument } from "./matrix.ts";

const { linalg } = lax;

/** Options of {@link cholesky}. */
export interface CholeskyOptions {
  /** Return the upper triangular factor U with `A = U^H U`; default false. */
  upper?: boolean;
  /** Decompose `(a + a^H) / 2` (default), so that both triangles count; else only one is read. */
  symmetrizeInput?: boolean;
}

/**
 * The Cholesky factor L of Hermitian positive definite matrices, `A = L L^H`, lower triangular.
 *
 * @param a `[..., n, n]`; integers become float32
 * @returns L of the shape of `a`; NaN in its triangle where a matrix is not positive definite
 * @throws TypeError for fewer than two dimensions, ValueError for matrices that are not square
 * @example
 * ```ts
 * String(jnp.linalg.cholesky(jnp.array([[4, 2], [2, 5]]))); // => "[[2. 0.]\n [1. 2.]]"
 * ```
 */
export function cholesky(a: ArrayLike, options: CholeskyOptions = {}): NDArray {
  const { upper = false, symmetrizeInput } = readOptions<CholeskyOptions>(
    "jnp.linalg.cholesky",
    [],
    [options],
    ["upper", "symmetrizeInput"],
  );
  return choleskyJit(matrixArgument("cholesky", a), upper, symmetrizeInput ?? true);
}
const choleskyJit = jit(
  (a: NDArray, upper: boolean, symmetrizeInput: boolean): NDArray => {
    // The upper factor of a matrix is the adjoint of the lower one; where the upper triangle is to be read, that of the adjoint.
    const l = linalg.cholesky(upper && !symmetrizeInput ? H(a) : a, { symmetrizeInput });
    return upper ? H(l) : l;
  },
  { name: "cholesky", staticArgnums: [1, 2] },
);

/** What {@link qr} is to return, if not only R. */
export type QrMode = "reduced" | "full" | "complete" | "raw";

/** The results of {@link qr}. */
export type QrResult = [NDArray, NDArray] & { readonly Q: NDArray; readonly R: NDArray };
const qrResult = namedTuple<QrResult>("QRResult", ["Q", "R"]);

/**
 * The decomposition `A = Q R` into a matrix with orthonormal columns and an upper triangular one.
 *
 * @param a `[..., m, n]`; integers become float32
 * @param mode "reduced" (default): Q is `[..., m, min(m, n)]`; "complete": `[..., m, m]`; "r": only R; "raw": LAPACK's
 * reflectors, see {@link lax.linalg.householderProduct}: their vectors above the diagonal of the first, `[..., n, m]`, whose lower triangle is R^T,
 * and their factors
 * @returns `[Q, R]`, also by those names; or R
 * @throws ValueError for an unknown mode
 * @example
 * ```ts
 * const { Q, R } = jnp.linalg.qr(jnp.array([[0, 2], [1, 3]]));
 * String(Q.matmul(R)); // => "[[0. 2.]\n [1. 3.]]"
 * ```
 */
export function qr(a: ArrayLike, mode: "r" | { mode: "r" }): NDArray;
export function qr(a: ArrayLike, mode?: QrMode | { mode?: QrMode }): QrResult;
export function qr(a: ArrayLike, mode?: string | { mode?: string }): NDArray | QrResult {
  const { mode: chosen = "reduced" } = readOptions<{ mode: string }>("jnp.linalg.qr", ["mode"], [mode]);
  if (!["reduced", "full", "complete", "r", "raw"].includes(chosen))
    throw new ValueError(`Unsupported QR decomposition mode '${chosen}'`);
  return qrJit(matrixArgument("qr", a), chosen);
}
const qrJit = jit(
  (x: NDArray, mode: string): NDArray | QrResult => {
    if (mode === "raw") {
      const [factors, taus] = geqrf(x);
      return qrResult(T(factors), taus);
    }
    const [Q, R] = linalg.qr(x, { fullMatrices: mode === "complete" });
    return mode === "r" ? R : qrResult(Q, R);
  },
  { name: "qr", staticArgnums: 1 },
);

/** The results of {@link eigh}. */
export type EighResult = [NDArray, NDArray] & {
  readonly eigenvalues: NDArray;
  readonly eigenvectors: NDArray;
};
const eighResult = namedTuple<EighResult>("EighResult", ["eigenvalues", "eigenvectors"]);

/** Options of {@link eigh} and {@link eigvalsh}. */
export interface EighOptions {
  /** Which triangle is read where the input is not symmetrized: "L" (default) or "U". */
  UPLO?: "L" | "U" | null;
  /** Decompose `(a + a^H) / 2` (default). */
  symmetrizeInput?: boolean;
}

/**
 * Eigenvalues, ascending, and eigenvectors, as columns, of Hermitian matrices.
 *
 * @param a `[..., n, n]`; integers become float32
 * @returns `[eigenvalues, eigenvectors]`, also by those names
 * @throws ValueError for an unknown UPLO, and for matrices that are not square
 * @example
 * ```ts
 * String(jnp.linalg.eigh(jnp.array([[2, 0], [0, 1]])).eigenvalues); // => "[1. 2.]"
 * ```
 */
export function eigh(
  a: ArrayLike,
  UPLO?: EighOptions["UPLO"] | EighOptions,
  symmetrizeInput?: boolean,
): EighResult {
  const options = readOptions<EighOptions>(
    "jnp.linalg.eigh",
    ["UPLO", "symmetrizeInput"],
    [UPLO, symmetrizeInput],
  );
  const triangle = options.UPLO ?? "L";
  if (triangle !== "L" && triangle !== "U")
    throw new ValueError(`UPLO must be one of None, 'L', or 'U', got ${triangle}`);
  return eighJit(matrixArgument("eigh", a), triangle === "L", options.symmetrizeInput ?? true);
}
const eighJit = jit(
  (x: NDArray, lower: boolean, symmetrizeInput: boolean): EighResult => {
    const [eigenvectors, eigenvalues] = linalg.eigh(x, { lower, symmetrizeInput });
    return eighResult(eigenvalues, eigenvectors);
  },
  { name: "eigh", staticArgnums: [1, 2] },
);

/**
 * Eigenvalues, ascending, of Hermitian matrices; see {@link eigh}.
 * @example
 * ```ts
 * String(jnp.linalg.eigvalsh(jnp.array([[2, 0], [0, 1]]))); // => "[1. 2.]"
 * ```
 */
export function eigvalsh(
  a: ArrayLike,
  UPLO?: EighOptions["UPLO"] | EighOptions,
  options?: EighOptions,
): NDArray {
  const o = readOptions<EighOptions>("jnp.linalg.eigvalsh", ["UPLO"], [UPLO, options], ["symmetrizeInput"]);
  return eigh(a, o).eigenvalues;
}

/** The results of {@link svd}. */
export type SvdResult = [NDArray, NDArray, NDArray] & {
  readonly U: NDArray;
  readonly S: NDArray;
  readonly Vh: NDArray;
};
const svdResult = namedTuple<SvdResult>("SVDResult", ["U", "S", "Vh"]);

/** Options of {@link svd}. */
export interface SvdOptions {
  /** Square U and V^H (default), or only as many singular vectors as there are singular values. */
  fullMatrices?: boolean;
  /** Whether singular vectors are wanted, too; default true. */
  computeUv?: boolean;
  /** The matrices are Hermitian, and decomposed by their eigenvalues; default false. */
  hermitian?: boolean;
  /** Only all singular values are supported, `[0, min(m, n)]` or null, as in JAX on the CPU. */
  subsetByIndex?: readonly [number, number] | null;
}

/**
 * The singular value decomposition `A = U diag(S) V^H`.
 *
 * @param a `[..., m, n]`; integers become float32
 * @returns `[U, S, Vh]`, also by those names, with the singular values in descending order; S alone with `computeUv: false`
 * @throws TypeError for fewer than two dimensions
 * @example
 * ```ts
 * String(jnp.linalg.svd(jnp.array([[0, 2], [1, 0]])).S); // => "[2. 1.]"
 * ```
 */
export function svd(a: ArrayLike, options: SvdOptions & { computeUv: false }): NDArray;
export function svd(
  a: ArrayLike,
  fullMatrices: boolean | undefined,
  computeUv: false,
  hermitian?: boolean | SvdOptions,
): NDArray;
export function svd(
  a: ArrayLike,
  fullMatrices?: boolean | (SvdOptions & { computeUv?: true }),
  computeUv?: true | SvdOptions,
  hermitian?: boolean | SvdOptions,
): SvdResult;
export function svd(
  a: ArrayLike,
  fullMatrices?: boolean | SvdOptions,
  computeUv?: boolean | SvdOptions,
  hermitian?: boolean | SvdOptions,
): NDArray | SvdResult {
  const o = readOptions<SvdOptions>(
    "jnp.linalg.svd",
    ["fullMatrices", "computeUv", "hermitian", "subsetByIndex"],
    [fullMatrices, computeUv, hermitian],
  );
  const x = matrixArgument("svd", a);
  const { subsetByIndex } = o;
  if (o.computeUv === false)
    return o.hermitian === true
      ? hermitianSvd(x)[1]
      : linalg.svd(x, { fullMatrices: o.fullMatrices, computeUv: false, subsetByIndex });
  const [U, S, Vh] =
    o.hermitian === true
      ? hermitianSvd(x)
      : linalg.svd(x, { fullMatrices: o.fullMatrices ?? true, subsetByIndex });
  return svdResult(U, S, Vh);
}

/** Singular values of Hermitian matrices are the magnitudes of the eigenvalues; V takes their signs. */
function hermitianSvd(x: NDArray): [NDArray, NDArray, NDArray] {
  const [v, w] = linalg.eigh(x);
  const order = argsort(abs(w), { descending: true });
  const u = takeAlongAxis(v, expandDims(order, -2), -1);
  const sorted = takeAlongAxis(w, order, -1);
  return [u, abs(sorted), H(u.mul(expandDims(sign(sorted), -2)))];
}

/**
 * The singular values of matrices, descending.
 * @example
 * ```ts
 * String(jnp.linalg.svdvals(jnp.array([[0, 2], [1, 0]]))); // => "[2. 1.]"
 * ```
 */
export function svdvals(x: ArrayLike): NDArray {
  return linalg.svd(matrixArgument("svdvals", x), { fullMatrices: false, computeUv: false });
}
