import type { Pass, Store } from "../../../compiler/ir.ts";
import type { Local, Operand } from "../asm/index.ts";
import { accumulator } from "./accumulators.ts";
import type { KernelContext } from "./context.ts";
import type { LoopPlan } from "./plan.ts";
import { TILE_COLUMNS, TILE_ROWS } from "./plan.ts";
import { type Accumulator, SUM_BLOCK } from "./reductions.ts";
import type { Copy } from "./scopes.ts";
import type { Space } from "./space.ts";
import type { Range } from "./split.ts";
import { Stages } from "./stages.ts";
import { storePoint } from "./storePoint.ts";
import { keptOffsets, STRIP, type Strips } from "./strips.ts";
import { type Access, type AddressGroup, Uses } from "./uses.ts";
import { Values } from "./values.ts";
import { makeCopies, makeRows } from "./vectorLoop.ts";

/** The elements that a loop goes over. */
export interface Bounds {
  readonly from: number | Local;
  readonly to: number | Local;
}

/** Writes the code of a loop or row kernel in one part of its space. */
export class LoopEmitter {
  private readonly space: Space;
  private readonly plan: LoopPlan;
  private readonly values: Values;
  /** Scratch memory, where the plan needs some. */
  private readonly scratch: Local | null;
  /** The units of the cut axis to work on; null for all. */
  private readonly range: Range | null;
  private readonly stages: Stages;
  private readonly accesses = new Map<Store, Access>();
  private accumulators: Accumulator[] = [];
  /** Vectors per iteration of the vector loop. */
  private unroll: number;

  constructor(
    context: KernelContext,
    space: Space,
    plan: LoopPlan,
    range: Range | null,
    scratch: Local | null,
  ) {
    this.scratch = scratch;
    this.space = space;
    this.plan = plan;
    this.range = range;
    this.unroll = plan.unrolls[0];
    this.stages = new Stages(space);
    const { nest } = plan;
    const groups = new Map<string, AddressGroup>();
    const locals = nest.vectorIsParallel ? { buffers: space.locals, width: nest.lanes * this.unroll } : null;
    const newUses = () => new Uses(plan.analysis, nest, context.log2Of, groups, locals);
    const innermost = plan.parallel.length + plan.reduce.length;
    const passes: [Uses, ...Uses[]] = [newUses()];
    space.passes.forEach(({ reductions, stores }, p) => {
      passes[p] ??= newUses();
      for (const { value } of reductions) passes[p].need(value, innermost, nest.lanes > 1);
      for (const store of stores) this.needStore(passes[p], store, innermost, nest.lanes > 1);
    });
    const last = passes[passes.length - 1];
    for (const store of space.stores) {
      this.needStore(last, store, nest.accLevel, nest.lanes > 1 && nest.vectorIsParallel);
    }
    this.values = new Values(context.f, context.lib, passes, context.pointers, context.dtypeOf);
  }

