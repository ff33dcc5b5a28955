import type { NDArray } from "../core/array.ts";
import { isFloating } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { at } from "../numpy/access.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { zeros, zerosLike } from "../numpy/creation.ts";
import { take } from "../numpy/indexing.ts";
import { moveaxis } from "../numpy/manipulation.ts";
import { evalShape } from "../transforms/makeJaxpr.ts";
import { leaves } from "../tree/flatten.ts";
import { map } from "../tree/map.ts";
import { leafArray, mapArrays } from "./leaves.ts";

/** How the results of parts of a batch become that of the whole, leaf by leaf. */
export interface Accumulator {
  /** The first state, from zeros in the shape of one result. */
  init(value: NDArray): NDArray;
  update(carry: NDArray, value: NDArray, index: NDArray): NDArray;
  finalize(carry: NDArray): NDArray;
}

/** The accumulators by name: the sum, the mean, a running mean, or the results one after the other along the first axis. */
export const AccumulationType = {
  SUM: "sum",
  MEAN: "mean",
  RUNNING_MEAN: "runningMean",
  CONCAT: "concat",
} as const;
export type AccumulationType = (typeof AccumulationType)[keyof typeof AccumulationType];

const floats = (x: NDArray): NDArray => {
  if (!isFloating(x.dtype))
    throw new ValueError("MEAN and RUNNING_MEAN accumulators require floating-point values.");
  return zerosLike(x);
};

function accumulatorOf(kind: unknown, parts: number): Accumulator {
  switch (kind) {
    case "sum":
      return { init: (x) => zerosLike(x), update: (c, x) => c.add(x), finalize: (c) => c };
    case "mean":
      return { init: floats, update: (c, x) => c.add(x), finalize: (c) => c.div(parts) };
    case "runningMean":
      return {
        init: floats,
        update: (c, x, i) => {
          const p = bi.divide(i, i.add(1));
          return c.mul(p).add(x.mul(bi.subtract(1, p)));
        },
        finalize: (c) => c,
      };
    case "concat":
      return {
        init: (x) => zeros([parts, ...x.shape], x.dtype),
        update: (c, x, i) => at(c, i).set(x),
        // The parts took every `parts`th example.
        finalize: (c) => moveaxis(c, 0, 1).reshape([-1, ...c.shape.slice(2)]),
      };
  }
  if (typeof kind === "object" && kind !== null && "init" in kind && "update" in kind)
    return kind as Accumulator;
  throw new ValueError(
    `Unknown accumulator: ${String(kind)}. It must be "sum", "mean", "runningMean" or "concat".`,
  );
}

export interface MicrobatchOptions {
  /** The batch axis of each of the arguments, or of all; default 0. */
  inAxes?: number | readonly number[];
  /** Stop after so many parts; the others count as padding. */
  numRealMicrobatches?: NDArray | number | null;
}

/**
 * Runs a function on parts of a batch, one after the other, and combines the results, so that memory is needed for one part only.
 *
 * @param argnums the arguments that hold a batch
 * @param microbatchSize the size of a part, which must divide the batch; `null`: all at once
 * @param accumulator how results are combined: one of {@link AccumulationType}, an {@link Accumulator}, or a tree of them in the structure of the
 * results or a prefix of it; default the sum
 * @throws ValueError when sizes do not fit
 * @example
 * ```ts
 * const loss = (w, x) => jnp.sum(x.mul(w));
 * const gradient = optim.microbatch(grad(loss), 1, 2);
 * String(gradient(2, jnp.arange(4))); // => "6.0"
 * ```
 */
export function microbatch<A extends unknown[], R>(
  fun: (...args: A) => R,
  argnums: number | readonly number[],
  microbatchSize: number | null,
  ...options: [(unknown | MicrobatchOptions)?, MicrobatchOptions?]
): (...args: A) => R {
  if (microbatchSize === null) return fun;
  const isSettings = (x: unknown): x is MicrobatchOptions =>
    typeof x === "object" && x !== null && ("inAxes" in x || "numRealMicrobatches" in x);
  const kind = isSettings(options[0]) || options[0] === undefined ? "sum" : options[0];
  const settings = isSettings(options[0]) ? options[0] : (options[1] ?? {});
  const { inAxes = 0, numRealMicrobatches } = readOptions<MicrobatchOptions>(
    "microbatch",
    [],
    [settings],
    ["inAxes", "numRealMicrobatches"],
  );
  const positions = [argnums].flat() as number[];
  const axes = typeof inAxes === "number" ? positions.map(() => inAxes) : inAxes;
  return (...args) => {
    const sizes = new Set(
      positions.flatMap((p, k) => leaves(args[p]).map((x) => leafArray(x).shape[axes[k]])),
    );
    if (sizes.size !== 1) {
      throw new ValueError(
        `Batch arguments must have equal-size batch axes, found ${[...sizes].join(", ")}.`,
      );
    }
    const [batch] = sizes;
    if (batch % microbatchSize !== 0) {
      throw new ValueError(`The batch size ${batch} must be divisible by microbatchSize ${microbatchSize}.`);
    }
    const parts = batch / microbatchSize;
    const split = (x: NDArray, axis: number): NDArray =>
      moveaxis(
        x.reshape([...x.shape.slice(0, axis), microbatchSize, parts, ...x.shape.slice(axis + 1)]),
        axis + 1,
        axis,
      );
    const shaped = args.map((x, i) => {
      const k = positions.indexOf(i);
      return k < 0 ? x : mapArrays((leaf) => split(leaf, axes[k]), x);
    });
    const part = (index: NDArray): R => {
      const chosen = shaped.map((x, i) => {
        const k = positions.indexOf(i);
        return k < 0 ? x : mapArrays((leaf) => take(leaf, index, axes[k]), x);
      });
      return fun(...(chosen as A));
    };
    const shapes = evalShape(part as never, lax.full([], 0, "int32") as never) as R;
    const isAccumulator = (x: unknown): boolean => typeof x === "object" && x !== null && "update" in x;
    // The accumulators are a prefix of the results.
    const each = (f: (a: Accumulator, ...xs: NDArray[]) => NDArray, ...trees: unknown[]): unknown =>
      map(
        (k: unknown, ...subtrees: unknown[]) => {
          const a = accumulatorOf(k, parts);
          return mapArrays((...xs) => f(a, ...xs), subtrees[0], ...subtrees.slice(1));
        },
        kind,
        ...trees,
        { isLeaf: isAccumulator },
      );
    const blank = map(
      (s: { shape: number[]; dtype: string }) => zeros(s.shape, s.dtype as never),
      shapes as never,
    );
    const start = each((a, x) => a.init(x), blank);
    const body = (index: NDArray, carry: unknown): unknown =>
      each((a, c, x) => a.update(c, x, index), carry, part(index));
    const end = lax.foriLoop(0, (numRealMicrobatches ?? parts) as number, body as never, start as never);
    return each((a, c) => a.finalize(c), end) as R;
  };
}
