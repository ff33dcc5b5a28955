import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { emitTiles } from "./gemmBlocks.ts";
import type { Batch, GemmSpec, GemmTuning, Problem } from "./gemmProblem.ts";
import { normalize } from "./gemmProblem.ts";
import { packedBytes, tune } from "./gemmTuning.ts";
import { emitVectorMatrix, vectorPath, vectorScratch } from "./gemmVector.ts";
import { advance } from "./lanes.ts";

export type { GemmBatch, GemmDtype, GemmSpec, GemmTuning } from "./gemmProblem.ts";
export type { Epilogue, EpilogueContext } from "./gemmTile.ts";

export type GemmPlan = {
  /** "empty": nothing to write. "zero": no products to add. "vector": one row. "tiles": the general path. */
  readonly path: "empty" | "zero" | "vector" | "tiles";
  /** Bytes that the function may write at `scratch`, which must be 16-byte aligned for speed. */
  readonly scratchBytes: number;
  readonly flops: number;
  readonly tuning: GemmTuning;
};

/** What a product will need and how it will be computed, without emitting it. */
export function gemmPlan(spec: GemmSpec): GemmPlan {
  const problem = normalize(spec);
  const tuning = tune(problem, spec.tuning);
  const path = pathOf(problem);
  const batches = problem.batch.reduce((product, { size }) => product * size, 1);
  return {
    path,
    scratchBytes: scratchOf(problem, path, tuning),
    flops: 2 * problem.m * problem.n * problem.k * batches,
    tuning,
  };
}

/**
 * Emits a product: a function (a, b, c, scratch, ...epilogue arguments) of addresses. C must not overlap A, B or scratch.
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
  const params: ValType[] = ["i32", "i32", "i32", "i32", ...(problem.epilogue?.params ?? [])];
  const { m, n, k } = spec;
  return mb.function(
    `gemm_${problem.type.kind}_${m}x${k}x${n}`,
    params,
    [],
    (f, first, second, c, scratch, ...extra) => {
      if (path === "empty") return;
      const [a, b] = problem.swapped ? [second, first] : [first, second];
      const pointers = [a, b, c] as [Local, Local, Local];
      eachBatch(f, problem.batch, pointers, problem.type.bytes, (at, bt, ct) => {
        if (path === "zero") emitZero(f, problem, ct);
        else if (path === "vector") emitVectorMatrix(mb, f, { ...problem }, at, bt, ct, scratch as Local);
        else emitTiles(mb, f, problem, tuning, { a: at, b: bt, c: ct, scratch: scratch as Local, extra });
      });
    },
  );
}

function pathOf({ m, n, k, batch, bRow, bCol, epilogue }: Problem): GemmPlan["path"] {
  if (m === 0 || n === 0 || batch.some(({ size }) => size === 0)) return "empty";
  if (epilogue !== undefined) return "tiles";
  if (k === 0) return "zero";
  return m === 1 && vectorPath(n, k, bRow, bCol) !== undefined ? "vector" : "tiles";
}

function scratchOf(problem: Problem, path: GemmPlan["path"], tuning: GemmTuning): number {
  const { type, n, k, bRow, bCol, aCol } = problem;
  if (path === "vector") return vectorScratch(type, n, k, bRow, bCol, aCol);
  if (path !== "tiles") return 0;
  const { a, b } = packedBytes(problem, tuning);
  return a + b;
}

/** Emits the body once, inside a loop per batch dimension. The addresses are restored when a loop ends. */
function eachBatch(
  f: FunctionBuilder,
  batch: readonly Batch[],
  pointers: readonly [Local, Local, Local],
  bytes: number,
  body: (a: Local, b: Local, c: Local) => void,
): void {
  const [dim, ...inner] = batch;
  if (dim === undefined) {
    body(...pointers);
    return;
  }
  const left = f.local("i32");
  const moved = pointers.map((pointer) => {
    const copy = f.local("i32");
    f.get(pointer).set(copy);
    return copy;
  }) as [Local, Local, Local];
  f.i32.const(dim.size).set(left);
  f.loop((again) => {
    eachBatch(f, inner, moved, bytes, body);
    advance(f, moved[0], dim.a * bytes);
    advance(f, moved[1], dim.b * bytes);
    advance(f, moved[2], dim.c * bytes);
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
