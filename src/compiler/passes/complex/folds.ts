import type { Expr, ReductionLowering, ScanLowering } from "../../../core/lowering.ts";
import type { Params, Primitive } from "../../../core/primitive.ts";
import { int32 } from "../../../dtypes/index.ts";
import type { FlatEqn, Value } from "../../flat.ts";
import { internalPointwise, onParts, type Rewriter } from "../internal.ts";
import { fromParts, toParts } from "./views.ts";

/** Reductions and running reductions that combine both parts of their operands: by elementwise steps that each halve what is left to do. */

/** The scalar operation of a reduction. */
const operations: Readonly<Record<string, string>> = {
  sum: "add",
  prod: "mul",
  max: "max",
  min: "min",
  logaddexp: "logaddexp",
};
function operationOf(op: string): string {
  const found = operations[op];
  if (found === undefined) throw new Error(`complex numbers have no reduction ${op}`);
  return found;
}

interface HalfParams {
  readonly [name: string]: unknown;
  readonly op: string;
  readonly axis: number;
  readonly size: number;
}

/** Combines the second half of an axis with the first; the middle element of an odd number stays alone. */
const halve = internalPointwise<HalfParams>("halve", "expensive", (b, [x], index, { op, axis, size }) => {
  const half = Math.ceil(size / 2);
  const read = (i: Expr) => x.at(index.map((e, d) => (d === axis ? i : e)));
  const partner = b.op("add", index[axis], b.const(half, int32));
  const last = b.const(size - 1, int32);
  const both = b.op(op, read(index[axis]), read(b.op("min", partner, last)));
  return b.select(b.op("le", partner, last), both, read(index[axis]));
});

const squeeze = internalPointwise<{ axes: readonly number[] }>(
  "squeeze",
  "view",
  (b, [x], index, { axes }) => {
    let next = 0;
    return x.at(x.aval.shape.map((_, d) => (axes.includes(d) ? b.const(0, int32) : index[next++])));
  },
);
const empty = internalPointwise<{ op: string }>("identity", "cheap", (b, _operands, _index, { op }, [out]) =>
  b.const(op === "prod" ? 1 : 0, out.dtype),
);

export function splitReduction(w: Rewriter, eqn: FlatEqn, lowering: ReductionLowering<Params>): void {
  const [out] = eqn.outputs;
  let [x] = eqn.inputs;
  const axes = lowering.axes(eqn.params, x.aval);
  if (axes.some((axis) => x.aval.shape[axis] === 0)) {
    if (lowering.op !== "prod") throw new Error(`${eqn.primitive.name} of no complex numbers has no result`);
    w.define(empty, { op: lowering.op }, [], [out]);
    return;
  }
  const op = operationOf(lowering.op);
  for (const axis of axes) {
    for (let size = x.aval.shape[axis]; size > 1; size = Math.ceil(size / 2)) {
      const shape = x.aval.shape.map((n, d) => (d === axis ? Math.ceil(size / 2) : n));
      x = w.add(halve, { op, axis, size }, [x], x.aval.update({ shape }));
    }
  }
  w.define(squeeze, { axes }, [x], [out]);
}

interface StepParams {
  readonly [name: string]: unknown;
  readonly op: string;
  readonly axis: number;
  readonly size: number;
  readonly step: number;
  readonly reverse: boolean;
}

/** Combines each element of an axis with the one `step` before it (after it when `reverse`), where there is one. */
const advance = internalPointwise<StepParams>("advance", "expensive", (b, [x], index, params) => {
  const { op, axis, size, step, reverse } = params;
  const i = index[axis];
  const read = (at: Expr) => x.at(index.map((e, d) => (d === axis ? at : e)));
  const from = b.op("add", i, b.const(reverse ? step : -step, int32));
  const inside = b.op("max", b.const(0, int32), b.op("min", from, b.const(size - 1, int32)));
  const both = b.op(op, read(inside), read(i));
  return b.select(b.op("eq", inside, from), both, read(i));
});

export function splitScan(w: Rewriter, eqn: FlatEqn, lowering: ScanLowering<Params>): void {
  const [out] = eqn.outputs;
  let [x] = eqn.inputs;
  const axis = lowering.axis(eqn.params);
  if (lowering.op === "sum") {
    const parts = toParts(w, x);
    const sums = w.add(onParts(eqn.primitive, lowering), eqn.params, [parts], parts.aval);
    fromParts(w, sums, out.aval.ndim, out);
    return;
  }
  const op = operationOf(lowering.op);
  const size = x.aval.shape[axis];
  const reverse = lowering.reverse(eqn.params);
  let next: Value = x;
  for (let step = 1; step < size; step *= 2) {
    next = w.value(x.aval);
    w.define(advance as Primitive, { op, axis, size, step, reverse }, [x], [next]);
    x = next;
  }
  w.define(squeeze, { axes: [] }, [x], [out]);
}
