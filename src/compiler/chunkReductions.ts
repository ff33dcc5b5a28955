import { shapedArray } from "../core/aval.ts";
import { int32 } from "../dtypes/index.ts";
import type { Kernel, LoopKernel, Node, Reduction, Store } from "./ir.ts";
import type { Draft } from "./lowering/draft.ts";
import type { NodeBuilder } from "./nodes/builder.ts";
import { linearCombination, linearOf } from "./nodes/indexAlgebra.ts";
import { rewrite } from "./nodes/substitute.ts";
import { childrenOf } from "./nodes/walk.ts";
import { rowMajorStrides } from "./shapes.ts";

/**
 * A reduction of much to little has one long loop that threads could not share. It becomes two kernels: the reductions of chunks of the
 * longest reduced axis, whose results go to a temporary, and the reduction of those. The chunks depend on the sizes alone. So does one of many
 * long rows to one: threads could share its columns, but each would read a little of every row, and memory is fast at long runs.
 *
 * For the position of an extreme the temporary has the positions found in the chunks, and the second kernel compares the elements there; the
 * first of equal ones wins in both, and so in the whole.
 */
export function chunkReductions(draft: Draft, kernels: readonly Kernel[]): Kernel[] {
  return kernels.flatMap((kernel) => {
    const chunks = kernel.kind === "loop" ? chooseChunks(draft.b, kernel) : null;
    return chunks === null ? [kernel] : chunked(draft, kernel as LoopKernel, chunks);
  });
}

/** Fewest elements of a chunk, and most chunks of a reduction. */
const CHUNK = 1 << 16;
const MOST_CHUNKS = 64;
/** With this many results, threads can share these; rows are cut into so many chunks at most. */
const ENOUGH_POINTS = 32;
/** Fewest rows of a chunk of rows: its results are little beside it. Fewest chunks of rows that are worth it. */
const CHUNK_ROWS = 64;
const LEAST_CHUNKS = 3;

interface Chunks {
  /** The reduced axis that is cut, counted among the reduced axes. */
  readonly axis: number;
  readonly count: number;
  readonly length: number;
  /** What the chunks leave over at the end. */
  readonly rest: number;
  /** Whether the elements of a chunk are rows of results side by side. */
  readonly rows: boolean;
}

const product = (sizes: readonly number[]) => sizes.reduce((n, size) => n * size, 1);

function chooseChunks(b: NodeBuilder, kernel: LoopKernel): Chunks | null {
  const { axes, reduceAxes, reductions } = kernel;
  if (reductions.length === 0) return null;
  const points = product(axes);
  const size = Math.max(...reduceAxes);
  const elements = points * product(reduceAxes);
  const rows = points >= ENOUGH_POINTS;
  let most = Math.min(MOST_CHUNKS, Math.floor(elements / CHUNK), size >> 1);
  if (rows) {
    const others = product(axes.slice(0, -1));
    most = Math.min(Math.floor(ENOUGH_POINTS / others), most, Math.floor(size / CHUNK_ROWS));
    if (most < LEAST_CHUNKS || !reducesRows(b, kernel)) return null;
  }
  if (most < 2) return null;
  // A number of chunks that divides the axis, unless all such numbers are much smaller.
  let count = most;
  for (let n = most; 2 * n > most && n > 1; n--) {
    if (size % n !== 0) continue;
    count = n;
    break;
  }
  const length = Math.floor(size / count);
  return { axis: reduceAxes.indexOf(size), count, length, rest: size - count * length, rows };
}

