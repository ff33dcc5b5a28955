import type { NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { ones } from "../../numpy/creation.ts";
import { expandDims } from "../../numpy/manipulationShape.ts";
import type { Layer, NoParams } from "./layer.ts";

export interface PoolOptions {
  /** One step for each spatial dimension; default 1. */
  strides?: readonly number[] | null;
  /** Default "VALID". */
  padding?: "SAME" | "VALID";
  /** The layout, such as "NCHW"; default the batch first and the channels last. */
  spec?: string | null;
}
type Options = [(readonly number[] | null | PoolOptions)?, ...unknown[]];
type Rescale = (sums: NDArray, inputs: NDArray, pool: Pool) => NDArray;

/** How windows move: over space, and over all axes. */
interface Pool {
  readonly padding: "SAME" | "VALID";
  readonly outside: readonly number[];
  readonly space: { readonly window: readonly number[]; readonly strides: readonly number[] };
  readonly all: { readonly window: readonly number[]; readonly strides: readonly number[] };
}

function readPool(where: string, windowShape: readonly number[], options: Options): Pool {
  if (!Array.isArray(windowShape)) {
    throw new TypeError(`${where}: windowShape must be a list of sizes, got ${typeof windowShape}.`);
  }
  const o = readOptions<PoolOptions>(where, ["strides", "padding", "spec"], options);
  const strides = o.strides ?? windowShape.map(() => 1);
  if (strides.length !== windowShape.length) {
    throw new ValueError(
      `${where}: strides [${strides}] must have the length of windowShape [${windowShape}], a number for each spatial dimension.`,
    );
  }
  const spec = o.spec ?? null;
  if (spec !== null && !(spec.includes("N") && spec.includes("C"))) {
    throw new ValueError(`${where}: spec must name the axes N and C, got '${spec}'.`);
  }
  const outside = spec === null ? [0, windowShape.length + 1] : [spec.indexOf("N"), spec.indexOf("C")];
  outside.sort((a, b) => a - b);
  const overAll = (list: readonly number[]): number[] =>
    outside.reduce((sizes, axis) => [...sizes.slice(0, axis), 1, ...sizes.slice(axis)], [...list]);
  return {
    padding: o.padding ?? "VALID",
    outside,
    space: { window: windowShape, strides },
    all: { window: overAll(windowShape), strides: overAll(strides) },
  };
}

const total = (x: NDArray, { window, strides }: Pool["all"], padding: "SAME" | "VALID"): NDArray =>
  lax.reduceWindow(x, 0, lax.add, window, strides, padding);

function poolingLayer(pool: Pool, apply: (inputs: NDArray) => NDArray): Layer<NoParams> {
  const { window, strides } = pool.all;
  return [
    (_rng, inputShape) => {
      const pads = lax.padtypeToPads(inputShape, window, strides, pool.padding);
      return [lax.reduceWindowShapeTuple(inputShape, window, strides, pads), []];
    },
    (_params, inputs) => apply(inputs),
  ];
}

/**
 * The largest element of each window, for each channel.
 *
 * @param windowShape a size for each spatial dimension
 * @throws ValueError for strides of another length and a layout without N and C
 * @example
 * ```ts
 * const [initFun, applyFun] = exampleLibraries.stax.MaxPool([2, 2], { strides: [2, 2] });
 * initFun(random.key(0), [1, 4, 4, 3])[0]; // => [1, 2, 2, 3]
 * applyFun([], jnp.arange(16).astype("float32").reshape(1, 4, 4, 1)).ravel(); // => Array([ 5.,  7., 13., 15.], dtype=float32)
 * ```
 */
export function MaxPool(windowShape: readonly number[], ...options: Options): Layer<NoParams> {
  const pool = readPool("MaxPool", windowShape, options);
  const { window, strides } = pool.all;
  return poolingLayer(pool, (x) =>
    lax.reduceWindow(x, Number.NEGATIVE_INFINITY, lax.max, window, strides, pool.padding),
  );
}

/**
 * The sum of each window, for each channel; see {@link MaxPool}.
 *
 * @example
 * ```ts
 * const [, applyFun] = exampleLibraries.stax.SumPool([2]);
 * applyFun([], jnp.array([[[1], [2], [4]]])).ravel(); // => Array([3., 6.], dtype=float32)
 * ```
 */
export function SumPool(windowShape: readonly number[], ...options: Options): Layer<NoParams> {
  const pool = readPool("SumPool", windowShape, options);
  return poolingLayer(pool, (x) => total(x, pool.all, pool.padding));
}

/**
 * The mean of each window, for each channel; padding does not count. See {@link MaxPool}.
 *
 * @example
 * ```ts
 * const [, applyFun] = exampleLibraries.stax.AvgPool([2], { padding: "SAME" });
 * applyFun([], jnp.array([[[1], [2], [4]]])).ravel(); // => Array([1.5, 3. , 4. ], dtype=float32)
 * ```
 */
export function AvgPool(windowShape: readonly number[], ...options: Options): Layer<NoParams> {
  const pool = readPool("AvgPool", windowShape, options);
  return poolingLayer(pool, (x) => meanOfWindows(total(x, pool.all, pool.padding), x, pool));
}

const meanOfWindows: Rescale = (sums, inputs, { outside, space, padding }) => {
  const inside = inputs.shape.filter((_, k) => !outside.includes(k));
  const sizes = total(ones(inside, inputs.dtype), space, padding);
  return bi.divide(sums, expandDims(sizes, outside));
};
