import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import { wasmFeatures } from "../../../../src/backends/wasm/features.ts";
import {
  type ContractionSpec,
  contractionScratchBytes,
  type Dim,
  emitContraction,
} from "../../../../src/backends/wasm/kernels/contraction.ts";
import { emitGemm, type GemmSpec, gemmPlan, sumOrder } from "../../../../src/backends/wasm/kernels/gemm.ts";
import { blockLength, GROUP, groupLengths } from "../../../../src/backends/wasm/kernels/gemmOrder.ts";

/** Pieces of a product have the bits of the whole, and so has every way to compute it. */

const seeds = { s: 1 };
function random(): number {
  seeds.s = (Math.imul(seeds.s, 1664525) + 1013904223) >>> 0;
  return seeds.s / 2 ** 32;
}
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(xs: readonly T[]): T => xs[below(xs.length)] as T;

interface Piece<Spec> {
  readonly spec: Spec;
  /** Elements from the start of each operand. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
interface Kernel<Spec> {
  readonly emit: (mb: ModuleBuilder, spec: Spec) => ReturnType<typeof emitGemm>;
  readonly scratchBytes: (spec: Spec) => number;
}
const gemm: Kernel<GemmSpec> = { emit: emitGemm, scratchBytes: (spec) => gemmPlan(spec).scratchBytes };
const contraction: Kernel<ContractionSpec> = {
  emit: emitContraction,
  scratchBytes: contractionScratchBytes,
};

/** The bytes of C after running some pieces on given operands. */
function run<Spec>(
  kernel: Kernel<Spec>,
  pieces: readonly Piece<Spec>[],
  a: Float32Array | Float64Array,
  b: Float32Array | Float64Array,
  cLength: number,
): Uint8Array {
  const bytes = a.BYTES_PER_ELEMENT;
  let top = 64;
  const place = (size: number) => {
    const at = top;
    top = Math.ceil((top + size) / 64) * 64 + 64;
    return at;
  };
  const [aAt, bAt, cAt] = [a, b, { length: cLength }].map((x) => place(x.length * bytes)) as [
    number,
    number,
    number,
  ];
  const scratch = place(Math.max(...pieces.map((p) => kernel.scratchBytes(p.spec))));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) });
  const u8 = new Uint8Array(memory.buffer);
  u8.set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), aAt);
  u8.set(new Uint8Array(b.buffer, b.byteOffset, b.byteLength), bAt);
  u8.fill(0xab, cAt, cAt + cLength * bytes);
  const mb = new ModuleBuilder();
  mb.importMemory("env", "memory", { initial: 1 });
  const names = new Map<string, string>();
  for (const { spec } of pieces) {
    const key = JSON.stringify(spec);
    if (names.has(key)) continue;
    names.set(key, `piece${names.size}`);
    mb.exportFunction(kernel.emit(mb, spec), names.get(key));
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()), { env: { memory } });
  for (const piece of pieces) {
    const f = exports[names.get(JSON.stringify(piece.spec)) as string] as (...p: number[]) => void;
    f(aAt + piece.a * bytes, bAt + piece.b * bytes, cAt + piece.c * bytes, scratch);
  }
  return u8.slice(cAt, cAt + cLength * bytes);
}

function numbers(length: number, wide: boolean): Float32Array | Float64Array {
  const data = wide ? new Float64Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = random() * 2 - 1;
  return data;
}

function sameBits(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  if (at >= 0) expect.fail(`${what}: byte ${at} of ${actual.length} differs`);
}

type Product = GemmSpec & { readonly ldc: number };
const product = (m: number, k: number, n: number, more: Partial<GemmSpec> = {}): Product => ({
  dtype: "float32",
  m,
  n,
  k,
  a: random() < 0.6 ? { rowStride: k, colStride: 1 } : { rowStride: 1, colStride: m },
  b: random() < 0.6 ? { rowStride: n, colStride: 1 } : { rowStride: 1, colStride: k },
  relaxed: wasmFeatures().relaxedSimd && random() < 0.7,
  ...more,
  ldc: more.ldc ?? n,
});

