import type { ArrayLike, NDArray } from "../core/array.ts";
import type { IndexEntry, IndexingOptions, IndexUpdate } from "../core/arrayMethods.ts";
import { checkOutSharding } from "../core/placement.ts";
import { isInteger } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { checkOptions } from "../transforms/options.ts";
import { divide, power } from "./binary.ts";
import { toGather } from "./indexingGather.ts";
import { getItem } from "./indexingGet.ts";
import { expandMasks, parseIndex } from "./indexingParse.ts";
import { broadcastTo } from "./manipulationBroadcast.ts";
import { convert, fromNested, promoteDTypes, toArray } from "./promote.ts";

type ScatterOptions = Parameters<typeof lax.scatter>[4];
type Scatter = (
  x: NDArray,
  indices: NDArray,
  updates: NDArray,
  numbers: Parameters<typeof lax.scatter>[3],
  options: ScatterOptions,
) => NDArray;

/**
 * Functional updates of a part of an array; `x.at(...index)` calls it. Index entries are those of {@link getItem}.
 *
 * `set`, `add`, `subtract`, `multiply` (`mul`), `divide`, `power`, `min` and `max` combine the selected elements with values that broadcast to the
 * selection; where an index array repeats a position, all updates apply (of `set`, one). `apply(f)` applies a function to them, `get()`
 * reads them. Updates out of bounds are dropped, unless `mode` says otherwise. The result has the dtype of the array.
 *
 * @throws ValueError when the values do not broadcast to the selection; the errors of {@link getItem}
 * @example
 * ```ts
 * const x = jnp.zeros(4);
 * String(x.at("1:3").set(5)); // => "[0. 5. 5. 0.]"
 * String(x.at([0, 0]).add(1)); // => "[2. 0. 0. 0.]"
 * ```
 */
export function indexUpdate(x: NDArray, index: readonly IndexEntry[]): IndexUpdate {
  const update =
    (operand: () => NDArray, scatter: Scatter) =>
    (values: ArrayLike, options: IndexingOptions = {}): NDArray =>
      scatterUpdate(operand(), index, values, scatter, options);
  const itself = (): NDArray => x;
  const ones = (): NDArray => lax.fullLike(x, 1);
  const multiply = update(itself, lax.scatterMul);
  const factors = update(ones, lax.scatterMul);
  return {
    set: update(itself, lax.scatter),
    add: update(itself, lax.scatterAdd),
    subtract: update(itself, lax.scatterSub),
    multiply,
    mul: multiply,
    divide: (values, options) => divide(x, factors(values, options)),
    power: (values, options) => power(x, factors(values, options)),
    min: update(itself, lax.scatterMin),
    max: update(itself, lax.scatterMax),
    apply: (f, options = {}) => {
      const apply: Scatter = (operand, indices, updates, numbers, o) =>
        lax.scatterApply(operand, indices, f, numbers, { ...o, updateShape: updates.shape });
      return scatterUpdate(x, index, lax.fullLike(x, 0, { shape: [] }), apply, options);
    },
    get: (options) => getItem(x, index, options),
  };
}

const indexingOptions = [
  "mode",
  "fillValue",
  "indicesAreSorted",
  "uniqueIndices",
  "wrapNegativeIndices",
  "outSharding",
];
const warned = new Set<string>();

function scatterUpdate(
  x: NDArray,
  index: readonly IndexEntry[],
  values: ArrayLike,
  scatter: Scatter,
  options: IndexingOptions,
): NDArray {
  checkOptions("at[...]", options, indexingOptions);
  checkOutSharding(".at", options.outSharding);
  const given = updateValues(values, x);
  const gather = toGather(
    expandMasks(parseIndex(index, x.shape), x.shape),
    x.shape,
    options.wrapNegativeIndices !== false,
  );
  if (gather.sliceShape.includes(0)) return x;
  let [operand, updates] = promoteDTypes([x, given]);
  if (operand.dtype !== x.dtype) warnUnsafeCast(given, x);
  updates = broadcastTo(updates, gather.sliceShape);
  if (gather.newaxisDims.length > 0) updates = lax.squeeze(updates, gather.newaxisDims);
  if (gather.reversedDims.length > 0) updates = lax.rev(updates, gather.reversedDims);
  if (gather.scalarMaskDims.length > 0) operand = lax.expandDims(operand, gather.scalarMaskDims);
  const numbers = {
    updateWindowDims: gather.offsetDims,
    insertedWindowDims: gather.collapsedSliceDims,
    scatterDimsToOperandDims: gather.startIndexMap,
    operandBatchingDims: [],
    scatterIndicesBatchingDims: [],
  };
  let result = scatter(operand, gather.indices, updates, numbers, {
    indicesAreSorted: options.indicesAreSorted === true || gather.unique,
    uniqueIndices: options.uniqueIndices === true || gather.unique,
    mode: options.mode ?? "fill",
  });
  if (gather.scalarMaskDims.length > 0) result = lax.squeeze(result, gather.scalarMaskDims);
  return convert(result, x.dtype, x.weakType);
}

/** Whole numbers in a list follow an integer array, as a lone number does. */
function updateValues(values: ArrayLike, x: NDArray): NDArray {
  const whole = (v: unknown): boolean =>
    Array.isArray(v) ? v.every(whole) : typeof v === "bigint" || Number.isInteger(v);
  if (Array.isArray(values) && isInteger(x.dtype) && whole(values)) return fromNested(values, "at", x.dtype);
  return toArray(values, "at");
}

/** An update computed in a wider dtype is rounded back to the array's: legal in JAX, rarely meant. */
function warnUnsafeCast(values: NDArray, x: NDArray): void {
  const key = `${values.dtype} ${x.dtype}`;
  if (warned.has(key)) return;
  warned.add(key);
  console.warn(
    `x.at(...): cannot safely cast the given values from dtype=${values.dtype} to dtype=${x.dtype} of the array; the result is ` +
      `rounded to ${x.dtype}. Convert one of them with astype to say which is meant.`,
  );
}
