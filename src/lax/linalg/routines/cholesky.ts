import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import { scalarOf } from "../../../core/routine/scalar.ts";
import { Field, Num } from "./field.ts";
import { hypot } from "./householder.ts";
import type { RoutineField } from "./kind.ts";

/** Rows that are brought up to date together, by one product with all rows before them. */
const BLOCK = 16;

/**
 * The lower factor L of a Hermitian positive definite matrix, of which the lower triangle is read; zeros above its diagonal. NaN in all places
 * if the matrix is not positive definite.
 *
 * The rows of U = L^H are found one after the other: row j of A = U^H U says U[j, j:] up to a factor once the rows above are known.
 */
export function choleskyRoutine(n: number, { real, isComplex }: RoutineField): Routine {
  const r = new RoutineBuilder("cholesky", real);
  const field = new Field(r, isComplex);
  const a = field.input(n, n);
  const l = field.output(n, n);
  const u = field.local(n, n);
  r.for(0, n, (i) => r.for(i, n, (j) => u.put(i, j, a.at(j, i).conj())));

  const definite = r.bool(true);
  r.for(
    0,
    n,
    (first) => {
      const end = r.int(first.add(BLOCK).min(n));
      field.product(
        { m: end.sub(first), n: first.neg().add(n), k: first, alpha: -1 },
        { from: u.row(0, first), row: 1, col: u.stride, conjugate: true },
        { from: u.row(0, first), row: u.stride },
        { from: u.row(first, first), row: u.stride },
      );
      r.for(first, end, (j) => {
        const left = r.int(j.neg().add(n));
        r.for(first, j, (k) =>
          field.axpy(left, field.num(u.at(k, j).conj().neg()), u.row(k, j), u.row(j, j)),
        );
        const pivot = r.real(u.at(j, j).re);
        r.if(pivot.gt(0).not(), () => r.set(definite, 0));
        const root = r.real(pivot.sqrt());
        field.scaleReal(left, scalarOf(1, "real").div(root), u.row(j, j));
        u.put(j, j, new Num(root));
      });
    },
    BLOCK,
  );

  r.if(
    definite,
    () => {
      r.for(0, n, (i) => {
        r.for(0, i.add(1), (j) => l.put(i, j, u.at(j, i).conj()));
        field.fill(i.neg().add(n - 1), l.row(i, i.add(1)), 0);
      });
    },
    () => field.fill(n * n, l.row(0), Number.NaN),
  );
  return r.finish(`${isComplex} ${n}`, (n * n * n) / 3);
}

/** The upper triangular R with R^T R = R0^T R0 + w w^T: each row is rotated with w, so that an element of w vanishes. */
export function choleskyUpdateRoutine(n: number, { real, isComplex }: RoutineField): Routine {
  const r = new RoutineBuilder("cholesky_update", real);
  const field = new Field(r, isComplex);
  const before = field.input(n, n);
  const vector = field.input(1, n);
  const after = field.output(n, n);
  const w = field.local(1, n);
  field.copy(n * n, before.row(0), after.row(0));
  field.copy(n, vector.row(0), w.row(0));
  r.for(0, n, (k) => {
    const [x, y] = [r.real(after.at(k, k).re), r.real(w.at(0, k).re)];
    r.if(y.ne(0), () => {
      const length = hypot(field, x, y);
      const [c, s] = [r.real(x.div(length)), r.real(y.div(length))];
      r.run({ op: "rotate", n, x: after.row(k).runs[0], y: w.row(0).runs[0], c, s });
    });
  });
  return r.finish(`${isComplex} ${n}`, 6 * n * n);
}
