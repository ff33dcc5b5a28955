import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import { balance } from "./balance.ts";
import { rotate, rotationOf } from "./complexSchur.ts";
import { eigenvectorsOf } from "./eigenvectors.ts";
import { Field, type Matrix, Num } from "./field.ts";
import type { RoutineField } from "./kind.ts";
import { safeScale } from "./scaling.ts";
import { toSchurForm } from "./schur.ts";

/**
 * Eigenvalues, and left and right eigenvectors as columns, of a square matrix, by its Schur form. Of a real matrix, real eigenvalues have real
 * eigenvectors, the others are conjugate pairs, and the one with the positive imaginary part is first. NaN in all places if that fails.
 */
export function eigRoutine(
  n: number,
  { left, right }: { readonly left: boolean; readonly right: boolean },
  { real, isComplex }: RoutineField,
): Routine {
  const r = new RoutineBuilder("eig", real);
  const [given, field] = [new Field(r, isComplex), new Field(r, true)];
  const a = given.input(n, n);
  const values = field.output(1, n);
  const sides = (["left", "right"] as const).filter((side) => (side === "left" ? left : right));
  const vectors = sides.map((side) => ({ side, out: field.output(n, n) }));
  const w = given.local(n, n);
  const q = vectors.length > 0 ? given.local(n, n) : null;
  r.for(0, n, (i) => given.copy(n, a.row(i), w.row(i)));
  const { scale, isFinite } = safeScale(given, n, n, w);

  const ok = r.bool(isFinite);
  r.if(isFinite, () => {
    const d = balance(given, n, w);
    const balanced = safeScale(given, n, n, w);
    toSchurForm(given, n, w, q, ok);
    if (isComplex) r.for(0, n, (i) => values.put(0, i, w.at(i, i)));
    else valuesOfBlocks(field, n, w, values);
    if (q !== null) {
      const [t, z] = isComplex ? [w, q] : complexForm(field, n, w, q, values);
      for (const { side, out } of vectors)
        eigenvectorsOf(field, n, { t, z, d, isReal: !isComplex }, side, out);
    }
    r.for(0, n, (i) => values.put(0, i, values.at(0, i).div(new Num(balanced.scale)).div(new Num(scale))));
  });
  r.if(ok.not(), () => {
    field.fill(n, values.row(0), Number.NaN);
    for (const { out } of vectors) field.fill(n * n, out.row(0), Number.NaN);
  });
  return r.finish(`${isComplex} ${n} ${left} ${right}`, (vectors.length > 0 ? 30 : 10) * n ** 3);
}

/** The eigenvalues of a real Schur form. */
function valuesOfBlocks(field: Field, n: number, w: Matrix, values: Matrix): void {
  const { r } = field;
  r.for(0, n, (i) => values.put(0, i, w.at(i, i)));
  r.for(0, n - 1, (k) => {
    const next = r.int(k.add(1));
    const c = r.real(w.at(next, k).re.abs());
    r.if(c.ne(0), () => {
      const root = r.real(c.sqrt().mul(w.at(k, next).re.abs().sqrt()));
      values.put(0, k, new Num(w.at(k, k).re, root));
      values.put(0, next, new Num(w.at(k, k).re, root.neg()));
    });
  });
}

/** The complex Schur form, and its vectors, from the real one: rotations make its 2 x 2 blocks triangular. */
function complexForm(field: Field, n: number, w: Matrix, q: Matrix, values: Matrix): [t: Matrix, z: Matrix] {
  const { r } = field;
  const [t, z] = [field.local(n, n), field.local(n, n)];
  r.for(0, n, (i) =>
    r.for(0, n, (j) => {
      t.put(i, j, w.at(i, j));
      z.put(i, j, q.at(i, j));
    }),
  );
  r.for(0, n - 1, (k) => {
    const next = r.int(k.add(1));
    const below = r.real(w.at(next, k).re);
    r.if(below.ne(0), () => {
      // (i omega, c) is an eigenvector of [[a, b], [c, a]] for a + i omega.
      const [first, second] = [new Num(r.real(0), values.at(0, k).im), new Num(below)].map((x) =>
        field.num(x),
      );
      const { c, s } = rotationOf(field, first, second);
      const adjoint = field.num(s.conj());
      r.for(k, n, (j) => rotate(field, t, [k, j], [next, j], c, s));
      r.for(0, k.add(2), (i) => rotate(field, t, [i, k], [i, next], c, adjoint));
      r.for(0, n, (i) => rotate(field, z, [k, i], [next, i], c, adjoint));
      t.put(next, k, field.constant(0));
    });
  });
  r.for(0, n, (i) => t.put(i, i, values.at(0, i)));
  return [t, z];
}
