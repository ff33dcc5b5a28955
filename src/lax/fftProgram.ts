import type { NDArray } from "../core/array.ts";
import { realDType } from "../dtypes/index.ts";
import { complex } from "./complex.ts";
import { radicesOf, type Sign, transformLines } from "./fftLines.ts";
import { complexArray, complexVector, rootOfUnity, transformInPlace, turnsTable } from "./fftTwiddles.ts";
import { constLike } from "./operands.ts";
import { ops } from "./ops.ts";

/**
 * Fourier transforms in terms of transforms that are one kernel. Long ones are cut into two (Cooley and Tukey), and those whose length is a large
 * prime become convolutions (Bluestein).
 */

/** The longest transforms that are done by one kernel; longer ones leave the nearest caches. */
const longestLine = 4096;
/** Where there are fewer lines than lanes, transforms from this length on are cut in two. */
const shortestCut = 64;
const lanes = 4;

/** Complex transforms of an axis of `x`, without scaling. */
export function transformAxis(x: NDArray, axis: number, sign: Sign): NDArray {
  const { shape } = x;
  const before = product(shape.slice(0, axis));
  const after = product(shape.slice(axis + 1));
  return ops.reshape(lines(ops.reshape(x, [before, shape[axis], after]), sign, 1), shape);
}

/** Transforms axis 1 of [b, n, c] to [b / inner, n, inner, c]. */
function lines(x: NDArray, sign: Sign, inner: number): NDArray {
  const [b, n, c] = x.shape;
  if (n === 1) return ops.reshape(x, [b / inner, 1, inner, c]);
  const radices = radicesOf(n);
  const isShort = n <= longestLine && (b * c >= lanes || n < shortestCut);
  if (radices !== null && isShort) return transformLines(x, radices, sign, inner);
  const factor = factorOf(n, radices !== null);
  const whole = factor === 1 ? byConvolution(x, sign) : inTwo(x, factor, sign);
  if (inner === 1) return ops.reshape(whole, [b, n, 1, c]);
  return ops.transpose(ops.reshape(whole, [b / inner, inner, n, c]), [0, 2, 1, 3]);
}

/** The length of the first of two transforms: near the root of `n`, or without the largest primes; 1 for a prime. */
function factorOf(n: number, isSmooth: boolean): number {
  if (isSmooth) {
    for (let f = Math.floor(Math.sqrt(n)); f > 1; f--) if (n % f === 0) return f;
    return 1;
  }
  let smooth = 1;
  for (let [rest, p] = [n, 2]; p * p <= rest; p++) {
    for (; rest % p === 0; rest /= p) {
      if (radicesOf(p) === null) return smooth > 1 ? smooth : p;
      smooth *= p;
    }
  }
  return smooth;
}

/**
 * With j = j1 rest + j2 and k = k1 + factor k2: transforms over j1, turned by exp(sign 2 pi i k1 j2 / n), then over j2. [b, n, c] to [b, n, c].
 */
function inTwo(x: NDArray, factor: number, sign: Sign): NDArray {
  const [b, n, c] = x.shape;
  const rest = n / factor;
  const turns = turnsTable(factor, rest, n, sign, x.dtype);
  const columns = ops.reshape(x, [b, factor, rest * c]);
  const radices = radicesOf(factor);
  let turned: NDArray;
  if (radices !== null && factor <= longestLine && c === 1 && rest >= lanes) {
    turned = transformLines(columns, radices, sign, 1, turns);
  } else {
    const shape = [b, factor, rest, c];
    turned = ops.mul(ops.reshape(lines(columns, sign, 1), shape), ops.broadcastInDim(turns, shape, [1, 2]));
  }
  return ops.reshape(lines(ops.reshape(turned, [b * factor, rest, c]), sign, factor), [b, n, c]);
}

/**
 * With `j k = (j^2 + k^2 - (k - j)^2) / 2` the transform is a convolution with `exp(-+i pi j^2 / n)`, which transforms of a power of
 * two do. [b, n, c] to [b, n, c].
 */
function byConvolution(x: NDArray, sign: Sign): NDArray {
  const [b, n, c] = x.shape;
  // j^2 modulo 2n, of which j^2 itself may not be exact.
  const squares = new Float64Array(n);
  for (let j = 1; j < n; j++) squares[j] = (squares[j - 1] + 2 * j - 1) % (2 * n);
  const chirp = complexVector(n, x.dtype, (j) => rootOfUnity(sign * squares[j], 2 * n));
  let size = 1;
  while (size < 2 * n - 1) size *= 2;
  const kernel = new Float64Array(2 * size);
  for (let j = 0; j < n; j++) {
    const [re, im] = rootOfUnity(-sign * squares[j], 2 * n);
    for (const at of j === 0 ? [0] : [j, size - j]) {
      kernel[2 * at] = re / size;
      kernel[2 * at + 1] = im / size;
    }
  }
  transformInPlace(kernel, -1);
  const spectrum = complexArray(kernel, [size], x.dtype);
  const along = (v: NDArray) => ops.broadcastInDim(v, [b, v.shape[0], c], [1]);
  const padded = ops.pad(ops.mul(x, along(chirp)), constLike(x, 0), [
    [0, 0, 0],
    [0, size - n, 0],
    [0, 0, 0],
  ]);
  const convolved = transformAxis(ops.mul(transformAxis(padded, 1, -1), along(spectrum)), 1, 1);
  return ops.mul(ops.slice(convolved, [0, 0, 0], [b, n, c]), along(chirp));
}

/** `x` times a number, in the dtype of its parts. */
export function scaled(x: NDArray, by: number): NDArray {
  if (by === 1) return x;
  const factor = ops.full([], by, realDType(x.dtype));
  return ops.mul(x, x.dtype.kind === "complex" ? complex(factor, constLike(factor, 0)) : factor);
}

export function product(shape: readonly number[]): number {
  return shape.reduce((n, x) => n * x, 1);
}
