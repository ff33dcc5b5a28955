import type { ArrayLike, NDArray } from "../../core/array.ts";
import { isComplex } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { canonicalizeAxis, readOptions } from "../../numpy/arguments.ts";
import { conj } from "../../numpy/complex.ts";
import { fftn, ifftn } from "../../numpy/fft/complex.ts";
import { irfftn, rfftn } from "../../numpy/fft/real.ts";
import { expandDims, flip, squeeze } from "../../numpy/manipulation.ts";
import { promoteDTypesInexact, toArray } from "../../numpy/promote.ts";

/** All sums ("full"), those in the middle in the shape of the first operand ("same"), or those without padding ("valid"). */
export type ConvolveMode = "full" | "same" | "valid";
const modes: readonly ConvolveMode[] = ["full", "same", "valid"];
/** Sums as they are ("direct" and "auto") or by Fourier transforms. */
export type ConvolveMethod = "auto" | "direct" | "fft";

export interface ConvolveOptions {
  /** Default "full". */
  mode?: ConvolveMode;
  /** Default "auto". */
  method?: ConvolveMethod;
  precision?: lax.PrecisionLike;
}

export interface Convolve2dOptions {
  /** Default "full". */
  mode?: ConvolveMode;
  /** What is beyond the edges: "fill" is the only choice. */
  boundary?: "fill";
  /** The number that it is filled with: 0 is the only choice. */
  fillvalue?: 0;
  precision?: lax.PrecisionLike;
}

function checkMode(mode: string): void {
  if (!(modes as readonly string[]).includes(mode)) {
    throw new ValueError(`mode must be one of ['full', 'same', 'valid'], got '${String(mode)}'`);
  }
}

/** Whether the first shape holds the second (1), the second the first (-1), or neither (0). */
function containing(a: readonly number[], b: readonly number[]): 1 | -1 | 0 {
  if (a.every((n, i) => n >= b[i])) return 1;
  return a.every((n, i) => n <= b[i]) ? -1 : 0;
}

function direct(first: NDArray, second: NDArray, mode: ConvolveMode, precision?: lax.PrecisionLike): NDArray {
  checkMode(mode);
  if (first.ndim !== second.ndim) throw new ValueError("in1 and in2 must have the same number of dimensions");
  if (first.size === 0 || second.size === 0) {
    throw new ValueError(
      `zero-size arrays not supported in convolutions, got shapes (${first.shape}) and (${second.shape}).`,
    );
  }
  const [x, y] = promoteDTypesInexact([first, second]);
  const order = containing(x.shape, y.shape);
  if (order === 0) throw new ValueError("One input must be smaller than the other in every dimension.");
  const [large, small] = order === 1 ? [x, y] : [y, x];
  const padding = small.shape.map((n, k): [number, number] => {
    if (mode === "valid") return [0, 0];
    if (mode === "full") return [n - 1, n - 1];
    const before = n - 1 - Math.floor((y.shape[k] - 1) / 2);
    return [before, n - y.shape[k] + Math.floor((y.shape[k] - 1) / 2)];
  });
  const strides = small.shape.map(() => 1);
  const result = lax.convGeneralDilated(
    expandDims(large, [0, 1]),
    expandDims(flip(small), [0, 1]),
    strides,
    padding,
    precision === undefined ? {} : { precision },
  );
  return squeeze(result, [0, 1]);
}

/**
 * The convolution of two arrays of one rank by Fourier transforms.
 *
 * @param options the mode and the axes (default all; along the others shapes must be the same), by position or by name
 * @throws ValueError for shapes that do not fit or another mode
 * @example
 * ```ts
 * String(jnp.round(scipy.signal.fftconvolve(jnp.array([1, 2, 3]), jnp.array([1, 1])), 3)); // => "[1. 3. 5. 3.]"
 * ```
 */
export function fftconvolve(
  in1: ArrayLike,
  in2: ArrayLike,
  ...options: [
    (ConvolveMode | { mode?: ConvolveMode; axes?: number | readonly number[] | null })?,
    ...unknown[],
  ]
): NDArray {
  const o = readOptions<{ mode: ConvolveMode; axes: number | readonly number[] | null }>(
    "fftconvolve",
    ["mode", "axes"],
    options,
  );
  const { mode = "full" } = o;
  let [x, y] = promoteDTypesInexact([toArray(in1, "fftconvolve"), toArray(in2, "fftconvolve", 1)]);
  if (x.ndim !== y.ndim) throw new ValueError("in1 and in2 should have the same dimensionality");
  checkMode(mode);
  const all = x.shape.map((_, k) => k);
  const axes =
    o.axes === undefined || o.axes === null ? all : [o.axes].flat().map((k) => canonicalizeAxis(k, x.ndim));
  if (all.some((k) => !axes.includes(k) && x.shape[k] !== y.shape[k])) {
    throw new ValueError(
      `mapped axes must have same shape; got in1.shape=(${x.shape}) in2.shape=(${y.shape}) axes=${axes}`,
    );
  }
  const along = (a: NDArray): number[] => axes.map((k) => a.shape[k]);
  if (mode === "valid") {
    const order = containing(along(x), along(y));
    if (order === 0) {
      throw new ValueError(
        "For 'valid' mode, One input must be at least as large as the other in every dimension.",
      );
    }
    if (order === -1) [x, y] = [y, x];
  }
  const size = axes.map((k) => x.shape[k] + y.shape[k] - 1);
  let product: NDArray;
  if (axes.every((k) => x.shape[k] === 1 || y.shape[k] === 1)) product = x.mul(y);
  else {
    const complex = isComplex(x.dtype);
    const [forward, back] = complex ? [fftn, ifftn] : [rfftn, irfftn];
    product = back(forward(x, { s: size, axes }).mul(forward(y, { s: size, axes })), { s: size, axes });
  }
  const [start, limit] = [all.map(() => 0), [...product.shape]];
  axes.forEach((k, i) => {
    const n = mode === "full" ? size[i] : mode === "same" ? x.shape[k] : x.shape[k] - y.shape[k] + 1;
    start[k] = Math.floor((size[i] - n) / 2);
    limit[k] = start[k] + n;
  });
  return lax.slice(product, start, limit);
}

