import type { LoadNode, Node } from "../../../compiler/ir.ts";
import { scalarOps } from "../../../compiler/scalarOps.ts";
import { ACC_BIT, type Analysis, argsOf } from "./analysis.ts";
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
  /** Vectors per iteration of the vector loop. */
  readonly unroll: number;
  /** The parallel axis whose range is cut into pieces, and how; null when it is not worth it. */
  readonly cut: (Cut & { readonly axis: number }) | null;
}

/** Elements along each side of a tile: as many as four-byte elements of a line of memory. */
export const TILE = 16;

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
  };
  const unroll = chooseUnroll(space, sizes, nest, best.pointCost);
  const unitOf = (a: number) => (a === axis ? lanes * unroll : a === tileAxis ? TILE : 1);
  return {
    analysis,
    sizes,
    parallel: orderedParallel,
    reduce: orderedReduce,
    nest,
    tileAxis,
    unroll,
    cut: chooseCut(orderedParallel, sizes, unitOf, best.cost),
  };
}

function chooseUnroll(space: Space, sizes: readonly number[], nest: Nest, pointCost: number): number {
  if (nest.lanes === 1) return 1;
  const vectors = Math.ceil(sizes[nest.vectorAxis] / nest.lanes);
  const reducing = space.reductions.length > 0;
  const wanted = pointCost <= 6 ? 4 : pointCost <= 24 ? 2 : 1;
  const least =
    reducing && !space.reductions.some(({ op }) => op.startsWith("arg")) && pointCost <= 60 ? 2 : 1;
  return Math.max(1, Math.min(Math.max(wanted, least), vectors));
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
  if (space.reductions.length > 0 || sizes[vectorAxis] < 32) return -1;
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

interface Estimate {
  readonly axis: number;
  readonly lanes: 1 | 2 | 4;
  readonly cost: number;
  readonly pointCost: number;
}

const lanewiseOps = new Set(["clz", "shift_left", "shift_right_logical", "shift_right_arithmetic", "rem"]);

/** The cost of the kernel with vectors along an axis (-1: scalar code), in scalar instructions. */
function estimate(space: Space, piece: Piece, axis: number): Estimate {
  const { analysis, sizes } = piece;
  const bit = axis < 0 ? 0 : 1 << axis;
  const isParallel = piece.parallel.includes(axis);
  const dependent = isParallel ? bit | ACC_BIT : bit;
  const inner = new Set<Node>();
  const outer = new Set<Node>();
  const visit = (set: Set<Node>, unresolved: Node) => {
    const node = analysis.resolve(unresolved);
    if (inner.has(node) || outer.has(node)) return;
    set.add(node);
    if (node.kind === "load" && isAffine(analysis, node, axis)) return;
    for (const arg of argsOf(node)) visit(set, arg);
  };
  for (const { value } of space.reductions) visit(inner, value);
  for (const { value } of space.stores) visit(outer, value);
  let lanes: 1 | 2 | 4 = 1;
  if (axis >= 0) {
    const reduced = space.reductions.map((r) => r.value);
    lanes = isParallel
      ? lanesFor([...inner, ...outer], [...reduced, ...space.stores.map((s) => s.value)], analysis, axis)
      : lanesFor(inner, reduced, analysis, axis);
    for (const { op, value } of space.reductions) {
      if (lanes === 2 && (op === "argmax" || op === "argmin" || value.dtype.name !== "float64")) lanes = 1;
    }
    if (lanes === 1) return { axis, lanes, cost: Number.POSITIVE_INFINITY, pointCost: 0 };
  }
  const count = (axes: readonly number[]) => axes.reduce((n, a) => n * sizes[a], 1);
  const outerPoints = count(piece.parallel);
  const innerPoints = outerPoints * count(piece.reduce);
  const steps = axis < 0 ? 1 : Math.ceil(sizes[axis] / lanes) / sizes[axis];
  const once = axis < 0 ? 1 : 1 / sizes[axis];
  let pointCost = 0;
  const weigh = (nodes: Set<Node>, points: number, vector: boolean): number => {
    let cost = 0;
    for (const node of nodes) {
      const own = vector && (analysis.mask(node) & dependent) !== 0;
      const c = nodeCost(analysis, node, axis, own ? lanes : 1);
      pointCost += c;
      cost += c * points * (own ? steps : vector ? once : 1);
    }
    return cost;
  };
  let cost = weigh(inner, innerPoints, axis >= 0) + weigh(outer, outerPoints, isParallel);
  for (const { op } of space.reductions)
    cost += innerPoints * (axis >= 0 ? steps : 1) * (op.startsWith("arg") ? 4 : 1);
  // A reduction's lanes are combined at its end.
  if (axis >= 0 && !isParallel) cost += outerPoints * 8 * space.reductions.length;
  for (const { offset } of space.stores) {
    const stride = isParallel ? analysis.stride(analysis.linear(offset), axis) : 0;
    const lanewise = isParallel && stride !== 1;
    cost += outerPoints * (isParallel ? steps : 1) * (lanewise ? lanes * 1.2 : 1);
  }
  return { axis, lanes, cost, pointCost };
}

function isAffine(analysis: Analysis, node: LoadNode, axis: number): boolean {
  if (analysis.mask(node.offset) & ACC_BIT) return false;
  return axis < 0 || analysis.stride(analysis.linear(node.offset), axis) !== null;
}

function nodeCost(analysis: Analysis, node: Node, axis: number, lanes: number): number {
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
      if (lanes === 1 && cost >= 10 && node.dtype.name === "float32") return cost * 1.5;
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
      const stride = analysis.stride(analysis.linear(node.offset), axis);
      const bytes = sizeLog2(node.dtype) === 0 ? 0.5 : 0;
      if (stride === null) return lanes * 2;
      if (stride === 1) return 1 + bytes;
      if (stride === -1) return 2 + bytes;
      return lanes;
    }
  }
}
