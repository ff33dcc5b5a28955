import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import { scalarOf, type Variable } from "../../../core/routine/scalar.ts";
import { triangularize } from "./complexSchur.ts";
import { Field, type Matrix } from "./field.ts";
import { hessenbergVectors, reduceToHessenberg } from "./hessenberg.ts";
import type { RoutineField } from "./kind.ts";
import { quasiTriangularize } from "./realSchur.ts";
import { safeScale } from "./scaling.ts";

/**
 * Replaces a square matrix by its Schur form, real or complex as it is.
 *
 * @param z its rows become the Schur vectors. Without it, only the blocks on the diagonal of `w` are right
 */
export function toSchurForm(field: Field, n: number, w: Matrix, z: Matrix | null, ok: Variable): void {
  const reflectors = reduceToHessenberg(field, n, w);
  if (z !== null) hessenbergVectors(field, n, reflectors, z);
  if (field.isComplex) triangularize(field, n, w, z, ok);
  else quasiTriangularize(field, n, w, z, ok);
}

/** `A = Q T Q^H`: the Schur form T and, if wanted, the Schur vectors Q. NaN in all places if that fails. */
export function schurRoutine(n: number, vectors: boolean, { real, isComplex }: RoutineField): Routine {
  const r = new RoutineBuilder("schur", real);
  const field = new Field(r, isComplex);
  const a = field.input(n, n);
  const form = field.output(n, n);
  const q = vectors ? field.output(n, n) : null;
  const [w, z] = [field.local(n, n), field.local(n, n)];
  r.for(0, n, (i) => field.copy(n, a.row(i), w.row(i)));
  const { scale, isFinite } = safeScale(field, n, n, w);
  const ok = r.bool(isFinite);
  r.if(isFinite, () => {
    toSchurForm(field, n, w, z, ok);
    r.for(0, n, (i) => {
      field.scaleReal(n, scalarOf(1, "real").div(scale), w.row(i));
      field.copy(n, w.row(i), form.row(i));
      if (q !== null) r.for(0, n, (k) => q.put(i, k, z.at(k, i)));
    });
  });
  r.if(ok.not(), () => {
    field.fill(n * n, form.row(0), Number.NaN);
    if (q !== null) field.fill(n * n, q.row(0), Number.NaN);
  });
  return r.finish(`${isComplex} ${n} ${vectors}`, 25 * n ** 3);
}
