import { shapedArray } from "../../core/aval.ts";
import type { TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import type { DType } from "../../dtypes/index.ts";
import { resultOf } from "../dotSteps.ts";
import type { FlatEqn } from "../flat.ts";
import type { DotKernel, DotResult, Node, View } from "../ir.ts";
import type { Lowering } from "../lowering/lower.ts";
import type { Source } from "../lowering/source.ts";
import { rowMajorStrides } from "../shapes.ts";
import { wantedLayouts } from "./dotLayout.ts";

type DotLowering = Extract<TemplateLowering<Params>, { kind: "dot" }>;

/** Sizes of dimensions and how far apart their elements are, outermost first. */
interface Dims {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** One operand with its dimensions sorted by purpose. */
interface Arranged {
  readonly view: View;
  readonly batch: Dims;
  readonly free: Dims;
  readonly contract: Dims;
}

/**
 * Any contraction as a batched product of matrices: the free dimensions of each operand become one, and so do the contracted ones.
 * Where strides do not allow that, the operand is first copied in the order that is needed.
 */
export function lowerDot(l: Lowering, eqn: FlatEqn, lowering: DotLowering): void {
  const [out] = eqn.outputs;
  const { dtype } = out.aval;
  const { contract, batch } = lowering.dims(eqn.params);
  const operands = eqn.inputs.map((v) => convert(l, l.source(v), dtype));
  const k = contract[0].reduce((n, d) => n * operands[0].aval.shape[d], 1);
  if (k === 0) {
    l.define(out, l.draft.constant(out.aval, l.draft.b.const(0, dtype)));
    return;
  }

  const contracted = orderPairs(contract, operands);
  const sides = operands.map((x, side) => arrange(l, x, batch[side], contracted[side]));
  let [lhs, rhs] = sides.map((side) => collapseSide(side));
  // The contracted dimensions must become one in both operands alike.
  if (lhs === null) lhs = collapseSide(rearrange(l, operands[0], batch[0], contracted[0]));
  if (rhs === null) rhs = collapseSide(rearrange(l, operands[1], batch[1], contracted[1]));
  if (lhs === null || rhs === null) throw new Error("a contiguous operand of a dot has no single stride");
  const m = total(lhs.free.sizes);
  const n = total(rhs.free.sizes);
  const frees = operands.map((x, side) => x.aval.shape.length - batch[side].length - contract[side].length);
  const layout = chooseResult(l, eqn, [batch[0].length, ...frees]);
  const { swapped } = layout;
  const { sizes, strides } = collapseBatch(lhs.batch, rhs.batch, layout.batch);
  const [rowStride, kLeft] = [lhs.free.strides[0], lhs.contract.strides[0]];
  const [colStride, kRight] = [rhs.free.strides[0], rhs.contract.strides[0]];
  const buffer = l.draft.newBuffer(out.aval);
  const view = (side: Arranged, shape: number[], steps: number[]): View => ({
    buffer: side.view.buffer,
    offset: side.view.offset,
    shape: [...sizes, ...shape],
    strides: steps,
  });
  const left = {
    view: view(lhs, [m, k], [...strides[0], rowStride, kLeft]),
    batch: strides[0],
    rowStride,
    colStride: kLeft,
  };
  const right = {
    view: view(rhs, [k, n], [...strides[1], kRight, colStride]),
    batch: strides[1],
    rowStride: kRight,
    colStride,
  };
  const kernel: DotKernel = {
    kind: "dot",
    name: eqn.primitive.name,
    dtype,
    batch: sizes,
    m: swapped ? n : m,
    n: swapped ? m : n,
    k,
    lhs: swapped ? transposed(right) : left,
    rhs: swapped ? transposed(left) : right,
    out: buffer,
  };
  const result: DotResult = { batch: strides[2], rowStride: layout.rowStride };
  const placed = isSameResult(result, resultOf(kernel)) ? kernel : { ...kernel, result };
  l.draft.addTemplate([lhs.view.buffer, rhs.view.buffer], [buffer], () => placed);
  const { shape } = out.aval;
  l.define(
    out,
    layout.strides === null
      ? l.draft.stored(out.aval, buffer)
      : l.draft.viewed(out.aval, { buffer, offset: 0, shape, strides: layout.strides }),
  );
}

function isSameResult(a: DotResult, b: DotResult): boolean {
  return a.rowStride === b.rowStride && a.batch.every((stride, d) => stride === b.batch[d]);
}

function transposed(side: DotKernel["lhs"]): DotKernel["lhs"] {
  const { view, batch, rowStride, colStride } = side;
  const swap = (xs: readonly number[]) => [...xs.slice(0, -2), xs[xs.length - 1], xs[xs.length - 2]];
  return {
    view: { ...view, shape: swap(view.shape), strides: swap(view.strides) },
    batch,
    rowStride: colStride,
    colStride: rowStride,
  };
}

/** How a product stores its result. */
interface ResultLayout {
  /** Strides of all its dimensions; null for row-major order. */
  readonly strides: readonly number[] | null;
  /** Strides of the batch dimensions and of the rows; columns have stride 1. */
  readonly batch: readonly number[];
  readonly rowStride: number;
  /** Whether the right operand has the rows: `(A B)^T = B^T A^T`. */
  readonly swapped: boolean;
}

/**
 * The layout that makes following transpositions free, where rows and columns keep one stride each; otherwise row-major order. `counts`: how
 * many dimensions of the result are batch dimensions, rows and columns.
 */
function chooseResult(l: Lowering, eqn: FlatEqn, counts: readonly number[]): ResultLayout {
  const { shape } = eqn.outputs[0].aval;
  const starts = [0, counts[0], counts[0] + counts[1]];
  const parts = starts.map((start, i) =>
    shape.map((_, d) => d).filter((d) => d >= start && d < start + counts[i] && shape[d] !== 1),
  );
  const pick = (strides: readonly number[]): Dims[] =>
    parts.map((dims) => ({ sizes: dims.map((d) => shape[d]), strides: dims.map((d) => strides[d]) }));
  const [plainBatch, plainRows, plainCols] = pick(rowMajorStrides(shape));
  const [m, n] = [total(plainRows.sizes), total(plainCols.sizes)];
  if (m !== 1 && n !== 1) {
    for (const strides of wantedLayouts(l, eqn)) {
      const [batch, ...sides] = pick(strides);
      const [rows, cols] = sides.map(collapse);
      if (rows === null || cols === null) continue;
      const [row, col] = [rows.strides[0], cols.strides[0]];
      if (col === 1) return { strides, batch: batch.strides, rowStride: row, swapped: false };
      if (row === 1) return { strides, batch: batch.strides, rowStride: col, swapped: true };
    }
  }
  return { strides: null, batch: plainBatch.strides, rowStride: n, swapped: false };
}

/** The operand in the dtype of the result. */
function convert(l: Lowering, x: Source, dtype: DType): Source {
  if (x.aval.dtype === dtype) return x;
  const emit = (index: readonly Node[]) => l.draft.b.cast(x.at(index), dtype);
  const converted = l.draft.inlined(x.aval.update({ dtype }), 1, emit);
  converted.settle();
  return converted;
}

/** The contracted pairs in the order in which the left operand, or else the right one, holds them. */
function orderPairs(
  contract: readonly [readonly number[], readonly number[]],
  operands: readonly Source[],
): [number[], number[]] {
  const pairs = contract[0].map((d, i) => [d, contract[1][i]] as const);
  const side = operands[0].view === null && operands[1].view !== null ? 1 : 0;
  const stride = (p: readonly [number, number]) => operands[side].view?.strides[p[side]] ?? -p[side];
  const sorted = pairs.slice().sort((p, q) => stride(q) - stride(p));
  return [sorted.map((p) => p[0]), sorted.map((p) => p[1])];
}

function arrange(l: Lowering, x: Source, batch: readonly number[], contract: readonly number[]): Arranged {
  if (x.view === null) {
    if (x.isInlined) l.draft.materialize(x);
    else return rearrange(l, x, batch, contract);
  }
  const view = x.view as View;
  const { shape } = x.aval;
  const pick = (dims: readonly number[]): Dims => {
    const kept = dims.filter((d) => shape[d] !== 1);
    return { sizes: kept.map((d) => shape[d]), strides: kept.map((d) => view.strides[d]) };
  };
  const free = shape.map((_, d) => d).filter((d) => !batch.includes(d) && !contract.includes(d));
  return { view, batch: pick(batch), free: pick(free), contract: pick(contract) };
}

/** A contiguous copy of the operand, dimensions in the order batch, free, contracted. */
function rearrange(l: Lowering, x: Source, batch: readonly number[], contract: readonly number[]): Arranged {
  const { shape, dtype } = x.aval;
  const free = shape.map((_, d) => d).filter((d) => !batch.includes(d) && !contract.includes(d));
  const order = [...batch, ...free, ...contract];
  const aval = shapedArray(
    order.map((d) => shape[d]),
    dtype,
  );
  const moved = l.draft.inlined(aval, 1, (index) => {
    const at = new Array<Node>(shape.length);
    order.forEach((d, i) => {
      at[d] = index[i];
    });
    return x.at(at);
  });
  const copy = l.draft.stored(aval, l.draft.copy(moved));
  const from = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
  return arrange(l, copy, from(0, batch.length), from(batch.length + free.length, contract.length));
}

/** Free and contracted dimensions as one each, or null when the strides do not allow it. */
function collapseSide(side: Arranged): Arranged | null {
  const free = collapse(side.free);
  const contract = collapse(side.contract);
  if (free === null || contract === null) return null;
  return { ...side, free, contract };
}

/** Dimensions that follow one another as one; none at all as one of size 1. */
function collapse({ sizes, strides }: Dims): Dims | null {
  if (sizes.length === 0) return { sizes: [1], strides: [0] };
  for (let d = 0; d + 1 < sizes.length; d++) if (strides[d] !== strides[d + 1] * sizes[d + 1]) return null;
  return { sizes: [total(sizes)], strides: [strides[strides.length - 1]] };
}

/** Batch dimensions merged where both operands and the result allow it. */
function collapseBatch(
  lhs: Dims,
  rhs: Dims,
  result: readonly number[],
): { sizes: number[]; strides: [number[], number[], number[]] } {
  const sizes: number[] = [];
  const strides: [number[], number[], number[]] = [[], [], []];
  for (let d = 0; d < lhs.sizes.length; d++) {
    const size = lhs.sizes[d];
    const steps = [lhs.strides[d], rhs.strides[d], result[d]];
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((s, side) => s[last] === steps[side] * size)) {
      sizes[last] *= size;
      strides.forEach((s, side) => {
        s[last] = steps[side];
      });
    } else {
      sizes.push(size);
      strides.forEach((s, side) => {
        s.push(steps[side]);
      });
    }
  }
  return { sizes, strides };
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((n, x) => n * x, 1);
}
