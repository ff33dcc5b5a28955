import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadMnist } from "../../../examples/mnist/data.ts";
import { FileError } from "../../../examples/mnist/errors.ts";
import { makeMnist, writeIdx, writeMnist } from "./digits.ts";

describe("IDX files", () => {
  test("the real ones", () => {
    const { train, test: held } = loadMnist();
    expect([train.count, train.side, held.count, held.side]).toEqual([60000, 28, 10000, 28]);
    expect([...train.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect([...held.labels.subarray(0, 8)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
    const sum = train.pixels.reduce((a, b) => a + b, 0);
    expect(sum / train.pixels.length / 255).toBeCloseTo(0.1307, 4);
  });

  test("what is written is read", () => {
    const mnist = makeMnist();
    expect(loadMnist(writeMnist(mnist))).toEqual(mnist);
  });

  const images = "train-images-idx3-ubyte";
  const labels = "t10k-labels-idx1-ubyte";
  test.each<[string, (folder: string) => void, string]>([
    [
      "missing",
      (f) => rmSync(join(f, images)),
      "cannot read .*train-images-idx3-ubyte: no such file or folder",
    ],
    ["empty", (f) => writeFileSync(join(f, images), ""), "damaged: only 0 bytes long"],
    [
      "cut",
      (f) => truncateSync(join(f, images), 1000),
      "damaged: 1000 bytes long, but 640 x 6 x 6 elements need 23056",
    ],
    [
      "another kind of file",
      (f) => writeFileSync(join(f, images), readFileSync(join(f, "t10k-labels-idx1-ubyte"))),
      "damaged: begins with 0x00000801, not with 0x00000803",
    ],
    ["a wrong label", (f) => writeIdx(join(f, labels), [100], new Uint8Array(100).fill(10)), "label 0 is 10"],
    [
      "missing labels",
      (f) => writeIdx(join(f, labels), [99], new Uint8Array(99)),
      "has 99 labels for 100 images",
    ],
    ["oblong", (f) => writeIdx(join(f, images), [1, 2, 3], new Uint8Array(6)), "images must be square"],
  ])("%s", (_what, damage, message) => {
    const folder = writeMnist(makeMnist());
    damage(folder);
    expect(() => loadMnist(folder)).toThrow(FileError);
    expect(() => loadMnist(folder)).toThrow(new RegExp(message));
  });
});
