/** The benchmark's rows: deterministic inputs, and the answer in float64 by plain loops. Peers implement each row by its id. */

/** One value per named input. */
export type Inputs = Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "us";
  readonly inputs: () => Inputs;
  /** What a peer's `result()` must be close to; null where there is nothing to verify but that it ran. */
  readonly expected: (inputs: Inputs) => Float64Array | null;
  /** Allowed |difference| relative to the largest expected magnitude. */
  readonly tolerance: number;
}

/** Uniform numbers in [-0.5, 0.5) from a linear congruential generator (Numerical Recipes' constants). */
function uniforms(seed: number, n: number): Float32Array {
  const out = new Float32Array(n);
  let s = seed >>> 0;
  for (let i = 0; i < n; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    out[i] = s / 4294967296 - 0.5;
  }
  return out;
}
const tensor = (seed: number, ...shape: number[]) => ({
  shape,
  data: uniforms(
    seed,
    shape.reduce((p, n) => p * n, 1),
  ),
});

function matmul64(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[i * k + p];
      for (let j = 0; j < n; j++) c[i * n + j] += x * b[p * n + j];
    }
  }
  return c;
}

function matmulRow(m: number, k: number, n: number): Row {
  return {
    id: `matmul-${m}x${k}x${n}`,
    title: `matmul ${m} x ${k} x ${n}`,
    unit: "ms",
    inputs: () => ({ a: tensor(1, m, k), b: tensor(2, k, n) }),
    expected: ({ a, b }) => matmul64(a.data, b.data, m, k, n),
    tolerance: 1e-5,
  };
}

/** Layer sizes and batch of the training step. */
export const mlp = { sizes: [784, 512, 512, 10], batch: 128, rate: 0.1 };

function mlpInputs(): Inputs {
  const inputs: Inputs = {
    x: tensor(10, mlp.batch, 784),
    y: {
      shape: [mlp.batch, 10],
      data: new Float32Array(mlp.batch * 10).map((_, i) => (Math.floor(i / 10) % 10 === i % 10 ? 1 : 0)),
    },
  };
  mlp.sizes.slice(1).forEach((n, i) => {
    const w = tensor(20 + i, mlp.sizes[i], n);
    inputs[`w${i}`] = { shape: w.shape, data: w.data.map((v) => v * 0.1) };
    inputs[`b${i}`] = { shape: [n], data: uniforms(30 + i, n).map((v) => v * 0.1) };
  });
  return inputs;
}

/** One step of gradient descent on softmax cross-entropy; the answer is the new first bias, which depends on everything. */
function mlpExpected(inputs: Inputs): Float64Array {
  const { batch, sizes, rate } = mlp;
  const acts: ArrayLike<number>[] = [inputs.x.data];
  for (let l = 0; l < 3; l++) {
    const z = matmul64(acts[l], inputs[`w${l}`].data, batch, sizes[l], sizes[l + 1]);
    const b = inputs[`b${l}`].data;
    for (let i = 0; i < z.length; i++) {
      z[i] += b[i % sizes[l + 1]];
      if (l < 2 && z[i] < 0) z[i] = 0;
    }
    acts.push(z);
  }
  let delta: Float64Array = Float64Array.from(acts[3] as Float64Array);
  for (let r = 0; r < batch; r++) {
    const row = delta.subarray(r * 10, r * 10 + 10);
    const max = Math.max(...row);
    let sum = 0;
    for (let j = 0; j < 10; j++) sum += row[j] = Math.exp(row[j] - max);
    for (let j = 0; j < 10; j++) row[j] = (row[j] / sum - inputs.y.data[r * 10 + j]) / batch;
  }
  for (let l = 2; l > 0; l--) {
    const n = sizes[l];
    const m = sizes[l + 1];
    const w = inputs[`w${l}`].data;
    const wT = new Float64Array(n * m);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) wT[j * n + i] = w[i * m + j];
    delta = matmul64(delta, wT, batch, m, n).map((v, i) => (acts[l][i] > 0 ? v : 0));
  }
  const out = Float64Array.from(inputs.b0.data);
  for (let r = 0; r < batch; r++) for (let j = 0; j < sizes[1]; j++) out[j] -= rate * delta[r * sizes[1] + j];
  return out;
}

const small = (): Inputs => ({ a: tensor(1, 16), b: tensor(2, 16) });

export const rows: readonly Row[] = [
  ...[64, 256, 257, 511, 1024].map((n) => matmulRow(n, n, n)),
  matmulRow(128, 784, 10),
  matmulRow(784, 128, 10),
  matmulRow(784, 10, 128),
  {
    ...matmulRow(784, 10, 128),
    id: "matmul-784x10x128-dropped",
    title: "the same, results left to the garbage collector",
  },
  {
    id: "step",
    title: "training step 784-512-512-10, batch 128",
    unit: "ms",
    inputs: mlpInputs,
    expected: mlpExpected,
    tolerance: 1e-5,
  },
  {
    id: "first",
    title: "first call of the step: trace, differentiate, compile",
    unit: "ms",
    inputs: mlpInputs,
    expected: mlpExpected,
    tolerance: 1e-5,
  },
  {
    id: "eager-add",
    title: "eager addition of two (16,) arrays",
    unit: "us",
    inputs: small,
    expected: ({ a, b }) => Float64Array.from(a.data, (v, i) => v + b.data[i]),
    tolerance: 1e-6,
  },
  {
    id: "jit-10",
    title: "jitted call of ten small operations on (16,)",
    unit: "us",
    inputs: small,
    expected: ({ a, b }) =>
      Float64Array.from(a.data, (v, i) => {
        let x = v;
        for (let k = 0; k < 5; k++) x = x * 1.01 + b.data[i];
        return x;
      }),
    tolerance: 1e-5,
  },
];
