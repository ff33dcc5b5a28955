import { COMMON_MODULE } from "./asm/index.ts";
import { MATH_MODULE } from "./codegen/library.ts";
import { ProcessCode } from "./commonCode.ts";
import { wasmFeatures } from "./features.ts";
import { scalarMath } from "./math/index.ts";
import { DeviceMemory } from "./memory/index.ts";
import { Pool } from "./threads/pool.ts";

const PAGES = 64;

/** The linear memory that all compiled programs share; between threads, where the host has threads that share memory. */
export const wasmMemory = makeMemory();

function makeMemory(): WebAssembly.Memory {
  if (wasmFeatures().threads) {
    // A shared memory reserves its maximum; some hosts have no room for the largest.
    for (const maximum of [65536, 32768, 16384]) {
      try {
        return new WebAssembly.Memory({ initial: PAGES, maximum, shared: true });
      } catch {}
    }
  }
  return new WebAssembly.Memory({ initial: PAGES });
}

/** The worker threads that help with large kernels; null where memory cannot be shared. */
export const pool = isShared(wasmMemory) ? new Pool(wasmMemory) : null;

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
}

/** The blocks of {@link wasmMemory}. */
export const deviceMemory = /* @__PURE__ */ new DeviceMemory(wasmMemory);

/** The code that compiled modules share. */
export const commonCode = /* @__PURE__ */ new ProcessCode(wasmMemory, pool);

/** What compiled modules import. */
export const moduleImports: WebAssembly.Imports = {
  env: { memory: wasmMemory },
  [COMMON_MODULE]: commonCode.imports,
  [MATH_MODULE]: Object.fromEntries(Object.entries(scalarMath).map(([name, { call }]) => [name, call])),
};
