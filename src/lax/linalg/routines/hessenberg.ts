import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import { Field, type Matrix, Num } from "./field.ts";
import { accumulateReflectors, makeReflector, setIdentity } from "./householder.ts";
import type { RoutineField } from "./kind.ts";

export interface Hessenberg {
  /** Vector j of the reflectors is in row j from column j + 1 on, with their factors. */
  readonly v: Matrix;
  readonly tau: Matrix;
}

/** Replaces a square matrix A by H with `A = Q H Q^H`, zero below its first subdiagonal; Q is the product of the reflectors. */
export function reduceToHessenberg(field: Field, n: number, w: Matrix): Hessenberg {
  const { r } = field;
  const v = field.local(n, n);
  const tau = field.local(1, n);
  const [y, conjugate] = [field.local(1, n), field.local(1, n)];
  r.for(0, n - 1, (j) => {
    const next = r.int(j.add(1));
    const size = r.int(next.neg().add(n));
    r.for(next, n, (i) => v.put(j, i, w.at(i, j)));
    const reflector = makeReflector(field, size, v, j, next);
    tau.put(0, j, reflector.tau);
    w.put(next, j, new Num(reflector.beta));
    r.for(next.add(1), n, (i) => w.put(i, j, field.constant(0)));
    r.if(reflector.tau.isZero().not(), () => {
      // From the left by the adjoint I - conj(tau) v v^H: y = v^H W, then row i loses conj(tau) v[i] y.
      const vector = v.row(j, next);
      const start = w.row(next, next);
      field.fill(size, y.row(0), 0);
      field.product(
        { m: 1, n: size, k: size },
        { from: vector, row: 0, col: 1, conjugate: true },
        { from: start, row: w.stride },
        { from: y.row(0), row: 0 },
      );
      field.scale(size, reflector.tau.conj(), y.row(0));
      field.product(
        { m: size, n: size, k: 1, alpha: -1 },
        { from: vector, row: 1, col: 0 },
        { from: y.row(0), row: 0 },
        { from: start, row: w.stride },
      );
      // From the right by I - tau v v^H.
      field.copy(size, vector, conjugate.row(0));
      field.negateImaginary(size, conjugate.row(0));
      const minus = field.num(reflector.tau.neg());
      field.reflect(n, size, minus, conjugate.row(0), w.row(0, next), w.stride);
    });
  });
  return { v, tau };
}

/** The columns of Q, as the rows of `z`. */
export function hessenbergVectors(field: Field, n: number, { v, tau }: Hessenberg, z: Matrix): void {
  setIdentity(field, n, n, z);
  accumulateReflectors(field, { count: n - 1, rows: n, length: n, shift: 1 }, v, (j) => tau.at(0, j), z);
}

/** The reduction as LAPACK gives it: H, below its first subdiagonal the vectors of the reflectors, and their factors. */
export function hessenbergRoutine(n: number, { real, isComplex }: RoutineField): Routine {
  const r = new RoutineBuilder("hessenberg", real);
  const field = new Field(r, isComplex);
  const a = field.input(n, n);
  const out = field.output(n, n);
  const taus = field.output(1, Math.max(0, n - 1));
  const w = field.local(n, n);
  r.for(0, n, (i) => field.copy(n, a.row(i), w.row(i)));
  const { v, tau } = reduceToHessenberg(field, n, w);
  r.for(0, n, (i) => field.copy(n, w.row(i), out.row(i)));
  r.for(0, n - 1, (j) => {
    taus.put(0, j, tau.at(0, j));
    r.for(j.add(2), n, (i) => out.put(i, j, v.at(j, i)));
  });
  return r.finish(`${isComplex} ${n}`, (10 * n ** 3) / 3);
}
