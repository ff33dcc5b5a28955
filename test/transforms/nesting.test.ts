// Transformations of transformations: perturbation confusion, closures over outer tracers, every order of nesting.

import { customJvp, grad, jit, jnp, jvp, linearize, valueAndGrad, vjp, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, difference, expectClose, f32 } from "./helpers.ts";

/** The forward derivative of a scalar function. */
const d =
  (f: (x: A) => A) =>
  (x: A): A =>
    jvp(f, [x], [jnp.onesLike(x)])[1];
/** The derivative through a pullback. */
const pull =
  (f: (x: A) => A) =>
  (x: A): A =>
    vjp(f, x)[1](jnp.onesLike(x))[0];
/** The derivative through linearize. */
const lin =
  (f: (x: A) => A) =>
  (x: A): A =>
    linearize(f, x)[1](jnp.onesLike(x));
const reverse = (f: (x: A) => A) => grad(f) as (x: A) => A;
const compiled = (f: (x: A) => A) => jit(grad(f)) as (x: A) => A;
const mapped =
  (f: (x: A) => A) =>
  (x: A): A =>
    jnp.squeeze(vmap(grad(f))(jnp.reshape(x, [1])) as A);
const derivatives = {
  jvp: d,
  grad: reverse,
  vjp: pull,
  linearize: lin,
  "jit(grad)": compiled,
  "vmap(grad)": mapped,
};
const pairs = Object.entries(derivatives).flatMap(([outer, a]) =>
  Object.entries(derivatives).map(([inner, b]) => [outer, inner, a, b] as const),
);

describe.each(pairs)("%s of %s", (_outer, _inner, D1, D2) => {
  test("d/dx x d/dy (x + y)", () => {
    // Siskind and Pearlmutter, "Nesting forward-mode AD in a functional framework" (2008): 1, not 2.
    expectClose(D1((x) => x.mul(D2((y) => x.add(y))(f32(1))))(f32(1)), 1);
  });
  test("d/dx x d/dy x y", () => {
    expectClose(D1((x) => x.mul(D2((y) => x.mul(y))(f32(2))))(f32(3)), 6);
  });
  test("d/dx d/dy x y y at y = x", () => {
    // d/dx (2 x y) with y held at x by the call: y is a function of x.
    expectClose(D1((x) => D2((y) => x.mul(y).mul(y))(x))(f32(3)), 4 * 3);
  });
  test("the inner function ignores its own variable", () => {
    expectClose(D1((x) => D2((_y) => x.mul(x))(x).add(x))(f32(3)), 1);
  });
  test("the inner derivative at a point that depends on the outer variable", () => {
    // d/dx cos(x^2) = -2x sin(x^2)
    expectClose(D1((x) => D2(jnp.sin)(x.mul(x)))(f32(0.7)), -1.4 * Math.sin(0.49));
  });
  test("curried, the outer variable captured by a returned function", () => {
    // D(x -> (y -> x y)) applied afterwards: Manzyuk et al., "Perturbation confusion in forward automatic differentiation" (2019).
    const s = (x: A) => (f: (y: A) => A) => (y: A) => f(y.add(x));
    const shiftDerivative = (f: (y: A) => A) => (y: A) => D1((x) => s(x)(f)(y))(f32(0));
    expectClose(
      shiftDerivative(shiftDerivative((y) => jnp.exp(y.mul(2))))(f32(0.1)),
      4 * Math.exp(0.2),
      1e-4,
    );
    expectClose(D2((y) => shiftDerivative((v) => jnp.sin(v))(y))(f32(0.4)), -Math.sin(0.4));
  });
  test("through jit on either side", () => {
    const f = jit((x: A, y: A) => jnp.sin(x.mul(y)).add(x));
    const g = (x: A): A => D2(jit((y: A) => f(x, y).mul(x)))(x.mul(2));
    // d/dy (x sin(xy) + x^2) = x^2 cos(xy) at y = 2x: x^2 cos(2x^2)
    const value = (x: number) => x * x * Math.cos(2 * x * x);
    expectClose(g(f32(0.6)), value(0.6));
    expectClose(D1(g)(f32(0.6)), difference(value, 0.6), 1e-4);
    expectClose(jit(D1(jit(g)))(f32(0.6)), difference(value, 0.6), 1e-4);
  });
});

