import type { LoopKernel, Node } from "./ir.ts";
import type { NodeBuilder } from "./nodes/builder.ts";
import { linearOf } from "./nodes/indexAlgebra.ts";
import { rewrite } from "./nodes/substitute.ts";
import { childrenOf, nodesOf } from "./nodes/walk.ts";

/**
 * Padding and concatenation read memory through clamped indices, which vectors cannot follow. Where a clamp of an index
 * has a known turning point, the loop is cut there into regions; in each the bounds of the index make clamps and guards
 * disappear, and every access is affine again: a concatenation becomes plain copies, a padding a copy and some fills.
 */
const leastPoints = 256;
const mostRegions = 32;
const mostNodes = 4000;

export function splitRegions(b: NodeBuilder, kernel: LoopKernel): readonly LoopKernel[] {
  if (kernel.reductions.length > 0 || kernel.axes.reduce((n, x) => n * x, 1) < leastPoints) return [kernel];
  const nodes = nodesOf(kernel.stores.map((s) => s.value));
  const points = turningPoints(b, kernel.axes, nodes);
  if (points === null) return [kernel];
  const regions = points.reduce((n, p) => n * (p.length + 1), 1);
  if (regions > mostRegions || regions * nodes.length > mostNodes) return [kernel];
  const bounds = points.map((p, axis) => [0, ...p, kernel.axes[axis]]);
  const kernels: LoopKernel[] = [];
  const at = bounds.map(() => 0);
  for (;;) {
    kernels.push(
      restrict(
        b,
        kernel,
        bounds.map((p, axis) => [p[at[axis]], p[at[axis] + 1]]),
      ),
    );
    let axis = at.length - 1;
    while (axis >= 0 && ++at[axis] === bounds[axis].length - 1) at[axis--] = 0;
    if (axis < 0) return kernels;
  }
}

/** Per axis, in ascending order, where clamps inside offsets of loads change sides; null when there are none. */
function turningPoints(b: NodeBuilder, axes: readonly number[], nodes: readonly Node[]): number[][] | null {
  const found = axes.map(() => new Set<number>());
  const seen = new Set<Node>();
  const stack: Node[] = [];
  for (const node of nodes) if (node.kind === "load") stack.push(node.offset);
  let some = false;
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...childrenOf(node));
    if (node.kind !== "op" || (node.op !== "max" && node.op !== "min")) continue;
    const turn = turningPoint(b, node.op, node.args[0], node.args[1]);
    if (turn === null || turn.at <= 0 || turn.at >= axes[turn.axis]) continue;
    found[turn.axis].add(turn.at);
    some = true;
  }
  return some ? found.map((points) => [...points].sort((x, y) => x - y)) : null;
}

/** The first index at which `max(x, c)` or `min(x, c)` takes the other side, for `x = constant +- index`. */
function turningPoint(b: NodeBuilder, op: string, x: Node, c: Node): { axis: number; at: number } | null {
  if (c.kind !== "const" || !b.isIndexLike(x)) return null;
  // Of a clamp within a clamp, the index inside.
  let inner = x;
  while (inner.kind === "op" && (inner.op === "max" || inner.op === "min") && inner.args[1].kind === "const")
    [inner] = inner.args;
  const { atoms, coefficients, constant } = linearOf(b, inner);
  const [atom] = atoms;
  if (atoms.length !== 1 || atom.kind !== "index" || Math.abs(coefficients[0]) !== 1) return null;
  const distance = (c.value as number) - constant;
  // Rising: x reaches c at index `distance`. Falling: it falls below c after index `-distance`. The turning points of min and max
  // differ by one, where both sides agree, so that they fall together with those of the guards.
  const at = coefficients[0] === 1 ? distance + (op === "min" ? 1 : 0) : -distance + (op === "max" ? 1 : 0);
  return { axis: atom.axis, at };
}

/** The kernel over a part of its space; axes of one point disappear. */
function restrict(b: NodeBuilder, kernel: LoopKernel, bounds: readonly (readonly number[])[]): LoopKernel {
  const axes: number[] = [];
  const index = bounds.map(([low, high]) => {
    const size = high - low;
    const loop = b.index(axes.length, size);
    if (size !== 1) axes.push(size);
    return b.op("add", loop, b.const(low, loop.dtype));
  });
  const done = new Map<Node, Node>();
  const replace = (node: Node) => (node.kind === "index" ? index[node.axis] : null);
  return {
    ...kernel,
    axes,
    stores: kernel.stores.map((s) => ({
      buffer: s.buffer,
      offset: rewrite(b, s.offset, replace, done),
      value: rewrite(b, s.value, replace, done),
    })),
  };
}
