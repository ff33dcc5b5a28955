import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapeStr } from "../core/aval.ts";
import { keysJoined } from "../core/keyUse.ts";
import type { Expr } from "../core/lowering.ts";
import {
  type BatchDim,
  definePrimitive,
  type JvpRule,
  type Params,
  type Primitive,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { bind, bind1 } from "../core/trace.ts";
import { hostArray, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { moveBatchDim } from "./batching.ts";
import { broadcast } from "./broadcast.ts";
import { linearJvp } from "./families.ts";
import { putElements } from "./hostMoves.ts";
import { copyInts, equalInts, type Ints, insertInt } from "./intTuples.ts";
import { checkSameDTypes, sameDTypeOperands } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";
import { canonicalizeAxis, dataOperand } from "./shapeChecks.ts";

/** Forward rule of a linear operation of one operand with several results. */
/* @__NO_SIDE_EFFECTS__ */
function splitJvp<P extends Params>(primitive: () => Primitive<P>): JvpRule<P> {
  return (primals, [t], params) => {
    const outs = bind(primitive(), primals, params);
    return [outs, t instanceof Zero ? outs.map(zeroTangent) : bind(primitive(), [t], params)];
  };
}

/** Operands with their mapped axis first; unmapped ones are repeated. */
function allBatchedAtFront(operands: readonly NDArray[], dims: readonly BatchDim[]): NDArray[] {
  const first = dims.findIndex((d) => d !== null);
  const size = operands[first].shape[dims[first] as number];
  return operands.map((x, i) => {
    const dim = dims[i];
    return dim === null ? broadcast(x, [size]) : moveBatchDim(x, dim, 0);
  });
}

/** Elements before and after an axis. */
function outerInner(shape: Ints, axis: number): [number, number] {
  const product = (sizes: Ints): number => sizes.reduce((n, s) => n * s, 1);
  return [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
}

const shapesOf = (avals: readonly ShapedArray[]): string => avals.map((a) => shapeStr(a.shape)).join(", ");
const allWeak = (avals: readonly ShapedArray[]): boolean => avals.every((a) => a.weakType);

// Concatenation.

interface ConcatenateParams {
  readonly dimension: number;
  [key: string]: unknown;
}

const concatenatePrimitive: Primitive<ConcatenateParams> = definePrimitive<ConcatenateParams>({
  name: "concatenate",
  keyUse: keysJoined,
  abstractEval: (avals, { dimension }) => {
    if (avals.length === 0) throw new TypeError("concatenate expects at least one operand, got 0.");
    const [first] = avals;
    if (avals.some((a) => a.ndim !== first.ndim)) {
      throw new TypeError(
        `Cannot concatenate arrays with different numbers of dimensions: got ${shapesOf(avals)}.`,
      );
    }
    if (!(Number.isInteger(dimension) && dimension >= 0 && dimension < first.ndim)) {
      throw new TypeError(
        `concatenate dimension out of bounds: dimension ${dimension} for shapes ${shapesOf(avals)}.`,
      );
    }
    if (!avals.every((a) => a.shape.every((n, i) => i === dimension || n === first.shape[i]))) {
      throw new TypeError(
        "Cannot concatenate arrays with shapes that differ in dimensions other than the one being " +
          `concatenated: concatenating along dimension ${dimension} for shapes ${shapesOf(avals)}.`,
      );
    }
    checkSameDTypes("concatenate", avals);
    const shape = first.shape.slice();
    shape[dimension] = avals.reduce((n, a) => n + a.shape[dimension], 0);
    return [first.update({ shape, weakType: allWeak(avals) })];
  },
  reference: (inputs, { dimension }, [out]) => {
    const result = hostArray(out.dtype, out.size);
    const [, inner] = outerInner(out.shape, dimension);
    const row = out.shape[dimension] * inner;
    let start = 0;
    for (const x of inputs) {
      const block = x.shape[dimension] * inner;
      const count = x.shape.reduce((n, s) => n * s, 1);
      const offset = start;
      putElements(
        result,
        x,
        count,
        (i) => i,
        (i) => Math.floor(i / block) * row + offset + (i % block),
      );
      start += block;
    }
    return [result];
  },
  jvp: /* @__PURE__ */ linearJvp(() => concatenatePrimitive),
  transpose: ([ct], operands, { dimension }) => {
    if (ct instanceof Zero) return operands.map(() => null);
    const sizes = operands.map((x) => (x instanceof UndefinedPrimal ? x.aval : x.aval).shape[dimension]);
    return split(ct, sizes, dimension);
  },
  batching: (operands, dims, { dimension }) => [
    [concatenate(allBatchedAtFront(operands, dims), dimension + 1)],
    [0],
  ],
  lowering: {
    kind: "pointwise",
    cost: "view",
    corners: (operands, { dimension }) => {
      let start = 0;
      return operands.map((aval) => {
        const corner = aval.shape.map((_, axis) => (axis === dimension ? start : 0));
        start += aval.shape[dimension];
        return corner;
      });
    },
    emit: (b, operands, index, { dimension }) => {
      // From the back: each operand covers the positions before its end; reads elsewhere are clamped into it.
      const i = index[dimension];
      const parts: { x: (typeof operands)[number]; start: number; size: number }[] = [];
      let start = 0;
      for (const x of operands) {
        const size = x.aval.shape[dimension];
        if (size > 0) parts.push({ x, start, size });
        start += size;
      }
      let result: Expr | null = null;
      for (let k = parts.length - 1; k >= 0; k--) {
        const { x, start: from, size } = parts[k];
        let local = from === 0 ? i : b.op("sub", i, b.const(from, int32));
        if (k > 0) local = b.op("max", local, b.const(0, int32));
        if (k < parts.length - 1) local = b.op("min", local, b.const(size - 1, int32));
        const read = x.at(index.map((e, axis) => (axis === dimension ? local : e)));
        result = result === null ? read : b.select(b.op("lt", i, b.const(from + size, int32)), read, result);
      }
      return result ?? operands[0].at(index);
    },
  },
});

/**
 * Joins arrays of one dtype along an existing dimension.
 * @throws TypeError when dtypes, ranks or other sizes differ; ValueError for an empty list.
 * @example
 * lax.concatenate([jnp.array([1]), jnp.array([2, 3])], 0) // => Array([1., 2., 3.], dtype=float32)
 */
export function concatenate(operands: readonly LaxOperand[], dimension: number): NDArray {
  if (operands.length === 0) throw new ValueError("concatenate requires a non-empty sequences of arrays");
  const arrays = sameDTypeOperands(operands, "concatenate");
  if (arrays.length === 1 && arrays[0] === operands[0]) return arrays[0];
  return bind1(concatenatePrimitive, arrays, { dimension });
}

// Splitting.

interface SplitParams {
  readonly sizes: Ints;
  readonly axis: number;
  [key: string]: unknown;
}

const splitPrimitive: Primitive<SplitParams> = definePrimitive<SplitParams>({
  name: "split",
  abstractEval: ([x], { sizes, axis }) => {
    const list = (values: Ints): string => `[${values.join(", ")}]`;
    if (sizes.some((n) => n < 0)) {
      throw new ValueError(`Sizes passed to split must be nonnegative, got ${list(sizes)}`);
    }
    const total = sizes.reduce((n, s) => n + s, 0);
    if (x.shape[axis] !== total) {
      throw new ValueError(
        `Sum of sizes ${total} must be equal to dimension ${axis} of the operand shape ${list(x.shape)}`,
      );
    }
    return sizes.map((n) => x.update({ shape: x.shape.map((s, i) => (i === axis ? n : s)) }));
  },
  reference: ([x], { axis }, out) => {
    const [, inner] = outerInner(x.shape, axis);
    const row = x.shape[axis] * inner;
    let start = 0;
    return out.map((aval) => {
      const block = aval.shape[axis] * inner;
      const offset = start;
      start += block;
      const result = hostArray(aval.dtype, aval.size);
      putElements(result, x, aval.size, (i) => Math.floor(i / block) * row + offset + (i % block));
      return result;
    });
  },
  jvp: /* @__PURE__ */ splitJvp(() => splitPrimitive),
  transpose: (cts, _operands, { axis }) => [concatenate(cts.map(instantiate), axis)],
  batching: ([x], [dim], { sizes, axis }) => {
    const at = dim as number;
    const outs = split(x, sizes, axis >= at ? axis + 1 : axis);
    return [outs, outs.map(() => at)];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { sizes, axis }, _out, result) => {
      const start = startOfPiece(sizes, result);
      return x.at(index.map((e, i) => (i === axis && start > 0 ? b.op("add", e, b.const(start, int32)) : e)));
    },
    start: ({ sizes, axis }, { shape }, result) =>
      shape.map((_, i) => (i === axis ? startOfPiece(sizes, result) : 0)),
  },
});

function startOfPiece(sizes: Ints, piece: number): number {
  return sizes.slice(0, piece).reduce((n, s) => n + s, 0);
}

/**
 * Cuts an array into consecutive pieces of the given sizes along an axis.
 * @throws ValueError when the sizes do not add up to the axis.
 * @example
 * lax.split(jnp.array([1, 2, 3]), [1, 2]) // => [Array([1.], dtype=float32), Array([2., 3.], dtype=float32)]
 */
export function split(x: LaxOperand, sizes: Ints, axis: number | { readonly axis?: number } = 0): NDArray[] {
  const operand = dataOperand(x, "split");
  const at = canonicalizeAxis(typeof axis === "object" ? (axis.axis ?? 0) : axis, operand.ndim);
  return bind(splitPrimitive, [operand], { sizes: copyInts(sizes), axis: at });
}

// Stacking.

interface StackParams {
  readonly axis: number;
  [key: string]: unknown;
}

const stackPrimitive: Primitive<StackParams> = definePrimitive<StackParams>({
  name: "stack",
  keyUse: keysJoined,
  abstractEval: (avals, { axis }) => {
    if (avals.length === 0) throw new ValueError("stack expects at least one operand, got 0.");
    const [first] = avals;
    if (avals.some((a) => a.ndim !== first.ndim)) {
      throw new ValueError(
        `Cannot stack arrays with different numbers of dimensions: got ${shapesOf(avals)}.`,
      );
    }
    if (avals.some((a) => !equalInts(a.shape, first.shape))) {
      throw new ValueError(`All input arrays must have the same shape. Got ${shapesOf(avals)}.`);
    }
    checkSameDTypes("stack", avals);
    return [first.update({ shape: insertInt(first.shape, axis, avals.length), weakType: allWeak(avals) })];
  },
  reference: (inputs, { axis }, [out]) => {
    const result = hostArray(out.dtype, out.size);
    const [, inner] = outerInner(out.shape, axis);
    const size = out.size / inputs.length;
    inputs.forEach((x, k) => {
      putElements(
        result,
        x,
        size,
        (i) => i,
        (i) => (Math.floor(i / inner) * inputs.length + k) * inner + (i % inner),
      );
    });
    return [result];
  },
  jvp: /* @__PURE__ */ linearJvp(() => stackPrimitive),
  transpose: ([ct], operands, { axis }) =>
    ct instanceof Zero ? operands.map(() => null) : bind(unstackPrimitive, [ct], { axis }),
  batching: (operands, dims, { axis }) => {
    const [dim] = dims;
    if (dim !== null && dims.every((d) => d === dim)) {
      const before = axis <= dim;
      const out = bind(stackPrimitive, operands, { axis: before ? axis : axis + 1 });
      return [out, [before ? dim + 1 : dim]];
    }
    return [bind(stackPrimitive, allBatchedAtFront(operands, dims), { axis: axis + 1 }), [0]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, operands, index, { axis }) => {
      const at = index.filter((_, i) => i !== axis);
      let result = operands[operands.length - 1].at(at);
      for (let k = operands.length - 2; k >= 0; k--) {
        result = b.select(b.op("eq", index[axis], b.const(k, int32)), operands[k].at(at), result);
      }
      return result;
    },
  },
});

/**
 * Joins arrays of one shape and dtype along a new axis.
 * @throws ValueError when shapes differ; TypeError when dtypes do.
 * @example
 * lax.stack([jnp.array([1, 2]), jnp.array([3, 4])], 1)
 * // => Array([[1., 3.],
 * //           [2., 4.]], dtype=float32)
 */
export function stack(
  operands: readonly LaxOperand[],
  axis: number | { readonly axis?: number } = 0,
): NDArray {
  if (operands.length === 0) throw new ValueError("stack expects at least one operand, got 0.");
  const arrays = sameDTypeOperands(operands, "stack");
  const at = canonicalizeAxis(typeof axis === "object" ? (axis.axis ?? 0) : axis, arrays[0].ndim + 1);
  return bind1(stackPrimitive, arrays, { axis: at });
}

const unstackPrimitive: Primitive<StackParams> = definePrimitive<StackParams>({
  name: "unstack",
  keyUse: ({ axis }, [x]) => ({
    sinks: [{ index: 0, mask: true }],
    sources: Array.from({ length: x.shape[axis] }, (_, i) => i),
    forwards: [],
  }),
  abstractEval: ([x], { axis }) => {
    if (x.ndim === 0) {
      throw new ValueError(
        "unstack requires arrays with rank > 0, however a scalar array of shape () was passed.",
      );
    }
    const aval = x.update({ shape: x.shape.filter((_, i) => i !== axis) });
    return new Array<ShapedArray>(x.shape[axis]).fill(aval);
  },
  reference: ([x], { axis }, out) => {
    const [, inner] = outerInner(x.shape, axis);
    return out.map((aval, k) => {
      const result = hostArray(aval.dtype, aval.size);
      putElements(
        result,
        x,
        aval.size,
        (i) => (Math.floor(i / inner) * out.length + k) * inner + (i % inner),
      );
      return result;
    });
  },
  jvp: /* @__PURE__ */ splitJvp(() => unstackPrimitive),
  transpose: (cts, _operands, { axis }) => [bind1(stackPrimitive, cts.map(instantiate), { axis })],
  batching: ([x], [dim], { axis }) => {
    const at = dim as number;
    const before = axis < at;
    const outs = bind(unstackPrimitive, [x], { axis: before ? axis : axis + 1 });
    return [outs, outs.map(() => (before ? at - 1 : at))];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { axis }, _out, result) => x.at(insertExpr(index, axis, b.const(result, int32))),
  },
});
function insertExpr(index: readonly Expr[], axis: number, e: Expr): Expr[] {
  const at = index.slice();
  at.splice(axis, 0, e);
  return at;
}

/**
 * The slices of an array along an axis, without that axis.
 * @throws ValueError for a scalar.
 * @example
 * lax.unstack(jnp.array([[1, 2], [3, 4]])) // => [Array([1., 2.], dtype=float32), Array([3., 4.], dtype=float32)]
 */
export function unstack(x: LaxOperand, axis: number | { readonly axis?: number } = 0): NDArray[] {
  const operand = dataOperand(x, "unstack");
  if (operand.ndim === 0) {
    throw new ValueError(
      "unstack requires arrays with rank > 0, however a scalar array of shape () was passed.",
    );
  }
  const at = canonicalizeAxis(typeof axis === "object" ? (axis.axis ?? 0) : axis, operand.ndim);
  return bind(unstackPrimitive, [operand], { axis: at });
}
