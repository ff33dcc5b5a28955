import { describe, expect, test } from "vitest";
import { parseOptions, usage } from "../../../examples/mnist/args.ts";
import { UsageError } from "../../../examples/mnist/errors.ts";

describe("the command line of the MNIST job", () => {
  test("no arguments leave everything open", () => {
    expect(parseOptions([])).toEqual({
      epochs: null,
      batch: null,
      lr: null,
      seed: null,
      layers: null,
      out: "out",
      data: null,
      resume: false,
      help: false,
    });
  });

  test("all options", () => {
    const args = "--epochs 3 --batch=64 --lr 2e-3 --seed 7 --layers 64,32 --out there --data here --resume";
    expect(parseOptions(args.split(" "))).toEqual({
      epochs: 3,
      batch: 64,
      lr: 0.002,
      seed: 7,
      layers: [64, 32],
      out: "there",
      data: "here",
      resume: true,
      help: false,
    });
    expect(parseOptions(["--layers", "none"]).layers).toEqual([]);
    expect(parseOptions(["-h"]).help).toBe(true);
  });

  test.each([
    ["--epoch 3", "unknown option --epoch; did you mean --epochs?"],
    ["--frobnicate", "unknown option --frobnicate; --help lists the options"],
    ["-x", "unknown option -x; --help lists the options"],
    ["--epochs", "--epochs needs a value"],
    ["--epochs --resume", "--epochs needs a value"],
    ["--out=", "--out needs a value"],
    ["--epochs 0", '--epochs must be an integer from 1 to 10000, got "0"'],
    ["--epochs 2.5", '--epochs must be an integer from 1 to 10000, got "2.5"'],
    ["--epochs -1", '--epochs must be an integer from 1 to 10000, got "-1"'],
    ["--batch many", '--batch must be an integer from 1 to 60000, got "many"'],
    ["--lr 0", '--lr must be a positive number, got "0"'],
    ["--lr NaN", '--lr must be a positive number, got "NaN"'],
    ["--seed 1e3", '--seed must be an integer from 0 to 2147483647, got "1e3"'],
    ["--layers 512,", '--layers must be layer sizes such as 512,512, or "none", got "512,"'],
    ["--resume=yes", "--resume takes no value"],
    ["more", 'unexpected argument "more": options begin with --'],
  ])("%s", (args, message) => {
    expect(() => parseOptions(args.split(" "))).toThrow(new UsageError(message));
  });

  test("the help names every option", () => {
    for (const name of Object.keys(parseOptions([]))) expect(usage).toContain(`--${name}`);
  });
});
