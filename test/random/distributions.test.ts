// Samples follow their distributions: Kolmogorov-Smirnov and chi-squared tests, moments, limits.

import { jnp, lax, nn, random } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, expectClose } from "../transforms/helpers.ts";
import { chiSquared, erf, ksDistance } from "./stats.ts";

const n = 20_000;
const key = random.key(123);
const list = (x: A): number[] => Array.from(x.dataSync() as Float32Array);
/** The distance that 1 in 10^5 samples of this size exceeds. */
const limit = 2.5 / Math.sqrt(n);
const phi = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));

describe("continuous", () => {
  const cases: [string, A, (x: number) => number][] = [
    ["uniform", random.uniform(key, [n]), (x) => Math.min(1, Math.max(0, x))],
    ["uniform in [-2, 5)", random.uniform(key, { shape: [n], minval: -2, maxval: 5 }), (x) => (x + 2) / 7],
    ["normal", random.normal(key, [n]), phi],
    [
      "truncated normal",
      random.truncatedNormal(key, -1, 2, [n]),
      (x) => (phi(x) - phi(-1)) / (phi(2) - phi(-1)),
    ],
    ["exponential", random.exponential(key, [n]), (x) => 1 - Math.exp(-x)],
    ["gumbel", random.gumbel(key, [n]), (x) => Math.exp(-Math.exp(-x))],
    ["laplace", random.laplace(key, [n]), (x) => (x < 0 ? 0.5 * Math.exp(x) : 1 - 0.5 * Math.exp(-x))],
  ];
  test.each(cases)("%s", (_name, sample, cdf) => {
    expect(sample.dtype.name).toBe("float32");
    expect(ksDistance(list(sample), cdf)).toBeLessThan(limit);
  });

  test("limits hold", () => {
    const u = list(random.uniform(key, [n]));
    expect(Math.min(...u)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...u)).toBeLessThan(1);
    const t = list(random.truncatedNormal(key, -0.1, 0.1, [n]));
    expect(Math.min(...t)).toBeGreaterThan(-0.1);
    expect(Math.max(...t)).toBeLessThan(0.1);
    expect(list(random.normal(key, [n])).every(Number.isFinite)).toBe(true);
    expect(list(random.gumbel(key, [n])).every(Number.isFinite)).toBe(true);
  });

  test("samples of one key are independent of each other, and of those of its children", () => {
    const x = list(random.normal(key, [n]));
    const [k1] = random.split(key) as unknown as [A];
    const y = list(random.normal(k1, [n]));
    const correlation = (a: number[], b: number[]) => a.reduce((s, v, i) => s + v * (b[i] as number), 0) / n;
    expect(Math.abs(correlation(x.slice(1), x.slice(0, -1)))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(correlation(x, y))).toBeLessThan(5 / Math.sqrt(n));
  });
});

