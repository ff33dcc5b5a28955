import { type Body, type CommonCode, ModuleBuilder, type ValType } from "./asm/index.ts";
import type { Pool } from "./threads/pool.ts";

/**
 * The functions that all programs of the process call (register tiles and packing): compiled when the first program needs them, and kept. There are as
 * many as shapes of tiles, and none depends on a program; so it is the engine's optimised code that later programs run from their first call on.
 */
export class ProcessCode implements CommonCode {
  /** What programs import. */
  readonly imports: WebAssembly.ModuleImports = {};
  private readonly memory: WebAssembly.Memory;
  private readonly pool: Pool | null;
  private readonly relaxedSimd: () => boolean;

  /** @param relaxedSimd whether the engine has relaxed SIMD */
  constructor(memory: WebAssembly.Memory, pool: Pool | null, relaxedSimd: () => boolean) {
    this.memory = memory;
    this.pool = pool;
    this.relaxedSimd = relaxedSimd;
  }

  provide(name: string, params: readonly ValType[], results: readonly ValType[], body: Body): void {
    if (this.imports[name] !== undefined) return;
    const mb = new ModuleBuilder({ relaxedSimd: this.relaxedSimd() });
    const shared = this.pool !== null;
    mb.importMemory("env", "memory", shared ? { initial: 1, maximum: 65536, shared } : { initial: 1 });
    mb.exportFunction(mb.function(name, params, results, body));
    const module = new WebAssembly.Module(mb.toBytes());
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.imports[name] = exports[name];
    this.pool?.addCommon(module);
  }
}
