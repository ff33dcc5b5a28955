// Results that are defined up to signs (phases, if complex) of vectors, or up to their order: both sides are brought to one form before they
// are compared.

import type { NDArray } from "fluxion";
import { type GoldenArray, type GoldenValue, isGoldenArray } from "./cases.ts";

/** Numbers as pairs of real and imaginary part, row-major. */
interface Numbers {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Pair[];
}
type Pair = [re: number, im: number];

const times = ([a, b]: Pair, [c, d]: Pair): Pair => [a * c - b * d, a * d + b * c];
const size = ([a, b]: Pair): number => Math.hypot(a, b);

function numbersOf(x: NDArray | GoldenArray): Numbers {
  const { shape } = x;
  const dtype = String(x.dtype);
  if ("dataSync" in x) {
    const flat = Array.from(x.dataSync() as ArrayLike<number>, Number);
    const data = dtype.startsWith("complex")
      ? Array.from({ length: flat.length / 2 }, (_, i): Pair => [flat[2 * i], flat[2 * i + 1]])
      : flat.map((re): Pair => [re, 0]);
    return { dtype, shape, data };
  }
  return {
    dtype,
    shape,
    data: x.data.map((e): Pair => (Array.isArray(e) ? (e as unknown as Pair) : [Number(e), 0])),
  };
}

/** The matrices of a stack, changed in place by `change(element, rows, columns)`. */
function eachMatrix(
  x: Numbers,
  change: (at: (i: number, j: number) => Cell, rows: number, columns: number, index: number) => void,
): void {
  const [rows, columns] = x.shape.slice(-2);
  for (let start = 0; start < x.data.length; start += rows * columns) {
    const at = (i: number, j: number): Cell => {
      const place = start + i * columns + j;
      return {
        get: () => x.data[place],
        set: (value) => {
          x.data[place] = value;
        },
      };
    };
    change(at, rows, columns, start / (rows * columns));
  }
}
interface Cell {
  readonly get: () => Pair;
  readonly set: (value: Pair) => void;
}

function turn(cells: readonly Cell[], by: Pair): void {
  for (const cell of cells) cell.set(times(cell.get(), by));
}
const conj = ([a, b]: Pair): Pair => [a, -b];
/** What turns a number into its magnitude. */
function phaseOf(x: Pair): Pair {
  const n = size(x);
  return n === 0 ? [1, 0] : [x[0] / n, -x[1] / n];
}
/** The cell of the largest number; of near ties the first, so that both sides choose the same. */
function largest(cells: readonly Cell[]): Cell {
  const most = Math.max(...cells.map((c) => size(c.get())));
  return cells.find((c) => size(c.get()) > 0.99 * most) ?? cells[0];
}
const line = (n: number, cell: (i: number) => Cell): Cell[] => Array.from({ length: n }, (_, i) => cell(i));

/** Columns of a matrix so that their largest elements are positive. */
function normalColumns(x: Numbers): void {
  eachMatrix(x, (at, rows, columns) => {
    for (let j = 0; j < columns; j++) {
      const column = line(rows, (i) => at(i, j));
      turn(column, phaseOf(largest(column).get()));
    }
  });
}

/** Replaces columns from `first` on by the projection onto the space that they span, of which they are one basis of many. */
function freeColumns(x: Numbers, first: number): void {
  eachMatrix(x, (at, rows, columns) => {
    const values = line(rows, (i) => at(i, 0)).map((_, i) =>
      Array.from({ length: columns - first }, (_, j) => at(i, first + j).get()),
    );
    for (let j = first; j < columns; j++) {
      for (let i = 0; i < rows; i++) {
        const terms = values[i].map((v, k) => times(v, conj(values[j - first][k])));
        at(i, j).set(terms.reduce(([a, b], [c, d]): Pair => [a + c, b + d], [0, 0]));
      }
    }
  });
}

const transposed = (x: Numbers): Numbers => {
  const [rows, columns] = x.shape.slice(-2);
  const data: Pair[] = x.data.slice();
  x.data.forEach((value, place) => {
    const within = place % (rows * columns);
    const [i, j] = [Math.floor(within / columns), within % columns];
    data[place - within + j * rows + i] = value;
  });
  return { dtype: x.dtype, shape: [...x.shape.slice(0, -2), columns, rows], data };
};