describe("three levels", () => {
  test("a mixed partial derivative", () => {
    const h = (x: A): A => reverse((y) => d((z) => x.pow(2).mul(y.pow(3)).mul(z.pow(4)))(y))(x);
    // d/dz -> 4 x^2 y^3 z^3 at z = y: 4 x^2 y^6; d/dy: 24 x^2 y^5 at y = x: 24 x^7; d/dx: 168 x^6
    expectClose(reverse(h)(f32(1.1)), 168 * 1.1 ** 6, 1e-4);
  });
  test("a third derivative in every order of modes", () => {
    const f = (x: A): A => jnp.sin(x).mul(x);
    // (x sin x)''' = -3 sin x - x cos x
    const x = 0.8;
    const expected = -3 * Math.sin(x) - x * Math.cos(x);
    for (const a of [d, reverse, pull, lin])
      for (const b of [d, reverse, compiled])
        for (const c of [d, reverse, pull, mapped]) expectClose(a(b(c(f)))(f32(x)), expected, 1e-4);
  });
});

describe("grad of vmap of jit, and the rest", () => {
  const f = (x: A): A => jnp.sin(x).mul(x);
  const df = (x: number) => Math.cos(x) * x + Math.sin(x);
  const xs = [0.1, 0.5, 2];

  test("grad of vmap of jit", () => {
    expectClose(grad((x: A) => jnp.sum(vmap(jit(f))(x)))(jnp.array(xs)), xs.map(df));
  });
  test("vmap of grad of jit, jit of vmap of grad", () => {
    expectClose(vmap(grad(jit(f)))(jnp.array(xs)), xs.map(df));
    expectClose(jit(vmap(grad(f)))(jnp.array(xs)), xs.map(df));
    expectClose(jit(vmap(jit(grad(jit(f)))))(jnp.array(xs)), xs.map(df));
  });
  test("vmap of vmap of grad over both arguments", () => {
    const g = grad((x: A, y: A) => x.pow(2).mul(y), { argnums: 1 });
    const table = vmap(vmap(g, { inAxes: [null, 0] }), { inAxes: [0, null] });
    expectClose(table(jnp.array([1, 2]), jnp.array([5, 6, 7])), [
      [1, 1, 1],
      [4, 4, 4],
    ]);
  });
  test("vmap closing over a tracer of grad", () => {
    const g = grad((w: A) => jnp.sum(vmap((x: A) => x.mul(w).mul(w))(jnp.array([1, 2, 3]))));
    expectClose(g(f32(5)), 60);
  });
  test("grad closing over a tracer of vmap", () => {
    const g = vmap((x: A) => grad((y: A) => x.mul(y).mul(y))(f32(3)));
    expectClose(g(jnp.array([1, 2])), [6, 12]);
  });
  test("jit closing over tracers of vmap and grad at once", () => {
    const g = vmap((a: A) => grad((b: A) => jit((c: A) => a.mul(b).mul(c).mul(b))(a))(f32(3)));
    // d/db a^2 b^2 = 2 a^2 b
    expectClose(g(jnp.array([1, 2])), [6, 24]);
  });
  test("one jitted function called with tracers of every kind and with values", () => {
    const g = jit((x: A, y: A) => jnp.exp(x).mul(y));
    expectClose(g(f32(0), f32(2)), 2);
    expectClose(grad(g)(f32(0), f32(2)), 2);
    expectClose(grad(g, 1)(f32(0), f32(2)), 1);
    expectClose(grad((x: A) => g(x, x))(f32(0)), 1);
    expectClose(vmap(g, [0, null])(jnp.array([0, 1]), f32(2)), [2, 2 * Math.E]);
    expectClose(vmap(g, [null, 0])(f32(0), jnp.array([1, 2])), [1, 2]);
    expectClose(jvp(g, [f32(0), f32(2)], [f32(1), f32(10)]), [2, 12]);
    expectClose(g(f32(0), f32(3)), 3);
  });
  test("a closure over concrete arrays inside jit is differentiated outside it alone", () => {
    const w = jnp.array([1, 2, 3]);
    const loss = jit((x: A) => jnp.sum(w.mul(x).mul(x)));
    expectClose(grad(loss)(f32(2)), 24);
    expectClose(grad(grad(loss))(f32(2)), 12);
  });
});

