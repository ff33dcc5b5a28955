import type { ArrayImpl, NDArray } from "../../core/array.ts";
import { shapedArray, shapeStr } from "../../core/aval.ts";
import { arrayFromHost } from "../../core/values.ts";
import { asDType, bool, type DType, type DTypeName, hostArray, isComplex } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";

// NumPy's file format of one array: a magic word, a version, a header that is a Python dictionary, and the elements.

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;

/** NumPy's name of a dtype. What it does not know is written as bytes, as JAX does. @throws TypeError for dtypes without elements */
function descriptorOf(dtype: DType): string {
  if (dtype === bool) return "|b1";
  const kind = { int: "i", uint: "u", float: "f", complex: "c" }[dtype.kind as "int"];
  if (kind === undefined || dtype.name.startsWith("key<") || dtype.name === "float0") {
    throw new TypeError(
      `jnp.save: arrays of dtype ${dtype} cannot be written; of random keys save random.keyData.`,
    );
  }
  const isForeign = kind === "f" && !/^float(16|32|64)$/.test(dtype.name);
  return `${dtype.itemsize === 1 ? "|" : "<"}${isForeign ? "V" : kind}${dtype.itemsize}`;
}

const kinds: Readonly<Record<string, (bits: number) => string>> = {
  b: () => "bool",
  i: (bits) => `int${bits}`,
  u: (bits) => `uint${bits}`,
  f: (bits) => `float${bits}`,
  c: (bits) => `complex${bits}`,
  V: (bits) => (bits === 16 ? "bfloat16" : "void"),
};
const known = /^(bool|u?int(8|16|32|64)|float(16|32|64)|bfloat16|complex(64|128))$/;

/** @throws TypeError for elements that are no numbers here */
function readDescriptor(text: string): { dtype: DType; bigEndian: boolean } {
  const match = /^([<>|=])([biufcV])(\d+)$/.exec(text);
  const name = match === null ? "" : kinds[match[2]](8 * Number(match[3]));
  if (match === null || !known.test(name)) {
    throw new TypeError(`jnp.load: elements of type '${text}' are not supported.`);
  }
  return { dtype: asDType(name as DTypeName), bigEndian: match[1] === ">" };
}

/** An array as the bytes of a .npy file. */
export function encodeNpy(x: ArrayImpl): Uint8Array {
  const shape = shapeStr(x.shape);
  const text = `{'descr': '${descriptorOf(x.dtype)}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Elements start at a multiple of 64 bytes.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const data = x.toHost();
  const bytes = new Uint8Array(length + data.byteLength);
  bytes.set([...magic, 1, 0, (length - 10) & 255, (length - 10) >> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

/** Whether bytes start as a .npy file does. */
export const isNpy = (bytes: Uint8Array): boolean => magic.every((b, i) => bytes[i] === b);

/** The array in the bytes of a .npy file. @throws ValueError for a broken file, TypeError for elements that are not supported */
export function decodeNpy(bytes: Uint8Array): NDArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = (what: string) => new ValueError(`jnp.load: the .npy file is broken: ${what}.`);
  if (bytes.length < 12) throw broken("it ends within its header");
  const isLong = bytes[6] > 1;
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (isLong ? 12 : 10) + length;
  const header = new TextDecoder().decode(bytes.subarray(start - length, start));
  const descriptor = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (/'descr':\s*\[/.test(header)) throw new TypeError("jnp.load: arrays of records are not supported.");
  if (descriptor === undefined || order === undefined || sizes === undefined) throw broken("its header");
  const { dtype, bigEndian } = readDescriptor(descriptor);
  const shape = [...sizes.matchAll(/\d+/g)].map(Number);
  const count = shape.reduce((n, d) => n * d, 1);
  if (bytes.length - start < count * dtype.itemsize) {
    throw broken(`${count} elements of ${dtype} expected, got ${bytes.length - start} bytes`);
  }
  const data = hostArray(dtype, count);
  const own = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  own.set(bytes.subarray(start, start + count * dtype.itemsize));
  if (bigEndian) reverseWords(own, isComplex(dtype) ? dtype.itemsize / 2 : dtype.itemsize);
  if (order === "False") return arrayFromHost(data, shapedArray(shape, dtype));
  return lax.transpose(
    arrayFromHost(data, shapedArray([...shape].reverse(), dtype)),
    shape.map((_, i) => shape.length - 1 - i),
  );
}

function reverseWords(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
