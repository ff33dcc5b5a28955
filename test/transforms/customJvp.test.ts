import {
  AttributeError,
  customDerivatives,
  customJvp,
  grad,
  jit,
  jnp,
  jvp,
  makeJaxpr,
  nn,
  UnexpectedTracerError,
  valueAndGrad,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

/** x y, with derivatives 10 y dx and 100 x dy. */
const product = customJvp((x: A, y: A) => x.mul(y));
product.defjvp(([x, y], [dx, dy]) => [
  product(x, y),
  jnp.multiply(10, y).mul(dx).add(jnp.multiply(100, x).mul(dy)),
]);

describe("defjvp", () => {
  test("the value is the function's, in every mode the derivative the rule's", () => {
    expectClose(product(f32(2), f32(3)), 6);
    expectClose(jit(product)(f32(2), f32(3)), 6);
    expectClose(jvp(product, [f32(2), f32(3)], [f32(1), f32(1)]), [6, 230]);
    expectClose(grad(product, [0, 1])(f32(2), f32(3)), [30, 200]);
    expectClose(grad(jit(product), 1)(f32(2), f32(3)), 200);
    expectClose(jit(valueAndGrad(product))(f32(2), f32(3)), [6, 30]);
  });

  test("numbers as arguments", () => {
    expectClose(product(2, 3), 6);
    expectClose(grad(product, [0, 1])(2, 3), [30, 200]);
    expectClose(grad(product)(2, 2.5), 25);
  });

  test("only the used arguments carry tangents", () => {
    expectClose(grad((x: A) => product(x, f32(3)))(f32(2)), 30);
    expectClose(grad((y: A) => product(f32(2), y))(f32(3)), 200);
    expectClose(grad((x: A) => product(x, x))(f32(2)), 20 + 200);
  });

  test("under vmap, with one argument mapped or both", () => {
    const xs = jnp.array([1, 2]);
    const g = grad(product, [0, 1]);
    expectClose(vmap(product, [0, null])(xs, f32(3)), [3, 6]);
    expectClose(vmap(g, [0, null])(xs, f32(3)), [
      [30, 30],
      [100, 200],
    ]);
    expectClose(grad((v: A) => jnp.sum(vmap(product, [0, null])(v, f32(3))))(xs), [30, 30]);
    expectClose(grad((y: A) => jnp.sum(vmap(product, [0, null])(xs, y)))(f32(3)), 300);
    expectClose(jvp(vmap(product), [xs, xs], [xs, jnp.zeros([2])])[1], [10, 40]);
    expectClose(vmap(vmap(product, [null, 0]), [0, null])(xs, xs), [
      [1, 2],
      [2, 4],
    ]);
  });

  test("the body is not differentiated: a function without derivative can be given one", () => {
    const step = customJvp((x: A) => jnp.floor(x));
    step.defjvp(([x], [t]) => [step(x), t]); // straight-through estimator
    expectClose(grad((x: A) => step(x).mul(x))(f32(2.5)), 2 + 2.5);
  });

  test("trees as arguments and results", () => {
    const f = customJvp((p: { a: A; b: [A] }) => ({ s: p.a.add(p.b[0]), n: null }));
    f.defjvp(([p], [t]) => [f(p), { s: t.a.mul(2).add(t.b[0].mul(3)), n: null }]);
    expectClose(grad((p: { a: A; b: [A] }) => f(p).s)({ a: f32(1), b: [f32(2)] }), { a: 2, b: [3] });
  });

  test("closures over values are constants", () => {
    const c = jnp.array([1, 2]);
    const f = customJvp((x: A) => x.mul(c));
    f.defjvp(([x], [t]) => [f(x), t.mul(c).mul(5)]);
    expectClose(grad((x: A) => jnp.sum(f(x)))(f32(1)), 15);
    expectClose(jit(grad((x: A) => jnp.sum(f(x))))(f32(1)), 15);
  });

  test("differentiating what it closes over is an error; mapping and compiling it is not", () => {
    const product = (x: A): A => {
      const h = customJvp((y: A) => y.mul(x));
      h.defjvp(([y], [t]) => [h(y), t.mul(x).mul(10)]);
      return h(f32(2));
    };
    expectClose(jit(product)(f32(3)), 6);
    expectClose(vmap(product)(jnp.array([1, 3])), [2, 6]);
    for (const run of [() => grad(product)(f32(3)), () => jvp(product, [f32(3)], [f32(1)])]) {
      const error = errorOf(run);
      expect(error).toBeInstanceOf(UnexpectedTracerError);
      expect(error.message).toMatch(/closed-over.*explicit argument/);
    }
  });

  test("a rule that applies another function with a rule to the tangent", () => {
    const double = customJvp((x: A) => x.mul(2));
    double.defjvp(([x], [t]) => [double(x), t.mul(2)]);
    const f = customJvp((x: A) => jnp.sin(x));
    f.defjvp(([x], [t]) => [f(x), double(t).mul(jnp.cos(x))]);
    for (const g of [grad(f), jit(grad(f)), grad(jit(f))]) expectClose(g(f32(1)), 2 * Math.cos(1));
    expectClose(grad(grad(f))(f32(1)), -2 * Math.sin(1));
    expectClose(vmap(grad(f))(jnp.ones([2])), [2 * Math.cos(1), 2 * Math.cos(1)]);
  });

  test("a tangent that does not depend on the given one", () => {
    const f = customJvp((x: A) => x.mul(x));
    f.defjvp(([x], [_t]) => [f(x), jnp.onesLike(x)]);
    expectClose(jvp(f, [3], [5])[1], 1);
    // Reverse mode transposes the linear part, which is zero.
    expectClose(grad(f)(3), 0);
  });

  test("the rule runs once per differentiation, the function not more than needed", () => {
    const body = counted((x: A) => jnp.sin(x));
    const f = customJvp(body as (x: A) => A);
    const rule = counted((x: A, t: A) => [f(x), t] as [A, A]);
    f.defjvp(([x], [t]) => rule(x, t));
    grad(f)(f32(1));
    expect(rule.count()).toBe(1);
    expect(body.count()).toBeLessThanOrEqual(2);
  });

  test("prints as JAX prints it", () => {
    const text = String(makeJaxpr((x: A) => nn.relu(x))(f32(1)));
    expect(text).toMatch(/custom_jvp_call\[\s*name=relu/);
    expect(text).toMatch(/call_jaxpr=/);
    expect(text).toMatch(/symbolic_zeros=False/);
  });
});

describe("defjvps", () => {
  test("one rule for each argument, null for zero", () => {
    const f = customJvp((x: A, y: A) => x.mul(y));
    f.defjvps((t, _ans, _x, y) => t.mul(y).mul(2), null);
    expectClose(grad(f, [0, 1])(f32(2), f32(3)), [6, 0]);
    expectClose(jvp(f, [f32(2), f32(3)], [f32(1), f32(1)]), [6, 6]);
  });
  test("all null: no derivative", () => {
    const f = customJvp((x: A) => x.mul(3));
    f.defjvps(null);
    expectClose(grad(f)(f32(2)), 0);
  });
  test("the value is passed to the rules", () => {
    const f = customJvp((x: A) => jnp.exp(x));
    f.defjvps((t, ans) => t.mul(ans));
    expectClose(grad(grad(f))(f32(1)), Math.E);
  });
});

describe("options", () => {
  test("nondiffArgnums come first, and need not be arrays", () => {
    const apply = customJvp((g: (x: A) => A, x: A, n: number) => g(x).mul(n), { nondiffArgnums: [0, 2] });
    apply.defjvp((g: (x: A) => A, n: number, [x]: A[], [t]: A[]) => [g(x).mul(n), t.mul(7 * n)]);
    expectClose(apply(jnp.sin, f32(1), 2), 2 * Math.sin(1));
    for (const h of [(x: A) => apply(jnp.sin, x, 2), jit((x: A) => apply(jnp.sin, x, 2))]) {
      expectClose(grad(h)(f32(1)), 14);
      expectClose(jvp(h, [f32(1)], [f32(2)])[1], 28);
      expectClose(vmap(grad(h))(jnp.ones([2])), [14, 14]);
    }
    expect(() => (apply as unknown as (g: unknown) => A)(jnp.sin)).toThrow(
      /nondiffArgnums 0, 2.*1 positional/,
    );
    expect(() => apply.defjvps(null)).toThrow(/defjvps/);
    expect(() => customJvp(jnp.sin, { nondiffArgnums: -1 })).toThrow(/non-negative/);
  });
  test("an array that is not differentiated is a constant", () => {
    const f = customJvp((c: A, x: A) => c.mul(x), { nondiffArgnums: [0] });
    f.defjvp((c: A, [x]: A[], [t]: A[]) => [f(c, x), c.mul(t)]);
    expectClose(grad((c: A, x: A) => f(c, x), [0, 1])(f32(2), f32(3)), [0, 2]);
    expectClose(jit(grad((x: A) => f(f32(5), x)))(f32(3)), 5);
  });

  test("symbolic zeros, among the given tangents and the returned", () => {
    const seen: string[] = [];
    const f = customJvp((x: A, y: A) => [x.mul(y), y] as [A, A]);
    f.defjvp(
      ([x, y], [dx, dy]) => {
        seen.push(
          [dx, dy].map((t) => (t instanceof customDerivatives.SymbolicZero ? String(t) : "array")).join(),
        );
        const zero = customDerivatives.zeroFromPrimal(y);
        return [f(x, y), [(dx as A).mul(y), zero]] as [[A, A], [A, A]];
      },
      { symbolicZeros: true },
    );
    const g = (x: A) => f(x, f32(3))[0];
    expectClose(grad(g)(f32(2)), 3);
    expectClose(grad(jit(g))(f32(2)), 3);
    expectClose(vmap(grad(g))(jnp.array([1, 2])), [3, 3]);
    expectClose(grad((x: A) => jnp.sum(vmap(g)(x)))(jnp.array([1, 2])), [3, 3]);
    expect(new Set(seen)).toEqual(new Set(["array,SymbolicZero(float32[])"]));
    expect(String(makeJaxpr(f)(f32(1), f32(2)))).toMatch(/symbolic_zeros=True/);
    expectClose(jvp(f, [f32(2), f32(3)], [f32(1), f32(1)]), [
      [6, 3],
      [3, 0],
    ]);
  });

  test("differentiated at once, the function does not run: it may use its values", () => {
    const f = customJvp((x: A) => ((x.item() as number) > 0 ? x : x.mul(0.5)));
    f.defjvp(([x], [t]) => [x.mul(x), t.mul(3)]);
    expectClose(f(f32(-2)), -1);
    expectClose(grad(f)(f32(2)), 3);
    // The rule gives the value, too: the gradient is 3 x + x^2.
    expectClose(grad(grad((x: A) => f(x).mul(x)))(f32(2)), 7);
  });

  test("a result that does not depend on the mapped argument, but whose tangent does", () => {
    const f = customJvp((x: A, y: A) => y.mul(1));
    f.defjvp(([x, y], [dx, dy]) => [f(x, y), dy.add(dx.mul(x))]);
    const g = vmap((x: A, y: A) => f(x, y), [0, null]);
    expectClose(g(jnp.array([1, 2]), f32(5)), [5, 5]);
    expectClose(grad((x: A) => jnp.sum(g(x, f32(5))))(jnp.array([1, 2])), [1, 2]);
    expectClose(grad((y: A) => jnp.sum(g(jnp.array([1, 2]), y)))(f32(5)), 2);
  });
});

describe("errors", () => {
  test("no rule", () => {
    const f = customJvp(function clever(x: A) {
      return x;
    });
    const error = errorOf(() => f(f32(1)));
    expect(error).toBeInstanceOf(AttributeError);
    expect(error.message).toMatch(/clever.*defjvp/);
  });
  const bad: [string, (x: A, t: A) => unknown, RegExp][] = [
    ["no pair", (x) => x, /pair/],
    ["three items", (x, t) => [x, t, t], /pair/],
    ["structures that differ", (x, t) => [x, [t]], /structure/],
    ["a tangent of another shape", (x) => [x, jnp.ones([2])], /shape|float32\[2\]/],
    ["a tangent of another dtype", (x) => [x, jnp.int32(1)], /int32/],
    ["a string", (x) => [x, "t"], /string/],
  ];
  test.each(bad)("a rule that returns %s", (_name, rule, message) => {
    const f = customJvp((x: A) => x.mul(2));
    f.defjvp(([x], [t]) => rule(x, t) as [A, A]);
    for (const run of [() => grad(f)(f32(1)), () => jvp(f, [f32(1)], [f32(1)]), () => jit(grad(f))(f32(1))]) {
      const error = errorOf(run);
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(message);
    }
  });
  test("a rule whose value has another structure than the function's, where the function is known", () => {
    const f = customJvp((x: A) => x.mul(2));
    f.defjvp(([x], [t]) => [[x], [t]] as unknown as [A, A]);
    const error = errorOf(() => grad(jit(f))(f32(1)));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/structure/);
  });
  test("no function", () => {
    expect(() => customJvp(3 as unknown as () => A)).toThrow(/callable/);
    expect(() => customJvp((x: A) => x).defjvp(3 as unknown as () => [A, A])).toThrow(/function|callable/);
  });
});
