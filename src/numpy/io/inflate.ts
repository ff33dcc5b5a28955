import { ValueError } from "../../errors.ts";

// Deflate (RFC 1951): literals and copies of what came before, in Huffman's code.

/** Symbols by the lengths of their codes: `counts[n]` codes have n bits, and `symbols` are in the order of the codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}
function makeCode(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(16);
  for (let i = 0; i < lengths.length; i++) counts[lengths[i]]++;
  counts[0] = 0;
  const next = new Uint16Array(16);
  for (let n = 1; n < 15; n++) next[n + 1] = next[n] + counts[n];
  const symbols = new Uint16Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) if (lengths[i] !== 0) symbols[next[lengths[i]]++] = i;
  return { counts, symbols };
}

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const distanceBits = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The order in which the lengths of the code of lengths are written. */
const codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const fixedLiterals = (): Code =>
  makeCode(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const fixedDistances = (): Code => makeCode(new Array<number>(30).fill(5));

/**
 * What deflate has packed.
 * @param size the number of bytes that come out
 * @throws ValueError for broken data
 */
export function inflate(packed: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let written = 0;
  let at = 0;
  let held = 0;
  let heldBits = 0;
  const broken = () => new ValueError("jnp.load: compressed data are broken.");

  const bits = (count: number): number => {
    while (heldBits < count) {
      if (at >= packed.length) throw broken();
      held |= packed[at++] << heldBits;
      heldBits += 8;
    }
    const value = held & ((1 << count) - 1);
    held >>>= count;
    heldBits -= count;
    return value;
  };
  /** Reads a code bit by bit: of each length the codes follow those of the length before, doubled. */
  const symbol = ({ counts, symbols }: Code): number => {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length++) {
      code |= bits(1);
      const count = counts[length];
      if (code - count < first) return symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw broken();
  };
  const stored = (): void => {
    held = 0;
    heldBits = 0;
    const length = packed[at] | (packed[at + 1] << 8);
    at += 4;
    if (!(at + length <= packed.length && written + length <= size)) throw broken();
    out.set(packed.subarray(at, at + length), written);
    at += length;
    written += length;
  };
  const readCodes = (): [Code, Code] => {
    const [literals, distances, lengths] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const own = new Uint8Array(19);
    for (let i = 0; i < lengths; i++) own[codeOrder[i]] = bits(3);
    const code = makeCode(own);
    const all = new Uint8Array(literals + distances);
    for (let i = 0; i < all.length; ) {
      const s = symbol(code);
      if (s < 16) {
        all[i++] = s;
        continue;
      }
      if (s === 16 && i === 0) throw broken();
      const value = s === 16 ? all[i - 1] : 0;
      const repeat = s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7);
      if (i + repeat > all.length) throw broken();
      all.fill(value, i, i + repeat);
      i += repeat;
    }
    return [makeCode(all.subarray(0, literals)), makeCode(all.subarray(literals))];
  };
  const block = (literals: Code, distances: Code): void => {
    for (;;) {
      const s = symbol(literals);
      if (s === 256) return;
      if (s < 256) {
        if (written >= size) throw broken();
        out[written++] = s;
        continue;
      }
      if (s > 285) throw broken();
      const length = lengthBase[s - 257] + bits(lengthBits[s - 257]);
      const d = symbol(distances);
      if (d > 29) throw broken();
      const distance = distanceBase[d] + bits(distanceBits[d]);
      if (distance > written || written + length > size) throw broken();
      // What is copied may overlap what is written.
      for (let i = 0; i < length; i++, written++) out[written] = out[written - distance];
    }
  };

  for (let isLast = false; !isLast; ) {
    isLast = bits(1) === 1;
    const type = bits(2);
    if (type === 0) stored();
    else if (type === 1) block(fixedLiterals(), fixedDistances());
    else if (type === 2) block(...readCodes());
    else throw broken();
  }
  return out.subarray(0, written);
}
