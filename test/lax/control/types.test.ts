import { jnp, lax, type NDArray } from "fluxion";
import { describe, expect, expectTypeOf, test } from "vitest";

type A = NDArray;

describe("static types of loops and branches", () => {
  test("results have the types of the carry and of what the body returns", () => {
    const scanned = lax.scan((c: { n: A }, x: A) => [c, [x, c.n]], { n: 0 }, jnp.ones([2]));
    expectTypeOf(scanned).toEqualTypeOf<[{ n: A }, A[]]>();
    const looped = lax.whileLoop(
      ([n]: [A, A]) => n.lt(3),
      ([n, x]: [A, A]) => [n.add(1), x],
      [0, 1],
    );
    expectTypeOf(looped).toEqualTypeOf<[A, A]>();
    expectTypeOf(lax.foriLoop(0, 3, (i, c: A) => c.add(i), 0)).toEqualTypeOf<A>();
    const chosen = lax.cond(
      true,
      (x: A) => ({ y: x }),
      (x: A) => ({ y: x.neg() }),
      1,
    );
    expectTypeOf(chosen).toEqualTypeOf<{ y: A }>();
    expectTypeOf(lax.map((x: A) => ({ x }), jnp.ones([2]))).toEqualTypeOf<{ x: A }>();
  });

  test("bodies may leave out parameters that they do not use", () => {
    const xs = jnp.ones([3]);
    expect(String(lax.scan((c: A) => [c.add(1), null], 0, xs)[0])).toBe("3");
    expect(String(lax.foriLoop(0, 3, () => jnp.float32(2), 1))).toBe("2.0");
    expect(String(lax.foriLoop(0, 3, (i) => i.add(1), 0))).toBe("3");
    expect(
      String(
        lax.whileLoop(
          (c) => c.lt(3),
          () => jnp.int32(7),
          0,
        ),
      ),
    ).toBe("7");
  });

  test("carries of another structure are rejected", () => {
    // @ts-expect-error the carry has no field m
    expect(() => lax.scan((c: { n: A }) => [{ n: c.n.add(1) }, null], { m: 0 }, null, 2)).toThrow();
    // @ts-expect-error the value is one array
    expect(() => lax.foriLoop(0, 2, (_i, c: A) => c.add(1), [1, 2])).toThrow();
  });
});
