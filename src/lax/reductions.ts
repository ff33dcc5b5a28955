import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapeStr } from "../core/aval.ts";
import { complexMath } from "../core/complexMath.ts";
import type { HostArray } from "../core/hostArray.ts";
import type { ReduceOp } from "../core/lowering.ts";
import {
  definePrimitive,
  type JvpRule,
  type NoRule,
  notDifferentiable,
  notLinear,
  type Primitive,
  type TransposeRule,
  zeroDerivative,
} from "../core/primitive.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { bind1 } from "../core/trace.ts";
import { maximum, minimum, wrap } from "../core/wideIntegers.ts";
import {
  asDType,
  Complex,
  type DType,
  type DTypeLike,
  type HostData,
  hostArray,
  iinfo,
  isBool,
  isComplex,
  isInteger,
  issubdtype,
  isWideInteger,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { axesWithout, reducerBatching } from "./batching.ts";
import { linearJvp, linearTranspose, standardJvp, type TangentRule } from "./families.ts";
import { complexReader } from "./hostComplex.ts";
import {
  bigintsOf,
  finish,
  numbersOf,
  offsetsOf,
  product,
  resultBuffer,
  rowMajorStrides,
  valuesOf,
} from "./hostLoops.ts";
import { checkDTypeAt, ordered, unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { reduceProdJvp } from "./reduceProd.ts";

export interface ReduceParams {
  readonly [name: string]: unknown;
  readonly axes: readonly number[];
}
interface ArgReduceParams extends ReduceParams {
  readonly indexDtype: DType;
}

// Evaluation.

/** Calls `visit` with every result position and the positions of its group of elements, in row-major order. */
function forEachGroup(
  x: HostArray,
  axes: readonly number[],
  visit: (result: number, base: number, group: Int32Array) => void,
): void {
  const strides = rowMajorStrides(x.shape);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const sorted = [...axes].sort((a, b) => a - b);
  const at = (list: readonly number[]) =>
    offsetsOf(
      list.map((i) => x.shape[i]),
      list.map((i) => strides[i]),
    );
  const group = at(sorted);
  at(kept).forEach((base, result) => visit(result, base, group));
}

function foldReference(
  x: HostArray,
  axes: readonly number[],
  out: ShapedArray,
  identity: number,
  combine: (p: number, q: number) => number,
): HostData {
  const data = numbersOf(x);
  const result = resultBuffer(out.dtype, out.size);
  forEachGroup(x, axes, (i, base, group) => {
    let acc = identity;
    for (let k = 0; k < group.length; k++) acc = combine(acc, data[base + group[k]]);
    result[i] = acc;
  });
  return finish(result, out.dtype);
}

function foldWide(
  x: HostArray,
  axes: readonly number[],
  out: ShapedArray,
  identity: bigint,
  combine: (p: bigint, q: bigint) => bigint,
): HostData {
  const data = bigintsOf(x);
  const result = hostArray(out.dtype, out.size);
  forEachGroup(x, axes, (i, base, group) => {
    let acc = identity;
    for (let k = 0; k < group.length; k++) acc = wrap(combine(acc, data[base + group[k]]), out.dtype);
    result[i] = acc;
  });
  return result;
}

/** Folds of complex numbers by the function of complexMath.ts of that name; over none the result is `identity`. */
function foldComplex(
  x: HostArray,
  axes: readonly number[],
  out: ShapedArray,
  identity: number,
  name: string,
): HostData {
  const read = complexReader(x);
  const combine = complexMath[name] as (p: Complex, q: Complex) => Complex;
  const result = hostArray(out.dtype, out.size) as Float64Array;
  forEachGroup(x, axes, (i, base, group) => {
    let acc = group.length === 0 ? new Complex(identity) : read(base + group[0]);
    for (let k = 1; k < group.length; k++) acc = combine(acc, read(base + group[k]));
    result[2 * i] = acc.re;
    result[2 * i + 1] = acc.im;
  });
  return result;
}
const complexFolds: Readonly<Record<string, string>> = { sum: "add", prod: "mul", max: "max", min: "min" };

/** The least and greatest values of a dtype: the results of max and min over nothing. */
export function extremes(dtype: DType): { lowest: number | bigint; highest: number | bigint } {
  if (isInteger(dtype)) {
    const { min, max } = iinfo(dtype);
    return { lowest: min, highest: max };
  }
  if (dtype.kind === "bool") return { lowest: 0, highest: 1 };
  return { lowest: -Infinity, highest: Infinity };
}

// Shape rules.

function checkAxes(x: ShapedArray, axes: readonly number[]): void {
  if (new Set(axes).size !== axes.length) {
    throw new ValueError(`duplicate value in 'axes' of reduction: ${shapeStr(axes)}`);
  }
  if (!axes.every((a) => Number.isInteger(a) && a >= 0 && a < x.ndim)) {
    throw new ValueError(`reduction axes ${shapeStr(axes)} contains out-of-bounds indices for ${x}.`);
  }
}
const without = (shape: readonly number[], axes: readonly number[]) =>
  shape.filter((_, i) => !axes.includes(i));

/* @__NO_SIDE_EFFECTS__ */
function requireNumber(name: string): (x: ShapedArray) => void {
  return (x) => {
    if (issubdtype(x.dtype, "number")) return;
    throw new TypeError(
      `${name} does not accept dtype ${x.dtype.name}. Accepted dtypes are subtypes of number.`,
    );
  };
}
function requireLogical(x: ShapedArray): void {
  if (isBool(x.dtype) || isInteger(x.dtype)) return;
  throw new TypeError(`logical reduction requires operand dtype bool or int, got ${x.dtype.name}.`);
}

interface ReductionSpec {
  readonly op: ReduceOp;
  readonly check: (x: ShapedArray) => void;
  readonly identity: (dtype: DType) => number | bigint;
  readonly combine: (p: number, q: number, dtype: DType) => number;
  /** The same for integers of 64 bits. */
  readonly wide: (p: bigint, q: bigint) => bigint;
  readonly jvp: JvpRule<ReduceParams> | NoRule;
  readonly transpose?: TransposeRule<ReduceParams>;
  readonly keepsWeakType?: boolean;
  readonly printParams?: (params: ReduceParams) => Record<string, unknown>;
}

/** Reductions of one operand over `axes` by an associative operation. */
/* @__NO_SIDE_EFFECTS__ */
export function reduction(name: string, spec: ReductionSpec): Primitive<ReduceParams> {
  const primitive: Primitive<ReduceParams> = definePrimitive<ReduceParams>({
    name,
    abstractEval: ([x], { axes }) => {
      checkAxes(x, axes);
      spec.check(x);
      return [
        x.update({ shape: without(x.shape, axes), weakType: x.weakType && (spec.keepsWeakType ?? true) }),
      ];
    },
    reference: ([x], { axes }, [out]) => {
      const identity = spec.identity(x.dtype);
      if (isComplex(x.dtype)) return [foldComplex(x, axes, out, Number(identity), complexFolds[spec.op])];
      if (isWideInteger(x.dtype)) return [foldWide(x, axes, out, BigInt(identity), spec.wide)];
      return [foldReference(x, axes, out, Number(identity), (p, q) => spec.combine(p, q, x.dtype))];
    },
    jvp: spec.jvp,
    transpose: spec.transpose ?? notLinear,
    batching: reducerBatching(() => primitive),
    lowering: { kind: "reduction", op: spec.op, axes: ({ axes }) => axes },
    printParams: spec.printParams,
  });
  return primitive;
}

function reduce(primitive: Primitive<ReduceParams>, x: LaxOperand, axes: readonly number[]): NDArray {
  return bind1(primitive, [unaryOperand(x, primitive.name)], { axes: Array.from(axes) });
}

const sumPrimitive: Primitive<ReduceParams> = reduction("reduce_sum", {
  op: "sum",
  check: /* @__PURE__ */ requireNumber("reduce_sum"),
  identity: () => 0,
  // Integers wrap at every step: their float64 sum could lose low bits.
  combine: (p, q, dtype) => (isInteger(dtype) ? (p + q) | 0 : p + q),
  wide: (p, q) => p + q,
  jvp: /* @__PURE__ */ linearJvp(() => sumPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, x, { axes }) =>
    axes.length === 0 ? ct : ops.broadcastInDim(ct, x.shape, asNumpyInts(axesWithout(x.ndim, ...axes))),
  ),
  printParams: ({ axes }) => ({ axes, out_sharding: null }),
});
/**
 * Sum over axes. The dtype stays (integers wrap); over no elements it is 0.
 * @throws ValueError for axes that repeat or are out of range; TypeError for bool.
 * @example
 * lax.reduceSum(jnp.array([[1, 2], [3, 4]]), [0]) // => Array([4., 6.], dtype=float32)
 */
export function reduceSum(x: LaxOperand, axes: readonly number[]): NDArray {
  return reduce(sumPrimitive, x, axes);
}

const prodPrimitive: Primitive<ReduceParams> = reduction("reduce_prod", {
  op: "prod",
  check: /* @__PURE__ */ requireNumber("reduce_prod"),
  identity: () => 1,
  combine: product,
  wide: (p, q) => p * q,
  jvp: reduceProdJvp,
});
/**
 * Product over axes; over no elements it is 1. Its derivative is right where elements are zero.
 * @example
 * lax.reduceProd(jnp.array([[1, 2], [3, 4]]), [0]) // => Array([3., 8.], dtype=float32)
 */
export function reduceProd(x: LaxOperand, axes: readonly number[]): NDArray {
  return reduce(prodPrimitive, x, axes);
}

/** The tangent of a maximum or minimum: the mean of the tangents at the places that attain it. */
const chosenTangent: TangentRule<ReduceParams> = (g, ans, [x], { axes }) => {
  const shape = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  const chosen = ops.convertElementType(ops.eq(x, ops.reshape(ans, shape)), g.dtype);
  const counts = reduceSum(chosen, axes);
  return ops.div(reduceSum(ops.mul(g, chosen), axes), counts);
};
const anyOrdered = (): void => {};

const maxPrimitive: Primitive<ReduceParams> = reduction("reduce_max", {
  op: "max",
  check: anyOrdered,
  identity: (dtype) => extremes(dtype).lowest,
  combine: (p, q) => Math.max(p, q),
  wide: maximum,
  jvp: /* @__PURE__ */ standardJvp(() => maxPrimitive, [chosenTangent]),
});
/**
 * Maximum over axes; NaN if an element is NaN, over no elements the lowest value of the dtype. Ties share the gradient evenly.
 * @example
 * lax.reduceMax(jnp.array([[1, 4], [3, 2]]), [0]) // => Array([3., 4.], dtype=float32)
 */
export function reduceMax(x: LaxOperand, axes: readonly number[]): NDArray {
  return reduce(maxPrimitive, x, axes);
}

const minPrimitive: Primitive<ReduceParams> = reduction("reduce_min", {
  op: "min",
  check: anyOrdered,
  identity: (dtype) => extremes(dtype).highest,
  combine: (p, q) => Math.min(p, q),
  wide: minimum,
  jvp: /* @__PURE__ */ standardJvp(() => minPrimitive, [chosenTangent]),
});
/**
 * Minimum over axes; see {@link reduceMax}.
 * @example
 * lax.reduceMin(jnp.array([[1, 4], [3, 2]]), [0]) // => Array([1., 2.], dtype=float32)
 */
export function reduceMin(x: LaxOperand, axes: readonly number[]): NDArray {
  return reduce(minPrimitive, x, axes);
}

/** The reductions that collectives over mapped axes become. */
export const foldPrimitives = { sum: sumPrimitive, max: maxPrimitive, min: minPrimitive } as const;

const integersOnly = notDifferentiable("its operand is an integer or bool");
const logical = /* @__NO_SIDE_EFFECTS__ */ (
  name: string,
  op: ReduceOp,
  identity: (dtype: DType) => number,
  combine: (p: number, q: number) => number,
  wide: (p: bigint, q: bigint) => bigint,
) =>
  reduction(name, {
    op,
    check: requireLogical,
    identity,
    combine,
    wide,
    jvp: integersOnly,
    keepsWeakType: false,
  });

const orPrimitive = logical(
  "reduce_or",
  "or",
  () => 0,
  (p, q) => p | q,
  (p, q) => p | q,
);
/**
 * OR over axes: logical on bool, bitwise on integers.
 * @example
 * lax.reduceOr(jnp.array([[true, false], [false, false]]), [0]) // => Array([ True, False], dtype=bool)
 */
export function reduceOr(x: LaxOperand, axes: readonly number[]): NDArray {
  return reduce(orPrimitive, x, axes);
}

const andPrimitive = logical(
  "reduce_and",
  "and",
  (dtype) => (isBool(dtype) ? 1 : -1),
  (p, q) => p & q,
  (p, q) => p & q,
);
/**
 * AND over axes: logical on bool, bitwise on integers.
 * @example
 * lax.reduceAnd(jnp.array([[true, false], [true, true]]), [0]) // => Array([ True, False], dtype=bool)
 */
export function reduceAnd(x: LaxOperand, axes: readonly number[]): NDArray {
  return reduce(andPrimitive, x, axes);
}

const xorPrimitive = logical(
  "reduce_xor",
  "xor",
  () => 0,
  (p, q) => p ^ q,
  (p, q) => p ^ q,
);
/**
 * Exclusive OR over axes: logical on bool, bitwise on integers.
 * @example
 * lax.reduceXor(jnp.array([[true, false], [true, true]]), [0]) // => Array([False,  True], dtype=bool)
 */
export function reduceXor(x: LaxOperand, axes: readonly number[]): NDArray {
  return reduce(xorPrimitive, x, axes);
}

// Places of extremes.

/* @__NO_SIDE_EFFECTS__ */
function argReduction(
  name: "argmax" | "argmin",
  better: (p: number | bigint, q: number | bigint) => boolean,
): Primitive<ArgReduceParams> {
  const primitive: Primitive<ArgReduceParams> = definePrimitive<ArgReduceParams>({
    name,
    abstractEval: ([x], { axes, indexDtype }) => {
      const [axis] = axes;
      const shape = shapeStr(x.shape);
      checkDTypeAt(name === "argmax" ? "gt" : "lt", x, ordered, 0);
      if (!(axis >= 0 && axis < x.ndim))
        throw new ValueError(`Invalid axis ${axis} for operand shape ${shape}`);
      if (x.shape[axis] < 1) {
        throw new ValueError(
          `argmin and argmax require non-empty reduced dimension. operand.shape=${shape} axis=${axis}`,
        );
      }
      if (!isInteger(indexDtype)) {
        throw new TypeError(`index_dtype must be an integer type, but got ${indexDtype.name}`);
      }
      return [x.update({ shape: without(x.shape, axes), dtype: indexDtype, weakType: false })];
    },
    reference: ([x], { axes }, [out]) => {
      const data = valuesOf(x);
      const result = hostArray(out.dtype, out.size);
      const stored = isWideInteger(out.dtype) ? BigInt : Number;
      forEachGroup(x, axes, (i, base, group) => {
        let best = 0;
        for (let k = 1; k < group.length; k++) {
          const [p, q] = [data[base + group[k]], data[base + group[best]]];
          if (!Number.isNaN(q) && (Number.isNaN(p) || better(p, q))) best = k; // the first NaN wins
        }
        result[i] = stored(best);
      });
      return [result];
    },
    jvp: zeroDerivative,
    transpose: notLinear,
    batching: reducerBatching(() => primitive),
    lowering: { kind: "reduction", op: name, axes: ({ axes }) => axes },
  });
  return primitive;
}

const argmaxPrimitive = argReduction("argmax", (p, q) => p > q);
/**
 * The index of the largest element along an axis, the first of several; a NaN counts as largest.
 * @throws ValueError when the axis is out of range or empty.
 * @example
 * lax.argmax(jnp.array([1, 3, 2]), 0, "int32") // => Array(1, dtype=int32)
 */
export function argmax(x: LaxOperand, axis: number, indexDtype: DTypeLike): NDArray {
  return bind1(argmaxPrimitive, [unaryOperand(x, "argmax")], {
    axes: [axis],
    indexDtype: asDType(indexDtype),
  });
}

const argminPrimitive = argReduction("argmin", (p, q) => p < q);
/**
 * The index of the smallest element along an axis, the first of several; a NaN counts as smallest.
 * @example
 * lax.argmin(jnp.array([2, 1, 3]), 0, "int32") // => Array(1, dtype=int32)
 */
export function argmin(x: LaxOperand, axis: number, indexDtype: DTypeLike): NDArray {
  return bind1(argminPrimitive, [unaryOperand(x, "argmin")], {
    axes: [axis],
    indexDtype: asDType(indexDtype),
  });
}
