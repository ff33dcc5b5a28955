import { ArrayImpl, type NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import {
  type Atom,
  type ClosedJaxpr,
  type Eqn,
  effectsOf,
  type Jaxpr,
  Literal,
  type Var,
} from "../core/jaxpr.ts";
import { isControl } from "../core/lowering.ts";
import { paramsKey } from "../core/paramsKey.ts";
import { scalarKey } from "../core/values.ts";
import type { Complex } from "../dtypes/index.ts";
import { programsOf } from "./control/programs.ts";
import type { FlatEqn, FlatProgram, Value } from "./flat.ts";

/** A program that is being expanded: what its variables are, and where its results go. */
interface Frame {
  readonly jaxpr: Jaxpr;
  readonly values: Map<Var, Value>;
  next: number;
  /** The equation of the caller that this program stands for. */
  readonly call: Eqn | null;
  /** The program and its operands. */
  readonly key: string;
}

/** Numbers values; equal literals and equal constants are one value. */
class Values {
  count = 0;
  readonly consts: Value[] = [];
  readonly arrays: NDArray[] = [];
  private readonly literals = new Map<string, Value>();
  private readonly byArray = new Map<NDArray, Value>();

  make(aval: ShapedArray, source: Value["source"]): Value {
    return { id: this.count++, aval, source };
  }
  literal(value: number | bigint | boolean | Complex, aval: ShapedArray): Value {
    const key = `${aval.dtype.id}:${scalarKey(value)}`;
    let found = this.literals.get(key);
    if (found === undefined) {
      found = this.make(aval, { kind: "literal", value });
      this.literals.set(key, found);
    }
    return found;
  }
  constant(array: NDArray): Value {
    if (array instanceof ArrayImpl && array.literal !== undefined)
      return this.literal(array.literal, array.aval);
    let found = this.byArray.get(array);
    if (found === undefined) {
      found = this.make(array.aval, { kind: "const", index: this.consts.length });
      this.byArray.set(array, found);
      this.consts.push(found);
      this.arrays.push(array);
    }
    return found;
  }
}

/**
 * Expands a program, the programs that its equations hold (jit, custom derivative calls, ... : primitives with `inlineAs`) and those that
 * stand for operations (primitives lowered as a "program") into one flat list of equations. The constants of inner programs become constants of the whole, those of loops and branches too. Calls are kept
 * on an explicit stack, so that depth is not limited.
 *
 * Equations with the same primitive, parameters and operands are one, and so are calls of one program with the same operands: what a
 * tower of calls computes many times over is expanded once. Those that have effects are all kept, in order.
 */
export function flatten(closed: ClosedJaxpr): FlatProgram {
  const values = new Values();
  const eqns: FlatEqn[] = [];
  /** Results of the equations and calls so far. */
  const known = new Map<string, readonly Value[]>();
  const args = closed.jaxpr.invars.map((v, index) => values.make(v.aval, { kind: "argument", index }));
  const read = (frame: Frame, atom: Atom): Value =>
    atom instanceof Literal ? values.literal(atom.value, atom.aval) : (frame.values.get(atom) as Value);
  const enter = (
    jaxpr: Jaxpr,
    consts: readonly Value[],
    inputs: readonly Value[],
    call: Eqn | null,
    key: string,
  ): Frame => {
    const bound = new Map<Var, Value>();
    jaxpr.constvars.forEach((v, i) => bound.set(v, consts[i]));
    jaxpr.invars.forEach((v, i) => bound.set(v, inputs[i]));
    return { jaxpr, values: bound, next: 0, call, key };
  };
  const define = (frame: Frame, eqn: Eqn, results: readonly Value[]): void => {
    for (let i = 0; i < results.length; i++) frame.values.set(eqn.outputs[i], results[i]);
  };

  const constants = (of: readonly NDArray[]) => of.map((x) => values.constant(x));
  const stack: Frame[] = [enter(closed.jaxpr, constants(closed.consts), args, null, "")];
  for (;;) {
    const frame = stack[stack.length - 1];
    if (frame.next === frame.jaxpr.eqns.length) {
      const results = frame.jaxpr.outvars.map((a) => read(frame, a));
      stack.pop();
      if (frame.call === null) {
        const { consts, arrays, count } = values;
        return { args, consts, arrays, eqns, results, valueCount: count };
      }
      known.set(frame.key, results);
      define(stack[stack.length - 1], frame.call, results);
      continue;
    }
    const eqn = frame.jaxpr.eqns[frame.next++];
    const { primitive, params } = eqn;
    const inputs = eqn.inputs.map((a) => read(frame, a));
    const program = primitive.inlineAs?.(params);
    if (program !== undefined) {
      const consts = constants(program.consts);
      const key = `${program.jaxpr.id}:${idsOf(consts)};${idsOf(inputs)}`;
      const results = program.jaxpr.effects.size > 0 ? undefined : known.get(key);
      if (results !== undefined) define(frame, eqn, results);
      else stack.push(enter(program.jaxpr, consts, inputs, eqn, key));
      continue;
    }
    const key = `${primitive.name}(${idsOf(inputs)}${paramsKey(params)}`;
    const hasEffects = effectsOf(eqn).size > 0;
    let outputs = hasEffects ? undefined : known.get(key);
    if (outputs === undefined) {
      if (primitive.lowering.kind === "program") {
        const avals = inputs.map((v) => v.aval);
        const written = primitive.lowering.program(params, avals);
        stack.push(enter(written.jaxpr, constants(written.consts), inputs, eqn, key));
        continue;
      }
      outputs = eqn.outputs.map((v) => values.make(v.aval, { kind: "result" }));
      known.set(key, outputs);
      if (isControl(primitive.lowering)) {
        const programs = programsOf(primitive.lowering, params).map(flatten);
        for (const { arrays } of programs) inputs.push(...constants(arrays));
        eqns.push({ primitive, params, inputs, outputs, hasEffects, programs });
      } else {
        eqns.push({ primitive, params, inputs, outputs, hasEffects });
      }
    }
    // Weak types are part of an aval, but not of what is computed.
    define(frame, eqn, outputs);
  }
}

function idsOf(values: readonly Value[]): string {
  let ids = "";
  for (const v of values) ids += `${v.id},`;
  return ids;
}
