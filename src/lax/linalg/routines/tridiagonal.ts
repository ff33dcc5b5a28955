import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import type { Scalar } from "../../../core/routine/scalar.ts";
import { Field, type Matrix, Num } from "./field.ts";
import { makeReflector } from "./householder.ts";
import type { RoutineField } from "./kind.ts";

/** A Hermitian matrix as a real tridiagonal one, and the reflectors that make it so. */
export interface Tridiagonal {
  /** n numbers. */
  readonly d: Matrix;
  /** n - 1 numbers, and one more that is not used. */
  readonly e: Matrix;
  readonly tau: Matrix;
}

/** The real numbers of a routine. */
export function realField({ r }: Field): Field {
  return new Field(r, false);
}

/**
 * Reduces a Hermitian matrix, whose *columns* are the rows of `w`: A = Q T Q^H, Q the product of n - 1 reflectors of which v[j] ends in row
 * j of `w` from column j + 1 on. All of `w` is read.
 */
export function tridiagonalize(field: Field, n: number, w: Matrix): Tridiagonal {
  const { r } = field;
  const real = realField(field);
  const [d, e, tau] = [real.local(1, n), real.local(1, n), field.local(1, n)];
  const y = field.local(1, n);
  /** v and the vector w of A -= v w^H + w v^H, one below the other. */
  const pair = field.local(2, n);
  r.for(0, n - 1, (j) => {
    const next = r.int(j.add(1));
    const size = r.int(next.neg().add(n));
    d.put(0, j, new Num(w.at(j, j).re));
    const reflector = makeReflector(field, size, w, j, next);
    e.put(0, j, new Num(reflector.beta));
    tau.put(0, j, reflector.tau);
    r.if(reflector.tau.isZero().not(), () => {
      const v = w.row(j, next);
      field.copy(size, v, pair.row(0));
      field.rowDots(size, size, w.row(next, next), w.stride, v, y.row(0));
      field.negateImaginary(size, y.row(0));
      const p = pair.row(1);
      field.fill(size, p, 0);
      field.axpy(size, reflector.tau, y.row(0), p);
      const half = field.num(field.dot(size, p, v).mul(reflector.tau).scale(-0.5));
      field.axpy(size, half, v, p);
      field.product(
        { m: size, n: size, k: 2, alpha: -1 },
        { from: pair.row(1), row: 1, col: -pair.stride, conjugate: true },
        { from: pair.row(0), row: pair.stride },
        { from: w.row(next, next), row: w.stride },
      );
    });
  });
  d.put(0, n - 1, new Num(w.at(n - 1, n - 1).re));
  return { d, e, tau };
}

/**
 * The reduction as LAPACK gives it: for `lower`, the vectors of the reflectors below the first subdiagonal; else the other triangle is read
 * and they are above the first superdiagonal, where everything begins with the last column.
 */
export function tridiagonalRoutine(n: number, lower: boolean, { real, isComplex }: RoutineField): Routine {
  const r = new RoutineBuilder("tridiagonal", real);
  const field = new Field(r, isComplex);
  const reals = realField(field);
  const a = field.input(n, n);
  const out = field.output(n, n);
  const [dOut, eOut, tauOut] = [reals.output(1, n), reals.output(1, n - 1), field.output(1, n - 1)];
  const w = field.local(n, n);
  const place = (i: Scalar): Scalar => (lower ? i : i.neg().add(n - 1));
  loadHermitian(field, n, place, a, w);
  const { d, e, tau } = tridiagonalize(field, n, w);
  field.copy(n * n, a.row(0), out.row(0));
  r.for(0, n, (j) => {
    out.put(place(j), place(j), d.at(0, j));
    dOut.put(0, place(j), d.at(0, j));
    r.if(j.lt(n - 1), () => {
      const at = lower ? j : j.neg().add(n - 2);
      eOut.put(0, at, e.at(0, j));
      tauOut.put(0, at, tau.at(0, j));
      out.put(place(j.add(1)), place(j), e.at(0, j));
      r.for(j.add(2), n, (i) => out.put(place(i), place(j), w.at(j, i)));
    });
  });
  r.if(d.at(0, 0).re.sub(d.at(0, 0).re).eq(0).not(), () => {
    field.fill(n * n, out.row(0), Number.NaN);
  });
  return r.finish(`${isComplex} ${n} ${lower}`, 2 * n ** 3);
}

/** Fills `w` with the columns of a matrix whose lower triangle, in terms of `place`, is known. */
export function loadHermitian(
  field: Field,
  n: number,
  place: (i: Scalar) => Scalar,
  a: { readonly at: (i: Scalar, j: Scalar) => Num },
  w: Matrix,
): void {
  const { r } = field;
  r.for(0, n, (i) => {
    r.for(0, i, (j) => {
      const value = field.num(a.at(place(i), place(j)));
      w.put(j, i, value);
      w.put(i, j, value.conj());
    });
    w.put(i, i, new Num(a.at(place(i), place(i)).re));
  });
}
