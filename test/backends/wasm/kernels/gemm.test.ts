import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import { wasmFeatures } from "../../../../src/backends/wasm/features.ts";
import type { GemmDtype, GemmSpec, GemmTuning } from "../../../../src/backends/wasm/kernels/gemm.ts";
import { emitGemm, gemmPanels, gemmPlan, wantsPanels } from "../../../../src/backends/wasm/kernels/gemm.ts";

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const;
/** Bytes after every region that no kernel may touch. */
const GUARD = 64;
const PATTERN = 0xab;

let seed = 1;
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

type Extent = { readonly low: number; readonly length: number };

/** The elements that strided indices reach, from the lowest (which may be negative) on. */
function extent(dims: readonly (readonly [size: number, stride: number])[]): Extent {
  let low = 0;
  let high = 0;
  for (const [size, stride] of dims) {
    const reach = Math.max(0, size - 1) * stride;
    if (reach < 0) low += reach;
    else high += reach;
  }
  return { low, length: high - low + 1 };
}

/** Runs a product and compares every element with a loop in double precision (or exact integers). */
function check(spec: GemmSpec): void {
  const { dtype, m, n, k, a, b, batch = [] } = spec;
  const name = JSON.stringify(spec);
  const ldc = spec.ldc ?? n;
  // Bigints pass for numbers: only products and sums tell them apart.
  const Typed = ARRAYS[dtype] as typeof Float64Array;
  const wide = dtype.endsWith("int64");
  const bytes = Typed.BYTES_PER_ELEMENT;
  const aExtent = extent([
    [m, a.rowStride],
    [k, a.colStride],
    ...batch.map((d) => [d.size, d.strideA] as const),
  ]);
  const bExtent = extent([
    [k, b.rowStride],
    [n, b.colStride],
    ...batch.map((d) => [d.size, d.strideB] as const),
  ]);
  const matrices = batch.reduce((product, { size }) => product * size, 1);
  const cLength = matrices * m * ldc;
  const plan = gemmPlan(spec);

  let top = 16;
  const place = (size: number) => {
    const at = top;
    top = Math.ceil((at + size + GUARD) / 16) * 16;
    return at;
  };
  const aAt = place(aExtent.length * bytes);
  const bAt = place(bExtent.length * bytes);
  const cAt = place(cLength * bytes);
  const scratchAt = place(plan.scratchBytes);
  // Products that may find B in panels are done in both ways.
  const inPanels = wantsPanels(spec) ? { ...spec, panels: true } : null;
  const panels = inPanels === null ? null : gemmPanels(inPanels);
  const panelBytes = (panels?.elements ?? 0) * bytes;
  const [panelsAt, againAt] = [place(panelBytes), place(panels === null ? 0 : cLength * bytes)];
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) });
  new Uint8Array(memory.buffer).fill(PATTERN);
  const aData = new Typed(memory.buffer, aAt, aExtent.length);
  const bData = new Typed(memory.buffer, bAt, bExtent.length);
  const integer = dtype.includes("int");
  for (const data of [aData, bData]) {
    for (let i = 0; i < data.length; i++)
      data[i] = wide
        ? ((BigInt(Math.floor(random() * 2 ** 32)) * 0x1_0000_0003n) as unknown as number)
        : integer
          ? (random() - 0.5) * 2 ** 32
          : random() * 2 - 1;
  }
  const aCopy = aData.slice();
  const bCopy = bData.slice();

  const mb = new ModuleBuilder({ debug: true });
  mb.importMemory("env", "memory", { initial: 1 });
  mb.exportFunction(emitGemm(mb, spec), "gemm");
  if (inPanels !== null && panels !== null) {
    expect(gemmPlan(inPanels).scratchBytes, name).toBeLessThanOrEqual(plan.scratchBytes);
    mb.exportFunction(panels.emit(mb), "panels");
    mb.exportFunction(emitGemm(mb, inPanels), "gemmInPanels");
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()), { env: { memory } });
  const {
    gemm,
    panels: write,
    gemmInPanels,
  } = instance.exports as Record<string, (...args: number[]) => void>;
  const [aStart, bStart] = [aAt - aExtent.low * bytes, bAt - bExtent.low * bytes];
  gemm(aStart, bStart, cAt, scratchAt);
  if (panels !== null) {
    write(bStart, panelsAt);
    gemmInPanels(aStart, panelsAt, againAt, scratchAt);
    const [once, again] = [cAt, againAt].map((at) => new Uint8Array(memory.buffer, at, cLength * bytes));
    const same = once.every((byte, i) => byte === again[i]);
    expect(same, `${name}: other bits in panels`).toBe(true);
  }

  const c = new Typed(memory.buffer, cAt, cLength);
  const tolerance = dtype === "float32" ? 6e-8 : 1.2e-16;
  let worst = 0;
  for (let matrix = 0; matrix < matrices; matrix++) {
    let aBase = -aExtent.low;
    let bBase = -bExtent.low;
    let rest = matrix;
    for (const { size, strideA, strideB } of batch.toReversed()) {
      aBase += (rest % size) * strideA;
      bBase += (rest % size) * strideB;
      rest = Math.floor(rest / size);
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = (wide ? 0n : 0) as number;
        let scale = 0;
        for (let l = 0; l < k; l++) {
          const x = aCopy[aBase + i * a.rowStride + l * a.colStride] as number;
          const y = bCopy[bBase + l * b.rowStride + j * b.colStride] as number;
          if (wide) sum += x * y;
          else if (integer) sum = (sum + Math.imul(x, y)) | 0;
          else {
            sum += x * y;
            scale += Math.abs(x * y);
          }
        }
        const got = c[matrix * m * ldc + i * ldc + j] as number;
        const error = wide
          ? lowBits(got - sum)
          : integer
            ? (got - sum) | 0
            : Math.abs(got - sum) / (scale * (8 + Math.sqrt(k)) + 1e-300);
        if (!(Math.abs(error) <= worst)) worst = Math.abs(error);
      }
      for (let j = n; j < ldc; j++) {
        expect(
          new Uint8Array(memory.buffer, cAt + (matrix * m * ldc + i * ldc + j) * bytes, 1)[0],
          name,
        ).toBe(PATTERN);
      }
    }
  }
  expect(worst, name).toBeLessThanOrEqual(integer ? 0 : tolerance);
  expect(
    aData.every((value, i) => value === aCopy[i]) && bData.every((value, i) => value === bCopy[i]),
    name,
  ).toBe(true);
  for (const end of [
    aAt + aExtent.length * bytes,
    bAt + bExtent.length * bytes,
    cAt + cLength * bytes,
    scratchAt + plan.scratchBytes,
    panelsAt + panelBytes,
  ]) {
    expect(
      new Uint8Array(memory.buffer, end, GUARD).every((byte) => byte === PATTERN),
      `${name}: wrote past its memory`,
    ).toBe(true);
  }
}

