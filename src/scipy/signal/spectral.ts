import type { ArrayLike, NDArray } from "../../core/array.ts";
import { type DType, isComplex, realDType, toComplexDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { get } from "../../numpy/access.ts";
import { canonicalizeAxis, readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { conj, real } from "../../numpy/complex.ts";
import { arange, array, zeros } from "../../numpy/creation.ts";
import { fft } from "../../numpy/fft/complex.ts";
import { fftfreq, rfftfreq } from "../../numpy/fft/frequencies.ts";
import { rfft } from "../../numpy/fft/real.ts";
import { concatenate, flip, moveaxis, pad } from "../../numpy/manipulation.ts";
import { convert, promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import { median } from "../../numpy/quantiles.ts";
import * as reductions from "../../numpy/reductions.ts";
import { type DetrendType, detrend as removeTrend } from "./detrend.ts";
import { type Window, windowArray, windowByName } from "./windows.ts";

/** What is subtracted from each segment: a trend by name, nothing, or what a function makes of it. */
export type Detrend = DetrendType | false | ((segments: NDArray) => NDArray);

interface SegmentOptions {
  /** The sampling frequency; default 1. */
  fs?: number;
  /** Default "hann". */
  window?: Window;
  /** The length of a segment; default 256 for {@link stft}, and the length of the data elsewhere. */
  nperseg?: number | null;
  /** How much segments overlap; default half their length. */
  noverlap?: number | null;
  /** The length of the transform; default that of a segment. */
  nfft?: number | null;
  /** Default "constant", and false for {@link stft}. */
  detrend?: Detrend;
  /** Only frequencies of at least 0, which are enough for real data; default true. */
  returnOnesided?: boolean;
  /** The axis of time; default -1. */
  axis?: number;
}

export interface SpectralOptions extends SegmentOptions {
  /** Power per frequency ("density", the default) or power ("spectrum"). */
  scaling?: "density" | "spectrum";
}

export interface CsdOptions extends SpectralOptions {
  /** How the spectra of segments are combined; default "mean". */
  average?: "mean" | "median";
}

/** How data goes on beyond its ends. */
export type Boundary = "even" | "odd" | "constant" | "zeros" | null;

export interface StftOptions extends SegmentOptions {
  /** Default "zeros". */
  boundary?: Boundary;
  /** Append zeros so that the last segment is whole; default true. */
  padded?: boolean;
}

interface Settings extends SpectralOptions {
  mode: "psd" | "stft";
  boundary: Boundary;
  padded: boolean;
}

function extended(x: NDArray, n: number, boundary: Boundary): NDArray {
  const widths = [...x.shape.slice(0, -1).map(() => [0, 0] as [number, number]), [n, n] as [number, number]];
  switch (boundary) {
    case null:
      return x;
    case "zeros":
      return pad(x, widths);
    case "constant":
      return pad(x, widths, { mode: "edge" });
    case "even":
      return pad(x, widths, { mode: "reflect" });
    case "odd": {
      const length = x.shape[x.ndim - 1];
      if (n < 1) return x;
      if (n > length - 1) {
        throw new ValueError(
          `The extension length n (${n}) is too big. It must not exceed x.shape[axis]-1, which is ${length - 1}.`,
        );
      }
      const part = (from: number, to: number): NDArray => lax.sliceInDim(x, from, to, { axis: x.ndim - 1 });
      const left = part(0, 1)
        .mul(2)
        .sub(flip(part(1, n + 1), -1));
      const right = part(length - 1, length)
        .mul(2)
        .sub(flip(part(length - n - 1, length - 1), -1));
      return concatenate([left, x, right], -1);
    }
    default:
      throw new ValueError(
        `Unknown boundary option '${String(boundary)}', must be one of: even, odd, constant, zeros, null`,
      );
  }
}

/** The window, and the length of a segment. */
function segmentWindow(
  window: Window,
  nperseg: number | null | undefined,
  length: number,
  dtype: DType,
): [window: NDArray, nperseg: number] {
  if (nperseg !== null && nperseg !== undefined && !(Number.isInteger(nperseg) && nperseg >= 1)) {
    throw new ValueError("nperseg must be a positive integer");
  }
  if (typeof window === "string") {
    const n = Math.min(nperseg ?? length, length);
    return [windowByName(window, n, dtype), n];
  }
  const given = windowArray(window as ArrayLike, dtype);
  if (length < given.size) throw new ValueError("window is longer than input signal");
  if ((nperseg ?? given.size) !== given.size) {
    throw new ValueError("value specified for nperseg is different from length of window");
  }
  return [given, given.size];
}

function detrender(kind: Detrend): (segments: NDArray) => NDArray {
  if (typeof kind === "function") return kind;
  if (typeof kind === "string") return (segments) => removeTrend(segments, { type: kind, axis: -1 });
  if (kind === false) return (segments) => segments;
  throw new ValueError(`Unsupported detrend type: ${String(kind)}`);
}

/** Overlapping segments along the last axis, as rows: `[..., n]` to `[..., segments, size]`. */
function segments(x: NDArray, size: number, step: number): NDArray {
  const starts: number[] = [];
  for (let i = 0; i + size <= x.shape[x.ndim - 1]; i += step) starts.push(i);
  const rows = array(starts.map((s) => Array.from({ length: size }, (_, k) => s + k)) as never, "int32");
  return get(x, "...", rows.reshape([starts.length, size]));
}

const transformed = (x: NDArray, n: number, oneSided: boolean): NDArray =>
  oneSided ? rfft(real(x), { n }) : fft(x, { n });

function spectrum(first: NDArray, second: NDArray | null, s: Settings): [NDArray, NDArray, NDArray] {
  const axis = canonicalizeAxis(s.axis ?? -1, first.ndim);
  if (second !== null && second.ndim !== first.ndim) {
    throw new ValueError(`two-arguments must have the same rank (${first.ndim} vs ${second.ndim}).`);
  }
  const promoted = promoteDTypesInexact(second === null ? [first] : [first, second]);
  const complexDtype = toComplexDType(promoted[0].dtype);
  const frequencyDtype = realDType(complexDtype);
  const [window, nperseg] = segmentWindow(
    s.window ?? "hann",
    s.nperseg,
    first.shape[axis],
    promoted[0].dtype,
  );
  const noverlap = s.noverlap ?? Math.floor(nperseg / 2);
  const nfft = s.nfft ?? nperseg;
  if (promoted.some((x) => x.size === 0)) {
    const shape = first.shape;
    return [zeros(shape, frequencyDtype), zeros(shape, frequencyDtype), zeros(shape, complexDtype)];
  }
  if (nfft < nperseg) throw new ValueError("nfft must be greater than or equal to nperseg.");
  if (noverlap >= nperseg) throw new ValueError("noverlap must be less than nperseg.");
  const step = nperseg - noverlap;

  let data = promoted.map((x) => moveaxis(x, axis, -1));
  const longest = Math.max(...data.map((x) => x.shape[x.ndim - 1]));
  const append = (x: NDArray, n: number): NDArray =>
    n === 0 ? x : pad(x, [...x.shape.slice(0, -1).map(() => [0, 0] as [number, number]), [0, n]]);
  data = data.map((x) => append(x, longest - x.shape[x.ndim - 1]));
  data = data.map((x) => extended(x, Math.floor(nperseg / 2), s.boundary));
  if (s.padded) {
    const n = data[0].shape[data[0].ndim - 1] - nperseg;
    const missing = (((-n % step) + step) % step) % nperseg;
    data = data.map((x) => append(x, missing));
  }
  const length = data[0].shape[data[0].ndim - 1];

  const { fs = 1, scaling = "density" } = s;
  if (scaling !== "density" && scaling !== "spectrum")
    throw new ValueError(`Unknown scaling: ${String(scaling)}`);
  const power =
    scaling === "density"
      ? bi.divide(1, reductions.sum(window.mul(window)).mul(fs))
      : bi.divide(1, lax.square(reductions.sum(window)));
  const scale = s.mode === "stft" ? lax.sqrt(real(power)) : power;
  const oneSided = (s.returnOnesided ?? true) && !isComplex(promoted[0].dtype);

  const trend = detrender(s.detrend ?? "constant");
  const spectra = data.map((x) => transformed(trend(segments(x, nperseg, step)).mul(window), nfft, oneSided));
  let result = spectra[0];
  if (second !== null) result = conj(result).mul(spectra[1]);
  else if (s.mode === "psd") result = conj(result).mul(result);
  result = result.mul(scale);
  if (oneSided && s.mode === "psd") {
    // The frequencies below 0 have the same power; 0 and the highest of an even length stand alone.
    const bins = result.shape[result.ndim - 1];
    const counts = Array.from({ length: bins }, (_, k) =>
      k === 0 || (nfft % 2 === 0 && k === bins - 1) ? 1 : 2,
    );
    result = result.mul(array(counts));
  }
  const half = nperseg / 2;
  const steps = Math.floor((length - nperseg) / step) + 1;
  let time = convert(arange(steps), frequencyDtype).mul(step).add(half).div(fs);
  if (s.boundary !== null) time = time.sub(half / fs);
  const frequencies = (oneSided ? rfftfreq : fftfreq)(nfft, { d: 1 / fs, dtype: frequencyDtype });
  // From [..., segments, frequencies] to segments last, and frequencies where time was.
  const turned = moveaxis(moveaxis(convert(result, complexDtype), -1, axis), -1, -1);
  const power1 = second === null && s.mode !== "stft" ? real(turned) : turned;
  return [frequencies, time, power1];
}

const segmentNames = ["fs", "window", "nperseg", "noverlap", "nfft", "detrend", "returnOnesided"];

/**
 * The short-time Fourier transform: frequencies, times, and the spectra of overlapping segments, with times along the last axis.
 *
 * @param options by position or by name; see {@link StftOptions}
 * @throws ValueError for lengths that do not fit, or another window, boundary or trend
 * @example
 * ```ts
 * const [frequencies, times, Z] = scipy.signal.stft(jnp.arange(16), { nperseg: 8 });
 * Z.shape; // => [5, 5]
 * ```
 */
export function stft(
  x: ArrayLike,
  ...options: [(number | StftOptions)?, ...unknown[]]
): [frequencies: NDArray, times: NDArray, Zxx: NDArray] {
  const o = readOptions<StftOptions>("stft", [...segmentNames, "boundary", "padded", "axis"], options);
  return spectrum(toArray(x, "stft"), null, {
    detrend: false,
    ...o,
    nperseg: o.nperseg ?? 256,
    boundary: o.boundary === undefined ? "zeros" : o.boundary,
    padded: o.padded ?? true,
    scaling: "spectrum",
    mode: "stft",
  });
}

/** By how much the median of n periodograms is off, as they are distributed exponentially. */
function medianBias(n: number): number {
  let bias = 1;
  for (let k = 2; k < n; k += 2) bias += 1 / (k + 1) - 1 / k;
  return bias;
}

/**
 * The cross power spectral density of two signals by Welch's method: frequencies and densities.
 *
 * @param y `null`: that of x with itself
 * @param options by position or by name; see {@link CsdOptions}
 * @throws ValueError for lengths that do not fit, or another window, trend, scaling or average
 * @example
 * ```ts
 * const [frequencies] = scipy.signal.csd(jnp.arange(8), jnp.arange(8), { nperseg: 4 });
 * String(frequencies); // => "[0.   0.25 0.5 ]"
 * ```
 */
export function csd(
  x: ArrayLike,
  y: ArrayLike | null,
  ...options: [(number | CsdOptions)?, ...unknown[]]
): [frequencies: NDArray, Pxy: NDArray] {
  const o = readOptions<CsdOptions>("csd", [...segmentNames, "scaling", "axis", "average"], options);
  const { average = "mean", ...settings } = o;
  if (average !== "mean" && average !== "median") {
    throw new ValueError(`average must be "median" or "mean", got ${String(average)}`);
  }
  const [frequencies, , spectra] = spectrum(toArray(x, "csd"), y === null ? null : toArray(y, "csd", 1), {
    ...settings,
    boundary: null,
    padded: false,
    mode: "psd",
  });
  if (spectra.ndim < 2 || spectra.size === 0) return [frequencies, spectra];
  const n = spectra.shape[spectra.ndim - 1];
  if (average === "mean") return [frequencies, reductions.mean(spectra, -1)];
  const middle = (z: NDArray): NDArray => median(z, { axis: -1 }).div(medianBias(n));
  if (!isComplex(spectra.dtype)) return [frequencies, middle(spectra)];
  return [frequencies, lax.complex(middle(lax.real(spectra)), middle(lax.imag(spectra)))];
}

/**
 * The power spectral density of a signal by Welch's method: frequencies and densities.
 *
 * Source: Welch, [The use of the fast Fourier transform for the estimation of power spectra](https://doi.org/10.1109/TAU.1967.1161901), 1967.
 *
 * @param options by position or by name; see {@link CsdOptions}
 * @example
 * ```ts
 * const [, power] = scipy.signal.welch(jnp.array([1, -1, 1, -1]), { window: "boxcar" });
 * String(power); // => "[0. 0. 4.]"
 * ```
 */
export function welch(
  x: ArrayLike,
  ...options: [(number | CsdOptions)?, ...unknown[]]
): [frequencies: NDArray, Pxx: NDArray] {
  const [frequencies, power] = csd(x, null, ...options);
  return [frequencies, real(power)];
}
