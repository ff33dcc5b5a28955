import { clearCaches, config, grad, jit, jnp, lax, type NDArray } from "fluxion";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CodeCache } from "../../src/backends/wasm/codeCache.ts";
import type { LoadedCode } from "../../src/backends/wasm/loadedCode.ts";

/** How many modules the engine is given while `f` runs. */
function modulesMade(f: () => void): number {
  const made = vi.spyOn(WebAssembly, "Module");
  try {
    f();
    return made.mock.calls.length;
  } finally {
    made.mockRestore();
  }
}

afterEach(() => {
  config.update("enableChecks", false);
});

describe("equal programs share code", () => {
  const x = jnp.array([1, 2, 3]);
  const loss = (x: NDArray) => jnp.sin(x).mul(2).sum();

  test("however often they are traced", () => {
    clearCaches();
    expect(modulesMade(() => void jit(grad(loss))(x))).toBe(1);
    expect(modulesMade(() => void jit(grad(loss))(x))).toBe(0);
    expect(modulesMade(() => void jit((y: NDArray) => grad(loss)(y))(jnp.array([4, 5, 6])))).toBe(0);
    clearCaches();
    expect(modulesMade(() => void jit(grad(loss))(x))).toBe(1);
  });

  test("but not their constants", () => {
    const scaled = (w: NDArray) => jit((x: NDArray) => x.mul(w).add(w));
    const [a, b] = [jnp.array([1, 10, 100]), jnp.array([2, 3, 4])];
    const [f, g] = [scaled(a), scaled(b)];
    expect(f(x).tolist()).toEqual([2, 30, 400]);
    expect(modulesMade(() => expect(g(x).tolist()).toEqual([4, 9, 16]))).toBe(0);
    expect(f(x).tolist()).toEqual([2, 30, 400]);
  });

  test("while checks are on every program is compiled", () => {
    jit(loss)(x);
    config.update("enableChecks", true);
    expect(modulesMade(() => void jit(loss)(x))).toBe(1);
  });
});

describe("programs that differ do not share code", () => {
  const x = jnp.array([1, -2, 3]);
  const n = jnp.int32([7, -8, 9]);
  const w = jnp.array([10, 20, 30]);
  const pairs: Record<string, [(x: NDArray, n: NDArray) => NDArray | NDArray[], unknown][]> = {
    literals: [
      [(x) => x.mul(2), [2, -4, 6]],
      [(x) => x.mul(3), [3, -6, 9]],
    ],
    "signs of zero": [
      [(x) => lax.div(jnp.onesLike(x), lax.mul(jnp.abs(x), 0)), [Infinity, Infinity, Infinity]],
      [(x) => lax.div(jnp.onesLike(x), lax.mul(jnp.abs(x), -0)), [-Infinity, -Infinity, -Infinity]],
    ],
    parameters: [
      [(x) => jnp.roll(x, 1), [3, 1, -2]],
      [(x) => jnp.roll(x, 2), [-2, 3, 1]],
    ],
    "order of operands": [
      [(x) => x.sub(w), [-9, -22, -27]],
      [(x) => w.sub(x), [9, 22, 27]],
    ],
    "order of results": [
      [
        (x) => [x.add(1), x.mul(2)],
        [
          [2, -1, 4],
          [2, -4, 6],
        ],
      ],
      [
        (x) => [x.mul(2), x.add(1)],
        [
          [2, -4, 6],
          [2, -1, 4],
        ],
      ],
    ],
    dtypes: [
      [(x) => x.astype("int32").floorDiv(2), [0, -1, 1]],
      [(x) => x.floorDiv(2), [0, -1, 1]],
      [(_, n) => n.astype("uint8"), [7, 248, 9]],
      [(_, n) => n.astype("bool"), [true, true, true]],
    ],
    "repeated arguments": [
      [(x, n) => x.add(n), [8, -10, 12]],
      [(x) => x.add(x), [2, -4, 6]],
    ],
  };
  for (const [name, programs] of Object.entries(pairs)) {
    test(name, () => {
      for (let round = 0; round < 2; round++) {
        for (const [f, expected] of programs) {
          const out = jit(f)(x, n);
          expect(Array.isArray(out) ? out.map((y) => y.tolist()) : out.tolist()).toEqual(expected);
        }
      }
    });
  }

  test("donation", () => {
    const f = (x: NDArray) => x.add(1);
    const kept = jnp.array([1, 2]);
    jit(f)(kept);
    const given = jnp.array([1, 2]);
    expect(jit(f, { donateArgnums: 0 })(given).tolist()).toEqual([2, 3]);
    expect(() => given.tolist()).toThrow(/deleted/);
    expect(kept.tolist()).toEqual([1, 2]);
  });
});

describe("the cache", () => {
  const code = (codeBytes: number) => ({ codeBytes }) as LoadedCode;

  test("forgets what was used longest ago", () => {
    const cache = new CodeCache();
    const megabytes = 12 << 20;
    let made = 0;
    const make = () => {
      made++;
      return code(megabytes);
    };
    cache.get("a", make);
    cache.get("b", make);
    cache.get("a", make);
    cache.get("c", make);
    expect(made).toBe(3);
    cache.get("a", make);
    cache.get("c", make);
    expect(made).toBe(3);
    cache.get("b", make);
    expect(made).toBe(4);
  });

  test("does not give all its room to one program", () => {
    const cache = new CodeCache();
    const small = cache.get("small", () => code(1000));
    const large = code(1 << 30);
    expect(cache.get("large", () => large)).toBe(large);
    expect(cache.get("small", () => code(1000))).toBe(small);
  });
});
