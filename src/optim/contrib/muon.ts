import type { NDArray } from "../../core/array.ts";
import type { DTypeLike } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { array } from "../../numpy/creation.ts";
import { norm } from "../../numpy/linalg/norms.ts";
import { matmul } from "../../numpy/products.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { vmap } from "../../transforms/vmap.ts";
import { map } from "../../tree/map.ts";
import { chain } from "../chain.ts";
import { castTree, leafArray, mapArrays, safeIncrement, zeroCount, zerosLike } from "../leaves.ts";
import { type Mask, MaskedNode } from "../masked.ts";
import { biasCorrection, nesterovMoment, updateMoment } from "../moments.ts";
import { adamw } from "../optimizers.ts";
import { partition } from "../partition.ts";
import { scaleByLearningRate, stateless } from "../scaling.ts";
import type { EmptyState, GradientTransformation, OptState, Scalar, ScalarOrSchedule } from "../types.ts";
import { addDecayedWeights } from "../weightDecay.ts";

/** Which axes of a weight are summed over and which are those of the output; all others are a batch of matrices. */
export class MuonDimensionNumbers {
  readonly reductionAxis: number | readonly number[];
  readonly outputAxis: number | readonly number[];
  constructor({
    reductionAxis = 0,
    outputAxis = 1,
  }: { reductionAxis?: number | readonly number[]; outputAxis?: number | readonly number[] } = {}) {
    this.reductionAxis = reductionAxis;
    this.outputAxis = outputAxis;
  }
}

/** Dimension numbers for all matrices, a tree of them (`null`: leave it to Adam) that is a prefix of the parameters, or a function that makes it. */
export type WeightDimensionNumbers = unknown;

type Coefficients = readonly [number, number, number];

const presets: Readonly<Record<string, Coefficients | readonly Coefficients[]>> = {
  standard: [3.4445, -4.775, 2.0315],
  dion: [
    [4.0848, -6.8946, 2.927],
    [3.9505, -6.3029, 2.6377],
    [3.7418, -5.5913, 2.3037],
    [2.8769, -3.1427, 1.2046],
    [2.8366, -3.0525, 1.2012],
  ],
};

/** How a matrix is brought to a norm of at most about 1 before the iteration. */
export type Preconditioning = "frobenius" | "spectral" | "aol" | "schatten";
const preconditionings: readonly Preconditioning[] = ["frobenius", "spectral", "aol", "schatten"];

export interface ScaleByMuonOptions {
  /** Coefficients of the polynomial: three, or three for each step, or the name of a preset, "standard" or "dion". */
  nsCoeffs?: Coefficients | readonly Coefficients[] | "standard" | "dion";
  /** How many steps; default 5. */
  nsSteps?: number;
  /** Decay of the momentum; default 0.95. */
  beta?: Scalar;
  /** Added to norms; default 1e-8. */
  eps?: number;
  /** The dtype of the momentum; default that of the parameters. */
  muDtype?: DTypeLike;
  /** Use Nesterov momentum; default true. */
  nesterov?: boolean;
  /** Scale the update by its inner product with the momentum; default false. */
  adaptive?: boolean;
  /** Default "frobenius". */
  preconditioning?: Preconditioning;
  /** Default: matrices, reduced over their first axis. */
  weightDimensionNumbers?: WeightDimensionNumbers;
}

/** The state of {@link scaleByMuon}. */
export interface MuonState {
  count: NDArray;
  mu: OptState;
  nsCoeffs: NDArray;
}

interface MatrixAxes {
  readonly reduction: readonly number[];
  readonly output: readonly number[];
  readonly batch: readonly number[];
}

function axesOf(x: NDArray, numbers: MuonDimensionNumbers): MatrixAxes {
  if (x.ndim < 2) throw new ValueError(`Muon optimized parameters must have rank >= 2, got ${x.ndim}.`);
  const axes = (a: number | readonly number[]): number[] =>
    [a].flat().map((k) => (((k as number) % x.ndim) + x.ndim) % x.ndim);
  const [reduction, output] = [axes(numbers.reductionAxis), axes(numbers.outputAxis)];
  if (reduction.some((k) => output.includes(k))) {
    throw new ValueError(
      `Reduction axes and output axes must be disjoint, got [${reduction}] and [${output}].`,
    );
  }
  const batch = x.shape.map((_, k) => k).filter((k) => !reduction.includes(k) && !output.includes(k));
  return { reduction, output, batch };
}

