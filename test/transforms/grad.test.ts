import { grad, jit, jnp, type NDArray, nn, stopGradient, tree, valueAndGrad } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, difference, errorOf, expectClose, f32 } from "./helpers.ts";

describe("values", () => {
  test("of a number: a float32, whole numbers too", () => {
    const g = grad((x: A) => x.mul(x))(3);
    expect(String(g)).toBe("6.0");
    expect(g.dtype.name).toBe("float32");
  });

  test("of the same order at every depth", () => {
    const f = (x: A): A => jnp.sin(x).mul(jnp.exp(x));
    // d^n/dx^n e^x sin x = 2^(n/2) e^x sin(x + n pi / 4)
    const expected = (n: number, x: number) => 2 ** (n / 2) * Math.exp(x) * Math.sin(x + (n * Math.PI) / 4);
    let g: (x: A) => A = f;
    for (let n = 0; n <= 4; n++) {
      expectClose(g(f32(0.3)), expected(n, 0.3), 1e-4);
      g = grad(g) as (x: A) => A;
    }
  });

  test("against finite differences, for programs of many operations", () => {
    const programs: [f: (x: A) => A, g: (x: number) => number][] = [
      [(x) => jnp.tanh(x.mul(2)).div(x.add(3)), (x) => Math.tanh(2 * x) / (x + 3)],
      [(x) => jnp.log(x).pow(3).sub(jnp.sqrt(x)), (x) => Math.log(x) ** 3 - Math.sqrt(x)],
      [(x) => jnp.sum(jnp.stack([x, x.mul(2), jnp.cos(x)]).pow(2)), (x) => 5 * x * x + Math.cos(x) ** 2],
      [(x) => jnp.power(x, x), (x) => x ** x],
      [(x) => nn.softplus(x).mul(nn.sigmoid(x)), (x) => Math.log1p(Math.exp(x)) / (1 + Math.exp(-x))],
      [(x) => jnp.hypot(x, 2), (x) => Math.hypot(x, 2)],
      [(x) => jnp.arctan2(x, 3).add(jnp.abs(x)), (x) => Math.atan2(x, 3) + Math.abs(x)],
      [(x) => jnp.mod(x.mul(3), 2), (x) => (3 * x) % 2],
    ];
    for (const [f, g] of programs) {
      for (const x of [0.4, 1.7]) expectClose(grad(f)(f32(x)), difference(g, x), 1e-3);
    }
  });

  test("of trees: the gradient has the structure of the argument", () => {
    const params = {
      w: jnp.array([
        [1, 2],
        [3, 4],
      ]),
      b: [jnp.array([1, 1]), null],
      s: 2,
    };
    const loss = (p: typeof params, x: A): A =>
      jnp.sum(
        x
          .matmul(p.w)
          .add(p.b[0] as A)
          .mul(p.s as unknown as A),
      );
    const g = grad(loss)(params, jnp.array([1, -1]));
    expect(String(tree.structure(g))).toBe(String(tree.structure(params)));
    expectClose(g, {
      b: [[2, 2], null],
      s: -2,
      w: [
        [2, 2],
        [-2, -2],
      ],
    });
  });

  test("of a registered class", () => {
    class Point {
      readonly x: A;
      readonly y: A;
      readonly label: string;
      constructor(x: A, y: A, label: string) {
        this.x = x;
        this.y = y;
        this.label = label;
      }
    }
    tree.registerPytreeNode(
      Point,
      (p) => [[p.x, p.y], p.label],
      (label, [x, y]) => new Point(x, y, label),
    );
    const g = grad((p: Point) => p.x.mul(p.y).mul(p.x))(new Point(f32(2), f32(5), "here"));
    expect(g).toBeInstanceOf(Point);
    expect((g as Point).label).toBe("here");
    expectClose([(g as Point).x, (g as Point).y], [20, 4]);
  });

  test("of a function that ignores an argument, or all: zeros", () => {
    expectClose(grad((x: A, _y: A) => x, { argnums: [0, 1] })(f32(1), jnp.ones([2])), [1, [0, 0]]);
    expectClose(grad((_x: A) => f32(3))(jnp.ones([2])), [0, 0]);
    expectClose(grad((_x: A) => 3.5 as unknown as A)(f32(1)), 0);
  });

  test("a value used twice, in different places of a tree", () => {
    const x = f32(3);
    expectClose(grad((p: [A, A]) => p[0].mul(p[1]))([x, x]), [3, 3]);
    expectClose(grad((a: A, b: A) => a.mul(b))(x, x), 3);
  });

  test("float64 stays float64", () => {
    const g = grad((x: A) => jnp.sum(jnp.sin(x)))(jnp.array([1, 2], { dtype: "float64" }));
    expect(g.dtype.name).toBe("float64");
    expectClose(g, [Math.cos(1), Math.cos(2)], 1e-14);
  });

  test("through conversion of dtypes", () => {
    const g = grad((x: A) =>
      jnp.sum(x.astype("float64").mul(jnp.array([1.5, 2], { dtype: "float64" }))).astype("float32"),
    );
    const d = g(jnp.array([1, 2]));
    expect(d.dtype.name).toBe("float32");
    expectClose(d, [1.5, 2]);
    // Nothing flows through an integer.
    expectClose(grad((x: A) => x.astype("int32").astype("float32").mul(x))(f32(2.7)), 2);
  });

  test("empty arrays", () => {
    expect(grad((x: A) => jnp.sum(x))(jnp.zeros([0])).shape).toEqual([0]);
    expectClose(grad((x: A) => jnp.sum(x))(jnp.zeros([2, 0])), [[], []]);
  });
});

