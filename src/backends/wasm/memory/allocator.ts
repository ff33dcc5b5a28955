import { ResourceExhaustedError } from "../../../errors.ts";
import { type Block, FreeBlocks, GRAIN } from "./freeBlocks.ts";
import { SLAB, Slabs, SMALL_MAX } from "./slabs.ts";

const PAGE = 65536;
/** The last page of the address space stays unused, so that the end of a block never wraps around to 0. */
const MAX_PAGES = 65535;
/** The bottom of the memory is never handed out: pointer 0 means "none". */
export const RESERVED_BYTES = 1024;
const MIN_GROWTH = 1 << 20;

export interface AllocatorOptions {
  /** Bytes at the bottom of the memory that belong to someone else (data, stacks); default {@link RESERVED_BYTES}. */
  readonly reservedBytes?: number;
  /** The size beyond which the memory does not grow; default 4 GiB less one page. */
  readonly maxBytes?: number;
}

/**
 * Allocates blocks of one growing WebAssembly memory, of which everything above the reserved bytes is its own. Blocks up to 8 KiB
 * come from slabs of one size (16-byte aligned; 64-byte aligned from 256 bytes on), larger ones from segregated free
 * lists with immediate coalescing (64-byte aligned). All bookkeeping is in JavaScript, where a faulty kernel cannot reach it.
 */
export class Allocator {
  readonly memory: WebAssembly.Memory;
  /** Called after the memory has grown: views of `memory.buffer` made before are stale. */
  onGrow: () => void = () => {};
  #maxBytes: number;
  readonly #free = new FreeBlocks();
  readonly #used = new Map<number, Block>();
  readonly #slabs: Slabs;
  #last: Block | null = null;
  readonly #start: number;
  #end: number;

