/** A growable byte buffer with the number encodings of the WebAssembly binary format. */
export class ByteBuffer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far: a view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Unsigned LEB128 of an integer in [0, 2^32). */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer; an unsigned one is taken by its bits. */
  s32(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** Signed LEB128 of a 64-bit integer; an unsigned one is taken by its bits. */
  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** Unsigned LEB128 padded to three bytes, so that `patchPadded` can overwrite it later. Values below 2^21. */
  paddedU32(value: number): void {
    this.byte((value & 0x7f) | 0x80);
    this.byte(((value >>> 7) & 0x7f) | 0x80);
    this.byte((value >>> 14) & 0x7f);
  }

  patchPadded(position: number, value: number): void {
    this.#bytes[position] = (value & 0x7f) | 0x80;
    this.#bytes[position + 1] = ((value >>> 7) & 0x7f) | 0x80;
    this.#bytes[position + 2] = (value >>> 14) & 0x7f;
  }

  f32(value: number): void {
    scratch.setFloat32(0, value, true);
    this.bytes(scratchBytes.subarray(0, 4));
  }

  f64(value: number): void {
    scratch.setFloat64(0, value, true);
    this.bytes(scratchBytes.subarray(0, 8));
  }

  /** A UTF-8 string preceded by its length. */
  text(value: string): void {
    const encoded = encoder.encode(value);
    this.u32(encoded.length);
    this.bytes(encoded);
  }
}

const scratchBytes = new Uint8Array(8);
const scratch = new DataView(scratchBytes.buffer);
const encoder = new TextEncoder();
