/** What the page and the worker that trains say to each other. */

export interface WebSettings {
  epochs: number;
  batch: number;
  lr: number;
  seed: number;
  /** Sizes of the hidden layers. */
  layers: number[];
}

export type ToWorker =
  /** Trains, from the beginning or from where it was stopped. */
  | { kind: "start" }
  | { kind: "stop" }
  /** Forgets what was learnt; `folder` is the address of the data, `settings` are those of the next run. */
  | { kind: "reset"; folder: string; settings: WebSettings }
  /** Asks for the probability of each digit in an image of 28 x 28 bytes. */
  | { kind: "predict"; pixels: Uint8Array };

/** A test image that the network reads wrongly. */
export interface Mistake {
  pixels: Uint8Array;
  label: number;
  predicted: number;
}

export type FromWorker =
  | { kind: "loading"; loaded: number; total: number }
  | { kind: "ready"; parameters: number; stepsPerEpoch: number; trainImages: number }
  | { kind: "progress"; step: number; loss: number; imagesPerSecond: number; threads: number }
  | { kind: "accuracy"; step: number; accuracy: number; images: number; mistakes: Mistake[] }
  | { kind: "stopped"; finished: boolean }
  | { kind: "prediction"; probabilities: Float32Array }
  | { kind: "failed"; message: string };
