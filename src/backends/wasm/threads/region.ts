import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { ACTIVE_COUNT, CONTROL } from "./control.ts";

/** Looks for the end of a region between two questions whether it can still end. */
const LOOKS = 4096;

/** A task: (block, thread, piece), where `block` is the address of a table of its operands' addresses. */
export type Task = FuncRef;

/** Calls task number `task` for one piece. By halving, so that neither time nor depth grow with the number of tasks. */
function dispatcher(mb: ModuleBuilder, tasks: readonly Task[]): FuncRef {
  return mb.function("dispatch", ["i32", "i32", "i32", "i32"], [], (f, task, block, thread, piece) => {
    const choose = (from: number, to: number): void => {
      if (to - from === 1) {
        f.get(block).get(thread).get(piece).call(tasks[from]);
        return;
      }
      const middle = (from + to) >> 1;
      f.get(task).i32.const(middle).i32.lt_u();
      f.if(
        () => choose(from, middle),
        () => choose(middle, to),
      );
    };
    choose(0, tasks.length);
  });
}

/** Every piece in turn, by the calling thread. */
function inTurn(f: FunctionBuilder, dispatch: FuncRef, task: Local, block: Local, pieces: Local): void {
  const piece = f.local("i32", "piece");
  f.for(piece, 0, pieces, 1, () => f.get(task).get(block).i32.const(0).get(piece).call(dispatch));
}

/** `region(task, block, pieces)` where memory is not shared: one thread does every piece. */
export function serialRegion(mb: ModuleBuilder, tasks: readonly Task[]): FuncRef {
  const dispatch = dispatcher(mb, tasks);
  return mb.function("region", ["i32", "i32", "i32"], [], (f, task, block, pieces) =>
    inTurn(f, dispatch, task, block, pieces),
  );
}

/**
 * `region(task, block, pieces)`: does all pieces of a task, together with those workers that have the module, and returns when all are done.
 * Also exports `work(thread)`, the part of a worker in the open region.
 *
 * The calling thread opens the gate and takes pieces like everyone. A worker raises `active` before it looks at the gate; so once the gate is
 * closed and `active` is 0 again, nobody is inside or can enter any more, and all pieces that were taken are done. A worker that comes late
 * costs nothing.
 *
 * Every other thread takes pieces from the end. So where kernels follow each other that are cut alike, as in a loop, two threads find what
 * they wrote or read the last time in their own caches.
 */
export function sharedRegion(mb: ModuleBuilder, tasks: readonly Task[]): FuncRef {
  const id = mb.importGlobal("env", "id", "i32");
  const stalled = mb.importFunction("env", "stalled", ["i32"], []);
  const dispatch = dispatcher(mb, tasks);
  const word = (f: FunctionBuilder, address: number) => f.i32.const(0).i32.atomic_load(address);

  const work = mb.function("work", ["i32"], [], (f, thread) => {
    const [task, block, pieces, piece] = ["task", "block", "pieces", "piece"].map((n) => f.local("i32", n));
    f.i32.const(0).i32.load(CONTROL.task).set(task);
    f.i32.const(0).i32.load(CONTROL.block).set(block);
    f.i32.const(0).i32.load(CONTROL.pieces).set(pieces);
    const own = f.local("i64", "own");
    const taken = f.local("i64", "taken");
    f.i64.const(1n << 32n).i64.const(1n);
    f.get(thread).i32.const(1).i32.and().select().set(own);
    f.block((leave) => {
      f.loop((again) => {
        f.i32.const(0).get(own).i64.atomic_rmw_add(CONTROL.next).set(taken);
        const [front, back] = [
          () => f.get(taken).i32.wrap_i64(),
          () => f.get(taken).i64.const(32n).i64.shr_u().i32.wrap_i64(),
        ];
        front();
        back();
        f.i32.add().get(pieces).i32.ge_u().brIf(leave);
        f.get(pieces).i32.const(1).i32.sub();
        back();
        f.i32.sub();
        front();
        f.get(thread).i32.const(1).i32.and().select().set(piece);
        f.get(task).get(block).get(thread).get(piece).call(dispatch).br(again);
      });
    });
  });
  mb.exportFunction(work);

  return mb.function("region", ["i32", "i32", "i32"], [], (f, task, block, pieces) => {
    word(f, CONTROL.limit).i32.eqz().globalGet(id).i32.eqz().i32.or();
    f.if(() => {
      inTurn(f, dispatch, task, block, pieces);
      f.return();
    });
    f.i32.const(0).get(task).i32.store(CONTROL.task);
    f.i32.const(0).get(block).i32.store(CONTROL.block);
    f.i32.const(0).get(pieces).i32.store(CONTROL.pieces);
    f.i32.const(0).i64.const(0n).i64.atomic_store(CONTROL.next);
    f.i32.const(0).globalGet(id).i32.atomic_store(CONTROL.gate);
    f.i32.const(0).i32.const(1).i32.atomic_rmw_add(CONTROL.generation).drop();
    word(f, CONTROL.sleepers).if(() => {
      f.i32.const(0).get(pieces).memory.atomic_notify(CONTROL.generation).drop();
    });
    f.i32.const(0).call(work);
    f.i32.const(0).i32.const(0).i32.atomic_store(CONTROL.gate);
    const looks = f.local("i32", "looks");
    f.block((leave) => {
      f.loop((again) => {
        word(f, CONTROL.active).i32.const(ACTIVE_COUNT).i32.and().i32.eqz().brIf(leave);
        f.get(looks).i32.const(1).i32.add().tee(looks).i32.const(LOOKS).i32.ge_u();
        f.if(() => f.i32.const(0).call(stalled).i32.const(0).set(looks));
        f.br(again);
      });
    });
    word(f, CONTROL.failed).if(() => f.i32.const(1).call(stalled));
  });
}
