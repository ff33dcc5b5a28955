import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { addKernel, axpyScratch, emitAxpy } from "./gemmAxpy.ts";
import { emitTiles } from "./gemmBlocks.ts";
import { dotsScratch, emitDots } from "./gemmDots.ts";
import { groupLengths } from "./gemmOrder.ts";
import { emitOuter, takesOuter } from "./gemmOuter.ts";
import { emitPanels, panelElements, takesPanels } from "./gemmPanels.ts";
import type { Batch, GemmSpec, GemmTuning, Problem } from "./gemmProblem.ts";
import { normalize } from "./gemmProblem.ts";
import { hasConflicts, keptBytes, packedBytes, tune } from "./gemmTuning.ts";
import { advance } from "./lanes.ts";

export type { EpilogueContext } from "./epilogue.ts";
export type {
  GemmArray,
  GemmBatch,
  GemmDtype,
  GemmEpilogue,
  GemmSpec,
  GemmTuning,
  SumOrder,
} from "./gemmProblem.ts";
export { sumOrder } from "./gemmProblem.ts";

export type GemmPlan = {
  /**
   * "empty": nothing to write. "zero": no products to add. "dots": a vector times a matrix whose columns are contiguous. "axpy": a few rows
   * times a matrix whose rows are. "outer": outer products. "tiles": the general path.
   */
  readonly path: "empty" | "zero" | "dots" | "axpy" | "outer" | "tiles";
  /** Bytes that the function may write at `scratch`, which must be 16-byte aligned for speed. */
  readonly scratchBytes: number;
  readonly flops: number;
  /** Bytes of operands and result. */
  readonly bytes: number;
  readonly tuning: GemmTuning;
};

const plans = new WeakMap<GemmSpec, GemmPlan>();

/** What a product will need and how it will be computed, without emitting it. */
export function gemmPlan(spec: GemmSpec): GemmPlan {
  let plan = plans.get(spec);
  if (plan === undefined) {
    plan = makePlan(spec);
    plans.set(spec, plan);
  }
  return plan;
}

function makePlan(spec: GemmSpec): GemmPlan {
  const problem = normalize(spec);
  const tuning = tune(problem, spec.tuning);
  const path = pathOf(problem, tuning);
  const { type, m, n, k, batch } = problem;
  const matrices = (moves: (dim: Batch) => boolean) =>
    batch.reduce((count, dim) => (moves(dim) ? count * dim.size : count), 1);
  const whole = (problem.epilogue?.arrays ?? []).filter((x) => x.rowStride !== 0 && x.colStride !== 0);
  const elements =
    m * n * matrices(() => true) +
    m * k * matrices(({ a }) => a !== 0) +
    k * n * matrices(({ b }) => b !== 0) +
    m * n * matrices(() => true) * whole.length;
  const groups = groupLengths(k);
  const scratch = groups.map((k) => scratchOf({ ...problem, k }, path, tuning));
  return {
    path,
    scratchBytes: partialBytes(problem) + Math.max(0, ...scratch),
    flops: 2 * m * n * k * matrices(() => true),
    bytes: elements * type.bytes,
    tuning,
  };
}

/** Whether a product whose right operand many others share too had better find it in panels, which {@link gemmPanels} writes. */
export function wantsPanels(spec: GemmSpec): boolean {
  const problem = normalize(spec);
  const { path, tuning } = gemmPlan(spec);
  return path === "tiles" && takesPanels(problem) && (tuning.packB || hasConflicts(problem));
}

/** The panels that a product with `panels` reads: how many elements they have, and the function (b, target) that writes them. */
export function gemmPanels(spec: GemmSpec): { elements: number; emit: (mb: ModuleBuilder) => FuncRef } {
  const problem = normalize(spec);
  return { elements: panelElements(problem), emit: (mb) => emitPanels(mb, problem, gemmPlan(spec).tuning) };
}

/** A plan in words. */
export function describeGemm({ path, tuning }: GemmPlan): string {
  if (path === "dots") return "dot products";
  if (path === "axpy") return "multiples of rows added up";
  if (path === "outer") return "outer products row by row";
  if (path !== "tiles") return path === "zero" ? "zeros" : "nothing to do";
  const { rows, vectors, blockM, blockN, packA, packB } = tuning;
  const packed = [packA ? "left" : "", packB ? "right" : ""].filter((side) => side !== "").join(" and ");
  const operands = packed === "" ? "operands read in place" : `${packed} packed`;
  return `tiles of ${rows} rows x ${vectors} vectors in blocks of ${blockM} x ${blockN}, ${operands}`;
}

/**
 * Emits a product: a function (a, b, c, scratch, ...arrays of the epilogue) of addresses. C must not overlap A, B or scratch.
 * Integers wrap. Sums over k are kept in blocks, so their error does not grow with k as that of a plain loop does.
 *
 * @example
 * ```text
 * const spec = { dtype: "float32", m: 2, n: 2, k: 3, a: { rowStride: 3, colStride: 1 }, b: { rowStride: 2, colStride: 1 } };
 * const gemm = emitGemm(mb, spec);
 * f.get(a).get(b).get(c).get(scratch).call(gemm);
 * ```
 */
