import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { int32 } from "../dtypes/index.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import { vmap } from "../transforms/vmap.ts";
import { foriLoop } from "./control/foriLoop.ts";
import { full, fullLike } from "./creation.ts";
import type { Ints } from "./intTuples.ts";
import { range } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { reduceMax } from "./reductions.ts";
import { reshape } from "./reshape.ts";
import { ScatterDimensionNumbers, type ScatterOptions } from "./scatter.ts";
import { gatherBack, scatter, scatterAdd } from "./scatterOps.ts";
import { dataOperand } from "./shapeChecks.ts";
import { parseMode } from "./windows.ts";

/** Applications to an element that are written out, so that reverse mode can follow them; more are a loop. */
const maxUnrolled = 8;

/** Options of {@link scatterApply}. */
export interface ScatterApplyOptions extends ScatterOptions {
  /** The shape that the updates would have; default that of one element for each index vector. */
  readonly updateShape?: Ints;
}

/** A function of scalars, on every element of an array. */
function onElements(f: (x: NDArray) => NDArray, x: NDArray): NDArray {
  const flat = vmap(f)(reshape(x, [x.size])) as NDArray;
  const result = reshape(flat, x.shape);
  if (result.dtype !== x.dtype) {
    throw new TypeError(
      `scatter_apply: the function must keep the dtype, got ${result.dtype.name} from ${x.dtype.name}`,
    );
  }
  return result;
}

/**
 * Applies a function of scalars to windows of `operand` at computed places; `x.at(...).apply(f)` is easier to use. An element that is
 * named several times has the function applied as often. Inside a transformation, where indices are not known and more than a few may repeat,
 * only forward mode can differentiate it; `uniqueIndices` or `x.at(...).set(f(x.get(...)))` have both modes.
 * @throws TypeError when the function changes the dtype or the dimension numbers do not fit.
 * @example
 * const elements = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatterApply(jnp.array([1, 2, 3]), jnp.int32([[0], [0], [2]]), (x) => x.mul(10), elements)
 * // => Array([100.,   2.,  30.], dtype=float32)
 */
export function scatterApply(
  operand: LaxOperand,
  indices: LaxOperand,
  f: (x: NDArray) => NDArray,
  dimensionNumbers: ScatterDimensionNumbers,
  options: ScatterApplyOptions = {},
): NDArray {
  const x = dataOperand(operand, "scatter_apply");
  const vectors = dataOperand(indices, "scatter_apply");
  if (x.size === 0) return x;
  const batch = vectors.shape.slice(0, -1);
  const shape = options.updateShape ?? batch;
  const mode = parseMode(options.mode);
  const numbers = ScatterDimensionNumbers(dimensionNumbers);
  const back = (from: NDArray): NDArray => gatherBack(from, vectors, numbers, shape, { mode: "clip" });
  const values = back(x);
  if (options.uniqueIndices || sizeOf(batch) <= 1) {
    return scatter(x, vectors, onElements(f, values), numbers, { ...options, mode, uniqueIndices: true });
  }
  // Every update computes what all updates of its element make of it: they agree, so that it does not matter which one is kept.
  const ones = full(shape, 1, int32);
  const named = scatterAdd(fullLike(x, 0, int32), vectors, ones, numbers, { ...options, mode });
  const times = back(named);
  const most = reduceMax(times, range(times.ndim));
  const round = (k: LaxOperand, y: NDArray): NDArray => ops.select(ops.gt(times, k), onElements(f, y), y);
  const known = concreteValue(most);
  const rounds = known === null ? sizeOf(batch) : Number(known.toHost()[0]);
  let updated = values;
  if (rounds > maxUnrolled) {
    updated = foriLoop(0, known === null ? most : rounds, (k: NDArray, y: NDArray) => round(k, y), values);
  } else {
    for (let k = 0; k < rounds; k++) updated = round(scalar(k, int32), updated);
  }
  return scatter(x, vectors, updated, numbers, { ...options, mode });
}
