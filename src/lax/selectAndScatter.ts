import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapeStr, shapesEqual, sizeOf } from "../core/aval.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { evalReference, hostArrayOf } from "../core/evalReference.ts";
import type { HostArray } from "../core/hostArray.ts";
import { ClosedJaxpr, type Jaxpr } from "../core/jaxpr.ts";
import { definePrimitive, notDifferentiable, type Primitive } from "../core/primitive.ts";
import { bind1, Tracer } from "../core/trace.ts";
import { bool, type HostData, hostArray, int32 } from "../dtypes/index.ts";
import { NotImplementedError } from "../errors.ts";
import { functionName } from "../transforms/functionName.ts";
import { traceToJaxpr } from "../transforms/traceToJaxpr.ts";
import { max } from "./arithmetic.ts";
import { batchDimAtFront } from "./batching.ts";
import { foriLoop } from "./control/foriLoop.ts";
import type { Padding } from "./convPadding.ts";
import { broadcastedIota } from "./creation.ts";
import { dynamicIndexInDim, dynamicUpdateIndexInDim } from "./dynamicSlice.ts";
import type { Ints } from "./intTuples.ts";
import { bitwiseNot, bitwiseOr } from "./logic.ts";
import { checkSameDTypes, sameDTypeOperands } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";
import { onElements } from "./reducers.ts";
import { foldWindows } from "./windowFold.ts";
import {
  printWindows,
  type SlidingWindows,
  undilated,
  windowedShape,
  windowParams,
  windowPositions,
  withLeadingAxis,
} from "./windowParams.ts";

/*
 * The general form of what the derivative of max pooling does: each window selects one of its elements by a computation of the caller, and an
 * element of another array is combined with what is at its place.
 */

interface SelectAndScatterParams extends SlidingWindows {
  /** Of two scalars: whether the first stays selected when it meets the second. */
  readonly selectJaxpr: Jaxpr;
  readonly selectConsts: readonly NDArray[];
  /** Of what is at a place and what arrives there: what is there then. */
  readonly scatterJaxpr: Jaxpr;
  readonly scatterConsts: readonly NDArray[];
}

const primitive: Primitive<SelectAndScatterParams> = definePrimitive<SelectAndScatterParams>({
  name: "select_and_scatter",
  abstractEval: ([x, source, init], params) => {
    const windows = windowedShape(x, undilated(params));
    if (!shapesEqual(source.shape, windows)) {
      throw new TypeError(
        "select_and_scatter source must have one element for each window of the operand, " +
          `got shape ${shapeStr(source.shape)} for windows ${shapeStr(windows)}.`,
      );
    }
    if (init.ndim !== 0)
      throw new TypeError(
        `select_and_scatter init_value must be a scalar, got shape ${shapeStr(init.shape)}.`,
      );
    return [x.update({ weakType: false })];
  },
  reference: ([x, source, init], params, [out]) => [scatterOnHost(x, source, init, params, out)],
  jvp: /* @__PURE__ */ notDifferentiable(
    "the selection is a computation of the caller; JAX has no rule either",
  ),
  transpose: /* @__PURE__ */ notDifferentiable("it is not linear in its operands"),
  batching: ([x, source, init], [xDim, sourceDim, initDim], params, size) => {
    if (initDim !== null)
      throw new NotImplementedError("select_and_scatter batching is not implemented for initial values");
    const operands = [batchDimAtFront(x, xDim, size), batchDimAtFront(source, sourceDim, size), init];
    return [[bind1(primitive, operands, withLeadingAxis(params))], [0]];
  },
  lowering: /* @__PURE__ */ asProgram(([x, source, init], params) => [
    scatterByLoop(x, source, init, params),
  ]),
  printParams: ({ selectJaxpr, selectConsts, scatterJaxpr, scatterConsts, ...windows }) => ({
    ...printWindows(windows as SlidingWindows),
    scatter_consts: scatterConsts,
    scatter_jaxpr: scatterJaxpr,
    select_consts: selectConsts,
    select_jaxpr: selectJaxpr,
  }),
});

function scatterOnHost(
  x: HostArray,
  source: HostArray,
  init: HostArray,
  params: SelectAndScatterParams,
  out: ShapedArray,
): HostData {
  const element = (from: HostArray, at: number): HostArray => {
    const parts = from.data.length / sizeOf(from.shape);
    return { ...from, shape: [], data: from.data.slice(at * parts, (at + 1) * parts) };
  };
  const [selectConsts, scatterConsts] = [params.selectConsts, params.scatterConsts].map((c) =>
    c.map(hostArrayOf),
  );
  const result = hostArray(out.dtype, out.size);
  const parts = init.data.length;
  for (let i = 0; i < result.length; i++) result[i] = init.data[i % parts];
  windowPositions(x.shape, undilated(params), source.shape).forEach((window, o) => {
    let selected = -1;
    for (const at of window) {
      if (at < 0) continue;
      const pair = [selected, at].map((i) => element(x, Math.max(i, 0)));
      if (selected < 0 || evalReference(params.selectJaxpr, selectConsts, pair)[0].data[0] === 0)
        selected = at;
    }
    if (selected < 0) return;
    const old = element({ ...x, data: result }, selected);
    const [next] = evalReference(params.scatterJaxpr, scatterConsts, [old, element(source, o)]);
    for (let k = 0; k < parts; k++) result[selected * parts + k] = next.data[k];
  });
  return result;
}

