import type { NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import { array } from "../../numpy/creation.ts";

/**
 * The Bernoulli numbers B(0) to B(n), with B(1) = -1/2, as float32.
 *
 * @param n an integer of at least 0
 * @throws ValueError otherwise
 * @example `String(jnp.round(scipy.special.bernoulli(4), 3)); // => "[ 1.    -0.5    0.167  0.    -0.033]"`
 */
export function bernoulli(n: number): NDArray {
  if (!Number.isInteger(n) || n < 0) throw new ValueError("n must be a non-negative integer.");
  const numbers = [1, -0.5, 1 / 6];
  // B(m) = (-1) ** (m / 2 + 1) * 2 m! / (2 pi) ** m * zeta(m) for even m.
  let factor = 2 / (2 * Math.PI) ** 2;
  for (let m = 3; m <= n; m++) {
    if (m % 2 === 1) {
      numbers.push(0);
      continue;
    }
    factor *= (-(m - 1) * m) / (2 * Math.PI) ** 2;
    let zeta = 1;
    for (let k = 2; k < 50; k++) zeta += k ** -m;
    numbers.push(2 * factor * zeta);
  }
  return array(numbers.slice(0, n + 1));
}
