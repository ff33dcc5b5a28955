import type { Node } from "../../../compiler/ir.ts";
import { scalarOps } from "../../../compiler/scalarOps.ts";
import { stateVectors } from "./accumulators.ts";
import { type Analysis, argsOf } from "./analysis.ts";
import { SUM_BLOCK } from "./reductions.ts";
import type { Part, Space } from "./space.ts";
import { sizeLog2 } from "./types.ts";
import { lanesFor, type Nest } from "./uses.ts";

/**
 * A reduction over rows that is *folded*: the rows are taken in the order of memory, a few at a time, and the running results of a block of columns
 * are in memory, in the nearest cache. Strips of columns with their results in registers would read a little of every row, which memory
 * takes several times as long for.
 */
export interface Fold {
  /** The reduced axis whose elements are the rows. */
  readonly rowAxis: number;
  /** Rows at a time. */
  readonly rows: number;
  /** Most columns of a block. */
  readonly columns: number;
  /** Vectors of running results for each vector of columns: those that every row changes, and those that a run of rows is added to. */
  readonly narrow: number;
  readonly wide: number;
}

/** When rows are folded, and how; lowered by tests. */
export const folding = {
  /** Below these a strip has most of a row, or everything is in a near cache. */
  leastColumns: 256,
  leastRows: 16,
  leastBytes: 1 << 18,
  /** Memory of the running results that every row changes: half the nearest cache of most processors. */
  blockBytes: 1 << 14,
  /** Columns in units of which a fold is cut into pieces: a run of memory, and whole vectors. */
  unit: 1024,
};

/** More than caches hold, and rows up to which a single stream from there is fastest (as in kernels/gemmAxpy.ts). */
const FAR_BYTES = 24 << 20;
const SHORT_ROW = 8192;

/**
 * Whether and how to fold the rows of a part of a space. `nodes` are the values that the code computes, in vectors along `nest.vectorAxis`.
 */
export function chooseFold(
  space: Space,
  { analysis, sizes, parallel, reduce }: Part,
  nest: Nest,
  nodes: Iterable<Node>,
): Fold | null {
  const [pass] = space.passes;
  if (space.passes.length !== 1 || pass.stores.length > 0 || space.locals.length > 0) return null;
  if (!nest.vectorIsParallel || nest.lanes === 1 || nest.rowAxis >= 0 || reduce.length === 0) return null;
  const rowAxis = reduce.at(-1) as number;
  const columns = sizes[nest.vectorAxis];
  if (columns < folding.leastColumns || sizes[rowAxis] < folding.leastRows) return null;
  const values = [...nodes];
  const roots = [...pass.reductions, ...space.stores].map(({ value }) => value);
  // What varies from row to row has a vector for each.
  if (lanesFor(values, roots, analysis, nest.vectorAxis, true, rowAxis) !== nest.lanes) return null;

  const rowBit = 1 << rowAxis;
  let bytesPerPoint = 0;
  for (const node of values) {
    if (node.kind !== "load" || (analysis.mask(node) & rowBit) === 0) continue;
    const linear = analysis.linear(node.offset);
    const along = analysis.stride(linear, nest.vectorAxis);
    const down = analysis.stride(linear, rowAxis);
    if (along === null || down === null) return null;
    if (along === 0) continue;
    // Neighbours in memory are neighbours along the columns.
    if (along !== 1 || Math.abs(down) < columns) return null;
    bytesPerPoint += 1 << sizeLog2(node.dtype);
  }
  const steps = reduce.reduce((n, axis) => n * sizes[axis], 1);
  if (bytesPerPoint * steps * columns < folding.leastBytes) return null;

  const states = pass.reductions.map((reduction) => stateVectors(reduction, steps > SUM_BLOCK));
  const narrow = states.reduce((n, state) => n + state.narrow, 0);
  const wide = states.reduce((n, state) => n + state.wide, 0);
  const most = Math.max(1, Math.floor(folding.blockBytes / 16 / narrow)) * nest.lanes;
  const blocks = Math.ceil(columns / most);
  const points = parallel.reduce((n, axis) => n * sizes[axis], 1);
  const cost = costOf(
    analysis,
    pass.reductions.map(({ value }) => value),
  );
  return {
    rowAxis,
    rows: rowsAtATime(cost, bytesPerPoint * steps * points, bytesPerPoint * columns),
    columns: Math.ceil(columns / blocks / nest.lanes) * nest.lanes,
    narrow,
    wide,
  };
}

/** As many rows as leave the operands of all in registers: their loads come first, then the arithmetic. */
function rowsAtATime(cost: number, bytes: number, rowBytes: number): number {
  if (bytes >= FAR_BYTES && rowBytes <= SHORT_ROW) return 1;
  if (cost <= 3) return 8;
  return cost <= 8 ? 4 : 2;
}

/** Operations and loads of a point. */
function costOf(analysis: Analysis, roots: readonly Node[]): number {
  const seen = new Set<Node>();
  let cost = 0;
  const visit = (unresolved: Node) => {
    const node = analysis.resolve(unresolved);
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "load") {
      cost++;
      return;
    }
    if (node.kind === "op") cost += scalarOps[node.op].cost;
    argsOf(node).forEach(visit);
  };
  roots.forEach(visit);
  return cost;
}

/** The loops of a fold: those over columns are inside those over rows, whose vectors are in different rows. */
export function foldNest(nest: Nest, parallel: readonly number[], reduce: readonly number[]): Nest {
  const outer = parallel.slice(0, -1);
  const order = [...outer, ...reduce, nest.vectorAxis];
  return {
    ...nest,
    axisLevels: new Map(order.map((axis, i) => [axis, i + 1])),
    accLevel: outer.length,
    rowAxis: reduce.at(-1) as number,
  };
}
