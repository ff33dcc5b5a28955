/** Typed views of the whole WebAssembly memory. Growing the memory detaches them, so ask for them each time. */
export class Views {
  readonly #memory: WebAssembly.Memory;
  #u8!: Uint8Array;
  #i32!: Int32Array;
  #u32!: Uint32Array;
  #f32!: Float32Array;
  #f64!: Float64Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.refresh();
  }

  get u8(): Uint8Array {
    if (this.#u8.length === 0) this.refresh();
    return this.#u8;
  }
  get i32(): Int32Array {
    if (this.#i32.length === 0) this.refresh();
    return this.#i32;
  }
  get u32(): Uint32Array {
    if (this.#u32.length === 0) this.refresh();
    return this.#u32;
  }
  get f32(): Float32Array {
    if (this.#f32.length === 0) this.refresh();
    return this.#f32;
  }
  get f64(): Float64Array {
    if (this.#f64.length === 0) this.refresh();
    return this.#f64;
  }

  /** Makes the views anew, after growth. (A shared memory's old views are not detached, only too short.) */
  refresh(): void {
    const { buffer } = this.#memory;
    this.#u8 = new Uint8Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
  }
}

/** Bytes from which on `slice` of a shared buffer is several times slower than a copy into a new one. */
const SLICE_MAX = 1 << 16;

/** A copy of some bytes in an ArrayBuffer of their own. */
export function copyBytes(memory: Uint8Array, start: number, byteLength: number): Uint8Array<ArrayBuffer> {
  if (byteLength <= SLICE_MAX) return memory.slice(start, start + byteLength) as Uint8Array<ArrayBuffer>;
  const copy = new Uint8Array(byteLength);
  copy.set(memory.subarray(start, start + byteLength));
  return copy;
}
