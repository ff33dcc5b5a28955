import type { NDArray } from "../../core/array.ts";
import { realDType } from "../../dtypes/index.ts";
import { complexVector, rootOfUnity } from "../../lax/fftTwiddles.ts";
import * as lax from "../../lax/index.ts";
import { irfft, rfft } from "../../numpy/fft/index.ts";
import { moveaxis } from "../../numpy/manipulationShape.ts";

/**
 * Cosine transforms of type 2 and their inverses, of one axis of real numbers, by Makhoul's algorithm: with the even elements followed by the odd ones
 * backwards, the transform of `n` numbers is a Fourier transform of as many real ones, turned by quarters of steps.
 */

/** `exp(sign 2 pi i k / 4n)` for the elements of half a spectrum. */
const quarterTurns = (x: NDArray, n: number, sign: 1 | -1): NDArray =>
  complexVector(Math.floor(n / 2) + 1, x.dtype, (k) => rootOfUnity(sign * k, 4 * n));

const along = (v: NDArray, x: NDArray): NDArray => lax.broadcastInDim(v, x.shape, [x.ndim - 1]);
const scale = (x: NDArray, by: number): NDArray => lax.mul(x, lax.full([], by, x.dtype));
const backwards = (x: NDArray): NDArray => lax.rev(x, [x.ndim - 1]);

/** What makes the transform orthogonal: `1 / sqrt(4 n)` for the first element and `1 / sqrt(2 n)` for the others, or their inverses. */
function orthogonal(x: NDArray, n: number, power: 1 | -1): NDArray {
  const isFirst = lax.eq(lax.iota("int32", n), lax.full([], 0, "int32"));
  const value = (v: number) => lax.full([n], v ** power, x.dtype);
  const scales = lax.select(isFirst, value(1 / Math.sqrt(4 * n)), value(1 / Math.sqrt(2 * n)));
  return lax.mul(x, along(scales, x));
}

/** The elements at even places, then those at odd places backwards. */
function evenThenOdd(x: NDArray): NDArray {
  const axis = x.ndim - 1;
  const [even, odd] = [0, 1].map((start) => lax.sliceInDim(x, start, x.shape[axis], 2, axis));
  return lax.concatenate([even, backwards(odd)], axis);
}

/** The inverse of {@link evenThenOdd}. */
function inOrder(v: NDArray): NDArray {
  const axis = v.ndim - 1;
  const n = v.shape[axis];
  const half = Math.ceil(n / 2);
  const even = lax.sliceInDim(v, 0, half, 1, axis);
  const odd = backwards(lax.sliceInDim(v, half, n, 1, axis));
  // Of an odd number of elements the last pair has only one.
  const pairs = [even, lax.pad(odd, lax.full([], 0, v.dtype), paddingOfLast(v.ndim, 2 * half - n))];
  const merged = lax.reshape(
    lax.concatenate(
      pairs.map((x) => lax.expandDims(x, [v.ndim])),
      v.ndim,
    ),
    [...v.shape.slice(0, axis), 2 * half],
  );
  return lax.sliceInDim(merged, 0, n, 1, axis);
}
const paddingOfLast = (ndim: number, high: number): [number, number, number][] =>
  Array.from({ length: ndim }, (_, d) => [0, d === ndim - 1 ? high : 0, 0]);

function forward(x: NDArray, n: number): NDArray {
  const axis = x.ndim - 1;
  const spectrum = rfft(evenThenOdd(x));
  // The real parts are the elements up to the middle, the imaginary ones those after it, backwards and negative.
  const turned = lax.mul(spectrum, along(quarterTurns(spectrum, n, -1), spectrum));
  const rest = lax.sliceInDim(lax.imag(turned), 1, n - Math.floor(n / 2), 1, axis);
  return scale(lax.concatenate([lax.real(turned), lax.neg(backwards(rest))], axis), 2);
}

function inverse(x: NDArray, n: number): NDArray {
  const axis = x.ndim - 1;
  const half = Math.floor(n / 2) + 1;
  const re = lax.sliceInDim(x, 0, half, 1, axis);
  // Element n is 0.
  const first = lax.full([...x.shape.slice(0, axis), 1], 0, x.dtype);
  const im = lax.concatenate([first, backwards(lax.sliceInDim(x, n - half + 1, n, 1, axis))], axis);
  const turned = lax.complex(scale(re, 0.5), scale(im, -0.5));
  return inOrder(irfft(lax.mul(turned, along(quarterTurns(turned, n, 1), turned)), n));
}

/** The transform of one axis, or its inverse. */
export function transformAxis(x: NDArray, axis: number, isInverse: boolean, isOrthogonal: boolean): NDArray {
  const n = x.shape[axis];
  if (x.size === 0) return x;
  const moved = moveaxis(lax.convertElementType(x, realDType(x.dtype)), axis, -1);
  const result = isInverse ? inverse(isOrthogonal ? orthogonal(moved, n, -1) : moved, n) : forward(moved, n);
  return moveaxis(isOrthogonal && !isInverse ? orthogonal(result, n, 1) : result, -1, axis);
}
