import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tree } from "fluxion";
import { describe, expect, test } from "vitest";
import { type Options, parseOptions } from "../../../examples/mnist/args.ts";
import { toTensors } from "../../../examples/mnist/checkpoint.ts";
import { FileError, TrainingError, UsageError } from "../../../examples/mnist/errors.ts";
import { type Outcome, run } from "../../../examples/mnist/run.ts";
import { decode } from "../../../examples/mnist/safetensors.ts";
import { accuracy, Trainer } from "../../../examples/mnist/train.ts";
import { makeMnist, temporaryFolder } from "./digits.ts";

const data = makeMnist();
const settings = { epochs: 3, batch: 32, lr: 0.01, seed: 3, layers: [16] };
const flags = "--epochs 3 --batch 32 --lr 0.01 --seed 3 --layers 16";

function options(text: string, out: string): Options {
  return parseOptions([...text.split(" ").filter((word) => word !== ""), "--out", out]);
}

/** Runs the job; `stopAfter` asks it to stop when it has looked that often. */
async function job(text: string, out: string, stopAfter = Number.POSITIVE_INFINITY) {
  const lines: string[] = [];
  let looks = 0;
  const outcome = await run(options(text, out), data, {
    write: (line) => lines.push(line),
    terminal: false,
    interrupted: () => looks++ >= stopAfter,
  });
  return { ...outcome, lines };
}

function values({ state }: Outcome): unknown[] {
  return tree
    .leaves({ p: state.params, o: state.optState })
    .map((x) => (x as { tolist(): unknown }).tolist());
}

describe("training", () => {
  test("sixty steps: the loss falls, the digits are learnt, and the same seed gives the same", async () => {
    const train = async () => {
      const trainer = new Trainer(settings, data.train);
      const state = trainer.init();
      const means: number[] = [];
      while (state.epoch < 3)
        means.push(
          await trainer.epoch(
            state,
            () => false,
            () => {},
          ),
        );
      const { labels } = await trainer.predict(state.params, data.test);
      return { means, losses: state.history.losses, share: accuracy(labels, data.test.labels) };
    };
    const first = await train();
    expect(first.losses.at(-1)?.[0]).toBe(60);
    expect(first.means[2]).toBeLessThan(first.means[0] / 3);
    expect(first.share).toBeGreaterThan(0.95);
    expect(await train()).toEqual(first);
  });

  test("another seed gives another network", () => {
    const [a, b] = [3, 4].map((seed) => new Trainer({ ...settings, seed }, data.train).init());
    expect(a.params.layers[0].w.tolist()).not.toEqual(b.params.layers[0].w.tolist());
  });

  test("a loss that explodes stops the run and saves nothing", async () => {
    const out = temporaryFolder();
    await expect(job("--epochs 2 --batch 32 --lr 1e30 --layers 16", out)).rejects.toThrow(TrainingError);
    expect(existsSync(join(out, "checkpoint.safetensors"))).toBe(false);
  });

  test("a batch larger than the data", async () => {
    await expect(job("--batch 641", temporaryFolder())).rejects.toThrow(
      new TrainingError("a batch of 641 is more than the 640 training images"),
    );
  });
});

