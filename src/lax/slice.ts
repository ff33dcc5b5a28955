import type { NDArray } from "../core/array.ts";
import { shapeStr, sizeOf } from "../core/aval.ts";
import { type KeyUseRule, keysUnused } from "../core/keyUse.ts";
import { definePrimitive, type Primitive } from "../core/primitive.ts";
import { asNumpyInts, isNumpyInt } from "../core/pythonText.ts";
import { bind1 } from "../core/trace.ts";
import { int32, isKey } from "../dtypes/index.ts";
import { IndexError } from "../errors.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { takeElements } from "./hostMoves.ts";
import { copyInts, hasDuplicates, type Ints, insertInt, isInts } from "./intTuples.ts";
import { constLike } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { squeeze } from "./reshape.ts";
import { canonicalizeAxis, checkShapelike, dataOperand } from "./shapeChecks.ts";

interface SliceParams {
  readonly startIndices: Ints;
  readonly limitIndices: Ints;
  readonly strides: Ints | null;
  [key: string]: unknown;
}

/** The elements that are taken are consumed, and new keys in the result. */
const sliceKeyUse: KeyUseRule<SliceParams> = (
  { startIndices, limitIndices, strides },
  [{ shape, dtype }],
) => {
  // Marking every element of a large array of numbers would be slow.
  if (!isKey(dtype)) return keysUnused();
  const mask = Array.from({ length: sizeOf(shape) }, (_, at) => {
    let rest = at;
    return shape.every((_, i) => {
      const d = shape.length - 1 - i;
      const place = rest % shape[d];
      rest = Math.floor(rest / shape[d]);
      const from = place - startIndices[d];
      return from >= 0 && place < limitIndices[d] && from % (strides?.[d] ?? 1) === 0;
    });
  });
  return { sinks: [{ index: 0, mask }], sources: [0], forwards: [] };
};

const slicePrimitive: Primitive<SliceParams> = definePrimitive<SliceParams>({
  name: "slice",
  keyUse: sliceKeyUse,
  abstractEval: ([x], { startIndices, limitIndices, strides }) => {
    checkShapelike("slice", "start_indices", startIndices);
    checkShapelike("slice", "limit_indices", limitIndices);
    if (x.ndim !== startIndices.length) {
      throw new TypeError(
        "slice start_indices must have length equal to the number of dimensions of the operand, " +
          `got indices ${shapeStr(startIndices)} for operand shape ${shapeStr(x.shape)}.`,
      );
    }
    const bounds = `got start_indices ${shapeStr(startIndices)} and limit_indices ${shapeStr(limitIndices)}.`;
    if (startIndices.length !== limitIndices.length) {
      throw new TypeError(`slice limit_indices must have the same length as start_indices, ${bounds}`);
    }
    if (limitIndices.some((n, i) => n > x.shape[i])) {
      throw new TypeError(
        "slice limit_indices must be less than or equal to operand shape, " +
          `got limit_indices ${shapeStr(limitIndices)} for operand shape ${shapeStr(x.shape)}.`,
      );
    }
    if (limitIndices.some((n, i) => n < startIndices[i])) {
      throw new TypeError(`slice limit_indices must be greater than or equal to start_indices, ${bounds}`);
    }
    const sizes = limitIndices.map((n, i) => n - startIndices[i]);
    if (strides === null) return [x.update({ shape: sizes })];
    checkShapelike("slice", "strides", strides);
    if (strides.length !== x.ndim) {
      throw new TypeError(
        "slice strides must have length equal to the number of dimensions of the operand, " +
          `got strides ${shapeStr(strides)} for operand shape ${shapeStr(x.shape)}.`,
      );
    }
    if (strides.some((s) => s < 1)) {
      throw new TypeError(`slice strides must be positive, got ${shapeStr(strides)}`);
    }
    return [x.update({ shape: sizes.map((n, i) => Math.ceil(n / strides[i])) })];
  },
  reference: ([x], { startIndices, strides }, [out]) => {
    const unit = rowMajorStrides(x.shape);
    const start = startIndices.reduce((sum, s, i) => sum + s * unit[i], 0);
    const positions = offsetsOf(
      out.shape,
      unit.map((s, i) => s * (strides?.[i] ?? 1)),
    );
    return [
      takeElements(
        x,
        positions.map((p) => p + start),
      ),
    ];
  },
  jvp: /* @__PURE__ */ linearJvp(() => slicePrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, operand, { startIndices, limitIndices, strides }) => {
    const plain = strides === null || strides.every((s) => s === 1);
    const config = operand.shape.map((n, i) => {
      const start = startIndices[i];
      const low = isNumpyInt(startIndices, i);
      if (plain) return asNumpyInts([start, n - limitIndices[i], 0], (k) => k === 1 || (k === 0 && low));
      const count = ct.shape[i];
      const covered = count === 0 ? 0 : 1 + (count - 1) * strides[i];
      return asNumpyInts([start, n - start - covered, strides[i] - 1], (k) => k > 0 || low);
    });
    return ops.pad(ct, constLike(ct, 0), config as [number, number, number][]);
  }),
  batching: ([x], [dim], { startIndices, limitIndices, strides }) => {
    const at = dim as number;
    const out = slice(
      x,
      insertInt(startIndices, at, 0),
      insertInt(limitIndices, at, x.shape[at]),
      strides === null ? null : insertInt(strides, at, 1),
    );
    return [[out], [at]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { startIndices, strides }) =>
      x.at(
        index.map((e, i) => {
          const stride = strides?.[i] ?? 1;
          const scaled = stride === 1 ? e : b.op("mul", e, b.const(stride, int32));
          return startIndices[i] === 0 ? scaled : b.op("add", scaled, b.const(startIndices[i], int32));
        }),
      ),
    start: ({ startIndices, strides }, { shape }) =>
      shape.some((n, i) => n > 1 && strides !== null && strides[i] > 1) ? null : startIndices,
  },
  printParams: ({ startIndices, limitIndices, strides }) => ({
    limit_indices: limitIndices,
    start_indices: startIndices,
    strides,
  }),
});

