import {
  AttributeError,
  customBatching,
  customVjp,
  grad,
  jit,
  jnp,
  jvp,
  makeJaxpr,
  type NDArray,
  UnexpectedTracerError,
  ValueError,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, errorOf, expectClose, f32 } from "./helpers.ts";

const { customVmap, sequentialVmap } = customBatching;

/** x + y, but x y when it is mapped. */
const f = customVmap(function f(x: A, y: A) {
  return x.add(y);
});
f.defVmap((_axisSize, [xb, yb]: boolean[], xs, ys) => [xs.mul(ys), (xb as boolean) || (yb as boolean)]);
const [xs, ys] = [jnp.array([1, 2, 3]), jnp.array([4, 5, 6])];

describe("customVmap", () => {
  test("the function alone, the rule under vmap", () => {
    expectClose(f(f32(2), f32(3)), 5);
    expectClose(jit(f)(f32(2), f32(3)), 5);
    for (const g of [vmap(f), jit(vmap(f)), vmap(jit(f))]) expectClose(g(xs, ys), [4, 10, 18]);
    expectClose(vmap(f, [0, null])(xs, f32(2)), [2, 4, 6]);
    expectClose(vmap(() => f(f32(2), f32(3)), { axisSize: 2 })(), [5, 5]);
  });

  test("the mapped axis comes first; the rule is told which arguments have one", () => {
    const seen: unknown[] = [];
    const g = customVmap((p: { a: A; b: A }, c: A) => ({ s: p.a.add(p.b), c }));
    g.defVmap((size, [pb, cb]: [{ a: boolean; b: boolean }, boolean], p, c) => {
      seen.push([size, pb, cb, p.a.shape, p.b.shape]);
      return [
        { s: p.a.add(p.b), c },
        { s: true, c: false },
      ];
    });
    const a = jnp.ones([2, 3]);
    const out = vmap((a: A, b: A) => g({ a, b }, f32(7)), { inAxes: [1, null] })(a, jnp.zeros([2]));
    expect(seen).toEqual([[3, { a: true, b: false }, false, [3, 2], [2]]]);
    expectClose(out, {
      c: [7, 7, 7],
      s: [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    });
  });

  test("nested maps: the rule may use the function again", () => {
    const g = customVmap((x: A) => x.mul(2));
    g.defVmap((_n, [b]: boolean[], x) => [g(x).add(1), b as boolean]);
    expectClose(vmap(g)(xs), [3, 5, 7]);
    // The outer map meets the function inside the rule of the inner one.
    expectClose(vmap(vmap(g))(jnp.stack([xs, ys])), [
      [4, 6, 8],
      [10, 12, 14],
    ]);
  });

  test("forward mode differentiates the rule", () => {
    const one = jnp.ones([3]);
    expectClose(jvp(f, [f32(2), f32(3)], [f32(1), f32(10)]), [5, 11]);
    expectClose(jvp(vmap(f), [xs, ys], [one, one.mul(10)])[1], [14, 25, 36]);
    expectClose(vmap((x: A, y: A) => jvp(f, [x, y], [f32(1), f32(10)])[1])(xs, ys), [14, 25, 36]);
    expectClose(vmap((x: A, t: A) => jvp((v: A) => f(v, f32(2)), [x], [t])[1])(xs, xs), [2, 4, 6]);
    expectClose(vmap((t: A) => jvp((v: A) => f(v, f32(2)), [f32(5)], [t]), { outAxes: 0 })(xs), [
      [10, 10, 10],
      [2, 4, 6],
    ]);
    const ints = customVmap((x: A, n: A) => [x.mul(n), n.add(1)] as [A, A]);
    ints.defVmap((_n, [a, b]: boolean[], x, n) => [
      [x.mul(n).mul(5), n.add(1)],
      [(a as boolean) || (b as boolean), b as boolean],
    ]);
    const g = (x: A, n: A) => jvp((v: A) => ints(v, n)[0], [x], [f32(1)])[1];
    expectClose(g(f32(2), jnp.int32(3)), 3);
    expectClose(vmap(g)(xs, jnp.int32([1, 2, 3])), [5, 10, 15]);
  });

  test("reverse mode through customVjp", () => {
    const g = customVjp((x: A, y: A) => f(x, y));
    g.defvjp(
      (x, y) => [f(x, y), [x, y] as const],
      ([x, y], ct) => [ct.mul(y), ct.mul(x)],
    );
    expectClose(grad(g)(f32(2), f32(3)), 3);
    expectClose(grad((x: A) => jnp.sum(vmap(g)(x, ys)))(xs), [4, 5, 6]);
    expectClose(vmap(g)(xs, ys), [4, 10, 18]);
    const error = errorOf(() => grad(f)(f32(1), f32(2)));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/custom_vmap function f.*customVjp/);
  });

  test("prints its program and rule", () => {
    expect(String(makeJaxpr(f)(f32(1), f32(2)))).toMatch(/custom_vmap_call\[\s*call=\{ lambda/);
  });

  test("closures", () => {
    const c = jnp.array([1, 2]);
    const over = (z: A) => {
      const g = customVmap((x: A) => x.mul(z).mul(c));
      g.defVmap((_n, b: boolean[], x) => [x.reshape(-1, 1).mul(c).mul(z).mul(10), b[0] as boolean]);
      return g;
    };
    expectClose(jit((z: A) => vmap(over(z))(jnp.array([1, 2])))(f32(3)), [
      [30, 60],
      [60, 120],
    ]);
    const error = errorOf(() => vmap((z: A) => over(z)(f32(1)))(xs));
    expect(error).toBeInstanceOf(UnexpectedTracerError);
    expect(error.message).toMatch(/closes over/);
  });

  test("errors", () => {
    expect(errorOf(() => customVmap(jnp.sin)(f32(1)))).toBeInstanceOf(AttributeError);
    expect(() => customVmap(3 as never)).toThrow(/callable/);
    const rows: [() => unknown, RegExp][] = [
      [() => 3, /pair/],
      [() => [xs, [true]], /batching specification.*do not match/s],
      [() => [[xs], [true]], /original custom-vmapped function/],
      [() => [jnp.ones([2]), true], /not of size 3/],
    ];
    for (const [rule, message] of rows) {
      const g = customVmap((x: A) => x);
      g.defVmap(rule as never);
      expect(errorOf(() => vmap(g)(xs)).message).toMatch(message);
    }
    const g = customVmap((x: A) => x);
    g.defVmap((() => [[xs], [true]]) as never);
    expect(errorOf(() => vmap(g)(xs))).toBeInstanceOf(ValueError);
  });
});

describe("sequentialVmap", () => {
  const g = sequentialVmap((p: { a: A; b: A }, y: A) => ({ s: p.a.mul(p.b).add(y) }));
  test("values, with some arguments mapped", () => {
    const at = (a: A, b: A, y: A) => g({ a, b }, y).s;
    expectClose(vmap(at)(xs, ys, xs), [5, 12, 21]);
    expectClose(vmap(at, [0, null, null])(xs, f32(2), f32(1)), [3, 5, 7]);
    expectClose(jit(vmap(at, [null, 0, null]))(f32(2), ys, f32(1)), [9, 11, 13]);
    expectClose(vmap(vmap(at, [0, null, null]), [null, 0, null])(xs, ys, f32(0)), [
      [4, 8, 12],
      [5, 10, 15],
      [6, 12, 18],
    ]);
  });
  test("is a loop", () => {
    const text = String(makeJaxpr((x: NDArray) => vmap((a: A) => g({ a, b: a }, a).s)(x))(xs));
    expect(text).toMatch(/scan\[/);
  });
});
