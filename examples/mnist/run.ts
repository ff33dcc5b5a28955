import { join } from "node:path";
import { defaults, type Options } from "./args.ts";
import { keepOld, loadCheckpoint, restore, saveCheckpoint, saveModel } from "./checkpoint.ts";
import { drawCurves } from "./curves.ts";
import type { Mnist } from "./data.ts";
import { drawDigits } from "./digits.ts";
import { FileError, UsageError } from "./errors.ts";
import { makeFolder, writeAtomically } from "./files.ts";
import { countParameters } from "./model.ts";
import { renderPng } from "./png.ts";
import { followEpoch, thousands } from "./progress.ts";
import { accuracy, type Predictions, type RunState, type Settings, Trainer } from "./train.ts";

/** Where a run speaks to the outside. */
export interface Surroundings {
  write(line: string): void;
  /** Whether a live progress bar can be shown. */
  terminal: boolean;
  /** True once the user has asked to stop. */
  interrupted(): boolean;
}

export interface Outcome {
  state: RunState;
  trainer: Trainer;
  finished: boolean;
  accuracy: number | null;
}

const fileNames = {
  checkpoint: "checkpoint.safetensors",
  model: "model.safetensors",
  curves: "curves",
  digits: "digits",
};

/** Trains, evaluates after each epoch, saves, and draws: the whole job. */
export async function run(
  options: Options,
  data: Mnist,
  { write, terminal, interrupted }: Surroundings,
): Promise<Outcome> {
  const file = (name: string): string => join(options.out, name);
  const checkpointFile = file(fileNames.checkpoint);
  if (!options.resume) makeFolder(options.out);
  const { settings, trainer, state } = options.resume
    ? resume(options, data, checkpointFile)
    : begin(options, data);
  write(describe(settings, data, state));
  if (options.resume) write(`Resuming from ${checkpointFile}: ${position(state, trainer)}`);
  let mine = options.resume;
  const save = (): void => {
    const old = mine ? null : keepOld(checkpointFile);
    if (old !== null) write(`The checkpoint of an earlier run is kept as ${old}`);
    mine = true;
    saveCheckpoint(checkpointFile, settings, state);
  };

  let predicted: Predictions | null = null;
  while (state.epoch < settings.epochs && !interrupted()) {
    const started = performance.now();
    const progress = followEpoch(
      {
        epoch: state.epoch + 1,
        epochs: settings.epochs,
        stepsPerEpoch: trainer.stepsPerEpoch,
        firstStep: state.step,
        batch: settings.batch,
      },
      terminal,
      write,
    );
    let mean: number;
    try {
      mean = await trainer.epoch(state, interrupted, ({ step }, loss) => progress.update(step, loss));
    } finally {
      progress.stop();
    }
    if (state.step > 0) break;
    predicted = await trainer.predict(state.params, data.test);
    const share = accuracy(predicted.labels, data.test.labels);
    state.history.accuracies.push([state.epoch, share]);
    save();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    write(
      `epoch ${state.epoch}/${settings.epochs}  training loss ${mean.toFixed(4)}  ` +
        `test accuracy ${percent(share)}  ${seconds} s`,
    );
  }

  if (state.epoch < settings.epochs) {
    save();
    const flag = options.out === defaults.out ? "" : ` --out ${options.out}`;
    write(`Stopped ${position(state, trainer)}. Saved to ${checkpointFile}`);
    write(`Continue with: npm start -- --resume${flag}`);
    return { state, trainer, finished: false, accuracy: null };
  }
  predicted ??= await trainer.predict(state.params, data.test);
  const share = accuracy(predicted.labels, data.test.labels);
  saveModel(file(fileNames.model), state.params, {
    network: sizes(settings, data).join("-"),
    test_accuracy: String(share),
  });
  const title = `A ${sizes(settings, data).join("-")} perceptron on MNIST`;
  const subtitle =
    `${percent(share)} of ${thousands(data.test.count)} test images read correctly after ${count(settings.epochs, "epoch")}, ` +
    `seed ${settings.seed}`;
  const curves = drawCurves({
    history: state.history,
    stepsPerEpoch: trainer.stepsPerEpoch,
    title,
    subtitle,
  });
  const digits = drawDigits(data.test, predicted, subtitle);
  for (const [name, svg] of [
    [fileNames.curves, curves],
    [fileNames.digits, digits],
  ]) {
    writeAtomically(file(`${name}.svg`), svg);
    writeAtomically(file(`${name}.png`), renderPng(svg));
  }
  write(`Test accuracy ${percent(share)} on ${thousands(data.test.count)} images.`);
  write(`Parameters   ${file(fileNames.model)}`);
  write(`Curves       ${file("curves.png")}, ${file("curves.svg")}`);
  write(`Test digits  ${file("digits.png")}, ${file("digits.svg")}`);
  return { state, trainer, finished: true, accuracy: share };
}

function begin(options: Options, data: Mnist) {
  const settings: Settings = {
    epochs: options.epochs ?? defaults.epochs,
    batch: options.batch ?? defaults.batch,
    lr: options.lr ?? defaults.lr,
    seed: options.seed ?? defaults.seed,
    layers: options.layers ?? [...defaults.layers],
  };
  const trainer = new Trainer(settings, data.train);
  return { settings, trainer, state: trainer.init() };
}

/** The saved run with the options given now; those that would make it another network or another order of images cannot change. */
function resume(options: Options, data: Mnist, file: string) {
  const checkpoint = loadCheckpoint(file);
  const saved = checkpoint.settings;
  for (const name of ["batch", "seed", "layers"] as const) {
    const given = options[name];
    if (given !== null && String(given) !== String(saved[name])) {
      throw new UsageError(
        `--${name} ${given} does not fit the saved run, which has ${saved[name]}: leave it out`,
      );
    }
  }
  const settings: Settings = { ...saved, epochs: options.epochs ?? saved.epochs, lr: options.lr ?? saved.lr };
  if (settings.epochs < checkpoint.epoch + (checkpoint.step > 0 ? 1 : 0)) {
    throw new UsageError(
      `--epochs ${settings.epochs}: the saved run is already in epoch ${checkpoint.epoch + 1}`,
    );
  }
  const trainer = new Trainer(settings, data.train);
  if (checkpoint.step >= trainer.stepsPerEpoch) {
    throw new FileError(
      `${file}: was saved at step ${checkpoint.step} of an epoch, but there are only ${trainer.stepsPerEpoch}`,
    );
  }
  return { settings, trainer, state: restore(checkpoint, trainer.init(), file) };
}

function sizes(settings: Settings, data: Mnist): number[] {
  return [data.train.side ** 2, ...settings.layers, 10];
}

function describe(settings: Settings, data: Mnist, state: RunState): string {
  const { train, test } = data;
  return (
    `MNIST: ${thousands(train.count)} training images, ${thousands(test.count)} test images.\n` +
    `Network ${sizes(settings, data).join("-")} with ${thousands(countParameters(state.params))} parameters; ` +
    `Adam, learning rate ${settings.lr}, batches of ${settings.batch}, ${count(settings.epochs, "epoch")}, seed ${settings.seed}.`
  );
}

function position({ epoch, step }: RunState, { stepsPerEpoch }: Trainer): string {
  const epochs = `after ${count(epoch, "epoch")}`;
  return step === 0 ? epochs : `${epochs} and ${step} of ${stepsPerEpoch} steps`;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