  constructor(memory: WebAssembly.Memory, options: AllocatorOptions = {}) {
    this.memory = memory;
    this.#maxBytes = Math.min(options.maxBytes ?? MAX_PAGES * PAGE, MAX_PAGES * PAGE);
    this.#slabs = new Slabs(
      () => this.#allocLarge(SLAB, SLAB),
      (base) => this.#freeLarge(base),
    );
    this.#start = roundUp(Math.max(options.reservedBytes ?? RESERVED_BYTES, GRAIN), GRAIN);
    this.#end = this.#start;
    this.#extend(memory.buffer.byteLength);
  }

  /** Bytes in blocks that are in use, slabs counted whole. */
  get usedBytes(): number {
    return this.#end - this.#start - this.#free.bytes;
  }
  /** The present size of the memory. */
  get capacity(): number {
    return this.#end;
  }
  /** The size beyond which the memory does not grow. */
  get maxBytes(): number {
    return this.#maxBytes;
  }
  set maxBytes(bytes: number) {
    this.#maxBytes = Math.min(bytes, MAX_PAGES * PAGE);
  }
  /** What could still be allocated if memory had no holes: free blocks and room to grow. */
  get availableBytes(): number {
    return this.#free.bytes + Math.max(0, this.#maxBytes - this.#end);
  }

  /**
   * The pointer of a new block of at least `byteLength` bytes, contents undefined.
   * @throws ResourceExhaustedError when there is no room; nothing has changed then.
   */
  alloc(byteLength: number): number {
    const ptr = this.tryAlloc(byteLength);
    if (ptr === 0) throw this.exhausted(byteLength);
    return ptr;
  }

  /** As {@link alloc}, with 0 when there is no room. */
  tryAlloc(byteLength: number): number {
    if (byteLength <= SMALL_MAX) return this.#slabs.alloc(byteLength);
    return this.#allocLarge(roundUp(byteLength, GRAIN), GRAIN);
  }

  /** Gives back a block; `byteLength` is what it was allocated with. */
  free(ptr: number, byteLength: number): void {
    if (byteLength <= SMALL_MAX) this.#slabs.free(ptr);
    else this.#freeLarge(ptr);
  }

  /** Gives the slabs that became empty back to the large blocks. */
  trim(): void {
    this.#slabs.trim();
  }

  /** The error for a request that has no room. */
  exhausted(byteLength: number): ResourceExhaustedError {
    const room = this.#maxBytes - this.#end;
    const largest = Math.max(this.#free.largest(), room + (this.#last?.free ? this.#last.size : 0));
    return new ResourceExhaustedError(
      `Out of memory while trying to allocate ${byteLength} bytes (${formatBytes(byteLength)}): ` +
        `${formatBytes(this.availableBytes)} of the device's ${formatBytes(this.#maxBytes)} are available ` +
        `(largest block ${formatBytes(largest)}). Drop references to arrays that are no longer needed, ` +
        "donate inputs with donateArgnums, or work in smaller batches.",
    );
  }

  #allocLarge(size: number, alignment: number): number {
    const slack = alignment - GRAIN;
    let block = this.#free.find(size + slack);
    if (block === null) {
      if (!this.#grow(size + slack)) return 0;
      block = this.#free.find(size + slack)!;
    }
    this.#free.remove(block);
    const ptr = roundUp(block.ptr, alignment);
    if (ptr > block.ptr) {
      const front = block;
      block = this.#split(front, ptr - front.ptr);
      this.#free.insert(front);
    }
    if (block.size > size) this.#free.insert(this.#split(block, size));
    this.#used.set(ptr, block);
    return ptr;
  }

  #freeLarge(ptr: number): void {
    let block = this.#used.get(ptr);
    if (block === undefined) throw new Error(`free of unknown block ${ptr}`);
    this.#used.delete(ptr);
    const { before, after } = block;
    if (after?.free) {
      this.#free.remove(after);
      this.#join(block, after);
    }
    if (before?.free) {
      this.#free.remove(before);
      this.#join(before, block);
      block = before;
    }
    this.#free.insert(block);
  }

  /** Cuts a block after `size` bytes and returns the rest. */
  #split(block: Block, size: number): Block {
    const rest: Block = {
      ptr: block.ptr + size,
      size: block.size - size,
      free: false,
      before: block,
      after: block.after,
      previous: null,
      next: null,
    };
    if (block.after !== null) block.after.before = rest;
    else this.#last = rest;
    block.after = rest;
    block.size = size;
    return rest;
  }

  #join(block: Block, after: Block): void {
    block.size += after.size;
    block.after = after.after;
    if (after.after !== null) after.after.before = block;
    else this.#last = block;
  }

  #grow(size: number): boolean {
    const tail = this.#last?.free ? this.#last.size : 0;
    const needed = roundUp(size - tail, PAGE);
    if (this.#end + needed > this.#maxBytes) return false;
    const generous = roundUp(Math.max(needed, MIN_GROWTH, this.#end / 4), PAGE);
    const room = Math.floor((this.#maxBytes - this.#end) / PAGE) * PAGE;
    return this.#growBy(Math.min(generous, room)) || this.#growBy(needed);
  }

  #growBy(bytes: number): boolean {
    try {
      this.memory.grow(bytes / PAGE);
    } catch {
      // The engine is out of address space or the memory's declared maximum is reached.
      return false;
    }
    this.#extend(this.memory.buffer.byteLength);
    this.onGrow();
    return true;
  }

  /** Takes the bytes up to `end` into the free blocks. */
  #extend(end: number): void {
    const size = Math.floor((end - this.#end) / GRAIN) * GRAIN;
    if (size <= 0) return;
    const last = this.#last;
    if (last?.free) {
      this.#free.remove(last);
      last.size += size;
      this.#free.insert(last);
    } else {
      const block: Block = {
        ptr: this.#end,
        size,
        free: false,
        before: last,
        after: null,
        previous: null,
        next: null,
      };
      if (last !== null) last.after = block;
      this.#last = block;
      this.#free.insert(block);
    }
    this.#end += size;
  }
}

function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}

function formatBytes(n: number): string {
  if (n < 1024) return `${n} B`;
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = n / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(2)} ${units[unit]}`;
}
