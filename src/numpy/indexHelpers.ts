import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { asDType, type DTypeLike, iinfo, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeShape, readOptions } from "./arguments.ts";
import { add, multiply, remainder } from "./binary.ts";
import { clip } from "./manipulationClip.ts";
import { diagIndices, trilIndices, triuIndices } from "./manipulationDiagonal.ts";
import { requireConcrete } from "./manipulationStatic.ts";
import { convert, toArray } from "./promote.ts";
import { nonzero } from "./sortingNonzero.ts";
import { resultType } from "./types.ts";

/** The positions of the main diagonal of an array with axes of one size. @throws ValueError for fewer than two axes, or different sizes. @example `jnp.diagIndicesFrom(jnp.ones([2, 2])).map(String); // => ["[0 1]", "[0 1]"]` */
export function diagIndicesFrom(arr: ArrayLike): NDArray[] {
  const { shape } = toArray(arr, "diagIndicesFrom");
  if (shape.length < 2)
    throw new ValueError(`input array must be at least 2-d, got shape ${shapeStr(shape)}`);
  if (shape.some((n) => n !== shape[0])) {
    throw new ValueError(`All dimensions of input must be of equal length, got shape ${shapeStr(shape)}`);
  }
  return diagIndices(shape[0], shape.length);
}

function matrixShape(name: string, arr: ArrayLike): readonly number[] {
  const { shape } = toArray(arr, name);
  if (shape.length !== 2) throw new ValueError(`Only 2-D inputs are accepted, got shape ${shapeStr(shape)}`);
  return shape;
}
type Offset = number | { k?: number };
/** The positions at and below the `k`-th diagonal of a matrix; see `trilIndices`. @throws ValueError for other ranks. @example `jnp.trilIndicesFrom(jnp.ones([2, 2])).map(String); // => ["[0 1 1]", "[0 0 1]"]` */
export function trilIndicesFrom(arr: ArrayLike, k?: Offset): NDArray[] {
  const o = readOptions<{ k: number }>("trilIndicesFrom", ["k"], [k]);
  const [n, m] = matrixShape("trilIndicesFrom", arr);
  return trilIndices(n, { k: o.k ?? 0, m });
}
/** The positions at and above the `k`-th diagonal of a matrix; see `triuIndices`. @throws ValueError for other ranks. @example `jnp.triuIndicesFrom(jnp.ones([2, 2])).map(String); // => ["[0 0 1]", "[0 1 1]"]` */
export function triuIndicesFrom(arr: ArrayLike, k?: Offset): NDArray[] {
  const o = readOptions<{ k: number }>("triuIndicesFrom", ["k"], [k]);
  const [n, m] = matrixShape("triuIndicesFrom", arr);
  return triuIndices(n, { k: o.k ?? 0, m });
}

/** Options of {@link maskIndices}. */
export interface MaskIndicesOptions {
  k?: number;
  /** The number of positions, required where the function's result is traced. */
  size?: number;
}
/**
 * The positions at which a function of a matrix of ones, such as `jnp.triu`, is not zero: rows and columns.
 *
 * @param n the size of the square matrix
 * @param k the second argument of the function, a diagonal; default 0
 * @example
 * ```ts
 * jnp.maskIndices(2, jnp.triu).map(String); // => ["[0 0 1]", "[0 1 1]"]
 * ```
 */
export function maskIndices(
  n: number,
  maskFunc: (matrix: NDArray, k: number) => NDArray,
  k?: number | MaskIndicesOptions,
  options?: MaskIndicesOptions,
): [NDArray, NDArray] {
  const o = readOptions<MaskIndicesOptions>("maskIndices", ["k"], [k, options], ["size"]);
  const [size] = canonicalizeShape(n, "jnp.maskIndices");
  const mask = maskFunc(lax.full([size, size], 1), o.k ?? 0);
  const [rows, columns] = nonzero(mask, { size: o.size });
  return [rows, columns];
}

