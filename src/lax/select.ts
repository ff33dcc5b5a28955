import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  type BatchDim,
  type BatchingRule,
  definePrimitive,
  notLinear,
  type Primitive,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { zeroTangent } from "../core/tangents.ts";
import { bind1 } from "../core/trace.ts";
import { maximum, minimum } from "../core/wideIntegers.ts";
import {
  type HostData,
  hostArray,
  isBool,
  isInteger,
  isWideInteger,
  wordsPerElement,
} from "../dtypes/index.ts";
import { axesWithout, batchDimAtFront, moveBatchDim } from "./batching.ts";
import { broadcastIndex, standardJvp } from "./families.ts";
import { broadcastOffsets, mapElements, mapWide, valuesOf } from "./hostLoops.ts";
import {
  anyDType,
  checkDTypeAt,
  checkSameDTypes,
  constLike,
  sameDTypeOperands,
  unaryOperand,
} from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

const noParams = /* @__PURE__ */ Object.freeze({});

function selectAval([which, ...cases]: readonly ShapedArray[]): ShapedArray {
  if (cases.length === 0) throw new TypeError("select must have at least one case");
  const [first] = cases;
  if (cases.some((c) => !shapesEqual(c.shape, first.shape))) {
    const shapes = cases.map((c) => shapeStr(c.shape)).join(", ");
    throw new TypeError(`select cases must have the same shapes, got [${shapes}].`);
  }
  if (which.ndim > 0 && !shapesEqual(which.shape, first.shape)) {
    throw new TypeError(
      "select `which` must be scalar or have the same shape as cases, " +
        `got \`which\` shape ${shapeStr(which.shape)} but case shape ${shapeStr(first.shape)}.`,
    );
  }
  checkSameDTypes("select", cases);
  if (!isBool(which.dtype) && !isInteger(which.dtype)) {
    throw new TypeError(`select \`which\` must be boolean or integer type, got ${which.dtype.name}.`);
  }
  if (isBool(which.dtype) && cases.length > 2) {
    throw new TypeError("select with boolean `which` cannot have > 2 cases.");
  }
  return first.update({ weakType: cases.every((c) => c.weakType) });
}

function selectReference([which, ...cases]: readonly HostArray[], out: ShapedArray): HostData {
  const words = wordsPerElement(out.dtype);
  const result = hostArray(out.dtype, out.size);
  const choice = valuesOf(which);
  const at = broadcastOffsets(which.shape, out.shape);
  for (let i = 0; i < out.size; i++) {
    // An integer outside the range picks the nearest case.
    const k = Math.min(Math.max(Number(choice[at === null ? i : at[i]]), 0), cases.length - 1);
    for (let w = i * words; w < (i + 1) * words; w++) result[w] = cases[k].data[w];
  }
  return result;
}

const selectBatching: BatchingRule = (operands, dims, _params, size) => {
  const [which, ...cases] = operands;
  const [whichDim, ...caseDims] = dims;
  const done = (w: NDArray, cs: readonly NDArray[], dim: BatchDim): [NDArray[], BatchDim[]] => [
    [bind1(selectNPrimitive, [w, ...cs], noParams)],
    [dim],
  ];
  // Special cases that need fewer transpositions and broadcasts.
  if (caseDims.every((d) => d === whichDim)) {
    if (shapesEqual(which.shape, cases[0].shape)) return done(which, cases, whichDim);
    const wide = ops.broadcastInDim(which, cases[0].shape, [whichDim as number]); // one scalar per example
    return done(wide, cases, whichDim);
  }
  if (which.ndim === 0 && caseDims.every((d) => d !== null)) {
    const [dim] = caseDims as number[];
    if (caseDims.every((d) => d === dim)) return done(which, cases, dim);
    if (cases.every((c) => shapesEqual(c.shape, cases[0].shape))) {
      return done(
        which,
        cases.map((c, i) => moveBatchDim(c, caseDims[i] as number, dim)),
        dim,
      );
    }
  }
  let front = which.ndim > 0 ? batchDimAtFront(which, whichDim, size) : which;
  let frontCases = cases;
  if (cases.some((c) => c.ndim > 0)) frontCases = cases.map((c, i) => batchDimAtFront(c, caseDims[i], size));
  const [first] = frontCases;
  if (front.ndim > 0 && front.ndim < first.ndim) front = ops.broadcastInDim(front, first.shape, [0]);
  if (front.ndim > first.ndim) frontCases = frontCases.map((c) => ops.broadcastInDim(c, front.shape, []));
  return done(front, frontCases, 0);
};