/** Orders the eigenvalues of each matrix by their real parts, near ties by the imaginary ones; the same order goes to columns. */
function orderValues(values: Numbers, vectors: Numbers | null): void {
  const n = values.shape[values.shape.length - 1];
  for (let start = 0; start < values.data.length; start += n) {
    const own = values.data.slice(start, start + n);
    const before = ([a, b]: Pair, [c, d]: Pair) => (Math.abs(a - c) > 1e-3 ? a - c : b - d);
    const order = own.map((_, j) => j).sort((i, j) => before(own[i], own[j]));
    const reordered = <T>(x: readonly T[]) => order.map((j) => x[j]);
    values.data.splice(start, n, ...reordered(own));
    for (let row = start; vectors !== null && row < start + n; row++)
      vectors.data.splice(row * n, n, ...reordered(vectors.data.slice(row * n, row * n + n)));
  }
}

const forms: Readonly<Record<string, (results: Numbers[]) => Numbers[]>> = {
  eigh: (results) => {
    const vectors = results.find((r) => r.shape.length === Math.max(...results.map((x) => x.shape.length)));
    if (vectors !== undefined) normalColumns(vectors);
    return results;
  },
  order: ([values]) => {
    orderValues(values, null);
    return [values];
  },
  eig: ([values, vectors]) => {
    normalColumns(vectors);
    orderValues(values, vectors);
    return [values, vectors];
  },
  qr: (results) => {
    const r = results.length === 1 ? results[0] : results[1];
    const q = results.length === 1 ? null : results[0];
    const rank = Math.min(...r.shape.slice(-2));
    const phases: Pair[][] = [];
    eachMatrix(r, (at, _rows, columns) => {
      phases.push(
        Array.from({ length: rank }, (_, i) => {
          const phase = phaseOf(at(i, i).get());
          turn(
            line(columns, (j) => at(i, j)),
            phase,
          );
          return phase;
        }),
      );
    });
    if (q !== null) {
      eachMatrix(q, (at, rows, _columns, index) => {
        phases[index].forEach((phase, j) =>
          turn(
            line(rows, (i) => at(i, j)),
            conj(phase),
          ),
        );
      });
      if (q.shape[q.shape.length - 1] > rank) freeColumns(q, rank);
    }
    return results;
  },
  svd: ([u, s, vh]) => {
    const rank = s.shape[s.shape.length - 1];
    const rows: Pair[][] = [];
    eachMatrix(vh, (at, _rows, columns) => {
      rows.push(
        Array.from({ length: rank }, (_, i) => {
          const row = line(columns, (j) => at(i, j));
          const phase = phaseOf(largest(row).get());
          turn(row, phase);
          return phase;
        }),
      );
    });
    eachMatrix(u, (at, m, _columns, index) => {
      rows[index].forEach((phase, j) =>
        turn(
          line(m, (i) => at(i, j)),
          conj(phase),
        ),
      );
    });
    if (u.shape[u.shape.length - 1] > rank) freeColumns(u, rank);
    if (vh.shape[vh.shape.length - 2] <= rank) return [u, s, vh];
    const v = transposed(vh);
    for (let k = 0; k < v.data.length; k++) v.data[k] = conj(v.data[k]);
    freeColumns(v, rank);
    return [u, s, v];
  },
};

/** The results of both sides in one form, as golden arrays; null when their types differ, which is for the comparison to say. */
export function withoutFreedom(
  upTo: string,
  actual: unknown,
  expected: GoldenValue,
): { readonly actual: GoldenArray[]; readonly expected: GoldenArray[] } {
  const wanted = isGoldenArray(expected) ? [expected] : (expected as unknown as GoldenArray[]);
  const got = (
    Array.isArray(actual)
      ? actual
      : "dtype" in (actual as object)
        ? [actual]
        : Object.values(actual as object)
  ) as NDArray[];
  const form = forms[upTo];
  if (form === undefined) throw new Error(`results up to ${upTo} are not known`);
  const written = (results: Numbers[]): GoldenArray[] =>
    results.map(({ dtype, shape, data }) => ({
      dtype: dtype.replace("complex", "float"),
      shape: [...shape, ...(dtype.startsWith("complex") ? [2] : [])],
      data: dtype.startsWith("complex") ? data.flat() : data.map(([re]) => re),
    }));
  return { actual: written(form(got.map(numbersOf))), expected: written(form(wanted.map(numbersOf))) };
}
