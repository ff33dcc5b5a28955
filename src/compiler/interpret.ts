import { evaluateRoutine, type RoutineMemory } from "../core/routine/evaluate.ts";
import { isShared } from "../core/routine/ir.ts";
import { arrayFromHost } from "../core/values.ts";
import { type DType, float64, type HostData, hostArray, keyFry } from "../dtypes/index.ts";
import { runControl } from "./control/runControl.ts";
import { dotSteps } from "./dotSteps.ts";
import type {
  BlockedKernel,
  ContractionDim,
  ContractionKernel,
  FourierKernel,
  HostCallKernel,
  Kernel,
  Node,
  Placement,
  Program,
  RoutineKernel,
  RowKernel,
  ScanKernel,
  ScatterKernel,
  SortKernel,
  Store,
} from "./ir.ts";
import { innerAxesOf, type NestKernel, passesOf } from "./nest.ts";
import { nodesOf } from "./nodes/walk.ts";
import { epilogueRoots, type Product } from "./products.ts";
import { reductionIdentity } from "./reductionIdentity.ts";
import { bitcastScalar, castScalar, roundTo, type ScalarFunction, scalarFunction } from "./scalarEval.ts";

/**
 * Runs a program in plain TypeScript, in memory laid out exactly as the plan says, so that a wrong plan gives wrong results.
 * Slow: for tests of the compiler, and as the answer that generated code is compared with. Every access is checked.
 *
 * @param args One typed array per argument. Donated ones are written only where the plan places results in them.
 * @returns The results in order, each a fresh typed array.
 */
export function interpretProgram(
  program: Program,
  args: readonly HostData[],
  consts: readonly HostData[] = [],
): HostData[] {
  const copies = args.map((a) => a.slice());
  const results: Place[] = [];
  const memory = layOut(program, {
    argument: (i) => [copies[i].buffer, copies[i].byteOffset],
    const: (i) => [consts[i].slice().buffer, 0],
    result: (i, bytes) => {
      results[i] ??= [new ArrayBuffer(bytes), 0];
      return results[i];
    },
  });
  for (const kernel of program.kernels) runKernel(kernel, memory);
  return program.results.map((source) => {
    if (source.kind === "argument") return args[source.index].slice();
    if (source.kind === "const") return consts[source.index].slice();
    return memory[source.buffer].data.slice();
  });
}

/** A buffer of the program as element reads and writes. */
export interface Cells {
  readonly dtype: DType;
  readonly size: number;
  readonly data: HostData;
}

/** Memory: where it begins in a buffer of JavaScript. */
export type Place = readonly [buffer: ArrayBufferLike, byteOffset: number];

/** Where arguments, constants and results of a program are, the latter with their number of bytes. */
export interface Places {
  readonly argument: (index: number) => Place;
  readonly const: (index: number) => Place;
  readonly result: (index: number, bytes: number) => Place;
}

function layOut(program: Program, places: Places): Cells[] {
  const arena = new ArrayBuffer(program.arenaBytes);
  const placeOf = (at: Placement, bytes: number): Place => {
    switch (at.kind) {
      case "argument":
      case "const":
      case "result":
        return places[at.kind](at.index, bytes);
      case "arena":
        return [arena, at.offset];
      case "scratch":
        return [new ArrayBuffer(bytes), 0]; // each kernel that has it makes its own
    }
  };
  return program.buffers.map(({ dtype, size, byteLength }, id) => {
    const [buffer, offset] =
      byteLength === 0 ? [new ArrayBuffer(0), 0] : placeOf(program.placements[id], byteLength);
    return { dtype, size, data: hostArray(dtype, buffer, offset, size) };
  });
}

function read(cells: Cells, i: number): number {
  if (!(i >= 0 && i < cells.size)) throw new RangeError(`load at ${i} of a buffer of ${cells.size}`);
  if (cells.dtype !== keyFry) return cells.data[i] as number;
  const words = cells.data as Uint32Array;
  return (BigInt(words[2 * i]) | (BigInt(words[2 * i + 1]) << 32n)) as unknown as number;
}

