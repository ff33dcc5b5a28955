// What cannot be done with a traced value: control flow, reading it, keeping it.

import { inspect } from "node:util";
import {
  ConcretizationTypeError,
  grad,
  jit,
  jnp,
  jvp,
  linearize,
  makeJaxpr,
  type NDArray,
  TracerArrayConversionError,
  TracerBoolConversionError,
  UnexpectedTracerError,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, errorOf, expectClose, f32 } from "./helpers.ts";

const js = (x: A): number => x as unknown as number;

describe("control flow on traced values", () => {
  const uses: [string, (x: A) => unknown][] = [
    ["Number(x)", (x) => Number(x)],
    ["x > 1", (x) => js(x) > 1],
    ["x + 1", (x) => js(x) + 1],
    ["-x", (x) => -js(x)],
    ["Math.sin(x)", (x) => Math.sin(js(x))],
    ["x <= 1", (x) => js(x) <= 1],
    ["item()", (x) => x.item()],
    ["comparison and item", (x) => (x.gt(0).item() ? x : x.neg())],
  ];
  test.each(uses)("%s under jit", (_name, use) => {
    const error = errorOf(() =>
      jit((x: A) => {
        use(x);
        return x;
      })(f32(1)),
    );
    expect(error).toBeInstanceOf(ConcretizationTypeError);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/float32\[\]|bool\[\]/);
    expect(error.message).toMatch(/tracing the function .* for jit/);
    expect(error.message).toMatch(/static|jnp\.where|methods/);
  });

  test("comparison operators raise the boolean error", () => {
    const error = errorOf(() => jit((x: A) => (js(x) > 1 ? x : x.neg()))(f32(1)));
    expect(error).toBeInstanceOf(TracerBoolConversionError);
    expect(error.message).toMatch(/jnp\.where|lax\.cond/);
  });

  test("reading elements", async () => {
    for (const read of [(x: A) => x.tolist(), (x: A) => x.dataSync()]) {
      const error = errorOf(() =>
        jit((x: A) => {
          read(x);
          return x;
        })(jnp.ones([2])),
      );
      expect(error instanceof TracerArrayConversionError || error instanceof ConcretizationTypeError).toBe(
        true,
      );
      expect(error.message).toMatch(/float32\[2\]/);
    }
    let pending: Promise<unknown> | undefined;
    jit((x: A) => {
      pending = x.data();
      pending.catch(() => undefined);
      return x;
    })(jnp.ones([2]));
    await expect(pending).rejects.toThrow(TypeError);
  });

  test("vmap too; grad and jvp know their values", () => {
    expect(() => vmap((x: A) => (js(x) > 1 ? x : x.neg()))(jnp.ones([2]))).toThrow(TracerBoolConversionError);
    const f = (x: A): A => (js(x) > 1 ? x.mul(2) : x.mul(3));
    expectClose(grad(f)(f32(2)), 2);
    expectClose(grad(f)(f32(0)), 3);
    expectClose(grad(grad((x: A) => (x.item() === 2 ? x.pow(3) : x)))(f32(2)), 12);
    expectClose(jvp(f, [f32(0)], [f32(1)])[1], 3);
    // Under jit grad has no values either.
    expect(() => jit(grad(f))(f32(2))).toThrow(TracerBoolConversionError);
    expect(() => grad(jit(f))(f32(2))).toThrow(TracerBoolConversionError);
  });

  test("shapes, axes and counts made from traced values", () => {
    for (const run of [
      () => jit((n: A) => jnp.zeros([js(n)]))(3),
      () => jit((n: A) => jnp.ones(js(n)))(3),
      () => jit((n: A) => jnp.reshape(jnp.ones([4]), [js(n), 2]))(2),
      () => jit((n: A) => jnp.sum(jnp.ones([2, 2]), js(n)))(0),
      () => jit((n: A) => jnp.arange(js(n)))(3),
      () => jit((n: A) => jnp.broadcastTo(jnp.ones([]), [js(n)]))(3),
    ]) {
      const error = errorOf(run);
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/static|concrete|known/i);
    }
  });

  test("what is known while tracing can be used", () => {
    const f = jit((x: A) => {
      expect(x.shape).toEqual([2, 3]);
      expect(x.ndim).toBe(2);
      expect(x.size).toBe(6);
      expect(x.length).toBe(2);
      expect(x.dtype.name).toBe("float32");
      expect(x.weakType).toBe(false);
      return x.div(x.shape[0] as number);
    });
    expectClose(f(jnp.ones([2, 3])), [
      [0.5, 0.5, 0.5],
      [0.5, 0.5, 0.5],
    ]);
  });

  test("tracers iterate and destructure", () => {
    const f = jit((x: A) => {
      const [a, b] = x;
      return (a as A).mul(b as A);
    });
    expectClose(
      f(
        jnp.array([
          [1, 2],
          [3, 4],
        ]),
      ),
      [3, 8],
    );
    expect(() => jit((x: A) => [...x])(f32(1))).toThrow(TypeError);
  });
});

