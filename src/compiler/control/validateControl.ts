import type { Binding, ControlKernel, InnerProgram, Program } from "../ir.ts";
import { boundBuffer, innerPrograms, loopParts } from "./access.ts";

/**
 * What a legal loop or branch is: its programs are legal, what is bound to their arguments, constants and results has the right dtypes and
 * sizes, and a carry has a second place unless the body overwrites the first.
 */
export function checkControl(
  program: Program,
  kernel: ControlKernel,
  fail: (what: string) => never,
  checkProgram: (program: Program, donated: readonly boolean[]) => void,
): void {
  const { buffers } = program;
  const { carries } = kernel;
  for (const { init, out, spare } of carries) {
    for (const id of spare === null ? [init] : [init, spare]) {
      if (buffers[id].dtype !== buffers[out].dtype || buffers[id].size !== buffers[out].size)
        fail("the places of a carry differ in dtype or size");
    }
  }
  const checkBinding = (inner: Program, id: number, binding: Binding, length: number): void => {
    const { dtype, size } = inner.buffers[id];
    if (binding.kind === "none") return;
    const outer =
      buffers[binding.kind === "carry" ? carries[binding.carry].out : (boundBuffer(binding) as number)];
    if (outer === undefined) fail("what is bound does not exist");
    if (outer.dtype !== dtype) fail(`a buffer of ${outer.dtype.name} is bound to one of ${dtype.name}`);
    if (binding.kind === "slice") {
      const { step, offset } = binding;
      if (step % size !== 0 || offset % size !== 0) fail("slices are whole parts of what lies between steps");
      if (offset + (length - 1) * step + size > outer.size) fail("a slice lies beyond the end of its buffer");
    } else if (outer.size !== size) fail("a buffer of the wrong size is bound");
  };
  const checkInner = (inner: InnerProgram, length: number): void => {
    const { args, consts, results } = inner.program;
    if (inner.args.length !== args.length || inner.consts.length !== consts.length)
      fail("a program gets the wrong number of operands");
    if (inner.results.length !== results.length) fail("a program has the wrong number of results");
    const donated = args.map((_, arg) => results.some((r) => r.kind === "buffer" && r.donatedArg === arg));
    checkProgram(inner.program, donated);
    args.forEach((id, i) => {
      checkBinding(inner.program, id, inner.args[i], length);
    });
    consts.forEach((id, i) => {
      checkBinding(inner.program, id, inner.consts[i], length);
    });
    results.forEach((source, i) => {
      const bound = inner.results[i];
      if (source.kind === "buffer") checkBinding(inner.program, source.buffer, bound, length);
      else if (bound.kind !== "none") fail("a result that is passed on needs no memory");
      if (bound.kind !== "carry") {
        if (source.kind === "buffer" && source.donatedArg !== undefined) fail("only carries are overwritten");
        return;
      }
      const taken = source.kind === "buffer" ? source.donatedArg : undefined;
      const inPlace = carries[bound.carry].spare === null;
      if (inPlace !== (taken !== undefined))
        fail(`carry ${bound.carry} is in place, or its body is, but not both`);
      if (taken === undefined) return;
      const arg = inner.args[taken];
      if (arg.kind !== "carry" || arg.carry !== bound.carry) fail("a carry is written over another operand");
    });
  };
  if (kernel.kind === "forLoop") for (const { body, length } of loopParts(kernel)) checkInner(body, length);
  else for (const inner of innerPrograms(kernel)) checkInner(inner, 1);
}
