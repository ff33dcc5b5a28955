import { functionName, setName } from "../transforms/functionName.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { TraceAnnotation } from "./annotations.ts";

/**
 * Names a part of a function: in a trace of the profiler, the time that is spent there, tracing or evaluating, is a span of that name. Results and
 * programs do not depend on it.
 *
 * @param body what to run under the name; without it, the scope ends when the result is disposed of (`using`)
 * @throws TypeError for a name that is no string
 * @example
 * ```ts
 * const f = jit((x: NDArray) => namedScope("double", () => x.mul(2)));
 * profiler.trace(null, () => f(3)).events.some((event) => event.name === "double"); // => true
 * ```
 */
export function namedScope(name: string): TraceAnnotation;
export function namedScope<T>(name: string, body: () => T): T;
export function namedScope(name: string, body?: () => unknown): unknown {
  if (typeof name !== "string") throw new TypeError("namedScope name argument must be a string.");
  const scope = new TraceAnnotation(name);
  return body === undefined ? scope : scope.run(body);
}

/**
 * The function, whose calls are under its name or another, as {@link namedScope} has it.
 *
 * @example
 * ```ts
 * const f = namedCall((x: NDArray) => x.mul(2), { name: "double" });
 * String(jit(f)(3)); // => "6"
 * ```
 */
export function namedCall<F extends AnyFunction>(f: F, options: { name?: string | null } = {}): F {
  if (typeof f !== "function") throw new TypeError(`Expected a callable value, got ${String(f)}`);
  const name = options.name ?? functionName(f);
  const named = (...args: unknown[]): unknown => namedScope(name, () => f(...args));
  return setName(named, functionName(f)) as unknown as F;
}
