import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import {
  definePrimitive,
  type JvpRule,
  notLinear,
  type Primitive,
  type TransposeRule,
} from "../core/primitive.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { bind1 } from "../core/trace.ts";
import { maximum, minimum } from "../core/wideIntegers.ts";
import { type DType, float32, isFloating, isInteger, issubdtype, isWideInteger } from "../dtypes/index.ts";
import { add, max, min } from "./arithmetic.ts";
import { vjpLhsPadding } from "./convPadding.ts";
import { linearJvp, linearTranspose, standardJvp } from "./families.ts";
import { bigintsOf, numbersOf, writeElements } from "./hostLoops.ts";
import { mapInts } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";
import { extremes, reduceMax, reduceMin, reduceSum } from "./reductions.ts";
import { pad } from "./shape.ts";
import { foldWindows, type WindowMonoid } from "./windowFold.ts";
import { printWindows, type WindowParams, windowedShape, windowPositions, withAxis } from "./windowParams.ts";
import { selectAndGatherAdd } from "./windowSelection.ts";

interface WindowReductionSpec {
  readonly combine: (x: LaxOperand, y: LaxOperand) => NDArray;
  readonly reduce: (x: NDArray, axes: readonly number[]) => NDArray;
  /** Whether an element may be combined twice. */
  readonly idempotent: boolean;
  readonly identity: (dtype: DType) => number | bigint;
  readonly reference: (p: number, q: number, dtype: DType) => number;
  /** The same for integers of 64 bits. */
  readonly wide: (p: bigint, q: bigint) => bigint;
  readonly jvp: JvpRule<WindowParams>;
  readonly transpose?: TransposeRule<WindowParams>;
  readonly check?: (x: ShapedArray) => void;
}

/** Reductions of windows by an operation that has an identity. */
/* @__NO_SIDE_EFFECTS__ */
function windowReduction(name: string, spec: WindowReductionSpec): Primitive<WindowParams> {
  const primitive: Primitive<WindowParams> = definePrimitive<WindowParams>({
    name,
    abstractEval: ([x], params) => {
      spec.check?.(x);
      return [x.update({ shape: windowedShape(x, params) })];
    },
    reference: ([x], params, [out]) => {
      const windows = windowPositions(x.shape, params, out.shape);
      const identity = spec.identity(x.dtype);
      if (isWideInteger(x.dtype)) {
        const sums = fold(windows, bigintsOf(x), BigInt(identity), spec.wide);
        return [writeElements(out, (write) => sums.forEach((sum, o) => write(o, sum)))];
      }
      const combine = (p: number, q: number) => spec.reference(p, q, x.dtype);
      const sums = fold(windows, numbersOf(x), Number(identity), combine);
      return [writeElements(out, (write) => sums.forEach((sum, o) => write(o, sum)))];
    },
    jvp: spec.jvp,
    transpose: spec.transpose ?? notLinear,
    batching: ([x], [dim], params) => [[bind1(primitive, [x], withAxis(params, dim as number))], [dim]],
    lowering: asProgram(([x], params) => [reduceWindows(x, params, spec)]),
    printParams: printWindows,
  });
  return primitive;
}

/** The combination of the elements of each window. */
function fold<T>(
  windows: readonly ArrayLike<number>[],
  data: ArrayLike<T>,
  identity: T,
  combine: (p: T, q: T) => T,
): T[] {
  return windows.map((window) =>
    Array.from(window).reduce((acc, at) => (at >= 0 ? combine(acc, data[at]) : acc), identity),
  );
}

