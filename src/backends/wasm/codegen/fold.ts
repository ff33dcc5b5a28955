import type { Pass, Store } from "../../../compiler/ir.ts";
import type { Local } from "../asm/index.ts";
import { accumulator } from "./accumulators.ts";
import type { KernelContext } from "./context.ts";
import { type Fold, folding } from "./foldPlan.ts";
import { type Bounds, boundsOf } from "./loop.ts";
import type { LoopPlan } from "./plan.ts";
import { type Accumulator, SUM_BLOCK } from "./reductions.ts";
import type { Space } from "./space.ts";
import type { Range } from "./split.ts";
import { storePoint } from "./storePoint.ts";
import { type Access, type AddressGroup, Uses } from "./uses.ts";
import { Values } from "./values.ts";
import { makeRows } from "./vectorLoop.ts";

/** Bytes of the running results of a block of columns. */
export function foldBytes({ columns, narrow, wide }: Fold, lanes: number): number {
  return (columns / lanes) * 16 * (narrow + wide);
}

/**
 * Writes the code of a reduction that folds rows. For each block of columns: running results start in memory; each few rows are added to those of all
 * columns, one vector of columns after the other; at the end the results are taken from memory and stored.
 */
export class FoldEmitter {
  private readonly space: Space;
  private readonly pass: Pass;
  private readonly plan: LoopPlan;
  private readonly fold: Fold;
  private readonly range: Range | null;
  private readonly values: Values;
  private readonly accesses = new Map<Store, Access>();
  private readonly memory: Local;
  private accumulators: readonly Accumulator[] = [];

  /** `memory`: the address of so many bytes as {@link foldBytes} says. */
  constructor(
    context: KernelContext,
    space: Space,
    plan: LoopPlan,
    fold: Fold,
    range: Range | null,
    memory: Local,
  ) {
    this.space = space;
    this.pass = space.passes[0];
    this.plan = plan;
    this.fold = fold;
    this.range = range;
    this.memory = memory;
    // The columns' loop is the innermost one, and it is written twice: with the values of rows, and with results.
    const innermost = plan.parallel.length + plan.reduce.length;
    const newUses = () =>
      new Uses(plan.analysis, plan.nest, context.log2Of, new Map<string, AddressGroup>(), null);
    const [rows, results] = [newUses(), newUses()];
    for (const { value } of this.pass.reductions) rows.need(value, innermost, true);
    for (const store of space.stores) {
      const access = results.address(store, store.buffer, store.offset);
      if (access === null) throw new Error("a store's offset is not affine in the axes");
      this.accesses.set(store, access);
      results.need(store.value, innermost, true);
    }
    this.values = new Values(context.f, context.lib, [rows, results], context.pointers, context.dtypeOf);
  }

  emit(): void {
    this.values.enter(0);
    this.outerLoops(0);
    this.values.leave();
  }

  private outerLoops(depth: number): void {
    const { plan, values } = this;
    const axis = plan.parallel[depth];
    if (axis === plan.nest.vectorAxis) {
      this.blocks();
      return;
    }
    const { from, to } = boundsOf(values, plan, this.range, axis, 1, plan.sizes[axis]);
    this.loop(axis, from, to, 1, () => {
      values.enter(depth + 1);
      this.outerLoops(depth + 1);
      values.leave();
    });
  }

  private loop(axis: number, from: number | Local, to: number | Local, step: number, body: () => void): void {
    const { f, counters } = this.values;
    const counter = f.temp("i32");
    counters.set(axis, counter);
    f.for(counter, from, to, step, body);
    counters.delete(axis);
    f.release(counter);
  }

  private blocks(): void {
    const { plan, values, fold, pass } = this;
    const { f } = values;
    const { sizes, nest, reduce } = plan;
    const steps = reduce.reduce((n, axis) => n * sizes[axis], 1);
    this.accumulators = pass.reductions.map((reduction, i) =>
      accumulator(values, i, reduction, reduce[0], steps > SUM_BLOCK, 1),
    );
    const bounds = boundsOf(values, plan, this.range, nest.vectorAxis, folding.unit, sizes[nest.vectorAxis]);
    if (typeof bounds.to === "number" && bounds.to <= fold.columns) {
      this.block(bounds);
      return;
    }
    const [start, stop] = [f.temp("i32"), f.temp("i32")];
    f.for(start, bounds.from, bounds.to, fold.columns, () => {
      f.get(start).i32.const(fold.columns).i32.add().set(stop);
      f.get(stop).push(bounds.to).get(stop).push(bounds.to).i32.lt_u().select().set(stop);
      this.block({ from: start, to: stop });
    });
    f.release(start, stop);
  }

  private block(columns: Bounds): void {
    const { values, accumulators } = this;
    for (const acc of accumulators) acc.init();
    this.eachColumn(columns, 0, () => this.store("all"));
    values.enterPass(0, () => false);
    this.rowLoops(0, columns);
    values.enterPass(1, () => false);
    this.eachColumn(columns, 1, () => {
      this.load("all");
      for (const acc of accumulators) acc.finish();
      storePoint(values, this.space.stores, this.accesses);
    });
  }

