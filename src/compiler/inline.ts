import { ArrayImpl, type NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { type Atom, type ClosedJaxpr, type Eqn, type Jaxpr, Literal, type Var } from "../core/jaxpr.ts";
import type { FlatEqn, FlatProgram, Value } from "./flat.ts";

/** A program that is being expanded: what its variables are, and where its results go. */
interface Frame {
  readonly jaxpr: Jaxpr;
  readonly values: Map<Var, Value>;
  next: number;
  /** The equation of the caller that this program stands for. */
  readonly call: Eqn | null;
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
  literal(value: number | bigint | boolean, aval: ShapedArray): Value {
    const key = `${aval.dtype.id}:${Object.is(value, -0) ? "-0" : value}`;
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
 * Expands a program and the programs that its equations hold (jit, custom derivative calls, ... : primitives with `inlineAs`) into one
 * flat list of equations. The constants of inner programs become constants of the whole. Calls are kept on an explicit
 * stack, so that depth is not limited.
 */
export function flatten(closed: ClosedJaxpr): FlatProgram {
  const values = new Values();
  const eqns: FlatEqn[] = [];
  const args = closed.jaxpr.invars.map((v, index) => values.make(v.aval, { kind: "argument", index }));
  const read = (frame: Frame, atom: Atom): Value =>
    atom instanceof Literal ? values.literal(atom.value, atom.aval) : (frame.values.get(atom) as Value);
  const enter = (
    jaxpr: Jaxpr,
    consts: readonly NDArray[],
    inputs: readonly Value[],
    call: Eqn | null,
  ): Frame => {
    const known = new Map<Var, Value>();
    jaxpr.constvars.forEach((v, i) => known.set(v, values.constant(consts[i])));
    jaxpr.invars.forEach((v, i) => known.set(v, inputs[i]));
    return { jaxpr, values: known, next: 0, call };
  };

  const stack: Frame[] = [enter(closed.jaxpr, closed.consts, args, null)];
  for (;;) {
    const frame = stack[stack.length - 1];
    if (frame.next === frame.jaxpr.eqns.length) {
      const results = frame.jaxpr.outvars.map((a) => read(frame, a));
      stack.pop();
      if (frame.call === null) {
        const { consts, arrays, count } = values;
        return { args, consts, arrays, eqns, results, valueCount: count };
      }
      const caller = stack[stack.length - 1];
      frame.call.outputs.forEach((v, i) => caller.values.set(v, results[i]));
      continue;
    }
    const eqn = frame.jaxpr.eqns[frame.next++];
    const inputs = eqn.inputs.map((a) => read(frame, a));
    const program = eqn.primitive.inlineAs?.(eqn.params);
    if (program !== undefined) {
      stack.push(enter(program.jaxpr, program.consts, inputs, eqn));
      continue;
    }
    const outputs = eqn.outputs.map((v) => values.make(v.aval, { kind: "result" }));
    eqn.outputs.forEach((v, i) => frame.values.set(v, outputs[i]));
    eqns.push({ primitive: eqn.primitive, params: eqn.params, inputs, outputs });
  }
}
