import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import { wasmFeatures } from "../../../../src/backends/wasm/features.ts";
import {
  type ContractionSpec,
  contractionScratchBytes,
  type Dim,
  emitContraction,
} from "../../../../src/backends/wasm/kernels/contraction.ts";

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const;
const PATTERN = 0xab;
const PAGE = 65536;

function generator(start: number): (n: number) => number {
  let s = start >>> 0;
  return (n) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * n);
  };
}

type Side = "a" | "b" | "c";
/** The lowest and the highest element that an operand's strides reach. */
function extent(dims: readonly Dim[], side: Side): { low: number; length: number } {
  let [low, high] = [0, 0];
  for (const d of dims) {
    const reach = Math.max(0, d.size - 1) * d[side];
    if (reach < 0) low += reach;
    else high += reach;
  }
  return { low, length: high - low + 1 };
}

/** Calls `visit` with the offsets of every index. */
function walk(
  dims: readonly Dim[],
  visit: (a: number, b: number, c: number) => void,
  a = 0,
  b = 0,
  c = 0,
): void {
  const [dim, ...rest] = dims;
  if (dim === undefined) visit(a, b, c);
  else for (let i = 0; i < dim.size; i++) walk(rest, visit, a + i * dim.a, b + i * dim.b, c + i * dim.c);
}

/** Runs a contraction of small integers and compares every element; one operand lies at the end of memory. */
function check(spec: ContractionSpec, last: "a" | "b", next: (n: number) => number): void {
  const name = JSON.stringify(spec);
  // Bigints pass for numbers: only small integers are multiplied.
  const Typed = ARRAYS[spec.dtype] as typeof Float64Array;
  const wide = spec.dtype.endsWith("int64");
  const element = (v: number) => (wide ? BigInt(v) : v) as number;
  const bytes = Typed.BYTES_PER_ELEMENT;
  const free = [...spec.batch, ...spec.rows, ...spec.cols];
  const all = [...free, ...spec.sum];
  const extents = { a: extent(all, "a"), b: extent(all, "b"), c: extent(free, "c") };
  let top = 64;
  const place = (size: number) => {
    const at = top;
    top = Math.ceil((at + size) / 64) * 64 + 64;
    return at;
  };
  const first = last === "a" ? "b" : "a";
  const at = { [first]: place(extents[first].length * bytes), c: place(extents.c.length * bytes) } as Record<
    Side,
    number
  >;
  const scratch = place(contractionScratchBytes(spec));
  const pages = Math.ceil((top + extents[last].length * bytes) / PAGE);
  at[last] = pages * PAGE - extents[last].length * bytes;
  const memory = new WebAssembly.Memory({ initial: pages });
  new Uint8Array(memory.buffer).fill(PATTERN);
  const data = (side: Side) => new Typed(memory.buffer, at[side], extents[side].length);
  const [a, b, c] = [data("a"), data("b"), data("c")];
  for (const x of [a, b]) for (let i = 0; i < x.length; i++) x[i] = element(next(9) - 4);
  const before = new Uint8Array(memory.buffer.slice(0));

  const mb = new ModuleBuilder({ debug: true });
  mb.importMemory("env", "memory", { initial: 1 });
  mb.exportFunction(emitContraction(mb, spec), "run");
  const instance = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()), { env: { memory } });
  const start = (side: Side) => at[side] - extents[side].low * bytes;
  (instance.exports["run"] as (...p: number[]) => void)(start("a"), start("b"), start("c"), scratch);

  const expected = c.slice();
  const integer = spec.dtype.includes("int");
  expected.set(new Typed(before.buffer, at.c, extents.c.length));
  walk(free, (i, j, k) => {
    let sum = element(0);
    walk(spec.sum, (u, v) => {
      const [x, y] = [a[i + u - extents.a.low], b[j + v - extents.b.low]] as [number, number];
      sum = integer && !wide ? (sum + Math.imul(x, y)) | 0 : sum + x * y;
    });
    expected[k - extents.c.low] = sum;
  });
  // Gaps between the rows of the result keep what they held.
  const bits = (x: typeof c) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  const wanted = bits(expected);
  if (bits(c).some((byte, i) => byte !== wanted[i])) {
    const wrong = Array.from(c).findIndex((v, i) => !(v === expected[i]));
    if (wrong >= 0) expect.fail(`${name}: element ${wrong} is ${c[wrong]}, expected ${expected[wrong]}`);
  }
  const after = new Uint8Array(memory.buffer);
  const inside = (i: number) =>
    (i >= at.c && i < at.c + c.byteLength) || (i >= scratch && i < scratch + contractionScratchBytes(spec));
  for (let i = 0; i < after.length; i++) {
    if (after[i] !== before[i] && !inside(i))
      expect.fail(`${name}: byte ${i} outside the result was written`);
  }
}

