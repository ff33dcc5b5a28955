// What config.debugLevel reports, and profiles of compiled functions.

import { config, grad, jit, jnp, type NDArray, ValueError, vmap } from "fluxion";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectClose, f32 } from "./helpers.ts";

const { debugLevel, debugWriter } = config;
let reports: string[] = [];
beforeEach(() => {
  reports = [];
  config.update("debugWriter", (text) => reports.push(text));
});
afterEach(() => {
  config.update("debugLevel", debugLevel);
  config.update("debugWriter", debugWriter);
  config.update("evaluator", "wasm");
});

/** The reports since the last call. */
const taken = (): string[] => reports.splice(0);
/** Without the numbers that differ from run to run. */
const steady = (text: string): string => text.replaceAll(/\d+\.\d+ ms|\b\d+\.\d+\b/g, "#");

describe("level 0", () => {
  test("reports nothing", () => {
    config.update("debugLevel", 0);
    expectClose(jit((x: NDArray) => x.add(1))(f32(1)), 2);
    expect(taken()).toEqual([]);
  });
  test("is the default, and other levels than 0 to 5 are refused", () => {
    expect(debugLevel).toBe(0);
    expect(() => config.update("debugLevel", 6)).toThrow(ValueError);
    expect(() => config.update("debugLevel", 1.5)).toThrow(/one of 0, 1, 2, 3, 4, 5/);
    expect(() => config.update("debugWriter", "stderr" as never)).toThrow(/must be a function/);
  });
});

describe("level 1", () => {
  test("names each program that is compiled, what it is made of and why", () => {
    config.update("debugLevel", 1);
    const f = jit(function scale(x: NDArray) {
      return x.mul(2).add(1).sum();
    });
    f(jnp.ones(3));
    const first = taken().filter((line) => line.includes("scale"));
    expect(first).toHaveLength(1);
    expect(first[0]).toMatch(
      /^compiled scale: \d+ equations, 1 kernel, \d+ B in \d+\.\d ms \(tracing .*, lowering .*, code .*, engine .*\): first call$/,
    );
    f(jnp.ones(3));
    expect(taken().filter((line) => line.includes("scale"))).toEqual([]);
  });

  test("says which argument made it compile again", () => {
    config.update("debugLevel", 1);
    const f = jit(function g(p: { w: NDArray; b: NDArray }, x: NDArray) {
      return x.matmul(p.w).add(p.b);
    });
    const p = { w: jnp.ones([3, 2]), b: jnp.ones(2) };
    f(p, jnp.ones([4, 3]));
    taken();
    f(p, jnp.ones([5, 3]));
    const [line] = taken().filter((text) => text.startsWith("compiled g:"));
    expect(line).toMatch(/: new argument types: arguments\[1\] is float32\[5,3\] and was float32\[4,3\]$/);
    f({ ...p, b: jnp.array(new Int32Array(2)) }, jnp.ones([5, 3]));
    expect(taken().at(-1)).toMatch(/arguments\[0\]\['b'\] is int32\[2\] and was float32\[2\]$/);
    (f as unknown as (...args: unknown[]) => unknown)({ ...p, c: 1 }, jnp.ones([5, 3]));
    expect(taken().at(-1)).toMatch(/: arguments of a new tree structure$/);
  });

  test("says that a static argument is new, and that a weak type is", () => {
    config.update("debugLevel", 1);
    const f = jit((x: NDArray, n: number) => x.mul(n), { staticArgnums: 1, name: "times" });
    const x = jnp.ones(2);
    f(x, 2);
    f(x, 3);
    f(2 as unknown as NDArray, 3);
    const lines = taken().filter((text) => text.startsWith("compiled times:"));
    expect(lines.map((text) => text.replace(/^.*?ms \(.*?\): /, ""))).toEqual([
      "first call",
      "new static arguments: argument 1 is 3 and was 2",
      "new argument types: arguments[0] is int32[] (weakly typed) and was float32[2]",
    ]);
  });

  test("eager operations are programs too", () => {
    config.update("debugLevel", 1);
    jnp.ones([3, 7]).mul(jnp.ones([3, 7]));
    expect(taken().some((text) => /^compiled mul: 1 equation, .*float32\[3,7\]/.test(text))).toBe(true);
  });
});