export function emitGemm(mb: ModuleBuilder, spec: GemmSpec): FuncRef {
  const problem = normalize(spec);
  const { path, tuning } = gemmPlan(spec);
  const params: ValType[] = [
    "i32",
    "i32",
    "i32",
    "i32",
    ...(problem.epilogue?.arrays.map(() => "i32" as const) ?? []),
  ];
  const { m, n, k } = spec;
  return mb.function(
    `gemm_${problem.type.kind}_${m}x${k}x${n}`,
    params,
    [],
    (f, first, second, c, scratch, ...arrays) => {
      if (path === "empty") return;
      const [a, b] = problem.swapped ? [second, first] : [first, second];
      const emit = (p: Problem, at: Operands, to: Local, room: Local, rest: readonly Local[]) => {
        if (path === "zero") emitZero(f, p, to);
        else if (path === "dots") emitDots(mb, f, p, at.a, at.b, to, room);
        else if (path === "axpy") emitAxpy(mb, f, p, tuning.passRows, at.a, at.b, to, room);
        else if (path === "outer") emitOuter(mb, f, p, at.a, at.b, to, rest);
        else emitTiles(mb, f, p, tuning, { a: at.a, b: at.b, c: to, scratch: room, arrays: rest });
      };
      const pointers = [a, b, c, ...arrays] as Local[];
      eachBatch(f, problem.batch, pointers, problem.type.bytes, ([at, bt, ct, ...rest]) => {
        const operands = { a: at as Local, b: bt as Local };
        eachGroup(mb, f, problem, operands, ct as Local, scratch as Local, (p, inner, to, room) =>
          emit(p, inner, to, room, rest),
        );
      });
    },
  );
}

function pathOf(problem: Problem, { passRows }: GemmTuning): GemmPlan["path"] {
  const { m, n, k, batch, epilogue } = problem;
  if (m === 0 || n === 0 || batch.some(({ size }) => size === 0)) return "empty";
  if (k === 0 && epilogue === undefined) return "zero";
  if (problem.lanes) return "dots";
  if (passRows > 0 && epilogue === undefined) return "axpy";
  return takesOuter(problem) ? "outer" : "tiles";
}

function scratchOf(problem: Problem, path: GemmPlan["path"], tuning: GemmTuning): number {
  if (path === "dots") return dotsScratch(problem);
  if (path === "axpy") return axpyScratch(problem);
  if (path !== "tiles") return 0;
  const { a, b } = packedBytes(problem, tuning);
  return a + b + keptBytes(problem, tuning);
}

/** Bytes at the start of scratch for the sums of a group of products, where k has several. */
function partialBytes({ type, m, n, k }: Problem): number {
  return groupLengths(k).length > 1 ? Math.ceil((m * n * type.bytes) / 64) * 64 : 0;
}

type Operands = { readonly a: Local; readonly b: Local };

/** Emits the product for each group of k: the first one into C, others into scratch, from where they are added. */
function eachGroup(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  operands: Operands,
  c: Local,
  scratch: Local,
  emit: (p: Problem, operands: Operands, c: Local, scratch: Local) => void,
): void {
  const { type, m, n, ldc } = p;
  const { bytes } = type;
  const lengths = groupLengths(p.k);
  const [length] = lengths;
  if (lengths.length <= 1) {
    emit(p, operands, c, scratch);
    return;
  }
  if (p.epilogue !== undefined) throw new Error("gemm: sums of several groups take no epilogue");
  const [a, b, row, sums, room, i] = Array.from({ length: 6 }, () => f.temp("i32")) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  f.get(scratch).i32.const(partialBytes(p)).i32.add().set(room);
  f.get(operands.a).set(a).get(operands.b).set(b);
  const next = () => {
    advance(f, a, (length as number) * p.aCol * bytes);
    advance(f, b, (length as number) * p.bRow * bytes);
  };
  const add = addKernel(mb, type, n);
  const another = (k: number) => {
    next();
    emit({ ...p, k, ldc: n }, { a, b }, scratch, room);
    f.get(c).set(row).get(scratch).set(sums);
    f.for(i, 0, m, 1, () => {
      f.get(row).get(sums).call(add);
      advance(f, row, ldc * bytes);
      advance(f, sums, n * bytes);
    });
  };
  emit({ ...p, k: length as number }, operands, c, room);
  const group = f.temp("i32");
  const whole = lengths.filter((k) => k === length).length;
  f.for(group, 1, whole, 1, () => another(length as number));
  if (whole < lengths.length) another(lengths.at(-1) as number);
  f.release(a, b, row, sums, room, i, group);
}

/** Emits the body once, inside a loop per batch dimension. The addresses are restored when a loop ends. */
function eachBatch(
  f: FunctionBuilder,
  batch: readonly Batch[],
  pointers: readonly Local[],
  bytes: number,
  body: (pointers: readonly Local[]) => void,
): void {
  const [dim, ...inner] = batch;
  if (dim === undefined) {
    body(pointers);
    return;
  }
  const left = f.local("i32");
  const moved = pointers.map((pointer) => {
    const copy = f.local("i32");
    f.get(pointer).set(copy);
    return copy;
  });
  const steps = [dim.a, dim.b, dim.c, ...dim.arrays];
  f.i32.const(dim.size).set(left);
  f.loop((again) => {
    eachBatch(f, inner, moved, bytes, body);
    moved.forEach((pointer, i) => {
      advance(f, pointer, (steps[i] as number) * bytes);
    });
    f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
  });
}

function emitZero(f: FunctionBuilder, { type, m, n, ldc }: Problem, c: Local): void {
  const row = f.local("i32");
  const i = f.local("i32");
  if (ldc === n) {
    f.get(c)
      .i32.const(0)
      .i32.const(m * n * type.bytes)
      .memory.fill();
    return;
  }
  f.get(c).set(row);
  f.for(i, 0, m, 1, () => {
    f.get(row)
      .i32.const(0)
      .i32.const(n * type.bytes)
      .memory.fill();
    advance(f, row, ldc * type.bytes);
  });
}