describe("printing a tracer", () => {
  test("shows its type and kind", () => {
    const seen: string[] = [];
    const look = (x: A): A => {
      seen.push(String(x), inspect(x), `${x}`);
      return x;
    };
    jit(look)(jnp.ones([2]));
    vmap(look)(jnp.ones([2]));
    for (const text of seen) expect(text).toMatch(/float32\[/);
    expect(seen.some((text) => text.includes("1."))).toBe(false);
  });
});

describe("leaked tracers", () => {
  /** A function that lets an intermediate value escape. */
  const keeping =
    (keep: (x: A) => void, of: (x: A) => A = (x) => x.mul(2)) =>
    (x: A): A => {
      keep(of(x));
      return x;
    };
  const ways: [string, (keep: (x: A) => void) => unknown][] = [
    ["jit", (keep) => jit(keeping(keep))(f32(1))],
    ["an argument of jit", (keep) => jit(keeping(keep, (x) => x))(f32(1))],
    ["grad", (keep) => grad(keeping(keep))(f32(1))],
    ["vmap", (keep) => vmap(keeping(keep))(jnp.ones([2]))],
    ["jvp", (keep) => jvp(keeping(keep), [f32(1)], [f32(1)])],
    ["vjp", (keep) => vjp(keeping(keep), f32(1))],
    ["linearize", (keep) => linearize(keeping(keep), f32(1))],
    ["makeJaxpr", (keep) => makeJaxpr(keeping(keep))(f32(1))],
    ["grad of jit", (keep) => grad(jit(keeping(keep)))(f32(1))],
    ["vmap of grad", (keep) => vmap(grad(keeping(keep)))(jnp.ones([2]))],
  ];
  const uses: [string, (x: A) => unknown][] = [
    ["an operation", (x) => x.add(1)],
    ["two of them", (x) => x.mul(x)],
    ["jit", (x) => jit((y: A) => y.mul(2))(x)],
    ["a closure of jit", (x) => jit((y: A) => y.mul(x))(f32(1))],
    ["grad", (x) => grad((y: A) => jnp.sum(y))(x)],
    ["a closure of grad", (x) => grad((y: A) => jnp.sum(y.mul(x)))(f32(1))],
    ["vmap", (x) => vmap((y: A) => y.mul(2))(x.ndim === 0 ? jnp.stack([x, x]) : x)],
    ["a closure of vmap", (x) => vmap((y: A) => y.mul(x))(jnp.ones([2]))],
    ["a result of jit", (x) => jit(() => x)()],
    ["jnp.sum", (x) => jnp.sum(x)],
    ["where", (x) => jnp.where(true, x, 0)],
  ];
  describe.each(ways)("from %s", (_way, leak) => {
    test.each(uses)("used in %s", (_use, use) => {
      let kept: A | undefined;
      leak((x) => {
        kept = x;
      });
      const error = errorOf(() => use(kept as A));
      expect(error).toBeInstanceOf(UnexpectedTracerError);
      expect(error.message).toMatch(/escape|leaked/);
      expect(error.message).toMatch(/hasAux|return/);
    });
  });

  test("the message says where it was made", () => {
    let kept: A | undefined;
    jit(function forward(x: A) {
      kept = jnp.sin(x);
      return x;
    })(jnp.ones([3]));
    const error = errorOf(() => (kept as NDArray).add(1));
    expect(error.message).toMatch(/f32\[3\]|float32\[3\]/);
    expect(error.message).toMatch(/tracing the function forward for jit/);
  });

  test("reading one", () => {
    let kept: A | undefined;
    jit((x: A) => {
      kept = x;
      return x;
    })(f32(1));
    expect(() => (kept as A).item()).toThrow(TypeError);
    expect(() => (kept as A).tolist()).toThrow(TypeError);
  });

  test("from an inner to an outer transformation", () => {
    // The inner function has ended while the outer still runs.
    const f = (x: A): A => {
      let kept: A | undefined;
      grad((y: A) => {
        kept = y.mul(x);
        return y;
      })(x);
      return (kept as A).add(x);
    };
    expect(() => grad(f)(f32(1))).toThrow(UnexpectedTracerError);
    expect(() => jit(f)(f32(1))).toThrow(UnexpectedTracerError);
  });

  test("through an object's field, kept between two calls", () => {
    const model = { hidden: jnp.zeros([2]) };
    const step = jit((x: A) => {
      model.hidden = model.hidden.add(x);
      return model.hidden;
    });
    step(jnp.ones([2]));
    expect(() => step(jnp.ones([2]).astype("float64"))).toThrow(UnexpectedTracerError);
    expect(() => model.hidden.add(1)).toThrow(UnexpectedTracerError);
  });

  test("after a transformation that threw", () => {
    let kept: A | undefined;
    expect(() =>
      jit((x: A) => {
        kept = x;
        throw new Error("stop");
      })(f32(1)),
    ).toThrow("stop");
    expect(() => (kept as A).add(1)).toThrow(UnexpectedTracerError);
    expectClose(jnp.add(f32(1), 1), 2);
  });

  test("a function that returns a closure over its tracers", () => {
    const out = grad(
      (x: A) => {
        const later = (): A => x.mul(2);
        return [x, later()] as [A, A];
      },
      { hasAux: true },
    )(f32(3)) as unknown as [A, A];
    expectClose(out, [1, 6]);
  });
});
