import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  isFloating,
  isInteger,
  promoteEntries,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { multiply, subtract } from "./binary.ts";
import { conjugate } from "./complex.ts";
import { getItem } from "./indexingGet.ts";
import { concatenate } from "./manipulationJoin.ts";
import { moveaxis, reshape } from "./manipulationShape.ts";
import { convert, promoteDTypes, toArray } from "./promote.ts";

/** Options of the products. */
export interface ProductOptions {
  /** How exactly to compute: "default", "high", "highest", a `lax.Precision`, or a pair of them. */
  precision?: lax.PrecisionLike;
  /** The dtype of the result, and the least to accumulate in; default: the promoted dtype. */
  preferredElementType?: DTypeLike;
}

/** The dtype and weakness of a product, and its operands. */
export function productType(
  name: string,
  operands: readonly NDArray[],
  preferred: DTypeLike | undefined | null,
): { dtype: DType; weakType: boolean; operands: readonly NDArray[] } {
  if (preferred !== undefined && preferred !== null) {
    return { dtype: asDType(preferred), weakType: false, operands };
  }
  const { dtype, weakType } = promoteEntries(operands.map((x) => x.aval));
  // The sums of products of integers are integers, but uint64 and signed integers meet in a float.
  const meetInFloat = isFloating(dtype) && operands.every((x) => isInteger(x.dtype));
  return { dtype, weakType, operands: meetInFloat ? operands.map((x) => convert(x, dtype)) : operands };
}
const readProduct = (name: string, options: unknown): ProductOptions =>
  readOptions<ProductOptions>(name, [], [options], ["precision", "preferredElementType"]);

type Product = (a: ArrayLike, b: ArrayLike, options?: ProductOptions) => NDArray;

/**
 * The dot product: of vectors a number, of matrices the matrix product; of more axes the sum over the last of `a` and the second to last of `b`
 * for all combinations of the others. With a scalar, a multiplication.
 *
 * @throws TypeError when the contracted sizes differ
 * @example
 * ```ts
 * String(jnp.dot(jnp.array([1, 2]), jnp.array([3, 4]))); // => "11.0"
 * ```
 */
export const dot: Product = (a, b, options) => {
  const o = readProduct("dot", options);
  const given = [toArray(a, "dot", 0), toArray(b, "dot", 1)];
  const { dtype, weakType, operands } = productType("dot", given, o.preferredElementType);
  const [x, y] = operands;
  const contract: [number[], number[]] =
    x.ndim === 0 || y.ndim === 0 ? [[], []] : [[x.ndim - 1], [y.ndim === 1 ? 0 : y.ndim - 2]];
  const result = lax.dotGeneral(x, y, [contract, [[], []]], {
    precision: o.precision,
    preferredElementType: dtype,
  });
  return convert(result, dtype, weakType);
};

/**
 * The matrix product. Axes before the last two are batch axes and broadcast; a vector on the left is a row, on the right a column.
 *
 * @throws ValueError for scalars and batch axes that do not broadcast, TypeError when the contracted sizes differ
 * @example
 * ```ts
 * const a = jnp.array([[1, 2], [3, 4]]);
 * String(jnp.matmul(a, a)); // => "[[ 7. 10.]\n [15. 22.]]"
 * ```
 */
export const matmul: Product = (a, b, options) => {
  const o = readProduct("matmul", options);
  const [x, y] = [toArray(a, "matmul", 0), toArray(b, "matmul", 1)];
  [x, y].forEach((v, i) => {
    if (v.ndim < 1)
      throw new ValueError(`matmul input operand ${i} must have ndim at least 1, but it has ndim ${v.ndim}`);
  });
  return batchedProduct("matmul", x, y, Math.min(x.ndim, 2), Math.min(y.ndim, 2), o);
};

/**
 * The products of the vectors or matrices (`xCore` and `yCore` axes) that the last axes of two arrays hold; the axes before them are
 * batch axes and broadcast.
 */