  private needStore(uses: Uses, store: Store, level: number, vector: boolean): void {
    const access = uses.address(store, store.buffer, store.offset);
    if (access === null) throw new Error("a store's offset is not affine in the axes");
    this.accesses.set(store, access);
    uses.need(store.value, level, vector);
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
    } else if (axis === plan.nest.vectorAxis && plan.strips !== null) {
      this.stripLoops(axis, depth, plan.strips);
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

  /** The innermost parallel loop in strips; what is left over at its end in one straight piece. */
  private stripLoops(axis: number, depth: number, strips: Strips): void {
    const { values } = this;
    const { f } = values;
    const { lanes } = this.plan.nest;
    const counter = this.begin(axis);
    const start = f.temp("i32");
    const address = f.temp("i32");
    const width = lanes * this.unroll;
    const size = this.plan.sizes[axis];
    const whole = size - (size % width);
    const bounds = this.bounds(axis, width, whole);
    const offsets = keptOffsets(strips, lanes);
    const vectors = makeCopies(width, lanes);
    /** A loop over the elements of a strip, of which some loops have been. */
    const loop = (stop: Local, before: number, body: () => void) =>
      f.for(counter, start, stop, width, () => {
        f.get(this.scratch as Local)
          .get(counter)
          .get(start)
          .i32.sub();
        f.i32
          .const(Math.log2(16 / lanes))
          .i32.shl()
          .i32.add()
          .set(address);
        const known = strips.kept.slice(0, before).flat();
        values.takeKept({
          address,
          offsets: new Map(known.map((node) => [node, offsets.get(node) as number])),
        });
        values.enter(depth + 1, vectors);
        body();
        values.leave();
        values.takeKept(null);
      });
    this.stripsOf(bounds, start, (stop) => {
      strips.kept.forEach((nodes, k) => {
        loop(stop, k, () => values.keep(nodes, address, offsets));
      });
      loop(stop, strips.kept.length, () => this.body());
    });
    if (whole < size) {
      this.atEnd(bounds, whole, () => {
        f.i32.const(whole).set(counter);
        values.enter(depth + 1, makeCopies(size - whole, lanes));
        this.body();
        values.leave();
      });
    }
    f.release(start, address);
    this.end(axis, counter);
  }

  /** Sets `start` to the beginning of each strip in turn, and `stop` to its end. */
  private stripsOf({ from, to }: Bounds, start: Local, body: (stop: Local) => void): void {
    const { f } = this.values;
    const stop = f.temp("i32");
    f.for(start, from, to, STRIP, () => {
      f.get(start).i32.const(STRIP).i32.add().tee(stop).push(to).get(stop).push(to);
      f.i32.lt_u().select().set(stop);
      body(stop);
    });
    f.release(stop);
  }

  /** The last two loops, tile by tile, so that the lines of memory that a tile touches are used up while they are near. */
  private tiledLoops(depth: number): void {
    const { plan, values } = this;
    const { f } = values;
    const [rowAxis, columnAxis] = plan.parallel.slice(depth);
    const { lanes } = plan.nest;
    const rowStep = plan.nest.rowAxis < 0 ? 1 : lanes;
    const columnStep = lanes * this.unroll;
    const rows = plan.sizes[rowAxis];
    const columns = plan.sizes[columnAxis];
    const wholeRows = rows - (rows % rowStep);
    const wholeColumns = columns - (columns % columnStep);
    const rowBounds = this.bounds(rowAxis, TILE_ROWS, wholeRows);
    const columnBounds = this.bounds(columnAxis, TILE_COLUMNS, wholeColumns);
    const row = this.begin(rowAxis);
    const column = this.begin(columnAxis);
    const copiesOf = (height: number, width: number) =>
      plan.nest.rowAxis < 0 ? makeCopies(width, lanes) : makeRows(height, width);
    /** The vectors of some columns from the present one on, in the present rows. */
    const inner = (height: number, width: number) => {
      values.enter(depth + 2, copiesOf(height, width));
      this.body();
      values.leave();
    };
    /** The columns in a range, in the present rows. */
    const eachColumn = (height: number, { from, to }: Bounds) => {
      values.enter(depth + 1, plan.nest.rowAxis < 0 ? [] : makeRows(height, lanes));
      f.for(column, from, to, columnStep, () => inner(height, columnStep));
      values.leave();
    };
    const lastColumns = (height: number) => {
      values.enter(depth + 1, plan.nest.rowAxis < 0 ? [] : makeRows(height, lanes));
      f.i32.const(wholeColumns).set(column);
      inner(height, columns - wholeColumns);
      values.leave();
    };
    this.tiles(rowBounds, columnBounds, (rowTile, columnTile) =>
      f.for(row, rowTile.from, rowTile.to, rowStep, () => eachColumn(rowStep, columnTile)),
    );
    if (wholeColumns < columns) {
      this.atEnd(columnBounds, wholeColumns, () =>
        f.for(row, rowBounds.from, rowBounds.to, rowStep, () => lastColumns(rowStep)),
      );
    }
    if (wholeRows < rows) {
      this.atEnd(rowBounds, wholeRows, () => {
        f.i32.const(wholeRows).set(row);
        eachColumn(rows - wholeRows, columnBounds);
        if (wholeColumns < columns) {
          this.atEnd(columnBounds, wholeColumns, () => lastColumns(rows - wholeRows));
        }
      });
    }
    this.end(columnAxis, column);
    this.end(rowAxis, row);
  }

  /** Cuts two ranges into tiles. */
  private tiles(rows: Bounds, columns: Bounds, body: (rows: Bounds, columns: Bounds) => void): void {
    const { f } = this.values;
    const [rowFrom, rowTo, columnFrom, columnTo] = Array.from({ length: 4 }, () => f.temp("i32"));
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
    f.for(rowFrom, rows.from, rows.to, TILE_ROWS, () => {
      stopAt(rowFrom, TILE_ROWS, rows.to, rowTo);
      f.for(columnFrom, columns.from, columns.to, TILE_COLUMNS, () => {
        stopAt(columnFrom, TILE_COLUMNS, columns.to, columnTo);
        body({ from: rowFrom, to: rowTo }, { from: columnFrom, to: columnTo });
      });
    });
    f.release(rowFrom, rowTo, columnFrom, columnTo);
  }

  private loop(axis: number, body: () => void): void {
    const counter = this.begin(axis);
    const { from, to } = this.bounds(axis, 1, this.plan.sizes[axis]);
    this.values.f.for(counter, from, to, 1, body);
    this.end(axis, counter);
  }

  private bounds(axis: number, unit: number, end: number): Bounds {
    return boundsOf(this.values, this.plan, this.range, axis, unit, end);
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
    const { nest, sizes } = this.plan;
    const counter = this.begin(axis);
    const width = nest.lanes * this.unroll;
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

  /** One point, or the copies of one iteration: its passes, then its stores. */
  private body(): void {
    const { space, values } = this;
    let reductions = 0;
    space.passes.forEach((pass, p) => {
      values.enterPass(p, (node) => this.stages.of(node) <= p);
      this.pass(pass, p, reductions);
      reductions += pass.reductions.length;
    });
    storePoint(values, space.stores, this.accesses);
  }

  // ---- passes

  /** `first`: the number of the pass' first reduction. */
  private pass({ reductions, stores }: Pass, p: number, first: number): void {
    const { plan, values, space } = this;
    const { nest } = plan;
    this.unroll = plan.unrolls[p];
    const empty = plan.reduce.some((axis) => plan.sizes[axis] === 0);
    const trips = plan.reduce.map((axis) => this.trips(axis));
    const flushAt = chunkOf(trips);
    const copies = nest.vectorIsParallel ? values.copies.length : this.unroll;
    const axis = space.reduce[0]; // argmax and argmin reduce the only axis
    this.accumulators = reductions.map((reduction, i) =>
      accumulator(values, first + i, reduction, axis, flushAt !== null, copies),
    );
    for (const acc of this.accumulators) acc.init();
    if (!empty) this.innerLoops(0, reductions.length > 0 ? flushAt : null, stores);
    for (const acc of this.accumulators) acc.finish();
  }

  /** Additions that follow one another in one accumulator when the loop of an axis runs. */
  private trips(axis: number): number {
    const { nest, sizes } = this.plan;
    return axis === nest.vectorAxis ? Math.floor(sizes[axis] / (nest.lanes * this.unroll)) : sizes[axis];
  }

  private innerLoops(
    depth: number,
    flushAt: { depth: number; chunk: number } | null,
    stores: readonly Store[],
  ): void {
    const { plan, values } = this;
    const { nest } = plan;
    const level = nest.accLevel + depth;
    if (depth === plan.reduce.length) {
      const { copies } = values;
      if (copies.length === 0) for (const acc of this.accumulators) acc.step(null);
      else for (const copy of copies) for (const acc of this.accumulators) acc.step(copy);
      if (stores.length > 0) storePoint(values, stores, this.accesses);
      return;
    }
    const axis = plan.reduce[depth];
    const chunk = flushAt?.depth === depth ? flushAt.chunk : null;
    const outerCopies = values.copies;
    const inner = (copies: readonly Copy[]) => {
      values.enter(level + 1, copies);
      this.innerLoops(depth + 1, flushAt, stores);
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

/**
 * Where the loop over an axis begins and ends, in steps of `unit`: everywhere, or, on the axis that is cut, in the units of the piece. The
 * last piece goes up to `end`.
 */
export function boundsOf(
  values: Values,
  { cut }: LoopPlan,
  range: Range | null,
  axis: number,
  unit: number,
  end: number,
): Bounds {
  if (range === null || cut?.axis !== axis) return { from: 0, to: end };
  const { f } = values;
  const [from, to] = [values.temp("i32"), values.temp("i32")];
  f.get(range.start).i32.const(unit).i32.mul().set(from);
  f.get(range.stop).i32.const(unit).i32.mul().i32.const(end);
  f.get(range.stop).i32.const(cut.units).i32.lt_u().select().set(to);
  return { from, to };
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