describe("discrete", () => {
  test("bits are balanced", () => {
    const words = random.bits(key, [n]);
    for (let bit = 0; bit < 32; bit++) {
      const ones = jnp
        .sum(lax.bitwiseAnd(lax.shiftRightLogical(words, jnp.uint32(bit)), jnp.uint32(1)))
        .item() as number;
      expect(Math.abs(ones / n - 0.5)).toBeLessThan(2.5 / Math.sqrt(n));
    }
    expect(random.bits(key, [3], "uint8").dtype.name).toBe("uint8");
  });
  const counts = (x: A, classes: number): number[] => {
    const c = new Array<number>(classes).fill(0);
    for (const v of x.dataSync() as Int32Array) c[Number(v)] = (c[Number(v)] as number) + 1;
    return c;
  };
  test("randint", () => {
    const x = random.randint(key, [n], 3, 13);
    expect(chiSquared(counts(x.sub(3), 10), Array(10).fill(0.1))).toBeLessThan(40);
    // A range without a power of two, the whole range, an empty one.
    expect(chiSquared(counts(random.randint(key, [n], 0, 7), 7), Array(7).fill(1 / 7))).toBeLessThan(35);
    const whole = list(random.randint(key, [n], -2147483648, 2147483647));
    expect(Math.abs(whole.reduce((a, b) => a + b, 0) / n / 2 ** 31)).toBeLessThan(0.03);
    expectClose(random.randint(key, [3], 5, 5), [5, 5, 5]);
    expectClose(random.randint(key, [3], 5, 2), [5, 5, 5]);
  });
  test("bernoulli", () => {
    const p = 0.3;
    const x = random.bernoulli(key, p, [n]);
    expect(x.dtype.name).toBe("bool");
    expect(Math.abs((jnp.mean(x).item() as number) - p)).toBeLessThan(0.015);
    expectClose(random.bernoulli(key, 0, [3]), [false, false, false]);
    expectClose(random.bernoulli(key, 1, [3]), [true, true, true]);
    expect(random.bernoulli(key, jnp.array([0, 1])).tolist()).toEqual([false, true]);
  });
  test("categorical", () => {
    const logits = jnp.log(jnp.array([0.1, 0.2, 0.3, 0.4]));
    const x = random.categorical(key, logits, { shape: [n] });
    expect(x.dtype.name).toBe("int32");
    expect(chiSquared(counts(x, 4), [0.1, 0.2, 0.3, 0.4])).toBeLessThan(25);
    // Batches of logits; impossible classes never appear.
    const masked = jnp.array([
      [0, Number.NEGATIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, 0],
    ]);
    expectClose(random.categorical(key, masked), [0, 1]);
    expect(random.categorical(key, jnp.zeros([2, 3, 4]), 1).shape).toEqual([2, 4]);
    expect(random.categorical(key, jnp.zeros([2, 3]), { shape: [5, 2] }).shape).toEqual([5, 2]);
  });
  test("choice", () => {
    expect(chiSquared(counts(random.choice(key, 4, [n]), 4), Array(4).fill(0.25))).toBeLessThan(25);
    const p = jnp.array([0.5, 0, 0.25, 0.25]);
    const c = counts(random.choice(key, 4, { shape: [n], p }), 4);
    expect(c[1]).toBe(0);
    expect(chiSquared([c[0], c[2], c[3]] as number[], [0.5, 0.25, 0.25])).toBeLessThan(25);
    const rows = random.choice(key, jnp.arange(6).reshape(3, 2), { shape: [2], axis: 0, replace: false });
    expect(rows.shape).toEqual([2, 2]);
    const distinct = random.choice(key, 10, { shape: [10], replace: false }).tolist() as number[];
    expect([...distinct].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(random.choice(key, 5, []).shape).toEqual([]);
  });
  test("permutation", () => {
    const perm = random.permutation(key, 50).tolist() as number[];
    expect([...perm].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const x = jnp.arange(12).reshape(4, 3);
    const shuffled = random.permutation(key, x);
    expect((shuffled.tolist() as number[][]).map((r) => (r[0] as number) / 3).sort()).toEqual([0, 1, 2, 3]);
    const columns = random.permutation(key, x, { axis: 1 });
    expectClose(jnp.sum(columns, 1), jnp.sum(x, 1).tolist());
    const independent = random.permutation(key, x, { axis: 1, independent: true });
    expectClose(jnp.sort(independent, 1), x.tolist());
    // Every place is equally likely for every element.
    const places = new Array<number>(4).fill(0);
    for (const k of random.split(key, 400))
      places[(random.permutation(k, 4).tolist() as number[]).indexOf(0)]!++;
    expect(chiSquared(places, Array(4).fill(0.25))).toBeLessThan(25);
  });
  test("rademacher", () => {
    const x = random.rademacher(key, [n]);
    expect(jnp.sum(jnp.abs(x)).item()).toBe(n);
    expect(Math.abs(jnp.sum(x).item() as number)).toBeLessThan(4.5 * Math.sqrt(n));
  });
});

describe("initializers", () => {
  const init = nn.initializers;
  const shape = [200, 300];
  const cases: [string, ReturnType<typeof init.normal>, number, number][] = [
    ["zeros", init.zeros, 0, 0],
    ["ones", init.ones, 1, 0],
    ["constant", init.constant(0.5), 0.5, 0],
    ["uniform", init.uniform(2), 1, 4 / 12],
    ["normal", init.normal(0.1), 0, 0.01],
    ["glorotUniform", init.glorotUniform(), 0, 1 / 250],
    ["glorotNormal", init.glorotNormal(), 0, 1 / 250],
    ["lecunUniform", init.lecunUniform(), 0, 1 / 200],
    ["lecunNormal", init.lecunNormal(), 0, 1 / 200],
    ["heUniform", init.heUniform(), 0, 2 / 200],
    ["heNormal", init.heNormal(), 0, 2 / 200],
    ["varianceScaling of fan out", init.varianceScaling(3, "fan_out", "normal"), 0, 3 / 300],
    [
      "varianceScaling of the geometric mean",
      init.varianceScaling(1, "fan_geo_avg", "normal"),
      0,
      1 / Math.sqrt(200 * 300),
    ],
    [
      "orthogonal axes swapped",
      init.varianceScaling(1, "fan_in", "normal", { inAxis: -1, outAxis: -2 }),
      0,
      1 / 300,
    ],
  ];
  test.each(cases)("%s: mean and variance", (_name, make, mean, variance) => {
    const w = make(key, shape);
    expect(w.shape).toEqual(shape);
    expect(w.dtype.name).toBe("float32");
    const spread = Math.sqrt(variance / 60_000);
    expect(Math.abs((jnp.mean(w).item() as number) - mean)).toBeLessThanOrEqual(5 * spread + 1e-6);
    const v = jnp.var(w).item() as number;
    expect(Math.abs(v - variance)).toBeLessThanOrEqual(0.05 * variance + 1e-9);
  });
  test("dtypes", () => {
    expect(init.zeros(key, [2], "int32").dtype.name).toBe("int32");
    expect(init.ones(key, [2], { dtype: "float64" }).dtype.name).toBe("float64");
  });
});
