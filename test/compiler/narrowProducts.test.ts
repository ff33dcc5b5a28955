import { config, grad, jit, jnp, lax, type NDArray, random } from "fluxion";
import { afterEach, describe, expect, test } from "vitest";

afterEach(() => {
  config.update("enableChecks", false);
  config.update("evaluator", "wasm");
});

const normal = (seed: number, shape: number[], dtype: "float32" | "complex64" = "float32") =>
  random.normal(random.key(seed), shape, dtype);
const a = normal(1, [9, 20]);
const b = normal(2, [20, 24]);
const flat = (y: NDArray | NDArray[]): NDArray => jnp.concatenate([y].flat().map((x) => x.reshape(-1)));

/** Functions, their arguments, and the sizes "m n k" of the products that they compute, smaller ones by part. */
const cases: Record<string, [(...args: NDArray[]) => NDArray | NDArray[], NDArray[], string[]]> = {
  columns: [(a, b) => a.matmul(b).get("...", "5:9"), [a, b], ["9 4 20"]],
  rows: [(a, b) => a.matmul(b).get("6:"), [a, b], ["3 24 20"]],
  "rows and columns": [(a, b) => a.matmul(b).get("6:8", "20:23"), [a, b], ["2 3 20"]],
  "one column": [(a, b) => a.matmul(b).get("...", "7:8"), [a, b], ["9 1 20"]],
  "one of several pieces": [(a, b) => jnp.split(a.matmul(b), 3, 1)[1].mul(2), [a, b], ["9 8 20"]],
  "what two parts span": [
    (a, b) => {
      const y = a.matmul(b);
      return [y.get("...", "4:8"), y.get("2:", "10:12").add(1)];
    },
    [a, b],
    ["9 8 20"],
  ],
  "a transposed operand": [(a, b) => b.T.matmul(a.T).get("3:6"), [a, b], ["3 9 20"]],
  "a part of a batch": [
    (a, b) => jnp.einsum("bij,bjk->bik", a, b).get("2:4", "...", "1:3"),
    [normal(3, [6, 4, 5]), normal(4, [6, 5, 7])],
    ["4 2 5"],
  ],
  "complex numbers": [
    (a, b) => {
      const y = a.matmul(b).get("...", "3:6");
      return [jnp.real(y), jnp.imag(y)];
    },
    [normal(5, [4, 5], "complex64"), normal(6, [5, 8], "complex64")],
    [],
  ],
  "small integers": [
    (a, b) => a.matmul(b).get("1:3").astype("float32"),
    [jnp.arange(20, { dtype: "int8" }).reshape(5, 4), jnp.arange(28, { dtype: "int8" }).reshape(4, 7)],
    ["2 7 4"],
  ],
  "halves of precision": [
    (a, b) => a.astype("bfloat16").matmul(b.astype("bfloat16")).get("...", "5:9").astype("float32"),
    [a, b],
    ["9 4 20"],
  ],
  "not what is returned": [
    (a, b) => {
      const y = a.matmul(b);
      return [y, y.get("...", "5:9").mul(2)];
    },
    [a, b],
    ["9 24 20"],
  ],
  "not what is read as a whole": [
    (a, b) => {
      const y = a.matmul(b);
      return [y.sum(0), y.get("...", "5:9").mul(2)];
    },
    [a, b],
    ["9 24 20"],
  ],
  "not nearly all of it": [(a, b) => a.matmul(b).get("...", ":22"), [a, b], ["9 24 20"]],
  "not every second column": [(a, b) => a.matmul(b).get("...", "::4"), [a, b], ["9 24 20"]],
  "the gradient of a joined product": [
    (h, w) => grad((h: NDArray) => jnp.tanh(jnp.concatenate([a, h], 1).matmul(w)).sum())(h),
    [normal(7, [9, 6]), normal(8, [26, 11])],
    ["9 11 26", "9 6 11"],
  ],
  "inside a loop": [
    (h, w) =>
      lax.scan(
        (h: NDArray, x: NDArray) => [jnp.concatenate([x, h]).matmul(w).get("4:10"), null],
        h,
        normal(9, [3, 4]),
      )[0],
    [normal(10, [6]), normal(11, [10, 14]).mul(0.3)],
    ["1 6 10"],
  ],
};

describe("products of which parts are read", () => {
  test.each(Object.entries(cases))("%s", (_, [f, args, sizes]) => {
    const whole = (...args: NDArray[]) => flat(f(...args));
    config.update("enableChecks", true);
    const compiled = jit(whole).lower(...args);
    const got = jit(whole)(...args);
    const found = [...compiled.asText("kernels").matchAll(/ m=(\d+) n=(\d+) k=(\d+)/g)];
    if (sizes.length > 0) expect(found.map(([, m, n, k]) => `${m} ${n} ${k}`)).toEqual(sizes);
    config.update("evaluator", "reference");
    const want = whole(...args);
    config.update("evaluator", "wasm");
    expect(jnp.abs(got.sub(want)).max().item()).toBeLessThan(1e-5);
  });
});
