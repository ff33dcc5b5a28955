import { maxPositions } from "../core/positions.ts";
import type { LoopKernel, Node, RowKernel, ScanKernel, ScatterKernel, Store } from "./ir.ts";
import { nestRoots } from "./nest.ts";
import type { NodeBuilder } from "./nodes/builder.ts";
import { linearCombination, linearOf } from "./nodes/indexAlgebra.ts";
import { rewrite } from "./nodes/substitute.ts";
import { childrenOf } from "./nodes/walk.ts";
import { scatterRoots } from "./scatterRoots.ts";

/**
 * Loops in their simplest form: neighbouring axes become one where every use of their indices allows it, so that an elementwise
 * kernel over contiguous buffers is one long loop. Axes are merged only within a segment (parallel axes, reduced axes).
 */

/** How the old axes become new ones: axis `a` is part of `group[a]`, and contributes `weight[a]` per step to its index. */
interface Merge {
  readonly sizes: readonly number[];
  /** The last old axis of each new one: its coefficient is that of the new index. */
  readonly lasts: readonly number[];
}

/**
 * @param segments Sizes of the axes, in segments that are not merged with each other.
 * @param roots All expressions of the kernel.
 */
function mergeAxes(
  b: NodeBuilder,
  segments: readonly (readonly number[])[],
  roots: readonly Node[],
): { segments: number[][]; rewritten: (node: Node) => Node } | null {
  const sizes = segments.flat();
  if (segments.every((s) => s.length < 2)) return null;
  const mergeable = sizes.map(() => true); // whether axis a merges with axis a + 1
  let start = 0;
  for (const s of segments) {
    start += s.length;
    if (start > 0) mergeable[start - 1] = false;
  }
  if (!checkUses(b, roots, sizes, mergeable)) return null;

  const merges: Merge = { sizes: [], lasts: [] };
  const newSegments: number[][] = [];
  let axis = 0;
  for (const s of segments) {
    const merged: number[] = [];
    let size = 1;
    for (let k = 0; k < s.length; k++, axis++) {
      size *= sizes[axis];
      if (mergeable[axis] && size * sizes[axis + 1] <= maxPositions) continue;
      merged.push(size);
      (merges.sizes as number[]).push(size);
      (merges.lasts as number[]).push(axis);
      size = 1;
    }
    newSegments.push(merged);
  }
  const done = new Map<Node, Node>();
  const replace = (node: Node, recur: (node: Node) => Node): Node | null => {
    if (node.kind !== "index" && !isSum(b, node)) return null;
    const sum = linearOf(b, node);
    const coefficients = sizes.map(() => 0);
    const terms: Node[] = [];
    const factors: number[] = [];
    sum.atoms.forEach((a, i) => {
      if (a.kind === "index") {
        coefficients[a.axis] = sum.coefficients[i];
      } else {
        terms.push(recur(a));
        factors.push(sum.coefficients[i]);
      }
    });
    merges.lasts.forEach((last, axisNow) => {
      terms.push(b.index(axisNow, merges.sizes[axisNow]));
      factors.push(coefficients[last]);
    });
    return linearCombination(b, terms, factors, sum.constant);
  };
  return { segments: newSegments, rewritten: (node) => rewrite(b, node, replace, done) };
}

function isSum(b: NodeBuilder, node: Node): boolean {
  if (node.kind !== "op" || !b.isIndexLike(node)) return false;
  return node.op === "add" || (node.op === "mul" && node.args[1].kind === "const");
}

/** Clears `mergeable` where some use of the indices forbids it; false when nothing is left. */
function checkUses(
  b: NodeBuilder,
  roots: readonly Node[],
  sizes: readonly number[],
  mergeable: boolean[],
): boolean {
  const seen = new Set<Node>();
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === "index" || isSum(b, node)) {
      const sum = linearOf(b, node);
      const coefficients = sizes.map(() => 0);
      sum.atoms.forEach((a, i) => {
        if (a.kind === "index") coefficients[a.axis] = sum.coefficients[i];
        else stack.push(a);
      });
      let some = false;
      for (let a = 0; a + 1 < sizes.length; a++) {
        if (coefficients[a] !== Math.imul(coefficients[a + 1], sizes[a + 1])) mergeable[a] = false;
        some ||= mergeable[a];
      }
      if (!some) return false;
    } else {
      stack.push(...childrenOf(node));
    }
  }
  return mergeable.includes(true);
}

export function canonicalizeLoop(b: NodeBuilder, kernel: LoopKernel): LoopKernel {
  const merged = mergeAxes(b, [kernel.axes, kernel.reduceAxes], nestRoots(kernel));
  if (merged === null) return kernel;
  const { rewritten } = merged;
  return {
    ...kernel,
    axes: merged.segments[0],
    reduceAxes: merged.segments[1],
    reductions: kernel.reductions.map((r) => ({ ...r, value: rewritten(r.value) })),
    stores: kernel.stores.map((s) => ({ ...s, offset: rewritten(s.offset), value: rewritten(s.value) })),
  };
}

export function canonicalizeRow(b: NodeBuilder, kernel: RowKernel): RowKernel {
  const merged = mergeAxes(b, [kernel.axes, kernel.inner], nestRoots(kernel));
  if (merged === null) return kernel;
  const { segments, rewritten } = merged;
  const store = (s: Store): Store => ({ ...s, offset: rewritten(s.offset), value: rewritten(s.value) });
  return {
    ...kernel,
    axes: segments[0],
    inner: segments[1],
    passes: kernel.passes.map((p) => ({
      reductions: p.reductions.map((r) => ({ ...r, value: rewritten(r.value) })),
      stores: p.stores.map(store),
    })),
    stores: kernel.stores.map(store),
  };
}

/** The scanned axis stays alone; the axes before and after it are merged where possible. */
export function canonicalizeScan(b: NodeBuilder, kernel: ScanKernel): ScanKernel {
  const { axes, axis } = kernel;
  const parts = [axes.slice(0, axis), [axes[axis]], axes.slice(axis + 1)];
  const merged = mergeAxes(b, parts, [kernel.value, kernel.store.offset]);
  if (merged === null) return kernel;
  const { segments, rewritten } = merged;
  return {
    ...kernel,
    axes: segments.flat(),
    axis: segments[0].length,
    value: rewritten(kernel.value),
    store: { buffer: kernel.store.buffer, offset: rewritten(kernel.store.offset) },
  };
}

export function canonicalizeScatter(b: NodeBuilder, kernel: ScatterKernel): ScatterKernel {
  const merged = mergeAxes(b, [kernel.axes], scatterRoots(kernel));
  if (merged === null) return kernel;
  const { rewritten } = merged;
  return {
    ...kernel,
    axes: merged.segments[0],
    guard: kernel.guard === null ? null : rewritten(kernel.guard),
    offset: rewritten(kernel.offset),
    value: rewritten(kernel.value),
    second: kernel.second === null ? null : rewritten(kernel.second),
  };
}
