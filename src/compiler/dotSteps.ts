import type { DotKernel } from "./ir.ts";

/** Every element of a dot's result: where its row of the left operand and its column of the right one start. */
export function* dotSteps(kernel: DotKernel): Generator<{ lhs: number; rhs: number; at: number }> {
  const { batch, m, n, lhs, rhs } = kernel;
  if (batch.some((size) => size === 0)) return;
  const index = batch.map(() => 0);
  let at = 0;
  for (;;) {
    let a = lhs.view.offset;
    let b = rhs.view.offset;
    index.forEach((i, d) => {
      a += i * lhs.batch[d];
      b += i * rhs.batch[d];
    });
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) yield { lhs: a + i * lhs.rowStride, rhs: b + j * rhs.colStride, at: at++ };
    }
    let d = batch.length - 1;
    while (d >= 0 && ++index[d] === batch[d]) index[d--] = 0;
    if (d < 0) return;
  }
}
