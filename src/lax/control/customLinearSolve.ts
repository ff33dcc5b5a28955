import type { NDArray } from "../../core/array.ts";
import { bind } from "../../core/trace.ts";
import { floatScalars } from "../../transforms/differentiable.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import { requireCallable } from "../../transforms/jit.ts";
import { linearTranspose } from "../../transforms/linearTranspose.ts";
import { checkOptions } from "../../transforms/options.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { linearSolveP } from "./linearSolvePrimitive.ts";
import { checkResult } from "./solvePrograms.ts";
import { avalTree, type TracedFunction, traceFunction } from "./traceFunction.ts";

type Solve<T> = (matvec: (x: T) => T, b: T) => unknown;

export interface LinearSolveOptions<T> {
  /** Solves `vecmat(x) = b` for the transposed map; needed for reverse mode unless `symmetric`. */
  transposeSolve?: Solve<T> | null;
  /** The map is its own transpose, so that `solve` solves the transposed equations too. */
  symmetric?: boolean;
  /** `solve` (and `transposeSolve`) return `[x, aux]`; so does the result. */
  hasAux?: boolean;
}

/**
 * Solves linear equations `matvec(x) = b` with a method of the caller's, and differentiates the solution implicitly: derivatives solve the same
 * equations again, with another right-hand side, however `solve` works.
 *
 * @param matvec a linear function of trees like `b`; what it closes over may be differentiated
 * @param solve returns the solution, `solve(matvec, b)`; need not be differentiable
 * @throws TypeError / ValueError when a function returns another structure or other shapes than those of `b`; TypeError in reverse mode without
 * `transposeSolve`
 * @example
 * ```ts
 * const solution = (a: NDArray, b: NDArray) =>
 *   lax.customLinearSolve((x: NDArray) => x.mul(a), b, (_matvec, b) => b.div(a), { symmetric: true });
 * String(grad(solution, [0, 1])(2, 3)); // => "-0.75,0.5"
 * ```
 */
export function customLinearSolve<T>(
  matvec: (x: T) => T,
  b: T,
  solve: Solve<T>,
  options: LinearSolveOptions<T> & { hasAux: true },
): [T, unknown];
export function customLinearSolve<T>(
  matvec: (x: T) => T,
  b: T,
  solve: Solve<T>,
  options?: LinearSolveOptions<T>,
): T;
export function customLinearSolve(
  matvec: AnyFunction,
  b: unknown,
  solve: AnyFunction,
  options: LinearSolveOptions<unknown> = {},
): unknown {
  checkOptions("customLinearSolve", options, ["transposeSolve", "symmetric", "hasAux"]);
  const { symmetric = false, hasAux = false } = options;
  const transposeSolve = (options.transposeSolve ?? (symmetric ? solve : null)) as AnyFunction | null;
  for (const f of [matvec, solve, transposeSolve]) if (f !== null) requireCallable(f);
  const { leaves, treedef } = flattenArrays(floatScalars(b), "customLinearSolve was given as b");
  const types = avalTree(leaves, treedef);

  const trace = (f: AnyFunction, name: string, aux = false): TracedFunction => {
    const traced = traceFunction(f, [types], name);
    checkResult(name, "b", traced, types, aux);
    return traced;
  };
  const map = trace(matvec, "matvec");
  const solution = trace((x: unknown) => solve(matvec, x), "solve", hasAux);
  let transposedMap: TracedFunction | null = null;
  let transposedSolution: TracedFunction | null = null;
  if (transposeSolve !== null) {
    const vecmat = symmetric
      ? matvec
      : (x: unknown) => (linearTranspose(matvec, treedef.unflatten(leaves))(x) as unknown[])[0];
    transposedMap = symmetric ? map : trace(vecmat, "vecmat");
    transposedSolution = trace((x: unknown) => transposeSolve(vecmat, x), "transpose_solve", hasAux);
  }
  const parts = [map, transposedMap, solution, transposedSolution];
  const count = (i: number): number => parts[i]?.consts.length ?? 0;
  const operands: NDArray[] = [...parts.flatMap((p) => p?.consts ?? []), ...leaves];
  const outs = bind(linearSolveP, operands, {
    programs: {
      matvec: map.program,
      vecmat: transposedMap?.program ?? null,
      solve: solution.program,
      transposeSolve: transposedSolution?.program ?? null,
      counts: [count(0), count(1), count(2), count(3)],
    },
  });
  return solution.outTree.unflatten(outs);
}
