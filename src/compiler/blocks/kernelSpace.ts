import { affineOf } from "../affine.ts";
import { resultOf } from "../dotSteps.ts";
import type { DotKernel, Kernel, Node, Stage } from "../ir.ts";
import { innerAxesOf, type NestKernel, nestRoots, storesOf } from "../nest.ts";
import { nodesOf } from "../nodes/walk.ts";

/** An access to a buffer at a sum of strides over the dimensions of a kernel; null strides: at places of another form. */
export interface Access {
  readonly buffer: number;
  readonly strides: readonly number[] | null;
  readonly constant: number;
}

/** The index space of a kernel: what it does at an index of its free dimensions depends on no other such index. */
export interface KernelSpace {
  /** Sizes of the dimensions, free ones first. */
  readonly sizes: readonly number[];
  readonly free: number;
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
}

/** Whether a kernel can be a stage of a blocked kernel. */
export function isStage(kernel: Kernel): kernel is Stage {
  return kernel.kind === "loop" || kernel.kind === "row" || kernel.kind === "dot";
}

export function spaceOf(kernel: Stage): KernelSpace {
  return kernel.kind === "dot" ? dotSpace(kernel) : nestSpace(kernel);
}

/** Batch dimensions, rows, columns; then the summed index. */
function dotSpace(kernel: DotKernel): KernelSpace {
  const { batch, m, n, k, lhs, rhs, out } = kernel;
  const result = resultOf(kernel);
  const access = (buffer: number, constant: number, strides: readonly number[]): Access => ({
    buffer,
    constant,
    strides,
  });
  return {
    sizes: [...batch, m, n, k],
    free: batch.length + 2,
    reads: [
      access(lhs.view.buffer, lhs.view.offset, [...lhs.batch, lhs.rowStride, 0, lhs.colStride]),
      access(rhs.view.buffer, rhs.view.offset, [...rhs.batch, 0, rhs.colStride, rhs.rowStride]),
    ],
    writes: [access(out, 0, [...result.batch, result.rowStride, 1, 0])],
  };
}

function nestSpace(kernel: NestKernel): KernelSpace {
  const sizes = [...kernel.axes, ...innerAxesOf(kernel)];
  const locals = kernel.kind === "row" ? kernel.locals : [];
  const stores = storesOf(kernel).filter((s) => !locals.includes(s.buffer));
  const own = new Set([...locals, ...stores.map((s) => s.buffer)]);
  const access = ({ buffer, offset }: { readonly buffer: number; readonly offset: Node }): Access => {
    const affine = affineOf(offset);
    if (affine === null) return { buffer, strides: null, constant: 0 };
    const { constant, coefficients } = affine;
    return { buffer, constant, strides: sizes.map((_, dim) => coefficients[dim] ?? 0) };
  };
  const reads: Access[] = [];
  for (const node of nodesOf(nestRoots(kernel))) {
    // What the kernel itself stores it loads at the same element.
    if (node.kind === "load" && !own.has(node.buffer)) reads.push(access(node));
  }
  return { sizes, free: kernel.axes.length, reads, writes: stores.map(access) };
}
