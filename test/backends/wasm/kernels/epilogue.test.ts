import { describe, expect, it } from "vitest";
import { type FuncRef, ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import {
  type ContractionSpec,
  contractionScratchBytes,
  type Dim,
  emitContraction,
} from "../../../../src/backends/wasm/kernels/contraction.ts";
import type { EpilogueContext } from "../../../../src/backends/wasm/kernels/epilogue.ts";
import {
  emitGemm,
  type GemmArray,
  type GemmSpec,
  gemmPlan,
} from "../../../../src/backends/wasm/kernels/gemm.ts";

let seed = 5;
function below(n: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}
const pick = <T>(xs: readonly T[]): T => xs[below(xs.length)] as T;

/** Small whole numbers, so that sums are exact in any order. */
const numbers = (n: number) => Float32Array.from({ length: n }, () => below(9) - 4);

/**
 * Runs code on arrays laid out one after the other, each with a guard behind it, and gives their contents afterwards. Arrays that are one
 * object have one place.
 */
function run(emit: (mb: ModuleBuilder) => FuncRef, arrays: readonly Float32Array[], scratchBytes: number) {
  let top = 64;
  const place = (bytes: number) => {
    const at = top;
    top = Math.ceil((top + bytes) / 64) * 64 + 64;
    return at;
  };
  const places = new Map<Float32Array, number>();
  for (const x of arrays) if (!places.has(x)) places.set(x, place(x.byteLength));
  const at = arrays.map((x) => places.get(x) as number);
  const scratch = place(scratchBytes);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0xab);
  arrays.forEach((x, i) => {
    new Float32Array(memory.buffer, at[i], x.length).set(x);
  });
  const mb = new ModuleBuilder({ debug: true });
  mb.importMemory("env", "memory", { initial: 1 });
  mb.exportFunction(emit(mb), "run");
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()), { env: { memory } });
  const [a, b, c, ...rest] = at;
  (exports["run"] as (...p: unknown[]) => void)(a, b, c, scratch, ...rest);
  arrays.forEach((x, i) => {
    const end = (at[i] as number) + x.byteLength;
    expect(bytes.slice(end, end + 64).every((byte) => byte === 0xab)).toBe(true);
  });
  return arrays.map((x, i) => new Float32Array(memory.buffer.slice(at[i], (at[i] as number) + x.byteLength)));
}

/** acc = max(acc * scale + bias + residual, 0); the sum itself and the double of the result go elsewhere. */
const epilogue = {
  key: "test",
  emit: (f: Parameters<NonNullable<GemmSpec["epilogue"]>["emit"]>[0], at: EpilogueContext) => {
    const { acc, load, store } = at;
    store(3, acc);
    f.get(acc);
    load(0);
    f.f32x4.mul();
    load(1);
    f.f32x4.add();
    load(2);
    f.f32x4.add().f32x4.const(0).f32x4.max().set(acc);
    const twice = f.temp("v128");
    f.get(acc).get(acc).f32x4.add().set(twice);
    store(4, twice);
    f.release(twice);
  },
};

