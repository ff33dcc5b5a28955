import type { ArrayImpl, NDArray } from "../core/array.ts";
import type { Tracer } from "../core/trace.ts";
import { ConcretizationTypeError } from "../errors.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import { toArray } from "./promote.ts";

/** The value of an array that must be known while tracing. @throws ConcretizationTypeError for a tracer without one */
export function requireConcrete(x: NDArray, why: string): ArrayImpl {
  const value = concreteValue(x);
  if (value !== null) return value;
  throw new ConcretizationTypeError(
    `Abstract tracer value encountered where concrete value is expected: traced array with shape ${x.aval}\n${why}\n` +
      `The error occurred while ${(x as Tracer).tracedBy.description}: inside it arrays have shapes but no values.`,
  );
}

/** A static scalar or vector given as a number, a list or an array, as numbers. */
export function concreteVector(x: unknown, what: string): { values: number[]; scalar: boolean } {
  if (typeof x === "number" || typeof x === "bigint") return { values: [Number(x)], scalar: true };
  if (Array.isArray(x) && x.every((v) => typeof v === "number" || typeof v === "bigint")) {
    return { values: x.map(Number), scalar: false };
  }
  const array = requireConcrete(
    toArray(x, what),
    `The problem arose with the ${what}, which must be known while tracing.`,
  );
  return { values: Array.from(array.toHost() as ArrayLike<number>, Number), scalar: array.ndim === 0 };
}
