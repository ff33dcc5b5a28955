import {
  customDerivatives,
  customJvp,
  fwdAndBwd,
  grad,
  jit,
  jnp,
  jvp,
  lax,
  linearTranspose,
  makeJaxpr,
  NotImplementedError,
  stopGradient,
  tree,
  ValueError,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, expectClose, values } from "./helpers.ts";

const { linearCall } = customDerivatives;

describe("linearCall", () => {
  const divide = (r: A, x: A): A => x.div(r);
  const divAdd = (x: A, r: A | number): A => x.add(linearCall(divide, divide, r, x) as A);
  /** Whose transpose is not the real one, so that its use shows. */
  const marked = (x: A): A =>
    linearCall(
      (_: unknown, y: A) => y,
      (_: unknown, ct: A) => ct.mul(7),
      [],
      x,
    ) as A;

  test("value, jvp, gradient, and transposes of transposes", () => {
    const x = jnp.array([3, 4]);
    expectClose(divAdd(x, 2), [4.5, 6]);
    expectClose(jvp((y: A) => divAdd(y, 2), [x], [jnp.array([1, 2])])[1], [1.5, 3]);
    expectClose(grad((y: A) => divAdd(y, 2).sum())(x), [1.5, 1.5]);
    expectClose(jit(grad((y: A) => marked(jnp.sin(y)).sum()))(x), [7 * Math.cos(3), 7 * Math.cos(4)]);
    const once = (y: A): A => linearTranspose(marked, x)(y)[0] as A;
    const twice = (y: A): A => linearTranspose(once, x)(y)[0] as A;
    const thrice = (y: A): A => linearTranspose(twice, x)(y)[0] as A;
    expectClose(once(jnp.array([1, 1])), [7, 7]);
    expectClose(twice(jnp.array([1, 1])), [1, 1]);
    expectClose(thrice(jnp.array([1, 1])), [7, 7]);
  });

  test("pytrees of residuals and linear arguments", () => {
    const f = (x: { a: A; b: A }): A =>
      linearCall(
        ([r, s]: A[], { a, b }: { a: A; b: A }) => a.mul(r).add(b.mul(s)),
        ([r, s]: A[], ct: A) => ({ a: ct.mul(r), b: ct.mul(s) }),
        [2, jnp.float32(3)],
        x,
      ) as A;
    const g = grad((x: { a: A; b: A }) => f(x).sum())({ a: jnp.array([1, 1]), b: jnp.array([1, 1]) });
    expectClose(g.a, [2, 2]);
    expectClose(g.b, [3, 3]);
  });

  test("inside jit, closing over tracers, and in a loop", () => {
    const closing = jit((x: A, r: A) => {
      const scale = stopGradient(r.mul(2));
      return grad((y: A) =>
        (
          linearCall(
            (_: null, z: A) => z.mul(scale),
            (_: null, ct: A) => ct.mul(scale),
            null,
            y,
          ) as A
        ).sum(),
      )(x);
    });
    expectClose(closing(jnp.array([1, 1]), jnp.float32(3)), [6, 6]);
    const loop = (x: A): A => lax.foriLoop(0, 3, (_i, y: A) => divAdd(y, 1), x).sum();
    expectClose(jit(grad(loop))(jnp.array([1, 1])), [8, 8]);
  });

  test("in the rule of a customJvp function", () => {
    const f = customJvp((x: A) => jnp.sin(x));
    f.defjvp(([x], [t]) => [
      f(x),
      linearCall(
        (r: A, y: A) => y.mul(jnp.cos(r)),
        (_r: A, ct: A) => ct.mul(7),
        x,
        t,
      ),
    ]);
    expectClose(grad((x: A) => f(x).sum())(jnp.array([0.5])), [7]);
    expectClose(jit(grad((x: A) => jit(f)(x).sum()))(jnp.array([0.5])), [7]);
    expectClose(jvp(f, [0.5], [1])[1], Math.cos(0.5));
  });

  test("prints as in JAX", () => {
    expect(
      String(makeJaxpr(divAdd)(1.5, 2.5))
        .split("\n")
        .map((s) => s.trim())
        .join(" "),
    ).toMatch(
      /c:f32\[\] = linear_call\[ callee=\{ lambda ; d:f32\[\] e:f32\[\]. let f:f32\[\] = div e d in \(f,\) \} num_callee_consts=0 num_res=1 transpose_thunk=/,
    );
  });

  test("what JAX refuses", () => {
    expect(() => vmap((x: A) => divAdd(x, 2))(jnp.array([1]))).toThrow(NotImplementedError);
    expect(() => grad((r: A) => divAdd(jnp.float32(1), r))(jnp.float32(2))).toThrow(
      "only its linear arguments",
    );
    const f = (x: A): A => linearCall(divide, (_r: A, ct: A) => [ct, ct], 2, x) as A;
    expect(() => grad(f)(3)).toThrow("transpose output pytree structure must match that of linear inputs");
  });
});

describe("fwdAndBwd", () => {
  const f = (x: A, w: A): A => jnp.sin(x.matmul(w));
  const x = jnp.array([
    [1, 2],
    [3, 4],
  ]);
  const w = jnp.array([
    [0.5, -1],
    [2, 0.25],
  ]);

  test.each([true, false])("agrees with vjp (jitted: %s)", (jitted) => {
    const [y, back] = vjp(f, x, w);
    const expected = back(y);
    const [fwd, bwd] = fwdAndBwd(f, { argnums: [0, 1], jitted });
    const [value, residuals] = fwd(x, w);
    expectClose(value, values(y));
    const cts = bwd(residuals, y) as A[];
    expectClose(cts[0], values(expected[0]));
    expectClose(cts[1], values(expected[1]));
    const [, bwd1] = fwdAndBwd(f, { argnums: 1, jitted });
    expectClose(bwd1(fwdAndBwd(f, { argnums: 1, jitted })[0](x, w)[1], y), values(expected[1]));
  });

  test("traces each pass once; residuals are a pytree", () => {
    let traced = 0;
    const [fwd, bwd] = fwdAndBwd((y: A) => {
      traced++;
      return jnp.sin(y).sum();
    });
    for (let i = 0; i < 3; i++) {
      const [, residuals] = fwd(jnp.array([i, 1]));
      const moved = tree.map((leaf: A) => leaf, residuals) as typeof residuals;
      expectClose(bwd(moved, 1) as A, [Math.cos(i), Math.cos(1)]);
    }
    expect(traced).toBe(1);
  });

  test("auxiliary results, lone numbers and errors", () => {
    const [fwd, bwd] = fwdAndBwd((y: A) => [y.mul(y), { y }], { hasAux: true });
    const [value, residuals, aux] = fwd(3);
    expect(String(value)).toBe("9.0");
    expect(String((aux as { y: A }).y)).toBe("3.0");
    expect(String(bwd(residuals, 1))).toBe("6.0");
    expect(() => bwd(residuals, jnp.array([1, 2]))).toThrow(ValueError);
    expect(() => fwdAndBwd(f, 5)[0](x, w)).toThrow(ValueError);
    expect(() => fwdAndBwd(f, { argnum: 1 } as never)).toThrow("argnum");
  });
});
