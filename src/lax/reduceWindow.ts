import type { NDArray } from "../core/array.ts";
import { shapesEqual } from "../core/aval.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { evalReference, hostArrayOf } from "../core/evalReference.ts";
import type { HostArray } from "../core/hostArray.ts";
import { ClosedJaxpr, type Jaxpr } from "../core/jaxpr.ts";
import {
  definePrimitive,
  type JvpRule,
  notDifferentiable,
  type Primitive,
  type Tangent,
  Zero,
} from "../core/primitive.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { bool, hostArray } from "../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../errors.ts";
import { jvpJaxpr } from "../transforms/jvpTrace.ts";
import { traceToJaxpr } from "../transforms/traceToJaxpr.ts";
import { batchDimAtFront } from "./batching.ts";
import type { Padding } from "./convPadding.ts";
import type { Ints } from "./intTuples.ts";
import { namedArguments } from "./namedArguments.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";
import { flattenReduced, monoidOf, onElements, traceReducer } from "./reducers.ts";
import { broadcastInDim, pad } from "./shape.ts";
import { foldWindows, padded, placesOf } from "./windowFold.ts";
import {
  printWindows,
  type WindowOptions,
  type WindowParams,
  windowedShape,
  windowParams,
  windowPositions,
  withLeadingAxis,
} from "./windowParams.ts";
import { reduceWindowMax, reduceWindowMin, reduceWindowSum } from "./windowReductions.ts";

interface ReduceWindowParams extends WindowParams {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly NDArray[];
}

const halves = <T>(list: readonly T[]): [T[], T[]] => [
  list.slice(0, list.length / 2),
  list.slice(list.length / 2),
];
const shapesText = (shapes: readonly Ints[]): string =>
  `[${shapes.map((s) => (s.length === 1 ? `(${s[0]},)` : `(${s.join(", ")})`)).join(", ")}]`;

/** Windows of more places than this are folded in parts, which needs the initial values to be an identity. */
const mostPlaces = 64;

function fold(
  xs: readonly NDArray[],
  inits: readonly NDArray[],
  params: ReduceWindowParams,
): readonly NDArray[] {
  const combine = onElements(new ClosedJaxpr(params.jaxpr, params.consts));
  const { windowDimensions: window, windowStrides, windowDilation } = params;
  const shape = windowedShape(xs[0].aval, params);
  const first = inits.map((x) => broadcastInDim(x, shape, []));
  if (shape.includes(0) || xs[0].size === 0) return first;
  if (window.reduce((n, k) => n * k, 1) > mostPlaces) {
    return combine(first, foldWindows(xs, params, { combine, identity: inits }));
  }
  // In the order of the elements, without padding: what the computation makes of the initial values does not matter.
  const places = placesOf(padded(xs, inits, params), window, windowStrides, windowDilation);
  const everywhere =
    params.padding.every((p) => p[0] <= 0 && p[1] <= 0) && params.baseDilation.every((d) => d === 1);
  const masks = everywhere ? null : placesOf(masksOf(xs[0], params), window, windowStrides, windowDilation);
  return places.reduce((acc, x, i) => {
    const next = combine(acc, x);
    return masks === null ? next : next.map((y, k) => ops.select(masks[i][0], y, acc[k]));
  }, first);
}

/** Where the padded operand has elements. */
function masksOf(x: NDArray, { padding, baseDilation }: WindowParams): [NDArray] {
  const config = padding.map(([low, high], axis) => [low, high, baseDilation[axis] - 1]);
  return [pad(ops.full(x.shape, true, bool), ops.full([], false, bool), config)];
}

function foldReference(inputs: readonly HostArray[], params: ReduceWindowParams, shape: Ints) {
  const [xs, inits] = halves(inputs);
  const windows = windowPositions(xs[0].shape, params, shape);
  const results = xs.map((x) => hostArray(x.dtype, windows.length));
  const consts = params.consts.map(hostArrayOf);
  windows.forEach((window, o) => {
    let acc: readonly HostArray[] = inits;
    for (const at of window) {
      if (at < 0) continue;
      const elements = xs.map((x) => ({ ...x, shape: [], data: x.data.slice(at, at + 1) }));
      acc = evalReference(params.jaxpr, consts, [...acc, ...elements]);
    }
    acc.forEach((a, k) => {
      results[k][o] = a.data[0];
    });
  });
  return results;
}

/** Reduces the operands together with their tangents, by the computation's derivative. */
const foldJvp: JvpRule<ReduceWindowParams> = (primals, tangents, params) => {
  const [xs, inits] = halves(primals);
  const [ts, initTangents] = halves(tangents);
  if (initTangents.some((t) => !(t instanceof Zero))) {
    throw new TypeError("reduce_window jvp does not support non-zero init_value_tangent.");
  }
  const program = new ClosedJaxpr(params.jaxpr, params.consts);
  // Operands have tangents that are reduced if they have one, or if those of others reach them.
  let has = ts.map((t) => !(t instanceof Zero));
  for (;;) {
    const reached = jvpJaxpr(program, [...has, ...has]).nonzerosOut;
    if (reached.every((r, i) => has[i] || !r)) break;
    has = has.map((h, i) => h || reached[i]);
  }
  const { closed } = jvpJaxpr(program, [...has, ...has], has);
  const only = <T>(list: readonly T[]): T[] => list.filter((_, i) => has[i]);
  const withTangents = [...xs, ...only(ts).map(instantiate)];
  const initial = [...inits, ...only(inits).map((x) => ops.full([], 0, x.dtype))];
  const n = xs.length;
  const scalars = initial.map((x) => x.aval);
  const { jaxpr, consts } = traceToJaxpr(
    (args) => {
      const [a, b] = halves(args);
      const operands = [...a.slice(0, n), ...b.slice(0, n), ...a.slice(n), ...b.slice(n)];
      return evalJaxpr(closed.jaxpr, closed.consts, operands);
    },
    [...scalars, ...scalars],
    "differentiating a computation",
  );
  const outs = bind(reduceWindowPrimitive, [...withTangents, ...initial], { ...params, jaxpr, consts });
  let next = n;
  const outTangents = has.map((h, i): Tangent => (h ? outs[next++] : zeroTangent(outs[i])));
  return [outs.slice(0, n), outTangents];
};

