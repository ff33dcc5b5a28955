// Callbacks of compiled programs: what they may do, and that nothing else suffers from it.

import {
  config,
  debug,
  grad,
  ioCallback,
  JaxRuntimeError,
  jit,
  jnp,
  lax,
  type NDArray,
  pureCallback,
  random,
  ShapeDtypeStruct,
} from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { deviceMemory } from "../../src/backends/wasm/device.ts";
import { errorOf, having, printed } from "./helpers.ts";

type A = NDArray;
const x = jnp.array([1, 2, 3]);
const like = (shape: number[], dtype: "float32" | "int32" | "bfloat16" | "bool" = "float32") =>
  new ShapeDtypeStruct(shape, dtype);
afterEach(() => {
  config.update("evaluator", "wasm");
  config.update("debugLevel", 0);
});

describe("values", () => {
  test("arguments are arrays of every dtype, in the structure that was passed; other leaves are what they are", () => {
    const seen: unknown[] = [];
    const args = {
      f: jnp.array([1.5, 2]),
      h: jnp.array([1.5], { dtype: "bfloat16" }),
      i: jnp.int8([-1, 2]),
      b: jnp.array([true, false]),
      d: jnp.array([0.1], { dtype: "float64" }),
      none: jnp.zeros([0, 2]),
    };
    jit((t: typeof args) =>
      having(
        debug.callback((...got: unknown[]) => void seen.push(got), t, "name", [3]),
        0,
      ),
    )(args);
    const [[got, name, list]] = seen as [[typeof args, string, A[]]];
    expect(String(got.f)).toBe("[1.5 2. ]");
    expect(`${got.h.dtype} ${got.h}`).toBe("bfloat16 [1.5]");
    expect(got.i.tolist()).toEqual([-1, 2]);
    expect(got.b.tolist()).toEqual([true, false]);
    expect(got.d.tolist()).toEqual([0.1]);
    expect(got.none.shape).toEqual([0, 2]);
    expect(name).toBe("name");
    expect(list[0].item()).toBe(3);
    expect(list[0].weakType).toBe(false);
  });

  test("complex numbers and 64-bit integers", () => {
    const z = lax.complex(jnp.array([1, 2]), jnp.array([0.5, -1]));
    const f = jit((c: A) => pureCallback((y: A) => y.mul(3), c, c.add(1)).add(1));
    expect(String(f(z))).toBe("[ 7.+1.5j 10.-3.j ]");
    const i = jnp.array([1n, -(2n ** 40n)], { dtype: "int64" });
    const g = jit((n: A) => pureCallback((y: A) => y.sub(1), n, n.add(1)));
    expect(g(i).tolist()).toEqual(i.tolist());
  });

  test("keys", () => {
    const seen: A[] = [];
    jit((k: A) =>
      having(
        debug.callback((key: A) => void seen.push(key), k),
        0,
      ),
    )(random.key(3));
    expect(random.keyData(seen[0]).tolist()).toEqual(random.keyData(random.key(3)).tolist());
  });

  test("results are trees of arrays, typed arrays and numbers", () => {
    const spec = { a: like([2]), b: [like([], "int32"), like([], "bool")], c: like([1], "bfloat16") };
    const make = (y: A) => ({
      a: new Float32Array([1, 2]),
      b: [Number(y), true],
      c: jnp.ones(1, "bfloat16"),
    });
    const f = (y: A) => pureCallback<{ a: A; b: A[]; c: A }>(make, spec, y);
    for (const out of [f(jnp.int32(5)), jit(f)(jnp.int32(5))]) {
      expect(out.a.tolist()).toEqual([1, 2]);
      expect(out.b.map((y) => `${y.dtype} ${y}`)).toEqual(["int32 5", "bool True"]);
      expect(`${out.c.dtype} ${out.c}`).toBe("bfloat16 [1]");
    }
  });

  test("the reference evaluator calls, too", () => {
    config.update("evaluator", "reference");
    expect(jit((y: A) => pureCallback((z: A) => z.mul(2), y, y).add(1))(x).tolist()).toEqual([3, 5, 7]);
    expect(printed(() => jit((y: A) => having(debug.print("{}", y), y))(x))).toEqual(["[1. 2. 3.]"]);
  });

  test("programs that are timed call, too", () => {
    const reports: string[] = [];
    const writer = config.debugWriter;
    config.update("debugLevel", 2);
    config.update("debugWriter", (text) => void reports.push(text));
    try {
      expect(jit((y: A) => pureCallback((z: A) => z.mul(2), y, y.add(1)).add(1))(x).tolist()).toEqual([
        5, 7, 9,
      ]);
    } finally {
      config.update("debugWriter", writer);
    }
    expect(reports.join("\n")).toMatch(/pure_callback/);
  });
});

