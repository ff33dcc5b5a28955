import { tensor } from "./inputs.ts";
import type { Group, Inputs, Kernel, Row, Verifier } from "./row.ts";

type Numbers = ArrayLike<number>;

/** The product of n x n matrices in float64, the first or second transposed if so wanted. */
function product(a: Numbers, b: Numbers, n: number, turnA = false, turnB = false): Float64Array {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const x = turnA ? a[k * n + i] : a[i * n + k];
      for (let j = 0; j < n; j++) c[i * n + j] += x * (turnB ? b[j * n + k] : b[k * n + j]);
    }
  }
  return c;
}

const scaledColumns = (a: Numbers, by: Numbers, n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => a[i] * by[i % n]);

/** The largest difference, in parts of the largest magnitude of what is expected; NaN counts as infinite. */
function difference(actual: Numbers, expected: Numbers): number {
  let [worst, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i] - expected[i]);
    worst = Math.max(worst, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
    size = Math.max(size, Math.abs(expected[i]));
  }
  return worst / size;
}

const identity = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
const orthonormal = (q: Numbers, n: number): number => difference(product(q, q, n, true), identity(n));

function triangular(a: Numbers, n: number, upper: boolean): number {
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) if (upper ? j < i : j > i) worst = Math.max(worst, Math.abs(a[i * n + j]));
  }
  return worst;
}

/** How far answers are from what defines the decomposition: signs are free. */
const errors: Readonly<Record<string, (a: Numbers, answers: readonly Numbers[], n: number) => number[]>> = {
  cholesky: (a, [l], n) => [difference(product(l, l, n, false, true), a), triangular(l, n, false)],
  qr: (a, [q, r], n) => [difference(product(q, r, n), a), orthonormal(q, n), triangular(r, n, true)],
  eigh: (a, [v, w], n) => [
    difference(product(scaledColumns(v, w, n), v, n, false, true), a),
    orthonormal(v, n),
  ],
  svd: (a, [u, s, vh], n) => [
    difference(product(scaledColumns(u, s, n), vh, n), a),
    orthonormal(u, n),
    orthonormal(vh, n),
  ],
};

const tolerance = 1e-4;

function judge(kernel: string, n: number): (inputs: Inputs) => Verifier {
  return ({ a }) =>
    (answers) => {
      const error = Math.max(...errors[kernel](a.data, answers, n));
      return { error, correct: error <= tolerance };
    };
}

/** Cholesky wants a positive definite matrix, eigh a symmetric one. */
function matrix(kernel: string, n: number): Float32Array {
  const { data } = tensor(n, [n, n]);
  const x = (data as Float32Array).slice();
  if (kernel === "qr" || kernel === "svd") return x;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) x[i * n + j] = x[j * n + i];
    if (kernel === "cholesky") x[i * n + i] += n;
  }
  return x;
}

const row = (kernel: Kernel, n: number, flops: number): Row => ({
  id: `w11-${kernel}-${n}`,
  title: `${kernel} ${n} x ${n}`,
  kernel,
  unit: "ms",
  parameters: {},
  inputs: () => ({ a: { shape: [n, n], data: matrix(kernel, n) } }),
  reference: judge(kernel, n),
  work: { flops: flops * n ** 3 },
});

/** Operations of the usual algorithms in units of n^3, with Q and singular vectors. */
export const w11: Group = {
  id: "w11",
  title: "linear algebra, float32",
  rows: (
    [
      ["cholesky", 1 / 3],
      ["qr", 8 / 3],
      ["eigh", 9],
      ["svd", 20],
    ] as const
  ).flatMap(([kernel, flops]) => [64, 128, 256].map((n) => row(kernel, n, flops))),
};
