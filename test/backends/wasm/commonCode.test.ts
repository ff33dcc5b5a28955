import { jit, jnp, type NDArray, random } from "fluxion";
import { describe, expect, test } from "vitest";
import { ModuleBuilder } from "../../../src/backends/wasm/asm/index.ts";
import { ProcessCode } from "../../../src/backends/wasm/commonCode.ts";
import { commonCode } from "../../../src/backends/wasm/device.ts";

describe("common code", () => {
  test("modules import one function of a name, or contain it", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const common = new ProcessCode(memory, null);
    const load = (commonCode?: ProcessCode) => {
      const mb = new ModuleBuilder({ commonCode });
      mb.importMemory("env", "memory", { initial: 1 });
      const next = mb.common("next", ["i32"], ["i32"], (f, x) => f.get(x).i32.load().i32.const(1).i32.add());
      const twice = mb.function("twice", ["i32"], ["i32"], (f, x) =>
        f.get(x).call(next).i32.const(2).i32.mul(),
      );
      mb.exportFunction(twice);
      const module = new WebAssembly.Module(mb.toBytes());
      commonCode?.load();
      const imports = WebAssembly.Module.imports(module).filter(({ kind }) => kind === "function");
      const instance = new WebAssembly.Instance(module, { env: { memory }, common: common.imports });
      return { imports, twice: instance.exports["twice"] as (x: number) => number };
    };
    new Int32Array(memory.buffer)[2] = 20;
    const whole = load();
    expect(whole.imports).toEqual([]);
    expect(whole.twice(8)).toBe(42);
    const first = load(common);
    const { next } = common.imports;
    const second = load(common);
    expect(second.imports).toEqual([{ module: "common", name: "next", kind: "function" }]);
    expect(common.imports["next"]).toBe(next);
    expect([first.twice(8), second.twice(8)]).toEqual([42, 42]);
  });

  test("products of other sizes need no other tiles", () => {
    const normal = (seed: number, shape: number[]) => random.normal(random.key(seed), shape);
    const multiply = (m: number, k: number, n: number) => {
      const f = jit((a: NDArray, b: NDArray) => jnp.matmul(a, b));
      const [a, b] = [normal(m, [m, k]), normal(n, [k, n])];
      const [x, y, z] = [a, b, f(a, b)].map((v) => v.dataSync() as Float32Array);
      for (const [i, j] of [
        [0, 0],
        [m - 1, n - 1],
        [m >> 1, n >> 1],
      ]) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += x[i * k + l] * y[l * n + j];
        expect(z[i * n + j]).toBeCloseTo(sum, 3);
      }
    };
    const tiles = () => Object.keys(commonCode.imports).filter((name) => name.startsWith("tile_f32"));
    multiply(60, 100, 64);
    const before = tiles();
    expect(before.length).toBeGreaterThan(0);
    multiply(120, 250, 128);
    expect(tiles()).toEqual(before);
  });

  describe("epilogues", () => {
    const [m, k, n] = [21, 70, 18];
    const whole = (rows: number, cols: number, seed: number) =>
      Array.from({ length: rows * cols }, (_, i) => ((i * 7 + seed * 13) % 19) - 9);
    const [left, right, other] = [whole(m, k, 1), whole(k, n, 2), whole(m, n, 3)];
    const products = Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += left[Math.floor(at / n) * k + l] * right[l * n + (at % n)];
      return sum;
    });
    type Epilogue = (product: NDArray, other: NDArray) => NDArray;
    const run = (dtype: "float32" | "float64" | "int32", epilogue: Epilogue): number[] => {
      const array = (values: number[], shape: number[]) => jnp.array(values, { dtype }).reshape(shape);
      const f = jit((a: NDArray, b: NDArray, c: NDArray) => epilogue(a.matmul(b), c));
      const [a, b, c] = [array(left, [m, k]), array(right, [k, n]), array(other, [m, n])];
      expect(f.lower(a, b, c).asText("kernels")).toMatch(/dot_general_\w+ /);
      return Array.from(f(a, b, c).dataSync() as ArrayLike<number>);
    };
    const functions = () => Object.keys(commonCode.imports).length;
    const names = ["float32", "float64", "int32"] as const;

    test.each(names)("that differ in numbers of %s share tiles", (dtype) => {
      const scaled = (factor: number) => {
        const made = run(dtype, (x, c) => c.sub(x.mul(factor)));
        expect(made).toEqual(products.map((x, i) => other[i] - x * factor));
      };
      scaled(2);
      const before = functions();
      scaled(3);
      scaled(-1024);
      expect(functions()).toBe(before);
    });

    test("whose instructions depend on a number do not", () => {
      for (const bound of [0, 12, -7, 0.5, NaN]) {
        const made = run("float32", (x) => jnp.maximum(x, bound));
        expect(made).toEqual(products.map((x) => Math.max(x, bound)));
      }
      for (const shift of [1, 3, 31]) {
        const made = run("int32", (x) => jnp.rightShift(x, shift));
        expect(made).toEqual(products.map((x) => x >> shift));
      }
    });

    test("with several numbers and arrays", () => {
      for (const [a, b] of [
        [2, 8],
        [8, 2],
        [4, 4],
      ]) {
        const made = run("float32", (x, c) => jnp.where(c.gt(a), x.mul(b).add(a), c.sub(b)));
        expect(made).toEqual(products.map((x, i) => (other[i] > a ? x * b + a : other[i] - b)));
      }
    });
  });
});
