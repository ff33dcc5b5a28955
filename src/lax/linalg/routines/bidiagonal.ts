import { type Field, type Matrix, Num } from "./field.ts";
import { makeReflector } from "./householder.ts";
import { realField } from "./tridiagonal.ts";

export interface Bidiagonal {
  /** The diagonal, and what is right of it: real. */
  readonly d: Matrix;
  readonly e: Matrix;
  /** Factors of the reflectors from the left, whose vectors end in `w`: row j from column j on. */
  readonly left: Matrix;
  /** Those from the right; vector j is in row j from column j + 1 on. */
  readonly right: { readonly v: Matrix; readonly tau: Matrix };
}

/** Reduces a tall matrix B, whose columns are the rows of `w`, to upper bidiagonal form: B = U C V^H. */
export function bidiagonalize(field: Field, few: number, many: number, w: Matrix): Bidiagonal {
  const { r } = field;
  const real = realField(field);
  const [d, e] = [real.local(1, few), real.local(1, few)];
  const [left, tau] = [field.local(1, few), field.local(1, few)];
  const v = field.local(few, few);
  const y = field.local(1, many);
  r.for(0, few, (j) => {
    const next = r.int(j.add(1));
    const length = r.int(j.neg().add(many));
    const others = r.int(next.neg().add(few));
    const reflector = makeReflector(field, length, w, j, j);
    d.put(0, j, new Num(reflector.beta));
    left.put(0, j, reflector.tau);
    const minus = field.num(reflector.tau.conj().neg());
    field.reflect(others, length, minus, w.row(j, j), w.row(next, j), w.stride);
    r.if(others.gt(0), () => {
      r.for(next, few, (k) => v.put(j, k, w.at(k, j).conj()));
      const fromRight = makeReflector(field, others, v, j, next);
      e.put(0, j, new Num(fromRight.beta));
      tau.put(0, j, fromRight.tau);
      // The columns times I - tau v v^H: y = B v, then each column k loses tau conj(v[k]) y.
      const below = r.int(length.sub(1));
      const start = w.row(next, next);
      field.fill(below, y.row(0), 0);
      field.product(
        { m: 1, n: below, k: others },
        { from: v.row(j, next), row: 0, col: 1 },
        { from: start, row: w.stride },
        { from: y.row(0), row: 0 },
      );
      field.scale(below, fromRight.tau, y.row(0));
      field.product(
        { m: others, n: below, k: 1, alpha: -1 },
        { from: v.row(j, next), row: 1, col: 0, conjugate: true },
        { from: y.row(0), row: 0 },
        { from: start, row: w.stride },
      );
    });
  });
  return { d, e, left, right: { v, tau } };
}
