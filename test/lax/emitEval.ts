import { bitcastScalar, castScalar, scalarFunction } from "../../src/compiler/scalarEval.ts";
import type { ArrayImpl } from "../../src/core/array.ts";
import { type ShapedArray, sizeOf } from "../../src/core/aval.ts";
import { complexMath } from "../../src/core/complexMath.ts";
import type { HostArray } from "../../src/core/hostArray.ts";
import { type Atom, type ClosedJaxpr, type Jaxpr, Literal, type Var } from "../../src/core/jaxpr.ts";
import type { Expr, ExprBuilder, Operand } from "../../src/core/lowering.ts";
import {
  bool,
  Complex,
  type DType,
  float32,
  float64,
  hostArray,
  int32,
  isWideInteger,
  keyFry,
  realDType,
  toComplexDType,
  uint32,
  wordsPerElement,
} from "../../src/dtypes/index.ts";

// Evaluates programs through the scalar expressions that pointwise primitives lower to: what compiled kernels compute. Other
// primitives use their reference rules.

interface Value extends Expr {
  readonly value: number;
  /** The second word of a key, the imaginary part of a complex number. */
  readonly word1?: number;
}
const valueOf = (e: Expr) => (e as Value).value;
const make = (value: number, dtype: DType, word1?: number): Value => ({ dtype, value, word1 });

const isComplexOp = (op: string, args: readonly Expr[]) =>
  op === "complex" || args.some((a) => a.dtype.kind === "complex");

/** An operation on complex numbers by its plain evaluation. */
function complexOp(op: string, [x, y]: readonly Value[]): Value {
  const real = realDType(x.dtype);
  const round = (v: number) => (real === float32 ? Math.fround(v) : v);
  if (op === "complex") return make(x.value, toComplexDType(x.dtype), y.value);
  const number = (v: Value) => new Complex(v.value, v.word1);
  const result = complexMath[op](number(x), y === undefined ? number(x) : number(y));
  if (result instanceof Complex) return make(round(result.re), x.dtype, round(result.im));
  return make(round(Number(result)), comparisons.has(op) ? bool : real);
}

function complexCast(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  const real = realDType(dtype);
  const part = (v: number) => castScalar(v, realDType(x.dtype), real);
  if (dtype.kind === "complex") return make(part(x.value), dtype, part(x.word1 ?? 0));
  return make(dtype === bool ? part(x.value) | part(x.word1 as number) : part(x.value), dtype);
}

const comparisons = new Set(["eq", "ne", "lt", "le", "gt", "ge", "is_finite"]);

const evaluator: ExprBuilder = {
  const: (value, dtype) => {
    if (value instanceof Complex) return make(value.re, dtype, value.im);
    if (dtype.kind === "complex") return make(castScalar(Number(value), float64, realDType(dtype)), dtype, 0);
    if (isWideInteger(dtype))
      return make(castScalar(BigInt(value) as unknown as number, dtype, dtype), dtype);
    return make(castScalar(Number(value), float64, dtype), dtype);
  },
  op: (op, ...args) => {
    const [x, y] = args as Value[];
    if (args.some((a) => a.dtype !== x.dtype)) {
      throw new Error(`${op} of mixed dtypes ${args.map((a) => a.dtype.name)}`);
    }
    if (isComplexOp(op, args)) return complexOp(op, args as Value[]);
    if (op === "key_word0") return make(x.value, uint32);
    if (op === "key_word1") return make(x.word1 as number, uint32);
    if (op === "key_pack") return make(x.value, keyFry, y.value);
    if (op === "select") throw new Error("use select()");
    if (x.dtype.kind === "key") {
      const equal = x.value === y.value && x.word1 === y.word1;
      return make(Number(equal === (op === "eq")), bool);
    }
    const f = scalarFunction(op, x.dtype);
    const [a, b, c] = args.map(valueOf);
    return make(f(a, b, c), comparisons.has(op) ? bool : x.dtype);
  },
  select: (cond, p, q) => {
    if (cond.dtype !== bool || p.dtype !== q.dtype) throw new Error("select of mixed dtypes");
    return valueOf(cond) !== 0 ? p : q;
  },
  cast: (x, dtype) =>
    x.dtype.kind === "complex" || dtype.kind === "complex"
      ? complexCast(x as Value, dtype)
      : make(castScalar(valueOf(x), x.dtype, dtype), dtype),
  bitcast: (x, dtype) => make(bitcastScalar(valueOf(x), x.dtype, dtype), dtype),
};

