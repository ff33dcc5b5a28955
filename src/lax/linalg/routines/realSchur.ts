import type { Scalar, Variable } from "../../../core/routine/scalar.ts";
import { firstCoupled, largestSize, rotate } from "./complexSchur.ts";
import { type Field, type Matrix, Num } from "./field.ts";
import { hypot } from "./householder.ts";

/** Steps of the iteration per eigenvalue after which it is given up; two or three are typical. */
const MOST_STEPS = 60;

/**
 * The QR iteration of Francis on a real Hessenberg matrix: a step has two shifts, which are real or conjugate, and so stays real. Afterwards `w`
 * is the real Schur form: upper triangular but for 2 x 2 blocks on the diagonal, `[[a, b], [c, a]]` with `b c < 0`, for pairs of eigenvalues.
 *
 * @param z its rows are reflected as the columns of the matrix of Schur vectors are. Without it, only the blocks on the diagonal of `w` are right
 */
export function quasiTriangularize(field: Field, n: number, w: Matrix, z: Matrix | null, ok: Variable): void {
  const { r } = field;
  const norm = largestSize(field, n, w);
  const end = r.int(n);
  const steps = r.int(0);
  const at = (i: Scalar, j: Scalar) => w.at(i, j).re;
  r.while(end.gt(0).and(ok), () => {
    const last = r.int(end.sub(1));
    const first = firstCoupled(field, w, last, norm);
    r.if(
      first.lt(last.sub(1)),
      () => {
        r.set(steps, steps.add(1));
        r.set(ok, steps.le(MOST_STEPS));
        francisStep(first, last);
      },
      () => {
        r.if(first.lt(last), () => splitBlock(field, n, w, z, first));
        r.set(end, first);
        r.set(steps, 0);
      },
    );
  });

  function francisStep(first: Scalar, last: Scalar): void {
    const before = r.int(last.sub(1));
    // The shifts are the eigenvalues of the last 2 x 2 block; now and then others, should these not help.
    const [x, y] = [r.real(at(last, last)), r.real(at(before, before))];
    const product = r.real(at(last, before).mul(at(before, last)));
    r.if(steps.eq(10).or(steps.eq(20)).or(steps.eq(30)).or(steps.eq(40)), () => {
      const size = r.real(
        at(last, before)
          .abs()
          .add(at(before, before.sub(1)).abs()),
      );
      r.set(x, x.add(size.mul(0.75)));
      r.set(y, x);
      r.set(product, size.mul(size).mul(-0.4375));
    });
    // The first column of (H - shift 1) (H - shift 2), divided by the first element below the diagonal.
    const second = r.int(first.add(1));
    const corner = r.real(at(first, first));
    const [dx, dy] = [r.real(x.sub(corner)), r.real(y.sub(corner))];
    const p = r.real(dx.mul(dy).sub(product).div(at(second, first)).add(at(first, second)));
    const q = r.real(at(second, second).sub(corner).sub(dx).sub(dy));
    const s = r.real(at(second.add(1), second));
    r.for(first, before, (k) => {
      r.if(k.gt(first), () => {
        r.set(p, at(k, k.sub(1)));
        r.set(q, at(k.add(1), k.sub(1)));
        r.set(s, at(k.add(2), k.sub(1)));
      });
      reflect(3, k, [p, q, s], first, last);
    });
    r.set(p, at(before, before.sub(1)));
    r.set(q, at(last, before.sub(1)));
    reflect(2, before, [p, q], first, last);
  }

  /** Turns rows, and columns, from k on by the reflector that makes all of a vector zero but its first element, which is left of the block. */
  function reflect(count: 2 | 3, k: Scalar, vector: readonly Variable[], first: Scalar, last: Scalar): void {
    const size = r.real(vector.map((x): Scalar => x.abs()).reduce((x, y) => x.max(y)));
    r.if(size.gt(0), () => {
      const scaled = vector.map((x) => r.real(x.div(size)));
      const squares = scaled.map((x) => x.mul(x)).reduce((x, y) => x.add(y));
      const length = r.real(squares.sqrt().copysign(scaled[0]));
      const head = r.real(scaled[0].add(length));
      // I - u v^T, v with a first element of 1.
      const u = [r.real(head.div(length)), ...scaled.slice(1).map((x) => r.real(x.div(length)))];
      const v = scaled.slice(1).map((x) => r.real(x.div(head)));
      const lines = Array.from({ length: count }, (_, i) => r.int(k.add(i)));
      const [top, right] = z === null ? [first, r.int(last.add(1))] : [0, n];
      r.if(k.gt(first), () => {
        w.put(k, k.sub(1), new Num(length.mul(size).neg()));
        for (const i of lines.slice(1)) w.put(i, k.sub(1), field.constant(0));
      });
      r.for(k, right, (j) => {
        const values = lines.map((i) => r.real(at(i, j)));
        const sum = r.real(v.reduce((total, x, i) => total.add(x.mul(values[i + 1])), values[0] as Scalar));
        lines.forEach((i, m) => w.put(i, j, new Num(values[m].sub(sum.mul(u[m])))));
      });
      const turnColumns = (get: (m: number) => Num, put: (m: number, x: Num) => void) => {
        const values = lines.map((_, m) => r.real(get(m).re));
        const sum = r.real(values.map((x, m) => x.mul(u[m])).reduce((x, y) => x.add(y)));
        values.forEach((x, m) => put(m, new Num(x.sub(m === 0 ? sum : sum.mul(v[m - 1])))));
      };
      r.for(top, k.add(4).min(last.add(1)), (i) =>
        turnColumns(
          (m) => w.at(i, lines[m]),
          (m, x) => w.put(i, lines[m], x),
        ),
      );
      if (z === null) return;
      r.for(0, n, (i) =>
        turnColumns(
          (m) => z.at(lines[m], i),
          (m, x) => z.put(lines[m], i, x),
        ),
      );
    });
  }
}

