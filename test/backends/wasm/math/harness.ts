import { ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import { wasmFeatures } from "../../../../src/backends/wasm/features.ts";
import { emitVectorMath, vectorIntegerMath, vectorMath } from "../../../../src/backends/wasm/math/index.ts";

/** Lanes per call of the compiled loop. */
export const CHUNK = 1 << 14;

export interface Compiled {
  readonly memory: WebAssembly.Memory;
  /** Applies the function to `count` elements (a multiple of four): operands at 0 and 4 CHUNK, result at 8 CHUNK. */
  readonly run: (count: number) => void;
}

/** With and without relaxed SIMD, as far as the engine has it. */
export const relaxedModes: readonly boolean[] = wasmFeatures().relaxedSimd ? [false, true] : [false];

/** A loop over arrays that applies one vector function. */
export function compile(name: string, relaxedSimd = false): Compiled {
  const mb = new ModuleBuilder({ debug: true, relaxedSimd });
  mb.memory({ initial: 4 }, "memory");
  const { arity } = (vectorMath[name] ?? vectorIntegerMath[name])!;
  const run = mb.function("run", ["i32"], [], (f, count) => {
    const i = f.local("i32");
    f.for(
      i,
      0,
      () => f.get(count).i32.const(4).i32.mul(),
      16,
      () => {
        f.get(i);
        f.get(i).v128.load(0);
        if (arity === 2) f.get(i).v128.load(4 * CHUNK);
        emitVectorMath(mb, f, name);
        f.v128.store(8 * CHUNK);
      },
    );
  });
  mb.exportFunction(run);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes() as Uint8Array<ArrayBuffer>));
  return instance.exports as unknown as Compiled;
}

/** The distance of a float32 to the exact value, in units of the last place of the correctly rounded result. */
export function ulpError(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(actual, rounded) || (Number.isNaN(actual) && Number.isNaN(rounded))) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(rounded)) {
    // Overflow one step early or late counts as the step it is.
    const limit = 2 ** 128;
    const clamp = (x: number) => Math.max(-limit, Math.min(limit, x));
    return Number.isNaN(actual) || Number.isNaN(exact) || Math.abs(exact) === Number.POSITIVE_INFINITY
      ? Number.POSITIVE_INFINITY
      : Math.abs(clamp(actual) - clamp(exact)) / 2 ** 104;
  }
  if (rounded === 0 && actual === 0) return Number.POSITIVE_INFINITY; // The signs differ.
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(rounded))), -126);
  return Math.abs(actual - exact) / 2 ** (exponent - 23);
}

/** Float32 values over the whole range of bits, a stride apart, and the special ones. */
export function denseFloats(stride: number): Float32Array {
  const count = Math.ceil(2 ** 32 / stride);
  const bits = new Uint32Array(count);
  for (let i = 0; i < count; i++) bits[i] = i * stride;
  return new Float32Array(bits.buffer);
}

export const specialFloats: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  -2,
  3,
  -3,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  -2.5,
  Infinity,
  -Infinity,
  Number.NaN,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  2 ** -127,
  -(2 ** -127),
  3.4028234663852886e38,
  -3.4028234663852886e38,
  88.72283,
  88.72284,
  -87.33654,
  -103.97208,
  -104,
  89,
  127,
  128,
  -126,
  -149,
  -150,
  0.99999994,
  1.0000001,
  -0.99999994,
  4,
  -4,
  10.2,
  1e10,
  -1e10,
  1e30,
  0.49999997,
  -0.49999997,
  8388607.5,
  8388609,
  -8388609,
  4194304.5,
  16777216,
  2147483648,
  1e-10,
  -1e-10,
  1.4616321,
  1.4616322,
  Math.LN2,
  Math.PI,
  Math.PI / 2,
  Math.PI / 4,
];
