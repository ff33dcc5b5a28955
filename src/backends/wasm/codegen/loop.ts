import type { LoopKernel } from "../../../compiler/ir.ts";
import { keyFry } from "../../../dtypes/index.ts";
import type { Local, Operand } from "../asm/index.ts";
import { accumulator } from "./accumulators.ts";
import type { KernelContext } from "./context.ts";
import { type KernelCode, noScratch } from "./kernelCode.ts";
import { type LoopPlan, planLoops, TILE } from "./plan.ts";
import { type Accumulator, SUM_BLOCK } from "./reductions.ts";
import type { Copy } from "./scopes.ts";
import { pieces, type Space } from "./space.ts";
import { type Cut, pieceRange, type Range } from "./split.ts";
import { scalarType } from "./types.ts";
import { type Access, Uses } from "./uses.ts";
import { Values } from "./values.ts";
import { makeCopies } from "./vectorLoop.ts";

/** The code of a loop kernel. */
export function loopCode(kernel: LoopKernel): KernelCode {
  const rank = kernel.axes.length;
  const space: Space = {
    sizes: [...kernel.axes, ...kernel.reduceAxes],
    parallel: kernel.axes.map((_, axis) => axis),
    reduce: kernel.reduceAxes.map((_, i) => rank + i),
    reductions: kernel.reductions,
    stores: kernel.stores,
  };
  const plans = kernel.axes.includes(0) ? [] : pieces(space).map((piece) => planLoops(space, piece));
  const cut = plans.filter((plan) => plan.cut !== null);
  const whole = plans.filter((plan) => plan.cut === null);
  // The parts of the space that are not cut make one piece together, the first.
  const first = cut.length > 0 && whole.length > 0 ? 1 : 0;
  const counts = cut.map((plan) => (plan.cut as Cut).pieces);
  return {
    pieces: Math.max(
      1,
      counts.reduce((sum, n) => sum + n, first),
    ),
    scratch: noScratch,
    emit: (context, _scratch, piece) => {
      const { f } = context;
      const emitWhole = () => {
        for (const plan of whole) new LoopEmitter(context, space, plan, null).emit();
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
          new LoopEmitter(context, space, plan, range).emit();
          f.release(range.start, range.stop);
        });
        f.release(own);
        from += counts[i];
      });
    },
  };
}

/** The elements that a loop goes over. */
interface Bounds {
  readonly from: number | Local;
  readonly to: number | Local;
}

class LoopEmitter {
  private readonly space: Space;
  private readonly plan: LoopPlan;
  private readonly values: Values;
  /** The units of the cut axis to work on; null for all. */
  private readonly range: Range | null;
  private readonly storeAccesses: Access[] = [];
  private accumulators: Accumulator[] = [];

  constructor(context: KernelContext, space: Space, plan: LoopPlan, range: Range | null) {
    this.space = space;
    this.plan = plan;
    this.range = range;
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
    const width = plan.nest.lanes * this.plan.unroll;
    const size = plan.sizes[vectorAxis];
    const whole = size - (size % width);
    const inner = (copies: readonly Copy[]) => {
      values.enter(depth + 2, copies);
      this.body();
      values.leave();
    };
    const eachRow = (start: Operand, stop: Operand, body: () => void) =>
      f.for(row, start, stop, 1, () => {
        values.enter(depth + 1);
        body();
        values.leave();
      });
    const [rowStart, rowStop, columnStart, columnStop] = Array.from({ length: 4 }, () => f.temp("i32"));
    const stopAt = (start: Local, length: number, end: Operand, stop: Local) =>
      f
        .get(start)
        .i32.const(length)
        .i32.add()
        .tee(stop)
        .push(end)
        .get(stop)
        .push(end)
        .i32.lt_u()
        .select()
        .set(stop);
    const columns = Math.max(TILE, width);
    const rowBounds = this.bounds(rowAxis, TILE, rows);
    const columnBounds = this.bounds(vectorAxis, width, whole);
    f.for(rowStart, rowBounds.from, rowBounds.to, TILE, () => {
      stopAt(rowStart, TILE, rowBounds.to, rowStop);
      f.for(columnStart, columnBounds.from, columnBounds.to, columns, () => {
        stopAt(columnStart, columns, columnBounds.to, columnStop);
        eachRow(rowStart, rowStop, () => {
          f.for(column, columnStart, columnStop, width, () => inner(makeCopies(width, plan.nest.lanes)));
        });
      });
    });
    if (whole < size) {
      this.atEnd(columnBounds, whole, () =>
        eachRow(rowBounds.from, rowBounds.to, () => {
          f.i32.const(whole).set(column);
          inner(makeCopies(size - whole, plan.nest.lanes));
        }),
      );
    }
    f.release(rowStart, rowStop, columnStart, columnStop);
    this.end(vectorAxis, column);
    this.end(rowAxis, row);
  }

  private loop(axis: number, body: () => void): void {
    const counter = this.begin(axis);
    const { from, to } = this.bounds(axis, 1, this.plan.sizes[axis]);
    this.values.f.for(counter, from, to, 1, body);
    this.end(axis, counter);
  }

  /**
   * Where the loop over an axis begins and ends, in steps of `unit`: everywhere, or, on the axis that is cut, in the units of the piece. The
   * last piece goes up to `end`.
   */
  private bounds(axis: number, unit: number, end: number): Bounds {
    const { range } = this;
    const { cut } = this.plan;
    if (range === null || cut?.axis !== axis) return { from: 0, to: end };
    const { f } = this.values;
    const [from, to] = [this.values.temp("i32"), this.values.temp("i32")];
    f.get(range.start).i32.const(unit).i32.mul().set(from);
    f.get(range.stop).i32.const(unit).i32.mul().i32.const(end);
    f.get(range.stop).i32.const(cut.units).i32.lt_u().select().set(to);
    return { from, to };
  }

  /** Code for what is left over at the end of an axis: only in the piece that has the end. */
  private atEnd({ to }: Bounds, end: number, body: () => void): void {
    const { f } = this.values;
    if (typeof to === "number") body();
    else f.get(to).i32.const(end).i32.eq().if(body);
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
    const { nest, sizes, unroll } = this.plan;
    const counter = this.begin(axis);
    const width = nest.lanes * unroll;
    const whole = sizes[axis] - (sizes[axis] % width);
    const bounds = this.bounds(axis, width, whole);
    if (whole > 0) this.chunkedLoop(counter, bounds, width, chunk, () => body(makeCopies(width, nest.lanes)));
    if (whole < sizes[axis]) {
      this.atEnd(bounds, whole, () => {
        f.i32.const(whole).set(counter);
        body(makeCopies(sizes[axis] - whole, nest.lanes));
      });
    }
    this.end(axis, counter);
  }

  private chunkedLoop(
    counter: Local,
    { from, to: end }: Bounds,
    step: number,
    chunk: number | null,
    body: () => void,
  ): void {
    const { f } = this.values;
    // Only reductions have chunks, and their axes are never cut.
    if (chunk === null || typeof end !== "number" || chunk * step >= end) {
      f.for(counter, from, end, step, body);
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
    const copies = nest.vectorIsParallel ? values.copies.length : this.plan.unroll;
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
    return axis === nest.vectorAxis ? Math.floor(sizes[axis] / (nest.lanes * this.plan.unroll)) : sizes[axis];
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
      this.chunkedLoop(counter, { from: 0, to: plan.sizes[axis] }, 1, chunk, () => inner(outerCopies));
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
