import type { NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import { keysForwarded } from "../core/keyUse.ts";
import { definePrimitive, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { moveBatchDim } from "./batching.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { takeElements } from "./hostMoves.ts";
import { concatInts, copyInts, hasDuplicates, type Ints, isRange, numpyMap, range } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizeAxis, canonicalizeShape, checkShapelike, dataOperand } from "./shapeChecks.ts";

interface BroadcastParams {
  readonly shape: Ints;
  readonly broadcastDimensions: Ints;
  [key: string]: unknown;
}

const broadcastInDimPrimitive: Primitive<BroadcastParams> = definePrimitive<BroadcastParams>({
  name: "broadcast_in_dim",
  keyUse: keysForwarded,
  abstractEval: ([x], { shape, broadcastDimensions }) => {
    checkShapelike("broadcast_in_dim", "shape", shape);
    checkShapelike("broadcast_in_dim", "broadcast_dimensions", broadcastDimensions);
    const dims = shapeStr(broadcastDimensions);
    if (x.ndim !== broadcastDimensions.length) {
      throw new TypeError(
        "broadcast_in_dim broadcast_dimensions must have length equal to operand ndim; " +
          `got broadcast_dimensions ${dims} for operand ndim ${x.ndim}.`,
      );
    }
    if (shape.length < x.ndim) {
      throw new TypeError(
        "broadcast_in_dim target broadcast shape must have equal or higher rank to the operand shape; " +
          `got operand ndim ${x.ndim} and target broadcast ndim ${shape.length}.`,
      );
    }
    if (broadcastDimensions.some((d) => d >= shape.length)) {
      throw new TypeError(
        "broadcast_in_dim broadcast_dimensions must be a subset of output dimensions, " +
          `got ${dims} for operand ndim ${x.ndim} and shape ${shapeStr(shape)}.`,
      );
    }
    if (!x.shape.every((n, i) => n === 1 || n === shape[broadcastDimensions[i]])) {
      throw new TypeError(
        "broadcast_in_dim operand dimension sizes must either be 1, or be equal to their corresponding " +
          `dimensions in the target broadcast shape; got operand of shape ${shapeStr(x.shape)}, ` +
          `target broadcast shape ${shapeStr(shape)}, broadcast_dimensions ${dims} `,
      );
    }
    if (hasDuplicates(broadcastDimensions)) {
      throw new TypeError(
        `broadcast_in_dim broadcast_dimensions must not contain duplicates, got broadcast_dimensions ${dims}`,
      );
    }
    return [x.update({ shape })];
  },
  reference: ([x], { shape, broadcastDimensions }) => {
    const strides = shape.map(() => 0);
    rowMajorStrides(x.shape).forEach((s, i) => {
      if (x.shape[i] !== 1) strides[broadcastDimensions[i]] = s;
    });
    return [takeElements(x, offsetsOf(shape, strides))];
  },
  jvp: /* @__PURE__ */ linearJvp(() => broadcastInDimPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, operand, { shape, broadcastDimensions }) => {
    const unitDims = range(operand.ndim).filter((i) => operand.shape[i] === 1);
    const kept = broadcastDimensions.filter((_, i) => operand.shape[i] !== 1);
    const axes = range(shape.length).filter((i) => !kept.includes(i));
    return expandDims(ops.reduceSum(ct, axes), unitDims);
  }),
  batching: ([x], [dim], { shape, broadcastDimensions }) => {
    const moved = moveBatchDim(x, dim as number, 0);
    const dims = concatInts(
      [0],
      numpyMap(broadcastDimensions, (d) => d + 1),
    );
    return [[broadcastInDim(moved, [moved.shape[0], ...shape], dims)], [0]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { broadcastDimensions }) =>
      x.at(broadcastDimensions.map((d, i) => (x.aval.shape[i] === 1 ? b.const(0, int32) : index[d]))),
  },
  printParams: ({ broadcastDimensions }) =>
    broadcastDimensions.length > 0 ? { broadcast_dimensions: broadcastDimensions } : {},
});

/**
 * Repeats an array along new or size-1 axes: axis `i` of `x` becomes axis `broadcastDimensions[i]` of the result.
 * @param shape The shape of the result.
 * @throws TypeError when the dimensions are out of range or repeated, or a size is neither 1 nor that of the result.
 * @example
 * lax.broadcastInDim(jnp.array([1, 2]), [2, 3], [0])
 * // => Array([[1., 1., 1.],
 * //           [2., 2., 2.]], dtype=float32)
 */