/** Whether what is reduced lies in memory in rows along the last axis of results. */
function reducesRows(b: NodeBuilder, { axes, reduceAxes, reductions }: LoopKernel): boolean {
  const last = axes.length - 1;
  const seen = new Set<Node>();
  const stack: Node[] = reductions.map(({ value }) => value);
  let found = false;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind !== "load") {
      stack.push(...childrenOf(node));
      continue;
    }
    const { atoms, coefficients } = linearOf(b, node.offset);
    const step = (axis: number) =>
      coefficients[atoms.findIndex((atom) => atom.kind === "index" && atom.axis === axis)] ?? 0;
    if (atoms.some((atom) => atom.kind !== "index")) return false;
    // What is the same in all columns takes little of the time.
    if (step(last) === 0) continue;
    if (step(last) !== 1) return false;
    if (reduceAxes.some((n, j) => n > 1 && Math.abs(step(axes.length + j)) === 1)) return false;
    found = true;
  }
  return found;
}

function chunked(draft: Draft, kernel: LoopKernel, chunks: Chunks): Kernel[] {
  const { b } = draft;
  const { axes, reduceAxes, reductions } = kernel;
  const { count, length, rest, rows } = chunks;
  const rank = axes.length;
  const cutAxis = rank + chunks.axis;
  const perPoint = count + (rest > 0 ? 1 : 0);
  const partials = reductions.map(({ dtype }) =>
    draft.newBuffer(shapedArray([product(axes) * perPoint], dtype)),
  );
  const strides = rowMajorStrides(axes).map((s) => (rows ? s : s * perPoint));
  const points = axes.map((n, axis) => b.index(axis, n));
  const chunkStride = rows ? product(axes) : 1;
  /** The place in a temporary of a chunk of the present point. */
  const place = (chunk: Node, constant = 0) =>
    linearCombination(b, [...points, chunk], [...strides, chunkStride], constant * chunkStride);

  /** The reductions of chunks: those numbered by the axis `outer`, or, with null, the one that is left over. */
  const stage = (outer: Node | null, size: number): LoopKernel => {
    const shift = outer === null ? 0 : 1;
    const start = (index: Node) =>
      outer === null
        ? linearCombination(b, [index], [1], count * length)
        : linearCombination(b, [index, outer], [1, length], 0);
    const replace = (node: Node): Node | null => {
      if (node.kind !== "index" || node.axis < rank) return null;
      const j = node.axis - rank;
      if (node.axis !== cutAxis) return b.index(node.axis + shift, reduceAxes[j]);
      return start(b.index(node.axis + shift, size));
    };
    const done = new Map<Node, Node>();
    return {
      kind: "loop",
      name: `${kernel.name}_${outer === null ? "rest" : "chunks"}`,
      axes: outer === null ? axes : [...axes, count],
      reduceAxes: reduceAxes.map((n, j) => (j === chunks.axis ? size : n)),
      reductions: reductions.map((r) => ({ ...r, value: rewrite(b, r.value, replace, done) })),
      stores: reductions.map((r, k): Store => {
        const found = b.acc(k, r.dtype);
        const value = isPosition(r) ? start(found) : found;
        const offset = outer === null ? place(b.const(0, int32), count) : place(outer);
        return { buffer: partials[k], offset, value };
      }),
    };
  };

  const chunk = b.index(rank, perPoint);
  const done = new Map<Node, Node>();
  const final: LoopKernel = {
    ...kernel,
    reduceAxes: [perPoint],
    reductions: reductions.map((r, k) => {
      const partial = b.load(partials[k], r.dtype, place(chunk));
      if (!isPosition(r)) return { ...r, value: partial };
      const atFound = (node: Node) => (node.kind === "index" && node.axis === cutAxis ? partial : null);
      return { ...r, value: rewrite(b, r.value, atFound, new Map()) };
    }),
    stores: kernel.stores.map((s) => {
      const replace = (node: Node) => {
        if (node.kind !== "acc" || !isPosition(reductions[node.reduction])) return null;
        return b.load(partials[node.reduction], int32, place(node));
      };
      return { ...s, value: rewrite(b, s.value, replace, done) };
    }),
  };
  const parts = [stage(b.index(rank, count), length)];
  if (rest > 0) parts.push(stage(null, rest));
  return [...parts, final];
}

function isPosition({ op }: Reduction): boolean {
  return op === "argmax" || op === "argmin";
}