/** Makes the 2 x 2 block from row k on upper triangular if its eigenvalues are real; else the elements of its diagonal equal. */
function splitBlock(field: Field, n: number, w: Matrix, z: Matrix | null, k: Scalar): void {
  const { r } = field;
  const next = r.int(k.add(1));
  const at = (i: Scalar, j: Scalar) => w.at(i, j).re;
  const parts = () => {
    const p = r.real(at(k, k).sub(at(next, next)).mul(0.5));
    const size = r.real(p.abs().max(at(k, next).abs()).max(at(next, k).abs()));
    const scaled = [p, at(k, next), at(next, k)].map((x) => r.real(x.div(size)));
    const [half, b, c] = scaled;
    return { half, b, c, discriminant: r.real(half.mul(half).add(b.mul(c))) };
  };
  const turn = (c: Scalar, s: Scalar) => {
    const sine = new Num(s);
    const [top, right] = z === null ? [k, r.int(k.add(2))] : [0, n];
    r.for(k, right, (j) => rotate(field, w, [k, j], [next, j], c, sine));
    r.for(top, k.add(2), (i) => rotate(field, w, [i, k], [i, next], c, sine));
    if (z !== null) r.for(0, n, (i) => rotate(field, z, [k, i], [next, i], c, sine));
  };
  const before = parts();
  r.if(before.discriminant.lt(0), () => {
    const sum = r.real(before.b.add(before.c));
    const length = hypot(field, sum, r.real(before.half.mul(2)));
    r.if(length.gt(0), () => {
      const c = r.real(sum.abs().div(length).add(1).mul(0.5).sqrt());
      turn(c, r.real(before.half.div(length.mul(c)).neg().mul(r.real(1).copysign(sum))));
    });
    const mean = r.real(at(k, k).add(at(next, next)).mul(0.5));
    w.put(k, k, new Num(mean));
    w.put(next, next, new Num(mean));
  });
  // Of nearly equal eigenvalues rounding may have made real ones. (root, c) is an eigenvector.
  const { half, b, c, discriminant } = parts();
  const isTriangular = at(next, k).eq(0);
  r.if(isTriangular.not().and(discriminant.ge(0).or(b.mul(c).eq(0))), () => {
    const root = r.real(half.add(discriminant.max(0).sqrt().copysign(half)));
    const length = hypot(field, root, c);
    turn(r.real(root.div(length)), r.real(c.div(length)));
    w.put(next, k, field.constant(0));
  });
}