describe("argnums", () => {
  const f = (x: A, y: A, z: A): A => x.mul(y).add(y.mul(z).mul(z));
  const args = [f32(2), f32(3), f32(5)] as const;

  test.each([
    [0, 3],
    [1, 27],
    [2, 30],
    [-1, 30],
    [-3, 3],
    [
      [0, 2],
      [3, 30],
    ],
    [
      [2, 0],
      [30, 3],
    ],
    [[1], [27]],
    [
      [-1, 0],
      [30, 3],
    ],
    [[], []],
  ] as const)("%j", (argnums, expected) => {
    expectClose(grad(f, { argnums: argnums as 0 })(...args), expected);
    expectClose(grad(f, argnums as 0)(...args), expected);
  });

  test.each([3, -4, 1.5, Number.NaN])("%j is out of range", (argnums) => {
    const error = errorOf(() => grad(f, { argnums: argnums as 0 })(...args));
    expect(error.message).toMatch(/argnums/);
    expect(["ValueError", "TypeError"]).toContain(error.name);
  });

  test("undefined means the default", () => {
    expectClose(grad(f, { argnums: undefined })(...args), 3);
    expectClose(grad(f, undefined)(...args), 3);
  });
});

describe("valueAndGrad and hasAux", () => {
  test("the value is the function's", () => {
    const [value, g] = valueAndGrad((x: A) => jnp.sum(x.mul(x)))(jnp.array([1, 2, 3]));
    expectClose(value, 14);
    expectClose(g, [2, 4, 6]);
  });

  test("aux may be any tree, with tracers and numbers", () => {
    const f = (x: A): [A, { doubled: A; list: [number, A, null]; flag: boolean }] => [
      x.mul(x),
      { doubled: x.mul(2), list: [7, jnp.int32([1, 2]), null], flag: true },
    ];
    const [g, aux] = grad(f, { hasAux: true })(3);
    expectClose(g, 6);
    expectClose(aux, { doubled: 6, flag: true, list: [7, [1, 2], null] });
    const [[value, aux2], g2] = valueAndGrad(f, { hasAux: true })(3) as unknown as [[A, unknown], A];
    expectClose([value, g2], [9, 6]);
    expectClose(aux2, { doubled: 6, flag: true, list: [7, [1, 2], null] });
  });

  test("aux is not differentiated by an outer grad unless it is used", () => {
    const inner = (x: A): [A, A] => [x.pow(3), x.pow(2)];
    const outer = (x: A): A => {
      const [g, aux] = grad(inner, { hasAux: true })(x) as unknown as [A, A];
      return g.add(aux); // 3x^2 + x^2
    };
    expectClose(grad(outer)(f32(2)), 16);
  });

  test("a function that does not return a pair", () => {
    const error = errorOf(() => grad((x: A) => x as unknown as [A, A], { hasAux: true })(1));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/hasAux.*pair/);
  });

  test("the results are the caller's: deleting one leaves others alone", () => {
    const g1 = grad((x: A) => x)(f32(3));
    const g2 = grad((x: A) => x)(f32(3));
    g1.delete();
    expectClose(g2, 1);
    expectClose(grad((x: A) => x)(f32(3)), 1);
  });
});

