import { config, grad, jit, jnp, lax, type NDArray } from "fluxion";
import { afterEach, describe, expect, test, vi } from "vitest";
import { deviceMemory, pool } from "../../src/backends/wasm/device.ts";
import type { ArrayImpl } from "../../src/core/array.ts";
import type { JitOptions } from "../../src/transforms/jit.ts";

type F = (...args: NDArray[]) => NDArray | NDArray[];

/** What is planned for a call, and what the allocator sees of it. */
function planAndFact(f: F, options: JitOptions, args: NDArray[]) {
  const compiled = jit(f, options)
    .lower(...args)
    .compile();
  const scratch = vi.spyOn(deviceMemory, "scratch");
  const before = deviceMemory.statistics.residentBytes;
  compiled.call(...args);
  const own = deviceMemory.statistics.residentBytes - before;
  const temp = Math.max(0, ...scratch.mock.calls.map(([bytes]) => bytes));
  scratch.mockRestore();
  return { plan: compiled.memoryAnalysis(), own, temp };
}

const donate = { donateArgnums: 0 };
const square = () => jnp.ones([300, 300]);
const cases: Record<string, [F, JitOptions, () => NDArray[]]> = {
  "one loop": [(x) => jnp.sin(x).add(1), {}, () => [jnp.ones([1000])]],
  "several results": [(x) => [x.add(1), x.sum(), x.mul(2)], {}, () => [jnp.ones([1000])]],
  temporaries: [(x) => jnp.matmul(jnp.sin(x), jnp.cos(x)).sum(), {}, () => [square()]],
  gradients: [(x) => grad((x: NDArray) => jnp.tanh(x.matmul(x)).sum())(x), {}, () => [square()]],
  "scratch memory": [(x) => jnp.sort(x), {}, () => [jnp.ones([5000])]],
  threads: [(x) => jnp.matmul(x.T, x), {}, () => [jnp.ones([700, 701])]],
  donation: [(x) => x.mul(2), donate, () => [jnp.ones([1000])]],
  "an update in place": [(x) => x.at(3).set(1), donate, () => [jnp.ones([1000])]],
  "donation that does not help": [(x) => x.sum(), donate, () => [jnp.ones([1000])]],
  "an argument passed on": [(x, y) => [y, x.add(y)], {}, () => [jnp.ones([10]), jnp.ones([10])]],
  "a result given twice": [
    (x) => {
      const y = x.mul(3);
      return [y, y];
    },
    {},
    () => [jnp.ones([1000])],
  ],
  "nothing at all": [(x) => x, {}, () => [jnp.ones([10])]],
};

describe("what memoryAnalysis says is what a call takes", () => {
  afterEach(() => config.update("numThreads", "auto"));

  for (const [name, [f, options, args]] of Object.entries(cases)) {
    for (const threads of [1, 3]) {
      test(`${name}, ${threads} threads`, () => {
        config.update("numThreads", threads);
        const given = args();
        const size = given.reduce((n, x) => n + x.size * 4, 0);
        const { plan, own, temp } = planAndFact(f, options, given);
        expect(plan.argumentBytes).toBe(size);
        // Donated memory that no result takes is freed.
        const freed = options === donate && plan.aliasBytes === 0 ? size : 0;
        expect(own).toBe(plan.outputBytes - plan.aliasBytes - freed);
        expect(temp).toBe(pool === null && threads > 1 ? temp : plan.tempBytes);
        expect(plan.peakBytes).toBe(size + plan.outputBytes - plan.aliasBytes + plan.tempBytes);
      });
    }
  }
});

describe("updates copy nothing", () => {
  const place = (x: NDArray) => deviceMemory.touch((x as ArrayImpl).buffer as never);

  test("of donated arguments, one after the other", () => {
    const f = jit((x: NDArray, v: NDArray) => {
      let y = x.at(3).set(1).at(5).add(2).at(":", 7).mul(3);
      for (let i = 0; i < 3; i++) y = lax.dynamicUpdateSlice(y, v, [i, 0]);
      return y;
    }, donate);
    const x = jnp.ones([50, 40]);
    const v = jnp.zeros([1, 40]);
    const at = place(x);
    const plan = f.lower(x, v).compile().memoryAnalysis();
    expect([plan.aliasBytes, plan.tempBytes]).toEqual([8000, 0]);
    const y = f(x, v);
    expect(place(y)).toBe(at);
    expect(y.sum().item()).toBe(47 * 40 + 40 * 2 + 46 * 2 + 6);
  });

  test("of temporaries", () => {
    const f = jit((x: NDArray) => x.mul(2).at(0).set(1).at(1).set(0));
    const text = f
      .lower(jnp.ones([50, 40]))
      .compile()
      .asText("kernels");
    // All kernels write to the result.
    expect(text.match(/f32\[2000\] in result 0/g)).toHaveLength(3);
    expect(
      f(jnp.ones([50, 40]))
        .sum()
        .item(),
    ).toBe(48 * 40 * 2 + 40);
  });

  test("but of what is still needed", () => {
    const f = jit((x: NDArray) => [x.at(0).set(5), x], donate);
    const [y, x] = f(jnp.ones([4]));
    expect([y.tolist(), x.tolist()]).toEqual([
      [5, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    const self = jit((x: NDArray) => x.at("1:").set(x.get(":-1")), donate);
    expect(self(jnp.array([1, 2, 3, 4])).tolist()).toEqual([1, 1, 2, 3]);
  });
});
