import { resultOf } from "../dotSteps.ts";
import type { DotKernel } from "../ir.ts";
import type { BlockBuilder, SlicedPart } from "./blockBuilder.ts";
import type { Member } from "./digits.ts";

/** How far a step of something moves in the operands and in the result. */
interface Steps {
  readonly left: number;
  readonly right: number;
  readonly result: number;
}
interface Dim extends Steps {
  readonly size: number;
}

const none: Steps = { left: 0, right: 0, result: 0 };

/** A product in the coordinates of a block; null when the columns of its result would not lie side by side. */
export function sliceDot(builder: BlockBuilder, member: Member): DotKernel | null {
  const kernel = member.kernel as DotKernel;
  const { batch, k, lhs, rhs } = kernel;
  const whole = resultOf(kernel);
  const rank = batch.length;
  const stepsOf = (dim: number): Steps => {
    if (dim < rank) return { left: lhs.batch[dim], right: rhs.batch[dim], result: whole.batch[dim] };
    if (dim === rank) return { left: lhs.rowStride, right: 0, result: whole.rowStride };
    return { left: 0, right: rhs.colStride, result: 1 };
  };
  const dims = builder.dimsOf(member).slice(0, rank + 2);
  const scaled = ({ left, right, result }: Steps, by: number): Steps => ({
    left: left * by,
    right: right * by,
    result: result * by,
  });
  const kept = dims.map(({ parts }, dim) =>
    parts
      .filter((p) => p.axis < 0)
      .map(({ size, weight }): Dim => ({ size, ...scaled(stepsOf(dim), weight) })),
  );
  // Of the parts of rows and columns the innermost remain such; others count matrices.
  const [rows, cols] = [kept[rank].pop(), kept[rank + 1].pop()];
  const matrices = kept.flat();
  const local = builder.localOf(kernel.out);
  const place = ({ result }: Steps) => (local === undefined ? result : local.layout.stride(result));
  const [row, col] = [rows ?? { size: 1, ...none }, cols ?? { size: 1, ...none }];
  if (col.size > 1 && place(col) !== 1) return null;
  const rowStride = row.size > 1 ? place(row) : col.size;
  if (rowStride < col.size) return null;

  /** Where the first block begins, and how far it moves. */
  const start = (side: keyof Steps) =>
    dims.reduce((sum, { base }, dim) => sum + base * stepsOf(dim)[side], 0);
  const moves = (side: keyof Steps) =>
    builder.axes.map((_, axis) =>
      dims.reduce((sum, { parts }, dim) => {
        const part = parts.find((p: SlicedPart) => p.axis === axis);
        return part === undefined ? sum : sum + part.weight * stepsOf(dim)[side];
      }, 0),
    );
  const sizes = matrices.map((d) => d.size);
  const [left, right] = (["left", "right"] as const).map((side): DotKernel["lhs"] | null => {
    const { view, rowStride: down, colStride: across } = side === "left" ? lhs : rhs;
    const isLeft = side === "left";
    const strides = matrices.map((d) => d[side]);
    const pair = isLeft ? [row.left, across] : [down, col.right];
    const shape = isLeft ? [row.size, k] : [k, col.size];
    const dimsHere = [...sizes, ...shape];
    const own = builder.localOf(view.buffer);
    if (own !== undefined) {
      // What is shared moves as in the whole intermediate; the summed index has its own stride there.
      const { layout, id } = own;
      const all = [...strides, ...pair].map((stride, d) => (dimsHere[d] === 1 ? 0 : layout.stride(stride)));
      return operand(id, layout.offset(view.offset), dimsHere, all);
    }
    const steps = moves(side);
    const first = start(side);
    if (steps.some((step) => step < 0) || first < 0) return null;
    const buffer = builder.slice(view.buffer, steps, first);
    return operand(buffer, view.offset, dimsHere, [...strides, ...pair]);
  });
  if (left === null || right === null) return null;
  const result = { batch: matrices.map(place), rowStride };
  const shared = { ...kernel, batch: sizes, m: row.size, n: col.size, lhs: left, rhs: right };
  if (local !== undefined) return withResult({ ...shared, out: local.id }, result);
  const out = builder.slice(kernel.out, moves("result"), start("result"));
  return withResult({ ...shared, out }, result);
}

function operand(
  buffer: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): DotKernel["lhs"] {
  return {
    view: { buffer, offset, shape, strides },
    batch: strides.slice(0, -2),
    rowStride: strides[strides.length - 2],
    colStride: strides[strides.length - 1],
  };
}

/** The strides of a result that is not contiguous. */
function withResult(kernel: DotKernel, result: NonNullable<DotKernel["result"]>): DotKernel {
  const { result: _, ...rest } = kernel;
  const usual = resultOf(rest);
  const same =
    usual.rowStride === result.rowStride && usual.batch.every((stride, d) => stride === result.batch[d]);
  return same ? rest : { ...rest, result };
}