function write(cells: Cells, i: number, value: number): void {
  if (!(i >= 0 && i < cells.size)) throw new RangeError(`store at ${i} of a buffer of ${cells.size}`);
  if (cells.dtype !== keyFry) {
    cells.data[i] = value;
    return;
  }
  const key = value as unknown as bigint;
  cells.data[2 * i] = Number(key & 0xffffffffn);
  cells.data[2 * i + 1] = Number(key >> 32n);
}

function runKernel(kernel: Kernel, memory: readonly Cells[]): void {
  switch (kernel.kind) {
    case "blocked":
      runBlocked(kernel, memory);
      break;
    case "forLoop":
    case "whileLoop":
    case "branch":
      runControl(kernel, memory, (program, places) => {
        const inside = layOut(program, places);
        for (const inner of program.kernels) runKernel(inner, inside);
      });
      break;
    case "hostCall":
      runHostCall(kernel, memory);
      break;
    case "loop":
    case "row":
      runNest(kernel, memory);
      break;
    case "scan":
      runScan(kernel, memory);
      break;
    case "dot":
      runDot(kernel, memory);
      break;
    case "contract":
      runContraction(kernel, memory);
      break;
    case "sort":
      runSort(kernel, memory);
      break;
    case "routine":
      runRoutine(kernel, memory);
      break;
    case "fourier":
      runFourier(kernel, memory);
      break;
    case "scatter":
      runScatter(kernel, memory);
      break;
  }
}

/** Evaluates some roots at one point of the loops. */
class Evaluator {
  private readonly nodes: readonly Node[];
  private readonly values: number[] = [];
  private readonly slots = new Map<Node, number>();
  private readonly steps: (() => number)[] = [];

  constructor(
    roots: readonly Node[],
    memory: readonly Cells[],
    index: readonly number[],
    accs: readonly number[] = [],
  ) {
    this.nodes = nodesOf(roots);
    for (const [slot, node] of this.nodes.entries()) {
      this.slots.set(node, slot);
      this.steps.push(this.step(node, memory, index, accs));
    }
  }
  private step(
    node: Node,
    memory: readonly Cells[],
    index: readonly number[],
    accs: readonly number[],
  ): () => number {
    const { values, slots } = this;
    const slot = (n: Node) => slots.get(n) as number;
    switch (node.kind) {
      case "const":
        return () => node.value as number;
      case "index":
        return () => index[node.axis];
      case "acc":
        return () => accs[node.reduction];
      case "load": {
        const at = slot(node.offset);
        return () => read(memory[node.buffer], values[at]);
      }
      case "cast": {
        const from = node.arg.dtype;
        const at = slot(node.arg);
        const f = node.bits ? bitcastScalar : castScalar;
        return () => f(values[at], from, node.dtype);
      }
      case "op": {
        const f: ScalarFunction = scalarFunction(node.op, node.args[node.args.length - 1].dtype);
        const [a, b, c] = node.args.map(slot);
        return () => f(values[a], values[b], values[c]);
      }
    }
  }
  run(): void {
    for (let i = 0; i < this.steps.length; i++) this.values[i] = this.steps[i]();
  }
  get(node: Node): number {
    return this.values[this.slots.get(node) as number];
  }
}

/** Calls `visit` for every index of a space in row-major order, updating `index` from `from` on. */
function forEachIndex(sizes: readonly number[], index: number[], from: number, visit: () => void): void {
  if (sizes.some((n) => n === 0)) return;
  for (let d = 0; d < sizes.length; d++) index[from + d] = 0;
  for (;;) {
    visit();
    let d = sizes.length - 1;
    while (d >= 0 && ++index[from + d] === sizes[d]) index[from + d--] = 0;
    if (d < 0) return;
  }
}

interface Accumulator {
  start(): void;
  add(value: number, position: number): void;
  result(): number;
}

const combiners: Readonly<Record<string, string>> = { sum: "add", prod: "mul" };

