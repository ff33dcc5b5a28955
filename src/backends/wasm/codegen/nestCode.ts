import type { NestKernel } from "../../../compiler/nest.ts";
import type { Local } from "../asm/index.ts";
import type { KernelContext } from "./context.ts";
import { describeLoops } from "./describeLoops.ts";
import { FoldEmitter, foldBytes } from "./fold.ts";
import type { KernelCode } from "./kernelCode.ts";
import { LoopEmitter } from "./loop.ts";
import { type LoopPlan, planLoops } from "./plan.ts";
import { nestSpace, partsOf } from "./space.ts";
import { type Cut, pieceRange, type Range } from "./split.ts";
import { stripBytes } from "./strips.ts";

/** The code of a loop or row kernel. */
export function nestCode(kernel: NestKernel, byteLengthOf: (buffer: number) => number): KernelCode {
  const space = nestSpace(kernel);
  const plans = kernel.axes.includes(0) ? [] : partsOf(space).map((part) => planLoops(space, part));
  const cut = plans.filter((plan) => plan.cut !== null);
  const whole = plans.filter((plan) => plan.cut === null);
  // The parts of the space that are not cut make one piece together, the first.
  const first = cut.length > 0 && whole.length > 0 ? 1 : 0;
  const counts = cut.map((plan) => (plan.cut as Cut).pieces);
  const locals = layLocals(space.locals, plans, byteLengthOf);
  return {
    pieces: Math.max(
      1,
      counts.reduce((sum, n) => sum + n, first),
    ),
    scratch: { perThread: locals.bytes + loopScratch(plans) },
    describe: () => describeLoops(plans),
    emit: (outside, scratch, piece) => {
      const context = scratch === null ? outside : withLocals(outside, scratch, locals);
      const { f } = context;
      const emitPart = (plan: LoopPlan, range: Range | null) => {
        const { fold } = plan;
        if (fold === null) new LoopEmitter(context, space, plan, range, scratch).emit();
        else new FoldEmitter(context, space, plan, fold, range, scratch as Local).emit();
      };
      const emitWhole = () => {
        for (const plan of whole) emitPart(plan, null);
      };
      if (piece === null) {
        emitWhole();
        return;
      }
      if (first > 0) f.get(piece).i32.eqz().if(emitWhole);
      let from = first;
      cut.forEach((plan, i) => {
        const own = f.temp("i32");
        f.get(piece).i32.const(from).i32.sub().tee(own).i32.const(counts[i]).i32.lt_u();
        f.if(() => {
          const range = pieceRange(f, own, plan.cut as Cut);
          emitPart(plan, range);
          f.release(range.start, range.stop);
        });
        f.release(own);
        from += counts[i];
      });
    },
  };
}

/** Bytes of the running results of folds and of what strips keep; such kernels have no local buffers. */
function loopScratch(plans: readonly LoopPlan[]): number {
  const bytes = ({ fold, strips, nest: { lanes } }: LoopPlan) =>
    fold !== null ? foldBytes(fold, lanes) : strips !== null ? stripBytes(strips, lanes) : 0;
  return plans.reduce((most, plan) => Math.max(most, bytes(plan)), 0);
}

/** Where in scratch memory the local buffers of a kernel are. */
interface Locals {
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

const align = (n: number) => Math.ceil(n / 64) * 64;

/** One row of each buffer, or, where lanes are rows, one for every lane of an iteration. */
function layLocals(
  buffers: readonly number[],
  plans: readonly LoopPlan[],
  byteLengthOf: (buffer: number) => number,
): Locals {
  const rows = plans.map(({ nest, unrolls }) => (nest.vectorIsParallel ? nest.lanes * unrolls[0] : 1));
  const most = Math.max(0, ...rows);
  const offsets = new Map<number, number>();
  let bytes = 0;
  for (const buffer of buffers) {
    offsets.set(buffer, bytes);
    // Rows of no elements have an address too.
    bytes += align(Math.max(16, most * byteLengthOf(buffer)));
  }
  return { offsets, bytes };
}

function withLocals(context: KernelContext, scratch: Local, { offsets }: Locals): KernelContext {
  const { f } = context;
  const pointers = new Map(context.pointers);
  for (const [buffer, offset] of offsets) {
    const pointer = f.local("i32");
    f.get(scratch).i32.const(offset).i32.add().set(pointer);
    pointers.set(buffer, pointer);
  }
  return { ...context, pointers };
}
