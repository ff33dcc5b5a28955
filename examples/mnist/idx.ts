import { FileError } from "./errors.ts";

/** Images of digits, one byte per pixel, 0 (background) to 255, and what they show. */
export interface Digits {
  readonly count: number;
  /** Pixels per side. */
  readonly side: number;
  /** `count` x `side` x `side`. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

/** The contents of a file, and its name for messages. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Digits from an IDX file of images and one of labels.
 *
 * @throws FileError with one line that names the file and what is wrong with it
 */
export function parseDigits(imageFile: NamedBytes, labelFile: NamedBytes): Digits {
  const images = parseIdx(imageFile, 3);
  const labels = parseIdx(labelFile, 1);
  const [count, rows, columns] = images.shape;
  if (rows !== columns) {
    throw new FileError(`${imageFile.name}: images must be square, these are ${rows} x ${columns}`);
  }
  if (labels.shape[0] !== count) {
    throw new FileError(`${labelFile.name}: has ${labels.shape[0]} labels for ${count} images`);
  }
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0) {
    throw new FileError(
      `${labelFile.name}: damaged: label ${wrong} is ${labels.data[wrong]}, not a digit from 0 to 9`,
    );
  }
  return { count, side: rows, pixels: images.data, labels: labels.data };
}

/**
 * An IDX file of unsigned bytes: two zero bytes, the type (8), the number of dimensions, the dimensions as big-endian 32-bit
 * integers, and the elements in row-major order.
 */
function parseIdx({ name, bytes }: NamedBytes, ndim: number): { shape: number[]; data: Uint8Array } {
  const header = 4 + 4 * ndim;
  if (bytes.length < header) throw new FileError(`${name}: damaged: only ${bytes.length} bytes long`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const magic = view.getUint32(0);
  if (magic !== 0x800 + ndim) {
    throw new FileError(`${name}: damaged: begins with 0x${hex(magic)}, not with 0x${hex(0x800 + ndim)}`);
  }
  const shape = Array.from({ length: ndim }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = header + shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== expected || shape.includes(0)) {
    throw new FileError(
      `${name}: damaged: ${bytes.length} bytes long, but ${shape.join(" x ")} elements need ${expected}`,
    );
  }
  return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + header, bytes.length - header) };
}

const hex = (x: number): string => x.toString(16).padStart(8, "0");
