import type { IndexNode, Node, Pass, Store } from "../../../compiler/ir.ts";
import { innerAxesOf, type NestKernel, passesOf, passRoots } from "../../../compiler/nest.ts";
import { maxPositions } from "../../../core/positions.ts";
import { int32 } from "../../../dtypes/index.ts";
import { Analysis, argsOf, combine, FALSE, type Linear, TRUE } from "./analysis.ts";

/** A space of points and the expressions evaluated in it. Axes are numbered as the index nodes do. */
export interface Space {
  readonly sizes: readonly number[];
  /** Axes outermost first. */
  readonly parallel: readonly number[];
  /** The axes that passes walk. */
  readonly reduce: readonly number[];
  readonly passes: readonly Pass[];
  /** Once per parallel point, after the passes. */
  readonly stores: readonly Store[];
  /** Buffers that hold one row each. */
  readonly locals: readonly number[];
}

/** The space of a loop or row kernel: axes numbered as its index nodes are. */
export function nestSpace(kernel: NestKernel): Space {
  const inner = innerAxesOf(kernel);
  const rank = kernel.axes.length;
  return {
    sizes: [...kernel.axes, ...inner],
    parallel: kernel.axes.map((_, axis) => axis),
    reduce: inner.map((_, i) => rank + i),
    passes: passesOf(kernel),
    stores: kernel.stores,
    locals: kernel.kind === "row" ? kernel.locals : [],
  };
}

/** All expressions evaluated in a space. */
function rootsOf(space: Space): Node[] {
  return [...space.passes.flatMap(passRoots), ...space.stores.flatMap((s) => [s.offset, s.value])];
}

/** A part of a space with what is known in it. */
export interface Part {
  readonly analysis: Analysis;
  /** Points of each axis in the part, 1 for the frozen ones. */
  readonly sizes: readonly number[];
  /** The axes that have loops. */
  readonly parallel: readonly number[];
  readonly reduce: readonly number[];
}

/** Spaces below this many points are not worth more code than one loop nest. */
const SPLIT_POINTS = 256;
const MAX_PARTS = 12;

/**
 * Brings a kernel's space into the form in which its accesses are affine: axes that are taken apart by division become several, the
 * space is cut where clamps and comparisons of indices change, and neighbouring axes that are walked as one are merged.
 */
export function partsOf(space: Space): Part[] {
  const points = space.sizes.reduce((n, size) => n * size, 1);
  if (points < SPLIT_POINTS) return [mergeAxes(space, wholeSpace(space))];
  const { finer, analysis } = expandAxes(space);
  return cut(finer, analysis).map((part) => mergeAxes(finer, part));
}

function wholeSpace(space: Space): Analysis {
  const stored = space.passes.flatMap((p) => p.stores.map((s) => s.buffer));
  return new Analysis({ sizes: space.sizes, stored: new Set(stored) });
}

// ---- division of indices

/** Replaces axes whose index is divided by constants with one axis per digit. */
function expandAxes(space: Space): { finer: Space; analysis: Analysis } {
  const plain = { finer: space, analysis: wholeSpace(space) };
  const radices = divisors(space);
  if (radices.size === 0) return plain;
  const sizes = space.sizes.slice();
  const expanded = new Map<number, Linear>();
  const axes = new Map<number, number[]>();
  for (const [axis, found] of radices) {
    const size = space.sizes[axis];
    const chain = [1];
    for (const d of [...found].sort((a, b) => a - b)) {
      if (d > 1 && d < size && d % chain[chain.length - 1] === 0 && size % d === 0) chain.push(d);
    }
    if (chain.length === 1) continue;
    const terms = new Map<Node, number>();
    const made: number[] = [];
    chain.forEach((weight, i) => {
      const digit: IndexNode = { kind: "index", dtype: int32, id: -10 - sizes.length, axis: sizes.length };
      made.unshift(sizes.length);
      sizes.push((chain[i + 1] ?? size) / weight);
      terms.set(digit, weight);
    });
    sizes[axis] = 1;
    expanded.set(axis, { constant: 0, terms });
    axes.set(axis, made);
  }
  if (expanded.size === 0 || sizes.length > 24) return plain;
  const replace = (list: readonly number[]) => list.flatMap((axis) => axes.get(axis) ?? [axis]);
  const finer: Space = { ...space, sizes, parallel: replace(space.parallel), reduce: replace(space.reduce) };
  return { finer, analysis: new Analysis({ ...plain.analysis.assumptions, sizes, expanded }) };
}

/** For each axis the products of the divisors that its index passes through. */
function divisors(space: Space): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  const positions = space.passes.some((p) =>
    p.reductions.some(({ op }) => op === "argmax" || op === "argmin"),
  );
  const whole = positions ? space.reduce : [];
  /** The axis of which a node is a digit, and the digit's weight. */
  const digits = new Map<Node, { axis: number; weight: number } | null>();
  const digitOf = (node: Node): { axis: number; weight: number } | null => {
    let digit = digits.get(node);
    if (digit === undefined) {
      digit = null;
      if (node.kind === "index") digit = whole.includes(node.axis) ? null : { axis: node.axis, weight: 1 };
      else if (node.kind === "op" && (node.op === "div" || node.op === "rem") && node.dtype === int32) {
        const [x, divisor] = node.args;
        const of = divisor.kind === "const" && Number(divisor.value) > 0 ? digitOf(x) : null;
        if (of !== null && divisor.kind === "const") {
          const weight = of.weight * Number(divisor.value);
          const set = found.get(of.axis) ?? new Set();
          found.set(of.axis, set.add(weight));
          digit = { axis: of.axis, weight: node.op === "div" ? weight : of.weight };
        }
      }
      digits.set(node, digit);
    }
    return digit;
  };
  for (const node of allNodes(space)) digitOf(node);
  return found;
}

