/** Slabs are this large and aligned to it, so that an address names its slab: one WebAssembly page. */
export const SLAB = 65536;
/** The largest block that is carved from a slab. */
export const SMALL_MAX = 8192;

/** Multiples of 16 up to 128, then four sizes to each doubling; from 256 all are multiples of 64. */
const blockSizes: readonly number[] = (() => {
  const sizes: number[] = [];
  for (let size = 16; size <= 128; size += 16) sizes.push(size);
  for (let base = 128; base < SMALL_MAX; base *= 2) for (let k = 5; k <= 8; k++) sizes.push((base * k) / 4);
  return sizes;
})();

/** Class of a byte length, indexed by its number of 16-byte units. */
const classOfUnits: Uint8Array = (() => {
  const classes = new Uint8Array(SMALL_MAX / 16 + 1);
  for (let units = 0, c = 0; units < classes.length; units++) {
    while (blockSizes[c] < units * 16) c++;
    classes[units] = c;
  }
  return classes;
})();

/** A page cut into blocks of one size. Its bookkeeping stays outside the memory that programs write to. */
class Slab {
  readonly base: number;
  readonly blockSize: number;
  readonly sizeClass: number;
  readonly capacity: number;
  live = 0;
  /** Blocks that were never handed out start here. */
  fresh = 0;
  /** Returned blocks, a stack. */
  readonly returned: Uint16Array;
  depth = 0;
  previous: Slab | null = null;
  next: Slab | null = null;
  constructor(base: number, sizeClass: number) {
    this.base = base;
    this.sizeClass = sizeClass;
    this.blockSize = blockSizes[sizeClass];
    this.capacity = Math.floor(SLAB / this.blockSize);
    this.returned = new Uint16Array(this.capacity);
  }
}

/** Small blocks: one list of slabs with room per size class, so that both operations take constant time. */
export class Slabs {
  readonly #withRoom: (Slab | null)[] = new Array<Slab | null>(blockSizes.length).fill(null);
  readonly #byPage: (Slab | null)[] = [];
  readonly #acquire: () => number;
  readonly #release: (base: number) => void;

  /** `acquire` gives an aligned page or 0; `release` takes one back. */
  constructor(acquire: () => number, release: (base: number) => void) {
    this.#acquire = acquire;
    this.#release = release;
  }

  /** The pointer of a block of at least `byteLength` (1 to SMALL_MAX) bytes, or 0. */
  alloc(byteLength: number): number {
    const sizeClass = classOfUnits[(byteLength + 15) >>> 4];
    const slab = this.#withRoom[sizeClass] ?? this.#add(sizeClass);
    if (slab === null) return 0;
    const index = slab.depth > 0 ? slab.returned[--slab.depth] : slab.fresh++;
    if (++slab.live === slab.capacity) this.#unlink(slab);
    return slab.base + index * slab.blockSize;
  }

  free(ptr: number): void {
    const slab = this.#byPage[Math.floor(ptr / SLAB)];
    if (slab === null || slab === undefined || slab.live === 0)
      throw new Error(`free of unknown block ${ptr}`);
    slab.returned[slab.depth++] = (ptr - slab.base) / slab.blockSize;
    if (slab.live-- === slab.capacity) this.#link(slab);
    // One empty slab per class is kept, so that a program at the boundary does not take and give back a page each time.
    if (slab.live === 0 && (slab.next !== null || slab.previous !== null)) this.#drop(slab);
  }

  /** Gives back the empty slabs. */
  trim(): void {
    for (const head of this.#withRoom) {
      for (let slab = head; slab !== null; ) {
        const next: Slab | null = slab.next;
        if (slab.live === 0) this.#drop(slab);
        slab = next;
      }
    }
  }

  #add(sizeClass: number): Slab | null {
    const base = this.#acquire();
    if (base === 0) return null;
    const slab = new Slab(base, sizeClass);
    const page = base / SLAB;
    while (this.#byPage.length <= page) this.#byPage.push(null);
    this.#byPage[page] = slab;
    this.#link(slab);
    return slab;
  }

  #drop(slab: Slab): void {
    this.#unlink(slab);
    this.#byPage[slab.base / SLAB] = null;
    this.#release(slab.base);
  }

  #link(slab: Slab): void {
    const head = this.#withRoom[slab.sizeClass];
    slab.next = head;
    if (head !== null) head.previous = slab;
    this.#withRoom[slab.sizeClass] = slab;
  }

  #unlink(slab: Slab): void {
    if (slab.next !== null) slab.next.previous = slab.previous;
    if (slab.previous !== null) slab.previous.next = slab.next;
    else this.#withRoom[slab.sizeClass] = slab.next;
    slab.next = null;
    slab.previous = null;
  }
}
