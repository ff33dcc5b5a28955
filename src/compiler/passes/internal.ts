import type { ShapedArray } from "../../core/aval.ts";
import type { Lowering, PointwiseLowering } from "../../core/lowering.ts";
import { notDifferentiable, notLinear, type Params, type Primitive } from "../../core/primitive.ts";
import type { FlatEqn, FlatProgram, Value } from "../flat.ts";

/** An operation of the compiler's own, which no jaxpr contains: it is only ever lowered. */
export function internalPrimitive<P extends Params>(name: string, lowering: Lowering<P>): Primitive<P> {
  const never = () => {
    throw new Error(`${name} is an operation of the compiler and is only compiled`);
  };
  return {
    name,
    abstractEval: never,
    reference: never,
    jvp: notDifferentiable("an operation of the compiler"),
    transpose: notLinear,
    batching: never,
    lowering,
  };
}

/** A primitive with another lowering, for equations on the parts of complex numbers; its name is another too, as keys of programs need. */
export function onParts(primitive: Primitive, lowering: Lowering<Params>): Primitive {
  return { ...primitive, name: `complex_${primitive.name}`, lowering };
}

/** {@link internalPrimitive} for elementwise operations and views. */
/* @__NO_SIDE_EFFECTS__ */
export function internalPointwise<P extends Params = Params>(
  name: string,
  cost: PointwiseLowering<P>["cost"],
  emit: PointwiseLowering<P>["emit"],
): Primitive<P> {
  return internalPrimitive(name, { kind: "pointwise", cost, emit });
}

/** Writes a program down again with other equations in place of some. */
export class Rewriter {
  readonly eqns: FlatEqn[] = [];
  private valueCount: number;

  constructor(program: FlatProgram) {
    this.valueCount = program.valueCount;
  }
  value(aval: ShapedArray): Value {
    return { id: this.valueCount++, aval, source: { kind: "result" } };
  }
  /** Adds an equation of one result. */
  add<P extends Params>(
    primitive: Primitive<P>,
    params: P,
    inputs: readonly Value[],
    aval: ShapedArray,
  ): Value {
    const value = this.value(aval);
    this.define(primitive, params, inputs, [value]);
    return value;
  }
  /** Adds an equation whose results exist. */
  define<P extends Params>(
    primitive: Primitive<P>,
    params: P,
    inputs: readonly Value[],
    outputs: readonly Value[],
  ): void {
    this.eqns.push({ primitive: primitive as unknown as Primitive, params, inputs, outputs });
  }
  finish(program: FlatProgram): FlatProgram {
    return { ...program, eqns: this.eqns, valueCount: this.valueCount };
  }
}