/** Options of {@link ravelMultiIndex}. */
export interface RavelMultiIndexOptions {
  /** Out of range: "raise" (default; indices must be known), "wrap", "clip", or "ignore". */
  mode?: "raise" | "wrap" | "clip" | "ignore";
  /** The last index changes fastest ("C", default) or the first ("F"). */
  order?: "C" | "F";
  /** Default that of the indices, at least int32. */
  dtype?: DTypeLike;
}
/**
 * The positions in a flattened array of positions along its axes.
 *
 * @param multiIndex integers, an array for each axis
 * @param dims the shape of the array
 * @throws ValueError for indices out of range, other modes and orders, and a dtype too small; TypeError for other indices than integers;
 *   ConcretizationTypeError for traced ones in mode "raise"
 * @example
 * ```ts
 * String(jnp.ravelMultiIndex([jnp.int32([0, 1]), jnp.int32([2, 0])], [2, 3])); // => "[2 3]"
 * ```
 */
export function ravelMultiIndex(
  multiIndex: readonly ArrayLike[],
  dims: readonly number[],
  mode?: RavelMultiIndexOptions["mode"] | RavelMultiIndexOptions,
  order?: RavelMultiIndexOptions["order"] | RavelMultiIndexOptions,
  options?: RavelMultiIndexOptions,
): NDArray {
  const o = readOptions<RavelMultiIndexOptions>(
    "ravelMultiIndex",
    ["mode", "order"],
    [mode, order, options],
    ["dtype"],
  );
  const name = "ravel_multi_index";
  const sizes = canonicalizeShape(dims, "jnp.ravelMultiIndex");
  const given = multiIndex.map((x, i) => toArray(x, name, i));
  if (given.length !== sizes.length) {
    throw new ValueError(`jnp.ravelMultiIndex: ${given.length} indices for ${sizes.length} dimensions.`);
  }
  // A lone integer takes part, which is weakly typed.
  const dtype = o.dtype === undefined ? resultType(0, ...given) : asDType(o.dtype);
  if (!isInteger(dtype)) throw new ValueError(`dtype=${dtype} is not an integer type.`);
  if (given.some((x) => !isInteger(x.dtype))) throw new TypeError("only int indices permitted");
  if (sizes.reduce((p, n) => p * n, 1) - 1 > Number(iinfo(dtype).max)) {
    throw new ValueError(
      `jnp.ravelMultiIndex: dtype=${dtype} not large enough to hold flattened index for dims=${shapeStr(sizes)}. ` +
        "Use the dtype argument to pass a suitable dtype.",
    );
  }
  const rule = o.mode ?? "raise";
  const indices = given.map((x, i) => inRange(x, sizes[i], rule));
  let result: NDArray = scalar(0, dtype);
  indices.forEach((x, i) => {
    const stride = strideOf(sizes, i, o.order ?? "C");
    result = add(result, multiply(convert(x, dtype), scalar(stride, dtype)));
  });
  return result;
}

function inRange(x: NDArray, size: number, mode: string): NDArray {
  switch (mode) {
    case "raise": {
      const why =
        "The error occurred because ravelMultiIndex was jit-compiled with mode='raise'. Use mode='wrap' or mode='clip' instead.";
      for (const v of requireConcrete(x, why).toHost()) {
        if (v < 0 || v >= size) {
          throw new ValueError(`invalid entry in coordinates array: ${v} for a dimension of size ${size}`);
        }
      }
      return x;
    }
    case "clip":
      return clip(x, 0, size - 1);
    case "wrap":
      return remainder(x, size);
    case "ignore":
      return x;
    default:
      throw new ValueError(`invalid mode='${mode}'. Expected 'raise', 'wrap', 'clip', or 'ignore'.`);
  }
}

function strideOf(sizes: readonly number[], axis: number, order: string): number {
  if (order !== "C" && order !== "F") throw new ValueError(`invalid order='${order}'. Expected 'C' or 'F'`);
  const inner = order === "C" ? sizes.slice(axis + 1) : sizes.slice(0, axis);
  return inner.reduce((p, n) => p * n, 1);
}
