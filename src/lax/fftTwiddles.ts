import type { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { arrayFromHost } from "../core/values.ts";
import { complex128, convertHost, type DType } from "../dtypes/index.ts";

/** Constants of Fourier transforms, computed in float64 and rounded once. */

/** The parts of `exp(2 pi i k / n)`, by reduction to the first octant, so that symmetric values are exactly that. */
export function rootOfUnity(k: number, n: number): [number, number] {
  const turn = ((k % n) + n) % n;
  const eighths = Math.floor((8 * turn) / n);
  const rest = 8 * turn - eighths * n;
  // Octants alternate between angles counted up from an axis and down to the next one.
  const up = eighths % 2 === 0;
  const angle = (Math.PI * (up ? rest : n - rest)) / (4 * n);
  const [c, s] = up ? [Math.cos(angle), Math.sin(angle)] : [Math.sin(angle), Math.cos(angle)];
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

/** The parts of `exp(sign 2 pi i k / n)` for k = 0, ..., n - 1, one after the other. */
export function rootsOfUnity(n: number, sign: 1 | -1): Float64Array {
  const roots = new Float64Array(2 * n);
  for (let k = 0; k <= n / 2; k++) {
    const [c, s] = rootOfUnity(k, n);
    roots[2 * k] = c;
    roots[2 * k + 1] = sign * s;
    if (k === 0) continue;
    roots[2 * (n - k)] = c;
    roots[2 * (n - k) + 1] = -sign * s;
  }
  // Half a turn is its own conjugate.
  if (n % 2 === 0 && n > 0) roots[n + 1] = 0;
  return roots;
}

/** A complex constant of interleaved parts in row-major order. */
export function complexArray(parts: Float64Array, shape: readonly number[], dtype: DType): NDArray {
  return arrayFromHost(convertHost(parts, complex128, dtype), shapedArray(shape, dtype));
}

/** A vector of complex constants by its elements. */
export function complexVector(
  length: number,
  dtype: DType,
  element: (k: number) => readonly [number, number],
): NDArray {
  const parts = new Float64Array(2 * length);
  for (let k = 0; k < length; k++) [parts[2 * k], parts[2 * k + 1]] = element(k);
  return complexArray(parts, [length], dtype);
}

/** `exp(sign 2 pi i j k / n)` for j below `rows` and k below `columns`, `rows` times `columns` being at most `n`. */
export function turnsTable(rows: number, columns: number, n: number, sign: 1 | -1, dtype: DType): NDArray {
  const roots = rootsOfUnity(n, sign);
  const parts = new Float64Array(2 * rows * columns);
  for (let j = 0, at = 0; j < rows; j++) {
    for (let k = 0; k < columns; k++, at += 2) {
      parts[at] = roots[2 * j * k];
      parts[at + 1] = roots[2 * j * k + 1];
    }
  }
  return complexArray(parts, [rows, columns], dtype);
}

/** The transform of interleaved parts, in place, of a power of two elements: for constants of programs only. */
export function transformInPlace(x: Float64Array, sign: 1 | -1): void {
  const n = x.length / 2;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    for (const p of [0, 1]) [x[2 * i + p], x[2 * j + p]] = [x[2 * j + p], x[2 * i + p]];
  }
  const roots = rootsOfUnity(n, sign);
  for (let size = 2; size <= n; size *= 2) {
    const step = (2 * n) / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < size / 2; k++) {
        const [c, s] = [roots[k * step], roots[k * step + 1]];
        const a = 2 * (start + k);
        const b = a + size;
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