describe("programs inside programs", () => {
  const inner = jit((y: A) => jnp.sin(y).sum());

  test("a callback runs jitted functions, the one that called it among them", () => {
    const factorial = jit(
      (n: A): A =>
        lax.cond(
          n.lt(2),
          () => jnp.float32(1),
          () => pureCallback((m: A) => factorial(m.sub(1)).mul(m), like([]), n),
        ),
    );
    expect(factorial(jnp.float32(6)).item()).toBe(720);
  });

  test("the temporaries of the program that calls are intact afterwards", () => {
    const f = jit((y: A) => {
      const big = jnp.cumsum(y); // stored, and read after the call
      const called = pureCallback(
        (z: A) => inner(jnp.sort(z.mul(-1))).add(jnp.cumsum(z).get(-1)),
        like([]),
        big,
      );
      return [big.sum(), called, jnp.sort(big).sum()];
    });
    const y = jnp.ones(5000);
    const [sum, called, sorted] = f(y);
    const expected = jnp.cumsum(y);
    expect(sum.item()).toBe(expected.sum().item());
    expect(sorted.item()).toBe(expected.sum().item());
    expect(called.item()).toBeCloseTo(
      inner(jnp.sort(expected.mul(-1)))
        .add(jnp.cumsum(expected).get(-1))
        .item() as number,
      0,
    );
  });

  test("grad and tracing inside a callback are on their own", () => {
    const g = jit((y: A) => pureCallback((z: A) => grad((w: A) => w.mul(w).sum())(z), y, y));
    expect(g(x).tolist()).toEqual([2, 4, 6]);
    // While an outer function is traced, eager operations on concrete arrays still call.
    const traced = jit((y: A) => y.add(pureCallback((z: A) => z.mul(2), x, x)));
    expect(traced(x).tolist()).toEqual([3, 6, 9]);
  });

  test("memory of the program that calls is not given away by what a callback deletes or donates", () => {
    const y = jnp.arange(4096, { dtype: "float32" });
    const donating = jit((z: A) => z.mul(0), { donateArgnums: 0 });
    const spoil = (z: A): A => {
      y.delete();
      const junk = Array.from({ length: 8 }, () => jnp.full([4096], -1));
      return z.add(junk.length - 8);
    };
    const f = jit((a: A) => pureCallback(spoil, like([]), jnp.sum(a.get(0))).add(jnp.sum(a)));
    expect(f(y).item()).toBe((4096 * 4095) / 2);
    const w = jnp.ones(4096);
    const g = jit((a: A) =>
      ioCallback((z: A) => having(donating(w), z), like([]), jnp.float32(1)).add(jnp.sum(a)),
    );
    expect(g(w).item()).toBe(4097);
    expect(w.isDeleted()).toBe(true);
  });

  test("a loop that calls often with large arrays leaves nothing on the device", () => {
    const step = (c: A) => {
      debug.callback((z: A) => void z.get(0), c);
      return c.add(1);
    };
    const f = jit((c: A) => lax.foriLoop(0, 800, (_: A, z: A) => step(z), c));
    deviceMemory.evictAll();
    expect(
      f(jnp.zeros(1 << 18))
        .get(5)
        .item(),
    ).toBe(800);
    // Programs before may have raised the limit; 2 MiB for what the last step holds.
    const { residentBytes, softLimit } = deviceMemory.statistics;
    expect(residentBytes).toBeLessThanOrEqual(softLimit + (2 << 20));
  });
});

describe("order", () => {
  test("effects keep the order of the program among fused, blocked and reordered kernels", () => {
    const f = (q: A, k: A, v: A) => {
      debug.print("start {}", q.shape[0]);
      const scores = jnp.matmul(q, k.T);
      debug.print("scores {:.1f}", scores.sum());
      const e = jnp.exp(scores.sub(scores.max(-1, { keepdims: true })));
      debug.print("middle");
      const p = e.div(e.sum(-1, { keepdims: true }));
      lax.scan((c: A, y: A) => [having(debug.print("step {}", c), c.add(y)), null], 0, jnp.array([1, 1]));
      const out = jnp.matmul(p, v);
      debug.print("out {:.1f}", out.sum());
      return out;
    };
    const ones = jnp.ones([1200, 8]);
    const lines = ["start 1200", "scores 11520000.0", "middle", "step 0.0", "step 1.0", "out 9600.0"];
    expect(printed(() => f(ones, ones, ones))).toEqual(lines);
    expect(printed(() => jit(f)(ones, ones, ones))).toEqual(lines);
  });

  test("random programs with calls in between give the same lines and values, compiled and not", () => {
    let seed = 12345;
    const next = (n: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >> 8) % n;
    };
    for (let round = 0; round < 12; round++) {
      const plan = Array.from({ length: 14 }, () => [next(7), next(1000), next(1000)]);
      const f = (a: A) => {
        const values = [a];
        plan.forEach(([kind, i, j], line) => {
          const u = values[i % values.length];
          const v = values[j % values.length];
          if (kind === 0) debug.print(`${line} {}`, u.sum());
          else if (kind === 1) ioCallback((z: A) => console.log(`${line} io ${z.get(0)}`), null, v);
          else if (kind === 2) values.push(pureCallback((z: A) => z.mul(0.5), v, v));
          else if (kind === 3) values.push(jnp.cumsum(u).mul(0.25));
          else if (kind === 4) values.push(u.add(v.max()));
          else if (kind === 5)
            values.push(
              lax.foriLoop(0, 2, (k: A, c: A) => having(debug.print(`${line} loop {}`, k), c.sub(0.5)), u),
            );
          else
            values.push(
              lax.cond(
                u.get(0).gt(1),
                (c: A) => having(debug.print(`${line} true`), c.neg()),
                (c: A) => c,
                v,
              ),
            );
        });
        return values[values.length - 1];
      };
      const results: unknown[] = [];
      const run = (g: (a: A) => A) => printed(() => void results.push(g(jnp.array([0.5, 1, 2])).tolist()));
      const lines = run(f);
      expect(run(jit(f))).toEqual(lines);
      expect(results[1]).toEqual(results[0]);
    }
  });
});

