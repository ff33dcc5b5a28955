import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import type { Scalar, Variable } from "../../../core/routine/scalar.ts";
import { Field, type Matrix, Num } from "./field.ts";
import { accumulateReflectors, hypot, setIdentity, transposeInto } from "./householder.ts";
import type { RoutineField } from "./kind.ts";
import { safeScale } from "./scaling.ts";
import { loadHermitian, realField, tridiagonalize } from "./tridiagonal.ts";

/** Steps of the iteration per eigenvalue after which it is given up; two are typical. */
const MOST_STEPS = 50;

/**
 * Eigenvectors (as columns) and eigenvalues, ascending, of a Hermitian matrix of which one triangle is read: reduced to tridiagonal form, then
 * diagonalised by the implicit QL iteration. NaN in all places if that fails.
 */
export function eighRoutine(n: number, lower: boolean, { real, isComplex }: RoutineField): Routine {
  const r = new RoutineBuilder("eigh", real);
  const field = new Field(r, isComplex);
  const a = field.input(n, n);
  const vectors = field.output(n, n);
  const values = realField(field).output(1, n);
  const w = field.local(n, n);
  const z = field.local(n, n);
  // Of a Hermitian matrix, either triangle says what is in the other.
  const known = lower ? a : { at: (i: Scalar, j: Scalar) => a.at(j, i).conj() };
  loadHermitian(field, n, (i) => i, known, w);
  const { scale, isFinite } = safeScale(field, n, n, w);

  const ok = r.bool(isFinite);
  r.if(isFinite, () => {
    const { d, e, tau } = tridiagonalize(field, n, w);
    setIdentity(field, n, n, z);
    const options = { count: n - 1, rows: n, length: n, shift: 1 };
    accumulateReflectors(field, options, w, (j) => tau.at(0, j), z);
    diagonalize(field, n, d, e, z, ok);
    sortAscending(field, n, d, z);
    r.for(0, n, (i) => values.put(0, i, d.at(0, i).div(new Num(scale))));
    r.for(0, n, (k) => r.for(0, n, (i) => vectors.put(i, k, z.at(k, i))));
  });
  r.if(ok.not(), () => {
    field.fill(n * n, vectors.row(0), Number.NaN);
    realField(field).fill(n, values.row(0), Number.NaN);
  });
  return r.finish(`${isComplex} ${n} ${lower}`, 9 * n ** 3);
}

/**
 * Eigenvalues, ascending, of the real symmetric tridiagonal matrix with d on and e next to its diagonal, and eigenvectors (as columns) unless
 * only the values are wanted. NaN in all places if it fails.
 */
export function eighTridiagonalRoutine(n: number, valuesOnly: boolean, real: Routine["real"]): Routine {
  const r = new RoutineBuilder("eigh_tridiagonal", real);
  const field = new Field(r, false);
  const [dIn, eIn] = [field.input(1, n), field.input(1, n - 1)];
  const values = field.output(1, n);
  const vectors = valuesOnly ? null : field.output(n, n);
  // One row below the other; the last number of the second is not used.
  const both = field.local(2, n);
  const z = valuesOnly ? null : field.local(n, n);
  field.copy(n, dIn.row(0), both.row(0));
  field.copy(n - 1, eIn.row(0), both.row(1));
  both.put(1, n - 1, field.constant(0));
  const { scale, isFinite } = safeScale(field, 2, n, both);

  const ok = r.bool(isFinite);
  r.if(isFinite, () => {
    const [d, e] = [field.local(1, n), field.local(1, n)];
    field.copy(n, both.row(0), d.row(0));
    field.copy(n, both.row(1), e.row(0));
    if (z !== null) setIdentity(field, n, n, z);
    diagonalize(field, n, d, e, z, ok);
    sortAscending(field, n, d, z);
    r.for(0, n, (i) => values.put(0, i, d.at(0, i).div(new Num(scale))));
    if (z !== null && vectors !== null) transposeInto(field, n, n, z, vectors);
  });
  r.if(ok.not(), () => {
    field.fill(n, values.row(0), Number.NaN);
    if (vectors !== null) field.fill(n * n, vectors.row(0), Number.NaN);
  });
  return r.finish(`${n} ${valuesOnly}`, valuesOnly ? 30 * n ** 2 : 6 * n ** 3);
}

/**
 * Diagonalises a real symmetric tridiagonal matrix, d on and e next to its diagonal; rows of z, if given, are rotated as the columns of the matrix of
 * eigenvectors are.
 */
