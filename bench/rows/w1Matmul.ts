import { matmul, transpose } from "../reference/linear.ts";
import { sample, tensor } from "./inputs.ts";
import type { Group, Row } from "./row.ts";
import { close } from "./verify.ts";

/** Rows of the answer that are verified: all of a small product, 64 of a large one (whose plain loops would take long). */
const verified = (m: number, k: number, n: number): Int32Array => sample(7, m, m * k * n <= 1 << 28 ? m : 64);

function flatIndices(rows: Int32Array, n: number): Int32Array {
  const at = new Int32Array(rows.length * n);
  for (let r = 0; r < rows.length; r++) for (let j = 0; j < n; j++) at[r * n + j] = rows[r] * n + j;
  return at;
}

function product(m: number, k: number, n: number, transposed = false): Row {
  const square = m === k && k === n;
  const name = square ? `${n}` : `${m}x${k}x${n}`;
  return {
    id: transposed ? `w1-matmul-transposed-${name}` : `w1-matmul-${name}`,
    title: `matmul ${m} x ${k} x ${n}${transposed ? ", B transposed" : ""}`,
    kernel: transposed ? "matmulTransposed" : "matmul",
    unit: "ms",
    parameters: {},
    inputs: () => ({ a: tensor(1, [m, k]), b: tensor(2, transposed ? [n, k] : [k, n]) }),
    reference: ({ a, b }) => {
      const rows = verified(m, k, n);
      const right = transposed ? transpose(b.data, n, k) : b.data;
      const values = matmul(a.data, right, [m, k, n], rows);
      return close([{ size: m * n, values, at: flatIndices(rows, n) }], 1e-5);
    },
    work: { flops: 2 * m * k * n },
  };
}

function batched(batch: number, n: number): Row {
  return {
    id: `w1-matmul-${batch}x${n}x${n}`,
    title: `${batch.toLocaleString("en")} products ${n} x ${n} x ${n}`,
    kernel: "matmul",
    unit: "ms",
    parameters: {},
    inputs: () => ({ a: tensor(1, [batch, n, n]), b: tensor(2, [batch, n, n]) }),
    reference: ({ a, b }) => {
      const values = new Float64Array(batch * n * n);
      for (let i = 0, s = n * n; i < batch; i++) {
        const part = (t: Float32Array) => t.subarray(i * s, i * s + s);
        values.set(matmul(part(a.data), part(b.data), [n, n, n]), i * s);
      }
      return close([{ size: values.length, values }], 1e-5);
    },
    work: { flops: 2 * batch * n ** 3 },
  };
}

export const w1: Group = {
  id: "w1",
  title: "matrix products",
  rows: [
    ...[64, 256, 257, 511, 512, 1024, 2048].map((n) => product(n, n, n)),
    product(2048, 10, 2048),
    product(1, 4096, 4096),
    product(1024, 1024, 1024, true),
    batched(10000, 8),
  ],
};
