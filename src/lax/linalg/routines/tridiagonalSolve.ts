import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import { Field, Num } from "./field.ts";
import type { RoutineField } from "./kind.ts";

/**
 * The solution of A X = B for a tridiagonal A of n rows and `count` right-hand sides: elimination with partial pivoting, which leaves U
 * two diagonals above its own. NaN in all places when A is singular; with `perturb`, pivots that are negligible are moved away from 0 instead.
 */
export function tridiagonalSolveRoutine(
  n: number,
  count: number,
  perturb: boolean,
  { real, isComplex }: RoutineField,
): Routine {
  const r = new RoutineBuilder("tridiagonal_solve", real);
  const field = new Field(r, isComplex);
  const [dl, d0, du0, b] = [field.input(1, n), field.input(1, n), field.input(1, n), field.input(n, count)];
  const x = field.output(n, count);
  const [d, du, du2] = [field.local(1, n), field.local(1, n), field.local(1, n)];
  field.copy(n, d0.row(0), d.row(0));
  field.copy(n, du0.row(0), du.row(0));
  field.fill(n, du2.row(0), 0);
  field.copy(n * count, b.row(0), x.row(0));

  r.for(0, n - 1, (i) => {
    const next = r.int(i.add(1));
    const below = field.num(dl.at(0, next));
    r.if(
      d.at(0, i).size().ge(below.size()),
      () => {
        r.if(d.at(0, i).isZero().not(), () => {
          const factor = field.num(below.div(d.at(0, i)));
          d.put(0, next, field.num(d.at(0, next).sub(factor.mul(du.at(0, i)))));
          field.axpy(count, field.num(factor.neg()), x.row(i), x.row(next));
        });
      },
      () => {
        const factor = field.num(d.at(0, i).div(below));
        d.put(0, i, below);
        const kept = field.num(d.at(0, next));
        d.put(0, next, field.num(du.at(0, i).sub(factor.mul(kept))));
        r.if(next.lt(n - 1), () => {
          du2.put(0, i, field.num(du.at(0, next)));
          du.put(0, next, field.num(factor.mul(du.at(0, next)).neg()));
        });
        du.put(0, i, kept);
        field.swap(count, x.row(i), x.row(next));
        field.axpy(count, field.num(factor.neg()), x.row(i), x.row(next));
      },
    );
  });

  const singular = r.bool(false);
  if (perturb) {
    const largest = r.real(0);
    r.for(0, n, (i) => {
      for (const diagonal of [d, du, du2]) r.set(largest, largest.max(diagonal.at(0, i).size()));
    });
    const least = r.real(largest.max(r.tiny / r.eps).mul(r.eps));
    r.for(0, n, (i) => {
      const pivot = field.num(d.at(0, i));
      r.if(pivot.size().lt(least), () => d.put(0, i, new Num(least.copysign(pivot.re))));
    });
  } else {
    r.for(0, n, (i) => r.if(d.at(0, i).isZero(), () => r.set(singular, 1)));
  }
  r.down(0, n, (i) => {
    r.if(i.lt(n - 1), () => field.axpy(count, field.num(du.at(0, i).neg()), x.row(i.add(1)), x.row(i)));
    r.if(i.lt(n - 2), () => field.axpy(count, field.num(du2.at(0, i).neg()), x.row(i.add(2)), x.row(i)));
    const pivot = field.num(d.at(0, i));
    r.for(0, count, (j) => x.put(i, j, field.num(x.at(i, j).div(pivot))));
  });
  r.if(singular, () => field.fill(n * count, x.row(0), Number.NaN));
  return r.finish(`${isComplex} ${n} ${count} ${perturb}`, n * (8 * count + 4));
}