/**
 * The part of an array between two corners, with optional strides. Bounds are static and must lie within the array.
 * @throws TypeError for bounds outside the array, in the wrong order or of the wrong length.
 * @example
 * lax.slice(jnp.arange(6), [1], [6], [2]) // => Array([1, 3, 5], dtype=int32)
 */
export function slice(
  x: LaxOperand,
  startIndices: Ints,
  limitIndices: Ints,
  strides: Ints | null | { readonly strides?: Ints | null } = null,
): NDArray {
  const steps = isInts(strides) ? strides : (strides?.strides ?? null);
  return bind1(slicePrimitive, [dataOperand(x, "slice")], {
    startIndices: copyInts(startIndices),
    limitIndices: copyInts(limitIndices),
    strides: steps === null ? null : copyInts(steps),
  });
}

/** Options of {@link sliceInDim}. */
export interface SliceInDimOptions {
  readonly stride?: number;
  readonly axis?: number;
}

/**
 * Slices along one axis as Python does: negative bounds count from the end, null means the whole way.
 * @example
 * lax.sliceInDim(jnp.arange(5), 1, -1) // => Array([1, 2, 3], dtype=int32)
 */
export function sliceInDim(
  x: LaxOperand,
  startIndex: number | null,
  limitIndex: number | null,
  stride: number | SliceInDimOptions = 1,
  axis = 0,
): NDArray {
  const operand = dataOperand(x, "slice_in_dim");
  const options = typeof stride === "object" ? stride : { stride, axis };
  const at = canonicalizeAxis(options.axis ?? 0, operand.ndim);
  const n = operand.shape[at];
  const bound = (i: number): number => (i < 0 ? i + n : i);
  const start = operand.shape.map(() => 0);
  const limit = operand.shape.slice();
  const strides = operand.shape.map(() => 1);
  start[at] = startIndex === null ? 0 : bound(startIndex);
  limit[at] = limitIndex === null ? n : bound(limitIndex);
  strides[at] = options.stride ?? 1;
  return slice(operand, start, limit, strides);
}

/** Options of {@link indexInDim}. */
export interface IndexInDimOptions {
  readonly axis?: number;
  readonly keepdims?: boolean;
}

/**
 * The slice at one static index of an axis; negative indices count from the end.
 * @throws IndexError when the index is out of bounds.
 * @example
 * lax.indexInDim(jnp.array([[1, 2], [3, 4]]), -1, { keepdims: false }) // => Array([3., 4.], dtype=float32)
 */
export function indexInDim(
  x: LaxOperand,
  index: number,
  axis: number | IndexInDimOptions = 0,
  keepdims = true,
): NDArray {
  const operand = dataOperand(x, "index_in_dim");
  const options = typeof axis === "object" ? axis : { axis, keepdims };
  const at = canonicalizeAxis(options.axis ?? 0, operand.ndim);
  const n = operand.shape[at];
  const i = index < 0 ? index + n : index;
  if (!Number.isInteger(index) || i < 0 || i >= n) {
    throw new IndexError(`index ${index} is out of bounds for axis ${at} with size ${n}`);
  }
  const result = sliceInDim(operand, i, i + 1, 1, at);
  return (options.keepdims ?? true) ? result : squeeze(result, [at]);
}

// Reversal.

interface RevParams {
  readonly dimensions: Ints;
  [key: string]: unknown;
}

const revPrimitive: Primitive<RevParams> = definePrimitive<RevParams>({
  name: "rev",
  abstractEval: ([x], { dimensions }) => {
    checkShapelike("rev", "dimensions", dimensions);
    if (hasDuplicates(dimensions)) {
      throw new TypeError(`rev dimensions must be unique, got ${shapeStr(dimensions)}.`);
    }
    if (dimensions.some((d) => d >= x.ndim)) {
      throw new TypeError(
        "rev dimensions must all be less than operand ndim, " +
          `got dimensions ${shapeStr(dimensions)} for operand ndim ${x.ndim}.`,
      );
    }
    return [x];
  },
  reference: ([x], { dimensions }) => {
    const strides = rowMajorStrides(x.shape);
    const start = dimensions.reduce((sum, d) => sum + (x.shape[d] - 1) * strides[d], 0);
    const positions = offsetsOf(
      x.shape,
      strides.map((s, i) => (dimensions.includes(i) ? -s : s)),
    );
    return [
      takeElements(
        x,
        positions.map((p) => p + start),
      ),
    ];
  },
  jvp: /* @__PURE__ */ linearJvp(() => revPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _operand, { dimensions }) => rev(ct, dimensions)),
  batching: ([x], [dim], { dimensions }) => {
    const at = dim as number;
    const moved = dimensions.map((d) => (d >= at ? d + 1 : d));
    return [[rev(x, moved)], [at]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { dimensions }) =>
      x.at(
        index.map((e, i) =>
          dimensions.includes(i) ? b.op("sub", b.const(x.aval.shape[i] - 1, int32), e) : e,
        ),
      ),
  },
});

/**
 * Reverses the order of elements along some dimensions.
 * @throws TypeError for repeated, negative or out-of-range dimensions.
 * @example
 * lax.rev(jnp.array([1, 2, 3]), [0]) // => Array([3., 2., 1.], dtype=float32)
 */
export function rev(x: LaxOperand, dimensions: Ints): NDArray {
  return bind1(revPrimitive, [dataOperand(x, "rev")], { dimensions: copyInts(dimensions) });
}
