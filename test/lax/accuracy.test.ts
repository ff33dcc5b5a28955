import { afterAll, describe, expect, it } from "vitest";
import { shapedArray } from "../../src/core/aval.ts";
import { allPrimitives, type Primitive } from "../../src/core/primitive.ts";
import { bind1 } from "../../src/core/trace.ts";
import { float32, float64 } from "../../src/dtypes/index.ts";
import { config, jit } from "../../src/index.ts";
import { relaxedModes, specialFloats, ulpError } from "../backends/wasm/math/harness.ts";
import { array, elements } from "./host.ts";

// Every function of one float32 number is within 2 units in the last place, whatever its argument, as vectors and one by one.

const MAX_ULP = 2;
const MANTISSAS = 64;

/** Whether a primitive takes one float32 array, without parameters, to another one by more than a few instructions. */
function isFunction({ lowering, abstractEval, name }: Primitive): boolean {
  if (lowering.kind !== "pointwise") return false;
  if (lowering.cost !== "expensive" && name !== "sqrt" && name !== "rsqrt") return false;
  try {
    const results = abstractEval([shapedArray([1], float32)], {});
    return results.length === 1 && results[0].dtype === float32;
  } catch {
    return false; // It takes more operands, or no floats.
  }
}

/** Numbers of every exponent and both signs, the ends of each binade among them; subnormal numbers, infinities and NaN too. */
function samples(): number[] {
  const bits: number[] = [];
  let state = 1;
  for (let exponent = 0; exponent < 512; exponent++) {
    for (let k = 0; k < MANTISSAS; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const mantissa = [0, 1, 0x7fffff, 0x7ffffe][k] ?? state >>> 9;
      bits.push(((exponent << 23) | mantissa) >>> 0);
    }
  }
  return [...specialFloats.map(Math.fround), ...new Float32Array(new Uint32Array(bits).buffer)];
}

/** The function in float64, by the primitive's own rule. */
function exactly(primitive: Primitive, xs: readonly number[]): number[] {
  const input = { shape: [xs.length], dtype: float64, data: Float64Array.from(xs) };
  const [result] = primitive.reference([input], {}, [shapedArray([xs.length], float64)]);
  return [...(result as Float64Array)];
}

const functions = allPrimitives().filter(isFunction);
const xs = samples();
/** The special numbers, and one of each exponent: for the slower calls, one element at a time. */
const few = xs.filter((_, i) => i < specialFloats.length || (i - specialFloats.length) % MANTISSAS === 7);

afterAll(() => config.update("relaxedSimd", true));

describe.each(relaxedModes)("accuracy (relaxed SIMD: %s)", (relaxed) => {
  it.each(functions.map((primitive) => [primitive.name, primitive] as const))("%s", (name, primitive) => {
    config.update("relaxedSimd", relaxed);
    const call = jit((x) => bind1(primitive, [x], {}));
    const exact = exactly(primitive, xs);
    const actual = elements(call(array(xs, [xs.length])));
    let worst = { ulp: 0, message: "" };
    actual.forEach((y, i) => {
      const ulp = ulpError(y, exact[i]);
      if (!(ulp <= worst.ulp)) worst = { ulp, message: `${name}(${xs[i]}) = ${y}, not ${exact[i]}` };
    });
    expect(worst.ulp, worst.message).toBeLessThanOrEqual(MAX_ULP);

    const single = few.map((x) => elements(call(array([x], [])))[0]);
    expect(single).toEqual(elements(call(array(few, [few.length]))));
  });
});

it("covers the functions of lax", () => {
  const names =
    "acos acosh asin asinh atan atanh bessel_i0e bessel_i1e cbrt cos cosh digamma erf erf_inv erfc exp exp2 expm1 lgamma log log1p logistic rsqrt sin sinh sqrt tan tanh";
  expect(functions.map(({ name }) => name).sort()).toEqual(names.split(" "));
});
