import type { LoopKernel } from "../../../compiler/ir.ts";
import { keyFry } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import { accumulator } from "./accumulators.ts";
import type { KernelContext } from "./context.ts";
import { type LoopPlan, planLoops } from "./plan.ts";
import { type Accumulator, SUM_BLOCK } from "./reductions.ts";
import type { Copy } from "./scopes.ts";
import { pieces, type Space } from "./space.ts";
import { scalarType } from "./types.ts";
import { type Access, Uses } from "./uses.ts";
import { Values } from "./values.ts";
import { makeCopies, vectorLoop } from "./vectorLoop.ts";

/** Elements along each side of a tile: as many as four-byte elements of a line of memory. */
const TILE = 16;

/** Writes the code of a loop kernel. */
export function emitLoop(context: KernelContext, kernel: LoopKernel): void {
  if (kernel.axes.includes(0)) return;
  const rank = kernel.axes.length;
  const space: Space = {
    sizes: [...kernel.axes, ...kernel.reduceAxes],
    parallel: kernel.axes.map((_, axis) => axis),
    reduce: kernel.reduceAxes.map((_, i) => rank + i),
    reductions: kernel.reductions,
    stores: kernel.stores,
  };
  for (const piece of pieces(space)) new LoopEmitter(context, space, planLoops(space, piece)).emit();
}

class LoopEmitter {
  private readonly space: Space;
  private readonly plan: LoopPlan;
  private readonly values: Values;
  /** Vectors per iteration of the vector loop. */
  private readonly unroll: number;
  private readonly storeAccesses: Access[] = [];
  private accumulators: Accumulator[] = [];

  constructor(context: KernelContext, space: Space, plan: LoopPlan) {
    this.space = space;
    this.plan = plan;
    const { nest } = plan;
    const uses = new Uses(plan.analysis, nest, context.log2Of);
    const innermost = plan.parallel.length + plan.reduce.length;
    for (const { value } of space.reductions) {
      uses.need(value, innermost, nest.lanes > 1);
    }
    for (const store of space.stores) {
      const access = uses.address(store, store.buffer, store.offset);
      if (access === null) throw new Error("a store's offset is not affine in the parallel axes");
      this.storeAccesses.push(access);
      uses.need(store.value, nest.accLevel, nest.lanes > 1 && nest.vectorIsParallel);
    }
    this.values = new Values(context.f, context.lib, uses, context.pointers, context.dtypeOf);
    this.unroll = this.chooseUnroll();
  }

  private chooseUnroll(): number {
    const { nest, pointCost, sizes } = this.plan;
    if (nest.lanes === 1) return 1;
    const vectors = Math.ceil(sizes[nest.vectorAxis] / nest.lanes);
    const reducing = this.space.reductions.length > 0;
    const wanted = pointCost <= 6 ? 4 : pointCost <= 24 ? 2 : 1;
    const least =
      reducing && !this.space.reductions.some(({ op }) => op.startsWith("arg")) && pointCost <= 60 ? 2 : 1;
    return Math.max(1, Math.min(Math.max(wanted, least), vectors));
  }

  emit(): void {
    this.values.enter(0);
    this.parallelLoop(0);
    this.values.leave();
  }

  private parallelLoop(depth: number): void {
    const { plan, values } = this;
    if (depth === plan.parallel.length) {
      this.body();
      return;
    }
    const axis = plan.parallel[depth];
    if (axis === plan.tileAxis) {
      this.tiledLoops(depth);
    } else if (axis === plan.nest.vectorAxis) {
      this.vectorLoop(axis, (copies) => {
        values.enter(depth + 1, copies);
        this.body();
        values.leave();
      });
    } else {
      this.loop(axis, () => {
        values.enter(depth + 1);
        this.parallelLoop(depth + 1);
        values.leave();
      });
    }
  }

  /** The last two loops, tile by tile, so that the lines of memory that a tile touches are used up while they are near. */
  private tiledLoops(depth: number): void {
    const { plan, values } = this;
    const { f } = values;
    const [rowAxis, vectorAxis] = plan.parallel.slice(depth);
    const rows = plan.sizes[rowAxis];
    const row = this.begin(rowAxis);
    const column = this.begin(vectorAxis);
    const width = plan.nest.lanes * this.unroll;
    const size = plan.sizes[vectorAxis];
    const whole = size - (size % width);
    const inner = (copies: readonly Copy[]) => {
      values.enter(depth + 2, copies);
      this.body();
      values.leave();
    };
    const eachRow = (start: Local | 0, stop: Local | number, body: () => void) =>
      f.for(row, start, stop, 1, () => {
        values.enter(depth + 1);
        body();
        values.leave();
      });
    const [rowStart, rowStop, columnStart, columnStop] = Array.from({ length: 4 }, () => f.temp("i32"));
    const stopAt = (start: Local, length: number, end: number, stop: Local) =>
      f
        .get(start)
        .i32.const(length)
        .i32.add()
        .tee(stop)
        .i32.const(end)
        .get(stop)
        .i32.const(end)
        .i32.lt_u()
        .select()
        .set(stop);
    const columns = Math.max(TILE, width);
    f.for(rowStart, 0, rows, TILE, () => {
      stopAt(rowStart, TILE, rows, rowStop);
      f.for(columnStart, 0, whole, columns, () => {
        stopAt(columnStart, columns, whole, columnStop);
        eachRow(rowStart, rowStop, () => {
          f.for(column, columnStart, columnStop, width, () => inner(makeCopies(width, plan.nest.lanes)));
        });
      });
    });
    if (whole < size) {
      eachRow(0, rows, () => {
        f.i32.const(whole).set(column);
        inner(makeCopies(size - whole, plan.nest.lanes));
      });
    }
    f.release(rowStart, rowStop, columnStart, columnStop);
    this.end(vectorAxis, column);
    this.end(rowAxis, row);
  }

