import type { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { arrayFromHost } from "../core/values.ts";
import { complex128, convertHost, type DType } from "../dtypes/index.ts";

/** Constants of Fourier transforms, computed in float64 and rounded once. */

/** The parts of `exp(2 pi i k / n)`, by reduction to the first octant, so that symmetric values are exactly that. */
export function rootOfUnity(k: number, n: number): [number, number] {
  const turn = ((k % n) + n) % n;
  const eighths = Math.floor((8 * turn) / n);
  const angle = (numerator: number) => (Math.PI * numerator) / (4 * n);
  const rest = 8 * turn - eighths * n;
  const from = (numerator: number): [number, number] => [
    Math.cos(angle(numerator)),
    Math.sin(angle(numerator)),
  ];
  // Octants alternate between angles counted up from an axis and down to the next one.
  const [c, s] = eighths % 2 === 0 ? from(rest) : swap(from(n - rest));
  switch (eighths >> 1) {
    case 0:
      return [c, s];
    case 1:
      return [-s, c];
    case 2:
      return [-c, -s];
    default:
      return [s, -c];
  }
}
const swap = ([a, b]: [number, number]): [number, number] => [b, a];

/** A complex constant from its elements in row-major order. */
export function complexConstant(
  shape: readonly number[],
  dtype: DType,
  element: (...index: number[]) => readonly [number, number],
): NDArray {
  const [rows, columns] = [shape[0], shape[1] ?? 1];
  const data = new Float64Array(2 * rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) data.set(element(i, j), 2 * (i * columns + j));
  }
  return arrayFromHost(convertHost(data, complex128, dtype), shapedArray(shape, dtype));
}

/** The transform of a power of two numbers, in place (interleaved parts): for constants of programs only. */
export function transformInPlace(x: Float64Array, sign: 1 | -1): void {
  const n = x.length / 2;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    for (const p of [0, 1]) [x[2 * i + p], x[2 * j + p]] = [x[2 * j + p], x[2 * i + p]];
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const [c, s] = rootOfUnity(sign * k, size);
      for (let start = k; start < n; start += size) {
        const [a, b] = [2 * start, 2 * (start + size / 2)];
        const re = x[b] * c - x[b + 1] * s;
        const im = x[b] * s + x[b + 1] * c;
        x[b] = x[a] - re;
        x[b + 1] = x[a + 1] - im;
        x[a] += re;
        x[a + 1] += im;
      }
    }
  }
}