const product = (x: NDArray, axes: readonly number[]): number => axes.reduce((n, k) => n * x.shape[k], 1);

/** One step towards the nearest orthogonal matrix: an odd polynomial of degree 5 in the singular values. */
function newtonSchulz(x: NDArray, gram: NDArray, c: NDArray): NDArray {
  const b = gram.mul(c.get(1)).add(matmul(gram.mul(c.get(2)), gram));
  return x.mul(c.get(0)).add(matmul(b, x));
}

function orthogonalizeMatrix(
  matrix: NDArray,
  coefficients: NDArray,
  steps: number,
  preconditioning: Preconditioning,
  eps: number,
): NDArray {
  const tall = matrix.shape[0] > matrix.shape[1];
  let x = tall ? matrix.transpose() : matrix;
  const gramOf = (m: NDArray): NDArray => matmul(m, m.transpose());
  let gram: NDArray;
  if (preconditioning === "aol") {
    const raw = gramOf(x);
    const s = lax.rsqrt(bi.maximum(reductions.sum(un.absolute(raw), -1), 1e-8)).reshape([-1, 1]);
    x = x.mul(s);
    gram = raw.mul(s).mul(s.transpose());
  } else if (preconditioning === "schatten") {
    const raw = gramOf(x);
    const s = lax.rsqrt(bi.maximum(norm(raw, { ord: "fro" }), 1e-8));
    x = x.mul(s);
    gram = raw.mul(s.mul(s));
  } else {
    x = x.div(norm(x, { ord: preconditioning === "frobenius" ? "fro" : 2 }).add(eps));
    gram = gramOf(x);
  }
  const c = coefficients.astype(x.dtype);
  for (let i = 0; i < steps; i++) {
    x = newtonSchulz(x, i === 0 ? gram : gramOf(x), c.ndim === 1 ? c : c.get(i));
  }
  return tall ? x.transpose() : x;
}

/** The nearest matrices with singular values of about 1, of a batch of matrices whose axes are given. */
function orthogonalize(
  x: NDArray,
  numbers: MuonDimensionNumbers,
  coefficients: NDArray,
  o: { steps: number; preconditioning: Preconditioning; eps: number },
): NDArray {
  const { reduction, output, batch } = axesOf(x, numbers);
  const order = [...batch, ...reduction, ...output];
  const inverse = order.map((_, k) => order.indexOf(k));
  const flat = x.transpose(order).reshape([product(x, batch), product(x, reduction), product(x, output)]);
  const each = vmap((m: NDArray) => orthogonalizeMatrix(m, coefficients, o.steps, o.preconditioning, o.eps));
  return each(flat)
    .reshape(order.map((k) => x.shape[k]))
    .transpose(inverse);
}

/** The dimension numbers of each leaf, in the structure of the updates. */
function resolve(given: WeightDimensionNumbers, updates: unknown): unknown {
  const numbers = typeof given === "function" ? given(updates) : given;
  return numbers ?? new MuonDimensionNumbers();
}

const isNumbers = { isLeaf: (x: unknown) => x instanceof MuonDimensionNumbers || x instanceof MaskedNode };

function mapWeights<P>(
  f: (x: NDArray, numbers: MuonDimensionNumbers) => NDArray,
  updates: P,
  given: unknown,
): P {
  return map(
    (numbers: unknown, part: unknown) =>
      numbers instanceof MuonDimensionNumbers ? mapArrays((x) => f(x, numbers), part) : part,
    resolve(given, updates),
    updates,
    isNumbers,
  ) as P;
}

