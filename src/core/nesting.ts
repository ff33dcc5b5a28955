import type { NDArray } from "./array.ts";
import { type Atom, type Eqn, type Jaxpr, Literal, type Var } from "./jaxpr.ts";
import type { Primitive } from "./primitive.ts";
import { bind } from "./trace.ts";

/** How the calls in a program (primitives with `inlineAs`) are nested. */
export interface Nesting {
  /** Calls within calls, at most. */
  readonly depth: number;
  /** Equations, if all calls were written out. */
  readonly equations: number;
}

const known = new WeakMap<Jaxpr, Nesting>();
const one: Nesting = { depth: 0, equations: 1 };

/** The nesting of a program. Without recursion, and each program is looked at once: calls may be deep, and shared. */
export function nestingOf(jaxpr: Jaxpr): Nesting {
  const stack = [jaxpr];
  while (stack.length > 0) {
    const program = stack[stack.length - 1];
    const before = stack.length;
    let depth = 0;
    let equations = 0;
    for (const { primitive, params } of program.eqns) {
      const inner = primitive.inlineAs?.(params)?.jaxpr;
      const nesting = inner === undefined ? one : known.get(inner);
      if (nesting === undefined) {
        stack.push(inner as Jaxpr);
        continue;
      }
      if (inner !== undefined) depth = Math.max(depth, nesting.depth + 1);
      equations += nesting.equations;
    }
    if (stack.length > before) continue;
    stack.pop();
    known.set(program, { depth, equations });
  }
  return known.get(jaxpr) as Nesting;
}

/** A program in the course of evaluation. */
interface Frame {
  readonly jaxpr: Jaxpr;
  readonly env: Map<Var, NDArray>;
  next: number;
  /** The equation of the caller that it stands for. */
  readonly call: Eqn | null;
}

/** Runs a program under the current trace, with the calls of one primitive written out, on a stack of its own. */
export function evalWithoutCalls(
  jaxpr: Jaxpr,
  consts: readonly NDArray[],
  args: readonly NDArray[],
  callPrimitive: Primitive,
): NDArray[] {
  const enter = (
    program: Jaxpr,
    constants: readonly NDArray[],
    inputs: readonly NDArray[],
    call: Eqn | null,
  ): Frame => {
    const env = new Map<Var, NDArray>();
    program.constvars.forEach((v, i) => env.set(v, constants[i]));
    program.invars.forEach((v, i) => env.set(v, inputs[i]));
    return { jaxpr: program, env, next: 0, call };
  };
  const stack = [enter(jaxpr, consts, args, null)];
  for (;;) {
    const frame = stack[stack.length - 1];
    const read = (a: Atom): NDArray => (a instanceof Literal ? a.array : (frame.env.get(a) as NDArray));
    const { eqns, outvars } = frame.jaxpr;
    if (frame.next === eqns.length) {
      const outs = outvars.map(read);
      stack.pop();
      if (frame.call === null) return outs;
      const { env } = stack[stack.length - 1];
      frame.call.outputs.forEach((v, i) => env.set(v, outs[i]));
      continue;
    }
    const eqn = eqns[frame.next++];
    const inputs = eqn.inputs.map(read);
    const program = eqn.primitive === callPrimitive ? eqn.primitive.inlineAs?.(eqn.params) : undefined;
    if (program !== undefined) {
      stack.push(enter(program.jaxpr, program.consts, inputs, eqn));
      continue;
    }
    const outs = bind(eqn.primitive, inputs, eqn.params);
    eqn.outputs.forEach((v, i) => frame.env.set(v, outs[i]));
  }
}
