import { resultOf } from "../../../compiler/dotSteps.ts";
import type { DotKernel } from "../../../compiler/ir.ts";
import { epilogueLoads } from "../../../compiler/products.ts";
import { bool, type DType, float32, float64, int32, int64, uint32, uint64 } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import { usesRelaxedSimd } from "../features.ts";
import {
  describeGemm,
  emitGemm,
  type GemmArray,
  type GemmDtype,
  type GemmSpec,
  gemmPanels,
  gemmPlan,
  wantsPanels,
} from "../kernels/gemm.ts";
import { advance } from "../kernels/lanes.ts";
import type { KernelContext } from "./context.ts";
import { cutGemm, cutSums, type GemmCut } from "./cutGemm.ts";
import { sumsCode } from "./dotSums.ts";
import { describeEpilogue, type EpilogueArray, type EpilogueCode, epilogueCode } from "./epilogue.ts";
import { type KernelCode, noScratch, type PreparedOperand } from "./kernelCode.ts";
import type { Library } from "./library.ts";
import { emitScalarLoad, emitScalarStore } from "./scalarEmit.ts";
import { describeCut, emitSized, pushPieceStart, sizesOf } from "./split.ts";

const gemmDTypes: ReadonlyMap<unknown, GemmDtype> = new Map([
  [float32, "float32"],
  [float64, "float64"],
  [int32, "int32"],
  [uint32, "uint32"],
  [int64, "int64"],
  [uint64, "uint64"],
] as const);

/** The name under which kernels compute in a dtype. */
export function gemmDType(dtype: DType): GemmDtype | undefined {
  return gemmDTypes.get(dtype);
}

function gemmSpec(kernel: DotKernel, epilogue: EpilogueCode | null): GemmSpec | null {
  const dtype = gemmDTypes.get(kernel.dtype);
  if (dtype === undefined) return null;
  const { m, n, k, lhs, rhs } = kernel;
  const result = resultOf(kernel);
  return {
    dtype,
    m,
    n,
    k,
    a: { rowStride: lhs.rowStride, colStride: lhs.colStride },
    b: { rowStride: rhs.rowStride, colStride: rhs.colStride },
    ldc: result.rowStride,
    batch: kernel.batch.map((size, i) => ({
      size,
      strideA: lhs.batch[i],
      strideB: rhs.batch[i],
      strideC: result.batch[i],
    })),
    relaxed: usesRelaxedSimd(),
    epilogue: epilogue === null ? undefined : { ...epilogue, arrays: epilogue.arrays.map(asGemmArray) },
  };
}

function asGemmArray({ strides }: EpilogueArray): GemmArray {
  const [rowStride, colStride] = strides.slice(-2);
  return { rowStride, colStride, batch: strides.slice(0, -2) };
}

/**
 * The code of a product of matrices, or of each of its phases.
 *
 * @param repeated Whether it runs many times with the same right operand, which may then be prepared.
 */
export function dotPhases(kernel: DotKernel, lib: Library, repeated: boolean): readonly KernelCode[] {
  const spec = kernel.epilogue === undefined ? gemmSpec(kernel, null) : null;
  const cut = spec === null ? null : cutSums(spec);
  return cut === null ? [dotCode(kernel, lib, repeated)] : sumsCode(kernel, spec as GemmSpec, cut);
}

/** The code of a product of matrices in one phase. */
export function dotCode(kernel: DotKernel, lib: Library, repeated = false): KernelCode {
  const epilogue = epilogueCode(kernel, lib);
  const plain = gemmSpec(kernel, epilogue);
  if (plain === null) {
    return {
      pieces: 1,
      scratch: noScratch,
      emit: (context) => emitNarrowDot(context, kernel),
      describe: () => "bytes one by one",
    };
  }
  const panels = repeated && readsOnce(kernel) && wantsPanels(plain);
  const spec = panels ? { ...plain, panels } : plain;
  const cut = cutGemm(spec);
  const prepared = panels ? preparedPanels(kernel, cut) : null;
  const plan = gemmPlan(cut.part(cut.each));
  // A short last piece may be computed in another way.
  const scratchBytes = sizesOf(cut).map((units) => gemmPlan(cut.part(units)).scratchBytes);
  return {
    pieces: cut.pieces,
    scratch: { perThread: Math.max(...scratchBytes) },
    prepared: prepared ?? undefined,
    describe: () =>
      `${describeGemm(plan)}${panels ? " before the loop" : ""}${describeEpilogue(epilogue)}; ${describeCut(cut, `${cut.along === "batch" ? "products" : cut.along}`)}`,
    emit: (context, scratch, piece) => {
      const { f, mb } = context;
      const push = (buffer: number, offset: number, step: number) =>
        pushPieceStart(context, buffer, offset, piece, cut.each * step);
      emitSized(f, piece, cut, (units) => {
        const part = cut.part(units);
        push(kernel.lhs.view.buffer, kernel.lhs.view.offset, cut.a);
        if (prepared !== null) pushPieceStart(context, prepared.buffer, 0, piece, prepared.each);
        else push(kernel.rhs.view.buffer, kernel.rhs.view.offset, cut.b);
        push(kernel.out, 0, cut.c);
        // Without scratch the address is not used.
        if (scratch === null) f.i32.const(0);
        else f.get(scratch);
        for (const { buffer, offset, strides } of epilogue?.arrays ?? [])
          push(buffer, offset, strides[alongOf(kernel, cut.along)]);
        f.call(mb.shared(`gemm ${JSON.stringify(part)}`, () => emitGemm(mb, part)));
      });
    },
  };
}

