import {
  closureConvert,
  customVjp,
  grad,
  jit,
  jnp,
  linearTranspose,
  ShapeDtypeStruct,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

describe("linearTranspose", () => {
  const m = jnp.array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  test("is the pullback of a linear function", () => {
    const f = (x: A, y: A) => [m.matmul(x).sub(y), x.sum()] as [A, A];
    const x = jnp.zeros([3]);
    const ct: [A, A] = [jnp.array([1, -1]), f32(2)];
    const t = linearTranspose(f, x, jnp.zeros([2]));
    expectClose(t(ct), [
      [-1, -1, -1],
      [-1, 1],
    ]);
    expectClose(
      t(ct),
      vjp(f, x, jnp.zeros([2]))[1](ct).map((d) => d.tolist()),
    );
    expectClose(jit((ct: [A, A]) => t(ct))(ct), [
      [-1, -1, -1],
      [-1, 1],
    ]);
    expectClose(vmap((c: A) => t([c, f32(0)])[1])(m.get(":", ":2")), [
      [-1, -2],
      [-4, -5],
    ]);
    // It is linear itself.
    expectClose(linearTranspose((c: A) => t([c, f32(0)])[0], jnp.zeros([2]))(x.add(1))[0], [6, 15]);
  });
  test("types only: structs, numbers, trees; arguments that are not used", () => {
    const struct = new ShapeDtypeStruct([3], "float32");
    const t = linearTranspose((p: { a: A; b: A }) => p.a.mul(2), { a: struct, b: struct } as unknown as {
      a: A;
      b: A;
    });
    expectClose(t(jnp.ones([3])), [{ a: [2, 2, 2], b: [0, 0, 0] }]);
    expectClose(linearTranspose((x: A) => x.mul(0.5), 1)(3), [1.5]);
  });
  test("the function runs once", () => {
    const f = counted((x: A) => x.mul(3));
    const t = linearTranspose(f as (x: A) => A, f32(0));
    expectClose([t(1), t(2)], [[3], [6]]);
    expect(f.count()).toBe(1);
  });
  test("integers", () => {
    const t = linearTranspose((x: A) => x.add(x), jnp.int32([0, 0]));
    expectClose(t(jnp.int32([1, 2])), [[2, 4]]);
  });
  test("errors", () => {
    const t = linearTranspose((x: A) => x.mul(2), jnp.zeros([2]));
    expect(errorOf(() => t([jnp.ones([2])])).message).toMatch(/cotangent tree does not match/);
    expect(errorOf(() => t(jnp.ones([3]))).message).toMatch(/cotangent type.*float32\[2\].*float32\[3\]/);
    expect(errorOf(() => linearTranspose((x: A) => x.astype("int32"), f32(0))).message).toMatch(
      /linear_transpose only supports.*float32.*int32/,
    );
    expect(errorOf(() => linearTranspose(jnp.sin, f32(0))(1))).toBeInstanceOf(TypeError);
    expect(() => linearTranspose(3 as never)).toThrow(/callable/);
  });
});

describe("closureConvert", () => {
  /** The minimum of a function by its Newton iteration, differentiated implicitly. */
  const minimizer = customVjp(
    (f: (x: A, ...c: A[]) => A, x: A, ...c: A[]) => {
      for (let i = 0; i < 8; i++) {
        const slope = (v: A) => grad((u: A) => f(u, ...c))(v);
        x = x.sub(slope(x).div(grad(slope)(x)));
      }
      return x;
    },
    { nondiffArgnums: 0 },
  );
  minimizer.defvjp(
    (f: (x: A, ...c: A[]) => A, x: A, ...c: A[]) => {
      const y = minimizer(f, x, ...c);
      return [y, [y, c]];
    },
    (f: (x: A, ...c: A[]) => A, [y, c]: [A, A[]], ct: A) => {
      const slope = (v: A, ...d: A[]) => grad((u: A) => f(u, ...d))(v);
      const scaled = ct.div(grad(slope)(y, ...c)).neg();
      return [null, ...vjp((...d: A[]) => slope(y, ...d), ...c)[1](scaled)];
    },
  );

  test("derivatives with respect to what a function closes over", () => {
    // The minimum of (x - a)^4 / 4 + x^2 b / 2 + ... is smooth in a and b.
    const solution = (a: A, b: A) => {
      const f = (x: A) => jnp.exp(x).sub(x.mul(a)).add(x.mul(x).mul(b).mul(0.5));
      const [converted, values] = closureConvert(f, f32(0));
      return minimizer(converted as (x: A) => A, f32(0), ...values);
    };
    // e^x + b x = a
    const x = solution(f32(2), f32(0.5)).item() as number;
    expect(Math.exp(x) + 0.5 * x).toBeCloseTo(2, 5);
    const curvature = Math.exp(x) + 0.5;
    expectClose(grad(solution, [0, 1])(f32(2), f32(0.5)), [1 / curvature, -x / curvature], 1e-4);
    expectClose(jit(grad(solution))(f32(2), f32(0.5)), 1 / curvature, 1e-4);
  });

  test("concrete values and integers stay in the closure", () => {
    const w = jnp.array([1, 2]);
    const [f, values] = closureConvert((x: A) => x.mul(w), jnp.zeros([2]));
    expect(values).toEqual([]);
    expectClose(f(jnp.ones([2])), [1, 2]);
    vmap((n: A, z: A) => {
      expect(closureConvert((x: A) => x.mul(n).mul(z), f32(0))[1]).toHaveLength(0);
      return n;
    })(jnp.int32([1, 2]), jnp.ones([2]));
    grad((z: A) => {
      const [g, hoisted] = closureConvert((x: A) => x.mul(z), f32(0));
      expect(hoisted).toHaveLength(1);
      expect(errorOf(() => g([f32(1)], ...hoisted)).message).toMatch(/Pytree structure.*example arguments/s);
      expect(errorOf(() => g()).message).toMatch(/1 values that were hoisted/);
      return z;
    })(f32(1));
  });
});
