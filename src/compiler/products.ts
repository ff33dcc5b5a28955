import { bool } from "../dtypes/index.ts";
import { affineOf } from "./affine.ts";
import { resultOf } from "./dotSteps.ts";
import type { ContractionKernel, DotKernel, Kernel, LoadNode, Node, Store } from "./ir.ts";
import { childrenOf, nodesOf, sortById } from "./nodes/walk.ts";

/** Kernels that add up products and may go on with each finished sum. */
export type Product = DotKernel | ContractionKernel;

export function isProduct(kernel: Kernel): kernel is Product {
  return kernel.kind === "dot" || kernel.kind === "contract";
}

/**
 * The dimensions of a product's result, by whose indices its epilogue is written: those of the batch, rows, columns.
 */
export interface ResultDims {
  readonly sizes: readonly number[];
  /** How far apart the elements of `out` are. */
  readonly strides: readonly number[];
  readonly offset: number;
}

export function resultDims(kernel: Product): ResultDims {
  if (kernel.kind === "dot") {
    const { batch, rowStride } = resultOf(kernel);
    return { sizes: [...kernel.batch, kernel.m, kernel.n], strides: [...batch, rowStride, 1], offset: 0 };
  }
  const dims = [...kernel.batch, ...kernel.rows, ...kernel.cols];
  return {
    sizes: dims.map((d) => d.size),
    strides: dims.map((d) => d.result),
    offset: kernel.outOffset,
  };
}

/** The expressions of the epilogue: none without one. */
export function epilogueRoots({ epilogue = [] }: Product): Node[] {
  return epilogue.flatMap((s) => [s.offset, s.value]);
}

/** What the epilogue reads, each load once. */
export function epilogueLoads(kernel: Product): LoadNode[] {
  return nodesOf(epilogueRoots(kernel)).filter((node) => node.kind === "load");
}

/**
 * What keeps stores from being the epilogue of a product, or null: back ends run it on vectors of sums in registers. So
 * values are as wide as the sums or masks, memory is walked like the result, along rows, columns and matrices, and
 * nothing depends on the index itself.
 */
export function epilogueProblem(kernel: Product): string | null {
  const { dtype, epilogue = [] } = kernel;
  const { sizes, strides, offset } = resultDims(kernel);
  const forward = (node: Node) => {
    const affine = affineOf(node);
    return affine?.coefficients.every((c, d) => c >= 0 || sizes[d] <= 1) === true;
  };
  if (epilogue.length > 0) {
    const place = affineOf(epilogue[0].offset);
    const same = strides.every((stride, d) => sizes[d] <= 1 || (place?.coefficients[d] ?? 0) === stride);
    if (!same || place?.constant !== offset)
      return "the first store of an epilogue is not at the place of the sum";
  }
  for (const { offset: at, value } of epilogue) {
    if (!forward(at)) return "an epilogue stores backward";
    if (value.dtype.itemsize !== dtype.itemsize) return "an epilogue stores elements of another width";
  }
  // What offsets are made of is no data.
  for (const node of valuesOf(epilogue)) {
    if (node.kind === "index") return "an epilogue depends on the index";
    if (node.kind === "load" && !forward(node.offset)) return "an epilogue reads where it does not walk";
    const isMask = node.dtype === bool && node.kind !== "load";
    if (!isMask && node.dtype.itemsize !== dtype.itemsize) return "an epilogue has values of another width";
  }
  return null;
}

/** The nodes of the values of stores, those of offsets left out. */
export function valuesOf(stores: readonly Store[]): readonly Node[] {
  const seen = new Set<Node>();
  const stack = stores.map((s) => s.value);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind !== "load") stack.push(...childrenOf(node));
  }
  return sortById([...seen]);
}
