import type { LoadNode, Node, Reduction, Store } from "../../../compiler/ir.ts";
import { scalarOps } from "../../../compiler/scalarOps.ts";
import { ACC_BIT, type Analysis, argsOf } from "./analysis.ts";
import { chooseFold, type Fold, folding, foldNest } from "./foldPlan.ts";
import type { Piece, Space } from "./space.ts";
import { type Cut, cutInto } from "./split.ts";
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
  /** How rows are folded, for a reduction that is written that way. */
  readonly fold: Fold | null;
  /** The parallel axis whose range is cut into pieces, and how; null when it is not worth it. */
  readonly cut: (Cut & { readonly axis: number }) | null;
}

/** Elements of a tile along the tile axis and along the vectors: its lines of memory fit in the nearest cache, and few pages are touched at a time. */
export const TILE_ROWS = 128;
export const TILE_COLUMNS = 64;

/** Arranges the loops of a piece of a kernel: chooses the axis to vectorise by estimated cost. */
export function planLoops(space: Space, piece: Piece): LoopPlan {
  const { analysis, sizes, parallel, reduce } = piece;
  let best = estimate(space, piece, -1);
  for (const axis of [...parallel, ...reduce]) {
    const candidate = estimate(space, piece, axis);
    if (candidate.cost < best.cost * 0.95) best = candidate;
  }
  const { axis, lanes } = best;
  const last = (axes: readonly number[]) =>
    axes.includes(axis) ? [...axes.filter((a) => a !== axis), axis] : axes;
  const tileAxis = parallel.includes(axis) ? chooseTileAxis(space, piece, axis) : -1;
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
    rowAxis: tileAxis >= 0 && rowsAreVectors(space, piece, best, tileAxis) ? tileAxis : -1,
  };
  const roots = [...space.passes.flatMap((p) => p.reductions), ...space.stores].map(({ value }) => value);
  const fold = chooseFold(space, piece, nest, valueNodes(analysis, roots, axis));
  const unrolls = chooseUnrolls(space, piece, best, nest);
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
    fold,
    cut: chooseCut(orderedParallel, sizes, unitOf, best.cost),
  };
}

/** Steps from which on a reduction over rows is done in wide strips of columns, and the vectors of a strip. */
const LONG_REDUCTION = 16;
const STRIP_VECTORS = 8;

/** Work below which shorter code is worth more than the overlap of several vectors, in instructions; and the same for four vectors. */
const SMALL_WORK = 20_000;
const LARGE_WORK = 200_000;

/** Operations from this cost on are functions of several constants and a long chain of dependent instructions. */
const FUNCTION_COST = 10;

/**
 * Several vectors per iteration, so that their chains of dependent operations overlap: a processor looks ahead only so far. Beyond two, the
 * chains and constants of more than one function need more registers than there are. Long expressions without functions, such as the rounds
 * of a hash, keep few values at a time.
 */
