import type { NDArray } from "../core/array.ts";
import { shapesEqual } from "../core/aval.ts";
import type { BatchDim, BatchingRule, Params, Primitive } from "../core/primitive.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { bind, bind1 } from "../core/trace.ts";
import { ops } from "./ops.ts";

/** `0 .. n-1` without some axes. */
export function axesWithout(n: number, ...removed: readonly number[]): number[] {
  const axes: number[] = [];
  for (let i = 0; i < n; i++) if (!removed.includes(i)) axes.push(i);
  return axes;
}

/** Moves one axis, the others keep their order. */
export function moveBatchDim(x: NDArray, from: number, to: number): NDArray {
  if (from === to) return x;
  const permutation = axesWithout(x.ndim, from);
  permutation.splice(to, 0, from);
  return ops.transpose(x, permutation);
}

/** Repeats an unmapped array along a new axis. */
export function broadcastBatchDim(x: NDArray, size: number, axis: number): NDArray {
  const shape = x.shape.slice();
  shape.splice(axis, 0, size);
  return ops.broadcastInDim(x, shape, asNumpyInts(axesWithout(shape.length, axis)));
}

/** Moves the mapped axis from one place to another; null stands for an array that is not mapped, which is repeated if it is to be. */
export function placeBatchDim(x: NDArray, from: BatchDim, to: BatchDim, size: number): NDArray {
  if (to === null || from === to) return x;
  return from === null ? broadcastBatchDim(x, size, to) : moveBatchDim(x, from, to);
}

/** The array with its mapped axis first; an unmapped one is repeated. */
export function batchDimAtFront(x: NDArray, dim: BatchDim, size: number): NDArray {
  return dim === null ? broadcastBatchDim(x, size, 0) : moveBatchDim(x, dim, 0);
}

/** Batching of operations of one operand that treat every element alike. */
/* @__NO_SIDE_EFFECTS__ */
export function vectorizedBatching<P extends Params>(primitive: () => Primitive<P>): BatchingRule<P> {
  return (operands, dims, params) => [bind(primitive(), operands, params), [dims[0]]];
}

/**
 * Batching of elementwise operations that broadcast: agreeing mapped axes and scalars go through as they are; otherwise
 * mapped axes move to the front, unmapped operands get a size-1 axis there, and mapped scalars trailing ones.
 */
/* @__NO_SIDE_EFFECTS__ */
export function broadcastingBatching<P extends Params>(primitive: () => Primitive<P>): BatchingRule<P> {
  return (operands, dims, params) => {
    const first = dims.findIndex((d) => d !== null);
    const dim = dims[first] as number;
    const { shape } = operands[first];
    if (operands.every((x, i) => x.ndim === 0 || (dims[i] === dim && shapesEqual(x.shape, shape)))) {
      const outs = bind(primitive(), operands, params);
      return [outs, outs.map(() => dim)];
    }
    const front = operands.map((x, i) => (x.ndim === 0 ? x : batchDimAtFront(x, dims[i], 1)));
    const ndim = Math.max(...front.map((x) => x.ndim));
    const args = front.map((x, i) => {
      if (dims[i] === null || x.ndim === ndim) return x;
      return ops.expandDims(
        x,
        Array.from({ length: ndim - x.ndim }, (_, k) => x.ndim + k),
      );
    });
    const outs = bind(primitive(), args, params);
    return [outs, outs.map(() => 0)];
  };
}

/** Batching of reductions: the reduced axes after the mapped one move up. */
/* @__NO_SIDE_EFFECTS__ */
export function reducerBatching<P extends Params & { axes: readonly number[] }>(
  primitive: () => Primitive<P>,
): BatchingRule<P> {
  return ([x], [dim], params) => {
    const at = dim as number;
    const axes = asNumpyInts(params.axes.map((a) => (a < at ? a : a + 1)));
    const dimOut = axesWithout(x.ndim, ...axes).indexOf(at);
    return [[bind1(primitive(), [x], { ...params, axes })], [dimOut]];
  };
}