/** Cuts of a product along one of its dimensions into pieces of a random size, one of a single row or column among them. */
function cut(whole: Product, axis: "m" | "n" | number): Piece<GemmSpec>[] {
  const spec = { ...whole, order: sumOrder(whole) };
  const batch = spec.batch?.map((d) => ({ ...d })) ?? [];
  // Every stride of C said outright, so that pieces keep them.
  let step = spec.m * spec.ldc;
  for (const d of batch.toReversed()) {
    d.strideC = step;
    step *= d.size;
  }
  const dim = typeof axis === "number" ? batch[axis] : undefined;
  const size = typeof axis === "number" ? (dim?.size ?? 1) : spec[axis];
  const width = pick([1, 1 + below(size), Math.ceil(size / 2)]);
  const pieces: Piece<GemmSpec>[] = [];
  for (let at = 0; at < size; at += width) {
    const length = Math.min(width, size - at);
    if (axis === "m")
      pieces.push({
        spec: { ...spec, batch, m: length },
        a: at * spec.a.rowStride,
        b: 0,
        c: at * spec.ldc,
      });
    else if (axis === "n")
      pieces.push({ spec: { ...spec, batch, n: length }, a: 0, b: at * spec.b.colStride, c: at });
    else
      pieces.push({
        spec: { ...spec, batch: batch.map((d, i) => (i === axis ? { ...d, size: length } : d)) },
        a: at * (dim?.strideA ?? 0),
        b: at * (dim?.strideB ?? 0),
        c: at * (dim?.strideC ?? 0),
      });
  }
  return pieces;
}

describe("the order of a product's sums", () => {
  it("has blocks that depend on k alone, none very long", () => {
    for (const k of [1, 2, 383, 384, 385, 511, 512, 784, 1000, 4096, 5000, GROUP]) {
      const length = blockLength(k);
      expect(length).toBeLessThanOrEqual(384);
      expect(length).toBeGreaterThanOrEqual(Math.min(k, 170));
    }
    expect(groupLengths(0)).toEqual([]);
    expect(groupLengths(2 * GROUP + 3)).toEqual([GROUP, GROUP, 3]);
  });

  it("gives the same bits for a product and its pieces", () => {
    const sizes = [1, 2, 3, 4, 5, 7, 13, 31, 33, 64, 100];
    for (let trial = 0; trial < 150; trial++) {
      const [m, n] = [pick(sizes), pick(sizes)];
      const k = pick([1, 2, 3, 5, 8, 31, 64, 257, 384, 385, 700, 1030, 2600]);
      const dims = below(3);
      const batch = Array.from({ length: dims }, () => ({ size: 1 + below(6), strideA: 0, strideB: 0 }));
      let [stepA, stepB] = [m * k, k * n];
      for (const d of batch) {
        if (random() < 0.8) d.strideA = stepA;
        if (random() < 0.8) d.strideB = stepB;
        stepA *= d.size;
        stepB *= d.size;
      }
      const wide = random() < 0.3;
      const spec = product(m, k, n, {
        dtype: wide ? "float64" : "float32",
        batch,
        ldc: n + pick([0, 0, 3]),
      });
      const [a, b] = [numbers(stepA, wide), numbers(stepB, wide)];
      const length = batch.reduce((c, d) => c * d.size, m * spec.ldc);
      const whole = run(gemm, [{ spec, a: 0, b: 0, c: 0 }], a, b, length);
      for (const axis of ["m", "n", ...batch.map((_, i) => i)] as ("m" | "n" | number)[]) {
        const pieces = cut(spec, axis);
        sameBits(run(gemm, pieces, a, b, length), whole, `${JSON.stringify(spec)} cut along ${axis}`);
      }
    }
  });

  it("gives the same bits whatever the tile and the packing", () => {
    for (const [m, k, n] of [
      [23, 37, 29],
      [23, 900, 29],
      [5, 400, 7],
    ] as const) {
      const spec = product(m, k, n);
      const passes = spec.b.colStride === 1 ? [{ passRows: 1 }, { passRows: 4 }, { passRows: 8 }] : [];
      const [a, b] = [numbers(m * k, false), numbers(k * n, false)];
      const whole = run(gemm, [{ spec, a: 0, b: 0, c: 0 }], a, b, m * n);
      for (const [rows, vectors] of [
        [1, 1],
        [2, 1],
        [6, 2],
        [4, 3],
      ] as const) {
        for (const packA of [true, false]) {
          for (const more of [{ rowOrderK: 0 }, { rowOrderK: 10000 }, ...passes]) {
            const other = { ...spec, tuning: { rows, vectors, packA, packB: true, ...more } };
            sameBits(
              run(gemm, [{ spec: other, a: 0, b: 0, c: 0 }], a, b, m * n),
              whole,
              JSON.stringify(other),
            );
          }
        }
      }
    }
  });

  it("gives the same bits when k has several groups, close to the exact sum", () => {
    const k = 2 * GROUP + 1001;
    const a = numbers(3 * k, false);
    const b = numbers(k * 5, false);
    for (const [left, right] of [
      [
        { rowStride: k, colStride: 1 },
        { rowStride: 5, colStride: 1 },
      ],
      [
        { rowStride: k, colStride: 1 },
        { rowStride: 1, colStride: k },
      ],
    ] as const) {
      const spec = product(3, k, 5, { a: left, b: right });
      const whole = run(gemm, [{ spec, a: 0, b: 0, c: 0 }], a, b, 15);
      for (const axis of ["m", "n"] as const)
        sameBits(run(gemm, cut(spec, axis), a, b, 15), whole, `cut along ${axis}`);
      const c = new Float32Array(whole.buffer);
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 5; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++)
            sum += (a[i * k + l] as number) * (b[l * right.rowStride + j * right.colStride] as number);
          expect(Math.abs((c[i * 5 + j] as number) - sum)).toBeLessThan(1e-3);
        }
      }
    }
  });

  it("sums ten million products within a millionth", () => {
    const k = 1e7;
    const a = numbers(k, false).map(Math.abs) as Float32Array;
    const b = numbers(k, false).map(Math.abs) as Float32Array;
    let sum = 0;
    for (let i = 0; i < k; i++) sum += (a[i] as number) * (b[i] as number);
    const spec = product(1, k, 1, {
      a: { rowStride: k, colStride: 1 },
      b: { rowStride: 1, colStride: 1 },
      relaxed: false,
    });
    const c = new Float32Array(run(gemm, [{ spec, a: 0, b: 0, c: 0 }], a, b, 1).buffer);
    expect(Math.abs((c[0] as number) / sum - 1)).toBeLessThan(1e-6);
  });
});

