import type { HostCallKernel } from "../../compiler/ir.ts";
import { ArrayImpl } from "../../core/array.ts";
import { defaultBackend } from "../../core/backend.ts";
import { deviceMemory } from "./device.ts";
import { Storage } from "./memory/index.ts";
import { copyBytes } from "./memory/views.ts";

/** What calls of JavaScript threw. */
const failures = new WeakSet<Error>();

/** Whether an error comes from a call of JavaScript: no kernel was running then. */
export function isHostFailure(error: unknown): boolean {
  return error instanceof Error && failures.has(error);
}

/** What compiled programs import to call JavaScript: takes the number of the call and the address of a block of addresses. */
export function hostCaller(calls: readonly HostCallKernel[]): (number: number, block: number) => void {
  return (number, block) => {
    try {
      run(calls[number], block);
    } catch (error) {
      if (error instanceof Error) failures.add(error);
      throw error;
    }
  };
}

/**
 * Arguments are copies that lie on the host, so that a loop which calls a million times leaves nothing on the device. They go there when an
 * operation reads them, as any array does that was moved away.
 */
function run({ call, inputs, outputs }: HostCallKernel, block: number): void {
  const memory = deviceMemory;
  const start = block >>> 2;
  const addresses = [...inputs, ...outputs].map((_, i) => memory.views.i32[start + i] >>> 0);
  const args = inputs.map(({ aval }, i) => {
    const bytes = copyBytes(memory.views.u8, addresses[i], aval.size * aval.dtype.itemsize);
    return new ArrayImpl(aval, defaultBackend(), memory.adoptHost(bytes));
  });
  const results = memory.during(() => call(args));
  outputs.forEach(({ buffer }, i) => {
    if (buffer === null) return;
    const storage = results[i].requireBuffer();
    const address = addresses[inputs.length + i];
    if (storage instanceof Storage) memory.copyTo(storage, address);
    else memory.copyTo(memory.adoptHost(results[i].toHost()), address);
  });
}