const selectNPrimitive: Primitive = definePrimitive({
  name: "select_n",
  abstractEval: (avals) => [selectAval(avals)],
  reference: (inputs, _params, [out]) => [selectReference(inputs, out)],
  jvp: (primals, [, ...tangents]) => {
    const ans = bind1(selectNPrimitive, primals, noParams);
    const some = tangents.find((t) => !(t instanceof Zero)) as NDArray | undefined;
    if (some === undefined) return [[ans], [zeroTangent(ans)]];
    const zeros = ops.fullLike(some, 0);
    const cases = tangents.map((t) => (t instanceof Zero ? zeros : t));
    return [[ans], [bind1(selectNPrimitive, [primals[0], ...cases], noParams)]];
  },
  transpose: ([ct], [which, ...cases]) => {
    if (ct instanceof Zero) return [null];
    const zeros = ops.fullLike(ct, 0);
    const w = which as NDArray;
    return [
      null,
      ...cases.map((c, i) => {
        if (!(c instanceof UndefinedPrimal)) return null;
        if (isBool(w.dtype)) return i === 0 ? select(w, zeros, ct) : select(w, ct, zeros);
        return select(ops.eq(w, constLike(w, i)), ct, zeros);
      }),
    ];
  },
  batching: selectBatching,
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, [which, ...cases], index, _params, [out]) => {
      const w = which.at(broadcastIndex(b, which.aval, index, out));
      const values = cases.map((c) => c.at(index));
      let result = values[values.length - 1];
      for (let k = values.length - 2; k >= 0; k--) {
        const later = isBool(w.dtype) ? w : b.op("gt", w, b.const(k, w.dtype));
        result = b.select(later, result, values[k]);
      }
      return result;
    },
  },
});

/**
 * Elementwise choice among cases of one shape and dtype: case `which[i]` at each place. `which` is an int array with any
 * number of cases (its values must be in range), or a bool array with two, false choosing the first; a scalar chooses for all.
 * @throws TypeError when shapes or dtypes do not fit.
 * @example
 * lax.selectN(jnp.int32([0, 2]), jnp.array([1, 2]), jnp.array([3, 4]), jnp.array([5, 6])) // => Array([1., 6.], dtype=float32)
 */
export function selectN(which: LaxOperand, ...cases: readonly LaxOperand[]): NDArray {
  if (cases.length === 0) throw new TypeError("selectN requires at least one case");
  const args = [unaryOperand(which, "select_n"), ...sameDTypeOperands(cases, "select_n", 1)];
  return bind1(selectNPrimitive, args, noParams);
}

/**
 * Elementwise `pred ? onTrue : onFalse` on arrays of one shape and dtype; a scalar `pred` chooses a whole array.
 * @example
 * lax.select(jnp.array([true, false]), jnp.array([1, 2]), jnp.array([3, 4])) // => Array([1., 4.], dtype=float32)
 */
export function select(pred: LaxOperand, onTrue: LaxOperand, onFalse: LaxOperand): NDArray {
  return selectN(pred, onFalse, onTrue);
}

// clamp

