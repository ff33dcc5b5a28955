import {
  AttributeError,
  customDerivatives,
  customGradient,
  customJvp,
  customVjp,
  grad,
  jacrev,
  jit,
  jnp,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  NotImplementedError,
  UnexpectedTracerError,
  ValueError,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

/** x y, with cotangents 10 y ct and 100 x ct. */
const product = customVjp(function product(x: A, y: A) {
  return x.mul(y);
});
product.defvjp(
  (x, y) => [product(x, y), { x, y }],
  ({ x, y }, ct) => [ct.mul(y).mul(10), ct.mul(x).mul(100)],
);

describe("defvjp", () => {
  test("the value is the function's, the derivative the rule's", () => {
    expectClose(product(f32(2), f32(3)), 6);
    expectClose(jit(product)(f32(2), f32(3)), 6);
    expectClose(grad(product, [0, 1])(f32(2), f32(3)), [30, 200]);
    expectClose(grad(jit(product), [0, 1])(f32(2), f32(3)), [30, 200]);
    expectClose(jit(valueAndGrad(product))(f32(2), f32(3)), [6, 30]);
    expectClose(vjp(product, f32(2), f32(3))[1](f32(5)), [150, 1000]);
    expectClose(grad(product, [0, 1])(2, 3), [30, 200]);
  });

  test("only the used arguments are differentiated", () => {
    expectClose(grad((x: A) => product(x, f32(3)))(f32(2)), 30);
    expectClose(grad((y: A) => product(f32(2), y))(f32(3)), 200);
    expectClose(grad((x: A) => product(x, x))(f32(2)), 20 + 200);
    expectClose(grad((x: A) => product(x.mul(2), f32(3)).pow(2))(f32(2)), 2 * 12 * 60);
  });

  test("second derivatives differentiate the rule", () => {
    // d/dx (10 x y) = 10 y through the residuals; as a function of x and y alike.
    expectClose(grad(grad((x: A) => product(x, x)))(f32(2)), 110);
    expectClose(jit(grad(jit(grad((x: A) => product(x, x)))))(f32(2)), 110);
    // The forward half calls the function, whose rule is used again.
    expectClose(grad(grad((x: A) => product(x, f32(3)).mul(x)))(f32(2)), 30 + 30);
    const inPlace = customVjp((x: A, y: A) => x.mul(y));
    inPlace.defvjp(
      (x, y) => [x.mul(y), y],
      (y, ct) => [ct.mul(y).mul(10), null],
    );
    expectClose(jvp(grad(inPlace), [f32(2), f32(3)], [f32(0), f32(1)])[1], 10);
    expectClose(jacrev(grad(product, [0, 1]), 1)(f32(2), f32(3)), [10, 0]);
  });

  test("under vmap: unmapped arguments get the sum over the examples", () => {
    const [xs, ys] = [jnp.array([1, 2]), jnp.array([3, 5])];
    const g = grad(product, [0, 1]);
    expectClose(vmap(product, [0, null])(xs, f32(3)), [3, 6]);
    expectClose(vmap(g)(xs, ys), [
      [30, 50],
      [100, 200],
    ]);
    expectClose(vmap(g, [0, null])(xs, f32(3)), [
      [30, 30],
      [100, 200],
    ]);
    const sums = (x: A, y: A) => jnp.sum(vmap(product, [0, null])(x, y));
    for (const h of [grad(sums, [0, 1]), jit(grad(sums, [0, 1])), grad(jit(sums), [0, 1])]) {
      expectClose(h(xs, f32(3)), [[30, 30], 300]);
    }
    const outer = (x: A, y: A) => jnp.sum(vmap(vmap(product, [null, 0]), [0, null])(x, y));
    expectClose(grad(outer, [0, 1])(xs, ys), [
      [80, 80],
      [300, 300],
    ]);
    expectClose(grad((x: A) => jnp.sum(vmap(product, { inAxes: 1 })(x, x)))(jnp.ones([3, 2])), [
      [110, 110],
      [110, 110],
      [110, 110],
    ]);
    expectClose(vmap(grad(grad((x: A) => product(x, x))))(xs), [110, 110]);
  });

  test("mapped matrices along different axes", () => {
    const f = customVjp((x: A, w: A) => x.matmul(w));
    f.defvjp(
      (x, w) => [f(x, w), [x, w] as const],
      ([x, w], ct) => [ct.matmul(w.T).mul(2), x.T.matmul(ct).mul(3)],
    );
    const [x, w] = [
      jnp.arange(12).reshape(2, 2, 3).astype("float32"),
      jnp.arange(6).reshape(3, 2).astype("float32"),
    ];
    const plain = (x: A, w: A) => jnp.sum(jnp.sin(x.matmul(w)));
    const mapped = (x: A, w: A) => jnp.sum(jnp.sin(vmap(f, { inAxes: [1, null], outAxes: 1 })(x, w)));
    const [dx, dw] = grad(plain, [0, 1])(x, w);
    expectClose(grad(mapped, [0, 1])(x, w), [dx.mul(2).tolist(), dw.mul(3).tolist()], 1e-4);
  });

  test("trees, integers, null for no cotangent", () => {
    const f = customVjp((p: { a: A; b: [A] }, n: A, q: A) => ({ s: p.a.mul(p.b[0]).mul(n), q, none: null }));
    f.defvjp(
      (p, n, q) => [f(p, n, q), [p, n] as const],
      ([p, n], ct) => [{ a: ct.s.mul(n), b: [ct.q.mul(p.a)] }, null, null],
    );
    const g = (p: { a: A; b: [A] }, q: A) => {
      const out = f(p, jnp.int32(4), q);
      return out.s.add(out.q.mul(2));
    };
    expectClose(grad(g, [0, 1])({ a: f32(1), b: [f32(2)] }, f32(7)), [{ a: 4, b: [2] }, 0]);
    expectClose(jit(grad(g))({ a: f32(1), b: [f32(2)] }, f32(7)), { a: 4, b: [2] });
  });

  test("results that are integers have no cotangent", () => {
    const f = customVjp((x: A) => [x.mul(2), x.astype("int32")] as [A, A]);
    f.defvjp(
      (x) => [f(x), null],
      (_r, [ct]) => [ct.mul(5)],
    );
    for (const g of [f, jit(f)]) expectClose(grad((x: A) => g(x)[0])(f32(3)), 5);
    expectClose(vmap(grad((x: A) => f(x)[0]))(jnp.ones([2])), [5, 5]);
  });

  test("a cotangent of another float dtype is converted; a number stands for an array", () => {
    const f = customVjp((x: A) => x);
    f.defvjp(
      (x) => [x, null],
      (_r, ct) => [ct.astype("float64").mul(2)],
    );
    const g = grad(f)(f32(1));
    expect(String(g.dtype)).toBe("float32");
    f.defvjp(
      (x) => [x, null],
      () => [3],
    );
    expectClose(grad(f)(f32(1)), 3);
  });

  test("closures over concrete and outer values", () => {
    const c = jnp.array([1, 2]);
    const f = customVjp((x: A) => x.mul(c));
    f.defvjp(
      (x) => [f(x), null],
      (_r, ct) => [jnp.sum(ct.mul(c)).mul(5)],
    );
    expectClose(grad((x: A) => jnp.sum(f(x)))(f32(1)), 15);
    expectClose(jit(grad((x: A) => jnp.sum(f(x))))(f32(1)), 15);
    const outer = (z: A): A => {
      const h = customVjp((x: A) => x.mul(z));
      h.defvjp(
        (x) => [x.mul(z), null],
        (_r, ct) => [ct.mul(z).mul(7)],
      );
      return grad(h)(f32(2)).add(h(f32(1)));
    };
    expectClose(jit(outer)(f32(3)), 24);
    expectClose(vmap(outer)(jnp.array([1, 3])), [8, 24]);
    const error = errorOf(() =>
      grad((z: A) => {
        const h = customVjp((x: A) => x.mul(z));
        h.defvjp(
          (x) => [x.mul(z), null],
          (_r, ct) => [ct],
        );
        return h(f32(2));
      })(f32(3)),
    );
    expect(error).toBeInstanceOf(UnexpectedTracerError);
    expect(error.message).toMatch(/closed-over.*explicit/);
  });

  test("inside the rule of a customJvp function, and the other way round", () => {
    const f = customJvp((x: A) => jnp.sin(x));
    f.defjvp(([x], [t]) => [f(x), t.mul(product(x, x))]);
    expectClose(grad(f)(f32(2)), 4);
    expectClose(grad(grad(f))(f32(2)), 220);
    const g = customVjp((x: A) => jnp.sin(x));
    g.defvjp(
      (x) => [g(x), x],
      (x, ct) => [ct.mul(f(x))],
    );
    expectClose(grad(g)(f32(2)), Math.sin(2));
    expectClose(grad(grad(g))(f32(2)), 4);
  });

  test("differentiated at once, the function does not run, and the rule once", () => {
    const body = counted((x: A) => ((x.item() as number) > 0 ? x : x.mul(0.5)));
    const f = customVjp(body);
    const fwd = counted((x: A) => [x.mul(x), x] as [A, A]);
    const bwd = counted((x: A, ct: A) => [ct.mul(x).mul(3)] as [A]);
    f.defvjp(fwd, bwd);
    expectClose(valueAndGrad(f)(f32(2)), [4, 6]);
    expect([body.count(), fwd.count(), bwd.count()]).toEqual([0, 1, 1]);
    expectClose(f(f32(-2)), -1);
  });

  test("residuals that the gradient does not need are not kept", () => {
    const f = customVjp((x: A) => x.mul(2));
    f.defvjp(
      (x) => [f(x), [jnp.sin(x), jnp.cos(x)] as const],
      ([s], ct) => [ct.mul(s)],
    );
    const text = String(makeJaxpr(grad(jit((x: A) => f(x))))(f32(1)));
    expect(text).not.toMatch(/b:f32\[\] c:f32\[\] d:f32\[\] = jit/);
    expectClose(grad(jit(f))(f32(1)), Math.sin(1));
  });
});

describe("options", () => {
  test("nondiffArgnums: fwd gets them in place, bwd first", () => {
    const apply = customVjp((g: (x: A) => A, x: A, scale: number) => g(x).mul(scale), {
      nondiffArgnums: [0, 2],
    });
    apply.defvjp(
      (g: (x: A) => A, x: A, scale: number) => [g(x).mul(scale), x],
      (g: (x: A) => A, scale: number, x: A, ct: A) => [ct.mul(g(x)).mul(10 * scale)],
    );
    const expected = 20 * Math.sin(1);
    for (const h of [(x: A) => apply(jnp.sin, x, 2), jit((x: A) => apply(jnp.sin, x, 2))]) {
      expectClose(grad(h)(f32(1)), expected);
      expectClose(vmap(grad(h))(jnp.ones([2])), [expected, expected]);
    }
    const error = errorOf(() => jit((y: A) => apply(jnp.sin, f32(1), y as unknown as number))(f32(2)));
    expect(error).toBeInstanceOf(UnexpectedTracerError);
    expect(error.message).toMatch(/nondiff_argnums/);
  });

  test("symbolic zeros", () => {
    const seen: string[] = [];
    const f = customVjp((x: A, y: A) => [x.mul(y), x.add(y)] as [A, A]);
    f.defvjp(
      (x: customDerivatives.CustomVjpPrimal, y: customDerivatives.CustomVjpPrimal) => {
        seen.push(`${x.perturbed} ${y.perturbed}`);
        return [f(x.value, y.value), [x.value, y.value]];
      },
      ([, y]: [A, A], [a, b]: [A, unknown]) => {
        seen.push(String(b));
        return [a.mul(y).mul(10), customDerivatives.zeroFromPrimal(y)];
      },
      { symbolicZeros: true },
    );
    const g = (x: A) => f(x, f32(3))[0];
    const expected = ["true false", "SymbolicZero(float32[])"];
    for (const h of [grad(g), grad(jit(g))]) {
      seen.length = 0;
      expectClose(h(f32(2)), 30);
      expect(seen).toEqual(expected);
    }
    expectClose(vmap(grad(g))(jnp.array([1, 2])), [30, 30]);
    expectClose(grad((x: A) => jnp.sum(vmap((v: A) => f(v, f32(3))[0])(x)))(jnp.array([1, 2])), [30, 30]);
    expectClose(grad((x: A, y: A) => f(x, y)[0], [0, 1])(f32(2), f32(3)), [30, 0]);
  });

  test("optimizeRemat alone is accepted", () => {
    const f = customVjp((x: A) => x);
    f.defvjp(
      (x) => [x, null],
      (_r, ct) => [ct.mul(2)],
      { optimizeRemat: true },
    );
    expectClose(grad(f)(f32(1)), 2);
    const both = { optimizeRemat: true, symbolicZeros: true };
    expect(
      errorOf(() =>
        f.defvjp(
          (x: A) => [x, null],
          () => [null],
          both,
        ),
      ),
    ).toBeInstanceOf(NotImplementedError);
  });
});

describe("errors", () => {
  const define = (fwd: (x: A, y: A) => unknown, bwd: (r: never, ct: A) => unknown) => {
    const f = customVjp(function clever(x: A, y: A) {
      return x.mul(y);
    });
    f.defvjp(fwd as never, bwd as never);
    return f;
  };
  test("no rule", () => {
    const f = customVjp(function clever(x: A) {
      return x;
    });
    for (const run of [() => f(f32(1)), () => grad(f)(f32(1))]) {
      expect(errorOf(run)).toBeInstanceOf(AttributeError);
      expect(errorOf(run).message).toBe("No VJP defined for custom_vjp function clever using defvjp.");
    }
    expect(() => customVjp(3 as unknown as () => A)).toThrow(/callable/);
    expect(() => f.defvjp(3 as never, 4 as never)).toThrow(/callable/);
  });

  test("forward mode", () => {
    const x = f32(1);
    const runs = [
      () => jvp(product, [x, x], [x, x]),
      () => jit((y: A) => jvp(product, [y, y], [y, y]))(x),
      () => linearize(product, x, x)[1](x, x),
      () => vmap((y: A) => jvp(product, [y, y], [y, y]))(jnp.ones([2])),
      () => jvp(jit(product), [x, x], [x, x]),
      () => linearize(jit(product), x, x)[1](x, x),
    ];
    for (const run of runs) {
      expect(errorOf(run)).toBeInstanceOf(TypeError);
      expect(errorOf(run).message).toContain(
        "can't apply forward-mode autodiff (jvp) to a custom_vjp function.",
      );
    }
  });

  const ok = (x: A, y: A) => [x.mul(y), null];
  const rows: [string, (x: A, y: A) => unknown, (r: never, ct: A) => unknown, unknown, RegExp][] = [
    ["fwd without residuals", (x) => x, () => [], TypeError, /fwd rule.*pair.*instead of a pair/s],
    ["bwd without a list", ok, (_r, ct) => ct, TypeError, /bwd rule.*structure PyTreeDef\(\*\)/],
    [
      "too few cotangents",
      ok,
      (_r, ct) => [ct],
      TypeError,
      /length equal to the number of arguments.*\[\*, \*\]/s,
    ],
    ["too many cotangents", ok, (_r, ct) => [ct, ct, ct], TypeError, /length equal/],
    [
      "another shape",
      ok,
      (_r, ct) => [jnp.ones([3]), ct],
      ValueError,
      /output\[0\].*float32\[3\].*float32\[\]/,
    ],
    ["a string", ok, (_r, ct) => [ct, "c"], TypeError, /string/],
    ["a tree for an array", ok, (_r, ct) => [ct, { a: ct }], TypeError, /structure/],
  ];
  test.each(rows)("%s", (_name, fwd, bwd, kind, message) => {
    const f = define(fwd, bwd);
    for (const run of [() => grad(f)(f32(1), f32(2)), () => jit(grad(f))(f32(1), f32(2))]) {
      expect(errorOf(run)).toBeInstanceOf(kind);
      expect(errorOf(run).message).toMatch(message);
    }
  });
  test("a value of another structure or type than the function's, where that is known", () => {
    const structure = define(
      (x) => [[x], null],
      (_r, ct) => [ct, ct],
    );
    expect(errorOf(() => grad((x: A) => jnp.sum(vmap(structure)(x, x)))(jnp.ones([2]))).message).toMatch(
      /container\/pytree structure/,
    );
    const shape = define(
      () => [jnp.ones([3]), null],
      (_r, ct) => [ct, ct],
    );
    expect(errorOf(() => grad(jit(shape))(f32(1), f32(2))).message).toMatch(
      /shapes\/dtypes of f32\[3\].*f32\[\]/s,
    );
  });
});

describe("customGradient", () => {
  const f = customGradient((x: A) => [x.pow(2), (ct: A) => ct.mul(x).mul(10)]);
  test("value and derivatives, at every order", () => {
    expectClose(f(f32(3)), 9);
    expectClose(valueAndGrad(f)(f32(3)), [9, 30]);
    expectClose(grad(grad(f))(f32(3)), 10);
    expectClose(jit(grad(jit(f)))(f32(3)), 30);
    expectClose(vmap(grad(f))(jnp.array([1, 2])), [10, 20]);
    expectClose(grad((x: A) => jnp.sum(vmap(f)(x)))(jnp.array([1, 2])), [10, 20]);
  });
  test("several arguments; what the rule closes over is kept", () => {
    const g = customGradient((x: A, y: A) => {
      const s = jnp.sin(x);
      return [s.mul(y), (ct: A) => [ct.mul(s), ct.mul(3)]];
    });
    expectClose(grad(g, [0, 1])(f32(1), f32(4)), [Math.sin(1), 3]);
    expectClose(vmap(grad(g, [0, 1]), [0, null])(jnp.ones([2]), f32(4)), [
      [Math.sin(1), Math.sin(1)],
      [3, 3],
    ]);
    expectClose(grad((y: A) => jnp.sum(vmap(g, [0, null])(jnp.ones([2]), y)))(f32(4)), 6);
  });
  test("trees and nulls", () => {
    const g = customGradient((p: { a: A; b: A }, y: A) => [
      { v: p.a.mul(y) },
      (ct: { v: A }) => [{ a: ct.v, b: null }, null],
    ]);
    expectClose(grad((p: { a: A; b: A }) => g(p, f32(2)).v)({ a: f32(3), b: f32(4) }), { a: 1, b: 0 });
  });
  test("errors", () => {
    expect(() => customGradient((x: A) => x as unknown as [A, () => A])(f32(1))).toThrow(
      /pair \[value, vjp\]/,
    );
    expect(() => grad(customGradient((x: A, y: A) => [x.mul(y), (ct: A) => [ct]]))(f32(1), f32(2))).toThrow(
      /bwd rule/,
    );
  });
});

test("prints as in JAX", () => {
  // A function that closed over a traced value.
  const text = String(
    makeJaxpr((z: A) => {
      const h = customVjp(function h(x: A) {
        return x.mul(z);
      });
      h.defvjp(
        (x) => [x, null],
        (_r, ct) => [ct],
      );
      return h(f32(2));
    })(f32(3)),
  );
  expect(text).toBe(`{ lambda ; a:f32[]. let
    b:f32[] = custom_vjp_call[
      name=h
      bwd=<lambda>
      call_jaxpr={ lambda ; c:f32[] d:f32[]. let e:f32[] = mul d c in (e,) }
      fwd=<lambda>
      num_consts=1
      symbolic_zeros=False
    ] a 2.0:f32[]
  in (b,) }`);
  const f = customVjp((x: A, y: A) => x.mul(y));
  f.defvjp(
    (x, y) => [x.mul(y), [x, y] as const],
    ([x, y], ct) => [ct.mul(y), ct.mul(x)],
  );
  expect(
    String(makeJaxpr((x: A, y: A, t: A) => linearize((v: A) => f(v, y), x)[1](t))(f32(1), f32(2), f32(3))),
  ).toBe(
    `{ lambda ; a:f32[] b:f32[] c:f32[]. let
    _:f32[] = mul a b
    d:f32[] = custom_lin[
      bwd=<lambda>
      in_zeros=[False, True]
      num_res=2
      symbolic_zeros=False
    ] a b c
  in (d,) }`,
  );
});

describe("in loops and branches", () => {
  const triple = customVjp((c: A, x: A) => c.mul(x));
  triple.defvjp(
    (c, x) => [triple(c, x), [c, x] as const],
    ([c, x], ct) => [ct.mul(x).mul(3), ct.mul(c).mul(3)],
  );
  const xs = jnp.array([2, 3, 5]);
  const f = (c: A, xs: A) => lax.scan((c: A, x: A) => [triple(c, x), c] as [A, A], c, xs)[0];
  test("the body of a scan", () => {
    // Each step multiplies the gradient by three.
    for (const g of [grad(f, [0, 1]), jit(grad(f, [0, 1])), grad(jit(f), [0, 1])]) {
      expectClose(g(f32(1), xs), [27 * 30, [27 * 15, 9 * 10, 3 * 6]]);
    }
  });
  test("the branches of a cond", () => {
    const g = (p: A, c: A) =>
      lax.cond(
        p,
        (c: A) => triple(c, f32(2)),
        (c: A) => c,
        c,
      ) as A;
    expectClose(grad(g, 1)(jnp.array(true), f32(1)), 6);
    expectClose(vmap(grad(g, 1))(jnp.array([true, false]), jnp.ones([2])), [6, 1]);
  });
  test("a loop within the rule", () => {
    const power = customVjp((x: A) => lax.foriLoop(0, 3, (_i: A, y: A) => y.mul(x), jnp.onesLike(x)) as A);
    power.defvjp(
      (x) => [power(x), x],
      (x, ct) => [lax.foriLoop(0, 2, (_i: A, y: A) => y.mul(x), ct.mul(3)) as A],
    );
    expectClose(grad(power)(f32(2)), 12);
    expectClose(jit(vmap(grad(power)))(jnp.array([1, 2])), [3, 12]);
  });
});
