/**
 * What a row of the benchmark is. A row names the work (a {@link Kernel}, which every peer implements) and says on which inputs it is done and
 * what the answer must be. Peers see inputs and parameters only; the reference stays with the harness.
 */

/** The pieces of work that peers implement; rows of different sizes share one. */
export const kernels = [
  "matmul",
  "matmulTransposed",
  "sgdStep",
  "adamStep",
  "fused",
  "fusedGrad",
  "softmax",
  "softmaxGrad",
  "layerNorm",
  "layerNormGrad",
  "gelu",
  "geluGrad",
  "sum",
  "sumRows",
  "sumColumns",
  "argmax",
  "cumsum",
  "sort",
  "transpose",
  "eagerAdd",
  "tenOps",
  "firstCall",
  "convNet",
  "convNetGrad",
  "conv",
  "convGrad",
  "perExampleGrads",
  "uniform",
  "normal",
  "transformer",
  "transformerGrad",
  "cholesky",
  "qr",
  "eigh",
  "svd",
  "lstm",
  "lstmGrad",
] as const;
export type Kernel = (typeof kernels)[number];

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
/** One array per name; images are NHWC, convolution kernels HWIO. */
export type Inputs = Record<string, Tensor>;
/** Numbers that the work depends on (learning rates, sizes). */
export type Parameters = Record<string, number>;

/** Judges the answers of one run; the error is relative to the largest magnitude of each answer. */
export type Verifier = (answers: readonly ArrayLike<number>[]) => Verdict;
export interface Verdict {
  readonly error: number;
  readonly correct: boolean;
}

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly kernel: Kernel;
  readonly unit: "ms" | "us";
  readonly parameters: Parameters;
  readonly inputs: () => Inputs;
  /** Computes the reference in float64, once; what it returns judges the answers of every peer. */
  readonly reference: (inputs: Inputs) => Verifier;
  /** What the row must do at the least, for rates: floating-point operations, or bytes read and written. */
  readonly work: { readonly flops: number } | { readonly bytes: number } | null;
}

export interface Group {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row[];
}
