import { config, jit, jnp, type NDArray, random } from "fluxion";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

beforeAll(() => config.update("enableChecks", true));
afterAll(() => config.update("enableChecks", false));

function reference<T>(run: () => T): T {
  config.update("evaluator", "reference");
  try {
    return run();
  } finally {
    config.update("evaluator", "wasm");
  }
}

const key = random.key(3);
/** Sizes that chunks divide, and sizes that leave a rest. */
const long = random.normal(key, [262_144]);
const prime = random.normal(key, [262_147]);
const few = random.normal(key, [3, 99_991]);
const middle = random.normal(key, [400, 2, 301]);
const tall = random.normal(key, [1200, 200]);
const tallPrime = random.normal(key, [1201, 199]);
const whole = jnp.round(few.mul(2));

const cases: readonly [string, (x: NDArray) => NDArray, NDArray][] = [
  ["sum", (x) => x.sum(), long],
  ["sum with a rest", (x) => x.sum(), prime],
  ["sums of few rows", (x) => x.sum(1), few],
  ["sum over axes around one that stays", (x) => x.sum([0, 2]), middle],
  ["what follows a sum", (x) => jnp.sqrt(x.mul(x).sum(1)).add(1), few],
  ["two reductions side by side", (x) => jnp.stack([x.max(1), x.min(1)]), few],
  ["argmax", (x) => x.argmax(), prime],
  ["sum of rows", (x) => x.sum(0), tall],
  ["sum of rows with a rest", (x) => x.mul(x).sum(0), tallPrime],
  [
    "sum of rows, each with a factor of its own",
    (x) => x.mul(x.max(1, { keepdims: true })).sum(0),
    tallPrime,
  ],
  ["rows of several matrices", (x) => x.reshape([3, 400, 200]).sum(1), tall],
  ["max and min of rows", (x) => jnp.stack([x.max(0), x.min(0)]), tallPrime],
  ["argmax of rows", (x) => x.argmax(0), jnp.round(tallPrime.mul(2))],
  ["argmin of equal elements", (x) => jnp.argmin(x, 1), whole],
  ["argmax takes the first NaN", (x) => x.at(200_000).set(NaN).at(262_146).set(NaN).argmax(), prime],
  ["max of infinities", (x) => x.at(262_146).set(Infinity).max(), prime],
  ["any", (x) => jnp.any(x.gt(4.7)), prime],
  ["sum of whole numbers wraps", (x) => x.mul(1e9).astype("int32").sum(), prime],
  ["float64", (x) => x.astype("float64").sum(), prime],
];

describe("a reduction in chunks", () => {
  test.each(cases)("%s", (_name, f, x) => {
    const compiled = jit(f);
    expect(compiled.lower(x).asText("kernels")).toMatch(/_chunks/);
    const expected = reference(() => f(x).tolist());
    const actual = compiled(x).tolist();
    const flat = (v: unknown) => [v].flat(3) as number[];
    flat(actual).forEach((a, i) => {
      const e = flat(expected)[i];
      if (typeof e === "number" && Number.isFinite(e))
        expect(Math.abs(a - e)).toBeLessThanOrEqual(1e-6 * Math.max(100, Math.abs(e)));
      else expect(a).toBe(e);
    });
  });

  test("is two kernels, three with a rest", () => {
    const kernels = (x: NDArray) =>
      jit((v: NDArray) => v.argmax())
        .lower(x)
        .asText("kernels");
    expect(kernels(prime)).toMatchInlineSnapshot(`
      "program <lambda>: arena 64 bytes
        x0: f32[262147] in argument 0
        y1: i32[1] in result 0
        t2: i32[5] at 0
      kernel 0: argmax_chunks for i in 4: r0 = argmax(x0[i*65536 + j]) for j in 65536; t2[i] = r0 + i*65536
      kernel 1: argmax_rest: r0 = argmax(x0[i + 262144]) for i in 3; t2[4] = r0 + 262144
      kernel 2: argmax: r0 = argmax(x0[t2[i]]) for i in 5; y1[0] = t2[r0]
      return y1"
    `);
  });

  test("is left alone when it is short or has many results", () => {
    const text = (f: (x: NDArray) => NDArray, x: NDArray) => jit(f).lower(x).asText("kernels");
    expect(text((x) => x.sum(), jnp.zeros([100_000]))).not.toMatch(/_chunks/);
    expect(text((x) => x.sum(1), jnp.zeros([64, 8192]))).not.toMatch(/_chunks/);
  });
});
