import type { Node, Reduction } from "../../../compiler/ir.ts";
import type { Analysis } from "./analysis.ts";
import { type Estimate, estimate, type PointWork, valueNodes } from "./estimate.ts";
import { chooseFold, type Fold, folding, foldNest } from "./foldPlan.ts";
import type { Part, Space } from "./space.ts";
import { type Cut, cutInto } from "./split.ts";
import { chooseStrips, STRIP, type Strips } from "./strips.ts";
import { sizeLog2 } from "./types.ts";
import { lanesFor, type Nest } from "./uses.ts";

/** Which loops to write, and along which axis the lanes of vectors run. */
export interface LoopPlan {
  readonly analysis: Analysis;
  readonly sizes: readonly number[];
  /** Axes with a loop, outermost first. */
  readonly parallel: readonly number[];
  readonly reduce: readonly number[];
  readonly nest: Nest;
  /**
   * The axis to walk in tiles together with the vector axis, because some operand is contiguous along it and far apart along the
   * vectors; -1 for none. It is the last parallel axis but one.
   */
  readonly tileAxis: number;
  /** Vectors per iteration of the vector loop, in each pass; all equal when the lanes are parallel points. At least one number. */
  readonly unrolls: readonly number[];
  /** How the loop along the vectors is divided into several, strip by strip. */
  readonly strips: Strips | null;
  /** How rows are folded, for a reduction that is written that way. */
  readonly fold: Fold | null;
  /** The parallel axis whose range is cut into pieces, and how; null when it is not worth it. */
  readonly cut: (Cut & { readonly axis: number }) | null;
}

/** Elements of a tile along the tile axis and along the vectors: its lines of memory fit in the nearest cache, and few pages are touched at a time. */
export const TILE_ROWS = 128;
export const TILE_COLUMNS = 64;

/** Arranges the loops of a part of a kernel: chooses the axis to vectorise by estimated cost. */
export function planLoops(space: Space, part: Part): LoopPlan {
  const { analysis, sizes, parallel, reduce } = part;
  let best = estimate(space, part, -1);
  for (const axis of [...parallel, ...reduce]) {
    const candidate = estimate(space, part, axis);
    if (candidate.cost < best.cost * 0.95) best = candidate;
  }
  const { axis, lanes } = best;
  const last = (axes: readonly number[]) =>
    axes.includes(axis) ? [...axes.filter((a) => a !== axis), axis] : axes;
  const tileAxis = parallel.includes(axis) ? chooseTileAxis(space, part, axis) : -1;
  const orderedParallel = last(
    tileAxis < 0 ? parallel : [...parallel.filter((a) => a !== tileAxis), tileAxis],
  );
  const orderedReduce = last(reduce);
  const axisLevels = new Map<number, number>();
  [...orderedParallel, ...orderedReduce].forEach((a, i) => axisLevels.set(a, i + 1));
  const nest: Nest = {
    axisLevels,
    accLevel: parallel.length,
    lanes,
    vectorAxis: axis,
    vectorIsParallel: parallel.includes(axis),
    rowAxis: tileAxis >= 0 && rowsAreVectors(space, part, best, tileAxis) ? tileAxis : -1,
  };
  const roots = [...space.passes.flatMap((p) => p.reductions), ...space.stores].map(({ value }) => value);
  const fold = chooseFold(space, part, nest, valueNodes(analysis, roots, axis));
  const strips = fold === null && tileAxis < 0 ? stripsOf(space, part, nest, best) : null;
  const unrolls = strips === null ? chooseUnrolls(space, part, best, nest) : [stripUnroll(best.point)];
  const unitOf = (a: number) => {
    if (a === tileAxis) return TILE_ROWS;
    if (a !== axis) return 1;
    if (fold !== null) return folding.unit;
    return tileAxis < 0 ? lanes * unrolls[0] : TILE_COLUMNS;
  };
  return {
    analysis,
    sizes,
    parallel: orderedParallel,
    reduce: orderedReduce,
    nest: fold === null ? nest : foldNest(nest, orderedParallel, orderedReduce),
    tileAxis,
    unrolls: fold === null ? unrolls : [1],
    strips,
    fold,
    cut: chooseCut(orderedParallel, sizes, unitOf, best.cost),
  };
}

/** Vectors per iteration of the loops over a strip: each has a short chain, but what is long, as a hash, would be a lot of code. */
const stripUnroll = ({ cost }: PointWork): number => (cost <= LONG_CODE ? 4 : 2);
const LONG_CODE = 100;
/** The least work, in instructions, that pays for the code of strips. */
const STRIP_WORK = 500_000;

/** Strips for the innermost of parallel loops, where they pay for more code. */
function stripsOf(
  space: Space,
  { analysis, sizes, parallel }: Part,
  nest: Nest,
  { point }: Estimate,
): Strips | null {
  const { vectorAxis, lanes } = nest;
  if (space.passes.length > 0 || lanes === 1 || !parallel.includes(vectorAxis)) return null;
  const points = sizes.reduce((n, size) => n * size, 1);
  if (sizes[vectorAxis] < 2 * STRIP || point.cost * points < STRIP_WORK) return null;
  return chooseStrips(analysis, space.stores, vectorAxis);
}

