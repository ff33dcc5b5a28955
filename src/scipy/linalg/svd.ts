import type { ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { H, matmul } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { expandDims } from "../../numpy/manipulationShape.ts";
import { jit } from "../../transforms/jit.ts";
import { matrixArgument } from "./arguments.ts";

/** Options of {@link svd}; what JAX ignores is ignored here. */
export interface SvdOptions {
  /** Square U and V^H (default), or only as many singular vectors as there are singular values. */
  fullMatrices?: boolean;
  /** Whether singular vectors are wanted, too; default true. */
  computeUv?: boolean;
  overwriteA?: boolean;
  checkFinite?: boolean;
  lapackDriver?: string;
}

/**
 * The singular value decomposition `A = U diag(s) V^H`.
 *
 * @param a `[..., m, n]`; integers become float32
 * @param fullMatrices further arguments by position or in an object
 * @returns `[U, s, V^H]`, the singular values in descending order; s alone with `computeUv: false`
 * @throws ValueError for fewer than two dimensions
 * @example
 * ```ts
 * String(scipy.linalg.svd(jnp.array([[0, 2], [1, 0]]), { computeUv: false })); // => "[2. 1.]"
 * ```
 */
export function svd(a: ArrayLike, options: SvdOptions & { computeUv: false }): NDArray;
export function svd(
  a: ArrayLike,
  fullMatrices: boolean | undefined,
  computeUv: false,
  ...args: unknown[]
): NDArray;
export function svd(
  a: ArrayLike,
  fullMatrices?: boolean | (SvdOptions & { computeUv?: true }),
  computeUv?: true | SvdOptions,
  ...args: unknown[]
): [NDArray, NDArray, NDArray];
export function svd(a: ArrayLike, ...args: unknown[]): NDArray | [NDArray, NDArray, NDArray] {
  const { fullMatrices = true, computeUv = true } = readOptions<SvdOptions>(
    "scipy.linalg.svd",
    ["fullMatrices", "computeUv", "overwriteA", "checkFinite", "lapackDriver"],
    args,
  );
  return lax.linalg.svd(matrixArgument("svd", a), { fullMatrices, computeUv });
}

/** Options of {@link polar}. */
export interface PolarOptions {
  /** "right" (default): `A = U P`; "left": `A = P U`. */
  side?: "right" | "left";
  /** "qdwh" (default) or "svd"; either way the singular value decomposition is used. */
  method?: "qdwh" | "svd";
  /** Of JAX's iteration; not needed. */
  eps?: number | null;
  /** Of JAX's iteration; not needed. */
  maxIterations?: number | null;
}

/**
 * The polar decomposition `A = U P`, or `A = P U`, into a matrix with orthonormal rows or columns and a Hermitian positive semidefinite one.
 *
 * @param a `[..., m, n]`; integers become float32
 * @param side further arguments by position or in an object
 * @returns `[U, P]`: `[..., m, n]`, and `[..., n, n]` (`[..., m, m]` on the left)
 * @throws ValueError for fewer than two dimensions, another side or method
 * @example
 * ```ts
 * const [u, p] = scipy.linalg.polar(jnp.array([[0, -2], [3, 0]]));
 * String(jnp.round(p)); // => "[[3. 0.]\n [0. 2.]]"
 * ```
 */
export function polar(
  a: ArrayLike,
  side?: "right" | "left" | PolarOptions,
  options?: PolarOptions,
): [NDArray, NDArray] {
  const o = readOptions<PolarOptions>(
    "scipy.linalg.polar",
    ["side"],
    [side, options],
    ["method", "eps", "maxIterations"],
  );
  const { side: chosen = "right", method = "qdwh" } = o;
  if (chosen !== "right" && chosen !== "left")
    throw new ValueError("The argument `side` must be either 'right' or 'left'.");
  if (method !== "qdwh" && method !== "svd")
    throw new ValueError(`Unknown polar decomposition method ${method}.`);
  return polarJit(matrixArgument("polar", a), chosen);
}
const polarJit = jit(
  (a: NDArray, side: "right" | "left"): [NDArray, NDArray] => {
    const [u, s, vh] = lax.linalg.svd(a, { fullMatrices: false });
    const values = expandDims(s.astype(u.dtype), -2);
    const definite = side === "right" ? matmul(H(vh).mul(values), vh) : matmul(u.mul(values), H(u));
    return [matmul(u, vh), definite];
  },
  { name: "polar", staticArgnums: 1 },
);