describe("errors", () => {
  const boom = () => {
    throw new RangeError("boom");
  };

  test.each([
    ["debug.callback", (y: A) => having(debug.callback(boom, y), y)],
    ["pureCallback", (y: A) => pureCallback(boom, y, y)],
    ["ioCallback", (y: A) => ioCallback(boom, y, y)],
  ])("what %s throws is the cause", (name, f) => {
    const inLoop = (y: A) => lax.foriLoop(0, 3, (_: A, c: A) => f(c), y);
    for (const g of [f, jit(f), jit(inLoop)]) {
      const error = errorOf(() => g(x));
      expect(error).toBeInstanceOf(JaxRuntimeError);
      expect(error.message).toBe(
        `INTERNAL: CpuCallback error calling callback: RangeError: boom (in ${name})`,
      );
      expect(error.cause).toBeInstanceOf(RangeError);
    }
  });

  test("results that are not as announced", () => {
    const cause = (f: (y: A) => unknown) =>
      (errorOf(() => jit((y: A) => pureCallback(f, y, y))(x)).cause as Error).message;
    expect(cause(() => jnp.zeros(2))).toBe(
      "Incorrect output shape for return value #0: Expected: (3,), Actual: (2,)",
    );
    expect(cause(() => jnp.zeros(3, "int32"))).toBe(
      "Incorrect output dtype for return value #0: Expected: float32, Actual: int32",
    );
    expect(cause((y) => [y, y])).toBe("Mismatched number of outputs from callback. Expected: 1, Actual: 2");
    expect(cause(() => undefined)).toBe("Mismatched number of outputs from callback. Expected: 1, Actual: 0");
    expect(cause(async (y) => y)).toMatch(/returned a Promise/);
    expect(cause(() => "text")).toMatch(/type string, which is not a valid JAX type/);
    expect(cause(() => 1)).toMatch(/Incorrect output shape/);
  });

  test("wrong uses", () => {
    expect(errorOf(() => debug.callback(3 as never, x)).message).toMatch(
      /first argument to debug.callback must be callable/,
    );
    expect(errorOf(() => pureCallback(3 as never, x, x)).message).toMatch(/callback must be a function/);
    expect(errorOf(() => pureCallback(boom, 3, x)).message).toMatch(
      /tree of ShapeDtypeStructs, got a leaf of type number/,
    );
    expect(errorOf(() => pureCallback(boom, x, "s")).message).toMatch(/not a valid JAX type/);
  });

  test("memory is intact: arrays keep their values, programs run again, donated arguments are gone", () => {
    let fails = true;
    const f = jit(
      (a: A, b: A) => {
        const c = jnp.cumsum(a);
        const d = ioCallback((z: A) => (fails ? boom() : z), c, c);
        return [d.add(b), a.add(1)];
      },
      { donateArgnums: 0 },
    );
    const b = jnp.arange(1000, { dtype: "float32" });
    const before = deviceMemory.statistics.residentBytes;
    for (let i = 0; i < 5; i++) {
      const a = jnp.ones(1000);
      errorOf(() => f(a, b));
      expect(a.isDeleted()).toBe(true);
    }
    expect(deviceMemory.statistics.residentBytes - before).toBeLessThan(4096);
    fails = false;
    const [first, second] = f(jnp.ones(1000), b);
    expect(first.get(999).item()).toBe(1999);
    expect(second.get(0).item()).toBe(2);
    expect(b.get(7).item()).toBe(7);
  });

  test("an error inside an inner program travels through both", () => {
    const inner = jit((y: A) => having(debug.callback(boom, y), y));
    const outer = jit((y: A) => pureCallback((z: A) => inner(z), y, y));
    const error = errorOf(() => outer(x));
    expect(error).toBeInstanceOf(JaxRuntimeError);
    expect(error.cause).toBeInstanceOf(JaxRuntimeError);
    expect((error.cause as Error).cause).toBeInstanceOf(RangeError);
    expect(jit((y: A) => jnp.cumsum(y))(x).tolist()).toEqual([1, 3, 6]);
  });
});
