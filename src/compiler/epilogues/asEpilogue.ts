import { int32 } from "../../dtypes/index.ts";
import { affineOf } from "../affine.ts";
import type { LoadNode, LoopKernel, Node, Store } from "../ir.ts";
import type { Draft } from "../lowering/draft.ts";
import type { NodeBuilder } from "../nodes/builder.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { rewrite } from "../nodes/substitute.ts";
import { nodesOf } from "../nodes/walk.ts";
import { epilogueLoads, epilogueProblem, type Product, resultDims, valuesOf } from "../products.ts";
import { scalarOps } from "../scalarOps.ts";
import { epilogues } from "./limits.ts";

/**
 * A product that goes on with each sum as a loop does, which reads the result at one element for each element that it
 * computes. Null where that cannot be, or would not be faster.
 *
 * @param keepsSum Whether the result itself is needed, too.
 */
export function withEpilogue(
  draft: Draft,
  product: Product,
  loop: LoopKernel,
  keepsSum: boolean,
): Product | null {
  if (!isSuited(draft, product) || loop.reductions.length > 0) return null;
  const values = draft.buffers[product.out].size;
  if (loop.axes.reduce((n, size) => n * size, 1) !== values) return null;
  const stores = byResult(draft.b, product, loop);
  if (stores === null) return null;
  const ordered = keepsSum ? [sumStore(draft.b, product), ...stores] : resultFirst(product, stores);
  if (ordered === null) return null;
  const fused: Product = {
    ...product,
    name: `${product.name}_${loop.name.replace(/^fused_/, "")}`,
    out: ordered[0].buffer,
    epilogue: ordered,
  };
  return epilogueProblem(fused) === null && isWorth(fused) ? fused : null;
}

function isSuited(draft: Draft, product: Product): boolean {
  const { dtype, epilogue } = product;
  if (epilogue !== undefined || dtype.itemsize < 4) return false;
  const { sizes } = resultDims(product);
  // Other products write the rest of the result.
  if (sizes.reduce((n, size) => n * size, 1) !== draft.buffers[product.out].size) return false;
  const sum = sumLength(product);
  if (sum === 0 || sum > epilogues.longestSum) return false;
  if (product.kind === "contract") return true;
  const { m, n } = product;
  if (m <= epilogues.fewRows && n >= epilogues.wideCols) return false;
  return m >= epilogues.leastRows && n >= epilogues.leastCols;
}

/** How many products are added up for an element. */
function sumLength(product: Product): number {
  return product.kind === "dot" ? product.k : product.sum.reduce((n, d) => n * d.size, 1);
}

/**
 * The stores of a loop in terms of the indices of a product's result. An element of the result is at the sum of
 * `strides[d] * i[d]`, and the loop reads it at the sum of `steps[a] * j[a]`: then each index of the loop is a digit of
 * that position, `j[a] = position / steps[a] mod sizes[a]`.
 */
function byResult(b: NodeBuilder, product: Product, loop: LoopKernel): Store[] | null {
  const reads = nodesOf(loop.stores.map((s) => s.value)).filter(
    (node): node is LoadNode => node.kind === "load" && node.buffer === product.out,
  );
  if (reads.length !== 1) return null;
  const steps = digitSteps(reads[0].offset, loop.axes);
  if (steps === null) return null;
  const { sizes, strides, offset } = resultDims(product);
  const indices = sizes.map((size, d) => b.index(d, size));
  const position = linearCombination(b, indices, strides, offset);
  const digits = loop.axes.map((size, axis) =>
    size === 1
      ? b.const(0, int32)
      : b.op("rem", b.op("div", position, b.const(steps[axis], int32)), b.const(size, int32)),
  );
  const sum = b.acc(0, product.dtype);
  const done = new Map<Node, Node>();
  const moved = (node: Node) =>
    rewrite(b, node, (n) => (n === reads[0] ? sum : n.kind === "index" ? digits[n.axis] : null), done);
  return loop.stores.map((s) => ({ buffer: s.buffer, offset: moved(s.offset), value: moved(s.value) }));
}

/** The steps of an offset that visits every position from 0 on once, one step for each axis; null when it does not. */
function digitSteps(offset: Node, axes: readonly number[]): readonly number[] | null {
  const affine = affineOf(offset);
  if (affine === null || affine.constant !== 0) return null;
  const steps = axes.map((_, axis) => affine.coefficients[axis] ?? 0);
  const order = axes.map((_, axis) => axis).filter((axis) => axes[axis] !== 1);
  order.sort((p, q) => steps[p] - steps[q]);
  let step = 1;
  for (const axis of order) {
    if (steps[axis] !== step) return null;
    step *= axes[axis];
  }
  return steps;
}

/** The store of the sum itself. */
function sumStore(b: NodeBuilder, product: Product): Store {
  const { sizes, strides, offset } = resultDims(product);
  const place = linearCombination(
    b,
    sizes.map((size, d) => b.index(d, size)),
    strides,
    offset,
  );
  return { buffer: product.out, offset: place, value: b.acc(0, product.dtype) };
}

/** The stores, first one whose elements are where the product would put its sums; null when there is none. */
function resultFirst(product: Product, stores: readonly Store[]): readonly Store[] | null {
  for (const store of stores) {
    const ordered = [store, ...stores.filter((s) => s !== store)];
    if (store.value.dtype !== product.dtype) continue;
    if (epilogueProblem({ ...product, out: store.buffer, epilogue: ordered }) === null) return ordered;
  }
  return null;
}

/**
 * Vectors run along the dimension in which the result is contiguous: there, all that is read and stored is contiguous,
 * too, or constant.
 */
function isWorth(product: Product): boolean {
  const { epilogue = [] } = product;
  const accesses = [...epilogueLoads(product), ...epilogue.slice(1)];
  if (accesses.length > epilogues.mostArrays) return false;
  const { sizes, strides } = resultDims(product);
  const along = strides.findIndex((stride, d) => stride === 1 && sizes[d] > 1);
  const inVectors = accesses.every(({ offset }) => {
    const step = affineOf(offset)?.coefficients[along] ?? 0;
    return step === 0 || step === 1;
  });
  const whole = accesses.filter(({ offset }) => isWhole(sizes, offset)).length;
  const bytes = sizes.reduce((n, size) => n * size, product.dtype.itemsize);
  if (whole > epilogues.mostWhole) return false;
  if (whole > 0 && (bytes > epilogues.wholeBytes || sumLength(product) > epilogues.longestWholeSum))
    return false;
  return inVectors && costOf(epilogue) <= epilogues.mostCost;
}

/** Whether an access has an element of its own for each of the result. */
function isWhole(sizes: readonly number[], offset: Node): boolean {
  const affine = affineOf(offset);
  return sizes.every((size, d) => size === 1 || (affine?.coefficients[d] ?? 0) !== 0);
}

function costOf(stores: readonly Store[]): number {
  let cost = 0;
  for (const node of valuesOf(stores)) {
    if (node.kind === "op") cost += scalarOps[node.op].cost;
    else if (node.kind === "cast") cost++;
  }
  return cost;
}
