import type { ContractionDim, ContractionKernel, DotKernel, View } from "../ir.ts";

/** Dimensions of which each continues the next become one; those of size 1 disappear. */
function merged(dims: readonly ContractionDim[]): ContractionDim[] {
  const list: ContractionDim[] = [];
  for (const d of dims) {
    if (d.size === 1) continue;
    const last = list.at(-1);
    const continues = (side: "left" | "right" | "result") => last?.[side] === d[side] * d.size;
    if (last !== undefined && continues("left") && continues("right") && continues("result")) {
      list[list.length - 1] = { ...d, size: last.size * d.size };
    } else {
      list.push(d);
    }
  }
  return list;
}

const single: ContractionDim = { size: 1, left: 0, right: 0, result: 0 };

/**
 * The contraction as a batched product of matrices, where its dimensions merge into those of one and the result is contiguous: a
 * 1 x 1 convolution, or one whose window is the whole input. What does not merge stays a contraction.
 */
export function asProduct(kernel: ContractionKernel, outSize: number): DotKernel | ContractionKernel {
  const [rows, cols, sum] = [kernel.rows, kernel.cols, kernel.sum].map(merged);
  const batch = merged(kernel.batch);
  // The outermost row or column dimension may count matrices.
  for (const dims of [rows, cols]) if (dims.length === 2) batch.push(dims.shift() as ContractionDim);
  if (kernel.outOffset !== 0 || rows.length > 1 || cols.length > 1 || sum.length > 1) return kernel;
  const [row = single, col = single, k = single] = [rows[0], cols[0], sum[0]];
  if (row.size * col.size * batch.reduce((n, d) => n * d.size, 1) !== outSize) return kernel;
  batch.sort((a, b) => b.result - a.result);
  const follows = (inner: ContractionDim, outer: ContractionDim): boolean => {
    let step = 1;
    for (const d of [inner, outer, ...batch.toReversed()]) {
      if (d.size !== 1 && d.result !== step) return false;
      step *= d.size;
    }
    return true;
  };
  const swapped = !follows(col, row);
  if (swapped && !follows(row, col)) return kernel;
  const operand = (side: "left" | "right"): DotKernel["lhs"] => {
    const [at, free] = side === "left" ? [kernel.lhs, row] : [kernel.rhs, col];
    // The left operand of the product has its free dimension first, the right one last.
    const first = (side === "left") !== swapped;
    const pair = first ? [free, k] : [k, free];
    const dims = [...batch, ...pair];
    const view: View = { ...at, shape: dims.map((d) => d.size), strides: dims.map((d) => d[side]) };
    return { view, batch: batch.map((d) => d[side]), rowStride: pair[0][side], colStride: pair[1][side] };
  };
  const { name, dtype, out } = kernel;
  return {
    kind: "dot",
    name,
    dtype,
    batch: batch.map((d) => d.size),
    m: swapped ? col.size : row.size,
    n: swapped ? row.size : col.size,
    k: k.size,
    lhs: operand(swapped ? "right" : "left"),
    rhs: operand(swapped ? "left" : "right"),
    out,
  };
}
