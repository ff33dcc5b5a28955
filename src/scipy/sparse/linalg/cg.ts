import type { NDArray } from "../../../core/array.ts";
import * as lax from "../../../lax/index.ts";
import { readOptions } from "../../../numpy/arguments.ts";
import { maximum } from "../../../numpy/binary.ts";
import { toArray } from "../../../numpy/promote.ts";
import { square } from "../../../numpy/unary.ts";
import { where } from "../../../numpy/where.ts";
import {
  type Equations,
  equationsOf,
  inner,
  type LinearOperator,
  realInner,
  type SolverOptions,
  type VectorMap,
} from "./equations.ts";

const optionNames = ["tol", "atol", "maxiter", "M"];

type Solver = (matvec: VectorMap, b: NDArray, problem: Equations, limit: NDArray) => NDArray;

/** The solution by a method, differentiated implicitly: derivatives are solutions of the same kind. */
function solveBy(
  name: string,
  A: unknown,
  b: unknown,
  args: readonly unknown[],
  solver: Solver,
  isSymmetric: (b: NDArray) => boolean,
): unknown {
  const o = readOptions<SolverOptions>(`scipy.sparse.linalg.${name}`, ["x0"], args, optionNames);
  const problem = equationsOf(name, A, b, o);
  const solve = (matvec: VectorMap, rhs: NDArray): NDArray => {
    const [tol, atol] = [o.tol ?? 1e-5, o.atol ?? 0].map((x) => toArray(x, name));
    const limit = maximum(square(tol).mul(realInner(rhs, rhs)), square(atol));
    return solver(matvec, rhs, problem, limit.astype(realInner(rhs, rhs).dtype));
  };
  const x = lax.customLinearSolve(problem.matvec, problem.b, solve, {
    transposeSolve: solve,
    symmetric: isSymmetric(problem.b),
  });
  return problem.unravel(x);
}

/** Hestenes and Stiefel, 1952, with a preconditioner. */
const conjugateGradients: Solver = (matvec, b, { x0, precondition, maxiter }, limit) => {
  type State = [x: NDArray, r: NDArray, gamma: NDArray, p: NDArray, k: NDArray];
  const r0 = b.sub(matvec(x0));
  const z0 = precondition(r0);
  const start: State = [x0, r0, realInner(r0, z0), z0, lax.full([], 0, "int32")];
  const isGoing = ([, r, , , k]: State): NDArray =>
    lax.bitwiseAnd(lax.gt(realInner(r, r), limit), lax.lt(k, maxiter));
  const step = ([x, r, gamma, p, k]: State): State => {
    const ap = matvec(p);
    const alpha = gamma.div(realInner(p, ap));
    const rest = r.sub(ap.mul(alpha));
    const z = precondition(rest);
    const next = realInner(rest, z);
    return [x.add(p.mul(alpha)), rest, next, z.add(p.mul(next.div(gamma))), lax.add(k, 1)];
  };
  return (lax.whileLoop(isGoing, step, start) as State)[0];
};

/**
 * Solves `A x = b` for Hermitian positive definite A by conjugate gradients. The solution is differentiated implicitly, in both modes.
 *
 * @param A a square matrix, or a linear function of trees like b
 * @param b an array or a tree of arrays
 * @param args `x0`, and an object with further options
 * @returns `[x, null]`: the solution, a tree like b, and the place where JAX may put information some day
 * @throws ValueError for a matrix that is not square, or an `x0` unlike b; TypeError for an operator that is neither matrix nor function
 * @example
 * ```ts
 * const a = jnp.array([[4, 1], [1, 3]]);
 * const [x] = scipy.sparse.linalg.cg((v) => a.matmul(v), jnp.array([1, 2]));
 * String(jnp.round(a.matmul(x), 4)); // => "[1. 2.]"
 * ```
 */
export function cg<T>(
  A: LinearOperator<T>,
  b: T,
  ...args: [(T | null | SolverOptions<T>)?, SolverOptions<T>?]
): [x: T, info: null] {
  const isReal = (x: NDArray) => x.dtype.kind !== "complex";
  return [solveBy("cg", A, b, readStart(args), conjugateGradients, isReal) as T, null];
}

