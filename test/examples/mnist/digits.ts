// A small stand-in for MNIST: bright columns and rows by digit, with noise, in IDX files or in memory.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Mnist } from "../../../examples/mnist/data.ts";
import type { Digits } from "../../../examples/mnist/idx.ts";

const side = 6;

/** The same numbers in each run, from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

export function makeDigits(count: number, seed: number): Digits {
  const next = generator(seed);
  const pixels = new Uint8Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = Math.floor(next() * 10);
    labels[i] = label;
    for (let p = 0; p < side * side; p++) {
      const line = label < 5 ? p % side : Math.floor(p / side);
      pixels[i * side * side + p] = Math.floor((line === label % 5 ? 180 : 20) + 60 * next());
    }
  }
  return { count, side, pixels, labels };
}

export function makeMnist(): Mnist {
  return { train: makeDigits(640, 1), test: makeDigits(100, 2) };
}

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fluxion-mnist-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeIdx(file: string, shape: number[], data: Uint8Array): void {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x800 + shape.length, 0);
  shape.forEach((n, i) => {
    header.writeUInt32BE(n, 4 + 4 * i);
  });
  writeFileSync(file, Buffer.concat([header, data]));
}

/** Writes the four files; returns the folder. */
export function writeMnist({ train, test }: Mnist): string {
  const folder = temporaryFolder();
  for (const [name, { count, side: n, pixels, labels }] of [
    ["train", train],
    ["t10k", test],
  ] as const) {
    writeIdx(join(folder, `${name}-images-idx3-ubyte`), [count, n, n], pixels);
    writeIdx(join(folder, `${name}-labels-idx1-ubyte`), [count], labels);
  }
  return folder;
}
