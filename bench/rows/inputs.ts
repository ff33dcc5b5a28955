import type { Tensor } from "./row.ts";

/** Uniform numbers in [-0.5, 0.5) from a linear congruential generator (Numerical Recipes' constants): the same on every machine. */
export function uniforms(seed: number, n: number): Float32Array {
  const out = new Float32Array(n);
  let s = seed >>> 0;
  for (let i = 0; i < n; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    out[i] = s / 4294967296 - 0.5;
  }
  return out;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1);

/** Uniform numbers of mean `center`, `width` from the smallest to the largest. */
export function tensor(seed: number, shape: readonly number[], width = 1, center = 0): Tensor {
  const data = uniforms(seed, sizeOf(shape));
  if (width !== 1 || center !== 0) for (let i = 0; i < data.length; i++) data[i] = data[i] * width + center;
  return { shape, data };
}

/** `count` different indices below `n` in increasing order, or all of them if there are fewer. */
export function sample(seed: number, n: number, count: number): Int32Array {
  if (count >= n) return Int32Array.from({ length: n }, (_, i) => i);
  const chosen = new Set<number>();
  // The high bits of the generator are the good ones; ends are where edges go wrong, so they are always in.
  chosen.add(0).add(n - 1);
  for (let k = 0; chosen.size < count; k++) {
    for (const v of uniforms(seed + k, count)) {
      if (chosen.size < count) chosen.add(Math.floor((v + 0.5) * n));
    }
  }
  return Int32Array.from(chosen).sort();
}
