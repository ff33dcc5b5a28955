import { grad, jit, jnp, jvp, linearize, vjp, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

type Params = { w: A; b: [A, A | null] };
const params = (): Params => ({ w: jnp.array([1, 2]), b: [f32(3), null] });

describe("jvp", () => {
  test("numbers are floats", () => {
    const [y, t] = jvp((x: A) => x.mul(x), [3], [1]);
    expect(`${y} ${t}`).toBe("9.0 6.0");
  });
  test("trees in and out", () => {
    const f = (p: Params, s: A): { y: A; z: [A] } => ({ y: p.w.mul(p.b[0]), z: [s.mul(2)] });
    const [y, t] = jvp(f, [params(), f32(1)], [{ w: jnp.array([1, 0]), b: [f32(10), null] }, f32(5)]);
    expectClose(y, { y: [3, 6], z: [2] });
    expectClose(t, { y: [13, 20], z: [10] });
  });
  test("a result that does not depend on the input has a zero tangent of its type", () => {
    const [, t] = jvp((_x: A) => jnp.ones([2], { dtype: "float64" }), [f32(1)], [f32(1)]);
    expect(t.dtype.name).toBe("float64");
    expectClose(t, [0, 0]);
  });
  test("an integer result has a float0 tangent", () => {
    const [y, t] = jvp((x: A) => jnp.argmax(x), [jnp.array([1, 3])], [jnp.array([1, 1])]);
    expectClose(y, 1);
    expect(t.dtype.name).toBe("float0");
    expect(t.shape).toEqual([]);
  });
  test("float0 tangents of integer arguments, as other functions return them", () => {
    const [, t0] = jvp((x: A) => jnp.argmax(x), [jnp.array([1, 3])], [jnp.array([1, 1])]);
    const [y, t] = jvp((x: A, n: A) => x.mul(n), [f32(2), jnp.int32(3)], [f32(1), t0]);
    expectClose([y, t], [6, 3]);
  });
  test("hasAux", () => {
    const result = jvp((x: A) => [x.mul(2), { kept: x }], [f32(3)], [f32(1)], { hasAux: true });
    expectClose(result, [6, 2, { kept: 3 }]);
  });
  test("linear in the tangent", () => {
    const f = (x: A): A => jnp.sin(x).mul(jnp.sum(x.mul(x)));
    const x = jnp.array([0.1, 0.2]);
    const along = (t: number[]) => jvp(f, [x], [jnp.array(t)])[1];
    expectClose(
      along([2, 3]),
      along([1, 0])
        .mul(2)
        .add(along([0, 1]).mul(3))
        .tolist(),
    );
  });

  test.each([
    ["shapes", () => jvp((x: A) => x, [jnp.ones([2])], [jnp.ones([3])]), "ValueError", /\(2,\).*\(3,\)/],
    ["dtypes", () => jvp((x: A) => x, [f32(1)], [jnp.int32(1)]), "TypeError", /float32.*int32/],
    ["integer tangents", () => jvp((x: A) => x, [jnp.int32(1)], [jnp.int32(1)]), "TypeError", /float0/],
    ["structures", () => jvp((x: A) => x, [f32(1)], [[f32(1)]]), "TypeError", /structure/],
    ["numbers of arguments", () => jvp((x: A) => x, [f32(1)], [f32(1), f32(1)]), "TypeError", /structure/],
    [
      "no list",
      () => jvp((x: A) => x, f32(1) as unknown as [A], f32(1) as unknown as [A]),
      "TypeError",
      /list/,
    ],
    ["no function", () => jvp(3 as unknown as () => A, [], []), "TypeError", /callable.*3/],
  ])("%s that do not fit", (_name, run, name, message) => {
    const error = errorOf(run);
    expect(error.name).toBe(name);
    expect(error.message).toMatch(message);
  });
});

describe("linearize", () => {
  test("evaluates the function once", () => {
    const f = counted((x: A) => jnp.exp(x).mul(x));
    const [y, df] = linearize(f, f32(1));
    expectClose([y, df(f32(1)), df(f32(-2))], [Math.E, 2 * Math.E, -4 * Math.E]);
    expect(f.count()).toBe(1);
  });
  test("several arguments, trees", () => {
    const [y, df] = linearize((p: Params, s: A) => ({ r: jnp.sum(p.w).mul(s) }), params(), f32(4));
    expectClose(y, { r: 12 });
    expectClose(df({ w: jnp.array([1, 1]), b: [f32(0), null] }, f32(1)), { r: 11 });
  });
  test("a result without a derivative", () => {
    const [y, df] = linearize((x: A) => [x.mul(2), jnp.int32(3), jnp.ones([2])], f32(1));
    expectClose(y, [2, 3, [1, 1]]);
    const t = df(f32(1)) as A[];
    expectClose([t[0], t[2]], [2, [0, 0]]);
    expect(t[1].dtype.name).toBe("float0");
  });
  test("under jit and vmap of the linear function", () => {
    const [, df] = linearize((x: A) => jnp.sin(x), jnp.array([0, 1]));
    expectClose(jit(df)(jnp.ones([2])), [1, Math.cos(1)]);
    expectClose(vmap(df)(jnp.eye(2)), [
      [1, 0],
      [0, Math.cos(1)],
    ]);
  });
  test("tangents that do not fit", () => {
    const [, df] = linearize((x: A) => x.mul(2), jnp.ones([2]));
    expect(() => df(jnp.ones([3]))).toThrow(/float32\[3\].*float32\[2\]/);
    expect(() => df(jnp.ones([2]), jnp.ones([2]))).toThrow(/structure/);
    expect(() => df(jnp.ones([2], { dtype: "float64" }))).toThrow(/float64/);
  });
  test("hasAux", () => {
    const result = linearize((x: A) => [x.mul(x), { kept: x }], f32(3), { hasAux: true }) as unknown as [
      A,
      (t: A) => A,
      { kept: A },
    ];
    expectClose([result[0], result[1](f32(1)), result[2]], [9, 6, { kept: 3 }]);
  });
});

describe("vjp", () => {
  test("evaluates the function once; the pullback may be used many times", () => {
    const f = counted((x: A, y: A) => jnp.sin(x).mul(y));
    const [v, back] = vjp(f, f32(1), f32(2));
    expectClose(v, 2 * Math.sin(1));
    expectClose(back(f32(1)), [2 * Math.cos(1), Math.sin(1)]);
    expectClose(back(f32(10)), [20 * Math.cos(1), 10 * Math.sin(1)]);
    expectClose(back(3), [6 * Math.cos(1), 3 * Math.sin(1)]);
    expect(f.count()).toBe(1);
  });
  test("trees in and out, with null leaves", () => {
    const f = (p: Params): { y: A; n: null; z: [A] } => ({ y: p.w.mul(p.b[0]), n: null, z: [p.b[0]] });
    const [y, back] = vjp(f, params());
    expectClose(y, { n: null, y: [3, 6], z: [3] });
    const [g] = back({ n: null, y: jnp.array([1, 10]), z: [f32(100)] });
    expectClose(g, { b: [121, null], w: [3, 30] });
  });
  test("hasAux, also with an argument that is an object", () => {
    const result = vjp((x: A) => [x.mul(2), [x, 5]], f32(3), { hasAux: true }) as unknown as [
      A,
      (t: A) => [A],
      unknown,
    ];
    expectClose([result[0], result[1](f32(1)), result[2]], [6, [2], [3, 5]]);
  });
  test("integer arguments have float0 cotangents", () => {
    const [, back] = vjp((x: A, i: A) => x.get(i), jnp.array([1, 2, 3]), jnp.int32(1));
    const [gx, gi] = back(f32(1)) as [A, A];
    expectClose(gx, [0, 1, 0]);
    expect(gi.dtype.name).toBe("float0");
  });
  test("under vmap: the Jacobian by rows", () => {
    const f = (x: A): A => jnp.stack([x.get(0).mul(x.get(1)), x.get(0).pow(2)]);
    const [, back] = vjp(f, jnp.array([2, 3]));
    expectClose(vmap((ct: A) => back(ct)[0])(jnp.eye(2)), [
      [3, 2],
      [4, 0],
    ]);
  });
  test("the pullback is linear and differentiable itself", () => {
    const back = (x: A, ct: A): A => vjp((z: A) => z.pow(3), x)[1](ct)[0];
    expectClose(grad(back, 0)(f32(2), f32(5)), 60);
    expectClose(grad(back, 1)(f32(2), f32(5)), 12);
  });
  test("no arguments that matter", () => {
    const [y, back] = vjp((_x: A) => f32(7), jnp.ones([2]));
    expectClose([y, back(f32(1))], [7, [[0, 0]]]);
  });
  test.each([
    ["a cotangent of another shape", jnp.ones([3]), "ValueError", /float32\[3\].*float32\[2\]/],
    ["of another dtype", jnp.ones([2], { dtype: "int32" }), "ValueError", /int32\[2\].*float32\[2\]/],
    ["of another structure", [jnp.ones([2])], "ValueError", /structure/],
    ["a string", "1", "TypeError", /string/],
  ])("%s", (_name, ct, name, message) => {
    const [, back] = vjp((x: A) => x.mul(2), jnp.ones([2]));
    const error = errorOf(() => back(ct as A));
    expect(error.name).toBe(name);
    expect(error.message).toMatch(message);
  });
});