function accumulator(op: string, dtype: DType): Accumulator {
  if (op === "argmax" || op === "argmin") {
    let best = 0;
    let at = -1;
    return {
      start: () => {
        at = -1;
      },
      add: (x, position) => {
        const better =
          at < 0 || (!Number.isNaN(best) && (Number.isNaN(x) || (op === "argmax" ? x > best : x < best)));
        if (better) [best, at] = [x, position];
      },
      result: () => Math.max(at, 0),
    };
  }
  // Float sums are kept in float64 and rounded once: the most accurate answer to compare others with.
  const wide = dtype.kind === "float" ? float64 : dtype;
  const f = scalarFunction(combiners[op] ?? op, wide);
  const round = roundTo(dtype);
  let acc = 0;
  return {
    start: () => {
      acc = reductionIdentity(op, dtype) as number;
    },
    add: (x) => {
      acc = f(acc, x, 0);
    },
    result: () => round(acc),
  };
}

function runNest(kernel: NestKernel, program: readonly Cells[]): void {
  const memory = kernel.kind === "row" ? withLocals(kernel, program) : program;
  const index: number[] = [];
  const accs: number[] = [];
  const evaluator = (stores: readonly Store[], values: readonly Node[] = []) =>
    new Evaluator([...values, ...stores.flatMap((s) => [s.offset, s.value])], memory, index, accs);
  const put = (at: Evaluator, stores: readonly Store[]) => {
    const values = stores.map((s) => at.get(s.value));
    stores.forEach((s, i) => {
      write(memory[s.buffer], at.get(s.offset), values[i]);
    });
  };
  const passes = passesOf(kernel).map(({ reductions, stores }) => ({
    stores,
    reductions: reductions.map((r) => ({ value: r.value, acc: accumulator(r.op, r.value.dtype) })),
    point: evaluator(
      stores,
      reductions.map((r) => r.value),
    ),
  }));
  const last = evaluator(kernel.stores);
  const rank = kernel.axes.length;
  forEachIndex(kernel.axes, index, 0, () => {
    accs.length = 0;
    for (const { stores, reductions, point } of passes) {
      for (const { acc } of reductions) acc.start();
      forEachIndex(innerAxesOf(kernel), index, rank, () => {
        point.run();
        for (const { acc, value } of reductions) acc.add(point.get(value), index[rank] ?? 0);
        put(point, stores);
      });
      accs.push(...reductions.map(({ acc }) => acc.result()));
    }
    last.run();
    put(last, kernel.stores);
  });
}

function withLocals(kernel: RowKernel, memory: readonly Cells[]): readonly Cells[] {
  const own = memory.slice();
  for (const id of kernel.locals) {
    const { dtype, size } = memory[id];
    own[id] = { dtype, size, data: hostArray(dtype, size) };
  }
  return own;
}

function runBlocked(kernel: BlockedKernel, program: readonly Cells[]): void {
  const { axes, stages, slices, locals, origin, localBytes } = kernel;
  const memory = program.slice();
  const own = new ArrayBuffer(localBytes);
  for (const { buffer, offset } of locals) {
    const { dtype, size } = program[buffer];
    memory[buffer] = { dtype, size, data: hostArray(dtype, own, offset, size) };
  }
  const index: number[] = [];
  forEachIndex(axes, index, 0, () => {
    for (const { id, buffer, offset, steps } of slices) {
      const { dtype, data } = program[buffer];
      const { size } = program[id];
      const start = steps.reduce((sum, step, axis) => sum + step * index[axis], offset);
      const bytes = data.byteOffset + start * dtype.itemsize;
      memory[id] = { dtype, size, data: hostArray(dtype, data.buffer, bytes, size) };
    }
    if (origin !== null) memory[origin].data.set(index as never);
    for (const stage of stages) runKernel(stage, memory);
  });
}

function logAddExp(a: number, b: number): number {
  const m = Math.max(a, b);
  return !Number.isFinite(m) ? m : m + Math.log(Math.exp(a - m) + Math.exp(b - m));
}

function runScan(kernel: ScanKernel, memory: readonly Cells[]): void {
  const index: number[] = [];
  const point = new Evaluator([kernel.value, kernel.store.offset], memory, index);
  const { dtype } = kernel.value;
  const f = kernel.op === "logaddexp" ? logAddExp : scalarFunction(combiners[kernel.op] ?? kernel.op, dtype);
  const round = roundTo(dtype);
  const length = kernel.axes[kernel.axis];
  const others = kernel.axes.filter((_, d) => d !== kernel.axis);
  if (length === 0) return;
  const outer: number[] = [];
  forEachIndex(others, outer, 0, () => {
    outer.forEach((v, d) => {
      index[d < kernel.axis ? d : d + 1] = v;
    });
    let acc = reductionIdentity(kernel.op, dtype) as number;
    for (let k = 0; k < length; k++) {
      index[kernel.axis] = kernel.reverse ? length - 1 - k : k;
      point.run();
      acc = k === 0 ? point.get(kernel.value) : round(f(acc, point.get(kernel.value), 0));
      write(memory[kernel.store.buffer], point.get(kernel.store.offset), acc);
    }
  });
}

