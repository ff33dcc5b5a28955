import { jit, jnp, type NDArray, optim, random, valueAndGrad } from "fluxion";
import { TrainingError } from "./errors.ts";
import type { Digits } from "./idx.ts";
import { initParams, logits, loss, type Params, toFloats } from "./model.ts";
import { nextTurn } from "./turn.ts";

export interface Settings {
  epochs: number;
  batch: number;
  lr: number;
  seed: number;
  /** Sizes of the hidden layers. */
  layers: number[];
}

/** All that a run has learnt and done: enough to continue it as if it had never stopped. */
export interface RunState {
  params: Params;
  optState: optim.OptState;
  /** Complete epochs, and steps done in the next one. */
  epoch: number;
  step: number;
  history: History;
}

export interface History {
  /** Mean training loss between two points, by steps since the start. */
  losses: [step: number, loss: number][];
  /** Test accuracy by epoch. */
  accuracies: [epoch: number, accuracy: number][];
}

/** A running sum of the loss, kept on the device so that steps need not wait for it. */
interface Metrics {
  loss: NDArray;
  steps: NDArray;
}

export interface Predictions {
  labels: Uint8Array;
  /** The probability given to the predicted digit. */
  confidence: Float32Array;
}

/** How many steps share one reading of the loss. */
const readEvery = 20;
/** The event loop gets a turn (Ctrl-C, the progress bar) at least this often, in milliseconds. */
const turnEvery = 40;

/** The compiled functions of a run. Image bytes go to the device as they are and become floats there. */
export class Trainer {
  readonly settings: Settings;
  readonly stepsPerEpoch: number;
  private readonly train: Digits;
  private readonly optimizer: optim.GradientTransformation;
  private readonly stepJit;
  private readonly predictJit;

  constructor(settings: Settings, train: Digits) {
    if (settings.batch > train.count) {
      throw new TrainingError(`a batch of ${settings.batch} is more than the ${train.count} training images`);
    }
    this.settings = settings;
    this.train = train;
    // The last batch of an epoch may be smaller: every image is used, at the price of a second compilation.
    this.stepsPerEpoch = Math.ceil(train.count / settings.batch);
    const size = train.side ** 2;
    this.optimizer = optim.adam(optim.cosineDecaySchedule(settings.lr, settings.epochs * this.stepsPerEpoch));
    const step = (
      params: Params,
      optState: optim.OptState,
      metrics: Metrics,
      pixels: NDArray,
      labels: NDArray,
    ): [Params, optim.OptState, Metrics] => {
      const images = toFloats(pixels.reshape(-1, size));
      const [value, gradients] = valueAndGrad(loss)(params, images, labels);
      const [updates, next] = this.optimizer.update(gradients, optState, params);
      return [
        optim.applyUpdates(params, updates),
        next,
        { loss: metrics.loss.add(value), steps: metrics.steps.add(1) },
      ];
    };
    this.stepJit = jit(step, { donateArgnums: [0, 1, 2] });
    this.predictJit = jit((params: Params, pixels: NDArray) => {
      const scores = logits(params, toFloats(pixels.reshape(-1, size)));
      const largest = scores.max(-1, { keepdims: true });
      return { labels: scores.argmax(-1), confidence: jnp.exp(scores.sub(largest)).sum(-1) };
    });
  }

  /** The state before the first step. */
  init(): RunState {
    const { seed, layers } = this.settings;
    const params = initParams(random.foldIn(random.key(seed), 0), [this.train.side ** 2, ...layers, 10]);
    return {
      params,
      optState: this.optimizer.init(params),
      epoch: 0,
      step: 0,
      history: { losses: [], accuracies: [] },
    };
  }

  /**
   * Trains to the end of the epoch, or until `interrupted` says so.
   *
   * @param onProgress called after each reading of the loss with the mean since the last
   * @returns the mean loss of the steps made; the state is updated in place
   * @throws TrainingError when the loss is no longer finite
   */
  async epoch(
    state: RunState,
    interrupted: () => boolean,
    onProgress: (state: RunState, loss: number) => void,
  ): Promise<number> {
    const { batch } = this.settings;
    const order = this.shuffled(state.epoch);
    const first = state.step;
    let metrics = zeroMetrics();
    let total = 0;
    let lastTurn = performance.now();
    const read = (): void => {
      const steps = Number(metrics.steps);
      if (steps === 0) return;
      const mean = Number(metrics.loss) / steps;
      const done = state.epoch * this.stepsPerEpoch + state.step;
      if (!Number.isFinite(mean)) {
        throw new TrainingError(`the loss became ${mean} before step ${done}: try a smaller --lr`);
      }
      total += mean * steps;
      state.history.losses.push([done, mean]);
      metrics = zeroMetrics();
      onProgress(state, mean);
    };
    while (state.step < this.stepsPerEpoch && !interrupted()) {
      const [pixels, labels] = this.gather(order.subarray(state.step * batch, (state.step + 1) * batch));
      [state.params, state.optState, metrics] = this.stepJit(
        state.params,
        state.optState,
        metrics,
        jnp.array(pixels),
        jnp.array(labels),
      );
      state.step++;
      if (state.step % readEvery === 0) read();
      if (performance.now() - lastTurn > turnEvery) {
        await nextTurn();
        lastTurn = performance.now();
      }
    }
    read();
    const made = state.step - first;
    if (state.step === this.stepsPerEpoch) {
      state.epoch++;
      state.step = 0;
    }
    return made === 0 ? Number.NaN : total / made;
  }

  /** What the network reads in images, a thousand at a time. */
  async predict(params: Params, { count, side, pixels }: Digits): Promise<Predictions> {
    const chunk = Math.min(1000, count);
    const size = side ** 2;
    const labels = new Uint8Array(count);
    const confidence = new Float32Array(count);
    for (let start = 0; start < count; start += chunk) {
      // The last chunk may overlap the one before it, so that all have one shape.
      const from = Math.min(start, count - chunk);
      const part = pixels.subarray(from * size, (from + chunk) * size);
      const found = this.predictJit(params, jnp.array(part));
      labels.set(found.labels.dataSync() as Int32Array, from);
      const sums = found.confidence.dataSync() as Float32Array;
      confidence.set(
        sums.map((sum) => 1 / sum),
        from,
      );
      await nextTurn();
    }
    return { labels, confidence };
  }

  /** The order of the training images in an epoch: it depends on the seed and the epoch alone. */
  private shuffled(epoch: number): Int32Array {
    const key = random.foldIn(random.foldIn(random.key(this.settings.seed), 1), epoch);
    return random.permutation(key, this.train.count).dataSync() as Int32Array;
  }

  private gather(indices: Int32Array): [pixels: Uint8Array, labels: Uint8Array] {
    const size = this.train.side ** 2;
    const pixels = new Uint8Array(indices.length * size);
    const labels = new Uint8Array(indices.length);
    indices.forEach((from, i) => {
      pixels.set(this.train.pixels.subarray(from * size, (from + 1) * size), i * size);
      labels[i] = this.train.labels[from];
    });
    return [pixels, labels];
  }
}

function zeroMetrics(): Metrics {
  return { loss: jnp.zeros([]), steps: jnp.zeros([], jnp.int32) };
}

/** The share of predictions that are right. */
export function accuracy(predicted: Uint8Array, labels: Uint8Array): number {
  return predicted.reduce((sum, label, i) => sum + (label === labels[i] ? 1 : 0), 0) / labels.length;
}
