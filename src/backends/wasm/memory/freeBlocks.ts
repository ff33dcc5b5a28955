/** Blocks are multiples of this many bytes and aligned to it: a cache line. */
export const GRAIN = 64;

/** A contiguous piece of memory, free or in use, linked to its neighbours in address order. */
export interface Block {
  ptr: number;
  size: number;
  free: boolean;
  before: Block | null;
  after: Block | null;
  /** Links of the bin's list, while free. */
  previous: Block | null;
  next: Block | null;
}

/** Sixteen bins to each doubling of the size, so that a bin's blocks differ by at most 1/16. */
const BINS = 24 * 16;
/** How many blocks of the request's own bin are tried before a larger bin is split. */
const PROBES = 8;

/**
 * The free blocks, segregated by size (the "two-level segregated fit" of Masmano et al.): a bitmap of the non-empty bins
 * makes insertion, removal and a good fit constant in time.
 */
export class FreeBlocks {
  readonly #heads: (Block | null)[] = new Array<Block | null>(BINS).fill(null);
  readonly #bitmap = new Int32Array(BINS / 32);
  bytes = 0;

  insert(block: Block): void {
    const bin = binOf(block.size);
    const head = this.#heads[bin];
    block.free = true;
    block.previous = null;
    block.next = head;
    if (head !== null) head.previous = block;
    this.#heads[bin] = block;
    this.#bitmap[bin >>> 5] |= 1 << (bin & 31);
    this.bytes += block.size;
  }

  remove(block: Block): void {
    const { previous, next } = block;
    if (next !== null) next.previous = previous;
    if (previous !== null) {
      previous.next = next;
    } else {
      const bin = binOf(block.size);
      this.#heads[bin] = next;
      if (next === null) this.#bitmap[bin >>> 5] &= ~(1 << (bin & 31));
    }
    block.free = false;
    block.previous = null;
    block.next = null;
    this.bytes -= block.size;
  }

  /** A block of at least `size` bytes, still in its bin; null when there is none. */
  find(size: number): Block | null {
    if (size > this.bytes) return null;
    const bin = binOf(size);
    let best: Block | null = null;
    let block = this.#heads[bin];
    for (let i = 0; i < PROBES && block !== null; i++, block = block.next) {
      if (block.size >= size && (best === null || block.size < best.size)) best = block;
    }
    if (best !== null) return best;
    const larger = this.#nextBin(bin + 1);
    if (larger >= 0) return this.#heads[larger];
    // Nothing larger: the rest of the own bin, so that a fit that exists is found.
    while (block !== null && block.size < size) block = block.next;
    return block;
  }

  largest(): number {
    let size = 0;
    for (let bin = BINS - 1; bin >= 0 && size === 0; bin--) {
      for (let block = this.#heads[bin]; block !== null; block = block.next)
        size = Math.max(size, block.size);
    }
    return size;
  }

  #nextBin(from: number): number {
    if (from >= BINS) return -1;
    let word = from >>> 5;
    let bits = this.#bitmap[word] & (-1 << (from & 31));
    while (bits === 0) {
      if (++word === this.#bitmap.length) return -1;
      bits = this.#bitmap[word];
    }
    return word * 32 + (31 - Math.clz32(bits & -bits));
  }
}

function binOf(size: number): number {
  const grains = size / GRAIN;
  if (grains < 16) return grains;
  const level = 31 - Math.clz32(grains);
  return (level - 3) * 16 + ((grains >>> (level - 4)) & 15);
}
