// Debugging aids: checkPurity, debugNans, and configuration itself.

import { config, FloatingPointError, grad, jit, jnp, lax, RuntimeError, ValueError, vmap } from "fluxion";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

afterEach(() => {
  config.update("checkPurity", "off");
  config.update("debugNans", false);
  vi.restoreAllMocks();
});

describe("checkPurity", () => {
  test("names a literal that changed", () => {
    config.update("checkPurity", "error");
    let g = 0;
    const f = jit(function impure(x: A) {
      return x.add(g);
    });
    expectClose(f(f32(2)), 2);
    g = 10;
    const error = errorOf(() => f(f32(2)));
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error.message).toMatch(/impure is not pure/);
    expect(error.message).toMatch(/0 that became 10 .*add/);
    expect(error.message).toMatch(/argument.*return/);
  });

  test("names a literal among the results: the counter", () => {
    class Counter {
      n = 0;
      count(): number {
        return ++this.n;
      }
    }
    const counter = new Counter();
    const count = jit(() => counter.count());
    config.update("checkPurity", "error");
    expectClose(count(), 1);
    expect(() => count()).toThrow(/literal 1 that became 2/);
  });

  test("names a constant array that changed", () => {
    config.update("checkPurity", "error");
    let table = jnp.array([1, 2, 3]);
    const f = jit((x: A) => x.mul(table));
    f(f32(2));
    table = jnp.array([1, 5, 3]);
    expect(() => f(f32(2))).toThrow(/constant f32\[3\].*element 1.* 2 .*became 5/);
  });

  test("names an operation that changed", () => {
    config.update("checkPurity", "error");
    let first = true;
    const f = jit((x: A) => {
      const y = first ? jnp.sin(x) : jnp.cos(x);
      first = false;
      return y;
    });
    f(f32(2));
    const error = errorOf(() => f(f32(2)));
    expect(error.message).toMatch(/sin/);
    expect(error.message).toMatch(/cos/);
  });

  test("inside a nested jit", () => {
    config.update("checkPurity", "error");
    let scale = 2;
    const f = jit((x: A) => jit((y: A) => y.mul(scale))(x).add(1));
    f(f32(1));
    scale = 3;
    expect(() => f(f32(1))).toThrow(/2 that became 3 .*jit.*mul/);
  });

  test("warn prints once per call and goes on with the compiled program", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    config.update("checkPurity", "warn");
    let g = 0;
    const f = jit((x: A) => x.add(g));
    f(f32(2));
    g = 10;
    expectClose(f(f32(2)), 2);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0])).toMatch(/0 that became 10/);
  });

  test("pure functions pass, new arrays of equal values too", () => {
    config.update("checkPurity", "error");
    const f = counted((x: A) => x.mul(jnp.array([1, 2])).add(jnp.zeros([2])));
    const g = jit(f);
    g(f32(1));
    expectClose(g(f32(2)), [2, 4]);
    expect(f.count()).toBe(2);
    expectClose(grad((x: A) => jnp.sum(g(x)))(f32(1)), 3);
  });

  test("off does not trace again", () => {
    const f = counted((x: A) => x);
    const g = jit(f);
    g(f32(1));
    g(f32(1));
    expect(f.count()).toBe(1);
  });
});

describe("debugNans", () => {
  test("eager: the primitive", () => {
    config.update("debugNans", true);
    const error = errorOf(() => jnp.log(f32(-1)));
    expect(error).toBeInstanceOf(FloatingPointError);
    expect(error.message).toMatch(/nan.*log/);
    expect(() => jnp.divide(jnp.zeros([2]), 0)).toThrow(/div/);
    expectClose(jnp.log(f32(1)), 0);
    expectClose(jnp.divide(1, f32(0)), Number.POSITIVE_INFINITY);
  });

  test("jit: the primitive inside", () => {
    config.update("debugNans", true);
    const f = jit((x: A) => jnp.sqrt(x.sub(2)).mul(3).add(x));
    expectClose(f(f32(3)), 6);
    const error = errorOf(() => f(f32(1)));
    expect(error).toBeInstanceOf(FloatingPointError);
    expect(error.message).toMatch(/sqrt/);
  });

  test("jit in jit, grad, vmap", () => {
    config.update("debugNans", true);
    const f = jit((x: A) => jit((y: A) => jnp.log(y))(x.neg()));
    expect(() => f(f32(1))).toThrow(/log/);
    expect(() => grad((x: A) => jnp.sqrt(x).mul(0))(f32(0))).toThrow(FloatingPointError);
    expect(() => vmap((x: A) => jnp.log(x))(jnp.array([1, -1]))).toThrow(/log/);
    expect(() => jit(grad((x: A) => jnp.where(x.gt(0), jnp.sqrt(x), 0)))(f32(0))).toThrow(FloatingPointError);
  });

  test("a NaN given as data is found where it is used, integers are not looked at", () => {
    config.update("debugNans", true);
    const x = jnp.array([Number.NaN, 1]);
    expect(() => x.add(1)).toThrow(/add/);
    expectClose(jnp.isnan(x), [true, false]);
    expectClose(jnp.int32([1, 2]).add(1), [2, 3]);
  });

  test("with donated arguments", () => {
    config.update("debugNans", true);
    const f = jit((x: A) => jnp.log(x), { donateArgnums: 0 });
    expect(() => f(f32(-1))).toThrow(FloatingPointError);
  });

  test("off", () => {
    expectClose(jnp.log(f32(-1)), Number.NaN);
  });
});

describe("config", () => {
  test("unknown settings and values", () => {
    const error = errorOf(() => config.update("debugNan" as "debugNans", true));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(/debugNan.*debugNans/s);
    expect(() => config.update("checkPurity", "loud" as "warn")).toThrow(/"off", "warn", "error".*"loud"/);
    expect(() => config.update("debugNans", 1 as unknown as boolean)).toThrow(/true.*false.*1/);
    expect(() => config.update("toString" as "debugNans", true)).toThrow(ValueError);
  });
  test("can be read, not written", () => {
    expect(config.debugNans).toBe(false);
    config.update("debugNans", true);
    expect(config.debugNans).toBe(true);
    expect(() => {
      (config as { debugNans: boolean }).debugNans = false;
    }).toThrow(TypeError);
  });
  test("the reference evaluator gives the same results", () => {
    const f = jit((x: A) => jnp.sum(jnp.exp(x).mul(2)));
    const x = jnp.array([0.1, 0.2, 0.3]);
    const compiled = f(x).item() as number;
    config.update("evaluator", "reference");
    try {
      expectClose(f(x), compiled, 1e-6);
      expectClose(lax.exp(x), [0.1, 0.2, 0.3].map(Math.exp), 1e-6);
      expectClose(
        grad(f)(x),
        [0.1, 0.2, 0.3].map((v) => 2 * Math.exp(v)),
        1e-6,
      );
    } finally {
      config.update("evaluator", "wasm");
    }
  });
});
