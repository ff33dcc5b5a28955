import type { LoopKernel, Node, Pass, Reduction, RowKernel, Store } from "./ir.ts";

/** What loop and row kernels have in common: a loop kernel is a row kernel of at most one pass, which stores nothing. */
export type NestKernel = LoopKernel | RowKernel;

const none: readonly Pass[] = [];

export function passesOf(kernel: NestKernel): readonly Pass[] {
  if (kernel.kind === "row") return kernel.passes;
  return kernel.reductions.length === 0 ? none : [{ reductions: kernel.reductions, stores: [] }];
}

/** The axes that passes walk. */
export function innerAxesOf(kernel: NestKernel): readonly number[] {
  return kernel.kind === "row" ? kernel.inner : kernel.reduceAxes;
}

export function reductionsOf(kernel: NestKernel): readonly Reduction[] {
  return kernel.kind === "row" ? kernel.passes.flatMap((p) => p.reductions) : kernel.reductions;
}

/** All stores, those of passes first. */
export function storesOf(kernel: NestKernel): readonly Store[] {
  return kernel.kind === "row"
    ? [...kernel.passes.flatMap((p) => p.stores), ...kernel.stores]
    : kernel.stores;
}

/** The expressions of a pass: values of reductions, offsets and values of stores. */
export function passRoots(pass: Pass): Node[] {
  return [...pass.reductions.map((r) => r.value), ...pass.stores.flatMap((s) => [s.offset, s.value])];
}

/** All expressions of a kernel. */
export function nestRoots(kernel: NestKernel): Node[] {
  return [...passesOf(kernel).flatMap(passRoots), ...kernel.stores.flatMap((s) => [s.offset, s.value])];
}
