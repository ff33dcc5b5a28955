import { affineOf } from "../affine.ts";
import type { LoadNode, Node } from "../ir.ts";
import type { NodeBuilder } from "../nodes/builder.ts";
import { rewrite } from "../nodes/substitute.ts";
import { isReduction, type LoopGroup, type StoreDraft } from "./groups.ts";

/**
 * How the axes of two groups correspond. A group without reductions is pointwise: its axes may become the rows and the inner axes of a group
 * that reduces, in another order if need be.
 */
export interface Alignment {
  /**
   * "same": one space of points, or rows with the same inner axes. "rows": one group is pointwise and has a point for each row of the
   * other. "elements": it has a point for each element.
   */
  readonly kind: "same" | "rows" | "elements";
  readonly space: readonly number[];
  readonly reduceAxes: readonly number[];
  /** For each axis of the pointwise group its number in the other; null when nothing moves. */
  readonly move: readonly number[] | null;
  /** Which of the two groups moves. */
  readonly moved: "early" | "late";
}

export function isPointwise(group: LoopGroup): boolean {
  return group.reduceAxes.length === 0;
}

/** The correspondence of `early` with the later group `late`; `load` is one of early's buffers in `late`, if there is any. */
export function align(early: LoopGroup, late: LoopGroup, load: LoadNode | undefined): Alignment | null {
  if (sameSizes(early.space, late.space)) {
    if (!isPointwise(early) && !isPointwise(late) && !sameSizes(early.reduceAxes, late.reduceAxes))
      return null;
    const { reduceAxes } = isPointwise(early) ? late : early;
    const kind = isPointwise(early) === isPointwise(late) ? "same" : "rows";
    return { kind, space: early.space, reduceAxes, move: null, moved: "late" };
  }
  if (isPointwise(early) === isPointwise(late)) return null;
  const moved = isPointwise(early) ? "early" : "late";
  const [points, nest] = moved === "early" ? [early, late] : [late, early];
  const { space, reduceAxes } = nest;
  const all = [...space, ...reduceAxes];
  if (points.space.length !== all.length) return null;
  let move: readonly number[] | null = points.space.map((_, axis) => axis);
  if (load !== undefined) {
    move = null;
    for (const store of early.stores) {
      if (store.buffer !== load.buffer || move !== null) continue;
      const [there, here] = moved === "early" ? [store.offset, load.offset] : [load.offset, store.offset];
      move = matchAxes(there, points.space, here, all, space.length);
    }
  }
  if (move === null) return null;
  for (let axis = 0; axis < all.length; axis++) if (all[move[axis]] !== points.space[axis]) return null;
  const stays = move.every((to, axis) => to === axis);
  return { kind: "elements", space, reduceAxes, move: stays ? null : move, moved };
}

/**
 * For each axis of the pointwise space `points`, the axis of the nest by which the same place of a buffer moves as far. What the place does
 * not depend on are inner axes, in their order.
 */
function matchAxes(
  there: Node,
  points: readonly number[],
  here: Node,
  nest: readonly number[],
  rows: number,
): number[] | null {
  const [p, q] = [affineOf(there), affineOf(here)];
  if (p === null || q === null || p.constant !== q.constant) return null;
  const taken = new Set<number>();
  const move = points.map((size, axis) => {
    const step = p.coefficients[axis] ?? 0;
    if (step === 0) return -1;
    const to = nest.findIndex((n, k) => !taken.has(k) && n === size && q.coefficients[k] === step);
    taken.add(to);
    return to;
  });
  if (taken.has(-1)) return null;
  let inner = rows;
  for (let axis = 0; axis < move.length; axis++) {
    if (move[axis] >= 0) continue;
    while (taken.has(inner)) inner++;
    move[axis] = inner++;
  }
  return move;
}

/** The stores and loads of a pointwise group that become those at inner points of another. */
export function renumber(
  b: NodeBuilder,
  group: LoopGroup,
  move: readonly number[] | null,
): { stores: readonly StoreDraft[]; loads: readonly LoadNode[] } {
  if (move === null) return { stores: group.stores.map((s) => ({ ...s, inner: true })), loads: group.loads };
  const done = new Map<Node, Node>();
  const moved = (node: Node) => rewrite(b, node, (n) => movedIndex(b, group.space, move, n), done);
  const stores = group.stores.map((s) => {
    if (isReduction(s.value)) throw new Error("a pointwise group reduces nothing");
    return { buffer: s.buffer, offset: moved(s.offset), value: moved(s.value), inner: true };
  });
  return { stores, loads: group.loads.map((load) => moved(load) as LoadNode) };
}

/** The offset of a load with the axes of its group renumbered. */
export function renumberOffset(
  b: NodeBuilder,
  group: LoopGroup,
  move: readonly number[] | null,
  offset: Node,
): Node {
  if (move === null) return offset;
  return rewrite(b, offset, (n) => movedIndex(b, group.space, move, n), new Map());
}

function movedIndex(
  b: NodeBuilder,
  space: readonly number[],
  move: readonly number[],
  node: Node,
): Node | null {
  return node.kind === "index" ? b.index(move[node.axis], space[node.axis]) : null;
}

export function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