function allNodes(space: Space): Set<Node> {
  const seen = new Set<Node>();
  const stack = rootsOf(space);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...argsOf(node));
  }
  return seen;
}

// ---- comparisons of indices

const comparisons = new Set(["lt", "le", "gt", "ge"]);

/** Cuts the parallel axes so that in each part comparisons and clamps of indices have one outcome. */
function cut(space: Space, whole: Analysis): Analysis[] {
  const candidates = [...allNodes(space)]
    .filter(
      (n) =>
        n.kind === "op" &&
        n.args.length === 2 &&
        n.args[0].dtype === int32 &&
        (comparisons.has(n.op) || n.op === "max" || n.op === "min"),
    )
    .sort((a, b) => a.id - b.id);
  if (candidates.length === 0) return [whole];
  const done: Analysis[] = [];
  const open: Analysis[] = [whole];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const room = done.length + open.length + 1 < MAX_PARTS;
    const halves = decide(space, part, candidates, room);
    if (halves.length === 1) done.push(halves[0]);
    else open.push(...halves);
  }
  return done;
}

/** Decides what it can in a part; when something can be decided by cutting an axis, the two halves. */
function decide(space: Space, part: Analysis, candidates: readonly Node[], mayCut: boolean): Analysis[] {
  const decided = new Map(part.assumptions.decided);
  let analysis = part;
  for (const node of candidates) {
    if (node.kind !== "op" || decided.has(node)) continue;
    const [a, b] = node.args;
    const difference = combine(analysis.linear(a), analysis.linear(b), -1);
    // Values near the ends of int32 could have wrapped.
    const ranges = [analysis.linear(a), analysis.linear(b), difference].map((l) => analysis.range(l));
    if (ranges.some((r) => r === null || r[0] < -0x40000000 || r[1] > 0x40000000)) continue;
    const [low, high] = ranges[2] as readonly [number, number];
    // Each outcome is that of `difference < bound`.
    const bound = node.op === "le" || node.op === "gt" ? 1 : 0;
    if (high < bound || low >= bound) {
      decided.set(node, outcome(node.op, high < bound, a, b));
      analysis = new Analysis({ ...part.assumptions, decided });
      continue;
    }
    if (!mayCut || difference.terms.size !== 1) continue;
    const [[atom, c]] = difference.terms;
    if (atom.kind !== "index" || !space.parallel.includes(atom.axis)) continue;
    // The first counter value at which the outcome differs from that at 0.
    const at =
      c > 0
        ? Math.ceil((bound - difference.constant) / c)
        : Math.floor((difference.constant - bound) / -c) + 1;
    const { axis } = atom;
    const { sizes, starts } = part.assumptions;
    const between = (from: number, to: number) =>
      new Analysis({
        ...part.assumptions,
        sizes: sizes.map((size, i) => (i === axis ? to - from : size)),
        starts: new Map(starts).set(axis, part.start(axis) + from),
        decided,
      });
    return [between(0, at), between(at, sizes[axis])];
  }
  return [analysis];
}

function outcome(op: string, below: boolean, a: Node, b: Node): Node {
  switch (op) {
    case "lt":
    case "le":
      return below ? TRUE : FALSE;
    case "gt":
    case "ge":
      return below ? FALSE : TRUE;
    case "max":
      return below ? b : a;
    default:
      return below ? a : b;
  }
}

// ---- merging

/** Freezes axes of one point and merges neighbours that every index expression walks through as one. */
export function mergeAxes(space: Space, analysis: Analysis): Part {
  const sizes = analysis.assumptions.sizes.slice();
  const frozen = new Set<number>();
  sizes.forEach((size, axis) => {
    if (size === 1) frozen.add(axis);
  });
  let merged = new Analysis({ ...analysis.assumptions, sizes, frozen });
  const live = (axes: readonly number[]) => axes.filter((axis) => !frozen.has(axis));
  if (live(space.parallel).length > 1 || live(space.reduce).length > 1) {
    const linears = indexExpressions(space, merged);
    for (const axes of [live(space.parallel), live(space.reduce)]) {
      for (let i = axes.length - 1; i > 0; i--) {
        const inner = axes[i];
        const outer = axes[i - 1];
        if (sizes[outer] * sizes[inner] > maxPositions) continue;
        if (!linears.every((l) => coefficient(l, outer) === Math.imul(coefficient(l, inner), sizes[inner])))
          continue;
        // The inner counter runs over both. It takes the outer one's place in the list, and its counter stays at 0.
        sizes[inner] *= sizes[outer];
        sizes[outer] = 1;
        frozen.add(outer);
        axes[i - 1] = inner;
      }
    }
    merged = new Analysis({ ...analysis.assumptions, sizes, frozen });
  }
  return { analysis: merged, sizes, parallel: live(space.parallel), reduce: live(space.reduce) };
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
  rootsOf(space).forEach(read);
  return [...found].filter((l) => [...l.terms.keys()].some((atom) => atom.kind === "index"));
}