function coefficientsOf(given: ScaleByMuonOptions["nsCoeffs"], steps: number): NDArray {
  const values = typeof given === "string" ? presets[given] : (given ?? presets.standard);
  if (values === undefined) throw new ValueError(`Unknown nsCoeffs preset: ${String(given)}`);
  const c = array(values as never) as NDArray;
  if (c.ndim > 2 || c.shape[c.ndim - 1] !== 3) {
    throw new ValueError(`nsCoeffs must have shape (3,) or (n, 3), got (${c.shape})`);
  }
  if (c.ndim === 1) return c;
  if (c.shape[0] > steps) throw new ValueError(`Not enough coeffs to perform ${steps} steps`);
  return c;
}

/**
 * Replaces the momentum of each matrix by the nearest matrix with singular values of about 1. See {@link muon}.
 *
 * @throws ValueError for coefficients, axes or parameters that do not fit
 */
export function scaleByMuon(options: ScaleByMuonOptions = {}): GradientTransformation<MuonState> {
  const o = readOptions<ScaleByMuonOptions>("scaleByMuon", [], [options], scaleByMuonNames);
  const { nsSteps = 5, beta = 0.95, eps = 1e-8, muDtype, nesterov = true, preconditioning = "frobenius" } = o;
  if (!preconditionings.includes(preconditioning)) {
    throw new ValueError(`Unknown preconditioning ${String(preconditioning)}`);
  }
  return {
    init: (params) => ({
      count: zeroCount(),
      mu: zerosLike(params, muDtype),
      nsCoeffs: coefficientsOf(o.nsCoeffs, nsSteps),
    }),
    update(updates, state) {
      const mu = updateMoment(updates, state.mu, beta, 1);
      const count = safeIncrement(state.count);
      const muHat = nesterov ? nesterovMoment(updates, mu, beta, count) : biasCorrection(mu, beta, count);
      const settings = {
        steps: state.nsCoeffs.ndim === 2 ? state.nsCoeffs.shape[0] : nsSteps,
        preconditioning,
        eps,
      };
      let next = mapWeights(
        (x, numbers) => orthogonalize(x, numbers, state.nsCoeffs, settings),
        muHat,
        o.weightDimensionNumbers,
      );
      if (o.adaptive) next = mapArrays((x, y) => reductions.sum(x.mul(y)).mul(y), muHat, next);
      return [next as typeof updates, { count, mu: castTree(mu, muDtype), nsCoeffs: state.nsCoeffs }];
    },
  };
}
const scaleByMuonNames = [
  "nsCoeffs",
  "nsSteps",
  "beta",
  "eps",
  "muDtype",
  "nesterov",
  "adaptive",
  "preconditioning",
  "weightDimensionNumbers",
];

/**
 * Scales the update of each matrix by the root of its ratio of outputs to inputs, at least 1; or, with `consistentRms`, by the root of the larger
 * of the two times that number.
 */
export function scaleByShape(
  options: { weightDimensionNumbers?: WeightDimensionNumbers; consistentRms?: Scalar | null } = {},
): GradientTransformation<EmptyState> {
  const { weightDimensionNumbers, consistentRms } = options;
  return stateless((updates) =>
    mapWeights(
      (x, numbers) => {
        const { reduction, output } = axesOf(x, numbers);
        const [fanIn, fanOut] = [product(x, reduction), product(x, output)];
        if (consistentRms === undefined || consistentRms === null) {
          return x.mul(Math.sqrt(Math.max(1, fanOut / fanIn)));
        }
        return bi.multiply(bi.multiply(Math.sqrt(Math.max(fanIn, fanOut)), consistentRms), x);
      },
      updates,
      weightDimensionNumbers,
    ),
  );
}

export interface MuonOptions extends Omit<ScaleByMuonOptions, "weightDimensionNumbers"> {
  /** Decay of the weights, times the learning rate; default 0. */
  weightDecay?: ScalarOrSchedule;
  /** Which weights decay: see {@link masked}. */
  weightDecayMask?: Mask;
  /** The options of Adam for all other parameters. */
  adamB1?: Scalar;
  adamB2?: Scalar;
  adamEpsRoot?: Scalar;
  adamWeightDecay?: ScalarOrSchedule;
  /** Default: the same learning rate. */
  adamLearningRate?: ScalarOrSchedule | null;
  /** Which parameters are matrices, and how; default: all of two axes. */
  muonWeightDimensionNumbers?: WeightDimensionNumbers;
  /** See {@link scaleByShape}. */
  consistentRms?: Scalar | null;
}