function operandOf(x: HostArray, aval: ShapedArray): Operand {
  const wide = wordsPerElement(x.dtype) === 2;
  const atLinear = (position: Expr): Expr => {
    const i = valueOf(position);
    if (!(i >= 0 && i < aval.size)) throw new Error(`read at ${i} of ${aval.size} elements`);
    return wide
      ? make(Number(x.data[2 * i]), x.dtype, Number(x.data[2 * i + 1]))
      : make(x.data[i] as number, x.dtype);
  };
  return {
    aval,
    atLinear,
    at: (index) => {
      if (index.length !== aval.ndim) throw new Error(`index of ${index.length} axes into ${aval}`);
      let offset = 0;
      index.forEach((e, axis) => {
        const i = valueOf(e);
        if (!(i >= 0 && i < aval.shape[axis])) throw new Error(`index ${i} on axis ${axis} of ${aval}`);
        offset = offset * aval.shape[axis] + i;
      });
      return atLinear(make(offset, int32));
    },
  };
}

/** The index of a row-major position. */
function pointAt(position: number, shape: readonly number[]): Value[] {
  const index = new Array<Value>(shape.length);
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = make(rest % shape[axis], int32);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** Results of a program, as numbers in row-major order (keys as pairs of words). */
export function evaluateByEmit(closed: ClosedJaxpr, args: readonly HostArray[]): number[][] {
  const results = run(
    closed.jaxpr,
    closed.consts.map((c) => hostOf(c as ArrayImpl)),
    args,
  );
  return results.map((x) => Array.from(x.data as Float32Array));
}
const hostOf = (x: ArrayImpl): HostArray => ({ shape: x.shape, dtype: x.dtype, data: x.toHost() });

function run(jaxpr: Jaxpr, consts: readonly HostArray[], args: readonly HostArray[]): HostArray[] {
  const values = new Map<Var, HostArray>();
  jaxpr.constvars.forEach((v, i) => values.set(v, consts[i]));
  jaxpr.invars.forEach((v, i) => values.set(v, args[i]));
  const read = (a: Atom) =>
    a instanceof Literal ? hostOf(a.array as ArrayImpl) : (values.get(a) as HostArray);
  for (const { primitive, inputs, outputs, params } of jaxpr.eqns) {
    const operands = inputs.map(read);
    const avals = outputs.map((v) => v.aval);
    const program = primitive.inlineAs?.(params);
    let data: HostArray["data"][];
    const { lowering } = primitive;
    if (program !== undefined) {
      data = run(
        program.jaxpr,
        program.consts.map((c) => hostOf(c as ArrayImpl)),
        operands,
      ).map((x) => x.data);
    } else if (lowering.kind === "pointwise") {
      const readable = operands.map((x, i) => operandOf(x, inputs[i].aval));
      data = avals.map((aval, result) => {
        const wide = wordsPerElement(aval.dtype) === 2;
        const out = hostArray(aval.dtype, aval.size) as Float32Array;
        for (let i = 0; i < sizeOf(aval.shape); i++) {
          const index = pointAt(i, aval.shape);
          const e = lowering.emit(evaluator, readable, index, params, avals, result) as Value;
          if (e.dtype !== aval.dtype) throw new Error(`${primitive.name} emits ${e.dtype.name} for ${aval}`);
          if (wide) out.set([e.value, e.word1 as number], 2 * i);
          else out[i] = e.value;
        }
        return out;
      });
    } else if (lowering.kind === "scatter") {
      const readable = operands.map((x, i) => operandOf(x, inputs[i].aval));
      const out = operands[0].data.slice() as Float32Array;
      const [aval] = avals;
      const words = wordsPerElement(aval.dtype);
      const space = lowering.space(
        params,
        inputs.map((a) => a.aval),
      );
      for (let i = 0; i < sizeOf(space); i++) {
        const { index, guard, value } = lowering.emit(evaluator, readable, pointAt(i, space), params);
        if (guard !== null && valueOf(guard) === 0) continue;
        let at = 0;
        index.forEach((e, axis) => {
          const k = valueOf(e);
          if (!(k >= 0 && k < aval.shape[axis])) throw new Error(`write at ${k} on axis ${axis} of ${aval}`);
          at = at * aval.shape[axis] + k;
        });
        const { value: v, word1 } = value as Value;
        if (words === 2 && lowering.combine !== "set") {
          const sum = complexMath[lowering.combine](
            new Complex(out[2 * at], out[2 * at + 1]),
            new Complex(v, word1),
          ) as Complex;
          out.set([sum.re, sum.im], 2 * at);
        } else if (words === 2) out.set([v, word1 as number], 2 * at);
        else if (lowering.combine === "set") out[at] = v;
        else out[at] = scalarFunction(lowering.combine, aval.dtype)(out[at], v, 0);
      }
      data = [out];
    } else {
      data = primitive.reference(operands, params, avals);
    }
    outputs.forEach((v, i) => values.set(v, { shape: avals[i].shape, dtype: avals[i].dtype, data: data[i] }));
  }
  return jaxpr.outvars.map(read);
}