/** All windows find the places that they select at once; then these are updated in the order of the windows, in place. */
function scatterByLoop(x: NDArray, source: NDArray, init: NDArray, params: SelectAndScatterParams): NDArray {
  const flat = ops.broadcastInDim(init, [x.size], []);
  if (x.size === 0 || source.size === 0) return ops.reshape(flat, x.shape);
  const select = onElements(new ClosedJaxpr(params.selectJaxpr, params.selectConsts));
  const numbers = ops.reshape(broadcastedIota(int32, [x.size], 0), x.shape);
  // A place in the padding has a negative number, and gives way to any other.
  const isPlace = (n: NDArray) => ops.ge(n, 0);
  const [, chosen] = foldWindows([x, numbers], undilated(params), {
    combine: (a, b) => {
      const stays = bitwiseOr(bitwiseNot(isPlace(b[1])), select([a[0]], [b[0]])[0]);
      const first = ops.bitwiseAnd(isPlace(a[1]), stays);
      return a.map((v, i) => ops.select(first, v, b[i]));
    },
    identity: [ops.full([], 0, x.dtype), ops.full([], -1, int32)],
  });
  const [places, values] = [ops.reshape(chosen, [chosen.size]), ops.reshape(source, [source.size])];
  const step = (i: NDArray, result: NDArray): NDArray => {
    const at = dynamicIndexInDim(places, i, 0, false);
    const place = max(at, 0);
    const old = dynamicIndexInDim(result, place, 0, false);
    const [next] = evalJaxpr(params.scatterJaxpr, params.scatterConsts, [
      old,
      dynamicIndexInDim(values, i, 0, false),
    ]);
    return dynamicUpdateIndexInDim(result, ops.select(isPlace(at), next, old), place, 0);
  };
  return ops.reshape(foriLoop(0, places.size, step, flat), x.shape);
}

function traceComputation(what: string, f: Computation, like: NDArray): ClosedJaxpr {
  const { jaxpr, consts } = traceToJaxpr(
    ([a, b]) => [f(a, b)],
    [like.aval, like.aval],
    `tracing ${functionName(f)} of selectAndScatter`,
  );
  if (consts.some((c) => c instanceof Tracer))
    throw new NotImplementedError(`selectAndScatter: ${what} can't close over Tracers.`);
  const program = new ClosedJaxpr(jaxpr, consts);
  const [out] = program.outAvals;
  const dtype = what === "select" ? bool : like.dtype;
  if (out.ndim !== 0 || out.dtype !== dtype)
    throw new TypeError(`selectAndScatter: ${what} must return a scalar of dtype ${dtype.name}, got ${out}.`);
  return program;
}

type Computation = (a: NDArray, b: NDArray) => NDArray;

/**
 * Selects one element of each window of an array, and combines an element of `source` with what is at its place: the general form of the
 * derivative of max pooling. The windows act in row-major order; padding is never selected.
 *
 * @param operand what is selected from
 * @param select of two elements, a bool: whether the first stays selected; `lax.ge` selects the first maximum
 * @param windowDimensions the size of the windows along each axis
 * @param windowStrides how far windows are apart
 * @param padding `"VALID"`, `"SAME"`, `"SAME_LOWER"`, or `[before, after]` for each axis
 * @param source one element for each window, of the operand's dtype
 * @param initValue a scalar: what is at all places at first
 * @param scatter of what is at the selected place and the element of `source`: what is there then
 * @returns an array of the shape of the operand. It has no derivatives, as in JAX.
 * @throws TypeError when shapes, dtypes or windows do not fit; NotImplementedError when a computation closes over tracers
 * @example
 * const x = jnp.array([1, 3, 2, 5, 4]);
 * lax.selectAndScatter(x, lax.ge, [3], [1], "VALID", jnp.array([1, 2, 3]), 0, lax.add)
 * // => Array([0., 1., 0., 5., 0.], dtype=float32)
 */
export function selectAndScatter(
  operand: LaxOperand,
  select: Computation,
  windowDimensions: Ints,
  windowStrides: Ints,
  padding: Padding,
  source: LaxOperand,
  initValue: LaxOperand,
  scatter: Computation,
): NDArray {
  const operands = sameDTypeOperands([operand, source, initValue], "select_and_scatter");
  checkSameDTypes(
    "select_and_scatter",
    operands.map((x) => x.aval),
  );
  const {
    baseDilation: _,
    windowDilation: __,
    ...windows
  } = windowParams(operands[0].shape, {
    windowDimensions,
    windowStrides,
    padding,
  });
  const selecting = traceComputation("select", select, operands[2]);
  const scattering = traceComputation("scatter", scatter, operands[2]);
  return bind1(primitive, operands, {
    ...(windows as SlidingWindows),
    selectJaxpr: selecting.jaxpr,
    selectConsts: selecting.consts,
    scatterJaxpr: scattering.jaxpr,
    scatterConsts: scattering.consts,
  });
}
