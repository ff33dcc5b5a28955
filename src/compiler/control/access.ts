import type { KernelAccess } from "../bufferPlan.ts";
import type { Binding, Carry, ControlKernel, ForLoopKernel, InnerProgram, Kernel, LoopPart } from "../ir.ts";

/** The programs that a kernel runs, in order. */
export function innerPrograms(kernel: ControlKernel): readonly InnerProgram[] {
  switch (kernel.kind) {
    case "forLoop":
      return loopParts(kernel).map(({ body }) => body);
    case "whileLoop":
      return [kernel.cond, kernel.body];
    case "branch":
      return kernel.branches;
  }
}

/** The parts of a loop, one after the other. */
export function loopParts({ length, body, rest }: ForLoopKernel): readonly LoopPart[] {
  return rest === undefined ? [{ length, body }] : [{ length, body }, rest];
}

/** How many steps a loop takes. */
export function stepCount(kernel: ForLoopKernel): number {
  return loopParts(kernel).reduce((sum, { length }) => sum + length, 0);
}

export function isControlKernel(kernel: Kernel): kernel is ControlKernel {
  return kernel.kind === "forLoop" || kernel.kind === "whileLoop" || kernel.kind === "branch";
}

/** The buffer of the surrounding program that a binding names, or null. */
export function boundBuffer(binding: Binding): number | null {
  return binding.kind === "fixed" || binding.kind === "slice" ? binding.buffer : null;
}

/** The buffers of the surrounding program that a kernel reads and writes. Spares are written: they are memory for its duration. */
export function controlAccess(kernel: ControlKernel): KernelAccess {
  const bound = (of: (inner: InnerProgram) => readonly Binding[]) =>
    innerPrograms(kernel)
      .flatMap((inner) => of(inner).map(boundBuffer))
      .filter((id) => id !== null);
  const { carries } = kernel;
  const fixed = bound((inner) => [...inner.args, ...inner.consts]);
  if (kernel.kind === "branch") fixed.push(kernel.selector);
  const writes = new Set(bound((inner) => inner.results));
  for (const { out, spare } of carries) {
    writes.add(out);
    if (spare !== null) writes.add(spare);
  }
  const reads = new Set(fixed.filter((id) => !writes.has(id)));
  for (const { init } of carries) reads.add(init);
  const reuse = carries
    .filter((carry) => mayStartInPlace(kernel, carry) && !fixed.includes(carry.init))
    .filter(({ init }) => carries.filter((other) => other.init === init).length === 1)
    .map(({ init, out }): [number, number] => [init, out]);
  return { reads, writes: [...writes], reuse };
}

/** Whether the first step of an alternating carry, which reads `init`, writes to the spare. */
function mayStartInPlace(kernel: ControlKernel, { spare }: Carry): boolean {
  return spare === null || kernel.kind !== "forLoop" || stepCount(kernel) % 2 === 0;
}
