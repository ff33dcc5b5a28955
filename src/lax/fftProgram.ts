import type { NDArray } from "../core/array.ts";
import { realDType } from "../dtypes/index.ts";
import { complex } from "./complex.ts";
import { concatenate } from "./concatenate.ts";
import { dotGeneral } from "./dot.ts";
import { complexConstant, rootOfUnity, transformInPlace } from "./fftTwiddles.ts";
import { constLike } from "./operands.ts";
import { ops } from "./ops.ts";
import { rev } from "./shape.ts";

/**
 * Fourier transforms in terms of other operations. A transform of a few numbers is a product with a matrix, so that vectors of many
 * transforms are products of matrices; longer ones are cut into two (Cooley and Tukey), and those whose length is a large prime become convolutions
 * (Bluestein).
 */

/** The sign of the exponent. */
type Sign = 1 | -1;

/** Lengths up to which a product with a matrix is cheapest, where a divisor is to be had and where none is. */
const longestFactor = 16;
const longestWhole = 32;
const longestPrime = 64;

/** Complex transforms of an axis of `x`, without scaling. */
export function transformAxis(x: NDArray, axis: number, sign: Sign): NDArray {
  const { shape } = x;
  const n = shape[axis];
  const before = product(shape.slice(0, axis));
  const after = product(shape.slice(axis + 1));
  if (n === 1) return x;
  const moved = middle(ops.reshape(x, [before, n, after]), sign);
  return ops.reshape(after === 1 ? moved : ops.transpose(moved, [0, 2, 1]), shape);
}

/** The inverse of a transform of real numbers: the last axis, of `n / 2 + 1` numbers, becomes `n` real ones, without scaling. */
export function toReal(x: NDArray, n: number): NDArray {
  const axis = x.ndim - 1;
  const half = x.shape[axis];
  const from = x.shape.map((_, d) => (d === axis ? 1 : 0));
  const to = x.shape.map((size, d) => (d === axis ? n - half + 1 : size));
  const mirrored = rev(ops.conj(ops.slice(x, from, to)), [axis]);
  const whole = n - half > 0 ? concatenate([x, mirrored], axis) : x;
  return ops.real(transformAxis(whole, axis, 1));
}

/** Transforms axis 1 of [b, n, c]; the result is [b, c, n]. */
function middle(x: NDArray, sign: Sign): NDArray {
  const [b, n, c] = x.shape;
  if (n === 1) return ops.reshape(x, [b, c, 1]);
  const factor = factorOf(n);
  if (factor === n) return n <= longestPrime ? byMatrix(x, sign) : byConvolution(x, sign);
  const rest = n / factor;
  // j = j1 rest + j2 and k = k1 + factor k2: transform over j1, turn by exp(+-2 pi i k1 j2 / n), transform over j2.
  const columns = middle(ops.reshape(x, [b, factor, rest * c]), sign);
  const turns = complexConstant([rest, factor], x.dtype, (j2, k1) => rootOfUnity(sign * j2 * k1, n));
  const turned = ops.mul(
    ops.reshape(columns, [b, rest, c, factor]),
    ops.broadcastInDim(turns, [b, rest, c, factor], [1, 3]),
  );
  const rows = middle(ops.reshape(turned, [b, rest, c * factor]), sign);
  const ordered = ops.transpose(ops.reshape(rows, [b, c, factor, rest]), [0, 1, 3, 2]);
  return ops.reshape(ordered, [b, c, n]);
}

/** The length to transform first; `n` itself where the transform is not cut. */
function factorOf(n: number): number {
  if (n <= longestWhole) return n;
  for (let f = longestFactor; f > 1; f--) if (n % f === 0) return f;
  for (let f = longestFactor + 1; f * f <= n; f++) if (n % f === 0) return f;
  return n;
}

function byMatrix(x: NDArray, sign: Sign): NDArray {
  const n = x.shape[1];
  const matrix = complexConstant([n, n], x.dtype, (j, k) => rootOfUnity(sign * j * k, n));
  return dotGeneral(x, matrix, [
    [[1], [0]],
    [[], []],
  ]);
}

/**
 * With `j k = (j^2 + k^2 - (k - j)^2) / 2` the transform is a convolution with `exp(-+i pi j^2 / n)`, which transforms of a power of
 * two do.
 */
function byConvolution(x: NDArray, sign: Sign): NDArray {
  const [b, n, c] = x.shape;
  // j^2 modulo 2n, exactly.
  const square = (j: number) => Number((BigInt(j) * BigInt(j)) % BigInt(2 * n));
  const chirp = complexConstant([n], x.dtype, (j) => rootOfUnity(sign * square(j), 2 * n));
  let size = 1;
  while (size < 2 * n - 1) size *= 2;
  const kernel = new Float64Array(2 * size);
  for (let j = 0; j < n; j++) {
    const value = rootOfUnity(-sign * square(j), 2 * n);
    kernel.set(value, 2 * j);
    if (j > 0) kernel.set(value, 2 * (size - j));
  }
  transformInPlace(kernel, -1);
  const spectrum = complexConstant([size], x.dtype, (k) => [kernel[2 * k] / size, kernel[2 * k + 1] / size]);
  const rows = ops.reshape(ops.transpose(x, [0, 2, 1]), [b * c, n]);
  const along = (v: NDArray) => ops.broadcastInDim(v, [b * c, v.shape[0]], [1]);
  const padded = ops.pad(ops.mul(rows, along(chirp)), constLike(x, 0), [
    [0, 0, 0],
    [0, size - n, 0],
  ]);
  const convolved = transformAxis(ops.mul(transformAxis(padded, 1, -1), along(spectrum)), 1, 1);
  const result = ops.mul(ops.slice(convolved, [0, 0], [b * c, n]), along(chirp));
  return ops.reshape(result, [b, c, n]);
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
