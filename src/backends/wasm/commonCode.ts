import { type Body, type CommonCode, ModuleBuilder, type ValType } from "./asm/index.ts";
import type { Pool } from "./threads/pool.ts";

/** Functions that are kept at most: tiles and packing of all shapes take some dozens, the rest is for epilogues. */
const MOST_FUNCTIONS = 512;

/**
 * The functions that all programs of the process call (register tiles and packing): compiled when the first program needs them, and kept. None
 * depends on a program; so it is the engine's optimised code that later programs run from their first call on. What one program needs
 * is one module.
 */
export class ProcessCode implements CommonCode {
  /** What programs import, once it is there: {@link load} sees to that. */
  readonly imports: WebAssembly.ModuleImports = {};
  private readonly memory: WebAssembly.Memory;
  private readonly pool: Pool | null;
  /** Names of all functions, loaded or not. */
  private readonly names = new Set<string>();
  /** What is not loaded yet. */
  private next: {
    readonly mb: ModuleBuilder;
    readonly names: string[];
    readonly relaxedSimd: boolean;
  } | null = null;

  constructor(memory: WebAssembly.Memory, pool: Pool | null) {
    this.memory = memory;
    this.pool = pool;
  }

  provide(
    name: string,
    params: readonly ValType[],
    results: readonly ValType[],
    body: Body,
    relaxedSimd: boolean,
  ): boolean {
    if (this.names.has(name)) return true;
    if (this.names.size >= MOST_FUNCTIONS) return false;
    if (this.next !== null && this.next.relaxedSimd !== relaxedSimd) this.load();
    this.next ??= { mb: this.newModule(relaxedSimd), names: [], relaxedSimd };
    const { mb, names } = this.next;
    mb.exportFunction(mb.function(name, params, results, body));
    names.push(name);
    this.names.add(name);
    return true;
  }

  /** Loads the functions that were asked for since the last time. */
  load(): void {
    if (this.next === null) return;
    const { mb, names } = this.next;
    this.next = null;
    try {
      const module = new WebAssembly.Module(mb.toBytes());
      Object.assign(this.imports, new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports);
      this.pool?.addCommon(module);
    } catch (error) {
      // The next program asks for them again.
      for (const name of names) this.names.delete(name);
      throw error;
    }
  }

  private newModule(relaxedSimd: boolean): ModuleBuilder {
    const mb = new ModuleBuilder({ relaxedSimd });
    const shared = this.pool !== null;
    mb.importMemory("env", "memory", shared ? { initial: 1, maximum: 65536, shared } : { initial: 1 });
    return mb;
  }
}
