import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import { bidiagonalize } from "./bidiagonal.ts";
import { diagonalizeBidiagonal } from "./bidiagonalQr.ts";
import { Field, type Matrix, Num } from "./field.ts";
import { accumulateReflectors, setIdentity } from "./householder.ts";
import type { RoutineField } from "./kind.ts";
import { safeScale } from "./scaling.ts";
import { realField } from "./tridiagonal.ts";

export interface SvdForm {
  readonly fullMatrices: boolean;
  readonly computeUv: boolean;
}

/**
 * Singular values, descending, and with `computeUv` the singular vectors: the columns of U and the rows of V^H. A wide matrix is decomposed as its
 * adjoint. NaN in all places if the iteration fails.
 */
export function svdRoutine(m: number, n: number, form: SvdForm, { real, isComplex }: RoutineField): Routine {
  const { fullMatrices, computeUv } = form;
  const r = new RoutineBuilder("svd", real);
  const field = new Field(r, isComplex);
  const reals = realField(field);
  const [few, many] = [Math.min(m, n), Math.max(m, n)];
  const wide = m < n;
  const a = field.input(m, n);
  const values = reals.output(1, few);
  const u = computeUv ? field.output(m, fullMatrices ? m : few) : null;
  const vh = computeUv ? field.output(fullMatrices ? n : few, n) : null;
  // Rows of w are columns of the tall matrix.
  const w = field.local(few, many);
  r.for(0, m, (i) =>
    r.for(0, n, (j) => {
      if (wide) w.put(i, j, a.at(i, j).conj());
      else w.put(j, i, a.at(i, j));
    }),
  );
  const { scale, isFinite } = safeScale(field, few, many, w);
  const ok = r.bool(isFinite);
  r.if(isFinite, () => {
    const { d, e, left, right } = bidiagonalize(field, few, many, w);
    let vectors: { readonly left: Matrix; readonly right: Matrix } | null = null;
    if (computeUv) {
      const rows = fullMatrices ? many : few;
      vectors = { left: field.local(rows, many), right: field.local(few, few) };
      setIdentity(field, rows, many, vectors.left);
      const ofLeft = { count: few, rows, length: many, shift: 0 };
      accumulateReflectors(field, ofLeft, w, (j) => left.at(0, j), vectors.left);
      setIdentity(field, few, few, vectors.right);
      const ofRight = { count: few - 1, rows: few, length: few, shift: 1 };
      accumulateReflectors(field, ofRight, right.v, (j) => right.tau.at(0, j), vectors.right);
    }
    diagonalizeBidiagonal(field, { few, many, d, e, vectors, ok });
    r.for(0, few, (i) => values.put(0, i, d.at(0, i).div(new Num(scale))));
    if (vectors !== null && u !== null && vh !== null) {
      const [ofU, ofV] = wide ? [vectors.right, vectors.left] : [vectors.left, vectors.right];
      const [uColumns, vRows] = fullMatrices ? [m, n] : [few, few];
      r.for(0, uColumns, (k) => r.for(0, m, (i) => u.put(i, k, ofU.at(k, i))));
      r.for(0, vRows, (k) => r.for(0, n, (j) => vh.put(k, j, ofV.at(k, j).conj())));
    }
  });
  r.if(ok.not(), () => {
    reals.fill(few, values.row(0), Number.NaN);
    if (u !== null) field.fill(m * (fullMatrices ? m : few), u.row(0), Number.NaN);
    if (vh !== null) field.fill(n * (fullMatrices ? n : few), vh.row(0), Number.NaN);
  });
  const flops = computeUv ? 4 * few * few * many * 4 : 4 * few * few * many;
  return r.finish(`${isComplex} ${m} ${n} ${fullMatrices} ${computeUv}`, flops);
}
