import { controlAccess } from "./control/access.ts";
import { hostBuffers } from "./hostCall.ts";
import type { Kernel } from "./ir.ts";
import { storesOf } from "./nest.ts";

/** The buffers a kernel writes. */
export function writesOf(kernel: Kernel): readonly number[] {
  switch (kernel.kind) {
    case "loop":
      return kernel.stores.map((s) => s.buffer);
    case "row": {
      const all = storesOf(kernel).map((s) => s.buffer);
      return [...new Set(all)].filter((id) => !kernel.locals.includes(id));
    }
    case "blocked": {
      const written = new Set(kernel.stages.flatMap(writesOf));
      return kernel.slices.filter((s) => written.has(s.id)).map((s) => s.buffer);
    }
    case "scan":
      return [kernel.store.buffer];
    case "sort":
    case "routine":
      return kernel.outputs;
    case "forLoop":
    case "whileLoop":
    case "branch":
      return controlAccess(kernel).writes;
    case "hostCall":
      return hostBuffers(kernel.outputs);
    case "fourier":
      return [kernel.output];
    case "scatter":
      return [kernel.out];
    case "dot":
    case "contract":
      return kernel.epilogue?.map((s) => s.buffer) ?? [kernel.out];
  }
}
