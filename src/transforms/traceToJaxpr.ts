import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { ClosedJaxpr, Jaxpr } from "../core/jaxpr.ts";
import { StagingTrace } from "../core/staging.ts";
import { currentTrace, type NamedAxis, noAxes, Tracer, withTrace } from "../core/trace.ts";
import { RecursionError } from "../errors.ts";

/** Traces a function of flat arrays into a program, in which `axes` are bound; constants may include tracers of outer transformations. */
export function traceToJaxpr(
  f: (args: NDArray[]) => readonly NDArray[],
  avals: readonly ShapedArray[],
  description: string,
  axes: readonly NamedAxis[] = noAxes,
): { jaxpr: Jaxpr; consts: NDArray[] } {
  const trace = new StagingTrace(currentTrace(), description, axes);
  const args = avals.map((aval) => trace.newArg(aval));
  try {
    return withTrace(trace, () => trace.finish(f(args)));
  } catch (error) {
    throw isStackOverflow(error) ? tooDeep(description, error) : error;
  } finally {
    trace.alive = false;
  }
}

/** Engines differ in the class and the words. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof Error && /call stack size exceeded|too much recursion/i.test(error.message);
}

function tooDeep(description: string, cause: unknown): RecursionError {
  return new RecursionError(
    `The stack overflowed while ${description}: transformed functions call each other more deeply than the engine allows. A function ` +
      "that calls itself needs an end that is known while tracing (a number, a shape, not an array's value); many levels of jitted " +
      "functions are better written as plain functions, or a loop, inside one jitted function.",
    { cause },
  );
}

/**
 * Separates the constants that are tracers, which must be passed as arguments, from the concrete ones, which the program keeps.
 * The result's leading inputs are the former.
 */
export function closeOverConcrete(
  jaxpr: Jaxpr,
  consts: readonly NDArray[],
): { closed: ClosedJaxpr; lifted: NDArray[] } {
  if (!consts.some((c) => c instanceof Tracer)) return { closed: new ClosedJaxpr(jaxpr, consts), lifted: [] };
  const isTracer = consts.map((c) => c instanceof Tracer);
  const lifted = consts.filter((_, i) => isTracer[i]);
  const program = new Jaxpr(
    jaxpr.constvars.filter((_, i) => !isTracer[i]),
    [...jaxpr.constvars.filter((_, i) => isTracer[i]), ...jaxpr.invars],
    jaxpr.eqns,
    jaxpr.outvars,
  );
  return {
    closed: new ClosedJaxpr(
      program,
      consts.filter((_, i) => !isTracer[i]),
    ),
    lifted,
  };
}

/**
 * A program that a transformation made for a call, with what it has from outside as leading inputs: rules of custom derivatives may close
 * over tracers of outer transformations.
 */
export function liftTracers(program: ClosedJaxpr): { closed: ClosedJaxpr; lifted: readonly NDArray[] } {
  if (!program.consts.some((c) => c instanceof Tracer)) return { closed: program, lifted: [] };
  return closeOverConcrete(program.jaxpr, program.consts);
}
