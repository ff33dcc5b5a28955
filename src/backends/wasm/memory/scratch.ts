import type { Allocator } from "./allocator.ts";

/** An arena above this size is given back when its operation ends, so that one large program does not keep it forever. */
const KEEP_BYTES = 64 << 20;

interface Arena {
  ptr: number;
  byteLength: number;
  /** Whether the operation at its depth has asked for it. */
  inUse: boolean;
}

/** One growing region of temporaries per nesting depth of operations: an inner operation must not overwrite an outer one's. */
export class ScratchArenas {
  readonly #arenas: Arena[] = [];
  readonly #allocate: (byteLength: number) => number;
  readonly #allocator: Allocator;
  bytes = 0;

  constructor(allocate: (byteLength: number) => number, allocator: Allocator) {
    this.#allocate = allocate;
    this.#allocator = allocator;
  }

  get(depth: number, byteLength: number): number {
    // Index 0 is never used: outside operations the depth is 0.
    while (this.#arenas.length <= depth) this.#arenas.push({ ptr: 0, byteLength: 0, inUse: false });
    const arena = this.#arenas[depth];
    if (arena.ptr === 0 || arena.byteLength < byteLength) {
      const size = Math.max(4096, byteLength, Math.min(arena.byteLength * 2, KEEP_BYTES));
      this.#drop(arena);
      arena.ptr = this.#allocate(size);
      arena.byteLength = size;
      this.bytes += size;
    }
    arena.inUse = true;
    return arena.ptr;
  }

  /** At the end of the operation at `depth`: nested and oversized arenas are given back. */
  leave(depth: number): void {
    const arena = this.#arenas[depth];
    if (arena === undefined) return;
    arena.inUse = false;
    if (depth > 1 || arena.byteLength > KEEP_BYTES) this.#drop(arena);
  }

  /** Gives back every arena that no running operation uses. */
  trim(): void {
    for (const arena of this.#arenas) if (!arena.inUse) this.#drop(arena);
  }

  #drop(arena: Arena): void {
    if (arena.ptr === 0) return;
    this.#allocator.free(arena.ptr, arena.byteLength);
    this.bytes -= arena.byteLength;
    arena.ptr = 0;
    arena.byteLength = 0;
  }
}