function diagonalize(field: Field, n: number, d: Matrix, e: Matrix, z: Matrix | null, ok: Variable): void {
  const { r } = field;
  const real = realField(field);
  const [cosines, sines] = [real.local(1, n), real.local(1, n)];
  const at = (x: Matrix, i: Scalar) => x.at(0, i).re;
  const put = (x: Matrix, i: Scalar, value: Scalar) => x.put(0, i, new Num(value));
  r.for(0, n, (first) => {
    const steps = r.int(0);
    const going = r.bool(true);
    r.while(going.and(ok), () => {
      // The first element next to the diagonal, from `first` on, that is negligible.
      const end = r.int(first);
      const coupled = r.bool(first.lt(n - 1));
      r.while(coupled, () => {
        const size = r.real(
          at(d, end)
            .abs()
            .add(at(d, end.add(1)).abs()),
        );
        r.if(
          at(e, end)
            .abs()
            .gt(size.mul(r.eps / 2).add(r.tiny)),
          () => {
            r.set(end, end.add(1));
            r.set(coupled, end.lt(n - 1));
          },
          () => r.set(coupled, 0),
        );
      });
      r.set(going, end.ne(first));
      r.if(going, () => {
        r.set(steps, steps.add(1));
        r.set(ok, steps.le(MOST_STEPS));
        qlStep(first, end);
      });
    });
  });

  function qlStep(first: Scalar, end: Scalar): void {
    // The shift is the eigenvalue of the first 2 x 2 block that is closer to its first element.
    const coupling = r.real(at(e, first));
    const half = r.real(at(d, first.add(1)).sub(at(d, first)).div(coupling.mul(2)));
    const root = hypot(field, half, r.real(1));
    const g = r.real(
      at(d, end)
        .sub(at(d, first))
        .add(coupling.div(half.add(root.copysign(half)))),
    );
    const [s, c, p] = [r.real(1), r.real(1), r.real(0)];
    const count = r.int(0);
    const i = r.int(end.sub(1));
    const broken = r.bool(false);
    r.while(i.ge(first).and(broken.not()), () => {
      const f = r.real(s.mul(at(e, i)));
      const b = r.real(c.mul(at(e, i)));
      const length = hypot(field, f, g);
      put(e, i.add(1), length);
      r.if(
        length.eq(0),
        () => {
          put(d, i.add(1), at(d, i.add(1)).sub(p));
          put(e, end, r.real(0));
          r.set(broken, 1);
        },
        () => {
          r.set(s, f.div(length));
          r.set(c, g.div(length));
          r.set(g, at(d, i.add(1)).sub(p));
          const t = r.real(at(d, i).sub(g).mul(s).add(c.mul(b).mul(2)));
          r.set(p, s.mul(t));
          put(d, i.add(1), g.add(p));
          r.set(g, c.mul(t).sub(b));
          put(cosines, count, c);
          put(sines, count, s);
          r.set(count, count.add(1));
          r.set(i, i.sub(1));
        },
      );
    });
    r.if(broken.not(), () => {
      put(d, first, at(d, first).sub(p));
      put(e, first, g);
      put(e, end, r.real(0));
    });
    if (z !== null) rotateRows(field, n, count, z, end, -z.stride, cosines, sines);
  }
}

/** Rotates neighbouring rows of a matrix in turn, from a row on; all parts of its numbers alike. */
export function rotateRows(
  field: Field,
  n: number,
  count: Scalar,
  z: Matrix,
  first: Scalar,
  step: number,
  cosines: Matrix,
  sines: Matrix,
): void {
  const [c, s] = [cosines.row(0).runs[0], sines.row(0).runs[0]];
  for (const x of z.row(first).runs) field.r.run({ op: "rotateRows", n, count, x, step, c, s });
}

function sortAscending(field: Field, n: number, d: Matrix, z: Matrix | null): void {
  const { r } = field;
  r.for(0, n - 1, (i) => {
    const least = r.int(i);
    r.for(i.add(1), n, (k) => r.if(d.at(0, k).re.lt(d.at(0, least).re), () => r.set(least, k)));
    r.if(least.ne(i), () => {
      const kept = field.r.real(d.at(0, i).re);
      d.put(0, i, d.at(0, least));
      d.put(0, least, new Num(kept));
      if (z !== null) field.swap(n, z.row(i), z.row(least));
    });
  });
}
