import type { ArrayLike, NDArray } from "../../core/array.ts";
import { NotImplementedError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { jvp } from "../../transforms/jvp.ts";
import { broadcast } from "./arguments.ts";

/** Bernoulli numbers B(2k) as (2k)! / B(2k), the denominators of the Euler-Maclaurin series. */
const eulerMaclaurin = [
  12,
  -720,
  30240,
  -1209600,
  47900160,
  -1307674368000 / 691,
  74724249600,
  -1.067062284288e16 / 3617,
  5.109094217170944e18 / 43867,
  -8.028576626982912e20 / 174611,
  1.4101100039391804e22 / 77683,
  -1.6938241367317436e27 / 236364091,
  1.8613452051997184e26 / 657931,
  -3.7893265687455868e31 / 3392780147,
  7.597902916460401e35 / 1723168255201,
  -1.341967268361837e38 / 7709321041217,
];

const zetaSeries = (s: NDArray, q: NDArray): NDArray => {
  const terms = s.dtype.itemsize === 8 ? 16 : 8;
  let sum = lax.fullLike(q, 0);
  for (let k = 0; k < terms; k++) sum = sum.add(q.add(k).pow(s.neg()));
  const end = q.add(terms);
  const integral = end.pow(bi.subtract(1, s)).div(s.sub(1));
  let factor = s.div(end);
  let rest = lax.fullLike(q, 0.5);
  for (let k = 0; k < terms; k++) {
    rest = rest.add(factor.div(eulerMaclaurin[k]));
    factor = factor.mul(s.add(2 * k + 1).div(end)).mul(s.add(2 * k + 2).div(end));
  }
  return sum.add(integral).add(end.pow(s.neg()).mul(rest));
};

const hurwitz = customJvp((s: NDArray, q: NDArray): NDArray => lax.zeta(s, q), { name: "zeta" });
hurwitz.defjvp((primals, tangents) => jvp(zetaSeries, primals, tangents));

/**
 * Hurwitz' zeta function, the sum of `(q + k) ** -x`, differentiable in both arguments.
 *
 * Source of the derivative: Johansson, [Rigorous high-precision computation of the Hurwitz zeta function](https://arxiv.org/abs/1309.2877), 2015.
 *
 * @throws NotImplementedError without `q`
 * @example `String(scipy.special.zeta(2, 1)); // => "1.644934"`
 */
export function zeta(x: ArrayLike, q?: ArrayLike | null): NDArray {
  if (q === undefined || q === null) {
    throw new NotImplementedError(
      "Riemann zeta function not implemented; pass q to compute the Hurwitz zeta function.",
    );
  }
  const [s, a] = broadcast(promoteArgsInexact("zeta", x, q));
  return hurwitz(s, a);
}
