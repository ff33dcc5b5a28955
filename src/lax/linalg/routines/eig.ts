import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import { triangularize } from "./complexSchur.ts";
import { eigenvectorsOf } from "./eigenvectors.ts";
import { Field, Num } from "./field.ts";
import { hessenbergVectors, reduceToHessenberg } from "./hessenberg.ts";
import type { RoutineField } from "./kind.ts";
import { safeScale } from "./scaling.ts";

/**
 * Eigenvalues, and left and right eigenvectors as columns, of a square matrix: reduced to Hessenberg form, then to triangular form, whose
 * diagonal has the eigenvalues. NaN in all places if that fails.
 */
export function eigRoutine(
  n: number,
  { left, right }: { readonly left: boolean; readonly right: boolean },
  { real, isComplex }: RoutineField,
): Routine {
  const r = new RoutineBuilder("eig", real);
  const field = new Field(r, true);
  const a = new Field(r, isComplex).input(n, n);
  const values = field.output(1, n);
  const sides = (["left", "right"] as const).filter((side) => (side === "left" ? left : right));
  const vectors = sides.map((side) => ({ side, out: field.output(n, n) }));
  const t = field.local(n, n);
  const z = vectors.length > 0 ? field.local(n, n) : null;
  r.for(0, n, (i) => r.for(0, n, (j) => t.put(i, j, a.at(i, j))));
  const { scale, isFinite } = safeScale(field, n, n, t);

  const ok = r.bool(isFinite);
  r.if(isFinite, () => {
    const reflectors = reduceToHessenberg(field, n, t);
    if (z !== null) hessenbergVectors(field, n, reflectors, z);
    triangularize(field, n, t, z, ok);
    r.for(0, n, (i) => values.put(0, i, t.at(i, i).div(new Num(scale))));
    if (z !== null) for (const { side, out } of vectors) eigenvectorsOf(field, n, { t, z }, side, out);
  });
  r.if(ok.not(), () => {
    field.fill(n, values.row(0), Number.NaN);
    for (const { out } of vectors) field.fill(n * n, out.row(0), Number.NaN);
  });
  return r.finish(`${isComplex} ${n} ${left} ${right}`, (vectors.length > 0 ? 100 : 40) * n ** 3);
}
