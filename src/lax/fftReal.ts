import type { NDArray } from "../core/array.ts";
import { complex, imag } from "./complex.ts";
import { concatenate } from "./concatenate.ts";
import { scaled, transformAxis } from "./fftProgram.ts";
import { complexVector, rootOfUnity } from "./fftTwiddles.ts";
import { constLike } from "./operands.ts";
import { ops } from "./ops.ts";
import { rev, sliceInDim } from "./shape.ts";

/**
 * Transforms of the last axis of real numbers, and back. An even number of them are half as many complex ones, pairs of neighbours,
 * whose transform says that of the elements at even and at odd places.
 */

const backwards = (x: NDArray): NDArray => rev(x, [x.ndim - 1]);
const along = (v: NDArray, x: NDArray): NDArray => ops.broadcastInDim(v, x.shape, [x.ndim - 1]);
/** exp(sign 2 pi i k / n) for k = 0, ..., n / 2 */
const halfTurn = (x: NDArray, n: number, sign: 1 | -1): NDArray =>
  along(
    complexVector(n / 2 + 1, x.dtype, (k) => rootOfUnity(sign * k, n)),
    x,
  );
const timesI = (x: NDArray): NDArray => complex(ops.neg(imag(x)), ops.real(x));

/** The first `n / 2 + 1` elements of the transform of real numbers. */
export function fromReal(x: NDArray): NDArray {
  const axis = x.ndim - 1;
  const n = x.shape[axis];
  const half = Math.floor(n / 2) + 1;
  if (n % 2 !== 0) {
    const whole = transformAxis(complex(x, zeros(x)), axis, -1);
    return sliceInDim(whole, 0, half, 1, axis);
  }
  const [even, odd] = [0, 1].map((start) => sliceInDim(x, start, n, 2, axis));
  const pairs = transformAxis(complex(even, odd), axis, -1);
  const z = concatenate([pairs, sliceInDim(pairs, 0, 1, 1, axis)], axis);
  // Of z = e + i o, where e and o are the transforms of the real numbers: e is (z[k] + conj z[-k]) / 2, and i o the other half.
  const mirrored = ops.conj(backwards(z));
  const ofEven = scaled(ops.add(z, mirrored), 0.5);
  const ofOdd = scaled(ops.neg(timesI(ops.sub(z, mirrored))), 0.5);
  return ops.add(ofEven, ops.mul(ofOdd, halfTurn(z, n, -1)));
}

/** The inverse: the last axis, of `n / 2 + 1` numbers, becomes `n` real ones, without scaling. */
export function toReal(x: NDArray, n: number): NDArray {
  const axis = x.ndim - 1;
  const half = x.shape[axis];
  if (n % 2 !== 0) {
    const mirrored = backwards(ops.conj(sliceInDim(x, 1, half, 1, axis)));
    const whole = n > 1 ? concatenate([x, mirrored], axis) : x;
    return ops.real(transformAxis(whole, axis, 1));
  }
  // The imaginary parts of the first and the last have no meaning.
  const inside = ops.pad(sliceInDim(imag(x), 1, half - 1, 1, axis), constLike(ops.real(x), 0), [
    ...Array.from({ length: axis }, (): [number, number, number] => [0, 0, 0]),
    [1, 1, 0],
  ]);
  const z = complex(ops.real(x), inside);
  const mirrored = ops.conj(backwards(z));
  const sum = ops.add(z, mirrored);
  const turned = ops.mul(ops.sub(z, mirrored), halfTurn(z, n, 1));
  const pairs = sliceInDim(ops.add(sum, timesI(turned)), 0, half - 1, 1, axis);
  const result = transformAxis(pairs, axis, 1);
  const parts = [ops.real(result), imag(result)].map((p) => ops.reshape(p, [...p.shape, 1]));
  return ops.reshape(concatenate(parts, axis + 1), [...x.shape.slice(0, axis), n]);
}

const zeros = (x: NDArray): NDArray => ops.full(x.shape, 0, x.dtype);