describe("the order of a contraction's sums", () => {
  it("gives the same bits for a contraction and its pieces", () => {
    const lay = (dims: Dim[], side: "a" | "b" | "c") => {
      let step = 1;
      return dims.toReversed().map((d) => {
        const made = { ...d, [side]: step };
        step *= d.size;
        return made;
      });
    };
    for (let trial = 0; trial < 60; trial++) {
      const dim = (): Dim => ({ size: pick([1, 2, 3, 5, 8, 13, 24]), a: 0, b: 0, c: 0 });
      const dims = (most: number) => Array.from({ length: 1 + below(most) }, dim);
      const kinds = { batch: dims(1), rows: dims(2), cols: dims(2), sum: dims(3) };
      if (trial % 4 === 0) kinds.sum = [{ size: pick([700, 1290]), a: 0, b: 0, c: 0 }];
      const list = Object.values(kinds).flat();
      if (list.reduce((n, d) => n * d.size, 1) > 4e5) continue;
      const strides = new Map<Dim, Dim>();
      const assign = (side: "a" | "b" | "c", of: Dim[]) => {
        lay(of, side).forEach((made, i) => {
          const original = of[of.length - 1 - i] as Dim;
          strides.set(original, { ...(strides.get(original) ?? original), [side]: made[side] });
        });
      };
      const [batch, rows, cols, sum] = [kinds.batch, kinds.rows, kinds.cols, kinds.sum];
      assign("a", random() < 0.5 ? [...batch, ...rows, ...sum] : [...batch, ...sum, ...rows]);
      assign("b", random() < 0.5 ? [...batch, ...sum, ...cols] : [...batch, ...cols, ...sum]);
      assign("c", random() < 0.5 ? [...batch, ...rows, ...cols] : [...batch, ...cols, ...rows]);
      const of = (some: Dim[]) => some.map((d) => strides.get(d) as Dim);
      // Now and then a summed dimension that one operand reads backward.
      const back = pick([null, null, "a", "b"] as const);
      const summed = of(sum);
      const offset = { a: 0, b: 0, c: 0 };
      if (back !== null) {
        const d = summed[0] as Dim;
        offset[back] = (d.size - 1) * d[back];
        summed[0] = { ...d, [back]: -d[back] };
      }
      const spec: ContractionSpec = {
        dtype: "float32",
        batch: of(batch),
        rows: of(rows),
        cols: of(cols),
        sum: summed,
        relaxed: wasmFeatures().relaxedSimd,
      };
      const size = (some: Dim[]) => some.reduce((n, d) => n * d.size, 1);
      const a = numbers(size([...batch, ...rows, ...sum]), false);
      const b = numbers(size([...batch, ...sum, ...cols]), false);
      const length = size([...batch, ...rows, ...cols]);
      const whole = run(contraction, [{ spec, ...offset }], a, b, length);
      for (const kind of ["batch", "rows", "cols"] as const) {
        spec[kind].forEach((d, at) => {
          const width = pick([1, 1 + below(d.size)]);
          const pieces: Piece<ContractionSpec>[] = [];
          for (let from = 0; from < d.size; from += width) {
            const part = { ...d, size: Math.min(width, d.size - from) };
            pieces.push({
              spec: { ...spec, [kind]: spec[kind].map((e, i) => (i === at ? part : e)) },
              a: offset.a + from * d.a,
              b: offset.b + from * d.b,
              c: offset.c + from * d.c,
            });
          }
          sameBits(
            run(contraction, pieces, a, b, length),
            whole,
            `${JSON.stringify(spec)} cut along ${kind} ${at}`,
          );
        });
      }
    }
  });
});
