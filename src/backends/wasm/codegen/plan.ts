import type { LoadNode, Node, Reduction, Store } from "../../../compiler/ir.ts";
import { scalarOps } from "../../../compiler/scalarOps.ts";
import { int32 } from "../../../dtypes/index.ts";
import { ACC_BIT, Analysis, argsOf, type Linear } from "./analysis.ts";
import { sizeLog2 } from "./types.ts";
import { lanesFor, type Nest } from "./uses.ts";

/** A loop kernel's space and expressions: the common part of loops, scans and segments of them. */
export interface Space {
  readonly sizes: readonly number[];
  /** How many of the axes are parallel; the rest are reduced. */
  readonly parallel: number;
  readonly reductions: readonly Reduction[];
  readonly stores: readonly Store[];
}

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
  /** Rough cost of one point in instructions. */
  readonly pointCost: number;
}

/** Arranges the loops of a kernel: merges axes, then chooses the axis to vectorise by estimated cost. */
export function planLoops(space: Space, assume?: ReadonlyMap<Node, Node>): LoopPlan {
  const { analysis, sizes } = mergeAxes(space, assume);
  const live = (from: number, to: number) => {
    const axes: number[] = [];
    for (let a = from; a < to; a++) if (!analysis.isFrozen(a)) axes.push(a);
    return axes;
  };
  const parallel = live(0, space.parallel);
  const reduce = live(space.parallel, sizes.length);
  let best = estimate(space, analysis, sizes, -1);
  for (const axis of [...parallel, ...reduce]) {
    const candidate = estimate(space, analysis, sizes, axis);
    if (candidate.cost < best.cost * 0.95) best = candidate;
  }
  const { axis, lanes } = best;
  const last = (axes: readonly number[]) => (axes.includes(axis) ? [...axes.filter((a) => a !== axis), axis] : axes);
  const tileAxis = chooseTileAxis(space, analysis, sizes, axis);
  const orderedParallel = last(tileAxis < 0 ? parallel : [...parallel.filter((a) => a !== tileAxis), tileAxis]);
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
  return { analysis, sizes, parallel: orderedParallel, reduce: orderedReduce, nest, tileAxis, pointCost: best.pointCost };
}

const LINE_BYTES = 64;
/** Below this many points everything is in the nearest cache anyway. */
const TILED_POINTS = 8192;

function chooseTileAxis(space: Space, analysis: Analysis, sizes: readonly number[], vectorAxis: number): number {
  if (vectorAxis < 0 || vectorAxis >= space.parallel || space.reductions.length > 0 || sizes[vectorAxis] < 32) return -1;
  if (sizes.reduce((n, size) => n * size, 1) < TILED_POINTS) return -1;
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
    for (let axis = 0; axis < space.parallel; axis++) {
      if (axis === vectorAxis || analysis.isFrozen(axis) || sizes[axis] < 8) continue;
      if (Math.abs(analysis.stride(linear, axis) ?? 0) === 1) return axis;
    }
  }
  return -1;
}

/** Freezes axes of one point and merges neighbours, within the ranges, that every index expression walks through as one. */
export function mergeAxes(
  space: Space,
  assume?: ReadonlyMap<Node, Node>,
  ranges: readonly (readonly [from: number, to: number])[] = [
    [0, space.parallel],
    [space.parallel, space.sizes.length],
  ],
): { analysis: Analysis; sizes: number[] } {
  const sizes = space.sizes.slice();
  const frozen = new Set<number>();
  sizes.forEach((size, axis) => {
    if (size === 1) frozen.add(axis);
  });
  if (sizes.length - frozen.size > 1) {
    const linears = indexExpressions(space, new Analysis(assume, frozen));
    const merge = (from: number, to: number) => {
      for (let inner = to - 1, outer = inner - 1; outer >= from; outer--) {
        if (frozen.has(outer)) continue;
        if (frozen.has(inner)) {
          inner = outer;
          continue;
        }
        if (linears.every((l) => coefficient(l, outer) === Math.imul(coefficient(l, inner), sizes[inner]))) {
          // The inner index now runs over both; the outer one is always 0.
          sizes[inner] *= sizes[outer];
          sizes[outer] = 1;
          frozen.add(outer);
          // Other forms still hold the old outer index, which the analysis will take as 0.
          continue;
        }
        inner = outer;
      }
    };
    for (const [from, to] of ranges) merge(from, to);
  }
  return { analysis: new Analysis(assume, frozen), sizes };
}

function coefficient(linear: Linear, axis: number): number {
  let sum = 0;
  for (const [atom, c] of linear.terms) if (atom.kind === "index" && atom.axis === axis) sum = (sum + c) | 0;
  return sum;
}

/** Every largest linear expression that something else reads. */
function indexExpressions(space: Space, analysis: Analysis): Linear[] {
  const found = new Set<Linear>();
  const seen = new Set<Node>();
  const read = (unresolved: Node) => {
    const node = analysis.resolve(unresolved);
    if (node.dtype !== int32) {
      visit(node);
      return;
    }
    const linear = analysis.linear(node);
    if (found.has(linear)) return;
    found.add(linear);
    for (const atom of linear.terms.keys()) visit(atom);
  };
  const visit = (node: Node) => {
    if (seen.has(node)) return;
    seen.add(node);
    argsOf(node).forEach(read);
  };
  for (const { value } of space.reductions) read(value);
  for (const { offset, value } of space.stores) {
    read(offset);
    read(value);
  }
  return [...found].filter((l) => [...l.terms.keys()].some((atom) => atom.kind === "index"));
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
function estimate(space: Space, analysis: Analysis, sizes: readonly number[], axis: number): Estimate {
  const bit = axis < 0 ? 0 : 1 << axis;
  const isParallel = axis >= 0 && axis < space.parallel;
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
  let innerPoints = 1;
  let outerPoints = 1;
  sizes.forEach((size, a) => {
    innerPoints *= size;
    if (a < space.parallel) outerPoints *= size;
  });
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
  for (const { op } of space.reductions) cost += innerPoints * (axis >= 0 ? steps : 1) * (op.startsWith("arg") ? 4 : 1);
  // A reduction's lanes are combined at its end.
  if (axis >= space.parallel) cost += outerPoints * 8 * space.reductions.length;
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
      if (lanes > 1 && lanewiseOps.has(node.op) && analysis.resolve(node.args.at(-1) as Node).kind !== "const") {
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