describe("level 2", () => {
  test("every call prints the times of its kernels", () => {
    config.update("debugLevel", 2);
    const x = jnp.ones([8, 8]);
    const f = jit((x: NDArray) => jnp.sin(x.matmul(x)).sum(), { name: "chain" });
    taken();
    f(x);
    expect(taken()[1]).toMatch(/^chain: \d/);
    f(x);
    const tables = taken();
    expect(tables).toHaveLength(1);
    const lines = tables[0].split("\n");
    expect(lines[0]).toMatch(/^chain: \d+\.\d+ ms, of which 2 kernels \d+\.\d+ ms$/);
    expect(lines[1].trim().split(/\s+/)).toEqual([
      "ms",
      "share",
      "GFLOP/s",
      "GB/s",
      "pieces",
      "threads",
      "scratch",
      "kernel",
    ]);
    expect(lines[2]).toMatch(/0 dot_general$/);
    expect(lines[3]).toMatch(/1 fused_sin_reduce_sum$/);
    expect(lines).toHaveLength(4);
  });

  test("a program of one kernel takes one line", () => {
    config.update("debugLevel", 2);
    const f = jit((x: NDArray) => x.add(1), { name: "inc" });
    const x = jnp.ones(4);
    f(x);
    expect(steady(taken().at(-1) as string)).toMatch(
      /^inc: #, of which 1 kernel #: add, [#-] GFLOP\/s, [#-] GB\/s$/,
    );
  });

  test("a program compiled before is compiled again to be timed, and gives the same results", () => {
    const f = jit((x: NDArray) => x.mul(3).sum(), { name: "early" });
    const x = jnp.arange(10);
    const before = f(x).item();
    config.update("debugLevel", 1);
    f(x);
    expect(taken()).toEqual([]);
    config.update("debugLevel", 2);
    expect(f(x).item()).toBe(before);
    const [compiled, table] = taken();
    expect(compiled).toMatch(/^compiled early: .*: compiled again: debugLevel was raised to 2$/);
    expect(table).toMatch(/^early: /);
    f(x);
    expect(taken()).toHaveLength(1);
    config.update("debugLevel", 0);
    expect(f(x).item()).toBe(before);
    expect(taken()).toEqual([]);
  });

  test("donation, derivatives and vmap work as ever", () => {
    config.update("debugLevel", 2);
    const f = jit((x: NDArray, y: NDArray) => x.add(y), { donateArgnums: 0 });
    const x = jnp.ones(5);
    expectClose(f(x, jnp.ones(5)), [2, 2, 2, 2, 2]);
    expect(() => x.add(1)).toThrow(/deleted/);
    expectClose(vmap(grad((x: NDArray) => x.pow(3)))(jnp.array([1, 2])), [3, 12]);
  });
});

