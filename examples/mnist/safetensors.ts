import { FileError } from "./errors.ts";

/** The format: a 64-bit little-endian length, a JSON header of that length, and the bytes of the tensors. */
const types = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

export type TensorType = keyof typeof types;
export type TensorData = InstanceType<(typeof types)[TensorType]>;

export interface Tensor {
  type: TensorType;
  shape: readonly number[];
  data: TensorData;
}

export interface TensorFile {
  tensors: Map<string, Tensor>;
  /** Free text by name. */
  metadata: Record<string, string>;
}

/** The bytes of a safetensors file; tensors in the order given, numbers little-endian. */
export function encode({ tensors, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  let end = 0;
  for (const [name, { type, shape, data }] of tensors) {
    if (name === "__metadata__") throw new TypeError("a tensor cannot be called __metadata__");
    header[name] = { dtype: type, shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  // Padded with spaces so that the tensors begin at a multiple of eight.
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length + end, " ");
  bytes.writeBigUInt64LE(BigInt(length), 0);
  json.copy(bytes, 8);
  let at = 8 + length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads what {@link encode} writes.
 *
 * @param name the file's name, for messages
 * @throws FileError with one line that says what is wrong
 */
export function decode(bytes: Uint8Array, name: string): TensorFile {
  const damaged = (why: string): FileError => new FileError(`${name}: damaged: ${why}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw damaged(`only ${bytes.length} bytes long`);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8)
    throw damaged(`the header should have ${length} bytes, but the file ends before`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw damaged("the header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw damaged("the header is not a JSON object");
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isTexts(metadata)) throw damaged("the metadata is not a table of texts");
  const body = bytes.subarray(8 + length);
  const tensors = new Map<string, Tensor>();
  let total = 0;
  for (const [key, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw damaged(`tensor ${key} is not described properly`);
    const { dtype: type, shape, data_offsets } = entry;
    if (!Object.hasOwn(types, type))
      throw new FileError(`${name}: tensor ${key} has the unsupported type ${type}`);
    const Data = types[type as TensorType];
    const [start, end] = data_offsets;
    const size = shape.reduce((a, b) => a * b, 1) * Data.BYTES_PER_ELEMENT;
    if (end - start !== size || end > body.length) {
      throw damaged(`tensor ${key} needs ${size} bytes, but has ${Math.min(end, body.length) - start}`);
    }
    // A copy: typed arrays must begin at a multiple of their element size.
    const data = new Data(new Uint8Array(body.subarray(start, end)).buffer);
    tensors.set(key, { type: type as TensorType, shape, data });
    total += size;
  }
  if (total !== body.length)
    throw damaged(`${body.length} bytes of tensors, but the header describes ${total}`);
  return { tensors, metadata };
}

function isTexts(x: unknown): x is Record<string, string> {
  return typeof x === "object" && x !== null && Object.values(x).every((v) => typeof v === "string");
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
function isEntry(x: unknown): x is Entry {
  if (typeof x !== "object" || x === null) return false;
  const { dtype, shape, data_offsets: offsets } = x as Partial<Entry>;
  const sizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  return typeof dtype === "string" && sizes(shape) && sizes(offsets) && offsets.length === 2;
}