/** Dimensions of random sizes, with the strides of a random order for A and B, windows that overlap among them. */
function randomSpec(next: (n: number) => number): ContractionSpec {
  const pick = <T>(...xs: T[]): T => xs[next(xs.length)] as T;
  const sizes = (most: number, count: number) =>
    Array.from({ length: next(count + 1) }, () => pick(1, 2, 3, 4, 5, 7, 8, 13, most));
  const kinds = { batch: sizes(3, 1), rows: sizes(17, 3), cols: sizes(21, 2), sum: sizes(20, 3) };
  // Now and then a dimension that is cut into blocks.
  const long = next(6);
  if (long === 0) kinds.sum = [pick(3, 7), 130, 6].slice(next(3));
  if (long === 1) kinds.rows = [pick(200, 193), 2].slice(0, 1 + next(2));
  if (long === 2) kinds.cols = [pick(520, 513, 1040)];
  if (long === 3) kinds.sum = [pick(700, 1290)];
  const limit = long === 0 || long === 3 ? 3 : 4;
  if (long < 4) kinds.batch = [];
  if (long === 0 || long === 3) [kinds.rows, kinds.cols] = [kinds.rows.slice(0, 1), kinds.cols.slice(0, 1)];
  const dims: { kind: keyof typeof kinds; size: number; a: number; b: number; c: number }[] = [];
  for (const kind of ["batch", "rows", "cols", "sum"] as const)
    for (const size of kinds[kind].slice(0, limit)) dims.push({ kind, size, a: 0, b: 0, c: 0 });
  const shuffled = <T>(xs: T[]): T[] =>
    xs
      .map((x) => [next(1000), x] as const)
      .sort((p, q) => p[0] - q[0])
      .map((p) => p[1]);
  const lay = (side: Side, of: typeof dims, gap: boolean) => {
    let step = 1;
    for (const d of of) {
      d[side] = step;
      step *= d.size;
      if (gap && next(4) === 0) step += next(3);
    }
  };
  const roles = { a: ["batch", "rows", "sum"], b: ["batch", "cols", "sum"] } as const;
  for (const side of ["a", "b"] as const) {
    const mine = dims.filter((d) => (roles[side] as readonly string[]).includes(d.kind));
    lay(side, next(2) === 0 ? mine.toReversed() : shuffled(mine), true);
    for (const d of mine) {
      // Overlapping windows, as in a convolution; broadcasting; steps backward along sums.
      if (next(5) === 0) d[side] = next(3);
      if (d.kind === "sum" && next(5) === 0) d[side] = -d[side];
    }
  }
  const free = dims.filter((d) => d.kind !== "sum");
  const ends = (["rows", "cols"] as const).map((kind) =>
    free.filter((d) => d.kind === kind && d.size > 1).at(-1),
  );
  const unit = pick(...ends) ?? ends.find((d) => d !== undefined);
  const rest = shuffled(free.filter((d) => d !== unit));
  lay("c", unit === undefined ? rest : [unit, ...rest], true);
  if (unit !== undefined) unit.c = 1;
  // Now and then no dimension has neighbours.
  if (next(4) === 0) for (const d of free) d.c *= 2;
  const of = (kind: string): Dim[] =>
    dims.filter((d) => d.kind === kind).map(({ size, a, b, c }) => ({ size, a, b, c }));
  return {
    dtype: pick("float32", "float32", "float64", "int32", "uint32", "int64", "uint64"),
    batch: of("batch"),
    rows: of("rows"),
    cols: of("cols"),
    sum: of("sum"),
    relaxed: wasmFeatures().relaxedSimd && next(2) === 0,
  };
}

describe("contraction", () => {
  it("computes random contractions over any strides", () => {
    const next = generator(7);
    let checked = 0;
    while (checked < 250) {
      const spec = randomSpec(next);
      const products = [...spec.batch, ...spec.rows, ...spec.cols, ...spec.sum].reduce(
        (n, d) => n * d.size,
        1,
      );
      if (products > 3e5) continue;
      check(spec, next(2) === 0 ? "a" : "b", next);
      checked++;
    }
  });

  it("gives zeros where there is nothing to sum, and nothing where there is no result", () => {
    const dim = (size: number, a: number, b: number, c: number): Dim => ({ size, a, b, c });
    const spec: ContractionSpec = {
      dtype: "float32",
      batch: [],
      rows: [dim(5, 1, 0, 7)],
      cols: [dim(7, 0, 1, 1)],
      sum: [dim(0, 0, 0, 0)],
      relaxed: false,
    };
    check(spec, "a", generator(1));
    check({ ...spec, rows: [dim(0, 1, 0, 7)], sum: [dim(3, 5, 7, 0)] }, "b", generator(1));
  });

  it("stores vectors whose elements lie apart", () => {
    const dim = (size: number, a: number, b: number, c: number): Dim => ({ size, a, b, c });
    for (const dtype of ["float32", "float64", "int32"] as const) {
      for (const sum of [0, 3, 1300]) {
        const spec: ContractionSpec = {
          dtype,
          batch: [],
          rows: [dim(5, 1, 0, 30)],
          cols: [dim(7, 0, sum, 2)],
          sum: [dim(sum, 5, 1, 0)],
          relaxed: false,
        };
        check(spec, "a", generator(sum + 1));
        check({ ...spec, rows: [dim(13, 1, 0, 3)], cols: [dim(6, 0, sum, 40)] }, "b", generator(sum + 2));
      }
    }
  });
});