describe("levels 3 to 5", () => {
  const chain = (x: NDArray) => jnp.exp(x.matmul(x)).sum(0);

  test("3 says what was chosen for each kernel, when a program is compiled", () => {
    config.update("debugLevel", 3);
    const x = jnp.ones([64, 64]);
    const f = jit(chain);
    taken();
    f(x);
    const [, choices, table, ...rest] = taken();
    expect(choices.split("\n")).toEqual([
      expect.stringMatching(/^kernel 0: dot_general: tiles of \d+ rows x \d+ vectors .*; \w+ pieces?\b/),
      expect.stringMatching(/^kernel 1: fused_exp_reduce_sum: i in 64 by \d x 4 lanes; in each j in 64/),
    ]);
    expect(table).toMatch(/^chain: /);
    expect(rest).toEqual([]);
  });

  test("4 shows the program after each pass", () => {
    config.update("debugLevel", 4);
    const f = jit((x: NDArray) => jnp.sin(x).add(jnp.sin(x)), { name: "twice" });
    const x = jnp.ones(5);
    taken();
    f(x);
    expect(taken()[2]).toBe(`== flattened
{ lambda ; a:f32[5]. let b:f32[5] = sin a; c:f32[5] = add b b in (c,) }
== dead code
(unchanged)
== groups after fusion
group 0: loop over 5: y1 from x0
== kernels
kernel 0: fused_sin_add for i in 5: v0 = sin(x0[i]); y1[i] = v0 + v0
== chunks and buffer plan
program twice: arena 0 bytes
  x0: f32[5] in argument 0
  y1: f32[5] in result 0
kernel 0: fused_sin_add for i in 5: v0 = sin(x0[i]); y1[i] = v0 + v0
return y1`);
  });

  test("5 prints the WebAssembly, with the calls of the clock", () => {
    config.update("debugLevel", 5);
    const x = jnp.ones(5);
    const f = jit((x: NDArray) => x.add(1), { name: "inc" });
    taken();
    f(x);
    const text = taken()[3];
    expect(text).toMatch(/^\(module/);
    expect(text).toMatch(/call \$mark/);
  });

  test("are stages of asText too, in which no clock is called", () => {
    const lowered = jit(chain).lower(jnp.ones([8, 8]));
    expect(lowered.asText("passes")).toMatch(/^== flattened\n{ lambda/);
    expect(lowered.asText("choices")).toMatch(/^kernel 0: dot_general: tiles/);
    expect(lowered.asText("wat")).not.toContain("mark");
    expect(() => lowered.asText("hlo" as never)).toThrow(
      /one of "jaxpr", "passes", "kernels", "choices", "wat"/,
    );
    expect(() => lowered.compile().asText("hlo" as never)).toThrow(ValueError);
    expect(taken()).toEqual([]);
  });
});

describe("profile", () => {
  test("gives rows with what was counted and measured", () => {
    const x = jnp.ones([32, 16]);
    const w = jnp.ones([16, 24]);
    const f = (x: NDArray, w: NDArray) => jnp.exp(x.matmul(w)).sum(0);
    const profile = jit(f).lower(x, w).compile().profile(x, w);
    expect(profile.name).toBe("f");
    expect(profile.calls).toBeGreaterThan(4);
    expect(profile.kernels.map((k) => k.name)).toEqual(["dot_general", "fused_exp_reduce_sum"]);
    const [dot, sum] = profile.kernels;
    expect(dot.flops).toBe(2 * 32 * 16 * 24);
    expect(dot.bytes).toBe(4 * (32 * 16 + 16 * 24 + 32 * 24));
    expect(sum.flops).toBe(2 * 32 * 24);
    expect(sum.bytes).toBe(4 * (32 * 24 + 24));
    const total = profile.kernels.reduce((t, k) => t + k.share, 0);
    expect(total).toBeCloseTo(1, 10);
    for (const k of profile.kernels) {
      expect(k.milliseconds).toBeGreaterThanOrEqual(0);
      expect(k.threads).toBeGreaterThanOrEqual(1);
      expect(k.pieces).toBeGreaterThanOrEqual(1);
      expect(k.choices).not.toBe("");
    }
    expect(profile.milliseconds).toBeGreaterThan(0);
    expect(String(profile).split("\n")).toHaveLength(4);
  });

  test("leaves donated arguments alone, and checks arguments", () => {
    const x = jnp.arange(6).astype("float32") as NDArray;
    const compiled = jit((x: NDArray) => x.mul(2), { donateArgnums: 0 })
      .lower(x)
      .compile();
    expect(compiled.profile(x).kernels).toHaveLength(1);
    expectClose(x, [0, 1, 2, 3, 4, 5]);
    expectClose(compiled.call(x) as NDArray, [0, 2, 4, 6, 8, 10]);
    expect(() => compiled.profile(jnp.ones(7))).toThrow(/compiled for float32\[6\]/);
  });

  test("of results that pass arguments through leaves them alone", () => {
    const x = jnp.ones(3);
    const compiled = jit((x: NDArray) => [x, x.add(1)])
      .lower(x)
      .compile();
    compiled.profile(x);
    expectClose(x, [1, 1, 1]);
  });

  test("of a program without kernels has no rows", () => {
    const x = jnp.ones(3);
    const profile = jit((x: NDArray) => x, { name: "same" })
      .lower(x)
      .compile()
      .profile(x);
    expect(profile.kernels).toEqual([]);
    expect(steady(String(profile))).toMatch(/^same: #, of which 0 kernels #/);
  });
});
