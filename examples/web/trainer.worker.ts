// Trains the network of examples/mnist in a Web Worker, so that the page stays responsive.

import { jit, jnp, type NDArray, nn, threadCount } from "fluxion";
import type { Digits } from "../mnist/idx.ts";
import { countParameters, logits, type Params, toFloats } from "../mnist/model.ts";
import { accuracy, type RunState, Trainer } from "../mnist/train.ts";
import { fetchMnist, type Mnist } from "./load.ts";
import type { FromWorker, Mistake, ToWorker, WebSettings } from "./protocol.ts";

/** Milliseconds of training between two looks at the test images, and how many of these are looked at. */
const lookEvery = 2000;
const lookAt = 2000;
const mistakesShown = 22;

const post = (message: FromWorker): void => postMessage(message);

const probabilities = jit((params: Params, pixels: NDArray) =>
  nn.softmax(logits(params, toFloats(pixels.reshape(1, -1)))).reshape(-1),
);

/** One network and its training. */
class Run {
  private readonly data: Mnist;
  private readonly settings: WebSettings;
  /** Test images for the quick looks. */
  private readonly sample: Digits;
  private readonly trainer: Trainer;
  private readonly state: RunState;
  private stopRequested = false;
  private running: Promise<void> | null = null;

  constructor(data: Mnist, settings: WebSettings) {
    this.data = data;
    this.settings = settings;
    this.sample = sampleOf(data.test, lookAt);
    this.trainer = new Trainer(settings, data.train);
    this.state = this.trainer.init();
    post({
      kind: "ready",
      parameters: countParameters(this.state.params),
      stepsPerEpoch: this.trainer.stepsPerEpoch,
      trainImages: data.train.count,
    });
  }

  start(): void {
    this.stopRequested = false;
    this.running ??= this.train().finally(() => {
      this.running = null;
    });
  }

  async stop(): Promise<void> {
    this.stopRequested = true;
    await this.running;
  }

  predict(pixels: Uint8Array): Float32Array {
    return probabilities(this.state.params, jnp.array(pixels)).dataSync() as Float32Array;
  }

  private get step(): number {
    return this.state.epoch * this.trainer.stepsPerEpoch + this.state.step;
  }

  private async train(): Promise<void> {
    const { state, settings, data } = this;
    try {
      while (!this.stopRequested && state.epoch < settings.epochs) {
        const { epoch } = state;
        await this.trainUntil(performance.now() + lookEvery);
        await this.look(state.epoch > epoch ? data.test : this.sample);
      }
      post({ kind: "stopped", finished: state.epoch >= settings.epochs });
    } catch (error) {
      post({ kind: "failed", message: (error as Error).message });
    }
  }

  /** Trains to the end of the epoch or to the deadline. The loop gives messages a turn. */
  private async trainUntil(deadline: number): Promise<void> {
    let last = { step: this.step, time: performance.now() };
    await this.trainer.epoch(
      this.state,
      () => this.stopRequested || performance.now() > deadline,
      (_state, loss) => {
        const now = { step: this.step, time: performance.now() };
        const images = (now.step - last.step) * this.settings.batch;
        const imagesPerSecond = (1000 * images) / (now.time - last.time);
        post({ kind: "progress", step: now.step, loss, imagesPerSecond, threads: threadCount() });
        last = now;
      },
    );
  }

  /** Reads test images and tells the page how many were right and which were not. */
  private async look(digits: Digits): Promise<void> {
    const { labels } = await this.trainer.predict(this.state.params, digits);
    const size = digits.side ** 2;
    const mistakes: Mistake[] = [];
    for (let i = 0; i < digits.count && mistakes.length < mistakesShown; i++) {
      if (labels[i] === digits.labels[i]) continue;
      const pixels = digits.pixels.slice(i * size, (i + 1) * size);
      mistakes.push({ pixels, label: digits.labels[i], predicted: labels[i] });
    }
    const share = accuracy(labels, digits.labels);
    post({ kind: "accuracy", step: this.step, accuracy: share, images: digits.count, mistakes });
  }
}

/** Evenly spread: the later images of MNIST are easier than the first. */
function sampleOf(digits: Digits, count: number): Digits {
  const size = digits.side ** 2;
  const pixels = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * digits.count) / count);
    pixels.set(digits.pixels.subarray(from * size, (from + 1) * size), i * size);
    labels[i] = digits.labels[from];
  }
  return { count, side: digits.side, pixels, labels };
}

let data: Mnist | null = null;
let run: Run | null = null;

async function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case "reset": {
      const { folder, settings } = message;
      await run?.stop();
      data ??= await fetchMnist(new URL(folder), (loaded, total) => post({ kind: "loading", loaded, total }));
      run = new Run(data, settings);
      return;
    }
    case "start":
      run?.start();
      return;
    case "stop":
      await run?.stop();
      return;
    case "predict":
      if (run !== null) post({ kind: "prediction", probabilities: run.predict(message.pixels) });
  }
}

addEventListener("message", ({ data: message }: MessageEvent<ToWorker>) => {
  handle(message).catch((error: Error) => post({ kind: "failed", message: error.message }));
});