/** Van der Vorst, 1992, with a preconditioner. */
const stabilized: Solver = (matvec, b, { x0, precondition, maxiter }, limit) => {
  type State = [x: NDArray, r: NDArray, p: NDArray, q: NDArray, scalars: NDArray[], k: NDArray];
  const r0 = b.sub(matvec(x0));
  const one = lax.full([], 1, b.dtype);
  const start: State = [x0, r0, r0, r0, [one, one, one], lax.full([], 0, "int32")];
  const isGoing = ([, r, , , , k]: State): NDArray =>
    lax.bitwiseAnd(lax.gt(realInner(r, r), limit), lax.bitwiseAnd(lax.lt(k, maxiter), lax.ge(k, 0)));
  const step = ([x, r, p, q, [alpha, omega, rho], k]: State): State => {
    const nextRho = inner(r0, r);
    const beta = nextRho.div(rho).mul(alpha).div(omega);
    const direction = r.add(p.sub(q.mul(omega)).mul(beta));
    const moved = precondition(direction);
    const aMoved = matvec(moved);
    const nextAlpha = nextRho.div(inner(r0, aMoved));
    const s = r.sub(aMoved.mul(nextAlpha));
    // Half a step is enough where its residual is small; the other half would divide by almost nothing.
    const isDone = lax.lt(realInner(s, s), limit);
    const shaped = precondition(s);
    const t = matvec(shaped);
    const nextOmega = inner(t, s).div(inner(t, t));
    const halfway = x.add(moved.mul(nextAlpha));
    const nextX = where(isDone, halfway, halfway.add(shaped.mul(nextOmega)));
    const nextR = where(isDone, s, s.sub(t.mul(nextOmega)));
    // The method breaks down where one of these is zero.
    const isBroken = [nextOmega, nextAlpha, nextRho]
      .map((v) => v.eq(0))
      .reduce((u, v) => lax.bitwiseOr(u, v));
    const count = where(isBroken, -10, lax.add(k, 1)).astype("int32");
    return [nextX, nextR, direction, aMoved, [nextAlpha, nextOmega, nextRho], count];
  };
  return (lax.whileLoop(isGoing, step, start) as State)[0];
};

/**
 * Solves `A x = b` for any invertible A by the stabilized method of biconjugate gradients. The solution is differentiated implicitly, in both modes.
 *
 * @param A a square matrix, or a linear function of trees like b
 * @param b an array or a tree of arrays
 * @param args `x0`, and an object with further options
 * @returns `[x, null]`: the solution, a tree like b, and the place where JAX may put information some day
 * @throws ValueError for a matrix that is not square, or an `x0` unlike b; TypeError for an operator that is neither matrix nor function
 * @example
 * ```ts
 * const a = jnp.array([[4, 1], [-1, 3]]);
 * const [x] = scipy.sparse.linalg.bicgstab(a, jnp.array([1, 2]));
 * String(jnp.round(a.matmul(x), 4)); // => "[1. 2.]"
 * ```
 */
export function bicgstab<T>(
  A: LinearOperator<T>,
  b: T,
  ...args: [(T | null | SolverOptions<T>)?, SolverOptions<T>?]
): [x: T, info: null] {
  return [solveBy("bicgstab", A, b, readStart(args), stabilized, () => false) as T, null];
}

/** The beginning may be an object, as options are: it is one if it stands before them, or has none of their names. */
export function readStart(
  args: readonly unknown[],
  names: readonly string[] = ["x0", ...optionNames],
): unknown[] {
  const [first, ...rest] = args;
  const isObject =
    typeof first === "object" && first !== null && Object.getPrototypeOf(first) === Object.prototype;
  const isOptions =
    isObject && rest.every((x) => x === undefined) && Object.keys(first).some((k) => names.includes(k));
  if (!isObject || isOptions) return [...args];
  return [{ x0: first, ...(rest[0] as object | undefined) }];
}
