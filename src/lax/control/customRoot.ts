import type { NDArray } from "../../core/array.ts";
import { evalJaxpr } from "../../core/evalJaxpr.ts";
import { type Tangent, Zero } from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { bind } from "../../core/trace.ts";
import { customJvpCallP, type FlatJvpRule } from "../../transforms/customJvpCall.ts";
import { floatScalars } from "../../transforms/differentiable.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import { setName } from "../../transforms/functionName.ts";
import { requireCallable } from "../../transforms/jit.ts";
import { runJvp } from "../../transforms/jvpTrace.ts";
import { linearize } from "../../transforms/linearize.ts";
import { checkOptions } from "../../transforms/options.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { neg } from "../arithmetic.ts";
import { amongOperands, checkResult, constVars, portions } from "./solvePrograms.ts";
import { avalTree, type TracedFunction, traceFunction } from "./traceFunction.ts";

/**
 * Finds a root of a function with a method of the caller's, and differentiates it implicitly with respect to what `f` closes over: by the implicit
 * function theorem, however `solve` works.
 *
 * @param f a function from a tree to one of the same structure
 * @param solve `solve(f, initialGuess)` returns `x` with `f(x) = 0`; with hasAux `[x, aux]`
 * @param tangentSolve `tangentSolve(g, y)` solves `g(x) = y` for a linear function `g`: `y.div(g(1))` for a scalar
 * @throws TypeError / ValueError when a function returns another structure or other shapes than those of `initialGuess`
 * @example
 * ```ts
 * const newton = (f, x) => lax.foriLoop(0, 10, (_i, x) => x.sub(f(x).div(grad(f)(x))), x);
 * const sqrt = (a: NDArray) => lax.customRoot((x: NDArray) => x.mul(x).sub(a), 1, newton, (g, y) => y.div(g(1)));
 * String(valueAndGrad(sqrt)(4)); // => "2.0,0.25"
 * ```
 */
export function customRoot<T>(
  f: (x: T) => T,
  initialGuess: T,
  solve: (f: (x: T) => T, initialGuess: T) => unknown,
  tangentSolve: (g: (x: T) => T, y: T) => T,
  options: { hasAux: true },
): [T, unknown];
export function customRoot<T>(
  f: (x: T) => T,
  initialGuess: T,
  solve: (f: (x: T) => T, initialGuess: T) => unknown,
  tangentSolve: (g: (x: T) => T, y: T) => T,
  options?: { hasAux?: boolean },
): T;
export function customRoot(
  f: AnyFunction,
  initialGuess: unknown,
  solve: AnyFunction,
  tangentSolve: AnyFunction,
  options: { hasAux?: boolean } = {},
): unknown {
  for (const g of [f, solve, tangentSolve]) requireCallable(g);
  checkOptions("customRoot", options, ["hasAux"]);
  const { leaves, treedef } = flattenArrays(
    floatScalars(initialGuess),
    "customRoot was given as initialGuess",
  );
  const types = avalTree(leaves, treedef);

  const residual = traceFunction(f, [types], "f");
  checkResult("f", "initial_guess", residual, types);
  const solution = traceFunction((x: unknown) => solve(f, x), [types], "solve");
  checkResult("solve", "initial_guess", solution, types, options.hasAux === true);
  const correction = traceFunction(
    (x: unknown, y: unknown) => tangentSolve(linearize(f, x)[1], y),
    [types, types],
    "tangent_solve",
  );
  checkResult("tangent_solve", "x", correction, types);

  const params = {
    name: "_custom_root",
    callJaxpr: amongOperands(
      solution.program,
      solution.consts.length,
      constVars(residual),
      constVars(correction),
    ),
    numLifted: 0,
    symbolicZeros: true,
  };
  const find = (operands: readonly NDArray[]): NDArray[] =>
    bind(customJvpCallP, operands, { ...params, jvp });
  const counts = [residual.consts.length, solution.consts.length, correction.consts.length];
  const jvp = rootRule(residual, correction, counts, find);
  const outs = find([...residual.consts, ...solution.consts, ...correction.consts, ...leaves]);
  return solution.outTree.unflatten(outs);
}

/** From f(c, x) = 0: df/dc dc + df/dx dx = 0, so that dx = -(df/dx)^-1 df/dc dc. */
function rootRule(
  residual: TracedFunction,
  correction: TracedFunction,
  counts: readonly number[],
  find: (operands: readonly NDArray[]) => NDArray[],
): FlatJvpRule {
  const rule = (primals: readonly NDArray[], tangents: readonly Tangent[]): [NDArray[], Tangent[]] => {
    const outs = find(primals);
    const x = outs.slice(0, residual.program.outAvals.length);
    const [consts, , correctionConsts] = portions(primals, counts);
    const [, change] = runJvp(
      (cs) => evalJaxpr(residual.program.jaxpr, [], [...cs, ...x]),
      consts,
      tangents.slice(0, consts.length),
      "differentiating the function of a root",
    );
    if (change.every((t): boolean => t instanceof Zero)) return [outs, outs.map((y) => zeroTangent(y))];
    const dx = evalJaxpr(
      correction.program.jaxpr,
      [],
      [...correctionConsts, ...x, ...change.map(instantiate)],
    );
    return [outs, outs.map((y, i) => (i < x.length ? neg(dx[i]) : zeroTangent(y)))];
  };
  return setName(rule as FlatJvpRule, "_root_jvp");
}
