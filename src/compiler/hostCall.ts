import { innerPrograms, isControlKernel } from "./control/access.ts";
import type { HostOperand, Kernel, Program } from "./ir.ts";

const known = new WeakMap<Program, boolean>();

/** Whether a kernel calls JavaScript, itself or in a program that it runs. */
export function callsHost(kernel: Kernel): boolean {
  if (kernel.kind === "hostCall") return true;
  return (
    isControlKernel(kernel) && innerPrograms(kernel).some(({ program }) => program.kernels.some(callsHost))
  );
}

/** Whether a kernel calls JavaScript for its effects, itself or in a program that it runs: such kernels stay in order. */
export function hasEffects(kernel: Kernel): boolean {
  if (kernel.kind === "hostCall") return kernel.hasEffects;
  return isControlKernel(kernel) && innerPrograms(kernel).some(({ program }) => programHasEffects(program));
}

function programHasEffects(program: Program): boolean {
  let found = known.get(program);
  if (found === undefined) {
    found = program.kernels.some(hasEffects);
    known.set(program, found);
  }
  return found;
}

/** The buffers of the operands or results of a host call, of those that have elements. */
export function hostBuffers(operands: readonly HostOperand[]): number[] {
  return operands.flatMap(({ buffer }) => (buffer === null ? [] : [buffer]));
}
