import type { Scalar, Variable } from "../../../core/routine/scalar.ts";
import { rotateRows } from "./eigh.ts";
import { type Field, type Matrix, Num } from "./field.ts";
import { hypot } from "./householder.ts";
import { realField } from "./tridiagonal.ts";

/** Steps of the iteration per singular value after which it is given up; two are typical. */
const MOST_STEPS = 75;

interface Problem {
  readonly few: number;
  readonly many: number;
  readonly d: Matrix;
  readonly e: Matrix;
  /** Rows are singular vectors: rotated with the matrix. */
  readonly vectors: { readonly left: Matrix; readonly right: Matrix } | null;
  readonly ok: Variable;
}

/**
 * The singular values of a real upper bidiagonal matrix, d on its diagonal and e right of it, replace d, descending. The implicitly shifted QR
 * iteration of Golub and Kahan: a step turns the matrix by rotations from both sides, after which the last e is smaller; what is negligible
 * becomes zero and cuts the problem.
 */
export function diagonalizeBidiagonal(field: Field, { few, many, d, e, vectors, ok }: Problem): void {
  const { r } = field;
  const real = realField(field);
  const rotations = [0, 1, 2, 3].map(() => real.local(1, few));
  const [rightC, rightS, leftC, leftS] = rotations;
  const at = (x: Matrix, i: Scalar) => x.at(0, i).re;
  const put = (x: Matrix, i: Scalar, value: Scalar) => x.put(0, i, new Num(value));
  const steps = r.int(0);
  const end = r.int(few);

  r.while(end.gt(0).and(ok), () => {
    // The part from `first` to `end` is the last one without a zero right of the diagonal.
    const first = r.int(end.sub(1));
    const coupled = r.bool(first.gt(0));
    r.while(coupled, () => {
      const size = r.real(at(d, first.sub(1)).abs().add(at(d, first).abs()));
      r.if(
        at(e, first.sub(1))
          .abs()
          .gt(size.mul(r.eps / 2).add(r.tiny)),
        () => {
          r.set(first, first.sub(1));
          r.set(coupled, first.gt(0));
        },
        () => {
          put(e, first.sub(1), r.real(0));
          r.set(coupled, 0);
        },
      );
    });
    r.if(
      first.eq(end.sub(1)),
      () => {
        r.set(end, first);
        r.set(steps, 0);
      },
      () => {
        r.set(steps, steps.add(1));
        r.set(ok, steps.le(MOST_STEPS));
        const zero = negligibleDiagonal(first);
        r.if(
          zero.lt(0),
          () => qrStep(first),
          () =>
            r.if(
              zero.eq(end.sub(1)),
              () => clearColumn(first),
              () => clearRow(zero),
            ),
        );
      },
    );
  });
  finish();

  /** The last place from `first` on with a negligible element on the diagonal, which becomes zero; -1 if there is none. */
  function negligibleDiagonal(first: Scalar): Variable {
    const found = r.int(-1);
    const i = r.int(end.sub(1));
    r.while(i.ge(first).and(found.lt(0)), () => {
      const size = r.real(0);
      r.if(i.lt(end.sub(1)), () => r.set(size, at(e, i).abs()));
      r.if(i.gt(first), () => r.set(size, size.add(at(e, i.sub(1)).abs())));
      r.if(
        at(d, i)
          .abs()
          .le(size.mul(r.eps / 2).add(r.tiny)),
        () => {
          put(d, i, r.real(0));
          r.set(found, i);
        },
      );
      r.set(i, i.sub(1));
    });
    return found;
  }

  /** The last element of the diagonal is zero: rotations of columns clear what is above it. */
  function clearColumn(first: Scalar): void {
    const last = r.int(end.sub(1));
    const f = r.real(at(e, last.sub(1)));
    put(e, last.sub(1), r.real(0));
    r.down(first, last, (j) => {
      const length = hypot(field, at(d, j), f);
      const [c, s] = [r.real(at(d, j).div(length)), r.real(f.div(length))];
      put(d, j, length);
      r.if(j.gt(first), () => {
        r.set(f, s.mul(at(e, j.sub(1))).neg());
        put(e, j.sub(1), c.mul(at(e, j.sub(1))));
      });
      if (vectors !== null) rotateTwo(vectors.right, few, j, last, c, s);
    });
  }

  /** An element of the diagonal is zero: rotations of rows clear what is right of it. */
  function clearRow(zero: Scalar): void {
    const f = r.real(at(e, zero));
    put(e, zero, r.real(0));
    r.for(zero.add(1), end, (j) => {
      const length = hypot(field, at(d, j), f);
      const [c, s] = [r.real(at(d, j).div(length)), r.real(f.div(length))];
      put(d, j, length);
      r.if(j.lt(end.sub(1)), () => {
        r.set(f, s.mul(at(e, j)).neg());
        put(e, j, c.mul(at(e, j)));
      });
      if (vectors !== null) rotateTwo(vectors.left, many, j, zero, c, s);
    });
  }

  function rotateTwo(z: Matrix, n: number, i: Scalar, j: Scalar, c: Scalar, s: Scalar): void {
    const [x, y] = [z.row(i), z.row(j)];
    x.runs.forEach((run, p) => r.run({ op: "rotate", n, x: run, y: y.runs[p], c, s }));
  }

  function qrStep(first: Scalar): void {
    const last = r.int(end.sub(1));
    const { f, g } = firstRotation(first, last);
    r.for(first, last, (j) => {
      const t = r.int(j.sub(first));
      // From the right: the bulge above the diagonal goes below it.
      const across = hypot(field, f, g);
      const [c, s] = [r.real(1), r.real(0)];
      r.if(across.gt(0), () => {
        r.set(c, f.div(across));
        r.set(s, g.div(across));
      });
      r.if(j.gt(first), () => put(e, j.sub(1), across));
      r.set(f, c.mul(at(d, j)).add(s.mul(at(e, j))));
      put(e, j, c.mul(at(e, j)).sub(s.mul(at(d, j))));
      r.set(g, s.mul(at(d, j.add(1))));
      put(d, j.add(1), c.mul(at(d, j.add(1))));
      put(rightC, t, c);
      put(rightS, t, s);
      // From the left: back above it, one further.
      const down = hypot(field, f, g);
      r.set(c, 1);
      r.set(s, 0);
      r.if(down.gt(0), () => {
        r.set(c, f.div(down));
        r.set(s, g.div(down));
      });
      put(d, j, down);
      r.set(f, c.mul(at(e, j)).add(s.mul(at(d, j.add(1)))));
      put(d, j.add(1), c.mul(at(d, j.add(1))).sub(s.mul(at(e, j))));
      r.if(j.add(1).lt(last), () => {
        r.set(g, s.mul(at(e, j.add(1))));
        put(e, j.add(1), c.mul(at(e, j.add(1))));
      });
      put(leftC, t, c);
      put(leftS, t, s);
    });
    put(e, last.sub(1), f);
    if (vectors === null) return;
    const count = r.int(last.sub(first));
    rotateRows(field, few, count, vectors.right, first, vectors.right.stride, rightC, rightS);
    rotateRows(field, many, count, vectors.left, first, vectors.left.stride, leftC, leftS);
  }

  /** The first column of C^T C, less a shift: the eigenvalue of its last 2 x 2 block that is closer to its last element. */
  function firstRotation(first: Scalar, last: Scalar): { readonly f: Variable; readonly g: Variable } {
    const parts = [at(d, last), at(d, last.sub(1)), at(e, last.sub(1)), at(d, first), at(e, first)];
    const size = r.real(parts.map((x) => x.abs()).reduce((x, y) => x.max(y)));
    const [d1, d0, e0, df, ef] = parts.map((x) => r.real(x.div(size)));
    const b = r.real(d0.add(d1).mul(d0.sub(d1)).add(e0.mul(e0)).mul(0.5));
    const off = r.real(d1.mul(e0));
    const shift = r.real(0);
    r.if(b.ne(0).or(off.ne(0)), () => {
      const root = hypot(field, b, off);
      r.set(shift, off.mul(off).div(b.add(root.copysign(b))));
    });
    return { f: r.real(df.add(d1).mul(df.sub(d1)).add(shift)), g: r.real(df.mul(ef)) };
  }

  /** Makes the singular values positive and sorts them. */
  function finish(): void {
    r.for(0, few, (i) => {
      r.if(at(d, i).lt(0), () => {
        put(d, i, at(d, i).neg());
        if (vectors !== null) field.scaleReal(few, -1, vectors.right.row(i));
      });
    });
    r.for(0, few - 1, (i) => {
      const best = r.int(i);
      r.for(i.add(1), few, (k) => r.if(at(d, k).gt(at(d, best)), () => r.set(best, k)));
      r.if(best.ne(i), () => {
        const kept = r.real(at(d, i));
        put(d, i, at(d, best));
        put(d, best, kept);
        if (vectors === null) return;
        field.swap(few, vectors.right.row(i), vectors.right.row(best));
        field.swap(many, vectors.left.row(i), vectors.left.row(best));
      });
    });
  }
}
