import type { NDArray } from "../../core/array.ts";
import { constLike } from "../../lax/operands.ts";

/** A polynomial by Horner's rule, the coefficient of the highest power first. */
export function horner(coefficients: readonly number[], x: NDArray): NDArray {
  const [first, ...rest] = coefficients;
  return rest.reduce<NDArray>((sum, c) => sum.mul(x).add(c), constLike(x, first));
}

/** The ratio of two polynomials. */
export function ratio(numerator: readonly number[], denominator: readonly number[], x: NDArray): NDArray {
  return horner(numerator, x).div(horner(denominator, x));
}