describe("Hessian-vector products", () => {
  const f = (x: A): A => jnp.sum(x.pow(3)).add(x.get(0).mul(x.get(1)));
  const x = jnp.array([1, 2, 3]);
  const v = jnp.array([1, -1, 0.5]);
  // Hessian: diag(6x) + e01 + e10
  const expected = [6 * 1 - 1, -12 + 1, 9];
  const ways: [string, () => A][] = [
    ["forward over reverse", () => jvp(grad(f), [x], [v])[1]],
    ["reverse over forward", () => grad((y: A) => jvp(f, [y], [v])[1])(x)],
    ["reverse over reverse", () => grad((y: A) => jnp.vdot(grad(f)(y), v))(x)],
    ["vjp of grad", () => vjp(grad(f), x)[1](v)[0]],
    ["linearize of grad", () => linearize(grad(f), x)[1](v)],
    ["jit of all", () => jit((y: A, u: A) => jvp(grad(jit(f)), [y], [u])[1])(x, v)],
    ["column by column", () => (vmap((e: A) => jvp(grad(f), [x], [e])[1])(jnp.eye(3)) as A).matmul(v)],
  ];
  test.each(ways)("%s", (_name, way) => {
    expectClose(way(), expected);
  });
  test("vmap over many vectors", () => {
    const vs = jnp.array([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expectClose(vmap((u: A) => jvp(grad(f), [x], [u])[1])(vs), [
      [6, 1, 0],
      [1, 12, 0],
    ]);
  });
});

describe("derivatives inside loops and steps", () => {
  test("gradient descent through gradient descent (meta-gradient)", () => {
    const inner = (w: A, a: A): A => a.mul(w.sub(3).pow(2));
    const train = (a: A): A => {
      let w = f32(0);
      for (let i = 0; i < 3; i++) w = w.sub(jnp.multiply(0.1, grad(inner)(w, a)));
      return w.sub(3).pow(2);
    };
    // w_n - 3 = -3 (1 - 0.2 a)^n, so the loss is 9 (1 - 0.2 a)^6
    const loss = (a: number) => 9 * (1 - 0.2 * a) ** 6;
    expectClose(train(f32(1)), loss(1));
    expectClose(grad(train)(f32(1)), difference(loss, 1), 1e-4);
    expectClose(jit(grad(jit(train)))(f32(1)), difference(loss, 1), 1e-4);
  });

  test("value and gradient of a value and gradient", () => {
    const f = (x: A): A => {
      const [y, g] = valueAndGrad((z: A) => z.pow(3))(x) as [A, A];
      return y.mul(g); // 3 x^5
    };
    expectClose(valueAndGrad(f)(f32(2)), [96, 240]);
  });

  test("an exception inside a transformed function leaves the outer one intact", () => {
    const f = (x: A): A => {
      try {
        grad((y: A) => {
          jit((z: A) => {
            throw new Error(`inside ${z.mul(y).ndim}`);
          })(x);
          return y;
        })(x);
      } catch {
        return x.mul(5);
      }
      return x;
    };
    expectClose(grad(f)(f32(2)), 5);
    expectClose(jit(f)(f32(2)), 10);
    expectClose(jnp.add(1, 1), 2);
  });
});

describe("customJvp nested", () => {
  const f = customJvp((x: A) => jnp.sin(x));
  f.defjvp(([x], [t]) => [f(x), jnp.cos(x).mul(t).mul(2)]);
  // The rule makes every derivative twice the true one at its own order; cos is differentiated as usual.
  test("second order differentiates the rule", () => {
    expectClose(grad(f)(f32(0.3)), 2 * Math.cos(0.3));
    expectClose(grad(grad(f))(f32(0.3)), -2 * Math.sin(0.3));
    expectClose(d(d(f))(f32(0.3)), -2 * Math.sin(0.3));
    expectClose(d(reverse(jit(f)))(f32(0.3)), -2 * Math.sin(0.3));
  });
  test("under vmap and jit in any order", () => {
    const xs = jnp.array([0.3, 1]);
    const expected = [2 * Math.cos(0.3), 2 * Math.cos(1)];
    expectClose(vmap(grad(f))(xs), expected);
    expectClose(grad((x: A) => jnp.sum(vmap(f)(x)))(xs), expected);
    expectClose(jit(grad((x: A) => jnp.sum(vmap(jit(f))(x))))(xs), expected);
    expectClose(vmap(d(f))(xs), expected);
    expectClose(jvp(vmap(f), [xs], [jnp.onesLike(xs)])[1], expected);
  });
  test("the type of the result is the function's", () => {
    const y: A = f(f32(1));
    expect(y.shape).toEqual([]);
  });
});