function batchedProduct(
  name: string,
  left: NDArray,
  right: NDArray,
  xCore: number,
  yCore: number,
  options: ProductOptions,
): NDArray {
  const { dtype, weakType, operands } = productType(name, [left, right], options.preferredElementType);
  const [lhs, rhs] = operands;
  const xLead = lhs.shape.slice(0, lhs.ndim - xCore);
  const yLead = rhs.shape.slice(0, rhs.ndim - yCore);
  const batchRank = Math.max(xLead.length, yLead.length);

  // Each batch axis of the result is shared, or free in one operand; axes of size 1 are squeezed away.
  const shared: number[] = [];
  const xFree: number[] = [];
  const yFree: number[] = [];
  const xSqueeze: number[] = [];
  const ySqueeze: number[] = [];
  const bothOne: number[] = [];
  const xBatch: number[] = [];
  const yBatch: number[] = [];
  for (let i = 0; i < batchRank; i++) {
    const xSize = xLead[i - batchRank + xLead.length];
    const ySize = yLead[i - batchRank + yLead.length];
    const xAt = shared.length + xFree.length;
    const yAt = shared.length + yFree.length;
    if (xSize === undefined) yFree.push(i);
    else if (ySize === undefined) xFree.push(i);
    else if (xSize === 1 || ySize === 1) {
      if (xSize === 1) xSqueeze.push(xAt + xSqueeze.length);
      if (ySize === 1) ySqueeze.push(yAt + ySqueeze.length);
      (xSize !== 1 ? xFree : ySize !== 1 ? yFree : bothOne).push(i);
    } else if (xSize === ySize) {
      xBatch.push(xAt);
      yBatch.push(yAt);
      shared.push(i);
    } else {
      throw new ValueError(`Incompatible types for ${name} arguments: ${lhs.aval} and ${rhs.aval}`);
    }
  }
  if (xCore === 2) xFree.push(batchRank);
  if (yCore === 2) yFree.push(batchRank + xCore - 1);
  // The result has the shared axes, then those of x, then those of y; bring them into the order of the batch axes.
  const order = [...shared, ...xFree, ...yFree];
  const permutation = order.map((_, i) => i).sort((i, j) => order[i] - order[j]);

  const x = xSqueeze.length > 0 ? lax.squeeze(lhs, xSqueeze) : lhs;
  const y = ySqueeze.length > 0 ? lax.squeeze(rhs, ySqueeze) : rhs;
  const contract: [number[], number[]] = [[x.ndim - 1], [y.ndim - yCore]];
  const product = lax.dotGeneral(x, y, [contract, [xBatch, yBatch]], {
    precision: options.precision,
    preferredElementType: dtype,
  });
  let result = lax.transpose(product, permutation);
  if (bothOne.length > 0) result = lax.expandDims(result, bothOne);
  return convert(result, dtype, weakType);
}

/**
 * The dot product of two arrays read as vectors, row by row.
 *
 * @throws TypeError when the sizes differ
 * @example
 * ```ts
 * String(jnp.vdot(jnp.array([[1, 2]]), jnp.array([[3, 4]]))); // => "11.0"
 * ```
 */
export const vdot: Product = (a, b, options) => {
  const flat = (x: NDArray): NDArray => lax.reshape(x, [x.size]);
  return dot(conjugate(flat(toArray(a, "vdot", 0))), flat(toArray(b, "vdot", 1)), options);
};

/**
 * The product summed over the last axes of both arrays; with a scalar, a multiplication.
 *
 * @throws TypeError when the last sizes differ
 * @example
 * ```ts
 * String(jnp.inner(jnp.array([[1, 2], [3, 4]]), jnp.array([1, 1]))); // => "[3. 7.]"
 * ```
 */
export const inner: Product = (a, b, options) => {
  const o = readProduct("inner", options);
  const [x, y] = [toArray(a, "inner", 0), toArray(b, "inner", 1)];
  if (x.ndim === 0 || y.ndim === 0) {
    const preferred = o.preferredElementType;
    if (preferred === undefined) return multiply(x, y);
    return multiply(convert(x, asDType(preferred)), convert(y, asDType(preferred)));
  }
  return tensordot(x, y, [-1, -1], o);
};

/**
 * All products of elements of two arrays read as vectors: `out[i, j] = a[i] * b[j]`.
 *
 * @example
 * ```ts
 * String(jnp.outer(jnp.array([1, 2]), jnp.array([3, 4]))); // => "[[3. 4.]\n [6. 8.]]"
 * ```
 */
export function outer(a: ArrayLike, b: ArrayLike): NDArray {
  const [x, y] = promoteDTypes([toArray(a, "outer", 0), toArray(b, "outer", 1)]);
  const flat = (v: NDArray): NDArray => lax.reshape(v, [v.size]);
  const column = lax.expandDims(flat(x), [1]);
  return multiply(column, lax.expandDims(flat(y), [0]));
}

/** The axes of a {@link tensordot}: how many, one of each array, or a list of each. */
export type TensordotAxes = number | readonly [number | readonly number[], number | readonly number[]];