const reduceWindowPrimitive: Primitive<ReduceWindowParams> = definePrimitive<ReduceWindowParams>({
  name: "reduce_window",
  abstractEval: (avals, params) => {
    const [xs, inits] = halves(avals);
    if (xs.some((x, i) => x.dtype !== inits[i].dtype)) {
      const names = (list: typeof xs) => `[${list.map((a) => `dtype('${a.dtype.name}')`).join(", ")}]`;
      throw new TypeError(
        "reduce_window got inconsistent dtypes for operands and init_values: " +
          `got operand dtypes ${names(xs)} and init_value dtypes ${names(inits)}.`,
      );
    }
    if (inits.some((a) => a.ndim !== 0)) {
      throw new TypeError(
        "reduce_window expected init_values to be scalars but init_values have shapes " +
          `${shapesText(inits.map((a) => a.shape))}.`,
      );
    }
    if (xs.some((x) => !shapesEqual(x.shape, xs[0].shape))) {
      throw new TypeError(
        `reduce_window operands must have one shape, got ${shapesText(xs.map((x) => x.shape))}.`,
      );
    }
    const shape = windowedShape(xs[0], params);
    return xs.map((x) => x.update({ shape, weakType: false }));
  },
  reference: (inputs, params, [out]) => foldReference(inputs, params, out.shape),
  jvp: foldJvp,
  transpose: /* @__PURE__ */ notDifferentiable(
    "windows reduced by a general computation have no reverse mode; use forward mode, or lax.add, lax.max or lax.min",
  ),
  batching: (args, dims, params, size) => {
    const [xs, inits] = halves(args);
    const [xDims, initDims] = halves(dims);
    if (initDims.some((d) => d !== null)) {
      throw new NotImplementedError("reduce_window batching is not implemented for initial values");
    }
    const operands = xs.map((x, i) => batchDimAtFront(x, xDims[i], size));
    const outs = bind(reduceWindowPrimitive, [...operands, ...inits], withLeadingAxis(params));
    return [outs, outs.map(() => 0)];
  },
  lowering: /* @__PURE__ */ asProgram((args, params) => fold(...halves(args), params)),
  printParams: (params) => ({ ...printWindows(params), consts: params.consts, jaxpr: params.jaxpr }),
});

const names = ["windowDimensions", "windowStrides", "padding", "baseDilation", "windowDilation"];

/**
 * Reduces every window of an array, or of several arrays of one shape: pooling, moving sums and the like. Windows have as many dimensions as the
 * array, with 1 for axes along which nothing is to be combined. Sums, maxima and minima are fast for windows of any size.
 *
 * @param operand an array or a tree of arrays
 * @param initValue a scalar for each array, the identity of the computation, which is what padding counts as
 * @param computation combines two trees of scalars and is associative, `lax.add` or `lax.max` for example
 * @param windowDimensions the size of the windows along each axis; further arguments by position or by name
 * @throws TypeError when windows, dtypes or shapes do not fit; ValueError when trees differ.
 * @example
 * lax.reduceWindow(jnp.array([1, 2, 3, 4]), 0, lax.add, [2]) // => Array([3., 5., 7.], dtype=float32)
 * lax.reduceWindow(jnp.ones([1, 28, 28, 8]), -Infinity, lax.max, [1, 2, 2, 1], { windowStrides: [1, 2, 2, 1] }).shape
 * // => [1, 14, 14, 8]
 */
export function reduceWindow<T>(
  operand: T,
  initValue: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: trees of scalars in the structure of the operand
  computation: (a: any, b: any) => unknown,
  windowDimensions: Ints | WindowOptions,
  windowStrides?: Ints | null | Omit<WindowOptions, "windowDimensions">,
  padding?: Padding | Pick<WindowOptions, "baseDilation" | "windowDilation">,
  baseDilation?: Ints | null,
  windowDilation?: Ints | null,
): T extends LaxOperand ? NDArray : T;
export function reduceWindow(
  operand: unknown,
  initValue: unknown,
  computation: (a: never, b: never) => unknown,
  ...rest: unknown[]
): unknown {
  const given = namedArguments<WindowOptions>("reduceWindow", names, 1, rest);
  const reduced = flattenReduced("lax.reduceWindow", operand, initValue);
  const { operands: xs, inits, tree } = reduced;
  if (xs.length === 0) throw new ValueError("reduce_window must have at least one operand.");
  const params = windowParams(xs[0].shape, given);
  switch (monoidOf(computation, reduced)) {
    case "sum":
      return tree.unflatten([reduceWindowSum(xs[0], params)]);
    case "max":
      return tree.unflatten([reduceWindowMax(xs[0], params)]);
    case "min":
      return tree.unflatten([reduceWindowMin(xs[0], params)]);
  }
  const { jaxpr, consts } = traceReducer("reduce_window", computation as never, reduced);
  return tree.unflatten(bind(reduceWindowPrimitive, [...xs, ...inits], { ...params, jaxpr, consts }));
}
