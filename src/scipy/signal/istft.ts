import type { ArrayLike, NDArray } from "../../core/array.ts";
import { realDType, toComplexDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { at } from "../../numpy/access.ts";
import { canonicalizeAxis, readOptions } from "../../numpy/arguments.ts";
import { arange, zeros } from "../../numpy/creation.ts";
import { ifft } from "../../numpy/fft/complex.ts";
import { irfft } from "../../numpy/fft/real.ts";
import { moveaxis } from "../../numpy/manipulation.ts";
import { broadcastToShape, convert, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { where } from "../../numpy/where.ts";
import { type Window, windowArray, windowByName } from "./windows.ts";

export interface IstftOptions {
  /** The sampling frequency; default 1. */
  fs?: number;
  /** As it was for the transform; default "hann". */
  window?: Window;
  /** The length of a segment; default what the number of frequencies says. */
  nperseg?: number | null;
  /** How much segments overlap; default half their length. */
  noverlap?: number | null;
  /** The length of the transform. */
  nfft?: number | null;
  /** Whether there are only frequencies of at least 0; default true. */
  inputOnesided?: boolean;
  /** Whether the signal was extended at its ends; default true. */
  boundary?: boolean;
  /** The axes; default -1 and -2. */
  timeAxis?: number;
  freqAxis?: number;
}
const names = [
  "fs",
  "window",
  "nperseg",
  "noverlap",
  "nfft",
  "inputOnesided",
  "boundary",
  "timeAxis",
  "freqAxis",
];

/** The sum of segments `[..., n, size]`, each `step` later than the one before. */
function overlapAndAdd(x: NDArray, step: number): NDArray {
  const [n, size] = x.shape.slice(-2);
  const batch = x.shape.slice(0, -2);
  const places = arange(n).mul(step).reshape([n, 1]).add(arange(size)).ravel();
  const sum = zeros([...batch, step * (n - 1) + size], x.dtype);
  return at(sum, "...", places).add(x.reshape([...batch, n * size]));
}

/**
 * The signal of a short-time Fourier transform (see {@link stft}): times and values.
 *
 * @param Zxx of at least two axes
 * @param options by position or by name; see {@link IstftOptions}
 * @throws ValueError for lengths that do not fit
 * @example
 * ```ts
 * const [, , Z] = scipy.signal.stft(jnp.arange(16), { nperseg: 8 });
 * const [, x] = scipy.signal.istft(Z, { nperseg: 8 });
 * Math.round(x.get(5).item()); // => 5
 * ```
 */
export function istft(
  Zxx: ArrayLike,
  ...options: [(number | IstftOptions)?, ...unknown[]]
): [times: NDArray, x: NDArray] {
  const o = readOptions<IstftOptions>("istft", names, options);
  const { fs = 1, window = "hann", inputOnesided = true, boundary = true } = o;
  const given = toArray(Zxx, "istft");
  if (given.ndim < 2) throw new ValueError("Input stft must be at least 2d!");
  const freqAxis = canonicalizeAxis(o.freqAxis ?? -2, given.ndim);
  const timeAxis = canonicalizeAxis(o.timeAxis ?? -1, given.ndim);
  if (freqAxis === timeAxis) throw new ValueError("Must specify differing time and frequency axes!");
  const Z = convert(given, toComplexDType(given.dtype));
  const bins = Z.shape[freqAxis];
  const usual = inputOnesided ? 2 * (bins - 1) : bins;
  const nperseg = o.nperseg ?? usual;
  if (!(Number.isInteger(nperseg) && nperseg >= 1))
    throw new ValueError("nperseg must be a positive integer");
  const nfft = o.nfft ?? (inputOnesided && nperseg === usual + 1 ? usual + 1 : usual);
  if (nfft < nperseg) {
    throw new ValueError(`FFT length (${nfft}) must be longer than nperseg (${nperseg}).`);
  }
  const noverlap = o.noverlap ?? Math.floor(nperseg / 2);
  if (noverlap >= nperseg) throw new ValueError("noverlap must be less than nperseg.");
  const step = nperseg - noverlap;

  // [..., segments, frequencies]
  const rows = moveaxis(Z, [timeAxis, freqAxis], [-2, -1]);
  const whole = inputOnesided ? irfft(rows, { n: nfft }) : ifft(rows, { n: nfft });
  const parts = lax.sliceInDim(whole, 0, nperseg, { axis: whole.ndim - 1 });
  const real = realDType(Z.dtype);
  const weights =
    typeof window === "string" ? windowByName(window, nperseg, real) : windowArray(window as ArrayLike, real);
  if (weights.size !== nperseg) throw new ValueError(`window must have length of ${nperseg}`);

  let x = overlapAndAdd(parts.mul(reductions.sum(weights)).mul(weights), step);
  const squares = broadcastToShape(lax.square(weights), parts.shape.slice(-2));
  let norm = overlapAndAdd(squares, step);
  if (boundary) {
    const half = Math.floor(nperseg / 2);
    const inner = (y: NDArray): NDArray =>
      lax.sliceInDim(y, half, Math.max(y.shape[y.ndim - 1] - half, half), { axis: y.ndim - 1 });
    [x, norm] = [inner(x), inner(norm)];
  }
  x = x.div(where(norm.gt(1e-10), norm, 1));
  const times = arange(x.shape[x.ndim - 1])
    .astype(real)
    .div(fs);
  const place = freqAxis < timeAxis ? timeAxis - 1 : timeAxis;
  return [times, x.ndim > 1 ? moveaxis(x, -1, place) : x];
}
