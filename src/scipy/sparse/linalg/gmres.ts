import type { NDArray } from "../../../core/array.ts";
import { finfo } from "../../../dtypes/index.ts";
import { ValueError } from "../../../errors.ts";
import * as lax from "../../../lax/index.ts";
import { conj } from "../../../lax/linalg/matrices.ts";
import { readOptions } from "../../../numpy/arguments.ts";
import { maximum, minimum } from "../../../numpy/binary.ts";
import { arange } from "../../../numpy/creation.ts";
import { expandDims, squeeze } from "../../../numpy/manipulationShape.ts";
import { matvec as matrixTimes, vecmat } from "../../../numpy/products.ts";
import { toArray } from "../../../numpy/promote.ts";
import { abs, isfinite } from "../../../numpy/unary.ts";
import { where } from "../../../numpy/where.ts";
import { readStart } from "./cg.ts";
import { equationsOf, type LinearOperator, norm, type SolverOptions, type VectorMap } from "./equations.ts";

/** Options of {@link gmres}. */
export interface GmresOptions<T = unknown> extends SolverOptions<T> {
  /** How many vectors span the space that is searched before a new one is begun; default 20. */
  restart?: number;
  /** "batched" (default): each space gets all its vectors; "incremental": only as many as the tolerance needs. */
  solveMethod?: "batched" | "incremental";
}

const optionNames = ["tol", "atol", "restart", "maxiter", "M", "solveMethod"];

interface Settings {
  readonly precondition: VectorMap;
  readonly restart: number;
  readonly maxiter: number;
  readonly stopsEarly: boolean;
}

/** A vector of length 1 and the length, both zero where that is at most a limit. */
function normalized(x: NDArray, limit: NDArray | number): [NDArray, NDArray] {
  const length = norm(x);
  const isLong = length.gt(limit);
  const unit = where(isLong, x.div(where(isLong, length, 1)), 0).astype(x.dtype);
  return [unit, where(isLong, length, 0).astype(length.dtype)];
}

const at = (x: NDArray, i: NDArray): NDArray => lax.dynamicIndexInDim(x, i, 0, false);
const put = (x: NDArray, value: NDArray, i: NDArray): NDArray =>
  lax.dynamicUpdateIndexInDim(x, value.astype(x.dtype), i, 0);

/** Turns elements i and i + 1 by the rotation [[conj(c), s], [-s, c]], s real. */
function rotate(x: NDArray, i: NDArray, c: NDArray, s: NDArray): NDArray {
  const [p, q] = [at(x, i), at(x, lax.add(i, 1))];
  const turned = put(x, conj(c).mul(p).add(s.mul(q)), i);
  return put(turned, c.mul(q).sub(s.mul(p)), lax.add(i, 1));
}

/**
 * One space: an orthonormal basis of r, A r, A^2 r, ... by Arnoldi's process, and the combination of it that makes the residual least. The matrix of
 * A in that basis is made triangular by rotations as it grows. Saad and Schultz, 1986.
 */
function searchSpace(
  matvec: VectorMap,
  { precondition, restart, stopsEarly }: Settings,
  unit: NDArray,
  length: NDArray,
  limit: NDArray,
): NDArray {
  const { dtype } = unit;
  const { eps } = finfo(dtype);
  type State = {
    k: NDArray;
    basis: NDArray;
    r: NDArray;
    c: NDArray;
    s: NDArray;
    g: NDArray;
    isOver: NDArray;
  };
  const first = lax.full([], 0, "int32");
  const zeros = (...shape: number[]): NDArray => lax.full(shape, 0, dtype);
  const start: State = {
    k: first,
    basis: put(zeros(restart + 1, unit.size), unit, first),
    // Row k is column k of the triangular matrix, that of the identity at first.
    r: lax.eye(dtype, [restart, restart + 1]),
    c: zeros(restart),
    s: zeros(restart),
    g: put(zeros(restart + 1), length, first),
    isOver: lax.full([], false, "bool"),
  };
  const step = ({ k, basis, r, c, s, g }: State): State => {
    const v = precondition(matvec(at(basis, k)));
    const before = norm(v);
    // Gram and Schmidt, twice.
    const h1 = matrixTimes(conj(basis), v);
    const v1 = v.sub(vecmat(conj(h1), basis));
    const h2 = matrixTimes(conj(basis), v1);
    const [next, beyond] = normalized(v1.sub(vecmat(conj(h2), basis)), before.mul(eps));
    const column = put(h1.add(h2), beyond, lax.add(k, 1));
    const turned = lax.foriLoop(0, k, (i: NDArray, x: NDArray) => rotate(x, i, at(c, i), at(s, i)), column);
    const diagonal = at(turned, k);
    const size = norm(lax.concatenate([expandDims(diagonal, 0), expandDims(beyond.astype(dtype), 0)], 0));
    const safe = where(size.eq(0), 1, size);
    const cosine = where(size.eq(0), 1, diagonal.div(safe)).astype(dtype);
    const sine = where(size.eq(0), 0, beyond.div(safe)).astype(dtype);
    const residual = rotate(g, k, cosine, sine);
    const isOver = stopsEarly ? abs(at(residual, lax.add(k, 1))).le(limit) : beyond.eq(0);
    return {
      k: lax.add(k, 1),
      basis: put(basis, next, lax.add(k, 1)),
      r: put(r, rotate(turned, k, cosine, sine), k),
      c: put(c, cosine, k),
      s: put(s, sine, k),
      g: residual,
      isOver: lax.bitwiseOr(isOver, beyond.eq(0)),
    };
  };
  const isGoing = ({ k, isOver }: State): NDArray =>
    lax.bitwiseAnd(lax.lt(k, restart), lax.bitwiseNot(isOver));
  const { k, basis, r, g } = lax.whileLoop(isGoing, step, start) as State;
  const places = arange(restart, { dtype: "int32" });
  const known = where(places.lt(k), g.get(`:${restart}`), 0).astype(dtype);
  const triangle = r.get(":", `:${restart}`);
  const y = lax.linalg.triangularSolve(triangle, expandDims(known, 1), {
    leftSide: true,
    lower: true,
    transposeA: true,
  });
  return vecmat(conj(squeeze(y, 1)), basis.get(`:${restart}`));
}

