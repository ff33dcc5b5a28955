import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import type { Scalar } from "../../../core/routine/scalar.ts";
import { Field, Matrix, type Num } from "./field.ts";
import type { RoutineField } from "./kind.ts";

export interface TriangularForm {
  readonly leftSide: boolean;
  readonly lower: boolean;
  readonly transposeA: boolean;
  readonly conjugateA: boolean;
  readonly unitDiagonal: boolean;
}

/** Rows of the solution that are brought up to date together. */
const BLOCK = 16;

/** X with op(A) X = B or X op(A) = B, for B of the given shape. */
export function triangularSolveRoutine(
  shape: readonly number[],
  form: TriangularForm,
  { real, isComplex }: RoutineField,
): Routine {
  const { leftSide, lower, transposeA, conjugateA, unitDiagonal } = form;
  const [rows, columns] = shape;
  const [n, count] = leftSide ? [rows, columns] : [columns, rows];
  const r = new RoutineBuilder("triangular_solve", real);
  const field = new Field(r, isComplex);
  const a = field.input(n, n);
  const b = field.input(rows, columns);
  const x = field.output(rows, columns);
  // X op(A) = B is op(A)^T X^T = B^T.
  const turned = leftSide ? transposeA : !transposeA;
  const matrix: Triangle = { a, turned, isLower: lower !== turned, conjugate: conjugateA, unitDiagonal };
  if (count === 1) {
    field.copy(n, b.row(0), x.row(0));
    solveVector(field, n, matrix, x);
  } else if (leftSide) {
    field.copy(rows * columns, b.row(0), x.row(0));
    solveTriangle(field, n, count, matrix, x);
  } else {
    const t = field.local(n, count);
    r.for(0, count, (i) => r.for(0, n, (j) => t.put(j, i, b.at(i, j))));
    solveTriangle(field, n, count, matrix, t);
    r.for(0, count, (i) => r.for(0, n, (j) => x.put(i, j, t.at(j, i))));
  }
  return r.finish(`${isComplex} ${shape} ${JSON.stringify(Object.values(form))}`, n * n * count);
}

/** A triangular matrix: `a`, or `a` transposed, perhaps conjugated. */
export interface Triangle {
  readonly a: Matrix;
  readonly turned: boolean;
  /** Once it is transposed, if it is. */
  readonly isLower: boolean;
  readonly conjugate: boolean;
  readonly unitDiagonal: boolean;
}

/** Replaces a vector b, which fills an array, by the solution of T x = b. */
function solveVector(field: Field, n: number, triangle: Triangle, vector: Matrix): void {
  const { r } = field;
  const { a, turned, isLower, conjugate, unitDiagonal } = triangle;
  const x = new Matrix(vector.planes, 1);
  const divide = (i: Scalar) => {
    const pivot = a.at(i, i);
    if (!unitDiagonal) x.put(i, 0, field.num(x.at(i, 0).div(conjugate ? pivot.conj() : pivot)));
  };
  const step = (i: Scalar) => {
    /** The unknowns found before (after) this one, and those still to be found. */
    const before = { first: r.int(0), count: r.int(i) };
    const after = { first: r.int(i.add(1)), count: r.int(i.neg().add(n - 1)) };
    const [known, open] = isLower ? [before, after] : [after, before];
    if (turned) {
      divide(i);
      const minus = field.num(x.at(i, 0).neg());
      field.axpy(open.count, minus, a.row(i, open.first), x.row(open.first), conjugate);
    } else {
      const terms = x.row(known.first);
      const row = a.row(i, known.first);
      const sum = conjugate ? field.dot(known.count, row, terms) : field.dotPlain(known.count, row, terms);
      x.put(i, 0, field.num(x.at(i, 0).sub(sum)));
      divide(i);
    }
  };
  if (isLower) r.for(0, n, step);
  else r.down(0, n, step);
}

/** Replaces B, n rows of `count` numbers, by the solution of T X = B. */
export function solveTriangle(field: Field, n: number, count: number, triangle: Triangle, x: Matrix): void {
  const { r } = field;
  const { a, turned, isLower, conjugate, unitDiagonal } = triangle;
  const entry = (i: Scalar, j: Scalar): Num => {
    const value = turned ? a.at(j, i) : a.at(i, j);
    return field.num(conjugate ? value.conj() : value);
  };
  const divide = (i: Scalar) => {
    if (unitDiagonal) return;
    const pivot = entry(i, i);
    r.for(0, count, (j) => x.put(i, j, field.num(x.at(i, j).div(pivot))));
  };
  const from = (i: Scalar, j: Scalar) => (turned ? a.row(j, i) : a.row(i, j));
  const [row, col] = turned ? [1, a.stride] : [a.stride, 1];
  /** Subtracts from the rows of a block what the rows `k0 <= k < k1`, which are known, contribute. */
  const update = (first: Scalar, end: Scalar, k0: Scalar, k1: Scalar) =>
    field.product(
      { m: end.sub(first), n: count, k: k1.sub(k0), alpha: -1 },
      { from: from(first, k0), row, col, conjugate },
      { from: x.row(k0), row: x.stride },
      { from: x.row(first), row: x.stride },
    );
  const blocks = Math.ceil(n / BLOCK);
  const zero = r.int(0);
  const all = r.int(n);
  if (isLower) {
    r.for(0, blocks, (block) => {
      const first = r.int(block.mul(BLOCK));
      const end = r.int(first.add(BLOCK).min(n));
      update(first, end, zero, first);
      r.for(first, end, (i) => {
        r.for(first, i, (k) => field.axpy(count, field.num(entry(i, k).neg()), x.row(k), x.row(i)));
        divide(i);
      });
    });
  } else {
    r.down(0, blocks, (block) => {
      const first = r.int(block.mul(BLOCK));
      const end = r.int(first.add(BLOCK).min(n));
      update(first, end, end, all);
      r.down(first, end, (i) => {
        r.for(i.add(1), end, (k) => field.axpy(count, field.num(entry(i, k).neg()), x.row(k), x.row(i)));
        divide(i);
      });
    });
  }
}