/**
 * The product summed over axes of both arrays: over the last `axes` of `a` and the first of `b`, or over the axes listed for each.
 *
 * @param axes default 2
 * @throws TypeError when the contracted sizes differ or the lists have different lengths, ValueError for axes out of range
 * @example
 * ```ts
 * jnp.tensordot(jnp.ones([2, 3, 4]), jnp.ones([4, 3, 5]), [[1, 2], [1, 0]]).shape; // => [2, 5]
 * ```
 */
export function tensordot(
  a: ArrayLike,
  b: ArrayLike,
  axes?: TensordotAxes | (ProductOptions & { axes?: TensordotAxes }),
  options?: ProductOptions,
): NDArray {
  const o = readOptions<ProductOptions & { axes: TensordotAxes }>(
    "tensordot",
    ["axes"],
    [axes, options],
    ["precision", "preferredElementType"],
  );
  const given = [toArray(a, "tensordot", 0), toArray(b, "tensordot", 1)];
  const { dtype, weakType, operands } = productType("tensordot", given, o.preferredElementType);
  const [x, y] = operands;
  const contract = tensordotAxes(o.axes ?? 2, x, y);
  const result = lax.dotGeneral(x, y, [contract, [[], []]], {
    precision: o.precision,
    preferredElementType: dtype,
  });
  return convert(result, dtype, weakType);
}

function tensordotAxes(axes: TensordotAxes, x: NDArray, y: NDArray): [number[], number[]] {
  if (typeof axes === "number") {
    if (axes > Math.min(x.ndim, y.ndim)) {
      throw new TypeError(
        `Number of tensordot axes (axes ${axes}) exceeds input ranks (${shapeStr(x.shape)} and ${shapeStr(y.shape)})`,
      );
    }
    const range = Array.from({ length: axes }, (_, i) => i);
    return [range.map((i) => x.ndim - axes + i), range];
  }
  if (!Array.isArray(axes) || axes.length !== 2) {
    throw new TypeError(
      "tensordot axes argument must be an int, a pair of ints, or a pair of lists/tuples of ints.",
    );
  }
  const [left, right] = axes.map((k: number | readonly number[]) => (typeof k === "number" ? [k] : k));
  if (left.length !== right.length) {
    throw new TypeError(
      `tensordot requires axes lists to have equal length, got ${shapeStr(left)} and ${shapeStr(right)}.`,
    );
  }
  return [left.map((k) => canonicalizeAxis(k, x.ndim)), right.map((k) => canonicalizeAxis(k, y.ndim))];
}

/**
 * Dot products of vectors that lie along one axis (default the last) of both arrays; the other axes broadcast.
 *
 * @throws ValueError when the sizes along the axis differ or the others do not broadcast
 * @example
 * ```ts
 * String(jnp.vecdot(jnp.array([[1, 2], [3, 4]]), jnp.array([1, 1]))); // => "[3. 7.]"
 * ```
 */
export function vecdot(x1: ArrayLike, x2: ArrayLike, options?: ProductOptions & { axis?: number }): NDArray {
  const o = readOptions<ProductOptions & { axis: number }>(
    "vecdot",
    [],
    [options],
    ["axis", "precision", "preferredElementType"],
  );
  const axis = o.axis ?? -1;
  const [x, y] = [toArray(x1, "vecdot", 0), toArray(x2, "vecdot", 1)];
  const [n, m] = [x.shape[canonicalizeAxis(axis, x.ndim)], y.shape[canonicalizeAxis(axis, y.ndim)]];
  if (n !== m) {
    throw new ValueError(
      `axes must match; got shapes ${shapeStr(x.shape)} and ${shapeStr(y.shape)} with axis=${axis}`,
    );
  }
  return batchedProduct("vecdot", moveaxis(x, axis, -1), moveaxis(y, axis, -1), 1, 1, o);
}

const matvecJit = jit((x: NDArray, y: NDArray): NDArray => batchedProduct("matvec", x, y, 2, 1, {}), {
  name: "matvec",
});
/** Matrices (the last two axes of `x1`) times vectors (the last of `x2`), other axes broadcast. @example `jnp.matvec(jnp.ones([5, 2, 3]), jnp.ones(3)).shape; // => [5, 2]` */
export function matvec(x1: ArrayLike, x2: ArrayLike): NDArray {
  const [x, y] = [toArray(x1, "matvec", 0), toArray(x2, "matvec", 1)];
  requireCore("matvec", x, 2, 0);
  requireCore("matvec", y, 1, 1);
  return matvecJit(x, y);
}
const vecmatJit = jit((x: NDArray, y: NDArray): NDArray => batchedProduct("vecmat", x, y, 1, 2, {}), {
  name: "vecmat",
});
/** Vectors (the last axis of `x1`) times matrices (the last two of `x2`), other axes broadcast. @example `jnp.vecmat(jnp.ones(2), jnp.ones([5, 2, 3])).shape; // => [5, 3]` */
export function vecmat(x1: ArrayLike, x2: ArrayLike): NDArray {
  const [x, y] = [toArray(x1, "vecmat", 0), toArray(x2, "vecmat", 1)];
  requireCore("vecmat", x, 1, 0);
  requireCore("vecmat", y, 2, 1);
  return vecmatJit(x, y);
}
function requireCore(name: string, x: NDArray, rank: number, position: number): void {
  if (x.ndim < rank) {
    throw new ValueError(
      `${name} input operand ${position} must have ndim at least ${rank}, but it has ndim ${x.ndim}`,
    );
  }
}

