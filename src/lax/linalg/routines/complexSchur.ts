import { type Scalar, scalarOf, type Variable } from "../../../core/routine/scalar.ts";
import { type Field, type Matrix, Num, type NumVariable } from "./field.ts";
import { hypot } from "./householder.ts";

/** Steps of the iteration per eigenvalue after which it is given up; two or three are typical. */
const MOST_STEPS = 60;

/**
 * The QR iteration on a complex Hessenberg matrix: with single shifts, rotations chase a bulge down the matrix, after which the last element
 * below the diagonal is smaller; what is negligible becomes zero and cuts the problem. Afterwards `w` is upper triangular: the Schur form.
 *
 * @param z its rows are rotated as the columns of the matrix of Schur vectors are. Without it, only the diagonal of `w` is right
 */
export function triangularize(field: Field, n: number, w: Matrix, z: Matrix | null, ok: Variable): void {
  const { r } = field;
  const norm = largestSize(field, n, w);
  const end = r.int(n);
  const steps = r.int(0);
  r.while(end.gt(0).and(ok), () => {
    const last = r.int(end.sub(1));
    const first = firstCoupled(field, w, last, norm);
    r.if(
      first.eq(last),
      () => {
        r.set(end, last);
        r.set(steps, 0);
      },
      () => {
        r.set(steps, steps.add(1));
        r.set(ok, steps.le(MOST_STEPS));
        qrStep(first, last);
      },
    );
  });

  function qrStep(first: Scalar, last: Scalar): void {
    const shift = shiftOf(field, w, last, steps);
    const x = field.num(w.at(first, first).sub(shift));
    const y = field.num(w.at(first.add(1), first));
    r.for(first, last, (k) => {
      const next = r.int(k.add(1));
      r.if(k.gt(first), () => {
        field.set(x, w.at(k, k.sub(1)));
        field.set(y, w.at(next, k.sub(1)));
      });
      const { c, s } = rotationOf(field, x, y);
      const [top, bottom, right] = z === null ? [first, r.int(last.add(1)), r.int(last.add(1))] : [0, n, n];
      const left = r.int(k.sub(1).max(first));
      r.for(left, right, (j) => rotate(field, w, [k, j], [next, j], c, s));
      r.if(k.gt(first), () => w.put(next, k.sub(1), field.constant(0)));
      // The bulge is two rows below the diagonal at most.
      const below = r.int(k.add(3).min(last.add(1)).min(bottom));
      const adjoint = field.num(s.conj());
      r.for(top, below, (i) => rotate(field, w, [i, k], [i, next], c, adjoint));
      if (z !== null) r.for(0, n, (i) => rotate(field, z, [k, i], [next, i], c, adjoint));
    });
  }
}

/** The largest size of an element of a matrix. */
export function largestSize(field: Field, n: number, w: Matrix): Variable {
  const { r } = field;
  const norm = r.real(0);
  r.for(0, n, (i) => r.for(0, n, (j) => r.set(norm, norm.max(w.at(i, j).size()))));
  return norm;
}

/** Where the part of a Hessenberg matrix begins that ends with `last` and has no negligible element below the diagonal; the one before it becomes zero. */
export function firstCoupled(field: Field, w: Matrix, last: Scalar, norm: Scalar): Variable {
  const { r } = field;
  const first = r.int(last);
  const coupled = r.bool(first.gt(0));
  r.while(coupled, () => {
    const before = r.int(first.sub(1));
    const size = r.real(w.at(before, before).size().add(w.at(first, first).size()));
    r.if(size.eq(0), () => r.set(size, norm));
    r.if(
      w.at(first, before).size().gt(size.mul(r.eps)),
      () => {
        r.set(first, before);
        r.set(coupled, first.gt(0));
      },
      () => {
        w.put(first, before, field.constant(0));
        r.set(coupled, 0);
      },
    );
  });
  return first;
}

/** The eigenvalue of the 2 x 2 block that ends with `last` which is closer to its last element; now and then another number, should that not help. */
function shiftOf(field: Field, w: Matrix, last: Scalar, steps: Scalar): NumVariable {
  const { r } = field;
  const before = r.int(last.sub(1));
  const corner = field.num(w.at(last, last));
  const [b, c] = [field.num(w.at(before, last)), field.num(w.at(last, before))];
  const p = field.num(w.at(before, before).sub(corner).scale(0.5));
  const size = r.real(p.size().max(b.size()).max(c.size()));
  const shift = field.num(corner);
  r.if(
    steps.eq(10).or(steps.eq(20)).or(steps.eq(30)).or(steps.eq(40)),
    () => field.set(shift, corner.add(new Num(c.size().mul(0.75)))),
    () => {
      for (const x of [p, b, c]) field.set(x, x.div(new Num(size)));
      const q = field.num(b.mul(c));
      const root = squareRoot(field, field.num(p.mul(p).add(q)));
      // Of p + root and p - root the larger one.
      const alike = r.real(p.conj().mul(root).re);
      r.if(alike.lt(0), () => field.set(root, root.neg()));
      const sum = field.num(p.add(root));
      r.if(sum.size().gt(r.eps ** 2), () => field.set(shift, corner.sub(q.div(sum).scale(size))));
    },
  );
  return shift;
}

/** The square root with a real part that is not negative. */
export function squareRoot(field: Field, x: NumVariable): NumVariable {
  const { r } = field;
  const im = x.im ?? scalarOf(0, "real");
  const large = r.real(hypot(field, x.re, im).add(x.re.abs()).mul(0.5).sqrt());
  const small = r.real(0);
  r.if(large.gt(0), () => r.set(small, im.abs().div(large).mul(0.5)));
  const isRight = r.bool(x.re.ge(0));
  return field.num(new Num(isRight.select(large, small), isRight.select(small, large).copysign(im)));
}

/** c, real, and s with which (c x + s y, c y - conj(s) x) is (r, 0). */
export function rotationOf(
  field: Field,
  x: NumVariable,
  y: NumVariable,
): { readonly c: Variable; readonly s: NumVariable } {
  const { r } = field;
  const [ofX, ofY] = [hypot(field, x.re, x.im), hypot(field, y.re, y.im)];
  const c = r.real(1);
  const s = field.zero();
  r.if(ofY.gt(0), () => {
    const direction = field.num(y.conj().div(new Num(ofY)));
    r.if(
      ofX.eq(0),
      () => {
        r.set(c, 0);
        field.set(s, direction);
      },
      () => {
        const whole = hypot(field, ofX, ofY);
        r.set(c, ofX.div(whole));
        const phase = field.num(x.div(new Num(ofX)));
        field.set(s, phase.mul(direction).scale(ofY.div(whole)));
      },
    );
  });
  return { c, s };
}

type Position = readonly [Scalar, Scalar];

/** Turns two numbers of a matrix: x, y = c x + s y, c y - conj(s) x. */
export function rotate(field: Field, w: Matrix, x: Position, y: Position, c: Scalar, s: Num): void {
  const [p, q] = [field.num(w.at(...x)), field.num(w.at(...y))];
  w.put(...x, p.scale(c).add(q.mul(s)));
  w.put(...y, q.scale(c).sub(p.mul(s.conj())));
}