describe("epilogues", () => {
  it("run on every element of products of any shape", () => {
    for (let trial = 0; trial < 120; trial++) {
      const m = pick([1, 2, 3, 5, 7, 13, 31, 33, 140]);
      let n = pick([1, 2, 3, 5, 7, 13, 31, 33, 70]);
      const k = pick([0, 1, 2, 3, 8, 100, 300, 385, 800]);
      const size = pick([1, 1, 3]);
      if (trial % 10 === 0) n = 530;
      const wide = n + pick([0, 2]);
      const whole: GemmArray = { rowStride: wide, colStride: 1, batch: [m * wide] };
      const scale = pick<GemmArray>([
        { rowStride: 1, colStride: 0, batch: [m] },
        { rowStride: 1, colStride: 0, batch: [0] },
        { rowStride: 0, colStride: 0, batch: [1] },
      ]);
      const bias = pick<GemmArray>([
        { rowStride: 0, colStride: 1, batch: [0] },
        { rowStride: 0, colStride: 2, batch: [0] },
      ]);
      const tight: GemmArray = { rowStride: n, colStride: 1, batch: [m * n] };
      const apart: GemmArray = { rowStride: 1, colStride: m, batch: [m * n] };
      const sums = pick([tight, apart]);
      const spec: GemmSpec = {
        dtype: "float32",
        m,
        n,
        k,
        a: pick([
          { rowStride: k, colStride: 1 },
          { rowStride: 1, colStride: m },
        ]),
        b: pick([
          { rowStride: n, colStride: 1 },
          { rowStride: 1, colStride: k },
        ]),
        batch: [{ size, strideA: m * k, strideB: pick([0, k * n]) }],
        epilogue: { ...epilogue, arrays: [scale, bias, whole, sums, tight] },
      };
      const a = numbers(size * m * k);
      const b = numbers(size * k * n);
      const [c, sum0, twice0] = Array.from({ length: 3 }, () => new Float32Array(size * m * n));
      const extras = [size * m, 2 * n, size * m * wide].map(numbers);
      // The result may take the place of an array that is read element by element.
      const inPlace = wide === n && pick([true, false]);
      const results = run(
        (mb) => emitGemm(mb, spec),
        [a, b, inPlace ? extras[2] : c, ...extras, sum0, twice0] as Float32Array[],
        gemmPlan(spec).scratchBytes,
      );
      const [out, sum, twice] = [results[2], results[6], results[7]] as Float32Array[];
      const name = JSON.stringify(spec);
      for (let l = 0; l < size; l++) {
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            const at = (x: GemmArray) => l * (x.batch[0] ?? 0) + i * x.rowStride + j * x.colStride;
            let total = 0;
            for (let q = 0; q < k; q++) {
              const x = a[l * m * k + i * spec.a.rowStride + q * spec.a.colStride] as number;
              const y = b[
                l * (spec.batch?.[0]?.strideB ?? 0) + q * spec.b.rowStride + j * spec.b.colStride
              ] as number;
              total += x * y;
            }
            const [s, t, r] = [scale, bias, whole].map((x, e) => extras[e]?.[at(x)] as number) as [
              number,
              number,
              number,
            ];
            const value = Math.max(total * s + t + r, 0);
            const got = [out?.[at(tight)], sum?.[at(sums)], twice?.[at(tight)]].map((v) => (v as number) + 0);
            if (got[0] !== value || got[1] !== total + 0 || got[2] !== 2 * value)
              expect.fail(`${name}: (${l}, ${i}, ${j}) is ${got}, expected ${[value, total + 0, 2 * value]}`);
          }
        }
      }
    }
  });

  it("run once per element of contractions, when the last block is summed", () => {
    for (let trial = 0; trial < 80; trial++) {
      const dims = (most: number) => Array.from({ length: below(most) + 1 }, () => pick([1, 2, 3, 5, 8, 13]));
      const sizes = { batch: dims(1), rows: dims(2), cols: dims(2), sum: dims(2) };
      if (trial % 4 === 0) sizes.sum = [pick([700, 1300, 1921])];
      if (trial % 7 === 0) sizes.cols = [pick([513, 530])];
      const list = [...sizes.batch, ...sizes.rows, ...sizes.cols, ...sizes.sum];
      if (list.reduce((p, s) => p * s, 1) > 6e5) continue;
      const total = (xs: readonly number[]) => xs.reduce((p, s) => p * s, 1);
      const steps = (xs: readonly number[]) => xs.map((_, i) => total(xs.slice(i + 1)));
      const [R, C, K] = [total(sizes.rows), total(sizes.cols), total(sizes.sum)];
      const byRows = pick([true, false]);
      // C, the arrays of its layout, and one of the other; a scale for each row, a bias for each column.
      const place = (r: number, c: number, l: number) =>
        byRows ? l * R * C + r * C + c : l * R * C + c * R + r;
      const other = (r: number, c: number, l: number) =>
        byRows ? l * R * C + c * R + r : l * R * C + r * C + c;
      const dim = (size: number, l: number, r: number, c: number, a: number, b: number): Dim => ({
        size,
        a,
        b,
        c: place(r, c, l),
        arrays: [l * R + r, c, place(r, c, l), other(r, c, l), place(r, c, l)],
      });
      const spec: ContractionSpec = {
        dtype: "float32",
        batch: sizes.batch.map((s, i) =>
          dim(
            s,
            steps(sizes.batch)[i] as number,
            0,
            0,
            (steps(sizes.batch)[i] as number) * R * K,
            (steps(sizes.batch)[i] as number) * K * C,
          ),
        ),
        rows: sizes.rows.map((s, i) =>
          dim(s, 0, steps(sizes.rows)[i] as number, 0, (steps(sizes.rows)[i] as number) * K, 0),
        ),
        cols: sizes.cols.map((s, i) =>
          dim(s, 0, 0, steps(sizes.cols)[i] as number, 0, steps(sizes.cols)[i] as number),
        ),
        sum: sizes.sum.map((s, i) => ({
          size: s,
          a: steps(sizes.sum)[i] as number,
          b: (steps(sizes.sum)[i] as number) * C,
          c: 0,
        })),
        relaxed: false,
        epilogue: { ...epilogue, arrays: [null, null, null, null, null] },
      };
      const L = total(sizes.batch);
      const [a, b] = [numbers(L * R * K), numbers(L * K * C)];
      const [out, sum0, twice0] = Array.from({ length: 3 }, () => new Float32Array(L * R * C));
      const extras = [L * R, C, L * R * C].map(numbers);
      const results = run(
        (mb) => emitContraction(mb, spec),
        [a, b, out, ...extras, sum0, twice0] as Float32Array[],
        contractionScratchBytes(spec),
      );
      for (let l = 0; l < L; l++) {
        for (let r = 0; r < R; r++) {
          for (let c = 0; c < C; c++) {
            let sum = 0;
            for (let q = 0; q < K; q++)
              sum += (a[l * R * K + r * K + q] as number) * (b[l * K * C + q * C + c] as number);
            const at = place(r, c, l);
            const [s, t, e] = [extras[0]?.[l * R + r], extras[1]?.[c], extras[2]?.[at]] as number[];
            const value = Math.max(sum * (s as number) + (t as number) + (e as number), 0);
            const got = [results[2]?.[at], results[6]?.[other(r, c, l)], results[7]?.[at]].map(
              (v) => (v as number) + 0,
            );
            if (got[0] !== value || got[1] !== sum + 0 || got[2] !== 2 * value)
              expect.fail(
                `${JSON.stringify(spec)}: (${l}, ${r}, ${c}) is ${got}, expected ${[value, sum, 2 * value]}`,
              );
          }
        }
      }
    }
  });
});
