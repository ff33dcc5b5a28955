/** Products in float64 by plain loops, row-major. */

type Numbers = ArrayLike<number>;

/** `c[i, j] = sum over p of a[i, p] b[p, j]` for the given rows of a, all by default. */
export function matmul(
  a: Numbers,
  b: Numbers,
  [m, k, n]: readonly [number, number, number],
  rows?: ArrayLike<number>,
): Float64Array {
  const count = rows?.length ?? m;
  const c = new Float64Array(count * n);
  for (let r = 0; r < count; r++) {
    const i = rows === undefined ? r : rows[r];
    for (let p = 0; p < k; p++) {
      const x = a[i * k + p];
      for (let j = 0; j < n; j++) c[r * n + j] += x * b[p * n + j];
    }
  }
  return c;
}

export function transpose(a: Numbers, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j];
  return out;
}

/** A function of each element. */
export function map(a: Numbers, f: (x: number, i: number) => number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = f(a[i], i);
  return out;
}

export const add = (a: Numbers, b: Numbers): Float64Array => map(a, (x, i) => x + b[i]);

/** Adds a vector to every row. */
export const addRow = (a: Numbers, b: Numbers): Float64Array => map(a, (x, i) => x + b[i % b.length]);

/** Sums over the rows: the gradient of {@link addRow}. */
export function sumRows(a: Numbers, columns: number): Float64Array {
  const out = new Float64Array(columns);
  for (let i = 0; i < a.length; i++) out[i % columns] += a[i];
  return out;
}
