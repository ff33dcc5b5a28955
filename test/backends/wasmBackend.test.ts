import { jit, jnp, lax, type NDArray } from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { deviceMemory } from "../../src/backends/wasm/device.ts";
import { LoadedProgram } from "../../src/backends/wasm/executable.ts";
import { loadCode } from "../../src/backends/wasm/loadedCode.ts";
import { NodeBuilder } from "../../src/compiler/nodes/builder.ts";
import type { ArrayImpl } from "../../src/core/array.ts";
import { shapedArray } from "../../src/core/aval.ts";
import { updateConfig } from "../../src/core/config.ts";
import { arrayFromHost } from "../../src/core/values.ts";
import { float32, int32 } from "../../src/dtypes/index.ts";
import { RuntimeError } from "../../src/errors.ts";
import { programOf } from "./randomKernels.ts";

afterEach(() => updateConfig("evaluator", "wasm"));

const list = (x: NDArray) => x.tolist();

describe("donation", () => {
  test("the result takes the argument's memory, and the argument is deleted", () => {
    const f = jit((x: NDArray, y: NDArray) => x.add(y), { donateArgnums: [0] });
    const x = jnp.array([1, 2, 3]);
    const y = jnp.array([10, 20, 30]);
    expect(list(f(x, y))).toEqual([11, 22, 33]);
    expect(() => x.tolist()).toThrow(/has been deleted/);
    expect(list(y)).toEqual([10, 20, 30]);
    expect(() => f(x, y)).toThrow(RuntimeError);
  });

  test("of an array whose memory another array shares copies it first", () => {
    const same = jit((v: NDArray) => [v, v.mul(2)] as const);
    const x = jnp.array([1, 2, 3]);
    const [alias] = same(x);
    const f = jit((v: NDArray, w: NDArray) => [v.add(1), w.add(v)] as const, { donateArgnums: [0] });
    const [a, b] = f(x, alias);
    expect(list(a)).toEqual([2, 3, 4]);
    expect(list(b)).toEqual([2, 4, 6]);
    expect(list(alias)).toEqual([1, 2, 3]);
    expect(() => x.tolist()).toThrow(/deleted/);
  });

  test("of an array that a closure holds leaves the closure's value alone during the call", () => {
    const c = jnp.array([1, 2, 3]);
    const f = jit((x: NDArray) => [x.mul(0), c.add(x)] as const, { donateArgnums: [0] });
    const [zeros, sum] = f(c);
    expect(list(zeros)).toEqual([0, 0, 0]);
    expect(list(sum)).toEqual([2, 4, 6]);
  });

  test("of an argument that is returned unchanged", () => {
    const f = jit((x: NDArray) => x, { donateArgnums: [0] });
    const x = jnp.array([1, 2]);
    const y = f(x);
    expect(list(y)).toEqual([1, 2]);
    expect(() => x.tolist()).toThrow(/deleted/);
  });
});

describe("results that pass through", () => {
  test("are arrays of their own: deleting one leaves the others", () => {
    const f = jit((x: NDArray) => [x, x, x.add(0)] as const);
    const x = jnp.array([1, 2]);
    const [a, b, c] = f(x);
    a.delete();
    expect(list(x)).toEqual([1, 2]);
    x.delete();
    expect(list(b)).toEqual([1, 2]);
    expect(list(c)).toEqual([1, 2]);
  });

  test("a computed value that is returned twice", () => {
    const f = jit((x: NDArray) => {
      const y = x.add(1);
      return [y, y] as const;
    });
    const [a, b] = f(jnp.array([1, 2]));
    a.delete();
    expect(list(b)).toEqual([2, 3]);
  });

  test("constants", () => {
    const c = jnp.array([5, 6]);
    const f = jit((x: NDArray) => [c, x.add(c)] as const);
    const [a] = f(jnp.array([1, 1]));
    a.delete();
    expect(list(f(jnp.array([1, 1]))[0])).toEqual([5, 6]);
  });
});

