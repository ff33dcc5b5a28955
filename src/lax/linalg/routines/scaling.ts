import type { Variable } from "../../../core/routine/scalar.ts";
import type { Field, Matrix } from "./field.ts";

/**
 * Multiplies a matrix by a number, 1 for most, with which no product of its elements overflows and those that matter do not underflow.
 * @returns that number, and whether all elements are finite
 */
export function safeScale(
  field: Field,
  rows: number,
  columns: number,
  w: Matrix,
): { readonly scale: Variable; readonly isFinite: Variable } {
  const { r } = field;
  const largest = r.real(0);
  r.for(0, rows, (i) =>
    r.for(0, columns, (j) => {
      const { re, im } = w.at(i, j);
      for (const part of im === null ? [re] : [re, im]) r.set(largest, largest.max(part.abs()));
    }),
  );
  const isFinite = r.bool(largest.le(greatest(r.dtype)));
  const scale = r.real(1);
  const [low, high] = r.dtype === "float32" ? [2 ** -40, 2 ** 40] : [2 ** -400, 2 ** 400];
  r.if(largest.lt(low).and(largest.gt(0)), () => {
    // Of subnormal numbers even the reciprocal may overflow.
    r.set(scale, r.real(low).div(largest.max(r.tiny)));
  });
  r.if(largest.gt(high).and(isFinite), () => r.set(scale, r.real(high).div(largest)));
  r.if(scale.ne(1), () => r.for(0, rows, (i) => field.scaleReal(columns, scale, w.row(i))));
  return { scale, isFinite };
}

const greatest = (dtype: "float32" | "float64"): number =>
  dtype === "float32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