/** The low 64 bits of a bigint, as a number that is 0 if they are. */
function lowBits(x: number): number {
  return Number(BigInt.asIntN(64, x as unknown as bigint));
}

type Layout = "row" | "column" | "wide" | "reversed" | "strided";

function strides(layout: Layout, rows: number, cols: number): { rowStride: number; colStride: number } {
  switch (layout) {
    case "row":
      return { rowStride: cols, colStride: 1 };
    case "column":
      return { rowStride: 1, colStride: rows };
    case "wide":
      return { rowStride: cols + 3, colStride: 1 };
    case "reversed":
      return { rowStride: -cols, colStride: -1 };
    case "strided":
      return { rowStride: 2 * cols + 1, colStride: 2 };
  }
}

function product(
  m: number,
  k: number,
  n: number,
  left: Layout = "row",
  right: Layout = "row",
  more: Partial<GemmSpec> = {},
): GemmSpec {
  return { dtype: "float32", m, n, k, a: strides(left, m, k), b: strides(right, k, n), ...more };
}

const layouts: Layout[] = ["row", "column", "wide", "reversed", "strided"];
const sizes = [1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 33, 64, 65, 127, 257];

describe("gemm", () => {
  const { relaxedSimd } = wasmFeatures();

  it("multiplies small matrices of every shape and layout", () => {
    for (const m of [1, 2, 3, 4, 5, 7, 13]) {
      for (const n of [1, 2, 3, 4, 5, 8, 13, 17]) {
        for (const k of [1, 2, 3, 8, 9]) {
          const left = layouts[Math.floor(random() * layouts.length)];
          const right = layouts[Math.floor(random() * layouts.length)];
          check(product(m, k, n, left, right));
        }
      }
    }
  });

  it("multiplies every pair of layouts", () => {
    for (const left of layouts) {
      for (const right of layouts) {
        for (const [m, k, n] of [
          [9, 17, 70],
          [1, 33, 65],
          [65, 33, 1],
          [1, 9, 1],
          [2, 40, 90],
          [90, 40, 2],
          [33, 65, 10],
          [40, 1, 90],
          [13, 2, 71],
        ] as const) {
          check(product(m, k, n, left, right));
        }
      }
    }
  });

  it("multiplies mixes of odd sizes", () => {
    for (let trial = 0; trial < 60; trial++) {
      const [m, k, n] = [0, 0, 0].map(() => sizes[Math.floor(random() * sizes.length)] ?? 1) as [
        number,
        number,
        number,
      ];
      const left = layouts[trial % 2];
      const right = layouts[(trial >> 1) % 2];
      check(product(m, k, n, left, right, { relaxed: relaxedSimd && trial % 3 === 0 }));
    }
  });

  it("blocks k, rows and columns", () => {
    const tuning: Partial<GemmTuning> = { blockM: 14, blockN: 24 };
    for (const packA of [true, false]) {
      for (const packB of [true, false]) {
        for (const [m, k, n] of [
          [41, 390, 61],
          [14, 16, 24],
          [13, 1025, 49],
          [28, 384, 25],
          [3, 700, 100],
        ] as const) {
          check(product(m, k, n, "row", "row", { tuning: { ...tuning, packA, packB } }));
          check(
            product(m, k, n, "column", "row", { tuning: { ...tuning, packA, packB, rows: 4, vectors: 3 } }),
          );
        }
      }
    }
    check(product(257, 600, 530));
    check(product(3, 2, 4101));
  });

  it("handles long k in every path", () => {
    for (const [m, n] of [
      [1, 1],
      [1, 5],
      [1, 70],
      [70, 1],
      [5, 5],
      [2, 70],
    ] as const) {
      for (const k of [1023, 1025, 4097, 9000]) {
        check(product(m, k, n));
        check(product(m, k, n, "column", "column"));
      }
    }
  });

  it("adds up rows of B, any number of them at a time", () => {
    for (const passRows of [1, 2, 4, 6, 8]) {
      for (const [m, k, n] of [
        [1, 1, 1],
        [2, 3, 7],
        [3, 9, 8],
        [4, 21, 50],
        [5, 400, 13],
        [8, 17, 33],
        [9, 800, 3],
      ] as const) {
        for (const left of ["row", "column", "strided"] as const) {
          for (const right of ["row", "wide"] as const) {
            const spec = product(m, k, n, left, right, { tuning: { passRows }, order: "steps", ldc: n + 2 });
            expect(gemmPlan(spec).path).toBe("axpy");
            check(spec);
            check({ ...spec, dtype: "float64", relaxed: relaxedSimd });
            check({ ...spec, dtype: "int32" });
          }
        }
      }
    }
  });

  it("computes other dtypes", () => {
    for (const dtype of ["float64", "int32", "uint32", "int64", "uint64"] as GemmDtype[]) {
      for (const [m, k, n] of [
        [1, 1, 1],
        [1, 70, 90],
        [90, 70, 1],
        [17, 33, 29],
        [65, 300, 70],
        [3, 5, 2],
        [8, 1, 9],
      ] as const) {
        for (const left of ["row", "column"] as const) {
          for (const right of layouts) check(product(m, k, n, left, right, { dtype }));
        }
      }
      check(product(31, 65, 33, "row", "row", { dtype, relaxed: relaxedSimd }));
    }
  });

  it("runs over batches, broadcast or not", () => {
    for (const [m, k, n] of [
      [1, 1, 1],
      [3, 4, 5],
      [1, 20, 60],
      [17, 9, 1],
      [20, 16, 70],
    ] as const) {
      for (const batch of [
        [{ size: 3, strideA: m * k, strideB: k * n }],
        [{ size: 3, strideA: m * k, strideB: 0 }],
        [{ size: 2, strideA: 0, strideB: k * n }],
        [
          { size: 2, strideA: 3 * m * k, strideB: 0 },
          { size: 3, strideA: m * k, strideB: 0 },
        ],
        [
          { size: 2, strideA: m * k, strideB: k * n },
          { size: 1, strideA: 7, strideB: 7 },
          { size: 2, strideA: 0, strideB: 2 * k * n },
        ],
      ]) {
        check(product(m, k, n, "row", "row", { batch }));
        check(product(m, k, n, "column", "column", { batch }));
      }
    }
  });

  it("broadcasts with zero strides", () => {
    const still = { rowStride: 0, colStride: 0 };
    for (const [m, k, n] of [
      [5, 7, 9],
      [1, 30, 60],
      [60, 30, 1],
      [33, 65, 70],
    ] as const) {
      check(product(m, k, n, "row", "row", { a: still }));
      check(product(m, k, n, "row", "row", { b: still }));
      check(
        product(m, k, n, "row", "row", {
          a: { rowStride: 0, colStride: 1 },
          b: { rowStride: 0, colStride: 1 },
        }),
      );
      check(product(m, k, n, "row", "row", { b: { rowStride: 1, colStride: 0 } }));
    }
  });

  it("leaves the gaps of C alone", () => {
    for (const [m, k, n] of [
      [5, 7, 9],
      [4, 0, 5],
      [1, 30, 60],
      [60, 30, 1],
      [2, 20, 33],
    ] as const) {
      check(product(m, k, n, "row", "row", { ldc: n + 3 }));
      check(
        product(m, k, n, "row", "column", { ldc: n + 3, batch: [{ size: 2, strideA: m * k, strideB: 0 }] }),
      );
    }
  });

  it("has sizes of zero", () => {
    for (const [m, k, n] of [
      [0, 3, 4],
      [3, 0, 4],
      [3, 4, 0],
      [0, 0, 0],
      [1, 0, 1],
      [1, 0, 100],
    ] as const) {
      check(product(m, k, n));
      check(product(m, k, n, "row", "row", { batch: [{ size: 2, strideA: m * k, strideB: k * n }] }));
      check(product(m, k, n, "row", "row", { batch: [{ size: 0, strideA: m * k, strideB: k * n }] }));
    }
    expect(gemmPlan(product(3, 0, 4)).path).toBe("zero");
    expect(gemmPlan(product(0, 3, 4)).path).toBe("empty");
  });

  it("runs an epilogue on the finished sums", () => {
    for (const [m, k, n] of [
      [7, 5, 9],
      [1, 40, 70],
      [9, 700, 18],
      [4, 0, 6],
    ] as const) {
      const mb = new ModuleBuilder();
      mb.memory({ initial: 8 }, "memory");
      const biasAt = 4 * (m * k + k * n + m * n);
      const spec = product(m, k, n, "row", "row", {
        batch: [{ size: 2, strideA: 0, strideB: 0 }],
        epilogue: {
          key: "bias_relu",
          arrays: [{ rowStride: 0, colStride: 1, batch: [0] }],
          emit: (f, { acc, load }) => {
            load(0);
            f.get(acc).f32x4.add().f32x4.const(0).f32x4.max().set(acc);
          },
        },
      });
      mb.exportFunction(emitGemm(mb, spec), "gemm");
      const instance = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()));
      const memory = instance.exports["memory"] as WebAssembly.Memory;
      const data = new Float32Array(memory.buffer);
      const scratch = 6 * 65536;
      for (let i = 0; i < m * k + k * n; i++) data[i] = random() - 0.5;
      const bias = data.subarray(scratch / 4 - 256, scratch / 4 - 256 + n);
      for (let j = 0; j < n; j++) bias[j] = random() - 0.5;
      const c = 4 * (m * k + k * n);
      expect(biasAt + m * n * 4).toBeLessThan(scratch - 1024);
      (instance.exports["gemm"] as (...args: number[]) => void)(0, 4 * m * k, c, scratch, scratch - 1024);
      for (let i = 0; i < 2 * m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = bias[j] as number;
          for (let l = 0; l < k; l++)
            sum += (data[(i % m) * k + l] as number) * (data[m * k + l * n + j] as number);
          expect(data[c / 4 + i * n + j]).toBeCloseTo(Math.max(sum, 0), 4);
        }
      }
    }
  });

  it("refuses what makes no sense", () => {
    expect(() => gemmPlan(product(-1, 2, 3))).toThrow("gemm: m must be a size");
    expect(() => gemmPlan(product(2, 2, 3, "row", "row", { ldc: 2 }))).toThrow("ldc");
  });
});
