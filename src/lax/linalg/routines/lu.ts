import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import type { Scalar } from "../../../core/routine/scalar.ts";
import { Field } from "./field.ts";
import type { RoutineField } from "./kind.ts";

/** Columns that are eliminated before the rest of the matrix is brought up to date, by one product. */
const BLOCK = 32;

/** P A = L U with partial pivoting: L and U in one matrix, the swaps of rows in their order, and the permutation that they are. */
export function luRoutine(m: number, n: number, { real, isComplex }: RoutineField): Routine {
  const r = new RoutineBuilder("lu", real);
  const field = new Field(r, isComplex);
  const steps = Math.min(m, n);
  const a = field.input(m, n);
  const lu = field.output(m, n);
  const pivots = r.output("int", steps);
  const permutation = r.output("int", m);
  field.copy(m * n, a.row(0), lu.row(0));
  r.for(0, m, (i) => permutation.put(i, i));

  const pivotOf = (k: Scalar) => {
    const best = r.int(k);
    const largest = r.real(lu.at(k, k).size());
    r.for(k.add(1), m, (i) => {
      const size = r.real(lu.at(i, k).size());
      r.if(size.gt(largest), () => {
        r.set(largest, size);
        r.set(best, i);
      });
    });
    return best;
  };

  r.for(
    0,
    steps,
    (first) => {
      const end = r.int(first.add(BLOCK).min(steps));
      r.for(first, end, (k) => {
        const pivot = pivotOf(k);
        pivots.put(k, pivot);
        r.if(pivot.ne(k), () => {
          field.swap(n, lu.row(k), lu.row(pivot));
          const kept = r.int(permutation.at(k));
          permutation.put(k, permutation.at(pivot));
          permutation.put(pivot, kept);
        });
        const value = field.num(lu.at(k, k));
        // A column without a pivot has nothing to eliminate.
        r.if(value.isZero().not(), () => {
          const right = r.int(end.sub(k).sub(1));
          r.for(k.add(1), m, (i) => {
            const factor = field.num(lu.at(i, k).div(value));
            lu.put(i, k, factor);
            field.axpy(right, field.num(factor.neg()), lu.row(k, k.add(1)), lu.row(i, k.add(1)));
          });
        });
      });
      // The rows of U right of the block, then what is left below them.
      const right = r.int(end.neg().add(n));
      r.for(first, end, (i) =>
        r.for(first, i, (k) =>
          field.axpy(right, field.num(lu.at(i, k).neg()), lu.row(k, end), lu.row(i, end)),
        ),
      );
      field.product(
        { m: end.neg().add(m), n: right, k: end.sub(first), alpha: -1 },
        { from: lu.row(end, first), row: lu.stride, col: 1 },
        { from: lu.row(first, end), row: lu.stride },
        { from: lu.row(end, end), row: lu.stride },
      );
    },
    BLOCK,
  );
  return r.finish(`${isComplex} ${m} ${n}`, steps * steps * (Math.max(m, n) - steps / 3));
}

/** The permutation that a list of swaps is. */
export function permutationRoutine(swaps: number, size: number): Routine {
  const r = new RoutineBuilder("lu_pivots_to_permutation", "float32");
  const pivots = r.input("int", swaps);
  const permutation = r.output("int", size);
  r.for(0, size, (i) => permutation.put(i, i));
  r.for(0, swaps, (i) => {
    const j = r.int(pivots.at(i));
    // Indices out of range read and write as those of arrays do.
    const from = r.int(j.max(0).min(size - 1));
    const [x, y] = [r.int(permutation.at(i)), r.int(permutation.at(from))];
    permutation.put(i, y);
    r.if(j.ge(0).and(j.lt(size)), () => permutation.put(j, x));
  });
  return r.finish(`${swaps} ${size}`, swaps);
}
