import { ValueError } from "../errors.ts";
import { functionName, setName } from "./functionName.ts";
import type { AnyFunction } from "./types.ts";

/**
 * The positions that `argnums` names, counted from the start.
 * @throws TypeError for a position that is no integer, ValueError for one out of range
 */
export function resolveArgnums(
  argnums: number | readonly number[],
  count: number,
  where: string,
): readonly number[] {
  const positions = typeof argnums === "number" ? [argnums] : argnums;
  return positions.map((i) => {
    if (!Number.isInteger(i)) throw new TypeError(`${where}: argnums must be integers, got ${String(i)}.`);
    if (i < -count || i >= count) {
      throw new ValueError(
        `${where}: positional argument indices, e.g. argnums, must have value greater than or equal to -len(args) and less than len(args), ` +
          `but got value ${i} for len(args) == ${count}.`,
      );
    }
    return i < 0 ? i + count : i;
  });
}

/** `f` as a function of the arguments at some positions, the others as given. */
export function functionOf(
  f: AnyFunction,
  args: readonly unknown[],
  positions: readonly number[],
): AnyFunction {
  const partial = (...values: unknown[]): unknown => {
    const all = [...args];
    positions.forEach((at, i) => {
      all[at] = values[i];
    });
    return f(...all);
  };
  return setName(partial, functionName(f));
}
