import type { DotKernel, DotResult } from "./ir.ts";

/** The strides of a dot's result. */
export function resultOf({ batch, m, n, result }: DotKernel): DotResult {
  if (result !== undefined) return result;
  const strides = batch.map(() => 0);
  let step = m * n;
  for (let d = batch.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= batch[d];
  }
  return { batch: strides, rowStride: n };
}

/** Every element of a dot's result: where its row of the left operand and its column of the right one start, and its index. */
export function* dotSteps(
  kernel: DotKernel,
): Generator<{ lhs: number; rhs: number; at: number; index: readonly number[] }> {
  const { batch, m, n, lhs, rhs } = kernel;
  if (batch.some((size) => size === 0)) return;
  const result = resultOf(kernel);
  const index = batch.map(() => 0);
  for (;;) {
    let a = lhs.view.offset;
    let b = rhs.view.offset;
    let c = 0;
    index.forEach((i, d) => {
      a += i * lhs.batch[d];
      b += i * rhs.batch[d];
      c += i * result.batch[d];
    });
    for (let i = 0; i < m; i++) {
      const row = c + i * result.rowStride;
      for (let j = 0; j < n; j++)
        yield {
          lhs: a + i * lhs.rowStride,
          rhs: b + j * rhs.colStride,
          at: row + j,
          index: [...index, i, j],
        };
    }
    let d = batch.length - 1;
    while (d >= 0 && ++index[d] === batch[d]) index[d--] = 0;
    if (d < 0) return;
  }
}