describe("errors", () => {
  test("an integer array", () => {
    const error = errorOf(() => grad((x: A) => x.mul(2))(jnp.int32(3)));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/int32/);
    expect(error.message).toMatch(/allowInt|astype/);
  });

  test("a boolean", () => {
    expect(() => grad((x: A) => x)(true)).toThrow(TypeError);
  });

  test("a vector result", () => {
    const error = errorOf(() => grad((x: A) => x.mul(2))(jnp.ones([3])));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/scalar-output.*\(3,\)/);
    expect(error.message).toMatch(/jnp\.sum/);
  });

  test("an integer result", () => {
    const error = errorOf(() => grad((x: A) => jnp.argmax(x))(jnp.ones([3])));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/int32/);
  });

  test("a tree, a string, nothing as result", () => {
    expect(() => grad((x: A) => [x, x] as unknown as A)(1)).toThrow(/scalar-output/);
    expect(() => grad((_x: A) => "loss" as unknown as A)(1)).toThrow(/string/);
    expect(() => grad((_x: A) => undefined as unknown as A)(1)).toThrow(/undefined/);
    expect(() => grad((_x: A) => null as unknown as A)(1)).toThrow(/scalar-output/);
  });

  test("a string as argument", () => {
    const error = errorOf(() => grad((x: A) => x)("a" as unknown as A));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/string/);
  });

  test("other arguments may be anything", () => {
    const f = (x: A, mode: string, options: { scale: number; note: symbol }): A =>
      mode === "double" ? x.mul(2 * options.scale) : x;
    expectClose(grad(f)(1, "double", { scale: 3, note: Symbol("x") }), 6);
  });

  test("too few arguments", () => {
    expect(() => grad((x: A, y: A) => x.mul(y), { argnums: 1 })(...([1] as unknown as [A, A]))).toThrow(
      /argnums=1.*at least 2/,
    );
  });

  test("an unknown option", () => {
    expect(() => grad((x: A) => x, { argnum: 1 } as unknown as { argnums: 0 })).toThrow(/argnum\b.*argnums/);
  });
});

describe("allowInt", () => {
  test("gradients of integers have dtype float0", () => {
    const g = grad((x: A, n: A) => x.mul(n), { argnums: [0, 1], allowInt: true })(f32(2), jnp.int32(3));
    expectClose(g[0], 3);
    expect(g[1].dtype.name).toBe("float0");
  });
});

describe("stopGradient", () => {
  test("stops every order", () => {
    expectClose(grad((x: A) => x.mul(stopGradient(x)))(3), 3);
    expectClose(grad(grad((x: A) => x.pow(2).mul(stopGradient(x))))(f32(3)), 6);
    expectClose(grad((x: A) => stopGradient(x.mul(x)))(3), 0);
  });
  test("in trees and under jit", () => {
    const f = jit((p: { a: A; b: A }) => {
      const q = stopGradient(p);
      return q.a.mul(p.b);
    });
    expectClose(grad(f)({ a: f32(2), b: f32(3) }), { a: 0, b: 2 });
  });
});

describe("purity of the caller's data", () => {
  test("arguments are not changed", () => {
    const p = { w: [jnp.array([1, 2])], n: 1 };
    const before = p.w[0] as NDArray;
    grad((q: typeof p) => jnp.sum(q.w[0] as A).mul(q.n as unknown as A))(p);
    expect(p.w[0]).toBe(before);
    expect(p.n).toBe(1);
  });
});
