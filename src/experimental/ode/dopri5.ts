import type { NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import * as reductions from "../../numpy/reductions.ts";
import { where } from "../../numpy/where.ts";

// Dormand and Prince's method of order 5 with an error estimate of order 4, for vectors.

/** The right-hand side. */
export type Slope = (y: NDArray, t: NDArray) => NDArray;

const nodes = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const stages = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const solution = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0];
const embedded = [1951 / 21600, 0, 22642 / 50085, 451 / 720, -12231 / 42400, 649 / 6300, 1 / 60];
/** The solution in the middle of a step, for interpolation (Shampine). */
const middle = [
  6025192743 / 30085553152 / 2,
  0,
  51252292925 / 65400821598 / 2,
  -2691868925 / 45128329728 / 2,
  187940372067 / 1594534317056 / 2,
  -1776094331 / 19743644256 / 2,
  11237099 / 235043384 / 2,
];

function combination(weights: readonly number[], slopes: readonly NDArray[]): NDArray {
  return weights
    .map((w, i) => ({ w, k: slopes[i] }))
    .filter(({ w }) => w !== 0)
    .map(({ w, k }) => k.mul(w))
    .reduce((a, b) => a.add(b));
}

export interface Step {
  y: NDArray;
  slope: NDArray;
  error: NDArray;
  /** The slopes of all stages. */
  slopes: readonly NDArray[];
}

export function step(f: Slope, y: NDArray, slope: NDArray, t: NDArray, dt: NDArray): Step {
  const h = dt.astype(y.dtype);
  const slopes = [slope];
  for (const [i, weights] of stages.entries()) {
    slopes.push(f(y.add(h.mul(combination(weights, slopes))), t.add(dt.mul(nodes[i]))));
  }
  const error = solution.map((w, i) => w - embedded[i]);
  return {
    y: y.add(h.mul(combination(solution, slopes))),
    slope: slopes[6],
    error: h.mul(combination(error, slopes)),
    slopes,
  };
}

/** A polynomial of degree 4 on [0, 1] through both ends of a step and its middle; the highest power first. */
export function interpolation(y0: NDArray, next: Step, dt: NDArray): NDArray[] {
  const h = dt.astype(y0.dtype);
  const mid = y0.add(h.mul(combination(middle, next.slopes)));
  const [d0, d1, y1] = [h.mul(next.slopes[0]), h.mul(next.slope), next.y];
  return [
    d1.sub(d0).mul(2).sub(y0.add(y1).mul(8)).add(mid.mul(16)),
    d0.mul(5).sub(d1.mul(3)).add(y0.mul(18)).add(y1.mul(14)).sub(mid.mul(32)),
    d1.sub(d0.mul(4)).sub(y0.mul(11)).sub(y1.mul(5)).add(mid.mul(16)),
    d0,
    y0,
  ];
}

export interface Tolerance {
  rtol: number;
  atol: number;
}

const size = (x: NDArray): NDArray => lax.sqrt(reductions.sum(lax.square(lax.abs(x))));

/** The root mean square of the error over what is allowed; a step is good up to 1. */
export function errorRatio(error: NDArray, { rtol, atol }: Tolerance, y0: NDArray, y1: NDArray): NDArray {
  const allowed = bi.maximum(lax.abs(y0), lax.abs(y1)).mul(rtol).add(atol);
  return lax.sqrt(reductions.mean(lax.square(lax.abs(error).div(allowed))));
}

/** The next step, of the error that is allowed, but at most ten times as long and at least a fifth. */
export function nextStep(dt: NDArray, ratio: NDArray, longest: number): NDArray {
  const least = where(ratio.lt(1), 1, 0.2);
  const factor = bi.minimum(10, bi.maximum(ratio.pow(-1 / 5).mul(0.9), least));
  const scaled = where(ratio.eq(0), dt.mul(10), dt.mul(factor.astype(dt.dtype)));
  return bi.minimum(bi.maximum(scaled, 0), longest);
}

/**
 * Source: Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, section II.4, 1993.
 *
 * @returns the length of the first step
 */
export function firstStep(f: Slope, y: NDArray, slope: NDArray, t: NDArray, tolerance: Tolerance): NDArray {
  const scale = lax.abs(y).mul(tolerance.rtol).add(tolerance.atol);
  const [d0, d1] = [size(y.div(scale)), size(slope.div(scale))];
  const tiny = bi.logicalOr(d0.lt(1e-5), d1.lt(1e-5));
  const h0 = where(tiny, 1e-6, d0.div(d1).mul(0.01));
  const ahead = f(y.add(slope.mul(h0)), t.add(h0.astype(t.dtype)));
  const d2 = size(ahead.sub(slope).div(scale)).div(h0);
  const flat = bi.logicalAnd(d1.le(1e-15), d2.le(1e-15));
  const h1 = where(flat, bi.maximum(1e-6, h0.mul(1e-3)), bi.divide(0.01, bi.maximum(d1, d2)).pow(1 / 5));
  return bi.minimum(h0.mul(100), h1).astype(t.dtype);
}