describe("the whole job", () => {
  test("writes parameters, curves and digits, and says where", async () => {
    const out = temporaryFolder();
    const { lines, state, accuracy: share } = await job(flags, out);
    const text = lines.join("\n");
    expect(text).toContain("MNIST: 640 training images, 100 test images.");
    expect(text).toContain("Network 36-16-10 with 762 parameters");
    expect(text).toMatch(/epoch 3\/3 {2}training loss 0\.\d{4} {2}test accuracy \d+\.\d\d%/);
    for (const name of ["model.safetensors", "curves.png", "curves.svg", "digits.png", "digits.svg"]) {
      expect(text).toContain(join(out, name));
    }
    const model = decode(readFileSync(join(out, "model.safetensors")), "model");
    expect([...model.tensors.keys()]).toEqual(["layers.0.b", "layers.0.w", "layers.1.b", "layers.1.w"]);
    expect(model.tensors).toEqual(toTensors(state.params));
    expect(Number(model.metadata.test_accuracy)).toBe(share);

    const curves = readFileSync(join(out, "curves.svg"), "utf8");
    for (const part of ["A 36-16-10 perceptron on MNIST", "Training loss", "Test accuracy", "epoch"]) {
      expect(curves).toContain(part);
    }
    expect(curves.match(/<circle/g)).toHaveLength(3);
    const digits = readFileSync(join(out, "digits.svg"), "utf8");
    expect(digits).toContain("The first 56 test images");
    expect(digits.match(/<image/g)?.length).toBeGreaterThanOrEqual(56);
    for (const name of ["curves.png", "digits.png"]) {
      expect(readFileSync(join(out, name)).subarray(1, 4).toString()).toBe("PNG");
    }
  });

  test("marks mistakes", async () => {
    const out = temporaryFolder();
    const { accuracy: share } = await job("--epochs 1 --batch 320 --lr 0.001 --layers none", out);
    expect(share).toBeLessThan(1);
    const digits = readFileSync(join(out, "digits.svg"), "utf8");
    expect(digits).toContain("Mistakes: ");
    expect(digits).toContain('class="mistake"');
  });

  test("interrupted and resumed, it gives the same parameters as in one go", async () => {
    const whole = await job(flags, temporaryFolder());
    const out = temporaryFolder();
    const first = await job(flags, out, 27);
    expect(first.finished).toBe(false);
    expect([first.state.epoch, first.state.step]).toEqual([1, 5]);
    expect(first.lines.at(-1)).toBe(`Continue with: npm start -- --resume --out ${out}`);
    const second = await job("--resume", out, 5);
    expect(second.lines).toContain(
      `Resuming from ${join(out, "checkpoint.safetensors")}: after 1 epoch and 5 of 20 steps`,
    );
    const third = await job("--resume", out);
    expect(third.finished).toBe(true);
    expect(values(third)).toEqual(values(whole));
    expect(third.state.history.accuracies).toEqual(whole.state.history.accuracies);
  });

  test("a finished run can be resumed with more epochs, not with fewer or another network", async () => {
    const out = temporaryFolder();
    await job("--epochs 1 --batch 64 --layers 8", out);
    const saved = readFileSync(join(out, "checkpoint.safetensors"));
    await expect(job("--resume --layers 9", out)).rejects.toThrow(UsageError);
    await expect(job("--resume --seed 9", out)).rejects.toThrow(
      "--seed 9 does not fit the saved run, which has 0",
    );
    expect(readFileSync(join(out, "checkpoint.safetensors"))).toEqual(saved);
    expect((await job("--resume --epochs 2", out)).state.epoch).toBe(2);
    await expect(job("--resume --epochs 1", out)).rejects.toThrow(UsageError);
    expect((await job("--resume", out)).finished).toBe(true);
  });

  test("a damaged checkpoint is named and not touched; a new run keeps the old one", async () => {
    const out = temporaryFolder();
    const file = join(out, "checkpoint.safetensors");
    await expect(job("--resume", out)).rejects.toThrow(
      new FileError(`nothing to resume: cannot read ${file}: no such file or folder`),
    );
    await job("--epochs 1 --batch 64 --layers 8", out);
    const saved = readFileSync(file);
    truncateSync(file, 500);
    await expect(job("--resume", out)).rejects.toThrow(/checkpoint\.safetensors: damaged: /);
    expect(readFileSync(file)).toHaveLength(500);
    writeFileSync(file, saved);
    const again = await job("--epochs 1 --batch 64 --layers 8", out);
    expect(again.lines.join("\n")).toContain("The checkpoint of an earlier run is kept as");
    expect(readFileSync(join(out, "checkpoint.old.safetensors"))).toEqual(saved);
    // The network of another file does not fit.
    writeFileSync(file, readFileSync(join(out, "model.safetensors")));
    await expect(job("--resume", out)).rejects.toThrow("damaged or not a checkpoint of this program");
  });

  test("an output folder that cannot be made", async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, "file"), "");
    await expect(job("--epochs 1", join(out, "file", "sub"))).rejects.toThrow(
      `cannot make the folder ${join(out, "file", "sub")}: a file is in the way of the folder`,
    );
  });
});
