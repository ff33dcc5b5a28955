import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { conj, matmul } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { broadcastTo } from "../../numpy/manipulationBroadcast.ts";
import { expandDims, ravel } from "../../numpy/manipulationShape.ts";
import { checkBroadcast } from "../../numpy/promote.ts";
import { inexactArguments, matrixArgument } from "./arguments.ts";

/** Options of {@link qr}; what JAX ignores is ignored here. */
export interface QrOptions {
  overwriteA?: boolean;
  lwork?: unknown;
  /** "full" (default): Q is square; "economic": it has min(m, n) columns; "r": only R. */
  mode?: "full" | "economic" | "r";
  /** Order the columns so that the diagonal of R does not grow in magnitude; default false. */
  pivoting?: boolean;
  checkFinite?: boolean;
}

/**
 * The decomposition `A = Q R` into a matrix with orthonormal columns and an upper triangular one.
 *
 * @param a `[..., m, n]`; integers become float32
 * @param args `overwriteA`, `lwork`, `mode`, `pivoting`; or an object with the options
 * @returns `[Q, R]`, or `[R]` in mode "r"; with `pivoting` also the order of the columns, int32 `[..., n]`: `A[:, order] = Q R`
 * @throws ValueError for an unknown mode
 * @example
 * ```ts
 * const [q, r] = scipy.linalg.qr(jnp.array([[0, 2], [1, 3]]));
 * String(q.matmul(r)); // => "[[0. 2.]\n [1. 3.]]"
 * ```
 */
export function qr(a: ArrayLike, ...args: [(boolean | QrOptions)?, ...unknown[]]): NDArray[] {
  const { mode = "full", pivoting = false } = readOptions<QrOptions>(
    "scipy.linalg.qr",
    ["overwriteA", "lwork", "mode", "pivoting", "checkFinite"],
    args,
  );
  if (!["full", "economic", "r"].includes(mode))
    throw new ValueError(`Unsupported QR decomposition mode '${mode}'`);
  const results = lax.linalg.qr(matrixArgument("qr", a), { pivoting, fullMatrices: mode !== "economic" });
  return mode === "r" ? results.slice(1) : results;
}

/** Options of {@link qrMultiply}; what JAX ignores is ignored here. */
export interface QrMultiplyOptions {
  /** "right" (default): `c Q`; "left": `Q c`. */
  mode?: "left" | "right";
  /** As for {@link qr}. */
  pivoting?: boolean;
  /** Multiply with the conjugate of Q; default false. */
  conjugate?: boolean;
  overwriteA?: boolean;
  overwriteC?: boolean;
}

/**
 * The product of a matrix with the factor Q (of min(m, n) columns) of another, and the factor R.
 *
 * @param a `[..., m, n]`, what is decomposed; integers become float32
 * @param c `[..., k, m]`, or `[..., min(m, n), k]` in mode "left"; a vector counts as one row, or as one column
 * @param args `mode`, `pivoting`, `conjugate`; or an object with the options
 * @returns `[c Q, R]`, or `[Q c, R]`; with `pivoting` also the order of the columns
 * @throws ValueError for an unknown mode, and sizes that do not fit
 * @example
 * ```ts
 * const a = jnp.array([[0, 2], [1, 3]]);
 * const [q, r] = scipy.linalg.qrMultiply(a, jnp.eye(2), "left");
 * String(q.matmul(r)); // => "[[0. 2.]\n [1. 3.]]"
 * ```
 */
export function qrMultiply(
  a: ArrayLike,
  c: ArrayLike,
  ...args: [("left" | "right" | QrMultiplyOptions)?, ...unknown[]]
): NDArray[] {
  const o = readOptions<QrMultiplyOptions>(
    "scipy.linalg.qrMultiply",
    ["mode", "pivoting", "conjugate", "overwriteA", "overwriteC"],
    args,
  );
  const { mode = "right", pivoting = false, conjugate = false } = o;
  if (mode !== "left" && mode !== "right")
    throw new ValueError(`mode must be 'right' or 'left', got '${mode}'`);
  const [x, given] = inexactArguments("qrMultiply", a, c);
  const isLeft = mode === "left";
  const isVector = given.ndim === 1;
  const y = isVector ? expandDims(given, isLeft ? 1 : 0) : given;
  const [m, n] = x.shape.slice(-2);
  const k = Math.min(m, n);
  const [size, wanted] = isLeft ? [y.shape[y.ndim - 2], k] : [y.shape[y.ndim - 1], m];
  if (x.ndim < 2 || y.ndim < 2 || size !== wanted) {
    throw new ValueError(
      `Array shapes are not compatible for ${isLeft ? "Q @ c" : "c @ Q"} operation: a has shape ${shapeStr(x.shape)} so Q has ` +
        `${isLeft ? `${k} columns` : `${m} rows`}, but c has shape ${shapeStr(y.shape)}.`,
    );
  }
  const batch = checkBroadcast([x.shape.slice(0, -2), y.shape.slice(0, -2)], "scipy.linalg.qrMultiply");
  const stack = (z: NDArray) => broadcastTo(z, [...batch, ...z.shape.slice(-2)]);
  const [q, ...rest] = lax.linalg.qr(stack(x), { pivoting, fullMatrices: false });
  const factor = conjugate ? conj(q) : q;
  const product = isLeft ? matmul(factor, stack(y)) : matmul(stack(y), factor);
  return [isVector ? ravel(product) : product, ...rest];
}
