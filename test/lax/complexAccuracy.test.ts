import { describe, expect, test } from "vitest";
import { Complex, jnp, type NDArray } from "../../src/index.ts";
import * as namespace from "../../src/lax/index.ts";
import { randomNumbers } from "./opTable.ts";

// Functions of complex64 against those of complex128, where each has its own algorithm: by the error of the number relative to its size.

const lax = { ...namespace };
const next = randomNumbers("complex accuracy");
const sign = () => (next() < 0.5 ? -1 : 1);
const power = (range: number) => sign() * 2 ** ((next() - 0.5) * range);
/** Numbers of moderate size, of any size, near the unit circle, and near the branch points 1 and -1. */
const kinds: readonly (() => [re: number, im: number])[] = [
  () => [4 * next() - 2, 4 * next() - 2],
  () => [power(40), power(40)],
  () => [power(240), power(240)],
  () => {
    const [angle, radius] = [2 * Math.PI * next(), 1 + (next() - 0.5) * 2 ** (-20 * next())];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  () => [sign() * (1 + (next() - 0.5) * 2 ** (-20 * next())), (next() - 0.5) * 2 ** (-25 * next())],
];
const numbers = (count: number) =>
  jnp.complex64(
    Array.from({ length: count }, (_, i) => {
      const [re, im] = kinds[i % kinds.length]();
      return new Complex(Math.fround(re), Math.fround(im));
    }),
  );
const wide = (x: NDArray): NDArray => x.astype("complex128");
const parts = (x: NDArray): number[] => Array.from(x.dataSync() as Float64Array);

/** The largest error in units of 2^-24, half a unit in the last place, among results that are normal numbers. */
function largestError(got: NDArray, want: NDArray): number {
  const [a, b] = [parts(got), parts(want)];
  const step = b.length / want.size;
  let worst = 0;
  for (let i = 0; i < b.length; i += step) {
    const size = Math.hypot(...b.slice(i, i + step));
    if (!(size < 2 ** 127 && size > 2 ** -125)) continue;
    const error = Math.hypot(...b.slice(i, i + step).map((v, p) => v - a[i + p]));
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / size);
  }
  return worst * 2 ** 24;
}

const z = numbers(1500);
const functions = [
  ...(["sqrt", "rsqrt", "exp", "expm1", "log", "log1p", "logistic", "abs", "sign", "square"] as const),
  ...(["sin", "cos", "tan", "sinh", "cosh", "tanh"] as const),
  ...(["asin", "acos", "atan", "asinh", "acosh", "atanh"] as const),
];
test.each(functions)("%s", (name) => {
  expect(largestError(lax[name](z), lax[name](wide(z)))).toBeLessThan(8);
});
test.each(["mul", "div", "pow"] as const)("%s", (name) => {
  const y = jnp.flip(z);
  expect(largestError(lax[name](z, y), lax[name](wide(z), wide(y)))).toBeLessThan(8);
});

describe("infinite numbers, zeros and NaN are divided as in complex128", () => {
  const values = [0, -0, 1, -2, Infinity, -Infinity, Number.NaN];
  // Where both parts are infinite, some of the results are infinite here and NaN there.
  const all = values
    .flatMap((re) => values.map((im) => new Complex(re, im)))
    .filter(({ re, im }) => Number.isFinite(re) || Number.isFinite(im));
  const grid = jnp.complex64(all);
  test.each(all.map((c) => [String(c), c] as const))("by %s", (_name, c) => {
    const divisor = jnp.complex64(c);
    const got = parts(lax.div(grid, lax.broadcast(divisor, [all.length])));
    const want = parts(lax.div(wide(grid), lax.broadcast(wide(divisor), [all.length])));
    // Zeros may have either sign.
    const magnitudes = (list: number[]) => list.map((v) => Math.fround(v) + 0);
    expect(magnitudes(got)).toEqual(magnitudes(want));
  });
});
