import type { BlockedKernel, Program, Slice, Stage } from "../../../compiler/ir.ts";
import type { FunctionBuilder, Local, ValType } from "../asm/index.ts";
import { kernelFlops } from "../cost.ts";
import { type KernelContext, kernelContext } from "./context.ts";
import type { KernelCode } from "./kernelCode.ts";
import { buffersOf } from "./kernelKey.ts";
import { type Cut, cutInto, describeCut, pieceRange, uncut } from "./split.ts";

const FLOPS_PER_NANOSECOND = 20;

const align = (n: number) => Math.ceil(n / 64) * 64;

/** The code of a blocked kernel: a loop over blocks that calls a function for each stage. Pieces are runs of blocks. */
export function blockedCode(
  program: Program,
  kernel: BlockedKernel,
  codeOf: (stage: Stage) => KernelCode,
): KernelCode {
  const { axes, stages, localBytes } = kernel;
  const blocks = axes.reduce((n, size) => n * size, 1);
  const codes = uncut(() => stages.map(codeOf));
  const stageBytes = codes.reduce((most, code) => Math.max(most, code.scratch.perThread), 0);
  const cut = cutInto(kernelFlops(kernel) / FLOPS_PER_NANOSECOND, blocks);
  return {
    pieces: cut.pieces,
    scratch: { perThread: align(localBytes) + align(stageBytes) },
    emit: (context, scratch, piece) => emitBlocks(context, program, kernel, codes, cut, scratch, piece),
    describe: () =>
      [`${describeCut(cut, "blocks")}`, ...stages.map((s, i) => `${s.name}: ${codes[i].describe()}`)].join(
        "; ",
      ),
  };
}

function emitBlocks(
  context: KernelContext,
  program: Program,
  kernel: BlockedKernel,
  codes: readonly KernelCode[],
  cut: Cut,
  scratch: Local | null,
  piece: Local | null,
): void {
  const { f, mb, lib } = context;
  const { axes, stages, slices, locals, origin, localBytes } = kernel;
  const pointers = new Map<number, Local>();
  for (const { buffer, offset } of locals) {
    const pointer = f.local("i32");
    f.get(scratch as Local)
      .i32.const(offset)
      .i32.add()
      .set(pointer);
    pointers.set(buffer, pointer);
  }
  for (const { id } of slices) pointers.set(id, f.local("i32"));
  const stageScratch = f.local("i32");
  f.get(scratch as Local)
    .i32.const(align(localBytes))
    .i32.add()
    .set(stageScratch);

  const calls = stages.map((stage, i) => {
    const code = codes[i];
    const buffers = buffersOf(stage);
    const params: ValType[] = buffers.map(() => "i32");
    const ownScratch = code.scratch.perThread > 0;
    if (ownScratch) params.push("i32");
    const ref = mb.function(stage.name, params, [], (g, ...params) => {
      const own = new Map(buffers.map((buffer, k) => [buffer, params[k]]));
      const room = ownScratch ? params[buffers.length] : null;
      code.emit(kernelContext(mb, g, lib, program.buffers, own), room, null);
    });
    return () => {
      for (const buffer of buffers) f.get(pointers.get(buffer) as Local);
      if (ownScratch) f.get(stageScratch);
      f.call(ref);
    };
  });

  const index = axes.map(() => f.local("i32"));
  const block = f.local("i32");
  const range = piece === null ? null : pieceRange(f, piece, cut);
  f.for(block, range?.start ?? 0, range?.stop ?? cut.units, 1, () => {
    blockIndex(f, block, axes, index);
    if (origin !== null) {
      index.forEach((i, axis) =>
        f
          .get(pointers.get(origin) as Local)
          .get(i)
          .i32.store(4 * axis),
      );
    }
    for (const slice of slices) pointAt(context, slice, index, pointers.get(slice.id) as Local);
    for (const call of calls) call();
  });
}

/** The index of a block along each axis, from its number. */
function blockIndex(
  f: FunctionBuilder,
  block: Local,
  axes: readonly number[],
  index: readonly Local[],
): void {
  let below = 1;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    f.get(block);
    if (below > 1) f.i32.const(below).i32.div_u();
    if (axis > 0) f.i32.const(axes[axis]).i32.rem_u();
    f.set(index[axis]);
    below *= axes[axis];
  }
}

/** Sets the pointer to a slice. */
function pointAt(context: KernelContext, slice: Slice, index: readonly Local[], pointer: Local): void {
  const { f } = context;
  const log2 = context.log2Of(slice.buffer);
  f.get(context.pointers.get(slice.buffer) as Local);
  if (slice.offset !== 0) f.i32.const(slice.offset << log2).i32.add();
  slice.steps.forEach((step, axis) => {
    if (step === 0) return;
    f.get(index[axis])
      .i32.const(step << log2)
      .i32.mul()
      .i32.add();
  });
  f.set(pointer);
}