test("the evaluator can be changed at run time, on whichever arrays exist", () => {
  const x = jnp.array([1, 2, 3]);
  const f = jit((v: NDArray) => jnp.sum(v.mul(v)));
  const compiled = [f(x).item(), list(x.add(1))];
  updateConfig("evaluator", "reference");
  expect([f(x).item(), list(x.add(1))]).toEqual(compiled);
  const y = x.mul(3);
  updateConfig("evaluator", "wasm");
  expect(list(y.add(x))).toEqual([4, 8, 12]);
});

test("a trap of the generated code is a RuntimeError that names the program", () => {
  // Not something the front end makes: a load far outside the memory.
  const b = new NodeBuilder();
  const i = b.index(0, 4);
  const far = b.op("mul", b.load(0, int32, i), b.const(1 << 28, int32));
  const info = (id: number, role: "input" | "output") => ({
    id,
    dtype: int32,
    size: 4,
    role,
    byteLength: 16,
  });
  const program = programOf(
    [info(0, "input"), info(1, "output")],
    [
      {
        kind: "loop",
        name: "k",
        axes: [4],
        reduceAxes: [],
        reductions: [],
        stores: [{ buffer: 1, offset: i, value: b.load(0, int32, far) }],
      },
    ],
  );
  const aval = shapedArray([4], int32);
  const loaded = new LoadedProgram(wasmBackend, program.name, loadCode(program), [], [aval]);
  const bad = arrayFromHost(new Int32Array([1, 2, 3, -1]), aval);
  expect(() => loaded.call([bad])).toThrow(RuntimeError);
  expect(() => loaded.call([bad])).toThrow(/"test" stopped .*report/);
  // The device works on.
  expect(list(jnp.array([1, 2]).add(1))).toEqual([2, 3]);
});

test("arrays are read back as they were written, of every dtype and of size zero", () => {
  for (const data of [
    new Float32Array([1, 2.5]),
    new Int32Array([-1, 7]),
    new Float64Array([0.1]),
    new Uint8Array([255]),
  ]) {
    expect([...(jnp.array(data) as ArrayImpl).toHost()]).toEqual([...data]);
  }
  expect(list(jnp.zeros([0, 3]).add(1))).toEqual([]);
  expect(list(jnp.sum(jnp.zeros([0, 3]), 0))).toEqual([0, 0, 0]);
});

test("a loop that never yields keeps its memory bounded", () => {
  const f = jit((x: NDArray) => x.mul(0.5).add(1));
  let x = jnp.ones([1 << 18]) as NDArray;
  deviceMemory.evictAll();
  let peak = 0;
  for (let i = 0; i < 2000; i++) {
    x = f(x);
    peak = Math.max(peak, deviceMemory.statistics.residentBytes);
  }
  expect(Math.abs(Number(x.get(0).item()) - 2)).toBeLessThan(1e-6);
  // Not the capacity: other programs may have made that what it is, as they may have raised the limit.
  expect(peak).toBeLessThanOrEqual(deviceMemory.statistics.softLimit + x.nbytes);
});

test("the text of each stage, and the analysis", () => {
  const stages = jit((x: NDArray) => jnp.sum(lax.exp(x)))
    .lower(jnp.ones([8]))
    .compile();
  expect(stages.asText("kernels")).toContain("exp");
  expect(stages.asText("wat")).toMatch(/^\(module/);
  const analysis = stages.memoryAnalysis();
  expect(analysis.argumentBytes).toBe(32);
  expect(analysis.outputBytes).toBe(4);
  expect(analysis.generatedCodeBytes).toBeGreaterThan(100);
});

test("results have the avals of the program, and float32 is not widened", () => {
  const y = jit((x: NDArray) => x.add(1))(jnp.array([1, 2])) as ArrayImpl;
  expect(y.aval).toBe(shapedArray([2], float32));
});
