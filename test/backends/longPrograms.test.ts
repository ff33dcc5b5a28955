import { jit, jnp, type NDArray } from "fluxion";
import { describe, expect, test } from "vitest";

describe("long programs", () => {
  test("of thousands of kernels", () => {
    const f = (x: NDArray): NDArray => {
      let y = x;
      for (let i = 0; i < 2500; i++) y = y.add(y.sum().mul(1e-3));
      return y;
    };
    const x = jnp.array([1, 2, 3]);
    // The sum grows by 0.3 % each time.
    const sum = 6 * 1.003 ** 2500;
    expect((jit(f)(x).sum().item() as number) / sum).toBeCloseTo(1, 3);
  });

  test("of over a thousand arguments, results and operands", () => {
    const xs = Array.from({ length: 1200 }, (_, i) => jnp.array([i, i + 0.5]));
    const [joined, doubled] = jit((xs: NDArray[]) => [jnp.concatenate(xs), xs.map((x) => x.mul(2))] as const)(
      xs,
    );
    expect(joined.tolist()).toEqual(xs.flatMap((_, i) => [i, i + 0.5]));
    expect(doubled.map((x) => x.tolist())).toEqual(xs.map((_, i) => [2 * i, 2 * i + 1]));
  });

  test("of many kernels that are done in pieces", () => {
    // Each of another size, so that none share code.
    const sizes = Array.from({ length: 37 }, (_, i) => 100_000 + 1000 * i);
    const xs = sizes.map((n) => jnp.linspace(-3, 3, n));
    const all = jit((xs: NDArray[]) => xs.map((x) => jnp.tanh(jnp.exp(jnp.sin(x)))));
    all(xs).forEach((y, i) => {
      const n = sizes[i];
      for (const at of [0, 1, 517, n >> 1, n - 2, n - 1]) {
        const expected = Math.tanh(Math.exp(Math.sin(-3 + (6 * at) / (n - 1))));
        expect(y.get(at).item()).toBeCloseTo(expected, 5);
      }
    });
  });

  test("concatenations of many arrays along inner axes, of mixed and empty sizes", () => {
    const parts = Array.from({ length: 40 }, (_, i) => jnp.arange((i % 4) * 3).reshape([3, i % 4]));
    const expected = [0, 1, 2].map((row) => parts.flatMap((p) => (p.tolist() as number[][])[row]));
    expect(jnp.concatenate(parts, 1).tolist()).toEqual(expected);
    const scaled = jit(
      (xs: NDArray[]) =>
        jnp.concatenate(
          xs.map((x, i) => x.mul(i)),
          1,
        ).T,
    )(parts);
    const values = parts.map((p, i) => (p.tolist() as number[][]).map((row) => row.map((v) => v * i)));
    const transposed = values.flatMap((v, i) =>
      Array.from({ length: i % 4 }, (_, c) => [0, 1, 2].map((row) => v[row][c])),
    );
    expect(scaled.tolist()).toEqual(transposed);
  });
});