  private loop(axis: number, body: () => void): void {
    const { f } = this.values;
    const counter = this.begin(axis);
    f.for(counter, 0, this.plan.sizes[axis], 1, body);
    this.end(axis, counter);
  }

  private begin(axis: number): Local {
    const counter = this.values.f.temp("i32");
    this.values.counters.set(axis, counter);
    return counter;
  }
  private end(axis: number, counter: Local): void {
    this.values.counters.delete(axis);
    this.values.f.release(counter);
  }

  /** `chunk`: iterations between flushes. */
  private vectorLoop(
    axis: number,
    body: (copies: readonly Copy[]) => void,
    chunk: number | null = null,
  ): void {
    const { f } = this.values;
    const { nest, sizes } = this.plan;
    const counter = this.begin(axis);
    vectorLoop(f, counter, sizes[axis], nest.lanes, this.unroll, body, (end, step, inner) =>
      this.chunkedLoop(counter, end, step, chunk, inner),
    );
    this.end(axis, counter);
  }

  private chunkedLoop(
    counter: Local,
    end: number,
    step: number,
    chunk: number | null,
    body: () => void,
  ): void {
    const { f } = this.values;
    if (chunk === null || chunk * step >= end) {
      f.for(counter, 0, end, step, body);
      if (chunk !== null) this.flush();
      return;
    }
    const start = f.temp("i32");
    const stop = f.temp("i32");
    const length = chunk * step;
    f.for(start, 0, end, length, () => {
      f.get(start).i32.const(length).i32.add().set(stop);
      if (end % length !== 0) {
        f.get(stop).i32.const(end).get(stop).i32.const(end).i32.lt_u().select().set(stop);
      }
      f.for(counter, start, stop, step, body);
      this.flush();
    });
    f.release(start, stop);
  }

  private flush(): void {
    for (const acc of this.accumulators) acc.flush();
  }

  /** One point, or the copies of one iteration: its reductions, then its stores. */
  private body(): void {
    const { values, space } = this;
    if (space.reductions.length > 0) this.reduce();
    const { copies } = values;
    if (copies.length === 0) this.storePoint(null);
    else for (const copy of copies) this.storePoint(copy);
  }

  /** All values first, then the stores: a store may be in place of an operand. */
  private storePoint(copy: Copy | null): void {
    const { values, space } = this;
    const { f } = values;
    const locals = space.stores.map((store) => {
      if (copy !== null && store.value.dtype === keyFry) return values.keyWords(store.value, copy);
      const local = f.temp(copy === null ? scalarType(store.value.dtype) : "v128");
      if (copy === null) values.scalar(store.value);
      else values.vector(store.value, copy);
      f.set(local);
      return local;
    });
    space.stores.forEach((store, i) => {
      const local = locals[i];
      values.store(this.storeAccesses[i], store.value.dtype, local, copy);
      if (!Array.isArray(local)) f.release(local as Local);
    });
  }

  // ---- reductions

  private reduce(): void {
    const { plan, values, space } = this;
    const { nest } = plan;
    const empty = plan.reduce.some((axis) => plan.sizes[axis] === 0);
    const trips = plan.reduce.map((axis) => this.trips(axis));
    const flushAt = chunkOf(trips);
    const copies = nest.vectorIsParallel ? values.copies.length : this.unroll;
    const axis = space.reduce[0]; // argmax and argmin reduce the only axis
    this.accumulators = space.reductions.map((reduction, i) =>
      accumulator(values, i, reduction, axis, flushAt !== null, copies),
    );
    for (const acc of this.accumulators) acc.init();
    if (!empty) this.reduceLoop(0, flushAt);
    for (const acc of this.accumulators) acc.finish();
  }

  /** Additions that follow one another in one accumulator when the loop of an axis runs. */
  private trips(axis: number): number {
    const { nest, sizes } = this.plan;
    return axis === nest.vectorAxis ? Math.floor(sizes[axis] / (nest.lanes * this.unroll)) : sizes[axis];
  }

  private reduceLoop(depth: number, flushAt: { depth: number; chunk: number } | null): void {
    const { plan, values } = this;
    const { nest } = plan;
    const level = nest.accLevel + depth;
    if (depth === plan.reduce.length) {
      const { copies } = values;
      if (copies.length === 0) for (const acc of this.accumulators) acc.step(null);
      else for (const copy of copies) for (const acc of this.accumulators) acc.step(copy);
      return;
    }
    const axis = plan.reduce[depth];
    const chunk = flushAt?.depth === depth ? flushAt.chunk : null;
    const outerCopies = values.copies;
    const inner = (copies: readonly Copy[]) => {
      values.enter(level + 1, copies);
      this.reduceLoop(depth + 1, flushAt);
      values.leave();
    };
    if (axis === nest.vectorAxis) {
      this.vectorLoop(axis, inner, chunk);
    } else {
      const counter = this.begin(axis);
      this.chunkedLoop(counter, plan.sizes[axis], 1, chunk, () => inner(outerCopies));
      this.end(axis, counter);
    }
  }
}

/** The loop at which blocks of at most SUM_BLOCK additions end, and how many of its iterations make one; null when all fit. */
export function chunkOf(trips: readonly number[]): { depth: number; chunk: number } | null {
  let additions = 1;
  for (let depth = trips.length - 1; depth >= 0; depth--) {
    if (additions * trips[depth] > SUM_BLOCK) {
      return { depth, chunk: Math.max(1, Math.floor(SUM_BLOCK / additions)) };
    }
    additions *= Math.max(1, trips[depth]);
  }
  return null;
}
