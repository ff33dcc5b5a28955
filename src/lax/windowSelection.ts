import type { NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import { type BatchDim, definePrimitive, type Primitive, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import type { DType } from "../dtypes/index.ts";
import { NotImplementedError } from "../errors.ts";
import { batchDimAtFront } from "./batching.ts";
import { ge, le } from "./compare.ts";
import { standardJvp } from "./families.ts";
import { type Element, finish, numbersOf, resultBuffer, valuesOf } from "./hostLoops.ts";
import { ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";
import { extremes } from "./reductions.ts";
import { scatterSelected } from "./scatterSelected.ts";
import { pad, slice } from "./shape.ts";
import { foldWindows, type WindowMonoid } from "./windowFold.ts";
import {
  printWindows,
  type SlidingWindows,
  undilated,
  type WindowParams,
  windowedShape,
  windowPositions,
  withLeadingAxis,
} from "./windowParams.ts";

/*
 * The derivatives of maxima and minima of windows. Each window selects one of its elements, the first that attains the maximum (`ge`) or
 * minimum (`le`): the tangent of a maximum is that of the selected element, and its cotangent goes there.
 */

/** How the selected element compares with others of its window. */
export type SelectPrim = "ge" | "le";

interface GatherParams extends WindowParams {
  readonly selectPrim: SelectPrim;
}
interface ScatterParams extends SlidingWindows {
  readonly selectPrim: SelectPrim;
}

/** What loses against every element. */
const weakest = (dtype: DType, select: SelectPrim): Element => {
  const { lowest, highest } = extremes(dtype);
  return select === "ge" ? lowest : highest;
};
/** Whether the selected element stays when it meets another. */
const stays = (select: SelectPrim, p: Element, q: Element): boolean => (select === "ge" ? p >= q : p <= q);

const printed = ({ selectPrim, ...params }: GatherParams | ScatterParams) => ({
  ...printWindows(params as SlidingWindows),
  select_prim: selectPrim,
});

/** Brings the mapped axes of both operands to the front. */
/* @__NO_SIDE_EFFECTS__ */
function batched<P extends GatherParams | ScatterParams>(primitive: () => Primitive<P>) {
  return (
    [a, x]: readonly NDArray[],
    [aDim, xDim]: readonly BatchDim[],
    params: P,
    size: number,
  ): [NDArray[], BatchDim[]] => {
    const operands = [batchDimAtFront(a, aDim, size), batchDimAtFront(x, xDim, size)];
    return [[bind1(primitive(), operands, withLeadingAxis(params))], [0]];
  };
}

const compare = (select: SelectPrim, x: NDArray, y: NDArray) => (select === "ge" ? ge(x, y) : le(x, y));

/** Of two candidates, lists whose first arrays are compared, the one that stays, elementwise. */
function selectBetween(select: SelectPrim): WindowMonoid["combine"] {
  return (a, b) => {
    const first = compare(select, a[0], b[0]);
    return a.map((x, i) => ops.select(first, x, b[i]));
  };
}

// The tangent of what each window selects.

const gatherPrimitive: Primitive<GatherParams> = definePrimitive<GatherParams>({
  name: "select_and_gather_add",
  abstractEval: ([t, x], params) => {
    if (!shapesEqual(t.shape, x.shape)) {
      throw new TypeError(
        "select_and_gather_add tangents and operand shapes must match, " +
          `got ${shapeStr(t.shape)} and ${shapeStr(x.shape)}.`,
      );
    }
    return [t.update({ shape: windowedShape(x, params) })];
  },
  reference: ([t, x], params, [out]) => {
    const [data, tangents] = [valuesOf(x), numbersOf(t)];
    const result = resultBuffer(out.dtype, out.size);
    windowPositions(x.shape, params, out.shape).forEach((window, o) => {
      let best = weakest(x.dtype, params.selectPrim);
      for (const at of window) {
        if (at < 0 || stays(params.selectPrim, best, data[at])) continue;
        best = data[at];
        result[o] = tangents[at];
      }
    });
    return [finish(result, out.dtype)];
  },
  jvp: /* @__PURE__ */ standardJvp(
    () => gatherPrimitive,
    [(g, _ans, [, x], params) => selectAndGatherAdd(g, x, params), null],
  ),
  transpose: ([ct], [t, x], params) => {
    if (ct instanceof Zero) return [null, null];
    return [gatherTranspose(ct, (t as UndefinedPrimal).aval.shape, x as NDArray, params), null];
  },
  batching: /* @__PURE__ */ batched(() => gatherPrimitive),
  lowering: /* @__PURE__ */ asProgram(([t, x], params) => {
    const shape = windowedShape(x.aval, params);
    if (x.size === 0 || shape.includes(0)) return [ops.full(shape, 0, t.dtype)];
    const nothing = [ops.full([], weakest(x.dtype, params.selectPrim), x.dtype), ops.full([], 0, t.dtype)];
    const combine = selectBetween(params.selectPrim);
    // An element that is no better than none is not selected.
    return [foldWindows([x, t], params, { combine, identity: nothing, before: [nothing] })[1]];
  }),
  printParams: printed,
});

function gatherTranspose(ct: NDArray, shape: readonly number[], x: NDArray, params: GatherParams): NDArray {
  const { baseDilation, windowDilation, selectPrim, ...windows } = params;
  if (windowDilation.some((d) => d !== 1)) {
    throw new NotImplementedError(
      "VJP not implemented for select_and_gather (MaxPool) with window dilation, " +
        `got window_dilation=${shapeStr(windowDilation)}.`,
    );
  }
  const scatterParams = { ...windows, selectPrim } as ScatterParams;
  if (baseDilation.every((d) => d === 1)) return selectAndScatterAdd(ct, x, scatterParams);
  const nothing = ops.full([], weakest(x.dtype, selectPrim), x.dtype);
  const spread = pad(
    x,
    nothing,
    baseDilation.map((d) => [0, 0, d - 1]),
  );
  const result = selectAndScatterAdd(ct, spread, scatterParams);
  const start = shape.map(() => 0);
  return slice(result, start, result.shape, baseDilation);
}

/** For each window of `x`, the element of `tangents` at the place that it selects; 0 where it selects padding. */
export function selectAndGatherAdd(tangents: NDArray, x: NDArray, params: GatherParams): NDArray {
  return bind1(gatherPrimitive, [tangents, x], params);
}

// The cotangent of what each window selects.

const scatterPrimitive: Primitive<ScatterParams> = definePrimitive<ScatterParams>({
  name: "select_and_scatter_add",
  abstractEval: ([source, x], params) => {
    const windows = windowedShape(x, undilated(params));
    if (!shapesEqual(source.shape, windows)) {
      throw new TypeError(
        "select_and_scatter_add source must have one element for each window of the operand, " +
          `got shape ${shapeStr(source.shape)} for windows ${shapeStr(windows)}.`,
      );
    }
    return [source.update({ shape: x.shape })];
  },
  reference: ([source, x], params, [out]) => {
    const [data, values] = [valuesOf(x), numbersOf(source)];
    const result = resultBuffer(out.dtype, out.size);
    const padding = weakest(x.dtype, params.selectPrim);
    windowPositions(x.shape, undilated(params), source.shape).forEach((window, o) => {
      let selected = window[0];
      for (const at of window) {
        const [p, q] = [selected, at].map((i) => (i < 0 ? padding : data[i]));
        if (!stays(params.selectPrim, p, q)) selected = at;
      }
      if (selected >= 0) result[selected] += values[o];
    });
    return [finish(result, out.dtype)];
  },
  jvp: /* @__PURE__ */ standardJvp(
    () => scatterPrimitive,
    [(g, _ans, [, x], params) => selectAndScatterAdd(g, x, params), null],
  ),
  transpose: ([ct], [source, x], params) => {
    if (ct instanceof Zero || !(source instanceof UndefinedPrimal)) return [null, null];
    return [selectAndGatherAdd(ct, x as NDArray, { ...params, ...undilated(params) }), null];
  },
  batching: /* @__PURE__ */ batched(() => scatterPrimitive),
  lowering: /* @__PURE__ */ asProgram(([source, x], params) => {
    if (source.size === 0 || x.size === 0) return [ops.full(x.shape, 0, source.dtype)];
    const nothing = ops.full([], weakest(x.dtype, params.selectPrim), x.dtype);
    return [scatterSelected(source, x, params, nothing, selectBetween(params.selectPrim))];
  }),
  printParams: printed,
});

/** Adds each element of `source` at the place of `x` that its window selects. */
export function selectAndScatterAdd(source: NDArray, x: NDArray, params: ScatterParams): NDArray {
  return bind1(scatterPrimitive, [source, x], params);
}
