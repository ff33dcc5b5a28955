import type { Binding, ForLoopKernel } from "../../../compiler/ir.ts";
import type { FuncRef, ModuleBuilder } from "../asm/index.ts";
import type { Task } from "../threads/region.ts";
import type { ControlStep } from "./kernelFunctions.ts";
import type { Layout } from "./layout.ts";
import type { Frame } from "./sequence.ts";

/** A loop whose steps threads take one by one, each in an arena of its own. */
export interface ParallelLoop {
  readonly kernel: ForLoopKernel;
  readonly outer: Layout;
  readonly body: Layout;
}

/** The loops of a program whose steps threads take, in the order of the program. */
export function parallelLoops(layout: Layout): ParallelLoop[] {
  return [...layout.inner].flatMap(([step, layouts]): ParallelLoop[] =>
    isParallel(step)
      ? [{ kernel: step.kernel as ForLoopKernel, outer: layout, body: layouts[0] }]
      : layouts.flatMap(parallelLoops),
  );
}

export function isParallel(step: ControlStep): boolean {
  return step.pieces > 1;
}

/** An address that the body of a loop expects in its table. */
interface Slot {
  readonly place: number;
  readonly buffer: number;
  /** Bytes from the beginning of the buffer for the first step, and from one step to the next. */
  readonly offset: number;
  readonly step: number;
}

function slotsOf({ kernel, outer, body }: ParallelLoop): Slot[] {
  const { args, consts, results } = kernel.body;
  const bindings = { argument: args, const: consts, result: results };
  const { buffers } = outer.functions.program;
  return body.pointers.flatMap(({ kind, index }, place): Slot[] => {
    const binding: Binding = bindings[kind][index];
    if (binding.kind === "fixed") return [{ place, buffer: binding.buffer, offset: 0, step: 0 }];
    if (binding.kind !== "slice") return [];
    const { buffer, step, offset } = binding;
    const { itemsize } = buffers[buffer].dtype;
    return [{ place, buffer, offset: offset * itemsize, step: step * itemsize }];
  });
}

/** Bytes of the block that a loop fills in for its steps: the arena, then the addresses for the first step. */
export function blockBytes(loop: ParallelLoop): number {
  return 4 * (1 + slotsOf(loop).length);
}

/** The task that does a step. Its arena lies `arenaBytes` after that of the step before; the first is in that of the program. */
export function stepTask(mb: ModuleBuilder, loop: ParallelLoop, body: FuncRef, arenaBytes: number): Task {
  const name = `${loop.kernel.name}_step`;
  return mb.function(name, ["i32", "i32", "i32"], [], (f, block, _thread, piece) => {
    const arena = f.local("i32", "arena");
    f.get(block).i32.load(0).get(piece).i32.const(arenaBytes).i32.mul().i32.add().set(arena);
    slotsOf(loop).forEach(({ place, step }, i) => {
      f.get(arena)
        .get(block)
        .i32.load(4 * (i + 1));
      if (step !== 0) f.get(piece).i32.const(step).i32.mul().i32.add();
      f.i32.store(loop.body.table + 4 * place);
    });
    f.get(arena).call(body);
  });
}

/** Fills in the block for the steps of a loop, and has them done. */
export function emitParallelLoop(
  { f, push, pushArena }: Frame,
  loop: ParallelLoop,
  block: number,
  task: number,
  region: FuncRef,
): void {
  const store = (at: number, value: () => void): void => {
    pushArena(0);
    value();
    f.i32.store(block + 4 * at);
  };
  store(0, () => pushArena(0));
  slotsOf(loop).forEach(({ buffer, offset }, i) => {
    store(i + 1, () => {
      push(buffer);
      if (offset !== 0) f.i32.const(offset).i32.add();
    });
  });
  f.i32.const(task);
  pushArena(block);
  f.i32.const(loop.kernel.length).call(region);
}
