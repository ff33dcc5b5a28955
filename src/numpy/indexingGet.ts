import { NDArray } from "../core/array.ts";
import type { IndexEntry, IndexingOptions } from "../core/arrayMethods.ts";
import { checkOutSharding } from "../core/placement.ts";
import { type DType, keyFry, uint32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { concreteScalar } from "./concrete.ts";
import { applyBasic, type BasicIndex, basicIndex, isDynamic, slicePart } from "./indexingBasic.ts";
import { toGather } from "./indexingGather.ts";
import { expandMasks, type ParsedIndex, parseIndex } from "./indexingParse.ts";

/**
 * Reads a part of an array; `x.get(...index)` calls it.
 *
 * An entry of the index is an integer, a slice or its text (`"1:3"`, `"::-1"`), `"..."`, null (a new axis), or an integer or boolean array.
 * Integers drop their axis; index arrays broadcast together and put their common shape where they stand (first, when something stands
 * between them); masks select the true positions. Traced integers are allowed anywhere but in slices. Out-of-bounds indices clamp;
 * `options.mode` says otherwise. Negative indices count from the end.
 *
 * @throws IndexError for too many indices or ellipses and for masks of another shape
 * @throws NonConcreteBooleanIndexError for a traced mask
 * @throws TypeError for indices that are neither integers nor booleans
 * @example
 * ```ts
 * const x = jnp.arange(6).reshape(2, 3);
 * String(x.get(1)); // => "[3 4 5]"
 * String(x.get(":", -1)); // => "[2 5]"
 * String(x.get(x.gt(3))); // => "[4 5]"
 * ```
 */
export function getItem(x: NDArray, index: readonly IndexEntry[], options: IndexingOptions = {}): NDArray {
  const parsed = parseIndex(index, x.shape);
  checkOutSharding(".get", options.outSharding);
  const wrapNegative = options.wrapNegativeIndices !== false;
  if (options.mode === undefined || options.mode === "promise_in_bounds" || options.mode === "clip") {
    const basic = basicIndex(parsed, x.shape, wrapNegative, options.mode === "clip");
    if (basic !== null) return applyBasic(x, basic, isDynamic(basic) ? dynamicPart(wrapNegative) : slicePart);
  }
  return gatherItem(x, parsed, options);
}

/** The box of an index that has scalars in it. */
const dynamicPart =
  (allowNegativeIndices: boolean) =>
  (x: NDArray, { start, sizes }: BasicIndex): NDArray =>
    lax.dynamicSlice(x, start as readonly NDArray[], sizes, { allowNegativeIndices });

function gatherItem(x: NDArray, parsed: readonly ParsedIndex[], options: IndexingOptions): NDArray {
  const index = toGather(expandMasks(parsed, x.shape), x.shape, options.wrapNegativeIndices !== false);
  const fillValue = staticFillValue(options.fillValue);
  let y = index.scalarMaskDims.length > 0 ? lax.expandDims(x, index.scalarMaskDims) : x;
  if (index.sliceShape.includes(0)) return nothing(index.sliceShape, x.dtype);
  if (index.indices.size > 0) {
    const numbers = {
      offsetDims: index.offsetDims,
      collapsedSliceDims: index.collapsedSliceDims,
      startIndexMap: index.startIndexMap,
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
    };
    y = lax.gather(y, index.indices, numbers, index.windowShape, {
      uniqueIndices: options.uniqueIndices === true || index.unique,
      indicesAreSorted: options.indicesAreSorted === true || index.unique,
      mode: options.mode ?? "promise_in_bounds",
      fillValue,
    });
  }
  if (index.reversedDims.length > 0) y = lax.rev(y, index.reversedDims);
  return index.newaxisDims.length > 0 ? lax.expandDims(y, index.newaxisDims) : y;
}

/** An array without elements. */
function nothing(shape: readonly number[], dtype: DType): NDArray {
  return dtype === keyFry ? lax.randomWrap(lax.full([...shape, 2], 0, uint32)) : lax.full(shape, 0, dtype);
}

function staticFillValue(value: unknown): number | bigint | boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return value;
  if (value instanceof NDArray) {
    if (value.ndim !== 0) throw new ValueError("fill_value argument to indexed get() must be a scalar");
    const known = concreteScalar(value);
    if (known !== null) return known;
  }
  throw new TypeError(
    "The fillValue of an indexed get() must be a number known while tracing; for a traced one use jnp.where on the result.",
  );
}
