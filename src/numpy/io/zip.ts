import { ValueError } from "../../errors.ts";
import { inflate } from "./inflate.ts";

// Archives as NumPy writes them (.npz): entries are stored or deflated, one file each.

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endOfDirectory = 0x06054b50;
/** Names are UTF-8. */
const utf8 = 0x0800;
/** The first of January 1980, so that equal arrays give equal files. */
const date = 0x0021;

let crcTable: Uint32Array | undefined;
/** The checksum CRC-32. */
export function crc32(bytes: Uint8Array): number {
  crcTable ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (const b of bytes) crc = crcTable[(crc ^ b) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** An archive of files, stored as they are. @throws ValueError beyond the 4 GiB that the format holds */
export function writeZip(files: readonly (readonly [name: string, data: Uint8Array])[]): Uint8Array {
  const entries = files.map(([name, data]) => ({
    name: new TextEncoder().encode(name),
    data,
    crc: crc32(data),
  }));
  const bodies = entries.reduce((n, e) => n + 30 + e.name.length + e.data.length, 0);
  const directory = entries.reduce((n, e) => n + 46 + e.name.length, 0);
  const total = bodies + directory + 22;
  if (total > 0xffffffff)
    throw new ValueError(`jnp.savez: an archive holds 4 GiB at most, got ${total} bytes.`);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u16 = (...values: number[]) => {
    for (const v of values) {
      view.setUint16(at, v, true);
      at += 2;
    }
  };
  const u32 = (...values: number[]) => {
    for (const v of values) {
      view.setUint32(at, v, true);
      at += 4;
    }
  };
  const raw = (data: Uint8Array) => {
    bytes.set(data, at);
    at += data.length;
  };
  const offsets = entries.map(({ name, data, crc }) => {
    const start = at;
    u32(localHeader);
    u16(20, utf8, 0, 0, date);
    u32(crc, data.length, data.length);
    u16(name.length, 0);
    raw(name);
    raw(data);
    return start;
  });
  const start = at;
  entries.forEach(({ name, data, crc }, i) => {
    u32(centralHeader);
    u16(20, 20, utf8, 0, 0, date);
    u32(crc, data.length, data.length);
    u16(name.length, 0, 0, 0, 0);
    u32(0, offsets[i]);
    raw(name);
  });
  u32(endOfDirectory);
  u16(0, 0, entries.length, entries.length);
  u32(directory, start);
  u16(0);
  return bytes;
}

/** Whether bytes start as an archive does, an empty one included. */
export function isZip(bytes: Uint8Array): boolean {
  if (bytes.length < 22) return false;
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return word === localHeader || word === endOfDirectory;
}

/** The files of an archive. @throws ValueError for a broken one, or one that is compressed otherwise than by deflate */
export function readZip(bytes: Uint8Array): [name: string, data: Uint8Array][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = (what: string) => new ValueError(`jnp.load: the .npz file is broken: ${what}.`);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== endOfDirectory) end--;
  if (end < 0) throw broken("its directory is missing");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: count }, () => {
    if (at + 46 > end || view.getUint32(at, true) !== centralHeader) throw broken("its directory");
    const [method, crc] = [view.getUint16(at + 10, true), view.getUint32(at + 16, true)];
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((k) => view.getUint16(at + k, true));
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + extraLength + noteLength;
    if (packed === 0xffffffff || size === 0xffffffff || local === 0xffffffff) {
      throw new ValueError(`jnp.load: ${name} is larger than 4 GiB, which is not supported.`);
    }
    if (local + 30 > bytes.length || view.getUint32(local, true) !== localHeader) throw broken(name);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = bytes.subarray(start, start + packed);
    if (method !== 0 && method !== 8) {
      throw new ValueError(`jnp.load: ${name} is compressed by method ${method}; only deflate is supported.`);
    }
    const data = method === 0 ? content : inflate(content, size);
    if (data.length !== size || crc32(data) !== crc) throw broken(`the checksum of ${name} is wrong`);
    return [name, data];
  });
}
