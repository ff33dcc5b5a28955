import type { ArrayLike, NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { eye } from "../../numpy/creation.ts";
import { norm as vectorNorm } from "../../numpy/linalg/norms.ts";
import { matmul } from "../../numpy/products.ts";
import { promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { valueAndGrad } from "../../transforms/grad.ts";
import { registerPytreeNode } from "../../tree/registry.ts";
import { lineSearch } from "./lineSearch.ts";

/** "BFGS" is the only method. */
export type MinimizeMethod = "BFGS" | "bfgs";

/** What {@link minimize} finds; a pytree. */
export class OptimizeResults {
  /** The minimizer. */
  readonly x!: NDArray;
  /** Whether the gradient became small enough. */
  readonly success!: NDArray;
  /** 0: yes, 1: too many iterations, 3 and 5: the line search failed, -1: otherwise. */
  readonly status!: NDArray;
  /** The value at the minimizer. */
  readonly fun!: NDArray;
  /** The gradient there. */
  readonly jac!: NDArray;
  /** The estimate of the inverse of the Hessian. */
  readonly hessInv!: NDArray;
  /** How many evaluations of the function and of the gradient, and how many iterations there were. */
  readonly nfev!: NDArray;
  readonly njev!: NDArray;
  readonly nit!: NDArray;

  constructor(fields: { readonly [K in keyof OptimizeResults]: OptimizeResults[K] }) {
    Object.assign(this, fields);
  }
}
const fieldNames = ["x", "success", "status", "fun", "jac", "hessInv", "nfev", "njev", "nit"] as const;
registerPytreeNode(
  OptimizeResults,
  (results) => [fieldNames.map((name) => results[name]), null],
  (_data, fields) =>
    new OptimizeResults(Object.fromEntries(fieldNames.map((name, i) => [name, fields[i]])) as never),
);

export interface MinimizeSettings {
  /** The most iterations; default 200 for each variable. */
  maxiter?: number | null;
  /** The order of the norm of the gradient; default infinity. */
  norm?: number;
  /** It stops when this norm is below; default 1e-5. */
  gtol?: number;
  /** The most steps of a line search; default 10. */
  lineSearchMaxiter?: number;
}

export interface MinimizeOptions {
  method: MinimizeMethod;
  /** Not used by BFGS. */
  tol?: number | null;
  options?: MinimizeSettings;
}

interface State {
  converged: NDArray;
  failed: NDArray;
  k: NDArray;
  evaluations: NDArray;
  x: NDArray;
  value: NDArray;
  grad: NDArray;
  inverse: NDArray;
  valueBefore: NDArray;
  searchStatus: NDArray;
}

/**
 * The minimizer of a function of a vector, by the method of Broyden, Fletcher, Goldfarb and Shanno. It works under `jit`, `vmap` and forward
 * differentiation.
 *
 * Source: Nocedal and Wright, Numerical Optimization, algorithm 6.1, 2006.
 *
 * @param fun from a vector (and `args`) to a scalar
 * @param x0 where to begin, a vector
 * @param args further arguments of the function
 * @param options the method, which must be given, and `options` with settings
 * @throws ValueError for another method, or unless x0 is a vector
 * @throws TypeError unless args is a list
 * @example
 * ```ts
 * const f = (x) => jnp.sum(x.sub(3).pow(2));
 * const result = scipy.optimize.minimize(f, jnp.zeros(2), { method: "BFGS" });
 * String(result.x); // => "[3. 3.]"
 * ```
 */
export function minimize<A extends readonly unknown[] = []>(
  fun: (x: NDArray, ...args: A) => NDArray,
  x0: ArrayLike,
  ...rest: [args: A, options: MinimizeOptions] | [options: MinimizeOptions]
): OptimizeResults {
  const options = rest[rest.length - 1];
  const args = rest.length > 1 ? rest[0] : [];
  if (!Array.isArray(args)) {
    throw new TypeError(`args argument to minimize must be a list, got ${String(args)}`);
  }
  const o = readOptions<MinimizeOptions>("minimize", [], [options], ["method", "tol", "options"]);
  if (typeof o.method !== "string" || o.method.toLowerCase() !== "bfgs") {
    throw new ValueError(`Method ${String(o.method)} not recognized; it must be "BFGS".`);
  }
  const settings = readOptions<MinimizeSettings>(
    "minimize options",
    [],
    [o.options ?? {}],
    ["maxiter", "norm", "gtol", "lineSearchMaxiter"],
  );
  const [start] = promoteDTypesInexact([toArray(x0, "minimize", 1)]);
  if (start.ndim !== 1) throw new ValueError(`minimize: x0 must be a vector, got shape (${start.shape})`);
  return bfgs((x) => fun(x, ...(args as unknown as A)), start, settings);
}

function bfgs(fun: (x: NDArray) => NDArray, x0: NDArray, settings: MinimizeSettings): OptimizeResults {
  const { norm = Number.POSITIVE_INFINITY, gtol = 1e-5, lineSearchMaxiter = 10 } = settings;
  const maxiter = settings.maxiter ?? x0.size * 200;
  const n = x0.shape[0];
  const { dtype } = x0;
  const evaluate = valueAndGrad(fun as never) as unknown as (x: NDArray) => [NDArray, NDArray];
  const small = (gradient: NDArray): NDArray => vectorNorm(gradient, { ord: norm }).lt(gtol);
  const count = (k: number): NDArray => lax.full([], k, "int32");

  const [value, gradient] = evaluate(x0);
  const start: State = {
    converged: small(gradient),
    failed: lax.full([], false, "bool"),
    k: count(0),
    evaluations: count(1),
    x: x0,
    value,
    grad: gradient,
    inverse: eye(n, { dtype }),
    valueBefore: value.add(vectorNorm(gradient).div(2)),
    searchStatus: count(0),
  };
  const iterate = (s: State): State => {
    const direction = matmul(s.inverse, s.grad).neg();
    const along = (step: NDArray): { value: NDArray; grad: NDArray } => {
      const [v, g] = evaluate(s.x.add(step.mul(direction)));
      return { value: v, grad: g };
    };
    // The step that would change the value as much as the last one did.
    const slope = reductions.sum(s.grad.mul(direction));
    const likely = s.value.sub(s.valueBefore).mul(2.02).div(slope);
    const search = lineSearch(along, direction, s, where(likely.gt(1), 1, likely), lineSearchMaxiter);
    const { found } = search;
    const move = direction.mul(found.step);
    const change = found.grad.sub(s.grad);
    const rho = un.reciprocal(reductions.sum(change.mul(move)));
    const [column, row] = [move.reshape([n, 1]), move.reshape([1, n])];
    const w = eye(n, { dtype }).sub(column.mul(change.reshape([1, n])).mul(rho));
    const updated = matmul(matmul(w, s.inverse), w.transpose()).add(column.mul(row).mul(rho));
    return {
      converged: small(found.grad),
      failed: search.failed,
      k: s.k.add(1),
      evaluations: s.evaluations.add(search.evaluations),
      x: s.x.add(move),
      value: found.value,
      grad: found.grad,
      inverse: where(un.isfinite(rho), updated, s.inverse),
      valueBefore: s.value,
      searchStatus: search.status,
    };
  };
  const unfinished = (s: State): NDArray =>
    bi.logicalAnd(un.logicalNot(bi.logicalOr(s.converged, s.failed)), s.k.lt(maxiter));
  const end = lax.whileLoop(unfinished, iterate, start);
  const stopped = where(end.k.eq(maxiter), 1, where(end.failed, end.searchStatus.add(2), -1));
  return new OptimizeResults({
    x: end.x,
    success: bi.logicalAnd(end.converged, un.logicalNot(end.failed)),
    status: where(end.converged, 0, stopped),
    fun: end.value,
    jac: end.grad,
    hessInv: end.inverse,
    nfev: end.evaluations,
    njev: end.evaluations,
    nit: end.k,
  });
}