  private rowLoops(depth: number, columns: Bounds): void {
    const { plan, values, fold } = this;
    const { f } = values;
    const axis = plan.reduce[depth];
    const level = plan.nest.accLevel + depth + 1;
    if (axis !== fold.rowAxis) {
      this.loop(axis, 0, plan.sizes[axis], 1, () => {
        values.enter(level);
        this.rowLoops(depth + 1, columns);
        values.leave();
      });
      return;
    }
    const rows = (count: number) => {
      values.enter(level, makeRows(count, plan.nest.lanes));
      this.eachColumn(columns, count, () => {
        this.load("narrow");
        for (const copy of values.copies) for (const acc of this.accumulators) acc.step(copy);
        this.store("narrow");
      });
      values.leave();
    };
    const size = plan.sizes[axis];
    const whole = size - (size % fold.rows);
    const row = f.temp("i32");
    values.counters.set(axis, row);
    if (fold.wide === 0) f.for(row, 0, whole, fold.rows, () => rows(fold.rows));
    else {
      // After a run of rows, of at most SUM_BLOCK additions, sums go on from zero.
      const [start, stop] = [f.temp("i32"), f.temp("i32")];
      f.for(start, 0, whole, SUM_BLOCK, () => {
        f.get(start).i32.const(SUM_BLOCK).i32.add().set(stop);
        f.get(stop).i32.const(whole).get(stop).i32.const(whole).i32.lt_u().select().set(stop);
        f.for(row, start, stop, fold.rows, () => rows(fold.rows));
        this.flush(columns);
      });
      f.release(start, stop);
    }
    if (whole < size) {
      f.i32.const(whole).set(row);
      rows(size - whole);
      if (fold.wide > 0) this.flush(columns);
    }
    values.counters.delete(axis);
    f.release(row);
  }

  private flush(columns: Bounds): void {
    this.eachColumn(columns, 0, () => {
      this.load("all");
      for (const acc of this.accumulators) acc.flush();
      this.store("all");
    });
  }

  // ---- columns

  /** The address of the running results of the present vector of columns, and that of the part of them that flushes change. */
  private narrowAt: Local | null = null;
  private wideAt: Local | null = null;

  /**
   * Runs over the vectors of columns of a block, in so many rows each; the last may be partial. Without rows the body moves running results only.
   */
  private eachColumn({ from, to }: Bounds, rows: number, body: () => void): void {
    const { plan, values, fold, memory } = this;
    const { f } = values;
    const { vectorAxis, lanes } = plan.nest;
    const level = plan.parallel.length + plan.reduce.length;
    const size = plan.sizes[vectorAxis];
    const whole = size - (size % lanes);
    const [narrowAt, wideAt, column] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
    [this.narrowAt, this.wideAt] = [narrowAt, wideAt];
    f.get(memory).set(narrowAt);
    f.get(memory)
      .i32.const((fold.columns / lanes) * 16 * fold.narrow)
      .i32.add()
      .set(wideAt);
    values.counters.set(vectorAxis, column);
    const step = (active: number) => {
      if (rows > 0) values.enter(level, makeRows(rows, active));
      body();
      if (rows > 0) values.leave();
    };
    const next = () => {
      f.get(narrowAt)
        .i32.const(16 * fold.narrow)
        .i32.add()
        .set(narrowAt);
      f.get(wideAt)
        .i32.const(16 * fold.wide)
        .i32.add()
        .set(wideAt);
    };
    if (whole === size || typeof to === "number") {
      f.for(column, from, typeof to === "number" ? whole : to, lanes, () => {
        step(lanes);
        next();
      });
      if (whole < size) {
        f.i32.const(whole).set(column);
        step(size - whole);
      }
    } else {
      // The vectors before the last one of the space are whole.
      const end = f.temp("i32");
      f.i32.const(whole).get(to).i32.const(whole).get(to).i32.lt_u().select().set(end);
      f.for(column, from, end, lanes, () => {
        step(lanes);
        next();
      });
      f.get(to).i32.const(size).i32.eq();
      f.if(() => {
        f.i32.const(whole).set(column);
        step(size - whole);
      });
      f.release(end);
    }
    values.counters.delete(vectorAxis);
    f.release(narrowAt, wideAt, column);
  }

  private load(what: "narrow" | "all"): void {
    const { f } = this.values;
    this.eachState(what, (at, offset, local) => f.get(at).v128.load(offset).set(local));
  }

  private store(what: "narrow" | "all"): void {
    const { f } = this.values;
    this.eachState(what, (at, offset, local) => f.get(at).get(local).v128.store(offset));
  }

  private eachState(what: "narrow" | "all", visit: (at: Local, offset: number, local: Local) => void): void {
    const { accumulators } = this;
    const parts = [[this.narrowAt, accumulators.flatMap((acc) => acc.narrow)] as const];
    if (what === "all") parts.push([this.wideAt, accumulators.flatMap((acc) => acc.wide)]);
    for (const [at, locals] of parts) locals.forEach((local, i) => visit(at as Local, 16 * i, local));
  }
}
