/** A growable byte buffer with the number encodings of the WebAssembly binary format. */
export class ByteBuffer {
  protected data: Uint8Array<ArrayBuffer>;
  protected used = 0;

  constructor(capacity = 64) {
    this.data = new Uint8Array(capacity);
  }

  get length(): number {
    return this.used;
  }

  /** The bytes written so far: a view, valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.data.subarray(0, this.used);
  }

  /** A copy of the bytes written so far; the buffer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.data.slice(0, this.used);
    this.used = 0;
    return taken;
  }

  /** Makes room for so many bytes more. */
  protected reserve(count: number): void {
    const needed = this.used + count;
    if (needed <= this.data.length) return;
    const grown = new Uint8Array(Math.max(needed, this.data.length * 2));
    grown.set(this.data.subarray(0, this.used));
    this.data = grown;
  }

  byte(value: number): void {
    if (this.used === this.data.length) this.reserve(1);
    this.data[this.used++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.reserve(values.length);
    this.data.set(values, this.used);
    this.used += values.length;
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

  /** Room for a number that `patchPadded` writes later. */
  paddedU32(): void {
    this.reserve(3);
    this.used += 3;
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

/** Writes an unsigned LEB128 of three bytes where {@link ByteBuffer.paddedU32} left room. Values below 2^21. */
export function patchPadded(bytes: Uint8Array, position: number, value: number): void {
  bytes[position] = (value & 0x7f) | 0x80;
  bytes[position + 1] = ((value >>> 7) & 0x7f) | 0x80;
  bytes[position + 2] = (value >>> 14) & 0x7f;
}

const scratchBytes = /* @__PURE__ */ new Uint8Array(8);
const scratch = /* @__PURE__ */ new DataView(scratchBytes.buffer);
const encoder = /* @__PURE__ */ new TextEncoder();
