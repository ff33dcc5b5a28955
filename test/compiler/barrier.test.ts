// Optimization barriers: nothing is shared or merged across one, and values pass unchanged.

import { grad, jit, jnp, jvp, lax, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { expectClose } from "../transforms/helpers.ts";

type A = NDArray;
const x = jnp.array([0.5, -1, 2]);
const kernels = (f: (x: A) => unknown, arg: A = x): string[] =>
  jit(f as (x: A) => A)
    .lower(arg)
    .asText("kernels")
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("kernel"));

describe("the compiler", () => {
  test("merges loops that read the same elements, but not across a barrier", () => {
    const [sin, cos] = [jnp.sin, jnp.cos];
    expect(kernels((x) => [sin(x), cos(x)])).toHaveLength(1);
    expect(kernels((x) => [sin(x), cos(lax.optimizationBarrier(x))])).toHaveLength(2);
  });
  test("computes again behind a barrier what was computed before it", () => {
    const twice = (x: A) => x.matmul(x);
    const m = jnp.ones([4, 4]);
    expect(kernels((x) => [twice(x), twice(x).mul(2)], m).join()).toMatch(/^(?!.*dot.*dot)/s);
    const dots = kernels((x) => [twice(x), twice(lax.optimizationBarrier(x)).mul(2)], m);
    expect(dots.filter((line) => line.includes("dot_general"))).toHaveLength(2);
  });
  test("operands that are literals, results, arguments, inlined, empty, used several times", () => {
    const f = jit((x: A) => {
      const y = jnp.sin(x);
      const [a, b, c, d, e] = lax.optimizationBarrier([y, x, jnp.zeros([0]), jnp.float32(3), y.mul(2)]);
      return { y, a, b, c, d: (d as A).add(1), e, more: (a as A).add(e as A).sum() };
    });
    const s = [0.5, -1, 2].map(Math.sin);
    const sum = 3 * s.reduce((p, q) => p + q, 0);
    expectClose(f(x), { a: s, b: [0.5, -1, 2], c: [], d: 4, e: s.map((v) => 2 * v), more: sum, y: s });
  });
  test("in transposed operands of products, sorts and scatters", () => {
    const m = jnp.arange(6).reshape(2, 3).astype("float32");
    const f = (bar: <T>(t: T) => T) => (m: A) => {
      const t = bar(m.T);
      return [t.matmul(m), jnp.sort(bar(m.neg())), m.at(0).set(bar(m.get(1)))];
    };
    expectClose(
      jit(f(lax.optimizationBarrier))(m),
      f((t) => t)(m).map((y) => y.tolist()),
    );
  });
});

test("derivatives and vmap pass through", () => {
  const f = (x: A) => {
    const [a, b] = lax.optimizationBarrier([x.mul(2), jnp.float32(3)]);
    return jnp.sum(a.mul(a).mul(b));
  };
  for (const g of [grad(f), jit(grad(f)), grad(jit(f))]) expectClose(g(x), [12, -24, 48]);
  expectClose(jvp(f, [x], [jnp.ones([3])])[1], 36);
  expectClose(vmap(grad(f), { inAxes: 1 })(jnp.stack([x, x], { axis: 1 })), [
    [12, -24, 48],
    [12, -24, 48],
  ]);
});