function chooseUnrolls(space: Space, { sizes, reduce }: Piece, best: Estimate, nest: Nest): number[] {
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

function chooseTileAxis(space: Space, piece: Piece, vectorAxis: number): number {
  const { analysis, sizes } = piece;
  if (space.passes.length > 0 || sizes[vectorAxis] < 32) return -1;
  if (piece.parallel.reduce((n, axis) => n * sizes[axis], 1) < TILED_POINTS) return -1;
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
    for (const axis of piece.parallel) {
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
  piece: Piece,
  { axis, lanes, point }: Estimate,
  tileAxis: number,
): boolean {
  if (point.cost > BLOCK_COST || piece.sizes[tileAxis] < lanes) return false;
  const roots = space.stores.map((s) => s.value);
  const nodes = valueNodes(piece.analysis, roots, axis);
  return lanesFor(nodes, roots, piece.analysis, axis, true, tileAxis) === lanes;
}

/** The nodes whose values the code computes: all but the affine offsets of loads. */
export function valueNodes(analysis: Analysis, roots: readonly Node[], axis: number): Set<Node> {
  const found = new Set<Node>();
  const visit = (unresolved: Node) => {
    const node = analysis.resolve(unresolved);
    if (found.has(node)) return;
    found.add(node);
    if (node.kind === "load" && isAffine(analysis, node, axis)) return;
    argsOf(node).forEach(visit);
  };
  roots.forEach(visit);
  return found;
}

/** What is computed at one point: the cost, and how many of the operations are functions. */
interface PointWork {
  readonly cost: number;
  readonly functions: number;
}

interface Estimate {
  readonly axis: number;
  readonly lanes: 1 | 2 | 4;
  readonly cost: number;
  /** The whole of a point's work, and that of each pass. */
  readonly point: PointWork;
  readonly passes: readonly PointWork[];
}

const lanewiseOps = new Set(["clz", "shift_left", "shift_right_logical", "shift_right_arithmetic", "rem"]);

/** The nodes that the code of a kernel computes: in each pass, and once per parallel point. */
interface Work {
  readonly passes: readonly Set<Node>[];
  readonly outer: Set<Node>;
}

function workOf(space: Space, piece: Piece, axis: number): Work {
  const { analysis } = piece;
  const inner = piece.reduce.reduce((mask, a) => mask | (1 << a), 0);
  const outer = new Set<Node>();
  const visit = (pass: Set<Node> | null, unresolved: Node) => {
    const node = analysis.resolve(unresolved);
    // What does not depend on the inner axes is computed before their loops.
    const set = pass !== null && analysis.mask(node) & inner ? pass : outer;
    if (outer.has(node) || set.has(node)) return;
    set.add(node);
    if (node.kind === "load" && isAffine(analysis, node, axis)) return;
    for (const arg of argsOf(node)) visit(pass, arg);
  };
  const passes = space.passes.map(({ reductions, stores }) => {
    const nodes = new Set<Node>();
    for (const { value } of [...reductions, ...stores]) visit(nodes, value);
    return nodes;
  });
  for (const { value } of space.stores) visit(null, value);
  return { passes, outer };
}

/** In how many lanes vectors along an axis run; 1 when there is no vector code. */
function lanesAlong(space: Space, piece: Piece, work: Work, axis: number): 1 | 2 | 4 {
  const isParallel = piece.parallel.includes(axis);
  const reductions = space.passes.flatMap((p) => p.reductions);
  const roots = [...reductions, ...space.passes.flatMap((p) => p.stores)].map((x) => x.value);
  const nodes = work.passes.flatMap((set) => [...set]);
  if (isParallel) {
    nodes.push(...work.outer);
    roots.push(...space.stores.map((s) => s.value));
  }
  const lanes = lanesFor(nodes, roots, piece.analysis, axis, isParallel);
  const narrow = reductions.some(
    ({ op, value }) => op === "argmax" || op === "argmin" || value.dtype.name !== "float64",
  );
  return lanes === 2 && narrow ? 1 : lanes;
}

/** The cost of the kernel with vectors along an axis (-1: scalar code), in scalar instructions. */
function estimate(space: Space, piece: Piece, axis: number): Estimate {
  const { analysis, sizes } = piece;
  const bit = axis < 0 ? 0 : 1 << axis;
  const isParallel = piece.parallel.includes(axis);
  const dependent = isParallel ? bit | ACC_BIT : bit;
  const work = workOf(space, piece, axis);
  const lanes = axis < 0 ? 1 : lanesAlong(space, piece, work, axis);
  if (axis >= 0 && lanes === 1) {
    return { axis, lanes, cost: Number.POSITIVE_INFINITY, point: { cost: 0, functions: 0 }, passes: [] };
  }
  const count = (axes: readonly number[]) => axes.reduce((n, a) => n * sizes[a], 1);
  const outerPoints = count(piece.parallel);
  const innerPoints = outerPoints * count(piece.reduce);
  const steps = axis < 0 ? 1 : Math.ceil(sizes[axis] / lanes) / sizes[axis];
  const once = axis < 0 ? 1 : 1 / sizes[axis];
  // Where lanes are rows, a local holds their elements side by side.
  const sideBySide = isParallel ? space.locals : [];
  let cost = 0;
  const weigh = (nodes: Set<Node>, points: number, vector: boolean): PointWork => {
    let pointCost = 0;
    let functions = 0;
    for (const node of nodes) {
      const own = vector && (analysis.mask(node) & dependent) !== 0;
      const c = nodeCost(analysis, node, axis, own ? lanes : 1, sideBySide);
      pointCost += c;
      if (own && node.kind === "op" && scalarOps[node.op].cost >= FUNCTION_COST) functions += 1;
      cost += c * points * (own ? steps : vector ? once : 1);
    }
    return { cost: pointCost, functions };
  };
  const weighStores = (stores: readonly Store[], points: number, vector: boolean) => {
    for (const { buffer, offset } of stores) {
      const stride = sideBySide.includes(buffer) ? 1 : analysis.stride(analysis.linear(offset), axis);
      cost += points * (vector ? steps : 1) * (vector && stride !== 1 ? lanes * 1.2 : 1);
    }
  };
  const passes = work.passes.map((nodes) => weigh(nodes, innerPoints, axis >= 0));
  const point = [...passes, weigh(work.outer, outerPoints, isParallel)].reduce((a, b) => ({
    cost: a.cost + b.cost,
    functions: a.functions + b.functions,
  }));
  for (const { reductions, stores } of space.passes) {
    for (const { op } of reductions)
      cost += innerPoints * (axis >= 0 ? steps : 1) * (op.startsWith("arg") ? 4 : 1);
    // A reduction's lanes are combined at its end.
    if (axis >= 0 && !isParallel) cost += outerPoints * 8 * reductions.length;
    weighStores(stores, innerPoints, axis >= 0);
  }
  weighStores(space.stores, outerPoints, isParallel);
  return { axis, lanes, cost, point, passes };
}

function isAffine(analysis: Analysis, node: LoadNode, axis: number): boolean {
  if (analysis.mask(node.offset) & ACC_BIT) return false;
  return axis < 0 || analysis.stride(analysis.linear(node.offset), axis) !== null;
}

function nodeCost(
  analysis: Analysis,
  node: Node,
  axis: number,
  lanes: number,
  sideBySide: readonly number[],
): number {
  switch (node.kind) {
    case "const":
    case "acc":
      return 0;
    case "index":
      return lanes > 1 ? 1 : 0;
    case "cast":
      return 1;
    case "op": {
      const { cost } = scalarOps[node.op];
      if (lanes === 1 && cost >= FUNCTION_COST && node.dtype.name === "float32") return cost * 1.5;
      if (
        lanes > 1 &&
        lanewiseOps.has(node.op) &&
        analysis.resolve(node.args.at(-1) as Node).kind !== "const"
      ) {
        return cost + 2 * lanes;
      }
      return cost;
    }
    case "load": {
      if (lanes === 1) return isAffine(analysis, node, axis) ? 1 : 2;
      const stride = sideBySide.includes(node.buffer)
        ? 1
        : analysis.stride(analysis.linear(node.offset), axis);
      const bytes = sizeLog2(node.dtype) === 0 ? 0.5 : 0;
      if (stride === null) return lanes * 2;
      if (stride === 1) return 1 + bytes;
      if (stride === -1) return 2 + bytes;
      return lanes;
    }
  }
}
