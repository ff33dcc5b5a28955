import { AssertionError, customJvp, customVjp, jnp, jvp, testUtil, vjp } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, errorOf, f32 } from "../transforms/helpers.ts";

const { checkGrads, checkJvp, checkVjp } = testUtil;

describe("right derivatives pass", () => {
  test("in both modes, to third order, of trees, numbers and integers", () => {
    checkGrads((x: A, y: A) => jnp.sin(x).mul(y).sum(), [jnp.array([0.3, 1, -2]), 3], 3);
    checkGrads((p: { a: A; b: [A] }) => ({ s: p.a.mul(p.b[0]), n: null }), [{ a: f32(2), b: [f32(3)] }], 2);
    checkGrads((x: A, n: A) => x.mul(n), [f32(0.5), jnp.int32(3)], 1);
  });
  test("float64 with its tolerance", () => {
    const x = jnp.array([0.3, 1.2], { dtype: "float64" });
    checkGrads((x: A) => jnp.exp(jnp.cos(x)), [x], 2);
  });
  test("one mode only", () => {
    const f = customVjp((x: A) => jnp.sin(x));
    f.defvjp(
      (x) => [jnp.sin(x), x],
      (x, ct) => [ct.mul(jnp.cos(x))],
    );
    checkGrads(f, [f32(1)], 2, { modes: ["rev"] });
    expect(() => checkGrads(f, [f32(1)], 1)).toThrow(/forward-mode/);
  });
});

describe("wrong derivatives do not", () => {
  const wrong = customJvp((x: A) => jnp.sin(x));
  wrong.defjvp(([x], [t]) => [wrong(x), t.mul(jnp.cos(x)).mul(1.1)]);
  const wrongAt2 = customJvp((x: A) => jnp.sin(x));
  wrongAt2.defjvp(([x], [t]) => {
    const slope = customJvp((v: A) => jnp.cos(v));
    slope.defjvp(([v], [s]) => [slope(v), s.mul(5)]);
    return [wrongAt2(x), t.mul(slope(x))];
  });
  test("forward and reverse", () => {
    for (const mode of ["fwd", "rev"] as const) {
      const error = errorOf(() => checkGrads(wrong, [jnp.array([0.2, 0.4])], 1, { modes: [mode] }));
      expect(error).toBeInstanceOf(AssertionError);
      expect(error.message).toMatch(mode === "fwd" ? /^JVP tangent/ : /^VJP cotangent projection/);
    }
  });
  test("of second order", () => {
    checkGrads(wrongAt2, [f32(1)], 1);
    expect(errorOf(() => checkGrads(wrongAt2, [f32(1)], 2)).message).toMatch(/^(JVP|VJP)( of JVP)? /);
  });
  test("wrong values, structures, NaN", () => {
    const x = [f32(1)];
    expect(errorOf(() => checkJvp(jnp.sin, (p, t) => jvp(jnp.cos, p, t), x)).message).toMatch(/^primal/);
    expect(errorOf(() => checkVjp(jnp.sin, (p) => vjp(jnp.cos, p), x, { errMsg: "mine" })).message).toMatch(
      /^mine primal/,
    );
    expect(errorOf(() => checkJvp(jnp.sin, () => [[f32(1)], f32(1)], x)).message).toMatch(/structure/);
    expect(errorOf(() => checkJvp(jnp.sin, (p) => [jnp.sin(p[0] as A), f32(Number.NaN)], x)).message).toMatch(
      /NaN/,
    );
  });
  test("misuse", () => {
    expect(() => checkGrads(jnp.sin, [f32(1)], 0)).toThrow(/order/);
    expect(() => checkGrads(jnp.sin, [f32(1)], 1, { tol: 1 } as object)).toThrow(/tol/);
  });
});