/** Steps from which on a reduction over rows is done in wide strips of columns, and the vectors of a strip. */
const LONG_REDUCTION = 16;
const STRIP_VECTORS = 8;

/** Work below which shorter code is worth more than the overlap of several vectors, in instructions; and the same for four vectors. */
const SMALL_WORK = 20_000;
const LARGE_WORK = 200_000;

/**
 * Several vectors per iteration, so that their chains of dependent operations overlap: a processor looks ahead only so far. Beyond two, the
 * chains and constants of more than one function need more registers than there are. Long expressions without functions, such as the rounds
 * of a hash, keep few values at a time.
 */
function chooseUnrolls(space: Space, { sizes, reduce }: Part, best: Estimate, nest: Nest): number[] {
  const passes = space.passes.map(({ reductions }) => reductions);
  if (nest.lanes === 1) return passes.length === 0 ? [1] : passes.map(() => 1);
  if (nest.rowAxis >= 0) return [1];
  const vectors = Math.ceil(sizes[nest.vectorAxis] / nest.lanes);
  const points = sizes.reduce((n, size) => n * size, 1);
  const unroll = (reductions: readonly Reduction[], { cost, functions }: PointWork) => {
    const reducing = reductions.length > 0 && !reductions.some(({ op }) => op.startsWith("arg"));
    const narrow = cost <= 6 || (cost <= 60 && functions <= 1 && cost * points > LARGE_WORK);
    const fits = cost <= (functions === 0 ? 300 : 100);
    const long = fits && (reducing || cost <= 24 || cost * points > SMALL_WORK);
    return Math.max(1, Math.min(narrow ? 4 : long ? 2 : 1, vectors));
  };
  if (passes.length === 1 && nest.vectorIsParallel && best.point.cost <= 6) {
    // A step along the reduced axis goes far in memory: the wider the strip of columns, the more of each page is used.
    const steps = reduce.reduce((n, axis) => n * sizes[axis], 1);
    if (steps >= LONG_REDUCTION) return [Math.min(STRIP_VECTORS, vectors)];
  }
  if (passes.length < 2) return [unroll(passes.flat(), best.point)];
  if (nest.vectorIsParallel) return passes.map(() => unroll(passes.flat(), best.point));
  return passes.map((reductions, p) => unroll(reductions, best.passes[p]));
}

const NANOSECONDS_PER_INSTRUCTION = 0.4;
/** Loops of at least this many units can be shared evenly by the threads of most machines. */
const ENOUGH_UNITS = 32;

/** Cuts the outermost loop if it is long enough, else the longest. */
function chooseCut(
  parallel: readonly number[],
  sizes: readonly number[],
  unitOf: (axis: number) => number,
  cost: number,
): LoopPlan["cut"] {
  if (parallel.length === 0) return null;
  const unitsOf = (axis: number) => Math.floor(sizes[axis] / unitOf(axis));
  const axis =
    parallel.find((a) => unitsOf(a) >= ENOUGH_UNITS) ??
    parallel.reduce((a, b) => (unitsOf(b) > unitsOf(a) ? b : a));
  const cut = cutInto(cost * NANOSECONDS_PER_INSTRUCTION, unitsOf(axis));
  return cut.pieces > 1 ? { ...cut, axis } : null;
}

const LINE_BYTES = 64;
/** Below this many points everything is in the nearest cache anyway. */
const TILED_POINTS = 8192;

function chooseTileAxis(space: Space, part: Part, vectorAxis: number): number {
  const { analysis, sizes } = part;
  if (space.passes.length > 0 || sizes[vectorAxis] < 32) return -1;
  if (part.parallel.reduce((n, axis) => n * sizes[axis], 1) < TILED_POINTS) return -1;
  const offsets: { offset: Node; bytes: number }[] = space.stores.map(({ offset, value }) => ({
    offset,
    bytes: 1 << sizeLog2(value.dtype),
  }));
  const roots = space.stores.map((s) => s.value);
  for (const node of valueNodes(analysis, roots, vectorAxis)) {
    if (node.kind === "load") offsets.push({ offset: node.offset, bytes: 1 << sizeLog2(node.dtype) });
  }
  for (const { offset, bytes } of offsets) {
    const linear = analysis.linear(offset);
    const along = analysis.stride(linear, vectorAxis);
    if (along === null || Math.abs(along) * bytes < LINE_BYTES) continue;
    for (const axis of part.parallel) {
      if (axis === vectorAxis || sizes[axis] < 8) continue;
      if (Math.abs(analysis.stride(linear, axis) ?? 0) === 1) return axis;
    }
  }
  return -1;
}

/** Longer expressions take so long that it does not matter how their operands are loaded. */
const BLOCK_COST = 40;

/** Whether to compute several rows at once, for loads of blocks that are transposed in registers. */
function rowsAreVectors(
  space: Space,
  part: Part,
  { axis, lanes, point }: Estimate,
  tileAxis: number,
): boolean {
  if (point.cost > BLOCK_COST || part.sizes[tileAxis] < lanes) return false;
  const roots = space.stores.map((s) => s.value);
  const nodes = valueNodes(part.analysis, roots, axis);
  return lanesFor(nodes, roots, part.analysis, axis, true, tileAxis) === lanes;
}