/** Whether a product reads the buffer of its right operand nowhere else. */
function readsOnce(kernel: DotKernel): boolean {
  const { lhs, rhs } = kernel;
  const { buffer } = rhs.view;
  return lhs.view.buffer !== buffer && !epilogueLoads(kernel).some((load) => load.buffer === buffer);
}

/** The panels of the right operand: those of each piece that has columns of its own, one after the other, `each` elements apart. */
function preparedPanels(kernel: DotKernel, cut: GemmCut): PreparedOperand & { readonly each: number } {
  const { view } = kernel.rhs;
  const { itemsize } = kernel.dtype;
  const byColumns = cut.along === "columns";
  const sizes = byColumns ? sizesOf(cut) : [cut.each];
  const parts = sizes.map((units) => gemmPanels(cut.part(units)));
  const each = byColumns ? parts[0].elements : 0;
  const pieces = byColumns ? cut.pieces : 1;
  const last = parts[parts.length - 1];
  return {
    buffer: view.buffer,
    each,
    bytes: ((pieces - 1) * each + last.elements) * itemsize,
    emit(mb, f, source, target) {
      const write = parts.map((part) => part.emit(mb));
      const from = f.local("i32");
      const to = f.local("i32");
      f.get(source)
        .i32.const(view.offset * itemsize)
        .i32.add()
        .set(from);
      f.get(target).set(to);
      const next = () => {
        advance(f, from, cut.each * cut.b * itemsize);
        advance(f, to, each * itemsize);
      };
      f.for(f.local("i32"), 0, pieces - 1, 1, () => {
        f.get(from).get(to).call(write[0]);
        next();
      });
      f.get(from)
        .get(to)
        .call(write[write.length - 1]);
    },
  };
}

/** The dimension of the result along which a product is cut. */
function alongOf({ batch }: DotKernel, along: GemmCut["along"]): number {
  return along === "batch" ? 0 : along === "rows" ? batch.length : batch.length + 1;
}

/** Products of elements of one or two bytes: integers wrap, bool is "or" of "and". */
function emitNarrowDot(context: KernelContext, kernel: DotKernel): void {
  const { f } = context;
  const { lhs, rhs, m, n, k, batch } = kernel;
  if (batch.includes(0)) return;
  const [a, b] = [lhs, rhs].map((side) => {
    const local = f.local("i32");
    pushPieceStart(context, side.view.buffer, side.view.offset, null, 0);
    f.set(local);
    return local;
  });
  const out = f.local("i32");
  const sum = f.local("i32");
  f.get(context.pointers.get(kernel.out) as Local).set(out);
  const result = resultOf(kernel);
  const { itemsize } = kernel.dtype;
  const move = (pointer: Local, by: number) =>
    f
      .get(pointer)
      .i32.const(by * itemsize)
      .i32.add()
      .set(pointer);
  /** A loop that advances the pointers by one step each time and puts them back at the end. */
  const loop = (size: number, stepA: number, stepB: number, stepOut: number, body: () => void) => {
    const steps = [
      [a, stepA],
      [b, stepB],
      [out, stepOut],
    ] as const;
    f.for(f.local("i32"), 0, size, 1, () => {
      body();
      for (const [pointer, step] of steps) move(pointer, step);
    });
    for (const [pointer, step] of steps) move(pointer, -step * size);
  };
  const point = () => {
    f.i32.const(0).set(sum);
    loop(k, lhs.colStride, rhs.rowStride, 0, () => {
      f.get(sum).get(a);
      emitScalarLoad(f, kernel.dtype, 0);
      f.get(b);
      emitScalarLoad(f, kernel.dtype, 0);
      if (kernel.dtype === bool) f.i32.and().i32.or();
      else f.i32.mul().i32.add();
      f.set(sum);
    });
    f.get(out).get(sum);
    emitScalarStore(f, kernel.dtype, 0);
  };
  const batches = (d: number): void => {
    if (d < batch.length) loop(batch[d], lhs.batch[d], rhs.batch[d], result.batch[d], () => batches(d + 1));
    else loop(m, lhs.rowStride, 0, result.rowStride, () => loop(n, 0, rhs.colStride, 1, point));
  };
  batches(0);
}
