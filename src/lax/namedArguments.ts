import { NDArray } from "../core/array.ts";
import { unknownArgument } from "../core/nearest.ts";

/** A plain object that names arguments: no array, list or null. */
function isNamed(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null || x instanceof NDArray || Array.isArray(x)) return false;
  const proto = Object.getPrototypeOf(x);
  return proto === Object.prototype || proto === null;
}

/**
 * Arguments given by position, by name in a trailing object, or both.
 * @param names all of them in positional order; the first `required` must be given
 * @throws TypeError for an unknown name, one given twice, or a missing argument.
 */
export function namedArguments<T>(
  where: string,
  names: readonly string[],
  required: number,
  args: readonly unknown[],
): T {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  const last = args[count - 1];
  // Dimension numbers are an object too, and one of the arguments.
  const hasNames = isNamed(last) && !("lhsSpec" in last);
  const positional = args.slice(0, hasNames ? count - 1 : count);
  if (positional.length > names.length) {
    throw new TypeError(`${where}() takes at most ${names.length} arguments here, got ${positional.length}.`);
  }
  const result: Record<string, unknown> = {};
  positional.forEach((x, i) => {
    if (x !== undefined) result[names[i]] = x;
  });
  for (const [key, value] of Object.entries(hasNames ? last : {})) {
    if (!names.includes(key)) {
      throw new TypeError(unknownArgument(where, key, names));
    }
    if (value === undefined) continue;
    if (key in result) throw new TypeError(`${where}() got multiple values for argument '${key}'.`);
    result[key] = value;
  }
  const missing = names.slice(0, required).filter((key) => !(key in result));
  if (missing.length > 0) throw new TypeError(`${where}() misses the argument ${missing.join(", ")}.`);
  return result as T;
}
