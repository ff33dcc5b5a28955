import { jit, jnp, type NDArray, random } from "fluxion";
import { describe, expect, test } from "vitest";

// Elements that alternate in memory, as the parts of complex numbers: loads of every other element, and pairs of stores.

const host = (x: NDArray): number[] => Array.from(x.dataSync() as Float64Array);
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 31, 67];

describe.each(["complex64", "complex128"] as const)("%s", (dtype) => {
  test.each(sizes)("%i numbers: parts are read and written together, forwards and backwards", (n) => {
    const z = random.normal(random.key(n), [n], dtype);
    const data = host(z);
    const reversed = host(jit((x: NDArray) => jnp.flip(jnp.conj(x)))(z));
    const halved = host(jit((x: NDArray) => x.get("::2").mul(2))(z));
    const turned = host(jit((x: NDArray) => jnp.conj(x).mul(-1))(z));
    for (let i = 0; i < n; i++) {
      expect(reversed.slice(2 * i, 2 * i + 2)).toEqual([data[2 * (n - 1 - i)], -data[2 * (n - 1 - i) + 1]]);
      expect(turned[2 * i]).toBe(-data[2 * i]);
      expect(turned[2 * i + 1]).toBe(data[2 * i + 1]);
      if (i % 2 === 0) expect(halved.slice(i, i + 2)).toEqual([2 * data[2 * i], 2 * data[2 * i + 1]]);
    }
    const [re, im] = jit((x: NDArray) => [jnp.real(x).mul(3), jnp.imag(x).mul(3)])(z);
    expect(host(re)).toEqual(data.filter((_, i) => i % 2 === 0).map((v) => triple(v, dtype)));
    expect(host(im)).toEqual(data.filter((_, i) => i % 2 === 1).map((v) => triple(v, dtype)));
  });
});
const triple = (v: number, dtype: string) => (dtype === "complex64" ? Math.fround(3 * v) : 3 * v);

describe.each(["float32", "int32", "float64"] as const)("every other %s", (dtype) => {
  test.each(sizes)("of %i", (n) => {
    const x = jnp.arange(n, { dtype });
    const f = jit((v: NDArray) => [v.get("::2").add(1), v.get("1::2").add(1), v.get("::-2").add(1)]);
    const data = Array.from({ length: n }, (_, i) => i);
    const [even, odd, back] = f(x).map(host);
    expect(even).toEqual(data.filter((i) => i % 2 === 0).map((i) => i + 1));
    expect(odd).toEqual(data.filter((i) => i % 2 === 1).map((i) => i + 1));
    expect(back).toEqual(
      data
        .filter((i) => (n - 1 - i) % 2 === 0)
        .map((i) => i + 1)
        .reverse(),
    );
  });
});

test("rows of complex numbers, transposed and summed", () => {
  const z = random.normal(random.key(0), [37, 29], "complex64");
  const data = host(z);
  const turned = host(jit((x: NDArray) => x.T.mul(2))(z));
  for (let i = 0; i < 37; i++) {
    for (let j = 0; j < 29; j++) {
      for (const p of [0, 1]) expect(turned[2 * (j * 37 + i) + p]).toBe(2 * data[2 * (i * 29 + j) + p]);
    }
  }
  const sums = host(jit((x: NDArray) => x.sum(0))(z));
  const expected = Array.from({ length: 58 }, (_, k) =>
    Array.from({ length: 37 }, (_, i) => data[58 * i + k]).reduce((s, v) => s + v, 0),
  );
  sums.forEach((s, k) => {
    expect(s).toBeCloseTo(expected[k], 4);
  });
});
