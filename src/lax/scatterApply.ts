import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { int32 } from "../dtypes/index.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import { vmap } from "../transforms/vmap.ts";
import { full, fullLike } from "./creation.ts";
import type { Ints } from "./intTuples.ts";
import { range } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { reshape } from "./reshape.ts";
import { ScatterDimensionNumbers, type ScatterOptions } from "./scatter.ts";
import { gatherBack, scatter, scatterAdd } from "./scatterOps.ts";
import { dataOperand } from "./shapeChecks.ts";
import { parseMode } from "./windows.ts";

/** Rounds of a traced update whose indices may repeat: each is an operation on the whole array. */
const maxUnrolled = 64;

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
 * named several times has the function applied as often.
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
  if (options.uniqueIndices || sizeOf(batch) <= 1) {
    const numbers = ScatterDimensionNumbers(dimensionNumbers);
    const values = onElements(f, gatherBack(x, vectors, numbers, shape, { mode: "clip" }));
    return scatter(x, vectors, values, numbers, { ...options, mode, uniqueIndices: true });
  }
  // How often each element is named; the function is applied to all elements, and kept where it is due.
  const ones = full(shape, 1, int32);
  const counts = scatterAdd(fullLike(x, 0, int32), vectors, ones, dimensionNumbers, { ...options, mode });
  const known = concreteValue(ops.reduceMax(counts, range(counts.ndim)));
  const most = known === null ? sizeOf(batch) : Number(known.toHost()[0]);
  if (known === null && most > maxUnrolled) {
    throw new TypeError(
      `at(...).apply() inside a transformation supports at most ${maxUnrolled} indices that may repeat, got ${most}. ` +
        "Pass { uniqueIndices: true } if no index repeats, or use at(...).set(f(x.get(...))).",
    );
  }
  let result: NDArray = x;
  for (let k = 0; k < most; k++) {
    result = ops.select(ops.gt(counts, scalar(k, int32)), onElements(f, result), result);
  }
  return result;
}
