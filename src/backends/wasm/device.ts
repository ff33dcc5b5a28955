import { MATH_MODULE } from "./codegen/library.ts";
import { scalarMath } from "./math/index.ts";
import { DeviceMemory } from "./memory/index.ts";

const PAGES = 64;

/** The linear memory that all compiled programs share. */
export const wasmMemory = new WebAssembly.Memory({ initial: PAGES });

/** The blocks of {@link wasmMemory}. */
export const deviceMemory = new DeviceMemory(wasmMemory);

/** What compiled modules import. */
export const moduleImports: WebAssembly.Imports = {
  env: { memory: wasmMemory },
  [MATH_MODULE]: Object.fromEntries(Object.entries(scalarMath).map(([name, { call }]) => [name, call])),
};
