import type { LeafKernel, Program } from "../../../compiler/ir.ts";
import { kernelKey, kernelOutline } from "./kernelKey.ts";

/** What was made for the kernels of a program so far. Keys are computed only where outlines agree, which is rare. */
export class KnownKernels<T> {
  private readonly dtypeId: (buffer: number) => number;
  private readonly byOutline = new Map<string, Alike<T>>();

  constructor(program: Program) {
    this.dtypeId = (buffer) => program.buffers[buffer].dtype.id;
  }

  /** What was made for a kernel that differs from this one only in its buffers, or else what `make` makes. */
  find(kernel: LeafKernel, buffers: readonly number[], make: () => T): T {
    const outline = kernelOutline(kernel);
    const alike = this.byOutline.get(outline);
    if (alike === undefined) {
      const made = make();
      this.byOutline.set(outline, { first: { kernel, buffers, made }, byKey: new Map() });
      return made;
    }
    const { first, byKey } = alike;
    if (byKey.size === 0) byKey.set(kernelKey(first.kernel, first.buffers, this.dtypeId), first.made);
    const key = kernelKey(kernel, buffers, this.dtypeId);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const made = make();
    byKey.set(key, made);
    return made;
  }
}

/** The kernels of one outline. */
interface Alike<T> {
  readonly first: { readonly kernel: LeafKernel; readonly buffers: readonly number[]; readonly made: T };
  /** Empty while there is but one. */
  readonly byKey: Map<string, T>;
}
