import type {
  BufferInfo,
  DotResult,
  LoopKernel,
  Node,
  Placement,
  Program,
  Reduction,
} from "../../src/compiler/ir.ts";
import { NodeBuilder } from "../../src/compiler/nodes/builder.ts";
import type { ReduceOp } from "../../src/core/lowering.ts";
import {
  bool,
  type DType,
  float32,
  float64,
  type HostData,
  hostArray,
  int8,
  int16,
  int32,
  int64,
  isWideInteger,
  keyFry,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../../src/dtypes/index.ts";
import { scanTemplate } from "../../src/kernels/scan.ts";
import { scatterTemplate } from "../../src/kernels/scatter.ts";
import { sortTemplate } from "../../src/kernels/sort.ts";

/** Deterministic numbers from a seed. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 0;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  int(n: number): number {
    return Math.floor(this.next() * n);
  }
  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)];
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
}

export const numbers: readonly DType[] = [
  float32,
  float32,
  float32,
  float32,
  int32,
  uint32,
  uint8,
  int8,
  uint16,
  int16,
  bool,
  float64,
  int64,
  uint64,
];
const sizes = [0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33];

/** Data that floats can add exactly: small multiples of a quarter, now and then a special value. */
export function randomData(r: Random, dtype: DType, size: number, specials: boolean): HostData {
  const data = hostArray(dtype, size);
  for (let i = 0; i < data.length; i++) {
    if (dtype.kind === "float") {
      data[i] =
        specials && r.chance(0.1) ? r.pick([Number.NaN, Infinity, -Infinity, -0]) : (r.int(17) - 8) / 4;
    } else if (dtype === bool) data[i] = r.int(2);
    else if (dtype === keyFry) data[i] = Math.floor(r.next() * 4294967296);
    else if (isWideInteger(dtype)) data[i] = randomWide(r);
    else if (r.chance(0.2)) data[i] = r.pick([-2147483648, 2147483647, -1, 0, 255, 128]);
    else data[i] = r.int(41) - 20;
  }
  return data;
}

function randomWide(r: Random): bigint {
  if (r.chance(0.2)) return r.pick([-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n, 255n, 2n ** 53n + 1n]);
  return BigInt(r.int(41) - 20);
}

export interface Built {
  readonly program: Program;
  readonly args: HostData[];
  readonly tolerance: number;
}

export class Generator {
  readonly r: Random;
  readonly b = new NodeBuilder();
  readonly buffers: BufferInfo[] = [];
  readonly args: HostData[] = [];
  readonly specials: boolean;
  inexact = false;

  constructor(seed: number) {
    this.r = new Random(seed);
    this.specials = this.r.chance(0.3);
  }

  addBuffer(dtype: DType, size: number, role: "input" | "output" | "local"): number {
    const id = this.buffers.length;
    const bytes = hostArray(dtype, size).byteLength;
    this.buffers.push({ id, dtype, size, role, byteLength: bytes });
    return id;
  }

  /** A load through a view: a reshape after a transposition, a pad or a concatenation. */
  view(dtype: DType, axes: readonly { axis: number; size: number }[]): Node {
    const { r, b } = this;
    const i32 = (n: number) => b.const(n, int32);
    const input = (size: number) => {
      const buffer = this.addBuffer(dtype, size, "input");
      this.args.push(randomData(r, dtype, size, this.specials));
      return buffer;
    };
    const { axis, size } = r.pick(axes);
    const index = b.index(axis, size);
    if (r.chance(0.4)) {
      // Digits of a row-major position, in another order.
      let position: Node = i32(0);
      let total = 1;
      for (const a of axes.slice(r.int(axes.length)).reverse()) {
        position = b.op("add", position, b.op("mul", b.index(a.axis, a.size), i32(total)));
        total *= Math.max(1, a.size);
      }
      const d = r.pick([1, 2, 3, 4, 5, 7, 8, 9, 16].filter((n) => total % n === 0));
      const digits = [b.op("rem", position, i32(d)), b.op("div", position, i32(d))];
      const weights = [Math.ceil(total / d), 1];
      const e = r.pick([1, 2, 3, 4].filter((n) => (total / d) % n === 0));
      if (e > 1) {
        const upper = digits.pop() as Node;
        digits.push(b.op("rem", upper, i32(e)), b.op("div", upper, i32(e)));
        weights.splice(0, 2, e * Math.ceil(total / d / e), Math.ceil(total / d / e), 1);
      }
      let offset: Node = i32(0);
      digits.forEach((digit, i) => {
        offset = b.op("add", offset, b.op("mul", digit, i32(weights[i])));
      });
      return b.load(input(total * 4 + 20), dtype, offset);
    }
    const inner = axes.filter((a) => a.axis > axis);
    let row: Node = i32(0);
    let width = 1;
    for (const a of inner.reverse()) {
      row = b.op("add", row, b.op("mul", b.index(a.axis, a.size), i32(width)));
      width *= Math.max(1, a.size);
    }
    const at = (i: Node) => b.op("add", b.op("mul", i, i32(width)), row);
    if (r.chance(0.5)) {
      const count = 1 + r.int(size + 2);
      const i = b.op("sub", index, i32(r.int(4) - 1));
      const inside = b.op("and", b.op("ge", i, i32(0)), b.op("lt", i, i32(count)));
      const clamped = b.op("min", b.op("max", i, i32(0)), i32(count - 1));
      return b.select(inside, b.load(input(count * width), dtype, at(clamped)), this.load(dtype, []));
    }
    const first = 1 + r.int(size);
    const rest = b.op("max", b.op("sub", index, i32(first)), i32(0));
    return b.select(
      r.chance(0.5) ? b.op("lt", index, i32(first)) : b.op("le", index, i32(first - 1)),
      b.load(input(first * width), dtype, at(b.op("min", index, i32(first - 1)))),
      b.load(input(Math.max(1, size - first) * width), dtype, at(rest)),
    );
  }

  /** A load whose offset is affine in some of the axes, of a new input. */
  load(dtype: DType, axes: readonly { axis: number; size: number }[]): Node {
    const { r, b } = this;
    if (axes.length > 0 && r.chance(0.3))
      return this.view(
        dtype,
        axes.map((a) => ({ ...a, size: Math.max(1, a.size) })),
      );
    const used = axes.filter(() => r.chance(0.75));
    for (let i = used.length - 1; i > 0; i--) {
      if (!r.chance(0.35)) continue;
      const j = r.int(i + 1);
      [used[i], used[j]] = [used[j], used[i]];
    }
    let stride = r.chance(0.15) ? 2 : 1;
    let offset: Node = b.const(0, int32);
    let base = r.chance(0.2) ? r.int(4) : 0;
    for (const { axis, size } of used.reverse()) {
      const reversed = r.chance(0.1);
      const step = b.op("mul", b.index(axis, size), b.const(reversed ? -stride : stride, int32));
      offset = b.op("add", offset, step);
      if (reversed) base += stride * Math.max(0, size - 1);
      stride *= Math.max(1, size);
    }
    offset = b.op("add", offset, b.const(base, int32));
    const count = base + stride + 4;
    if (r.chance(0.1) && used.length > 0) {
      // Indices from memory.
      const indices = this.addBuffer(int32, count, "input");
      const target = 1 + r.int(20);
      const data = new Int32Array(count).map(() => r.int(target));
      this.args.push(data);
      const table = this.addBuffer(dtype, target + 2, "input");
      this.args.push(randomData(r, dtype, target + 2, this.specials));
      return b.load(table, dtype, b.op("add", b.load(indices, int32, offset), b.const(r.int(3), int32)));
    }
    const buffer = this.addBuffer(dtype, count, "input");
    this.args.push(randomData(r, dtype, count, this.specials));
    return b.load(buffer, dtype, offset);
  }

  expression(
    dtype: DType,
    depth: number,
    axes: readonly { axis: number; size: number }[],
    leaves: readonly Node[],
  ): Node {
    const { r, b } = this;
    const sub = (t = dtype) => this.expression(t, depth - 1, axes, leaves);
    const own = leaves.filter((n) => n.dtype === dtype);
    if (depth <= 0 || r.chance(0.15)) {
      if (own.length > 0 && r.chance(0.6)) return r.pick(own);
      if (dtype === int32 && axes.length > 0 && r.chance(0.3)) {
        const { axis, size } = r.pick(axes);
        return b.index(axis, size);
      }
      if (dtype !== keyFry && r.chance(0.2)) {
        return b.const(
          dtype.kind === "float"
            ? r.int(9) / 4 - 1
            : dtype === bool
              ? r.chance(0.5)
              : r.int(7) - (dtype === int32 ? 3 : 0),
          dtype,
        );
      }
      return this.load(dtype, axes);
    }
    if (dtype === keyFry) {
      return r.pick([
        () => b.op("key_pack", sub(uint32), sub(uint32)),
        () => b.select(sub(bool), sub(), sub()),
        () => this.load(dtype, axes),
      ])();
    }
    if (r.chance(0.1)) return b.select(sub(bool), sub(), sub());
    if (r.chance(0.15)) {
      const from = r.pick(
        dtype.itemsize === 8 && r.chance(0.7)
          ? [float64, int64, uint64, bool]
          : [int64, uint64, bool, uint8, int8, int16, uint16, int32, uint32, float32],
      );
      if (from !== dtype) return b.cast(sub(from), dtype);
    }
    if (dtype === bool) {
      const operand = r.pick([
        bool,
        int64,
        uint64,
        float32,
        int32,
        uint32,
        uint8,
        int8,
        uint16,
        int16,
        float64,
        keyFry,
      ]);
      if (operand === bool) {
        const op = r.pick(["and", "or", "xor", "not", "eq", "ne", "lt", "le", "gt", "ge", "max", "min"]);
        return op === "not" ? b.op(op, sub()) : b.op(op, sub(), sub());
      }
      if (operand === keyFry) return b.op(r.pick(["eq", "ne"]), sub(keyFry), sub(keyFry));
      return b.op(r.pick(["eq", "ne", "lt", "le", "gt", "ge"]), sub(operand), sub(operand));
    }
    if (dtype.kind === "float") {
      const op = r.pick([
        "add",
        "sub",
        "mul",
        "max",
        "min",
        "neg",
        "abs",
        "sign",
        "floor",
        "ceil",
        "round",
        "round_even",
      ]);
      return ["add", "sub", "mul", "max", "min"].includes(op) ? b.op(op, sub(), sub()) : b.op(op, sub());
    }
    if (dtype === uint32 && r.chance(0.1)) return b.op(r.pick(["key_word0", "key_word1"]), sub(keyFry));
    if (dtype.bits === 32 && r.chance(0.05)) return b.bitcast(sub(dtype === int32 ? uint32 : int32), dtype);
    if (dtype.bits === 64 && r.chance(0.05)) return b.bitcast(sub(dtype === int64 ? uint64 : int64), dtype);
    const unary = ["neg", "abs", "sign", "not", "population_count", "clz"];
    const binary = ["add", "sub", "mul", "div", "rem", "max", "min", "and", "or", "xor"];
    const shifts = ["shift_left", "shift_right_logical", "shift_right_arithmetic"];
    const op = r.pick([...unary, ...binary, ...binary, ...shifts]);
    if (unary.includes(op)) return b.op(op, sub());
    const constant = r.chance(0.4);
    return b.op(op, sub(), constant ? b.const(r.pick([0, 1, 2, 3, 7, 8, 10, 31, 40]), dtype) : sub());
  }

  /** What to reduce, so that the result is exact or at least does not cancel. `positions`: argmax and argmin are possible. */
  reduction(
    dtype: DType,
    depth: number,
    axes: readonly { axis: number; size: number }[],
    leaves: readonly Node[],
    positions: boolean,
    inexact = true,
  ): { op: ReduceOp; value: Node } {
    const { r, b } = this;
    const ops = dtype === bool ? ["and", "or", "xor", "max", "min"] : ["sum", "prod", "max", "min"];
    if (dtype.kind !== "float" && dtype !== bool) ops.push("and", "or", "xor");
    if (positions) ops.push("argmax", "argmin");
    const op = r.pick(ops) as ReduceOp;
    let value = this.expression(dtype, depth, axes, leaves);
    if (op === "sum" && dtype.kind === "float") {
      // Whole numbers that add exactly in any order, or positive ones that do not cancel.
      value = b.op("floor", b.op("min", b.op("max", value, b.const(-64, dtype)), b.const(64, dtype)));
      if (inexact) value = this.finish(value);
      if (this.inexact) value = b.op("abs", value);
    }
    if (op === "prod" && dtype.kind === "float") {
      value = b.select(b.op("lt", value, b.const(0.5, dtype)), b.const(1, dtype), b.const(0.5, dtype));
    }
    return { op, value };
  }

  /** Ends an expression with an operation whose result differs in the last places. */
  finish(node: Node): Node {
    const { r, b } = this;
    if (node.dtype !== float32 && node.dtype !== float64) return node;
    if (!r.chance(0.25)) return node;
    this.inexact = true;
    const op = r.pick(["exp", "tanh", "logistic", "sin", "log1p", "sqrt", "rsqrt"]);
    return b.op(op, op === "sqrt" || op === "rsqrt" || op === "log1p" ? b.op("abs", node) : node);
  }
}

export function pickSizes(r: Random, rank: number, budget = 8000): number[] {
  let room = budget;
  return Array.from({ length: rank }, () => {
    const size = r.chance(0.04) ? 0 : r.pick(sizes.filter((n) => n > 0 && n <= room));
    room /= Math.max(1, size);
    return size;
  });
}

/** A program of one random loop kernel with its arguments. */
export function randomLoopProgram(seed: number): Built {
  const g = new Generator(seed);
  const { r, b } = g;
  const axes = pickSizes(r, r.int(4));
  const points = axes.reduce((n, size) => n * Math.max(1, size), 1);
  const reduceAxes = r.chance(0.45) ? pickSizes(r, 1 + r.int(2), Math.max(1, 8000 / points)) : [];
  const all = [...axes, ...reduceAxes].map((size, axis) => ({ axis, size }));
  const parallel = all.slice(0, axes.length);
  const only64 = r.chance(0.12);
  const pickType = (types: readonly DType[]) =>
    only64
      ? r.chance(0.2) && types.includes(bool)
        ? bool
        : r.pick(g.inexact ? [float64] : [float64, int64, uint64])
      : r.pick(types);
  const reductions: Reduction[] = [];
  const accs: Node[] = [];
  if (reduceAxes.length > 0) {
    for (let i = 1 + r.int(2); i > 0; i--) {
      const dtype = pickType(numbers);
      const { op, value } = g.reduction(dtype, r.int(4), all, [], reduceAxes.length === 1);
      const result = op === "argmax" || op === "argmin" ? int32 : dtype;
      reductions.push({ op, value, dtype: result });
      accs.push(b.acc(reductions.length - 1, result));
    }
  }
  const stores = [];
  for (let i = 1 + (r.chance(0.3) ? r.int(3) : 0); i > 0; i--) {
    const dtype = pickType(g.inexact ? [float32, float64] : [...numbers, keyFry]);
    const value =
      accs.length > 0 && g.inexact ? r.pick(accs) : g.finish(g.expression(dtype, r.int(5), parallel, accs));
    const order = parallel.slice();
    if (r.chance(0.25)) order.reverse();
    let stride = r.chance(0.1) ? 2 : 1;
    let offset: Node = b.const(r.chance(0.1) ? r.int(4) : 0, int32);
    for (const { axis, size } of order.reverse()) {
      offset = b.op("add", offset, b.op("mul", b.index(axis, size), b.const(stride, int32)));
      stride *= Math.max(1, size);
    }
    const size = stride + 4;
    const buffer = g.addBuffer(value.dtype, size, "output");
    stores.push({ buffer, offset, value });
  }
  const kernel: LoopKernel = { kind: "loop", name: "k", axes, reduceAxes, reductions, stores };
  return { program: programOf(g.buffers, [kernel]), args: g.args, tolerance: g.inexact ? 2e-5 : 0 };
}

/** A program whose inputs and outputs are the buffers, in order. Results start as zeros in the interpreter. */
export function programOf(buffers: readonly BufferInfo[], kernels: Program["kernels"]): Program {
  let args = 0;
  let results = 0;
  const placements = buffers.map(({ role }): Placement => {
    if (role === "local") return { kind: "scratch" };
    return role === "input" ? { kind: "argument", index: args++ } : { kind: "result", index: results++ };
  });
  return {
    name: "test",
    buffers,
    placements,
    kernels,
    args: buffers.filter((x) => x.role === "input").map((x) => x.id),
    consts: [],
    results: buffers.filter((x) => x.role === "output").map((x) => ({ kind: "buffer", buffer: x.id })),
    arenaBytes: 0,
  };
}

function text(node: Node): string {
  switch (node.kind) {
    case "const":
      return `${node.value}:${node.dtype.short}`;
    case "index":
      return `i${node.axis}`;
    case "acc":
      return `acc${node.reduction}`;
    case "load":
      return `b${node.buffer}:${node.dtype.short}[${text(node.offset)}]`;
    case "cast":
      return `${node.bits ? "bits" : "cast"}<${node.dtype.short}>(${text(node.arg)})`;
    case "op":
      return `${node.op}(${node.args.map(text).join(", ")})`;
  }
}

export function describeProgram(program: Program): string {
  return program.kernels
    .map((k) => {
      if (k.kind !== "loop") return JSON.stringify(k);
      const lines = [`axes ${k.axes} reduce ${k.reduceAxes}`];
      for (const r of k.reductions) lines.push(`${r.op}:${r.dtype.short} ${text(r.value)}`);
      for (const s of k.stores) lines.push(`b${s.buffer}[${text(s.offset)}] = ${text(s.value)}`);
      return lines.join("\n");
    })
    .join("\n");
}

/** A program of one random scan. */
export function randomScanProgram(seed: number): Built {
  const g = new Generator(seed);
  const { r, b } = g;
  const axes = pickSizes(r, 1 + r.int(3));
  const all = axes.map((size, axis) => ({ axis, size }));
  const dtype = r.pick([float32, float32, float64, int32, uint32, uint8, int16, int64, uint64]);
  const op = r.pick(
    dtype.kind === "float"
      ? (["sum", "prod", "max", "min", "logaddexp"] as const)
      : (["sum", "prod", "max", "min"] as const),
  );
  let value = g.expression(dtype, r.int(3), all, []);
  if (op === "sum" && dtype.kind === "float") {
    value = b.op("floor", b.op("min", b.op("max", value, b.const(-64, dtype)), b.const(64, dtype)));
  }
  if (op === "prod" && dtype.kind === "float") {
    value = b.select(b.op("lt", value, b.const(0.5, dtype)), b.const(1, dtype), b.const(0.5, dtype));
  }
  const order = all.slice();
  if (r.chance(0.25)) order.reverse();
  let stride = 1;
  let offset: Node = b.const(0, int32);
  for (const { axis, size } of order.reverse()) {
    offset = b.op("add", offset, b.op("mul", b.index(axis, size), b.const(stride, int32)));
    stride *= Math.max(1, size);
  }
  const buffer = g.addBuffer(dtype, stride + 4, "output");
  const kernel = {
    kind: "scan",
    writers: scanTemplate.writers,
    name: "k",
    axes,
    axis: r.int(axes.length),
    reverse: r.chance(0.4),
    op,
    value,
    store: { buffer, offset },
  } as const;
  return { program: programOf(g.buffers, [kernel]), args: g.args, tolerance: op === "logaddexp" ? 5e-6 : 0 };
}

/** A program of one random scatter, with duplicate indices and guards. */
export function randomScatterProgram(seed: number): Built {
  const g = new Generator(seed);
  const { r, b } = g;
  const axes = pickSizes(r, 1 + r.int(3));
  const all = axes.map((size, axis) => ({ axis, size }));
  const dtype = r.pick([
    ...[float32, float32, float64, int32, uint32, uint8, int8, uint16, bool, keyFry, int64, uint64],
  ]);
  const combine =
    dtype === keyFry || dtype === bool ? "set" : r.pick(["set", "add", "mul", "min", "max"] as const);
  const value = g.expression(dtype, r.int(3), all, []);
  // Rows chosen by indices from memory, or all in place; then the position in the row.
  const last = all[all.length - 1];
  const rows = 1 + r.int(6);
  const outer = all.slice(0, -1);
  let position = 1;
  let place: Node = b.const(0, int32);
  for (const { axis, size } of outer.slice().reverse()) {
    place = b.op("add", place, b.op("mul", b.index(axis, size), b.const(position, int32)));
    position *= Math.max(1, size);
  }
  if (r.chance(0.3)) {
    place = b.op("add", b.op("mul", place, b.const(last.size, int32)), b.index(last.axis, last.size));
    position *= Math.max(1, last.size);
  }
  const indices = g.addBuffer(int32, position + 1, "input");
  g.args.push(new Int32Array(position + 1).map(() => r.int(rows + 2) - 1));
  const row = b.load(indices, int32, place);
  const rowSize = Math.max(1, last.size);
  const inRow = r.chance(0.2)
    ? b.op("sub", b.const(rowSize - 1, int32), b.index(last.axis, last.size))
    : b.index(last.axis, last.size);
  const offset = b.op("add", b.op("mul", row, b.const(rowSize, int32)), inRow);
  let guard = b.op("and", b.op("ge", row, b.const(0, int32)), b.op("lt", row, b.const(rows, int32)));
  if (r.chance(0.2)) guard = b.op("and", guard, g.expression(bool, 1, all, []));
  const size = rows * rowSize;
  const base = g.addBuffer(dtype, size, "input");
  g.args.push(randomData(r, dtype, size, g.specials));
  const out = g.addBuffer(dtype, size, "output");
  const kernel = {
    kind: "scatter",
    writers: scatterTemplate.writers,
    name: "k",
    axes,
    guard,
    offset,
    value,
    second: null,
    combine,
    base,
    baseSize: size,
    out,
  } as const;
  return { program: programOf(g.buffers, [kernel]), args: g.args, tolerance: 0 };
}

/** A program of one random product of matrices with arbitrary strides. */
export function randomDotProgram(seed: number): Built {
  const g = new Generator(seed);
  const { r } = g;
  const dtype = r.pick([float32, float64, int32, uint32, uint8, int8, int16, bool, int64, uint64]);
  const size = () => (r.chance(0.05) ? 0 : r.pick([1, 2, 3, 4, 5, 7, 8, 13, 17]));
  const [m, n, k] = [size(), size(), size()];
  const batch = Array.from({ length: r.int(3) }, () => r.pick([1, 2, 3]));
  const side = (rows: number, cols: number) => {
    const extents = [...batch, rows, cols];
    const order = extents.map((_, i) => i);
    if (r.chance(0.5)) order.reverse();
    const strides = extents.map(() => 0);
    let total = 1;
    for (const axis of order.reverse()) {
      if (axis < batch.length && r.chance(0.2)) continue;
      strides[axis] = total;
      total *= Math.max(1, extents[axis]);
    }
    const offset = r.int(3);
    const buffer = g.addBuffer(dtype, total + offset, "input");
    g.args.push(randomData(r, dtype, total + offset, false));
    return {
      view: { buffer, offset, shape: extents, strides },
      batch: strides.slice(0, batch.length),
      rowStride: strides[batch.length],
      colStride: strides[batch.length + 1],
    };
  };
  const lhs = side(m, k);
  const rhs = side(k, n);
  const out = g.addBuffer(dtype, batch.reduce((a, x) => a * x, 1) * m * n, "output");
  const result = r.chance(0.5) ? {} : { result: randomResult(r, batch, m, n) };
  const kernel = { kind: "dot", name: "k", dtype, batch, m, n, k, lhs, rhs, out, ...result } as const;
  return { program: programOf(g.buffers, [kernel]), args: g.args, tolerance: 0 };
}

/** Matrices and rows in any order. */
function randomResult(r: Random, batch: readonly number[], m: number, n: number): DotResult {
  const sizes = [...batch, m];
  const order = sizes.map((_, d) => d).sort(() => r.next() - 0.5);
  const strides = sizes.map(() => 0);
  let step = n;
  for (const d of order) {
    strides[d] = step;
    step *= sizes[d];
  }
  return { batch: strides.slice(0, -1), rowStride: strides[batch.length] };
}

/** A program of one random sort. */
export function randomSortProgram(seed: number): Built {
  const g = new Generator(seed);
  const { r } = g;
  const rows = r.int(4);
  const length = r.pick([0, 1, 2, 5, 17, 60]);
  const operands = Array.from({ length: 1 + r.int(3) }, (_, i) =>
    r.pick([
      ...[float32, int32, uint32, uint8, int8, uint16, int16, bool, float64, int64, uint64],
      ...(i > 0 ? [keyFry] : []),
    ]),
  );
  const numKeys =
    1 +
    r.int(operands.filter((d, i) => d !== keyFry && operands.slice(0, i).every((x) => x !== keyFry)).length);
  const inputs = operands.map((dtype) => {
    g.args.push(randomData(r, dtype, rows * length, true));
    return g.addBuffer(dtype, rows * length, "input");
  });
  const outputs = operands.map((dtype) => g.addBuffer(dtype, rows * length, "output"));
  const kernel = {
    kind: "sort",
    writers: sortTemplate.writers,
    name: "k",
    rows,
    length,
    numKeys,
    inputs,
    outputs,
  } as const;
  return { program: programOf(g.buffers, [kernel]), args: g.args, tolerance: 0 };
}
