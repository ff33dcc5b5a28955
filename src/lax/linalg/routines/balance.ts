import { type Field, type Matrix, Num } from "./field.ts";
import { realField } from "./tridiagonal.ts";

/** Rounds over all rows after which it is given up; two or three are typical. */
const MOST_ROUNDS = 20;

/**
 * Replaces a square matrix A by `D^-1 A D`, with a diagonal D of powers of two that make each row about as large as its column: nothing is
 * rounded, and the eigenvalues are less sensitive to what the algorithms round afterwards.
 *
 * @param w finite; it stays so
 * @returns the diagonal of D
 */
export function balance(field: Field, n: number, w: Matrix): Matrix {
  const { r } = field;
  const d = realField(field).local(1, n);
  const most = r.dtype === "float32" ? 2 ** 30 : 2 ** 300;
  const going = r.bool(true);
  const rounds = r.int(0);
  r.for(0, n, (i) => d.put(0, i, field.constant(1)));
  r.while(going.and(rounds.lt(MOST_ROUNDS)), () => {
    r.set(going, 0);
    r.set(rounds, rounds.add(1));
    r.for(0, n, (i) => {
      const [column, row] = [r.real(0), r.real(0)];
      r.for(0, n, (j) => {
        r.set(column, column.add(w.at(j, i).size()));
        r.set(row, row.add(w.at(i, j).size()));
      });
      const before = r.real(column.add(row));
      const factor = r.real(1);
      const scale = (by: number) => {
        r.set(factor, factor.mul(by));
        r.set(column, column.mul(by));
        r.set(row, row.mul(1 / by));
      };
      // A row or a column of zeros has no factor that would be right.
      r.if(column.gt(0).and(row.gt(0)), () => {
        r.while(column.lt(row.mul(0.5)).and(factor.lt(most)), () => scale(2));
        r.while(
          column
            .mul(0.5)
            .ge(row)
            .and(factor.gt(1 / most)),
          () => scale(0.5),
        );
      });
      const total = r.real(d.at(0, i).re.mul(factor));
      const isBetter = column.add(row).lt(before.mul(0.95));
      r.if(isBetter.and(total.le(most)).and(total.ge(1 / most)), () => {
        r.set(going, 1);
        d.put(0, i, new Num(total));
        field.scaleReal(n, r.real(1).div(factor), w.row(i));
        r.for(0, n, (j) => w.put(j, i, w.at(j, i).scale(factor)));
      });
    });
  });
  return d;
}
