import type { ArrayLike, NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import { functionName, setName } from "../transforms/functionName.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { toArray } from "./promote.ts";
import { asUfunc, type Ufunc } from "./ufunc.ts";
import { vectorize } from "./vectorize.ts";

/**
 * A universal function made of a function of scalars: it broadcasts, and has the methods `reduce`, `accumulate`, `at`, `reduceat` and
 * `outer`.
 *
 * @param func a function of `nin` scalars to one
 * @param nout 1
 * @param options.identity the neutral value, where there is one: what reducing nothing gives
 * @throws ValueError for other numbers of arguments or results
 * @example
 * ```ts
 * const longest = jnp.frompyfunc((x: NDArray, y: NDArray) => jnp.maximum(x, y), 2, 1);
 * String(longest.accumulate(jnp.array([1, 3, 2]))); // => "[1. 3. 3.]"
 * String(longest.outer([1, 4], [2, 3])); // => "[[2. 3.]\n [4. 4.]]"
 * ```
 */
export function frompyfunc(
  func: (...xs: NDArray[]) => ArrayLike,
  nin: number,
  nout: number,
  options?: { identity?: number | boolean | null },
): Ufunc<ArrayLike[]> {
  const o = readOptions<{ identity: number | boolean | null }>("frompyfunc", [], [options], ["identity"]);
  if (typeof func !== "function")
    throw new TypeError(`jnp.frompyfunc: a function is required, got ${String(func)}.`);
  if (!Number.isInteger(nin) || nin < 1)
    throw new ValueError(`jnp.frompyfunc: nin must be positive, got ${nin}.`);
  if (nout !== 1) throw new ValueError(`jnp.frompyfunc: functions give one array here, got nout=${nout}.`);
  const name = functionName(func);
  const mapped = jit((xs: NDArray[]): NDArray => vectorize(func)(...xs) as NDArray, { name });
  const call = (...args: ArrayLike[]): NDArray => {
    if (args.length !== nin) throw new TypeError(`${name}() takes ${nin} arguments, got ${args.length}.`);
    return mapped(args.map((x, i) => toArray(x, name, i)));
  };
  return asUfunc(setName(call, name), nin, o.identity ?? null);
}
