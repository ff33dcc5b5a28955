import { affineOf } from "./affine.ts";
import type { BlockedKernel, Kernel, Node, Program } from "./ir.ts";
import { innerAxesOf, passesOf } from "./nest.ts";
import { resultDims } from "./products.ts";

/** Elements of a buffer: `constant + sum of strides[d] * i[d]` for all indices below the sizes. */
export interface Region {
  readonly buffer: number;
  readonly constant: number;
  readonly strides: readonly number[];
  readonly sizes: readonly number[];
}

/** Where a kernel stores, memory of its own aside; not said of templates that always fill their results. */
export function storedRegions(kernel: Kernel): Region[] {
  const store = (
    { buffer, offset }: { readonly buffer: number; readonly offset: Node },
    sizes: readonly number[],
  ): Region[] => {
    const affine = affineOf(offset);
    if (affine === null) return [];
    const strides = sizes.map((_, d) => affine.coefficients[d] ?? 0);
    return [{ buffer, constant: affine.constant, strides, sizes }];
  };
  switch (kernel.kind) {
    case "loop":
    case "row": {
      const everywhere = [...kernel.axes, ...innerAxesOf(kernel)];
      const inPasses = passesOf(kernel).flatMap((pass) => pass.stores.flatMap((s) => store(s, everywhere)));
      const regions = [...inPasses, ...kernel.stores.flatMap((s) => store(s, kernel.axes))];
      return kernel.kind === "row" ? regions.filter((r) => !kernel.locals.includes(r.buffer)) : regions;
    }
    case "scan":
      return store(kernel.store, kernel.axes);
    case "dot":
    case "contract": {
      const { sizes, strides, offset } = resultDims(kernel);
      if (kernel.epilogue !== undefined) return kernel.epilogue.flatMap((s) => store(s, sizes));
      return [{ buffer: kernel.out, constant: offset, strides, sizes }];
    }
    case "blocked":
      return kernel.stages.flatMap(storedRegions).flatMap((region) => throughSlice(kernel, region));
    case "sort":
    case "routine":
    case "fourier":
    case "scatter":
    case "forLoop":
    case "whileLoop":
    case "branch":
    case "hostCall":
      return [];
  }
}

/** A region of a slice as one of the buffer behind it, for all blocks. */
function throughSlice({ axes, slices }: BlockedKernel, region: Region): Region[] {
  const slice = slices.find((s) => s.id === region.buffer);
  if (slice === undefined) return [];
  return [
    {
      buffer: slice.buffer,
      constant: region.constant + slice.offset,
      strides: [...slice.steps, ...region.strides],
      sizes: [...axes, ...region.sizes],
    },
  ];
}

/** Calls `visit` for each element of a region, in order of its indices. */
export function forEachElement({ constant, strides, sizes }: Region, visit: (at: number) => void): void {
  if (sizes.includes(0)) return;
  const index = sizes.map(() => 0);
  let at = constant;
  for (;;) {
    visit(at);
    let axis = sizes.length - 1;
    for (; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < sizes[axis]) break;
      at -= strides[axis] * sizes[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Buffers larger than this are checked by counting elements only. */
const largestMarked = 1 << 20;

/** Stores must cover each buffer once; several kernels may share a buffer, one region each. */
export class Coverage {
  private readonly sizeOf: (buffer: number) => number;
  private readonly marks = new Map<number, Uint8Array | null>();
  private readonly counts = new Map<number, number>();

  constructor(program: Pick<Program, "buffers">) {
    this.sizeOf = (buffer) => program.buffers[buffer].size;
  }

  add(regions: readonly Region[], fail: (what: string) => never): void {
    for (const region of regions) this.mark(region, fail);
  }

  private mark(region: Region, fail: (what: string) => never): void {
    const { buffer, sizes } = region;
    const size = this.sizeOf(buffer);
    if (sizes.includes(0)) return;
    if (!this.marks.has(buffer)) this.marks.set(buffer, size <= largestMarked ? new Uint8Array(size) : null);
    const marks = this.marks.get(buffer) as Uint8Array | null;
    this.counts.set(buffer, (this.counts.get(buffer) ?? 0) + sizes.reduce((n, x) => n * x, 1));
    if (marks === null) return;
    forEachElement(region, (at) => {
      if (marks[at]++ > 0) fail(`element ${at} of buffer ${buffer} is stored twice`);
    });
  }

  finish(complain: (where: string, what: string) => never): void {
    for (const [buffer, count] of this.counts) {
      const size = this.sizeOf(buffer);
      if (count !== size) complain(`buffer ${buffer}`, `${count} of ${size} elements are stored`);
    }
  }
}
