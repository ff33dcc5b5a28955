import type { Node, Store } from "../../../compiler/ir.ts";
import { scalarOps } from "../../../compiler/scalarOps.ts";
import { keyFry } from "../../../dtypes/index.ts";
import { type Analysis, argsOf } from "./analysis.ts";
import { FUNCTION_COST, isAffine } from "./estimate.ts";

/**
 * A loop in strips: in each strip of elements a first loop computes what a function is applied to, a second one the function, and so on; what later
 * loops need of earlier ones is kept in scratch memory, in the nearest cache. A processor looks ahead over a fixed number of instructions, so the
 * time of a long chain of dependent instructions grows with its length and with the number of instructions around it: two loops of half
 * the length take half the time of one.
 */
export interface Strips {
  /** What each loop but the last keeps. */
  readonly kept: readonly (readonly Node[])[];
}

/** Elements of a strip. */
export const STRIP = 256;
/** The least cost of the operations before a function that a loop of their own pays for. */
const CHAIN = 12;
/** Values that take less are computed again where they are needed, rather than kept. */
const CHEAP = 4;
/** Loops and values of a strip, at most: more would leave the nearest cache. */
const MOST_KEPT = 12;

/** How to divide the expressions of the stores, whose values lie along a vector axis, into loops; null where one loop does. */
export function chooseStrips(analysis: Analysis, stores: readonly Store[], axis: number): Strips | null {
  const loops = new Map<Node, number>();
  /** The cost of the longest chain of operations that ends in a node and is in the node's loop. */
  const chains = new Map<Node, number>();
  const varies = (node: Node) => (analysis.mask(node) & (1 << axis)) !== 0;
  const isLeaf = (node: Node) => !varies(node) || (node.kind === "load" && isAffine(analysis, node, axis));
  const operands = (node: Node) => (isLeaf(node) ? [] : argsOf(node).map((arg) => analysis.resolve(arg)));
  const order = inOrder(
    stores.map(({ value }) => analysis.resolve(value)),
    operands,
  );
  for (const node of order) {
    const args = operands(node);
    let loop = Math.max(0, ...args.map((arg) => loops.get(arg) as number));
    const chain = (at: number) =>
      Math.max(0, ...args.map((arg) => (loops.get(arg) === at ? (chains.get(arg) as number) : 0)));
    if (costOf(node) >= FUNCTION_COST && chain(loop) >= CHAIN) loop++;
    loops.set(node, loop);
    chains.set(node, isLeaf(node) ? 0 : costOf(node) + chain(loop));
  }
  const last = Math.max(0, ...order.map((node) => loops.get(node) as number));
  if (last === 0) return null;
  const kept: Set<Node>[] = Array.from({ length: last }, () => new Set());
  const keep = (node: Node, loop: number) => {
    if (isLeaf(node) || loops.get(node) === loop) return;
    if ((chains.get(node) as number) >= CHEAP) kept[loops.get(node) as number].add(node);
    else for (const arg of operands(node)) keep(arg, loop);
  };
  for (const { value } of stores) keep(analysis.resolve(value), last);
  for (const node of order) for (const arg of operands(node)) keep(arg, loops.get(node) as number);
  const values = kept.flatMap((set) => [...set]);
  if (values.length > MOST_KEPT || values.some(({ dtype }) => dtype === keyFry)) return null;
  return { kept: kept.map((set) => [...set].sort((a, b) => a.id - b.id)) };
}

function costOf(node: Node): number {
  return node.kind === "op"
    ? scalarOps[node.op].cost
    : node.kind === "const" || node.kind === "index"
      ? 0
      : 1;
}

/** All nodes below some roots, operands first. */
function inOrder(roots: readonly Node[], operands: (node: Node) => readonly Node[]): Node[] {
  const done = new Set<Node>();
  const stack = [...roots];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const open = done.has(node) ? [] : operands(node).filter((arg) => !done.has(arg));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    stack.pop();
    done.add(node);
  }
  return [...done];
}

/** Where in a strip's memory each kept value begins, in vectors; the same for all dtypes. */
export function keptOffsets({ kept }: Strips, lanes: number): Map<Node, number> {
  return new Map(kept.flat().map((node, i) => [node, (i * STRIP * 16) / lanes]));
}

/** Bytes of a strip's memory. */
export function stripBytes({ kept }: Strips, lanes: number): number {
  return (kept.flat().length * STRIP * 16) / lanes;
}
