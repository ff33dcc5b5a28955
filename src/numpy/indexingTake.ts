import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { isInteger } from "../dtypes/index.ts";
import { IndexError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { remainder } from "./binary.ts";
import { normalizeIndex } from "./indexingGather.ts";
import { toArray } from "./promote.ts";
import { where } from "./where.ts";

interface TakeOptions {
  /** The axis to take along; null flattens the array first. */
  axis?: number | null;
  /** Out of bounds: "fill" (default) with `fillValue`, "clip" to the nearest, or "wrap" around. */
  mode?: string;
  /** Default: NaN for floats, the least integer, the greatest unsigned integer, true. */
  fillValue?: number | boolean;
  uniqueIndices?: boolean;
  indicesAreSorted?: boolean;
}

const takeJit = jit(
  (
    x: NDArray,
    i: NDArray,
    s: Required<Omit<TakeOptions, "fillValue">> & Pick<TakeOptions, "fillValue">,
  ): NDArray => {
    const a = s.axis === null ? flat(x) : x;
    const axis = canonicalizeAxis(s.axis ?? 0, a.ndim);
    const size = a.shape[axis];
    let indices = i;
    if (s.mode === "fill") {
      const zero = scalar(0, i.dtype, i.weakType);
      indices = where(lax.lt(i, zero), lax.add(i, scalar(size, i.dtype, i.weakType)), i);
    } else if (s.mode === "wrap" && size > 0) {
      indices = remainder(i, scalar(size, i.dtype));
    }
    if (size === 0) {
      if (indices.size !== 0) throw new IndexError("Cannot do a non-empty jnp.take() from an empty axis.");
      return a;
    }
    const [before, after] = [a.shape.slice(0, axis), a.shape.slice(axis + 1)];
    if (indices.size === 0) return lax.full([...before, ...indices.shape, ...after], 0, a.dtype);
    const n = indices.ndim;
    const offsetDims = [...before.map((_, k) => k), ...after.map((_, k) => axis + n + k)];
    return lax.gather(
      a,
      lax.expandDims(indices, [n]),
      {
        offsetDims,
        collapsedSliceDims: [axis],
        startIndexMap: [axis],
        operandBatchingDims: [],
        startIndicesBatchingDims: [],
      },
      [...before, 1, ...after],
      {
        mode: s.mode === "wrap" ? "promise_in_bounds" : s.mode === "clip" ? "clip" : "fill",
        fillValue: s.fillValue,
        uniqueIndices: s.uniqueIndices,
        indicesAreSorted: s.indicesAreSorted,
      },
    );
  },
  { name: "_take", staticArgnums: 2 },
);

/**
 * Elements of `a` at integer positions along an axis, which is replaced by the axes of `indices`.
 *
 * Out-of-bounds positions give `fillValue` (NaN for floats, the least integer for signed ones); negative ones count from the end.
 *
 * @param options.axis the axis; null (default) flattens `a` first
 * @param options.mode "fill" (default), "clip" or "wrap"
 * @throws ValueError for an axis out of range or another mode, TypeError for indices that are not integers, IndexError when
 *   taking from an empty axis
 * @example
 * ```ts
 * String(jnp.take(jnp.array([10, 20, 30]), jnp.int32([2, 0]))); // => "[30. 10.]"
 * String(jnp.take(jnp.array([10, 20, 30]), jnp.int32([-1, 5]))); // => "[30. nan]"
 * ```
 */
export function take(
  a: ArrayLike,
  indices: ArrayLike,
  axis?: number | null | TakeOptions,
  options?: Omit<TakeOptions, "axis">,
): NDArray {
  const o = readOptions<TakeOptions>(
    "take",
    ["axis", "out", "mode", "uniqueIndices", "indicesAreSorted", "fillValue"],
    [axis, options],
  );
  const mode = o.mode ?? "fill";
  if (!["fill", "clip", "wrap"].includes(mode)) {
    const hint =
      mode === "raise" ? " The 'raise' mode to jnp.take is not supported: compiled code cannot raise." : "";
    throw new ValueError(`Invalid mode '${mode}' for np.take.${hint}`);
  }
  const i = toArray(indices, "take", 1);
  requireIntegers("take", i);
  return takeJit(toArray(a, "take", 0), i, {
    axis: o.axis ?? null,
    mode,
    fillValue: o.fillValue ?? undefined,
    uniqueIndices: o.uniqueIndices === true,
    indicesAreSorted: o.indicesAreSorted === true,
  });
}

interface TakeAlongAxisOptions {
  axis?: number | null;
  mode?: "fill" | "clip" | "drop" | "promise_in_bounds";
  fillValue?: number | boolean;
  wrapNegativeIndices?: boolean;
}

const takeAlongAxisJit = jit(
  (x: NDArray, i: NDArray, s: TakeAlongAxisOptions): NDArray => {
    const a = s.axis === null ? flat(x) : x;
    if (s.axis === null && i.ndim !== 1) {
      throw new ValueError(
        `take_along_axis indices must be 1D if axis=None, got shape (${i.shape.join(", ")})`,
      );
    }
    if (a.ndim !== i.ndim) {
      throw new ValueError(
        `indices and arr must have the same number of dimensions; ${i.ndim} vs. ${a.ndim}`,
      );
    }
    const axis = canonicalizeAxis(s.axis ?? 0, a.ndim);
    const size = a.shape[axis];
    const others = a.shape.map((n, k) => (k === axis ? 1 : n));
    const outShape = lax.broadcastShapes(i.shape, others);
    if (size === 0) return lax.full(outShape, 0, a.dtype);
    const wrap = s.wrapNegativeIndices ?? s.mode !== "promise_in_bounds";
    const indices = wrap ? normalizeIndex(i, size) : i;

    // Axes where indices have size 1 are read whole; where the array has size 1 it is squeezed; the others are batch axes.
    const kept = i.shape.flatMap((n, k) => (k === axis || n !== 1 ? [outShape[k]] : []));
    const windowShape: number[] = [];
    const offsetDims: number[] = [];
    const squeezed: number[] = [];
    const operandBatchingDims: number[] = [];
    const startIndicesBatchingDims: number[] = [];
    let gatherAxis = 0;
    let operandAxis = 0;
    let indexAxis = 0;
    for (let k = 0; k < a.ndim; k++) {
      if (k === axis) {
        windowShape.push(1);
        gatherAxis = operandAxis++;
        indexAxis++;
      } else if (i.shape[k] === 1) {
        offsetDims.push(k);
        windowShape.push(a.shape[k]);
        operandAxis++;
      } else if (a.shape[k] === 1) {
        squeezed.push(k);
        indexAxis++;
      } else {
        windowShape.push(a.shape[k] === 0 ? 0 : 1);
        operandBatchingDims.push(operandAxis++);
        startIndicesBatchingDims.push(indexAxis++);
      }
    }
    return lax.gather(
      squeezed.length > 0 ? lax.squeeze(a, squeezed) : a,
      lax.reshape(indices, [...kept, 1]),
      {
        offsetDims,
        collapsedSliceDims: [gatherAxis],
        startIndexMap: [gatherAxis],
        operandBatchingDims,
        startIndicesBatchingDims,
      },
      windowShape,
      { mode: s.mode ?? "fill", fillValue: s.fillValue },
    );
  },
  { name: "take_along_axis", staticArgnums: 2 },
);

/**
 * Elements of `arr` at positions along one axis, the other axes matched one to one: `out[i, j] = arr[i, indices[i, j]]` for the last axis
 * of a matrix. Undoes `argsort`: `takeAlongAxis(x, argsort(x, 1), 1)` is `sort(x, 1)`.
 *
 * @param indices integers; as many axes as `arr`, and broadcasting with it except along `axis`
 * @param options.axis default the last; null flattens `arr` and takes one-dimensional indices
 * @param options.mode out of bounds: "fill" (default) or "clip"
 * @throws TypeError for indices that are not integers, ValueError for different ranks or an axis out of range
 * @example
 * ```ts
 * const x = jnp.array([[30, 10], [5, 7]]);
 * String(jnp.takeAlongAxis(x, jnp.argmin(x, 1, { keepdims: true }), 1)); // => "[[10.]\n [ 5.]]"
 * ```
 */
export function takeAlongAxis(
  arr: ArrayLike,
  indices: ArrayLike,
  axis?: number | null | TakeAlongAxisOptions,
  ...rest: unknown[]
): NDArray {
  const o = readOptions<TakeAlongAxisOptions>(
    "takeAlongAxis",
    ["axis", "mode", "fillValue"],
    [axis, ...rest],
    ["wrapNegativeIndices"],
  );
  const i = toArray(indices, "take_along_axis", 1);
  requireIntegers("take_along_axis", i);
  return takeAlongAxisJit(toArray(arr, "take_along_axis", 0), i, {
    ...o,
    axis: o.axis === undefined ? -1 : o.axis,
  });
}

function requireIntegers(name: string, i: NDArray): void {
  if (!isInteger(i.dtype)) throw new TypeError(`${name} indices must be of integer type, got ${i.dtype}`);
}
const flat = (x: NDArray): NDArray => (x.ndim === 1 ? x : lax.reshape(x, [x.size]));
