// Shared by the tests of transformations: reading values, comparing, finite differences.

import { jnp, type NDArray } from "fluxion";
import { expect } from "vitest";

export type A = NDArray;

/** Numbers, lists and trees of numbers, from arrays. */
export function values(x: unknown): unknown {
  if (typeof x === "object" && x !== null && "tolist" in x) return (x as A).tolist();
  if (Array.isArray(x)) return x.map(values);
  if (typeof x === "object" && x !== null) {
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, values(v)]));
  }
  return x;
}

/** Compares trees of arrays with trees of numbers, float32 accuracy unless said otherwise. */
export function expectClose(actual: unknown, expected: unknown, tolerance = 1e-5): void {
  compare(values(actual), expected, tolerance, "");
}
function compare(a: unknown, e: unknown, tolerance: number, path: string): void {
  if (typeof e === "number" && typeof a === "number") {
    if (!Number.isFinite(e)) expect(a, path).toBe(e);
    else
      expect(Math.abs(a - e), `${path}: ${a}, expected ${e}`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(e)),
      );
    return;
  }
  if (typeof e === "object" && e !== null) {
    expect(Array.isArray(a), path).toBe(Array.isArray(e));
    expect(Object.keys(a as object), `keys at ${path || "the top"}`).toEqual(Object.keys(e));
    for (const k of Object.keys(e)) {
      compare(
        (a as Record<string, unknown>)[k],
        (e as Record<string, unknown>)[k],
        tolerance,
        `${path}[${k}]`,
      );
    }
    return;
  }
  expect(a, path).toEqual(e);
}

/** The derivative of a function of one number, by central differences of a float64 function. */
export function difference(f: (x: number) => number, x: number, h = 1e-5): number {
  return (f(x + h) - f(x - h)) / (2 * h);
}

/** A strongly typed float32 scalar. */
export const f32 = (x: number): A => jnp.float32(x);

/** A function and the number of times it has run. */
export function counted<F extends (...args: never[]) => unknown>(f: F): F & { readonly count: () => number } {
  let n = 0;
  const wrapper = (...args: never[]): unknown => {
    n++;
    return f(...args);
  };
  return Object.assign(wrapper as F, { count: () => n });
}

/** The error that `run` throws. */
export function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("no error was raised");
}