const kronJit = jit(
  (a: NDArray, b: NDArray): NDArray => {
    const [x, y] = promoteDTypes([a, b]);
    const rank = Math.max(x.ndim, y.ndim);
    const raise = (v: NDArray): NDArray =>
      v.ndim === rank
        ? v
        : lax.expandDims(
            v,
            Array.from({ length: rank - v.ndim }, (_, i) => i),
          );
    const [p, q] = [raise(x), raise(y)];
    if (rank === 0) return multiply(p, q);
    const axes = p.shape.map((_, i) => i);
    const product = multiply(
      lax.expandDims(
        p,
        axes.map((i) => 2 * i + 1),
      ),
      lax.expandDims(
        q,
        axes.map((i) => 2 * i),
      ),
    );
    return reshape(
      product,
      p.shape.map((n, i) => n * q.shape[i]),
    );
  },
  { name: "kron" },
);
/**
 * The Kronecker product: `b` scaled by each element of `a`, as blocks.
 *
 * @example
 * ```ts
 * String(jnp.kron(jnp.array([1, 2]), jnp.array([1, 10]))); // => "[ 1. 10.  2. 20.]"
 * ```
 */
export function kron(a: ArrayLike, b: ArrayLike): NDArray {
  return kronJit(toArray(a, "kron", 0), toArray(b, "kron", 1));
}

interface CrossOptions {
  axisa?: number;
  axisb?: number;
  axisc?: number;
  /** All three at once. */
  axis?: number | null;
}
const crossJit = jit(
  (x: NDArray, y: NDArray, axisa: number, axisb: number, axisc: number): NDArray => {
    const [a, b] = [moveaxis(x, axisa, -1), moveaxis(y, axisb, -1)];
    const size = (v: NDArray): number => v.shape[v.ndim - 1];
    if (![2, 3].includes(size(a)) || ![2, 3].includes(size(b))) {
      throw new ValueError("Dimension must be either 2 or 3 for cross product");
    }
    const part = (v: NDArray, i: number): NDArray => getItem(v, ["...", i]);
    const difference = (i: number, j: number): NDArray =>
      subtract(multiply(as[i], bs[j]), multiply(as[j], bs[i]));
    const components = (v: NDArray): NDArray[] => {
      const [p, q] = [part(v, 0), part(v, 1)];
      return [p, q, size(v) === 3 ? part(v, 2) : lax.fullLike(p, 0)];
    };
    if (size(a) === 2 && size(b) === 2) {
      return subtract(multiply(part(a, 0), part(b, 1)), multiply(part(a, 1), part(b, 0)));
    }
    const [as, bs] = [components(a), components(b)];
    const parts = [difference(1, 2), difference(2, 0), difference(0, 1)];
    return moveaxis(concatenate(parts.map((c) => lax.expandDims(c, [0]))), 0, axisc);
  },
  { name: "cross", staticArgnums: [2, 3, 4] },
);
/**
 * The cross product of vectors of three components (a missing third counts as 0; of two pairs, the third component of the result).
 *
 * @param options.axis the axis of the components in both and in the result; `axisa`, `axisb`, `axisc` give each
 * @throws ValueError for vectors of other sizes
 * @example
 * ```ts
 * String(jnp.cross(jnp.array([1, 0, 0]), jnp.array([0, 1, 0]))); // => "[0. 0. 1.]"
 * ```
 */
export function cross(
  a: ArrayLike,
  b: ArrayLike,
  ...args: [(number | CrossOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<CrossOptions>("cross", ["axisa", "axisb", "axisc", "axis"], args);
  const all = o.axis ?? undefined;
  return crossJit(
    toArray(a, "cross", 0),
    toArray(b, "cross", 1),
    all ?? o.axisa ?? -1,
    all ?? o.axisb ?? -1,
    all ?? o.axisc ?? -1,
  );
}
