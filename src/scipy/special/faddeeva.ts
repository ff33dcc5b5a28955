import type { NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { customJvp } from "../../transforms/customJvp.ts";

/** Weideman's expansion with 32 terms: its scale, and its coefficients, highest power first. */
const scale = 4.756828460010884;
const coefficients = [
  -1.3034426067909105e-12, 3.741183837373847e-12, 8.030427700497756e-12, -2.154359355749088e-11,
  -5.544244996323793e-11, 1.165824698850374e-10, 4.1537441121999766e-10, -5.231020211492061e-10,
  -3.2080151339721323e-9, 8.124886421653591e-10, 2.3797556530014025e-8, 2.2930438915445e-8,
  -1.4813078929137642e-7, -4.1840763750512053e-7, 4.2558331397138446e-7, 4.401531731283225e-6,
  6.821031944357515e-6, -2.1409619201999998e-5, -1.307544925457942e-4, -2.4532980270038237e-4,
  3.9259136070109705e-4, 4.519541105349309e-3, 1.90061557848455e-2, 5.730440352983728e-2,
  1.4060716226893755e-1, 2.954445107150874e-1, 5.460139720639338e-1, 9.019254893648001e-1, 1.345544169234545,
  1.8256696296324815, 2.2635372999002676, 2.5722534081245696,
];

const timesI = (z: NDArray): NDArray => lax.complex(lax.neg(lax.imag(z)), lax.real(z));

function upperHalf(z: NDArray): NDArray {
  const iz = timesI(z);
  const denominator = bi.subtract(scale, iz);
  const Z = iz.add(scale).div(denominator);
  const [first, ...rest] = coefficients;
  const p = rest.reduce<NDArray>((sum, c) => sum.mul(Z).add(c), lax.fullLike(z, first));
  return p
    .mul(2)
    .div(denominator.mul(denominator))
    .add(bi.divide(1 / Math.sqrt(Math.PI), denominator));
}

/**
 * Faddeeva's function, `exp(-z²) erfc(-i z)`, of complex numbers.
 *
 * Source: Weideman, [Computation of the Complex Error Function](https://doi.org/10.1137/0731077), 1994.
 */
export const faddeeva = customJvp(
  (z: NDArray): NDArray => {
    const upper = lax.imag(z).ge(0);
    const w = upperHalf(where(upper, z, z.neg()));
    return where(upper, w, lax.exp(z.mul(z).neg()).mul(2).sub(w));
  },
  { name: "wofz" },
);
faddeeva.defjvps((dot, w, z) => {
  const re = lax.real(z);
  const constant = lax.complex(lax.fullLike(re, 0), lax.fullLike(re, 2 / Math.sqrt(Math.PI)));
  return dot.mul(z.mul(w).mul(-2).add(constant));
});

/** `exp(z²) erfc(z)` of complex numbers. */
export function complexErfcx(z: NDArray): NDArray {
  return faddeeva(timesI(z));
}
