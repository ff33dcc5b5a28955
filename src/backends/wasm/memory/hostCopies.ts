import { copyBytes } from "./views.ts";

/** Typed arrays up to this size live on the JavaScript heap and are cheap to make; larger ones each cost a system allocation. */
const ON_HEAP_BYTES = 64;
/** Copies up to this size share a chunk. */
const PACKED_MAX = 2048;
/** Small, because one live copy keeps its whole chunk. */
const CHUNK_BYTES = 16384;

/** Where a host copy is: `length` bytes of `bytes` from `offset` on. */
export interface HostCopy {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** Makes the host copies of one eviction round, packing middle-sized ones: making an ArrayBuffer takes over a microsecond. */
export class HostCopies {
  #chunk: Uint8Array | null = null;
  #filled = 0;

  /** @throws RangeError when the host is out of memory. */
  copy(memory: Uint8Array, ptr: number, byteLength: number): HostCopy {
    if (byteLength <= ON_HEAP_BYTES || byteLength > PACKED_MAX) {
      return { bytes: copyBytes(memory, ptr, byteLength), offset: 0 };
    }
    if (this.#chunk === null || this.#filled + byteLength > CHUNK_BYTES) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#filled = 0;
    }
    const offset = this.#filled;
    this.#chunk.set(memory.subarray(ptr, ptr + byteLength), offset);
    this.#filled += byteLength;
    return { bytes: this.#chunk, offset };
  }
}