function readConvolve(
  name: string,
  options: readonly unknown[],
): Required<Omit<ConvolveOptions, "precision">> & ConvolveOptions {
  const o = readOptions<ConvolveOptions>(name, ["mode", "method", "precision"], options);
  return { mode: "full", method: "auto", ...o };
}

function convolved(x: NDArray, y: NDArray, o: ReturnType<typeof readConvolve>): NDArray {
  if (o.method === "fft") return fftconvolve(x, y, o.mode);
  if (o.method === "direct" || o.method === "auto") return direct(x, y, o.mode, o.precision);
  throw new ValueError(`Got method='${String(o.method)}'; expected 'auto', 'fft', or 'direct'.`);
}

/**
 * The convolution of two arrays of one rank.
 *
 * @param options the mode, the method and the precision, by position or by name
 * @throws ValueError for shapes that do not fit, or another mode or method
 * @example `String(scipy.signal.convolve(jnp.array([1, 2, 3]), jnp.array([1, 1]))); // => "[1. 3. 5. 3.]"`
 */
export function convolve(
  in1: ArrayLike,
  in2: ArrayLike,
  ...options: [(ConvolveMode | ConvolveOptions)?, ...unknown[]]
): NDArray {
  return convolved(toArray(in1, "convolve"), toArray(in2, "convolve", 1), readConvolve("convolve", options));
}

/**
 * The cross-correlation of two arrays of one rank: the {@link convolve} of the first with the second reversed and conjugated.
 *
 * @example `String(scipy.signal.correlate(jnp.array([1, 2, 3]), jnp.array([0, 1]), "same")); // => "[1. 2. 3.]"`
 */
export function correlate(
  in1: ArrayLike,
  in2: ArrayLike,
  ...options: [(ConvolveMode | ConvolveOptions)?, ...unknown[]]
): NDArray {
  const y = flip(conj(toArray(in2, "correlate", 1)));
  return convolved(toArray(in1, "correlate"), y, readConvolve("correlate", options));
}

function planes(
  name: string,
  in1: ArrayLike,
  in2: ArrayLike,
  options: readonly unknown[],
): { x: NDArray; y: NDArray; mode: ConvolveMode; precision?: lax.PrecisionLike } {
  const o = readOptions<Convolve2dOptions>(name, ["mode", "boundary", "fillvalue", "precision"], options);
  if ((o.boundary ?? "fill") !== "fill" || (o.fillvalue ?? 0) !== 0) {
    throw new NotImplementedError(`${name}() only supports boundary='fill', fillvalue=0`);
  }
  const [x, y] = [toArray(in1, name), toArray(in2, name, 1)];
  if (x.ndim !== 2 || y.ndim !== 2) throw new ValueError(`${name}() only supports 2-dimensional inputs.`);
  const { mode = "full", precision } = o;
  return { x, y, mode, precision };
}

/**
 * The convolution of two matrices, with zeros beyond the edges.
 *
 * @throws ValueError for other ranks
 * @throws NotImplementedError for other boundaries
 * @example `scipy.signal.convolve2d(jnp.ones([3, 4]), jnp.ones([2, 2])).shape; // => [4, 5]`
 */
export function convolve2d(
  in1: ArrayLike,
  in2: ArrayLike,
  ...options: [(ConvolveMode | Convolve2dOptions)?, ...unknown[]]
): NDArray {
  const { x, y, mode, precision } = planes("convolve2d", in1, in2, options);
  return direct(x, y, mode, precision);
}

/**
 * The cross-correlation of two matrices, with zeros beyond the edges.
 *
 * @throws ValueError for other ranks
 * @throws NotImplementedError for other boundaries
 * @example `scipy.signal.correlate2d(jnp.ones([3, 4]), jnp.ones([2, 2]), "valid").shape; // => [2, 3]`
 */
export function correlate2d(
  in1: ArrayLike,
  in2: ArrayLike,
  ...options: [(ConvolveMode | Convolve2dOptions)?, ...unknown[]]
): NDArray {
  const { x, y, mode, precision } = planes("correlate2d", in1, in2, options);
  const smaller = x.shape.every((n, k) => n <= y.shape[k]);
  const same = x.shape.every((n, k) => n === y.shape[k]);
  if (smaller && mode === "valid" && !same) return direct(flip(y), conj(x), mode, precision);
  if (smaller && mode === "full") return conj(direct(flip(y), conj(x), mode, precision));
  return flip(direct(flip(x), conj(y), mode, precision));
}
