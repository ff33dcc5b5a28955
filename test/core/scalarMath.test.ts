import { describe, expect, it } from "vitest";
import * as scalar from "../../src/core/scalarMath.ts";
import { readGolden } from "../support/goldens.ts";

/** Pairs (x, f(x)) computed with 60 digits and rounded to double. */
const goldens = await readGolden<Record<string, [number, number][]>>("scalarMath");

const functions: Record<string, { f: (x: number) => number; ulps: number; atol?: number }> = {
  erf: { f: scalar.erf, ulps: 2 },
  erfc: { f: scalar.erfc, ulps: 8 },
  erfInv: { f: scalar.erfInv, ulps: 8 },
  // Roots on the negative axis: the error is absolute there.
  lgamma: { f: scalar.lgamma, ulps: 8, atol: 8e-15 },
  digamma: { f: scalar.digamma, ulps: 8, atol: 8e-15 },
  logistic: { f: scalar.logistic, ulps: 3 },
  exp2: { f: scalar.exp2, ulps: 3 },
};

describe("scalarMath", () => {
  for (const [name, { f, ulps, atol = 0 }] of Object.entries(functions)) {
    it(`${name} agrees with high-precision values`, () => {
      let worst = 0;
      let at = 0;
      for (const [x, y] of goldens[name]!) {
        const ulp = 2 ** Math.max(Math.floor(Math.log2(Math.abs(y))) - 52, -1074);
        const error = Math.max(0, Math.abs(f(x) - y) - atol) / ulp;
        if (error > worst || Number.isNaN(error)) [worst, at] = [error, x];
      }
      expect(worst, `${name}(${at})`).toBeLessThanOrEqual(ulps);
    });
  }

  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const cases: [string, (...x: number[]) => number, number[], number][] = [
    ["erf", scalar.erf, [inf], 1],
    ["erf", scalar.erf, [-inf], -1],
    ["erf", scalar.erf, [-0], -0],
    ["erf", scalar.erf, [nan], nan],
    ["erfc", scalar.erfc, [inf], 0],
    ["erfc", scalar.erfc, [-inf], 2],
    ["erfc", scalar.erfc, [nan], nan],
    ["erfInv", scalar.erfInv, [1], inf],
    ["erfInv", scalar.erfInv, [-1], -inf],
    ["erfInv", scalar.erfInv, [1.5], nan],
    ["erfInv", scalar.erfInv, [-0], -0],
    ["erfInv", scalar.erfInv, [nan], nan],
    ["lgamma", scalar.lgamma, [0], inf],
    ["lgamma", scalar.lgamma, [-3], inf],
    ["lgamma", scalar.lgamma, [-inf], inf],
    ["lgamma", scalar.lgamma, [nan], nan],
    ["lgamma", scalar.lgamma, [1], 0],
    ["digamma", scalar.digamma, [0], nan],
    ["digamma", scalar.digamma, [-3], nan],
    ["digamma", scalar.digamma, [inf], inf],
    ["digamma", scalar.digamma, [-inf], nan],
    ["logistic", scalar.logistic, [-inf], 0],
    ["logistic", scalar.logistic, [inf], 1],
    ["logistic", scalar.logistic, [nan], nan],
    ["exp2", scalar.exp2, [10], 1024],
    ["exp2", scalar.exp2, [-1074], 2 ** -1074],
    ["exp2", scalar.exp2, [-1080], 0],
    ["exp2", scalar.exp2, [1024], inf],
    ["exp2", scalar.exp2, [-inf], 0],
    ["exp2", scalar.exp2, [nan], nan],
    ["pow", scalar.pow, [1, nan], 1],
    ["pow", scalar.pow, [nan, 0], 1],
    ["pow", scalar.pow, [-1, inf], 1],
    ["pow", scalar.pow, [-1, nan], nan],
    ["pow", scalar.pow, [-8, 1 / 3], nan],
    ["pow", scalar.pow, [-0, -3], -inf],
    ["rem", scalar.rem, [-4, 2], -0],
    ["rem", scalar.rem, [5.5, -2], 1.5],
    ["rem", scalar.rem, [1, 0], nan],
    ["roundHalfEven", scalar.roundHalfEven, [2.5], 2],
    ["roundHalfEven", scalar.roundHalfEven, [-3.5], -4],
    ["roundHalfEven", scalar.roundHalfEven, [-0.5], -0],
    ["roundHalfEven", scalar.roundHalfEven, [2 ** 52 + 1], 2 ** 52 + 1],
    ["roundHalfEven", scalar.roundHalfEven, [0.49999999999999994], 0],
    ["roundHalfEven", scalar.roundHalfEven, [inf], inf],
    ["roundHalfAway", scalar.roundHalfAway, [2.5], 3],
    ["roundHalfAway", scalar.roundHalfAway, [-2.5], -3],
    ["roundHalfAway", scalar.roundHalfAway, [0.49999999999999994], 0],
    ["roundHalfAway", scalar.roundHalfAway, [-0.25], -0],
    ["roundHalfAway", scalar.roundHalfAway, [-inf], -inf],
    ["nextafter", scalar.nextafter, [0, -1], -Number.MIN_VALUE],
    ["nextafter", scalar.nextafter, [1, 2], 1 + Number.EPSILON],
    ["nextafter", scalar.nextafter, [-1, 0], -(1 - Number.EPSILON / 2)],
    ["nextafter", scalar.nextafter, [inf, 0], Number.MAX_VALUE],
    ["nextafter", scalar.nextafter, [0, -0], -0],
    ["nextafterFloat32", scalar.nextafterFloat32, [1, 2], 1 + 2 ** -23],
    ["nextafterFloat32", scalar.nextafterFloat32, [0, 1], 2 ** -149],
    ["nextafterFloat32", scalar.nextafterFloat32, [nan, 1], nan],
    ["sign", scalar.sign, [-0], -0],
    ["rsqrt", scalar.rsqrt, [-0], -inf],
  ];
  it.each(cases)("%s at an edge", (_, f, args, expected) => {
    expect(f(...args)).toBe(expected);
  });
});