const clampBatching: BatchingRule = (operands, dims, _params, size) => {
  let [lo, x, hi] = operands;
  const [loDim, xDim, hiDim] = dims;
  const done = (dim: BatchDim): [NDArray[], BatchDim[]] => [
    [bind1(clampPrimitive, [lo, x, hi], noParams)],
    [dim],
  ];
  if (loDim === xDim && hiDim === xDim) {
    if (shapesEqual(lo.shape, x.shape) && shapesEqual(x.shape, hi.shape)) return done(xDim);
    if (lo.ndim === 1 && hi.ndim === 1) {
      lo = ops.broadcastInDim(lo, x.shape, [loDim as number]);
      hi = ops.broadcastInDim(hi, x.shape, [hiDim as number]);
      return done(xDim);
    }
  } else if (lo.ndim === 0 && hi.ndim === 0 && xDim !== null) return done(xDim);
  if (lo.ndim > 0) lo = batchDimAtFront(lo, loDim, size);
  if (hi.ndim > 0) hi = batchDimAtFront(hi, hiDim, size);
  if (x.ndim > 0) x = batchDimAtFront(x, xDim, size);
  if (lo.ndim === 0 && x.ndim > 0) lo = ops.broadcastInDim(lo, x.shape, []);
  if (hi.ndim === 0 && x.ndim > 0) hi = ops.broadcastInDim(hi, x.shape, []);
  if (lo.ndim > 0 && lo.ndim < x.ndim) lo = ops.broadcastInDim(lo, x.shape, [0]);
  if (hi.ndim > 0 && hi.ndim < x.ndim) hi = ops.broadcastInDim(hi, x.shape, [0]);
  const bound = lo.ndim >= hi.ndim ? lo : hi;
  if (bound.ndim > x.ndim) {
    x = ops.broadcastInDim(x, bound.shape, axesWithout(x.ndim));
  }
  return done(0);
};

const clampPrimitive: Primitive = definePrimitive({
  name: "clamp",
  abstractEval: (avals) => {
    const [lo, x, hi] = avals;
    for (const [name, bound] of [
      ["min", lo],
      ["max", hi],
    ] as const) {
      if (bound.ndim > 0 && !shapesEqual(bound.shape, x.shape)) {
        throw new TypeError(
          `clamp requires ${name}.shape == operand.shape or ${name}.shape == (), ` +
            `got ${name}.shape=${shapeStr(bound.shape)}, operand.shape=${shapeStr(x.shape)}.`,
        );
      }
    }
    avals.forEach((a, i) => checkDTypeAt("clamp", a, anyDType, i));
    checkSameDTypes("clamp", avals);
    return [x.update({ weakType: avals.every((a) => a.weakType) })];
  },
  reference: ([lo, x, hi], _params, [out]) => [
    isWideInteger(x.dtype)
      ? mapWide([x, lo, hi], out, (v, l, h) => minimum(maximum(l, v), h))
      : mapElements([x, lo, hi], out, (v, l, h) => Math.min(Math.max(l, v), h)),
  ],
  jvp: /* @__PURE__ */ standardJvp(
    () => clampPrimitive,
    [
      (g, _ans, [lo, x, hi]) =>
        ops.select(ops.bitwiseAnd(ops.gt(lo, x), ops.lt(lo, hi)), spread(g, x), ops.fullLike(x, 0)),
      (g, _ans, [lo, x, hi]) =>
        ops.select(ops.bitwiseAnd(ops.gt(x, lo), ops.lt(x, hi)), g, ops.fullLike(x, 0)),
      (g, _ans, [, x, hi]) => ops.select(ops.lt(hi, x), spread(g, x), ops.fullLike(x, 0)),
    ],
  ),
  transpose: notLinear,
  batching: clampBatching,
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, operands, index, _params, [out]) => {
      const [lo, x, hi] = operands.map((o) => o.at(broadcastIndex(b, o.aval, index, out)));
      return b.op("min", b.op("max", lo, x), hi);
    },
  },
});

/** The tangent of a scalar bound, for every element. */
function spread(g: NDArray, x: NDArray): NDArray {
  return g.ndim < x.ndim ? ops.broadcastInDim(g, x.shape, []) : g;
}

/**
 * Elementwise clamp of `x` to the range from `min` to `max`, each of the shape of `x` or a scalar; NaN stays NaN.
 * @throws TypeError when shapes or dtypes do not fit.
 * @example
 * lax.clamp(0, jnp.array([-1, 0.5, 2]), 1) // => Array([0. , 0.5, 1. ], dtype=float32)
 */
export function clamp(min: LaxOperand, x: LaxOperand, max: LaxOperand): NDArray {
  return bind1(clampPrimitive, sameDTypeOperands([min, x, max], "clamp"), noParams);
}
