import { random } from "fluxion";
import { describe, expect, it } from "vitest";
import { conv, convInputGrad, convKernelGrad } from "../../bench/reference/conv.ts";
import { type BlockValues, block, blockGrad, blockInputs } from "../../bench/reference/transformer.ts";
import { sample, tensor, uniforms } from "../../bench/rows/inputs.ts";
import { all, close } from "../../bench/rows/verify.ts";
import { lawful, normal, uniform } from "../../bench/rows/w9Random.ts";

describe("verification of the benchmark's answers", () => {
  const verify = close([all([1, 2, 4])], 1e-3);
  it("is relative to the largest magnitude", () => {
    const { error, correct } = verify([[1, 2, 4.002]]);
    expect(error).toBeCloseTo(5e-4, 9);
    expect(correct).toBe(true);
  });
  it("finds a wrong number, NaN, and answers of another size", () => {
    expect(verify([[1, 2.1, 4]]).correct).toBe(false);
    expect(verify([[1, Number.NaN, 4]]).correct).toBe(false);
    expect(() => verify([[1, 2]])).toThrow("2 numbers instead of 3");
    expect(() => verify([[1, 2, 4], [1]])).toThrow("2 answers instead of 1");
  });
  it("looks at sampled places only", () => {
    const sampled = close([{ size: 4, values: [5, 7], at: [0, 3] }], 0);
    expect(sampled([[5, 0, 0, 7]]).correct).toBe(true);
    expect(sampled([[5, 0, 0, 8]]).correct).toBe(false);
  });
  it("samples different places, both ends included", () => {
    const places = sample(3, 1000, 50);
    expect(new Set(places).size).toBe(50);
    expect([places[0], places[49]]).toEqual([0, 999]);
    expect([...sample(3, 4, 50)]).toEqual([0, 1, 2, 3]);
  });
  it("tells random numbers from others", () => {
    const n = 4e5;
    const flat = random.uniform(random.key(0), [n]).dataSync() as Float32Array;
    const bell = random.normal(random.key(0), [n]).dataSync() as Float32Array;
    const isUniform = (x: Float32Array) => lawful(uniform, n)([x]).correct;
    const isNormal = (x: Float32Array) => lawful(normal, n)([x]).correct;
    expect([isUniform(flat), isNormal(bell)]).toEqual([true, true]);
    expect([isUniform(bell), isNormal(flat)]).toEqual([false, false]);
    // A little too narrow, every other number the one before, few different numbers.
    expect(isUniform(flat.map((x) => x * 0.98))).toBe(false);
    expect(isUniform(flat.map((x, i) => (i % 2 === 0 ? x : flat[i - 1])))).toBe(false);
    expect(isUniform(flat.map((x) => Math.floor(x * 1000) / 1000 + 0.0005))).toBe(false);
  });
});

/** Derivative of a function in one number, by central differences. */
function difference(f: (x: Float64Array) => number, x: ArrayLike<number>, i: number): number {
  const at = (h: number): number => f(Float64Array.from(x, (v, k) => (k === i ? v + h : v)));
  return (at(1e-5) - at(-1e-5)) / 2e-5;
}
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, v, i) => sum + v * b[i], 0);

describe("gradients of the float64 references", () => {
  it("convolution", () => {
    const shape = { batch: 2, height: 4, width: 3, inputs: 2, outputs: 3 };
    const [x, k, c] = [uniforms(1, 48), uniforms(2, 54), uniforms(3, 72)];
    const dx = convInputGrad(shape, k, c);
    const dk = convKernelGrad(shape, x, c);
    for (const i of [0, 7, 47])
      expect(dx[i]).toBeCloseTo(
        difference((v) => dot(conv(shape, v, k), c), x, i),
        7,
      );
    for (const i of [0, 25, 53])
      expect(dk[i]).toBeCloseTo(
        difference((v) => dot(conv(shape, x, v), c), k, i),
        7,
      );
  });
  it("transformer block, in everything it computes with", () => {
    const size = { batch: 2, sequence: 3, width: 4, heads: 2, hidden: 5 };
    const lengths = [24, 4, 4, 16, 16, 16, 16, 4, 4, 20, 5, 20, 4];
    const values = Object.fromEntries(
      blockInputs.map((name, i) => [name, tensor(i, [lengths[i]], 1, 0.2).data]),
    ) as unknown as BlockValues;
    const c = uniforms(99, 24);
    const gradients = blockGrad(values, c, size);
    blockInputs.forEach((name, k) => {
      for (const i of [0, lengths[k] - 1]) {
        const expected = difference((v) => dot(block({ ...values, [name]: v }, size), c), values[name], i);
        expect(gradients[k][i], `${name}[${i}]`).toBeCloseTo(expected, 6);
      }
    });
  });
});
