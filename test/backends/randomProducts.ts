import type { ContractionDim, DotResult, Node, Program, Store } from "../../src/compiler/ir.ts";
import { linearCombination } from "../../src/compiler/nodes/indexAlgebra.ts";
import { epilogueProblem, type Product, resultDims } from "../../src/compiler/products.ts";
import { bool, type DType, float32, float64, int32, int64, uint32, uint64 } from "../../src/dtypes/index.ts";
import { convTemplate } from "../../src/kernels/conv.ts";
import { type Built, Generator, programOf, randomData } from "./randomKernels.ts";

/** A program of one random product, of matrices or of any number of dimensions, with a random epilogue. */
export function randomProductProgram(seed: number): Built {
  const g = new Generator(seed);
  const { r, b } = g;
  const product = r.chance(0.6) ? randomDot(g) : randomContraction(g);
  const { sizes, strides, offset } = resultDims(product);
  const indices = sizes.map((size, d) => b.index(d, size));
  const place = linearCombination(b, indices, strides, offset);
  const total = sizes.reduce((n, size) => n * size, 1);
  const sum = b.acc(0, product.dtype);
  const own = product.dtype;
  const values = new Values(g, product, place, total);
  const epilogue: Store[] = [
    { buffer: product.out, offset: place, value: r.chance(0.2) ? sum : values.result(own, sum) },
  ];
  while (r.chance(0.3)) {
    const value = values.result(r.pick(values.dtypes), sum);
    const at = r.chance(0.5) ? place : values.walk(false).offset;
    epilogue.push({ buffer: g.addBuffer(value.dtype, total + 4, "output"), offset: at, value });
  }
  const kernel: Product = { ...product, epilogue };
  const problem = epilogueProblem(kernel);
  if (problem !== null) throw new Error(problem);
  const program = programOf(g.buffers, [kernel]);
  return {
    program: kernel.kind === "dot" ? inPlace(g, program, values.residuals, kernel) : program,
    args: g.args,
    tolerance: g.inexact ? 2e-5 : 0,
  };
}

/** Sometimes the result takes the place of an argument that the epilogue reads at the same element. */
function inPlace(g: Generator, program: Program, residuals: readonly number[], { out }: Product): Program {
  if (residuals.length === 0 || g.r.chance(0.4)) return program;
  const argument = program.args.indexOf(g.r.pick(residuals));
  const placements = program.placements.slice();
  placements[out] = { kind: "argument", index: argument };
  const results = program.results.map((source) =>
    source.kind === "buffer" && source.buffer === out ? { ...source, donatedArg: argument } : source,
  );
  return { ...program, placements, results };
}

/** Expressions that an epilogue may have: values as wide as the sums, and masks. */
class Values {
  readonly dtypes: readonly DType[];
  /** Arguments of the size of the result that are read at its place. */
  readonly residuals: number[] = [];
  private readonly g: Generator;
  private readonly sizes: readonly number[];
  private readonly strides: readonly number[];
  private readonly dtype: DType;
  private readonly place: Node;
  private readonly total: number;

  constructor(g: Generator, product: Product, place: Node, total: number) {
    this.g = g;
    ({ sizes: this.sizes, strides: this.strides } = resultDims(product));
    this.dtype = product.dtype;
    this.place = place;
    this.total = total;
    this.dtypes = this.dtype.itemsize === 8 ? [this.dtype] : [this.dtype, float32, int32, uint32];
  }

  result(dtype: DType, sum: Node): Node {
    return this.g.finish(this.expression(dtype, this.g.r.int(4), sum));
  }

  /** A place that moves forward with the result: like it, along some of its dimensions, or by them in another order. */
  walk(skips: boolean): { readonly offset: Node; readonly size: number } {
    const { r, b } = this.g;
    const order = this.sizes.map((_, d) => d).sort((p, q) => this.strides[p] - this.strides[q]);
    if (r.chance(0.3)) order.sort(() => r.next() - 0.5);
    const steps = this.sizes.map(() => 0);
    let step = 1;
    for (const d of order) {
      if (skips && r.chance(0.4)) continue;
      steps[d] = step;
      step *= Math.max(1, this.sizes[d]);
    }
    const constant = skips ? r.int(3) : 0;
    const indices = this.sizes.map((size, d) => b.index(d, size));
    return { offset: linearCombination(b, indices, steps, constant), size: step + constant };
  }

  private load(dtype: DType): Node {
    const { r, b } = this.g;
    const residual = r.chance(0.4);
    const { offset, size } = residual ? { offset: this.place, size: this.total } : this.walk(true);
    const buffer = this.g.addBuffer(dtype, size, "input");
    this.g.args.push(randomData(r, dtype, size, this.g.specials));
    if (residual && dtype === this.dtype) this.residuals.push(buffer);
    return b.load(buffer, dtype, offset);
  }

