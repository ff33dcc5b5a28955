import { grad, jit, jnp, linearize, makeJaxpr } from "fluxion";
import { describe, expect, test } from "vitest";
import { deadCodeElimination, pruneClosed } from "../../src/core/dce.ts";
import { evalJaxpr } from "../../src/core/evalJaxpr.ts";
import { type A, expectClose, f32 } from "../transforms/helpers.ts";

const trace = (f: (...xs: A[]) => unknown, ...args: A[]) => makeJaxpr(f)(...args);

describe("dead code elimination", () => {
  test("drops equations, constants and unwanted outputs, keeps the inputs", () => {
    const c = jnp.array([1, 2]);
    const d = jnp.array([3, 4]);
    const closed = trace(
      (x, y) => {
        jnp.sin(x).mul(d);
        return [x.mul(c), jnp.cos(y)];
      },
      f32(1),
      f32(2),
    );
    const all = deadCodeElimination(closed.jaxpr);
    expect(all.jaxpr.eqns.map((e) => e.primitive.name)).toEqual(["mul", "cos"]);
    expect(all.usedConsts.filter((used) => used).length).toBe(1);
    const second = pruneClosed(closed, [false, true]);
    expect(String(second.closed)).toBe("{ lambda ; a:f32[] b:f32[]. let c:f32[] = cos b in (c,) }");
    expect(second.usedInputs).toEqual([false, true]);
    expect(second.closed.consts.length).toBe(0);
    expectClose(evalJaxpr(second.closed.jaxpr, [], [f32(1), f32(0)]), [1]);
  });

  test("a program without dead code is returned as it is", () => {
    const closed = trace((x) => jnp.sin(x).mul(2), f32(1));
    expect(deadCodeElimination(closed.jaxpr).jaxpr).toBe(closed.jaxpr);
    expect(pruneClosed(closed).closed).toBe(closed);
  });

  test("reaches into calls: only what is wanted of them is computed", () => {
    const inner = jit((x: A, y: A) => [jnp.sin(x), jnp.cos(y)] as const, { name: "g" });
    const closed = trace((x, y) => inner(x, y)[1], f32(1), f32(2));
    const { closed: pruned } = pruneClosed(closed);
    const [eqn] = pruned.eqns;
    expect(eqn?.inputs.length).toBe(1);
    expect(eqn?.outputs.length).toBe(1);
    expect(String(pruned)).not.toMatch(/sin/);
    expectClose(evalJaxpr(pruned.jaxpr, pruned.consts, [f32(1), f32(0)]), [1]);
    // The program of the call itself is unchanged for others.
    expectClose(inner(f32(0), f32(0)), [0, 1]);
  });

  test("keeps repeated outputs and inputs passed on", () => {
    const closed = trace((x, y) => [x, jnp.sin(y), x], f32(1), f32(2));
    expectClose(evalJaxpr(pruneClosed(closed).closed.jaxpr, [], [f32(1), f32(0)]), [1, 0, 1]);
    const some = pruneClosed(closed, [true, false, true]);
    expectClose(evalJaxpr(some.closed.jaxpr, [], [f32(1), f32(0)]), [1, 1]);
  });

  test("a linearized function keeps only the residuals that its tangents need", () => {
    // The derivative of the unused branch is not stored.
    const f = (x: A): A => {
      jnp.exp(x).mul(jnp.sin(x));
      return x.mul(3);
    };
    const [, tangent] = linearize(f, f32(2));
    expect(String(makeJaxpr(tangent)(f32(1)))).toBe(
      "{ lambda ; a:f32[]. let b:f32[] = mul a 3.0:f32[] in (b,) }",
    );
  });

  test("a jitted function that returns its argument is differentiated through", () => {
    const f = jit((x: A, y: A) => [x, x.mul(y), x.mul(y), 2.5] as unknown as A[]);
    const g = (x: A, y: A): A => {
      const [a, b, c, d] = f(x, y) as [A, A, A, A];
      return a.mul(b).add(c).mul(d);
    };
    // 2.5 (x^2 y + x y)
    expectClose(grad(g, [0, 1])(f32(2), f32(3)), [2.5 * (2 * 2 * 3 + 3), 2.5 * (4 + 2)]);
    expectClose(grad(grad(g))(f32(2), f32(3)), 2.5 * 6);
    expectClose(jit(grad(jit(g), [0, 1]))(f32(2), f32(3)), [37.5, 15]);
  });
});