function runDot(kernel: Extract<Kernel, { kind: "dot" }>, memory: readonly Cells[]): void {
  const finish = finishing(kernel, memory);
  const { start, step, round } = sumOfProducts(kernel.dtype);
  for (const { lhs, rhs, at, index } of dotSteps(kernel)) {
    let sum = start;
    for (let k = 0; k < kernel.k; k++) {
      const a = read(memory[kernel.lhs.view.buffer], lhs + k * kernel.lhs.colStride);
      const b = read(memory[kernel.rhs.view.buffer], rhs + k * kernel.rhs.rowStride);
      sum = step(sum, a, b);
    }
    finish(round(sum), at, index);
  }
}

/** Float sums are kept in float64 and rounded once; integers wrap at every step. */
function sumOfProducts(dtype: DType): {
  readonly start: number;
  readonly step: (sum: number, a: number, b: number) => number;
  readonly round: (sum: number) => number;
} {
  const round = roundTo(dtype);
  const start = reductionIdentity("sum", dtype) as number;
  if (dtype.kind === "float") return { start, step: (sum, a, b) => sum + a * b, round };
  const [add, mul] = [scalarFunction("add", dtype), scalarFunction("mul", dtype)];
  return { start, step: (sum, a, b) => add(sum, mul(a, b, 0), 0), round };
}

/** What is done with each sum of a product: it is written to its place in the result, unless there is an epilogue. */
function finishing(
  kernel: Product,
  memory: readonly Cells[],
): (sum: number, at: number, index: readonly number[]) => void {
  const { epilogue } = kernel;
  if (epilogue === undefined) return (sum, at) => write(memory[kernel.out], at, sum);
  const here: number[] = [];
  const accs: number[] = [];
  const point = new Evaluator(epilogueRoots(kernel), memory, here, accs);
  return (sum, _at, index) => {
    index.forEach((i, d) => {
      here[d] = i;
    });
    accs[0] = sum;
    point.run();
    const values = epilogue.map((s) => point.get(s.value));
    epilogue.forEach((s, i) => {
      write(memory[s.buffer], point.get(s.offset), values[i]);
    });
  };
}

function runContraction(kernel: ContractionKernel, memory: readonly Cells[]): void {
  const { batch, rows, cols, sum } = kernel;
  const { start, step: accumulate, round } = sumOfProducts(kernel.dtype);
  const [lhs, rhs] = [memory[kernel.lhs.buffer], memory[kernel.rhs.buffer]];
  const finish = finishing(kernel, memory);
  const dims = [...batch, ...rows, ...cols];
  const sizesOf = (list: readonly ContractionDim[]) => list.map((d) => d.size);
  const offset = (
    list: readonly ContractionDim[],
    at: readonly number[],
    side: "left" | "right" | "result",
  ) => list.reduce((n, d, i) => n + at[i] * d[side], 0);
  const point: number[] = [];
  const step: number[] = [];
  forEachIndex(sizesOf(dims), point, 0, () => {
    const left = kernel.lhs.offset + offset(dims, point, "left");
    const right = kernel.rhs.offset + offset(dims, point, "right");
    let total = start;
    forEachIndex(sizesOf(sum), step, 0, () => {
      const a = read(lhs, left + offset(sum, step, "left"));
      const b = read(rhs, right + offset(sum, step, "right"));
      total = accumulate(total, a, b);
    });
    finish(round(total), kernel.outOffset + offset(dims, point, "result"), point);
  });
}