/**
 * Muon: momentum whose matrices are made orthogonal, for the matrices of a network, and Adam for its other parameters.
 *
 * Source: Jordan, [Muon: An optimizer for hidden layers in neural networks](https://kellerjordan.github.io/posts/muon/), 2024.
 *
 * @throws ValueError for coefficients, axes or parameters that do not fit
 * @example
 * ```ts
 * const optimizer = optim.contrib.muon(0.02);
 * const params = { w: jnp.ones([2, 3]), b: jnp.zeros(3) };
 * const [updates] = optimizer.update(params, optimizer.init(params), params);
 * updates.w.shape; // => [2, 3]
 * ```
 */
export function muon(learningRate: ScalarOrSchedule, options: MuonOptions = {}): GradientTransformation {
  const o = readOptions<MuonOptions>(
    "muon",
    [],
    [options],
    [
      ...scaleByMuonNames.slice(0, -1),
      "weightDecay",
      "weightDecayMask",
      "adamB1",
      "adamB2",
      "adamEpsRoot",
      "adamWeightDecay",
      "adamLearningRate",
      "muonWeightDimensionNumbers",
      "consistentRms",
    ],
  );
  const { nsCoeffs, nsSteps, beta, eps = 1e-8, muDtype, nesterov = true, adaptive, preconditioning } = o;
  const given = o.muonWeightDimensionNumbers;
  /** The dimension numbers of each parameter, null for those that Adam gets. */
  const numbersOf = (params: unknown): unknown => {
    if (given === undefined || given === null) {
      return map((x: unknown) => (leafArray(x).ndim === 2 ? new MuonDimensionNumbers() : "adam"), params);
    }
    const prefix = typeof given === "function" ? given(params) : given;
    return map((numbers: unknown, part: unknown) => map(() => numbers ?? "adam", part), prefix, params, {
      isLeaf: (x: unknown) => x === null || x instanceof MuonDimensionNumbers,
    });
  };
  const numberLeaf = { isLeaf: (x: unknown) => x instanceof MuonDimensionNumbers };
  const labels = (params: unknown): unknown =>
    map((n: unknown) => (n instanceof MuonDimensionNumbers ? "muon" : "adam"), numbersOf(params), numberLeaf);
  // Inside the partition the other parameters are masked nodes, so only weights are left.
  const weightDimensionNumbers =
    given === undefined || given === null
      ? new MuonDimensionNumbers()
      : (updates: unknown) => maskedNumbers(numbersOf, updates);
  return partition(
    {
      muon: chain(
        scaleByMuon({
          nsCoeffs,
          nsSteps,
          beta,
          eps,
          muDtype,
          nesterov,
          adaptive,
          preconditioning,
          weightDimensionNumbers,
        }),
        scaleByShape({ weightDimensionNumbers, consistentRms: o.consistentRms }),
        addDecayedWeights(o.weightDecay ?? 0, { mask: o.weightDecayMask }),
        scaleByLearningRate(learningRate),
      ),
      adam: adamw(o.adamLearningRate ?? learningRate, {
        b1: o.adamB1,
        b2: o.adamB2,
        eps,
        epsRoot: o.adamEpsRoot,
        weightDecay: o.adamWeightDecay ?? 0,
        muDtype,
        nesterov,
      }),
    },
    labels,
  );
}

/** The dimension numbers of updates some of which are masked. */
function maskedNumbers(numbersOf: (params: unknown) => unknown, updates: unknown): unknown {
  return map((n: unknown) => (n === "adam" ? new MaskedNode() : n), numbersOf(updates), {
    isLeaf: (x: unknown) => x instanceof MuonDimensionNumbers,
  });
}
