import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { finfo, realDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { H, symmetrize } from "../../lax/linalg/matrices.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { jit } from "../../transforms/jit.ts";
import { readOptions } from "../arguments.ts";
import { divide, maximum } from "../binary.ts";
import { zeros } from "../creation.ts";
import { expandDims, ravel } from "../manipulationShape.ts";
import { matmul } from "../products.ts";
import { promoteDTypesInexact, toArray } from "../promote.ts";
import { any, max, sum } from "../reductions.ts";
import { isnan } from "../unary.ts";
import { where } from "../where.ts";
import { type SvdResult, svd, svdvals } from "./decompositions.ts";
import { matrixArgument } from "./matrix.ts";
import { type NormOrder, norm } from "./norms.ts";
import { inv } from "./solving.ts";

/**
 * The rank of matrices: how many singular values are larger than a tolerance, by default the largest times the larger size times `eps`.
 *
 * @example
 * ```ts
 * String(jnp.linalg.matrixRank(jnp.ones([3, 3]))); // => "1"
 * ```
 */
export function matrixRank(
  M: ArrayLike,
  rtol?: ArrayLike | null | { rtol?: ArrayLike | null; hermitian?: boolean; tol?: ArrayLike | null },
  options?: { hermitian?: boolean; tol?: ArrayLike | null },
): NDArray {
  const o = readOptions<{ rtol: ArrayLike | null; hermitian: boolean; tol: ArrayLike | null }>(
    "jnp.linalg.matrixRank",
    ["rtol"],
    [rtol, options],
    ["hermitian", "tol"],
  );
  const a = matrixArgument("matrixRank", M);
  if (a.ndim < 2) return any(a.ne(0)).astype("int32");
  const s = o.hermitian === true ? svd(a, { hermitian: true, computeUv: false }) : svdvals(a);
  const given = o.rtol ?? o.tol ?? null;
  const limit =
    given === null
      ? max(s, -1).mul(Math.max(...a.shape.slice(-2)) * finfo(s.dtype).eps)
      : toArray(given, "jnp.linalg.matrixRank");
  return sum(s.gt(expandDims(limit, limit.ndim)), -1);
}

/** The pseudoinverse for a tolerance. Its derivative is that of matrices of constant rank. */
const ofAnyMatrix = pseudoinverseBy((a) => svd(a, { fullMatrices: false }));
/** That of Hermitian matrices, by their eigenvalues. */
const ofHermitian = pseudoinverseBy((a) => svd(a, { hermitian: true }), symmetrize);

type Pseudoinverse = (a: NDArray, rtol: NDArray) => NDArray;
/* @__NO_SIDE_EFFECTS__ */
function pseudoinverseBy(
  decompose: (a: NDArray) => SvdResult,
  read: (a: NDArray) => NDArray = (a) => a,
): Pseudoinverse {
  const pseudoinverse = customJvp(function pinv(a: NDArray, rtol: NDArray): NDArray {
    const { U, S, Vh } = decompose(a);
    const cutoff = max(S, { axis: -1, keepdims: true, initial: 0 }).mul(expandDims(rtol, -1));
    const inverses = where(S.gt(cutoff), divide(1, where(S.gt(cutoff), S, 1)), 0).astype(a.dtype);
    return matmul(H(Vh), H(U).mul(expandDims(inverses, -1)));
  });
  pseudoinverse.defjvp(([given, rtol]: [NDArray, NDArray], [dGiven]: [NDArray, NDArray]) => {
    const p = pseudoinverse(given, rtol);
    const [a, da] = [read(given), read(dGiven)];
    const [pH, daH] = [H(p), H(da)];
    const along = matmul(matmul(p, da), p).neg();
    // What the spaces that A does not reach, and those that it maps to zero, contribute.
    const left = matmul(p, matmul(pH, daH));
    const right = matmul(matmul(daH, pH), p);
    const outside = left.sub(matmul(matmul(left, a), p));
    const inside = right.sub(matmul(p, matmul(a, right)));
    return [p, along.add(outside).add(inside)];
  });
  return pseudoinverse;
}

/** Options of {@link pinv}. */
export interface PinvOptions {
  rtol?: ArrayLike | null;
  hermitian?: boolean;
  rcond?: ArrayLike | null;
}

/**
 * The pseudoinverse of Moore and Penrose.
 *
 * @param a `[..., m, n]`; integers become float32
 * @param rtol singular values up to `rtol` times the largest count as zero; default `10 max(m, n) eps`
 * @param hermitian whether the matrices are Hermitian, and to be decomposed by their eigenvalues; default false
 * @returns `[..., n, m]`
 * @throws ValueError when both `rtol` and its older name `rcond` are given
 * @example
 * ```ts
 * String(jnp.linalg.pinv(jnp.array([[2, 0], [0, 0]]))); // => "[[0.5 0. ]\n [0.  0. ]]"
 * ```
 */
export function pinv(
  a: ArrayLike,
  rtol?: ArrayLike | null | PinvOptions,
  hermitian?: boolean | PinvOptions,
  options?: PinvOptions,
): NDArray {
  const o = readOptions<PinvOptions>(
    "jnp.linalg.pinv",
    ["rtol", "hermitian"],
    [rtol, hermitian, options],
    ["rcond"],
  );
  if ((o.rtol ?? null) !== null && (o.rcond ?? null) !== null)
    throw new ValueError("pinv: only one of rtol and rcond may be specified.");
  const x = matrixArgument("pinv", a);
  const [m, n] = x.shape.slice(-2);
  if (m === 0 || n === 0) return zeros([...x.shape.slice(0, -2), n, m], { dtype: x.dtype });
  const given = o.rtol ?? o.rcond ?? 10 * Math.max(m, n) * finfo(x.dtype).eps;
  const pseudoinverse = o.hermitian === true ? ofHermitian : ofAnyMatrix;
  return pseudoinverse(x, lax.stopGradient(toArray(given, "jnp.linalg.pinv").astype(realDType(x.dtype))));
}

/** Options of {@link lstsq}. */
export interface LstsqOptions {
  rcond?: number | null;
  numpyResid?: boolean;
}

/**
 * The least squares solution of `a x = b`: x, the squared residuals of each column, the rank of `a` and its singular values.
 *
 * @param a `[m, n]`; integers become float32
 * @param b `[m]` or `[m, k]`
 * @param rcond singular values below `rcond` times the largest count as zero; default `max(m, n) eps`
 * @param options.numpyResid return no residuals, as NumPy does, where the rank is less than full or there are no more equations than unknowns;
 * not under `jit`, since a shape depends on values then
 * @throws ValueError when the numbers of rows differ; TypeError for other ranks
 * @example
 * ```ts
 * String(jnp.linalg.lstsq(jnp.array([[2], [0]]), jnp.array([4, 1]))[0]); // => "[2.]"
 * ```
 */
export function lstsq(
  a: ArrayLike,
  b: ArrayLike,
  rcond?: number | null | LstsqOptions,
  options?: LstsqOptions,
): [NDArray, NDArray, NDArray, NDArray] {
  const o = readOptions<LstsqOptions>("jnp.linalg.lstsq", ["rcond"], [rcond, options], ["numpyResid"]);
  const [x, given] = promoteDTypesInexact([toArray(a, "lstsq", 0), toArray(b, "lstsq", 1)]);
  if (x.ndim !== 2) {
    throw new TypeError(`${x.ndim}-dimensional array given. Array must be two-dimensional`);
  }
  if (given.ndim !== 1 && given.ndim !== 2)
    throw new TypeError(`${given.ndim}-dimensional array given. Array must be one or two-dimensional`);
  if (x.shape[0] !== given.shape[0]) throw new ValueError("Leading dimensions of input arrays must match");
  const y = given.ndim === 1 ? expandDims(given, 1) : given;
  const { eps } = finfo(x.dtype);
  const relative = o.rcond ?? eps * Math.max(...x.shape);
  const { U, S, Vh } = svd(x, { fullMatrices: false });
  const first = max(S, { initial: 0 });
  const kept = S.gt(0).and(S.ge(first.mul(relative < 0 ? eps : relative)));
  const inverses = where(kept, divide(1, where(kept, S, 1)), 0);
  const solution = matmul(H(Vh), matmul(H(U), y).mul(expandDims(inverses.astype(x.dtype), 1)));
  const rank = sum(kept);
  const answer = given.ndim === 1 ? ravel(solution) : solution;
  const [m, n] = x.shape;
  if (o.numpyResid === true && (m <= n || Number(rank) < n)) return [answer, zeros([0]), rank, S];
  const residuals = norm(y.sub(matmul(x, solution)), { axis: 0 });
  return [answer, residuals.mul(residuals), rank, S];
}

/**
 * The condition number of matrices: by default the largest singular value over the smallest; for other norms, that of the matrix times that
 * of its inverse.
 *
 * @throws ValueError for fewer than two dimensions, no elements, or a matrix that is not square where the norm asks for it
 * @example
 * ```ts
 * String(jnp.linalg.cond(jnp.array([[4, 0], [0, 2]]))); // => "2.0"
 * ```
 */
export function cond(x: ArrayLike, p?: NormOrder | { p?: NormOrder }): NDArray {
  const { p: order = null } = readOptions<{ p: NormOrder }>("jnp.linalg.cond", ["p"], [p]);
  const a = matrixArgument("cond", x);
  if (a.ndim < 2) {
    throw new ValueError(`jnp.linalg.cond: input array must be at least 2D; got ${shapeStr(a.shape)}`);
  }
  if (a.shape.slice(-2).includes(0))
    throw new ValueError(`jnp.linalg.cond: input array must not be empty; got ${shapeStr(a.shape)}`);
  return condJit(a, order);
}
const condJit = jit(
  (a: NDArray, order: NormOrder): NDArray => {
    const noNaN = any(isnan(a), { axis: [-2, -1] }).invert();
    let ratio: NDArray;
    if (order === null || order === 2 || order === -2) {
      const s = svdvals(a);
      const [most, least] = [s.get("...", 0), s.get("...", -1)];
      if (order !== -2) return most.div(least);
      ratio = least.div(most);
    } else {
      if (a.shape[a.ndim - 1] !== a.shape[a.ndim - 2])
        throw new ValueError(
          `jnp.linalg.cond: for p=${order}, array must be square; got ${shapeStr(a.shape)}`,
        );
      const options = { ord: order, axis: [-2, -1] };
      ratio = norm(a, options).mul(norm(inv(a), options));
    }
    return where(isnan(ratio).and(noNaN), maximum(Number.POSITIVE_INFINITY, 0).astype(ratio.dtype), ratio);
  },
  { name: "cond", staticArgnums: 1 },
);