function reduceWindows(x: NDArray, params: WindowParams, spec: WindowReductionSpec): NDArray {
  const { dtype } = x;
  const shape = windowedShape(x.aval, params);
  const identity = spec.identity(dtype);
  if (x.size === 0 || shape.includes(0)) return ops.full(shape, identity, dtype);
  // Sums of narrow floats are rounded once.
  const wide = !spec.idempotent && isFloating(dtype) && dtype.bits < 32 ? float32 : dtype;
  const operand = wide === dtype ? x : ops.convertElementType(x, wide);
  const { combine, reduce, idempotent } = spec;
  const monoid: WindowMonoid = {
    combine: ([p], [q]) => [combine(p, q)],
    identity: [ops.full([], identity, wide)],
    idempotent,
    reduce: ([p], axes) => [reduce(p, axes)],
  };
  const [result] = foldWindows([operand], params, monoid);
  return wide === dtype ? result : ops.convertElementType(result, dtype);
}

function requireNumber(x: ShapedArray): void {
  if (issubdtype(x.dtype, "number")) return;
  throw new TypeError(`operand to reduce_window_sum must have a number dtype, got ${x.dtype.name}`);
}

/** Sums of windows of the cotangent, put as far apart as the windows were. */
const sumTranspose: TransposeRule<WindowParams> = linearTranspose((ct, x, params) => {
  const { windowDimensions, windowStrides, padding, baseDilation, windowDilation } = params;
  const config = x.shape.map((inSize, i) => {
    const space = { inSize, window: windowDimensions[i], outSize: ct.shape[i], stride: windowStrides[i] };
    const dilations = { lhsDilation: baseDilation[i], rhsDilation: windowDilation[i] };
    const [low, high] = vjpLhsPadding({ ...space, ...dilations, low: padding[i][0] });
    return asNumpyInts([low, high, windowStrides[i] - 1], (k) => k < 2);
  });
  return bind1(sumPrimitive, [pad(ct, ops.full([], 0, ct.dtype), config)], {
    windowDimensions,
    windowStrides: baseDilation,
    padding: x.shape.map(() => [0, 0] as const),
    baseDilation: mapInts(baseDilation, () => 1),
    windowDilation,
  });
});

const sumPrimitive: Primitive<WindowParams> = windowReduction("reduce_window_sum", {
  combine: add,
  reduce: reduceSum,
  idempotent: false,
  identity: () => 0,
  reference: (p, q, dtype) => (isInteger(dtype) ? (p + q) | 0 : p + q),
  wide: (p, q) => p + q,
  check: requireNumber,
  jvp: /* @__PURE__ */ linearJvp(() => sumPrimitive),
  transpose: sumTranspose,
});
/** Sums of windows. */
export function reduceWindowSum(x: NDArray, params: WindowParams): NDArray {
  return bind1(sumPrimitive, [x], params);
}

const maxPrimitive: Primitive<WindowParams> = windowReduction("reduce_window_max", {
  combine: max,
  reduce: reduceMax,
  idempotent: true,
  identity: (dtype) => extremes(dtype).lowest,
  reference: (p, q) => Math.max(p, q),
  wide: maximum,
  jvp: /* @__PURE__ */ standardJvp(
    () => maxPrimitive,
    [(g, _ans, [x], params) => selectAndGatherAdd(g, x, { ...params, selectPrim: "ge" })],
  ),
});
/** Maxima of windows; NaN where there is one. */
export function reduceWindowMax(x: NDArray, params: WindowParams): NDArray {
  return bind1(maxPrimitive, [x], params);
}

const minPrimitive: Primitive<WindowParams> = windowReduction("reduce_window_min", {
  combine: min,
  reduce: reduceMin,
  idempotent: true,
  identity: (dtype) => extremes(dtype).highest,
  reference: (p, q) => Math.min(p, q),
  wide: minimum,
  jvp: /* @__PURE__ */ standardJvp(
    () => minPrimitive,
    [(g, _ans, [x], params) => selectAndGatherAdd(g, x, { ...params, selectPrim: "le" })],
  ),
});
/** Minima of windows; NaN where there is one. */
export function reduceWindowMin(x: NDArray, params: WindowParams): NDArray {
  return bind1(minPrimitive, [x], params);
}
