// Special functions beyond the goldens: derivatives, vmap, jit, float64 and misuse.

import { grad, jit, jnp, type NDArray, scipy, testUtil, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const { special } = scipy;
const x = jnp.array([0.3, 0.7, 1.6, 2.4]);
const y = jnp.array([1.1, 0.4, 2.5, 0.9]);
const unit = jnp.array([0.1, 0.35, 0.6, 0.85]);

type Row = [name: string, f: (...xs: NDArray[]) => NDArray, ...args: NDArray[]];
const rows: Row[] = [
  ["gammaln", special.gammaln, x],
  ["gamma", special.gamma, x],
  ["loggamma", special.loggamma, x],
  ["betaln", special.betaln, x, y],
  ["betaln, large", special.betaln, x, y.add(9)],
  ["beta", special.beta, x, y],
  ["factorial", (a) => special.factorial(a), x],
  ["comb", (a, b) => special.comb(a.add(3), b), x, y],
  ["digamma", special.digamma, x],
  ["polygamma", (a) => special.polygamma(2, a), x],
  ["gammainc", special.gammainc, y, x],
  ["gammaincc", special.gammaincc, y, x],
  ["betainc", (a) => special.betainc(y, x, a), unit],
  ["multigammaln", (a) => special.multigammaln(a.add(2), 3), x],
  ["poch", special.poch, x, y],
  ["zeta", (a, b) => special.zeta(a.add(1.5), b), x, y],
  ["erf", special.erf, x],
  ["erfc", special.erfc, x],
  ["erfinv", special.erfinv, unit],
  ["erfcx", special.erfcx, x],
  ["ndtr", special.ndtr, x],
  ["ndtri", special.ndtri, unit],
  ["logNdtr", (a) => special.logNdtr(a), jnp.array([-12, -3, 0.5, 6])],
  ["logit", special.logit, unit],
  ["expit", special.expit, x],
  ["xlogy", special.xlogy, x, y],
  ["xlog1py", special.xlog1py, x, y],
  ["entr", special.entr, x],
  ["relEntr", special.relEntr, x, y],
  ["klDiv", special.klDiv, x, y],
  ["boxcox", special.boxcox, x, y],
  ["boxcox1p", special.boxcox1p, x, y],
  ["i0", special.i0, x],
  ["i0e", special.i0e, x],
  ["i1", special.i1, x],
  ["i1e", special.i1e, x],
  ["expi", special.expi, jnp.array([-0.7, 0.6, 3, 9])],
  ["exp1", special.exp1, x],
  ["expn", (a) => special.expn(3, a), x],
  ["sici", (a) => special.sici(a)[0].add(special.sici(a)[1]), jnp.array([0.5, 3, 5, 12])],
  ["fresnel", (a) => special.fresnel(a)[0].sub(special.fresnel(a)[1]), jnp.array([-0.5, 1, 1.8, 3])],
  ["spence", special.spence, x],
  ["softmax", (a) => special.softmax(a), x],
  ["logSoftmax", (a) => special.logSoftmax(a, { axis: 0 }), x],
];

describe("derivatives, vmap as a loop, jit as eager", () => {
  test.each(rows)("%s", (_name, f, ...args) => {
    testUtil.checkGrads(f, args, 1, { atol: 2e-2, rtol: 2e-2 });
    const value = f(...args);
    expect(jnp.allclose(jit(f)(...args), value, { rtol: 1e-5, atol: 1e-6 }).item()).toBe(true);
    if (/oftmax/.test(_name)) return;
    const mapped = vmap((...xs: NDArray[]) => f(...xs.map((a) => a.reshape([1]))))(
      ...args.slice(0, f.length),
    );
    if (args.length === f.length && _name !== "betainc") {
      expect(jnp.allclose(mapped.ravel(), value, { rtol: 1e-5, atol: 1e-6 }).item()).toBe(true);
    }
  });
});

test("float64: against values of 16 digits", () => {
  const d = (a: number): NDArray => jnp.float64(a);
  // Abramowitz and Stegun, and the DLMF, to the digits given there.
  const values: [NDArray, number][] = [
    [special.gamma(d(0.5)), Math.sqrt(Math.PI)],
    [special.expi(d(1)), 1.895117816355937],
    [special.exp1(d(1)), 0.21938393439552026],
    [special.expn(3, d(2)), 0.03013337979781589],
    [special.sici(d(1))[0], 0.946083070367183],
    [special.sici(d(10))[1], -0.04545643300445537],
    [special.fresnel(d(1))[0], 0.4382591473903547],
    [special.fresnel(d(2))[1], 0.48825340607534073],
    [special.spence(d(0.5)), 0.5822405264650126],
    [special.ndtri(d(0.975)), 1.959963984540054],
    [special.logNdtr(d(-25), 12), -316.63940800802055],
    [special.erfcx(d(3)), 0.17900115118138998],
    [special.zeta(d(3), d(1)), 1.2020569031595942],
    [special.betaln(d(2), d(30)), -Math.log(930)],
  ];
  for (const [value, expected] of values) {
    expect(value.dtype.name).toBe("float64");
    expect(Math.abs(Number(value) / expected - 1)).toBeLessThan(2e-13);
  }
});

test("loggamma and gamma of complex numbers", () => {
  const z = jnp.complex64(jnp.array([1.5, -2.3, 0.2]).add(jnp.complex64(0)).add(0));
  // The recurrence gamma(z + 1) = z gamma(z), and the sum of logarithms on the principal branch.
  const shifted = jnp.exp(special.loggamma(z.add(1)));
  expect(jnp.allclose(shifted, z.mul(special.gamma(z)), { rtol: 1e-4 }).item()).toBe(true);
  expect(jnp.isnan(special.gamma(jnp.complex64(-1))).item()).toBe(true);
});

test("zeros and poles", () => {
  expect(Number(special.xlogy(0, 0))).toBe(0);
  expect(Number(grad((a: NDArray) => special.entr(a))(0))).toBe(Number.POSITIVE_INFINITY);
  expect(Number(special.expn(1, 0))).toBe(Number.POSITIVE_INFINITY);
  expect(Number(special.expn(3, 0))).toBe(0.5);
  expect(Number(special.expn(2, -1))).toBeNaN();
  expect(Number(special.loggamma(-1.5))).toBeNaN();
  expect([...(special.gammasgn(jnp.array([-0.5, -1, -1.5, 2])).dataSync() as Float32Array)]).toEqual([
    -1,
    Number.NaN,
    1,
    1,
  ]);
});

test.each<[string, () => unknown, string]>([
  ["complex numbers", () => special.gammasgn(jnp.complex64(1)), "does not support complex"],
  ["ndtr of integers", () => special.ndtr(jnp.array([1], "int32")), "float32 or float64"],
  ["an order that is no integer", () => special.polygamma(1.5, 1), "integer type"],
  ["the order of a series", () => special.logNdtr(1, 31), "<= 30"],
  ["a traced dimension", () => special.multigammaln(1, jnp.array(2) as never), "must be an integer"],
  ["a negative index", () => special.bernoulli(-1), "non-negative"],
  ["exact factorials", () => special.factorial(3, true), "exact=true"],
  ["Riemann's function", () => special.zeta(2), "pass q"],
  ["an unknown option", () => special.comb(2, 1, { repeat: true } as never), "repeat"],
])("misuse: %s", (_name, call, message) => {
  expect(call).toThrow(message);
});
