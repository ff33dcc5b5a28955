import fc from "fast-check";
import { jit, jnp, type NDArray } from "fluxion";
import { afterEach, expect, test } from "vitest";
import type { ArrayImpl } from "../../src/core/array.ts";
import { updateConfig } from "../../src/core/config.ts";
import { Random } from "./randomKernels.ts";

afterEach(() => {
  updateConfig("evaluator", "wasm");
  updateConfig("enableChecks", false);
});

/** Makes one step of a random program, which does nothing where it does not apply. */
type Step = (r: Random) => (x: NDArray, y: NDArray) => NDArray;

const sizeOf = (shape: readonly number[]) => shape.reduce((n, s) => n * s, 1);

/** Floats stay small whole multiples of a quarter, so that every order of evaluation gives the same bits. */
const tame = (x: NDArray): NDArray => jnp.clip(jnp.floor(x), -8, 8);

const steps: readonly Step[] = [
  () => (x, y) => (String(x.shape) === String(y.shape) ? tame(x.add(y)) : tame(x.add(1))),
  () => (x, y) => (String(x.shape) === String(y.shape) ? tame(x.mul(y)) : x.mul(0.5)),
  () => (x) => jnp.maximum(x, 0),
  () => (x) => jnp.where(x.gt(1), x, x.neg()),
  () => (x) => jnp.sign(x).add(jnp.abs(x)),
  () => (x) => x.astype("int32").astype("float32"),
  (r) => {
    const k = r.int(20);
    return (x) => {
      const n = sizeOf(x.shape);
      const d = [1, 2, 3, 4, 5, 7, 8, 16].filter((v) => n % v === 0)[k % 3] ?? 1;
      return x.reshape([d, n / d]);
    };
  },
  () => (x) => x.T,
  (r) => {
    const axis = r.int(3);
    return (x) => (x.ndim === 0 ? x : jnp.flip(x, axis % x.ndim));
  },
  (r) => {
    const axis = r.int(3);
    return (x) => (x.ndim === 0 ? x : tame(jnp.sum(x, axis % x.ndim)));
  },
  (r) => {
    const axis = r.int(3);
    return (x) =>
      x.ndim === 0 || x.shape[axis % x.ndim] === 0 ? x : x.sub(jnp.max(x, axis % x.ndim, { keepdims: true }));
  },
  (r) => {
    const axis = r.int(3);
    return (x, y) => {
      if (x.ndim === 0 || x.ndim !== y.ndim) return x;
      const a = axis % x.ndim;
      return x.shape.every((s, i) => i === a || s === y.shape[i])
        ? jnp.concatenate([x, y], a)
        : jnp.concatenate([x, x], a);
    };
  },
  (r) => {
    const [a, b] = [r.int(3), r.int(3)];
    return (x) => (x.ndim === 0 || sizeOf(x.shape) > 3000 ? x : jnp.pad(x, [a, b], { constantValues: 2 }));
  },
  (r) => {
    const [a, b] = [r.int(2), 1 + r.int(2)];
    return (x) => (x.ndim === 0 || x.shape[0] < 3 ? x : x.get(`${a}::${b}`));
  },
  (r) => {
    const axis = r.int(3);
    return (x) => (x.ndim === 0 ? x : tame(jnp.cumsum(x, axis % x.ndim)));
  },
  (r) => {
    const axis = r.int(3);
    return (x) => (x.ndim === 0 ? x : jnp.sort(x, { axis: axis % x.ndim }));
  },
  () => (x) => (x.ndim === 2 && sizeOf(x.shape) < 2500 ? tame(jnp.matmul(x, x.T)) : x),
  (r) => {
    const axis = r.int(3);
    return (x) =>
      x.ndim === 0 || x.shape[axis % x.ndim] === 0 ? x : jnp.argmax(x, axis % x.ndim).astype("float32");
  },
  (r) => {
    const index = [r.int(9) - 4, r.int(9) - 4];
    return (x) => (x.ndim === 0 || x.shape[0] === 0 ? x : x.get(jnp.array(index, { dtype: "int32" })));
  },
  (r) => {
    const index = [r.int(9) - 4, r.int(9) - 4, r.int(3)];
    const add = r.chance(0.5);
    return (x) => {
      if (x.ndim === 0 || x.shape[0] === 0) return x;
      const at = x.at(jnp.array(index, { dtype: "int32" }));
      return add ? at.add(1) : at.set(3);
    };
  },
  () => (x) => (sizeOf(x.shape) > 2000 ? x : jnp.broadcastTo(x, [2, ...x.shape])),
];

interface Choice {
  readonly step: (x: NDArray, y: NDArray) => NDArray;
  readonly x: number;
  readonly y: number;
}

test("random programs: compiled as a whole, one operation at a time, and by the reference rules", () => {
  updateConfig("enableChecks", true);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
      const r = new Random(seed);
      const inputs = Array.from({ length: 2 }, () => {
        const shape = Array.from({ length: 1 + r.int(3) }, () => r.pick([1, 2, 3, 4, 5, 8, 13]));
        return { shape, data: new Float32Array(sizeOf(shape)).map(() => r.int(17) - 8) };
      });
      const choices: Choice[] = [];
      for (let i = 0; i < 12; i++) {
        const step = r.pick(steps)(r);
        // Mostly the newest values, so that chains grow.
        const choose = () => Math.max(0, choices.length + 1 - r.int(r.chance(0.7) ? 2 : 8));
        choices.push({ step, x: choose(), y: choose() });
      }
      const outputs = Array.from({ length: 3 }, () => r.int(choices.length + 2));
      const program = (a: NDArray, b: NDArray): NDArray[] => {
        const values = [a, b];
        for (const { step, x, y } of choices) values.push(step(values[x], values[y]));
        return [...outputs.map((i) => values[i]), values[values.length - 1]];
      };
      const run = (f: (a: NDArray, b: NDArray) => NDArray[]) => {
        const [a, b] = inputs.map(({ shape, data }) => jnp.array(data).reshape(shape));
        // The sum of one -0 may be either zero, as in JAX.
        return f(a, b).map((x) => [x.shape, [...(x as ArrayImpl).toHost()].map((v) => (v as number) + 0)]);
      };
      const whole = run(jit(program));
      const donating = run(jit(program, { donateArgnums: [0, 1] }));
      const eager = run(program);
      updateConfig("evaluator", "reference");
      const reference = run(program);
      updateConfig("evaluator", "wasm");
      expect(eager).toEqual(reference);
      expect(whole).toEqual(reference);
      expect(donating).toEqual(reference);
    }),
    { numRuns: Number(globalThis.process?.env.FUZZ_RUNS ?? 150) },
  );
});
