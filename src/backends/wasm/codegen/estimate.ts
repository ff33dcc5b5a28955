import type { LoadNode, Node, Store } from "../../../compiler/ir.ts";
import { scalarOps } from "../../../compiler/scalarOps.ts";
import { alternating, type StorePlace } from "./alternate.ts";
import { ACC_BIT, type Analysis, argsOf } from "./analysis.ts";
import type { Part, Space } from "./space.ts";
import { sizeLog2 } from "./types.ts";
import { lanesFor } from "./uses.ts";

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

/** Operations from this cost on are functions of several constants and a long chain of dependent instructions. */
export const FUNCTION_COST = 10;

/** What is computed at one point: the cost, and how many of the operations are functions. */
export interface PointWork {
  readonly cost: number;
  readonly functions: number;
}

export interface Estimate {
  readonly axis: number;
  readonly lanes: 1 | 2 | 4;
  readonly cost: number;
  /** The whole of a point's work, and that of each pass. */
  readonly point: PointWork;
  readonly passes: readonly PointWork[];
}

const LINE_BYTES = 64;

/** What reaching another line of memory at every point adds to an access, in instructions per point. */
function farCost(analysis: Analysis, offset: Node, { dtype }: Node, axis: number): number {
  if (axis < 0) return 0;
  const stride = analysis.stride(analysis.linear(offset), axis) ?? 0;
  return Math.abs(stride) * dtype.itemsize >= LINE_BYTES ? 1 : 0;
}

const lanewiseOps = new Set(["clz", "shift_left", "shift_right_logical", "shift_right_arithmetic", "rem"]);

/** The nodes that the code of a kernel computes: in each pass, and once per parallel point. */
interface Work {
  readonly passes: readonly Set<Node>[];
  readonly outer: Set<Node>;
  /** What the addresses of affine accesses are computed from besides loop indices: at every point, and once per parallel point. */
  readonly addresses: { readonly inner: Set<Node>; readonly outer: Set<Node> };
}

function workOf(space: Space, part: Part, axis: number): Work {
  const { analysis } = part;
  const inner = part.reduce.reduce((mask, a) => mask | (1 << a), 0);
  const outer = new Set<Node>();
  const addresses = { inner: new Set<Node>(), outer: new Set<Node>() };
  const visitAddress = (unresolved: Node) => {
    const node = analysis.resolve(unresolved);
    if (node.kind === "index" || node.kind === "const") return;
    const set = analysis.mask(node) & inner ? addresses.inner : addresses.outer;
    if (set.has(node)) return;
    set.add(node);
    argsOf(node).forEach(visitAddress);
  };
  const visit = (pass: Set<Node> | null, unresolved: Node) => {
    const node = analysis.resolve(unresolved);
    // What does not depend on the inner axes is computed before their loops.
    const set = pass !== null && analysis.mask(node) & inner ? pass : outer;
    if (outer.has(node) || set.has(node)) return;
    set.add(node);
    if (node.kind === "load" && isAffine(analysis, node, axis)) {
      for (const atom of analysis.linear(node.offset).terms.keys()) visitAddress(atom);
      return;
    }
    for (const arg of argsOf(node)) visit(pass, arg);
  };
  const passes = space.passes.map(({ reductions, stores }) => {
    const nodes = new Set<Node>();
    for (const { value } of [...reductions, ...stores]) visit(nodes, value);
    return nodes;
  });
  for (const { value } of space.stores) visit(null, value);
  return { passes, outer, addresses };
}

/** In how many lanes vectors along an axis run; 1 when there is no vector code. */
function lanesAlong(space: Space, part: Part, work: Work, axis: number): 1 | 2 | 4 {
  const isParallel = part.parallel.includes(axis);
  const reductions = space.passes.flatMap((p) => p.reductions);
  const roots = [...reductions, ...space.passes.flatMap((p) => p.stores)].map((x) => x.value);
  const nodes = work.passes.flatMap((set) => [...set]);
  if (isParallel) {
    nodes.push(...work.outer);
    roots.push(...space.stores.map((s) => s.value));
  }
  const lanes = lanesFor(nodes, roots, part.analysis, axis, isParallel);
  const narrow = reductions.some(
    ({ op, value }) => op === "argmax" || op === "argmin" || value.dtype.itemsize !== 8,
  );
  return lanes === 2 && narrow ? 1 : lanes;
}

/** The cost of a kernel with vectors along an axis (-1: scalar code), in scalar instructions. */
export function estimate(space: Space, part: Part, axis: number): Estimate {
  const { analysis, sizes } = part;
  const bit = axis < 0 ? 0 : 1 << axis;
  const isParallel = part.parallel.includes(axis);
  /** The axis along which memory is walked. */
  const along = axis >= 0 ? axis : (part.reduce.at(-1) ?? part.parallel.at(-1) ?? -1);
  const dependent = isParallel ? bit | ACC_BIT : bit;
  const work = workOf(space, part, axis);
  const lanes = axis < 0 ? 1 : lanesAlong(space, part, work, axis);
  if (axis >= 0 && lanes === 1) {
    return { axis, lanes, cost: Number.POSITIVE_INFINITY, point: { cost: 0, functions: 0 }, passes: [] };
  }
  const count = (axes: readonly number[]) => axes.reduce((n, a) => n * sizes[a], 1);
  const outerPoints = count(part.parallel);
  const innerPoints = outerPoints * count(part.reduce);
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
      if (node.kind === "load" && !sideBySide.includes(node.buffer)) {
        cost += points * farCost(analysis, node.offset, node, along);
      }
      if (own && node.kind === "op" && scalarOps[node.op].cost >= FUNCTION_COST) functions += 1;
      cost += c * points * (own ? steps : vector ? once : 1);
    }
    return { cost: pointCost, functions };
  };
  const weighStores = (stores: readonly Store[], points: number, vector: boolean) => {
    const pairs = vector ? alternating(stores, (store) => placeOf(analysis, store, axis)) : new Map();
    const paired = new Set([...pairs.keys(), ...pairs.values()]);
    for (const store of stores) {
      const { buffer, offset, value } = store;
      const local = sideBySide.includes(buffer);
      const stride = local ? 1 : analysis.stride(analysis.linear(offset), axis);
      const spread = paired.has(store) ? 2 : lanes * 1.2;
      cost += points * (vector ? steps : 1) * (vector && stride !== 1 ? spread : 1);
      if (!local) cost += points * farCost(analysis, offset, value, along);
    }
  };
  // They are the same for all lanes, and the copying of rows stays a simple loop whatever it takes to find them.
  weigh(work.addresses.inner, innerPoints, axis >= 0);
  weigh(work.addresses.outer, outerPoints, isParallel);
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

/** Where a store goes, with lanes along an axis. */
function placeOf(analysis: Analysis, { offset }: Store, axis: number): StorePlace {
  const linear = analysis.linear(offset);
  const terms = [...linear.terms].map(([atom, c]) => `${atom.id}*${c}`).sort();
  return { group: terms.join(), constant: linear.constant, stride: analysis.stride(linear, axis) };
}

/** Whether the place of a load is linear in the index of an axis. */
export function isAffine(analysis: Analysis, node: LoadNode, axis: number): boolean {
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
      if (stride === null) return lanes * 1.5;
      if (stride === 1) return 1 + bytes;
      if (stride === -1) return 2 + bytes;
      if (Math.abs(stride) === 2 && node.dtype.itemsize === 4) return 2;
      return lanes;
    }
  }
}
