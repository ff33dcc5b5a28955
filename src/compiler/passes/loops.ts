import type { FlatEqn, FlatProgram, Value } from "../flat.ts";

/** A loop among the equations, seen from its programs. */
export interface LoopView {
  /** For each program, for each of its arguments: the value outside that it is in every step, null where steps differ. */
  readonly fixed: readonly (readonly (Value | null)[])[];
  /** For each program: where its constants begin among the inputs of the equation. */
  readonly constants: readonly number[];
}

/** Null where an equation is no loop. */
export function loopView(eqn: FlatEqn): LoopView | null {
  const { lowering } = eqn.primitive;
  const programs = eqn.programs ?? [];
  const counts = programs.map((p) => p.consts.length);
  const operands = eqn.inputs.length - counts.reduce((sum, n) => sum + n, 0);
  const constants = counts.map((_, i) => operands + counts.slice(0, i).reduce((sum, n) => sum + n, 0));
  if (lowering.kind === "forLoop") {
    const { numConsts, numCarry } = lowering.loop(eqn.params);
    const [body] = programs;
    const fixed = body.args.map((_, i) =>
      i < numConsts || (i < numConsts + numCarry && passesOn(body, i - numConsts, i)) ? eqn.inputs[i] : null,
    );
    return { fixed: [fixed], constants };
  }
  if (lowering.kind === "whileLoop") {
    const { condConsts, bodyConsts } = lowering.loop(eqn.params);
    const [cond, body] = programs;
    const carries = body.args.slice(bodyConsts).map((_, i) => {
      return passesOn(body, i, bodyConsts + i) ? eqn.inputs[condConsts + bodyConsts + i] : null;
    });
    const consts = (from: number, to: number) => eqn.inputs.slice(from, to);
    return {
      fixed: [
        [...consts(0, condConsts), ...carries].slice(0, cond.args.length),
        [...consts(condConsts, condConsts + bodyConsts), ...carries],
      ],
      constants,
    };
  }
  return null;
}

/** Whether a body returns one of its arguments as it is. */
function passesOn(body: FlatProgram, result: number, argument: number): boolean {
  const { source } = body.results[result];
  return source.kind === "argument" && source.index === argument;
}

/** An equation with values replaced. */
export function replaceInputs(eqn: FlatEqn, by: ReadonlyMap<Value, Value>): FlatEqn {
  if (!eqn.inputs.some((v) => by.has(v))) return eqn;
  return { ...eqn, inputs: eqn.inputs.map((v) => by.get(v) ?? v) };
}

/** Numbers new values of a program. */
export class Fresh {
  count: number;

  constructor(count: number) {
    this.count = count;
  }
  value(aval: Value["aval"], source: Value["source"]): Value {
    return { id: this.count++, aval, source };
  }
}
