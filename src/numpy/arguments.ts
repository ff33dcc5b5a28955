import { NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { shapeStr } from "../core/aval.ts";
import { unknownArgument } from "../core/nearest.ts";
import { ValueError } from "../errors.ts";

/** True for an options object: a plain object that is not an array, list or null. */
export function isOptions(x: unknown): x is Record<string, unknown> {
  if (
    typeof x !== "object" ||
    x === null ||
    x instanceof NDArray ||
    Array.isArray(x) ||
    ArrayBuffer.isView(x)
  )
    return false;
  const proto = Object.getPrototypeOf(x);
  return proto === Object.prototype || proto === null;
}

/**
 * Reads optional arguments given by position, by name in a trailing object, or both.
 *
 * @param names the optional arguments in JAX's positional order
 * @param keywordOnly further names that only the object may give
 * @throws TypeError for an unknown name, or one given twice
 */
export function readOptions<T>(
  where: string,
  names: readonly string[],
  args: readonly unknown[],
  keywordOnly: readonly string[] = [],
): Partial<T> {
  const result: Record<string, unknown> = {};
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  const last = args[count - 1];
  const positional = count > 0 && isOptions(last) ? args.slice(0, count - 1) : args.slice(0, count);
  if (positional.length > names.length) {
    throw new TypeError(
      `${where}() takes at most ${names.length} optional positional arguments (${names.join(", ")}), got ${positional.length}.`,
    );
  }
  positional.forEach((x, i) => {
    if (x !== undefined) result[names[i]] = x;
  });
  if (count > 0 && isOptions(last)) {
    for (const [key, value] of Object.entries(last)) {
      if (!names.includes(key) && !keywordOnly.includes(key)) {
        throw new TypeError(unknownArgument(where, key, [...names, ...keywordOnly]));
      }
      if (value === undefined) continue;
      if (key in result) throw new TypeError(`${where}() got multiple values for argument '${key}'.`);
      result[key] = value;
    }
  }
  return result as Partial<T>;
}

/** A non-negative axis. @throws ValueError when it is out of range */
export function canonicalizeAxis(axis: number, ndim: number): number {
  if (typeof axis !== "number" || !Number.isInteger(axis)) {
    throw new TypeError(
      `axis must be an integer, got ${String(axis)}. Axes are static: they cannot be traced arrays.`,
    );
  }
  const k = axis < 0 ? axis + ndim : axis;
  if (k < 0 || k >= ndim)
    throw new ValueError(`axis ${axis} is out of bounds for array of dimension ${ndim}`);
  return k;
}

/** Non-negative axes in the order given; null means all. @throws ValueError for duplicates */
export function canonicalizeAxes(axis: Axis | undefined, ndim: number): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: ndim }, (_, i) => i);
  const axes = (Array.isArray(axis) ? axis : [axis as number]).map((a) => canonicalizeAxis(a, ndim));
  if (new Set(axes).size !== axes.length)
    throw new ValueError(`duplicate value in 'axis': ${Array.isArray(axis) ? `(${axis.join(", ")})` : axis}`);
  return axes;
}

/** A shape given as a number or a list. @throws TypeError for tracers and other values */
export function canonicalizeShape(shape: unknown, where: string): number[] {
  const list = typeof shape === "number" || shape instanceof NDArray ? [shape] : shape;
  const dims = Array.isArray(list) ? list : ArrayBuffer.isView(list) ? Array.from(list as Int32Array) : null;
  if (dims === null || !dims.every((d) => typeof d === "number" && Number.isInteger(d))) {
    const shown =
      dims === null ? String(shape) : `(${dims.map(String).join(", ")}${dims.length === 1 ? "," : ""})`;
    throw new TypeError(
      `Shapes must be 1D sequences of concrete values of integer type, got ${shown} in ${where}.\n` +
        "If using `jit`, try using `staticArgnums` or applying `jit` to smaller subfunctions.",
    );
  }
  if (dims.some((d) => d < 0))
    throw new TypeError(
      `${where}: shape must have every element be nonnegative, got ${shapeStr(dims as number[])}.`,
    );
  return dims as number[];
}