/** -1, 0 or 1 in the order of sorting: NaN after everything, zeros of either sign equal. */
function compareValues(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function runHostCall({ call, inputs, outputs }: HostCallKernel, memory: readonly Cells[]): void {
  const args = inputs.map(({ aval, buffer }) =>
    arrayFromHost(buffer === null ? hostArray(aval.dtype, aval.size) : memory[buffer].data.slice(), aval),
  );
  const results = call(args);
  outputs.forEach(({ buffer }, i) => {
    if (buffer !== null) memory[buffer].data.set(results[i].toHost() as never);
  });
}

function runSort(kernel: SortKernel, memory: readonly Cells[]): void {
  const { rows, length, numKeys } = kernel;
  const copies = kernel.inputs.map((b) => ({ ...memory[b], data: memory[b].data.slice() }));
  for (let r = 0; r < rows; r++) {
    const start = r * length;
    const order = Array.from({ length }, (_, i) => start + i);
    order.sort((i, j) => {
      for (let k = 0; k < numKeys; k++) {
        const c = compareValues(read(copies[k], i), read(copies[k], j));
        if (c !== 0) return c;
      }
      return i - j;
    });
    kernel.outputs.forEach((b, k) => {
      for (let i = 0; i < length; i++) write(memory[b], start + i, read(copies[k], order[i]));
    });
  }
}

function runRoutine({ routine, count, inputs, outputs }: RoutineKernel, memory: readonly Cells[]): void {
  const buffers = [...inputs, ...outputs].map((id) => memory[id].data as RoutineMemory);
  const arrays = routine.arrays.filter(isShared);
  for (let i = 0; i < count; i++) {
    const problem = buffers.map((data, k) => {
      const { size } = arrays[k];
      return data.subarray(i * size, (i + 1) * size);
    });
    evaluateRoutine(routine, problem);
  }
}

function runFourier(kernel: FourierKernel, memory: readonly Cells[]): void {
  const { radices, sign, before, inner, after, input, output, turns } = kernel;
  const length = radices.reduce((n, r) => n * r, 1);
  const data = (buffer: number) => memory[buffer].data as Float64Array;
  const [x, y] = [data(input), data(output)];
  const roots = Array.from({ length }, (_, m) => (sign * 2 * Math.PI * m) / length);
  for (let row = 0; row < before; row++) {
    for (let column = 0; column < after; column++) {
      for (let k = 0; k < length; k++) {
        let [re, im] = [0, 0];
        for (let j = 0; j < length; j++) {
          const at = 2 * ((row * length + j) * after + column);
          const angle = roots[(j * k) % length];
          re += x[at] * Math.cos(angle) - x[at + 1] * Math.sin(angle);
          im += x[at] * Math.sin(angle) + x[at + 1] * Math.cos(angle);
        }
        if (turns !== null) {
          const at = 2 * (k * after + column);
          const [c, s] = data(turns).subarray(at, at + 2);
          [re, im] = [re * c - im * s, re * s + im * c];
        }
        const group = Math.floor(row / inner);
        const to = 2 * (((group * length + k) * inner + (row % inner)) * after + column);
        y[to] = re;
        y[to + 1] = im;
      }
    }
  }
}

function runScatter(kernel: ScatterKernel, memory: readonly Cells[]): void {
  const base = memory[kernel.base];
  const out = memory[kernel.out];
  // Where the plan placed `out` on `base`, there is nothing to copy.
  const inPlace = base.data.buffer === out.data.buffer && base.data.byteOffset === out.data.byteOffset;
  if (!inPlace) for (let i = 0; i < kernel.baseSize; i++) write(out, i, read(base, i));
  const index: number[] = [];
  const guard = kernel.guard === null ? null : new Evaluator([kernel.guard], memory, index);
  const place = new Evaluator([kernel.offset], memory, index);
  const { second } = kernel;
  const value = new Evaluator(second === null ? [kernel.value] : [kernel.value, second], memory, index);
  const combine =
    kernel.combine === "set" ? (_old: number, x: number) => x : scalarFunction(kernel.combine, out.dtype);
  forEachIndex(kernel.axes, index, 0, () => {
    guard?.run();
    if (guard !== null && guard.get(kernel.guard as Node) === 0) return;
    place.run();
    value.run();
    const at = place.get(kernel.offset);
    write(out, at, combine(read(out, at), value.get(kernel.value), 0));
    if (second !== null) write(out, at + 1, value.get(second));
  });
}
