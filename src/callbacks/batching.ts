import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { BatchDim, BatchingRule, Params, Primitive } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import { scan } from "../lax/control/scan.ts";
import { ops } from "../lax/ops.ts";

/** The types of batches of results, mapped along a first axis. */
export function batchedAvals(avals: readonly ShapedArray[], size: number): ShapedArray[] {
  return avals.map((aval) => aval.update({ shape: [size, ...aval.shape] }));
}

/** Calls once for each example, in a loop. Mapped operands have the mapped axis first; the others are the same for all. */
export function mapUnbatched(
  call: (args: readonly NDArray[]) => NDArray[],
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  unroll: boolean,
): [NDArray[], BatchDim[]] {
  const mapped = operands.filter((_, i) => dims[i] !== null);
  const body = (_carry: unknown, slices: NDArray[]) => {
    let next = 0;
    return [[], call(operands.map((x, i) => (dims[i] === null ? x : slices[next++])))] as const;
  };
  const [, outs] = scan(body, [], mapped, { unroll }) as unknown as [unknown, NDArray[]];
  return [outs, outs.map(() => 0)];
}

/** Batching of an operation without results that only shows its operands: one operation for each example, in order. */
/* @__NO_SIDE_EFFECTS__ */
export function unrolledBatching<P extends Params>(primitive: () => Primitive<P>): BatchingRule<P> {
  return (operands, dims, params, size) => {
    for (let i = 0; i < size; i++) {
      bind(
        primitive(),
        operands.map((x, k) => (dims[k] === null ? x : example(x, dims[k], i))),
        params,
      );
    }
    return [[], []];
  };
}

function example(x: NDArray, dim: number, index: number): NDArray {
  const start = x.shape.map((_, axis) => (axis === dim ? index : 0));
  const limit = x.shape.map((n, axis) => (axis === dim ? index + 1 : n));
  const strides = x.shape.map(() => 1);
  return ops.squeeze(ops.slice(x, start, limit, strides), [dim]);
}
