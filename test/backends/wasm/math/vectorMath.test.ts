import { describe, expect, it } from "vitest";
import { scalarMath, vectorIntegerMath, vectorMath } from "../../../../src/backends/wasm/math/index.ts";
import { nextafterFloat32 } from "../../../../src/core/scalarMath.ts";
import { CHUNK, compile, denseFloats, relaxedModes, specialFloats, ulpError } from "./harness.ts";

const MAX_ULP = 2;
const reference = (name: string) => (name === "nextafter" ? nextafterFloat32 : scalarMath[name]!.call);

/** Deterministic 32-bit random numbers. */
function randomBits(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

/** All pairs of special values, random bits, and pairs of moderate size. */
function pairs(): [Float32Array, Float32Array] {
  const xs: number[] = [];
  const ys: number[] = [];
  for (const x of specialFloats) for (const y of specialFloats) xs.push(x) && ys.push(y);
  const next = randomBits(1);
  const unit = () => next() / 2 ** 32 - 0.5;
  const floats = new Float32Array(new Uint32Array(40_000).map(next).buffer);
  xs.push(...floats.subarray(0, 20_000));
  ys.push(...floats.subarray(20_000));
  for (let i = 0; i < 20_000; i++) {
    xs.push(Math.exp(unit() * 20), 1 + unit() * 1e-3, unit() * 50);
    ys.push(unit() * 16, unit() * 1e5, Math.round(unit() * 20));
  }
  return [Float32Array.from(xs), Float32Array.from(ys)];
}

interface Worst {
  readonly ulp: number;
  readonly message: string;
}

/** The largest error, with and without relaxed SIMD. */
function worstError(name: string, xs: Float32Array, ys: Float32Array): Worst {
  const worst = relaxedModes.map((relaxed) => worstErrorOf(name, xs, ys, relaxed));
  return worst.reduce((a, b) => (b.ulp <= a.ulp ? a : b));
}

function worstErrorOf(name: string, xs: Float32Array, ys: Float32Array, relaxed: boolean): Worst {
  const { memory, run } = compile(name, relaxed);
  const lanes = new Float32Array(memory.buffer);
  const exact = reference(name);
  let worst = { ulp: 0, message: "" };
  for (let start = 0; start < xs.length; start += CHUNK) {
    const x = xs.subarray(start, start + CHUNK);
    const y = ys.subarray(start, start + CHUNK);
    lanes.set(x, 0);
    lanes.set(y, CHUNK);
    run(Math.ceil(x.length / 4) * 4);
    for (let i = 0; i < x.length; i++) {
      const actual = lanes[2 * CHUNK + i]!;
      const expected = exact(x[i]!, y[i]!);
      const ulp = ulpError(actual, expected);
      if (!(ulp <= worst.ulp))
        worst = { ulp, message: `${name}(${x[i]}, ${y[i]}) = ${actual}, not ${expected}` };
    }
  }
  return worst;
}

describe("vectorMath", () => {
  const special = Float32Array.from(specialFloats);
  const dense = denseFloats(40_961);
  const ones = new Float32Array(dense.length);

  for (const [name, { arity }] of Object.entries(vectorMath)) {
    it(`${name} is within ${MAX_ULP} ulp everywhere`, () => {
      const cases: [Float32Array, Float32Array][] =
        arity === 2
          ? [pairs()]
          : [
              [special, special],
              [dense, ones],
            ];
      for (const [xs, ys] of cases) {
        const { ulp, message } = worstError(name, xs, ys);
        expect(ulp, message).toBeLessThanOrEqual(MAX_ULP);
      }
    });
  }

  it("keeps digits where results are small: near the roots of the logarithms and gamma functions", () => {
    const around = (center: number) =>
      Float32Array.from({ length: 2001 }, (_, i) => Math.fround(center) + (i - 1000) * 2 ** -23);
    for (const [name, center] of [
      ["log", 1],
      ["log2", 1],
      ["lgamma", 1],
      ["lgamma", 2],
      ["digamma", 1.4616321449683622],
      ["acosh", 1.001],
      ["erf_inv", 0.9998],
      ["sin", Math.PI],
      ["tan", Math.PI / 2],
      ["logistic", -4.155931],
      ["tanh", 0.625],
    ] as const) {
      const xs = around(center);
      const { ulp, message } = worstError(name, xs, xs);
      expect(ulp, message).toBeLessThanOrEqual(MAX_ULP);
    }
  });

  it.each(relaxedModes)("computes each lane by itself (relaxed SIMD: %s)", (relaxed) => {
    const values = [0.3, 1e30, 1e-40, -2e6, 100, Number.NaN, -0.7, Number.POSITIVE_INFINITY];
    for (const name of Object.keys(vectorMath)) {
      const { memory, run } = compile(name, relaxed);
      const lanes = new Float32Array(memory.buffer);
      lanes.set(values, 0);
      lanes.fill(1.5, CHUNK, CHUNK + 32);
      run(8);
      const mixed = lanes.slice(2 * CHUNK, 2 * CHUNK + 8);
      lanes.set(values.flatMap((v) => [v, v, v, v]));
      run(32);
      expect(Array.from({ length: 8 }, (_, i) => lanes[2 * CHUNK + 4 * i])).toEqual([...mixed]);
    }
  });

  it("has a float64 version of every function", () => {
    expect(Object.keys(scalarMath).sort()).toEqual(Object.keys(vectorMath).sort());
    for (const [name, { arity }] of Object.entries(vectorMath)) expect(scalarMath[name]!.arity).toBe(arity);
  });
});

describe("vectorIntegerMath", () => {
  const edges = [0, 1, -1, 2, -2, 3, 7, -7, 2147483647, -2147483648, -2147483647, 65536, 1000003, -1000003];

  function operands(): [Int32Array, Int32Array] {
    const a: number[] = [];
    const b: number[] = [];
    for (const x of edges) for (const y of edges) a.push(x) && b.push(y);
    const next = randomBits(3);
    for (let i = 0; i < 15_000; i++) {
      a.push(next() | 0);
      b.push((next() | 0) >> (next() & 31));
    }
    while (a.length % 4 !== 0) a.push(0) && b.push(1);
    return [Int32Array.from(a), Int32Array.from(b)];
  }

  const expected: Record<string, (a: number, b: number) => number> = {
    div_s: (a, b) => (b === 0 ? -1 : (a / b) | 0),
    rem_s: (a, b) => (b === 0 ? a : (a % b) | 0),
    div_u: (a, b) => (b === 0 ? -1 : ((a >>> 0) / (b >>> 0)) | 0),
    rem_u: (a, b) => (b === 0 ? a : ((a >>> 0) % (b >>> 0)) | 0),
  };
  for (const [name, f] of Object.entries(expected)) {
    it(`${name} divides as XLA does`, () => {
      const { memory, run } = compile(name);
      const lanes = new Int32Array(memory.buffer);
      const [a, b] = operands();
      lanes.set(a, 0);
      lanes.set(b, CHUNK);
      run(a.length);
      for (let i = 0; i < a.length; i++) {
        expect(lanes[2 * CHUNK + i], `${name}(${a[i]}, ${b[i]})`).toBe(f(a[i]!, b[i]!) | 0);
      }
    });
  }

  it("wraps the smallest integer divided by -1", () => {
    expect((-2147483648 / -1) | 0).toBe(-2147483648);
  });

  it("converts with saturation, NaN to 0, and to the nearest", () => {
    const floats = [...specialFloats, 2147483520, 4294967040, 4294967296, -0.9, 3000000000];
    while (floats.length % 4 !== 0) floats.push(0);
    const integers = [...edges, 16777217, 16777219, -16777217, 2147483583, 2147483584, 0x7fffffc0];
    while (integers.length % 4 !== 0) integers.push(0);
    const clamp = (x: number, low: number, high: number) =>
      Number.isNaN(x) ? 0 : Math.max(low, Math.min(high, Math.trunc(x))) + 0;
    const apply = (name: string, input: Float32Array | Int32Array) => {
      const { memory, run } = compile(name);
      new Uint8Array(memory.buffer).set(new Uint8Array(input.buffer));
      run(input.length);
      return memory.buffer.slice(8 * CHUNK, 8 * CHUNK + 4 * input.length);
    };
    const x = Float32Array.from(floats);
    const n = Int32Array.from(integers);
    expect([...new Int32Array(apply("float_to_int", x))]).toEqual(
      [...x].map((v) => clamp(v, -(2 ** 31), 2 ** 31 - 1)),
    );
    expect([...new Uint32Array(apply("float_to_uint", x))]).toEqual(
      [...x].map((v) => clamp(v, 0, 2 ** 32 - 1)),
    );
    expect([...new Float32Array(apply("int_to_float", n))]).toEqual([...n].map(Math.fround));
    expect([...new Float32Array(apply("uint_to_float", n))]).toEqual([...n].map((v) => Math.fround(v >>> 0)));
  });

  it("names every operation once", () => {
    expect(Object.keys(vectorIntegerMath).filter((name) => name in vectorMath)).toEqual([]);
  });
});