export function broadcastInDim(x: LaxOperand, shape: Ints, broadcastDimensions: Ints): NDArray {
  const operand = dataOperand(x, "broadcast_in_dim");
  if (operand === x && shapesEqual(operand.shape, shape) && isRange(broadcastDimensions, shape.length)) {
    return operand;
  }
  const params = { shape: copyInts(shape), broadcastDimensions: copyInts(broadcastDimensions) };
  return bind1(broadcastInDimPrimitive, [operand], params);
}

/**
 * Repeats an array along new leading axes.
 * @example
 * lax.broadcast(jnp.array([1, 2]), [2])
 * // => Array([[1., 2.],
 * //           [1., 2.]], dtype=float32)
 */
export function broadcast(x: LaxOperand, sizes: Ints): NDArray {
  const operand = dataOperand(x, "broadcast");
  if (sizes.length === 0 && operand === x) return operand;
  const shape = [...canonicalizeShape(sizes), ...operand.shape];
  return broadcastInDim(
    x,
    shape,
    range(operand.ndim).map((i) => i + sizes.length),
  );
}

/**
 * Adds leading size-1 axes up to a rank.
 * @example
 * lax.broadcastToRank(jnp.array([1, 2]), 3).shape // => [1, 1, 2]
 */
export function broadcastToRank(x: LaxOperand, rank: number | { readonly rank: number }): NDArray {
  if (typeof rank === "object") return broadcastToRank(x, rank.rank);
  const operand = dataOperand(x, "broadcast_to_rank");
  if (operand.ndim > rank) {
    throw new ValueError(`broadcast_to_rank: an array of rank ${operand.ndim} has no rank ${rank}`);
  }
  return broadcast(x, new Array<number>(rank - operand.ndim).fill(1));
}

/**
 * Inserts size-1 axes; `dimensions` are positions in the result, negative ones count from its end.
 * @throws ValueError for repeated or out-of-range dimensions.
 * @example
 * lax.expandDims(jnp.array([1, 2]), [0, 2]).shape // => [1, 2, 1]
 */
export function expandDims(x: LaxOperand, dimensions: Ints): NDArray {
  const operand = dataOperand(x, "expand_dims");
  const ndim = operand.ndim + dimensions.length;
  const dims = dimensions.map((d) => canonicalizeAxis(d, ndim));
  if (hasDuplicates(dims)) {
    throw new ValueError(`repeated axis in lax.expand_dims: ${shapeStr(dimensions)}`);
  }
  const kept = range(ndim).filter((i) => !dims.includes(i));
  const shape = new Array<number>(ndim).fill(1);
  kept.forEach((d, i) => {
    shape[d] = operand.shape[i];
  });
  return broadcastInDim(x, shape, kept);
}

/**
 * The shape that arrays of these shapes broadcast to, by NumPy's rules.
 * @throws ValueError when they do not fit.
 * @example
 * lax.broadcastShapes([2, 1], [3]) // => [2, 3]
 */
export function broadcastShapes(...shapes: readonly Ints[]): number[] {
  if (shapes.length === 0) throw new TypeError("broadcast_shapes: At least one shape is required.");
  const ndim = Math.max(...shapes.map((s) => s.length));
  const result = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    canonicalizeShape(shape).forEach((n, i) => {
      const axis = ndim - shape.length + i;
      if (n === 1) return;
      if (result[axis] !== 1 && result[axis] !== n) {
        throw new ValueError(
          `Incompatible shapes for broadcasting: shapes=[${shapes.map(shapeStr).join(", ")}]`,
        );
      }
      result[axis] = n;
    });
  }
  return result;
}

/**
 * An array broadcast to the shape of another: its dimensions are the last ones of that.
 * @throws ValueError when the shapes do not fit.
 * @example
 * lax.broadcastLike(jnp.array([1, 2]), jnp.zeros([2, 2]))
 * // => Array([[1., 2.],
 * //           [1., 2.]], dtype=float32)
 */
export function broadcastLike(x: LaxOperand, like: LaxOperand): NDArray {
  const [operand, target] = [dataOperand(x, "broadcast_like"), dataOperand(like, "broadcast_like").aval];
  const first = target.ndim - operand.ndim;
  const fits = first >= 0 && operand.shape.every((n, d) => n === 1 || n === target.shape[first + d]);
  if (!fits) {
    throw new ValueError(
      `Incompatible types for broadcasting: input type=${operand.aval} and requested type=${operand.aval.update({ shape: target.shape })}`,
    );
  }
  if (shapesEqual(operand.shape, target.shape)) return operand;
  return broadcastInDim(
    operand,
    target.shape,
    operand.shape.map((_, d) => first + d),
  );
}