function solveByGmres(
  matvec: VectorMap,
  b: NDArray,
  x0: NDArray,
  settings: Settings,
  tol: NDArray,
  atol: NDArray,
): NDArray {
  const { precondition, maxiter } = settings;
  const { eps } = finfo(b.dtype);
  const size = norm(b);
  const target = maximum(tol.mul(size), atol).astype(size.dtype);
  const inner = norm(precondition(b)).mul(minimum(1, target.div(size)));
  type State = [x: NDArray, unit: NDArray, length: NDArray, k: NDArray];
  const residualOf = (x: NDArray): [NDArray, NDArray] => normalized(precondition(b.sub(matvec(x))), eps);
  const isGoing = ([, , length, k]: State): NDArray =>
    lax.bitwiseAnd(lax.lt(k, maxiter), lax.gt(length, target));
  const step = ([x, unit, length, k]: State): State => {
    const next = x.add(searchSpace(matvec, settings, unit, length, inner));
    return [next, ...residualOf(next), lax.add(k, 1)];
  };
  const start: State = [x0, ...residualOf(x0), lax.full([], 0, "int32")];
  return (lax.whileLoop(isGoing, step, start) as State)[0];
}

/**
 * Solves `A x = b` for any invertible A by the generalized minimal residual method. The solution is differentiated implicitly, in both modes.
 *
 * @param A a square matrix, or a linear function of trees like b
 * @param b an array or a tree of arrays
 * @param args `x0`, and an object with further options
 * @returns `[x, info]`: the solution, a tree like b, and -1 if it is not finite, else 0
 * @throws ValueError for a matrix that is not square, an `x0` unlike b or an unknown `solveMethod`; TypeError for an operator that is neither matrix
 * nor function
 * @example
 * ```ts
 * const a = jnp.array([[4, 1], [-1, 3]]);
 * const [x] = scipy.sparse.linalg.gmres(a, jnp.array([1, 2]));
 * String(jnp.round(a.matmul(x), 4)); // => "[1. 2.]"
 * ```
 */
export function gmres<T>(
  A: LinearOperator<T>,
  b: T,
  ...args: [(T | null | GmresOptions<T>)?, GmresOptions<T>?]
): [x: T, info: NDArray] {
  const name = "scipy.sparse.linalg.gmres";
  const given = readStart(args, ["x0", ...optionNames]);
  const o = readOptions<GmresOptions>(name, ["x0"], given, optionNames);
  const { solveMethod = "batched", restart = 20 } = o;
  if (solveMethod !== "batched" && solveMethod !== "incremental")
    throw new ValueError(`invalid solve_method ${solveMethod}, must be either 'incremental' or 'batched'`);
  if (!Number.isInteger(restart) || restart < 1)
    throw new ValueError(`${name}: restart must be a positive integer, got ${restart}.`);
  const problem = equationsOf("gmres", A, b, o);
  const { precondition, maxiter } = problem;
  const stopsEarly = solveMethod === "incremental";
  const settings = { precondition, restart: Math.min(restart, problem.b.size), maxiter, stopsEarly };
  const [tol, atol] = [o.tol ?? 1e-5, o.atol ?? 0].map((x) => toArray(x, name));
  const solve = (matvec: VectorMap, rhs: NDArray): NDArray =>
    problem.b.size === 0 ? rhs : solveByGmres(matvec, rhs, problem.x0, settings, tol, atol);
  const x = lax.customLinearSolve(problem.matvec, problem.b, solve, { transposeSolve: solve });
  const info = where(isfinite(norm(x)), 0, -1);
  return [problem.unravel(x) as T, info];
}