  private expression(dtype: DType, depth: number, sum: Node): Node {
    const { r, b } = this.g;
    const sub = (t = dtype) => this.expression(t, depth - 1, sum);
    if (dtype === bool) {
      if (depth > 1 && r.chance(0.3)) return b.op(r.pick(["and", "or", "xor", "eq"]), sub(), sub());
      const of = r.pick(this.dtypes);
      return b.op(r.pick(["eq", "ne", "lt", "le", "gt", "ge"]), sub(of), sub(of));
    }
    if (depth <= 0) {
      if (dtype === this.dtype && r.chance(0.5)) return sum;
      return r.chance(0.3) ? b.const(r.int(4), dtype) : this.load(dtype);
    }
    if (r.chance(0.15)) return b.select(sub(bool), sub(), sub());
    if (r.chance(0.1)) return b.cast(sub(bool), dtype);
    if (this.dtypes.length > 1 && r.chance(0.1)) return b.cast(sub(r.pick(this.dtypes)), dtype);
    const unary = dtype.kind === "float" ? ["neg", "abs", "sign", "floor", "round"] : ["neg", "abs", "not"];
    const binary = [
      "add",
      "sub",
      "mul",
      "max",
      "min",
      ...(dtype.kind === "float" ? [] : ["div", "rem", "xor"]),
    ];
    return r.chance(0.25) ? b.op(r.pick(unary), sub()) : b.op(r.pick(binary), sub(), sub());
  }
}

const dtypes = [float32, float32, float32, float64, int32, uint32, int64, uint64];

/** Dimensions in memory, in a random order. */
function contiguous(g: Generator, sizes: readonly number[]): { strides: number[]; size: number } {
  const order = sizes.map((_, d) => d);
  if (g.r.chance(0.5)) order.sort(() => g.r.next() - 0.5);
  const strides = sizes.map(() => 0);
  let step = 1;
  for (const d of order.reverse()) {
    strides[d] = step;
    step *= Math.max(1, sizes[d]);
  }
  return { strides, size: step };
}

function operand(g: Generator, dtype: DType, size: number): number {
  g.args.push(randomData(g.r, dtype, size, false));
  return g.addBuffer(dtype, size, "input");
}

function randomDot(g: Generator): Product {
  const { r } = g;
  const dtype = r.pick(dtypes);
  const size = () => r.pick([1, 2, 3, 4, 5, 7, 8, 13, 17, 33]);
  const [m, n] = [size(), size()];
  const k = r.pick([0, 1, 2, 4, 9, 40, 390]);
  const batch = Array.from({ length: r.int(3) }, () => r.pick([1, 2, 3]));
  const side = (rows: number, cols: number) => {
    const shape = [...batch, rows, cols];
    const { strides, size } = contiguous(g, shape);
    const view = { buffer: operand(g, dtype, size), offset: 0, shape, strides };
    const [rowStride, colStride] = strides.slice(-2);
    return { view, batch: strides.slice(0, -2), rowStride, colStride };
  };
  const [lhs, rhs] = [side(m, k), side(k, n)];
  const out = g.addBuffer(
    dtype,
    batch.reduce((p, x) => p * x, m * n),
    "output",
  );
  // Columns are contiguous; matrices and rows in any order.
  const { strides } = contiguous(g, [...batch, m]);
  const apart = strides.map((stride) => stride * n);
  const result: DotResult = { batch: apart.slice(0, -1), rowStride: apart[batch.length] };
  return { kind: "dot", name: "k", dtype, batch, m, n, k, lhs, rhs, out, result };
}

function randomContraction(g: Generator): Product {
  const { r } = g;
  const dtype = r.pick(dtypes);
  const sizes = (most: number, from: readonly number[]) =>
    Array.from({ length: r.int(most + 1) }, () => r.pick(from));
  const kinds = [
    sizes(1, [1, 2, 3]),
    sizes(2, [1, 2, 3, 5, 9]),
    sizes(2, [1, 2, 4, 7, 13]),
    sizes(2, [1, 2, 3, 30]),
  ];
  const [batch, rows, cols, sum] = kinds;
  const left = contiguous(g, [...batch, ...rows, ...sum]);
  const right = contiguous(g, [...batch, ...sum, ...cols]);
  const result = contiguous(g, [...batch, ...rows, ...cols]);
  const dims = (list: readonly number[], at: readonly (number | null)[]): ContractionDim[] =>
    list.map((size, d) => {
      const [l, s, o] = [left, right, result].map(({ strides }, side) =>
        at[side] === null ? 0 : strides[(at[side] as number) + d],
      );
      return { size, left: l, right: s, result: o };
    });
  const [B, R, , S] = kinds.map((list) => list.length);
  return {
    kind: "contract",
    writers: convTemplate.writers,
    name: "k",
    dtype,
    batch: dims(batch, [0, 0, 0]),
    rows: dims(rows, [B, null, B]),
    cols: dims(cols, [null, B + S, B + R]),
    sum: dims(sum, [B + R, B, null]),
    lhs: { buffer: operand(g, dtype, left.size), offset: 0 },
    rhs: { buffer: operand(g, dtype, right.size), offset: 0 },
    out: g.addBuffer(dtype, result.size, "output"),
    outOffset: 0,
  };
}
