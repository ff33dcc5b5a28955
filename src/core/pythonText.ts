import { DType } from "../dtypes/index.ts";

/** An integer that JAX holds as a NumPy scalar and therefore prints as one. */
const numpyInts = new WeakMap<readonly number[], readonly boolean[]>();
/**
 * Marks entries of a parameter tuple as NumPy integers, which JAX prints as `np.int64(1)`. JAX's batching and transpose rules compute
 * some of their axes with NumPy, and the printed form shows it.
 */
export function asNumpyInts<T extends readonly number[]>(values: T, which?: (index: number) => boolean): T {
  numpyInts.set(
    values,
    values.map((_, i) => which?.(i) ?? true),
  );
  return values;
}

/** Whether an entry of a parameter tuple is marked by {@link asNumpyInts}. */
export function isNumpyInt(values: readonly number[], index: number): boolean {
  return numpyInts.get(values)?.[index] ?? false;
}

/** A value as Python shows it inside a tuple: strings are quoted. */
function pythonRepr(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : pythonStr(value);
}

/** A value as Python's `str` shows it. */
export function pythonStr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof DType) return value.name;
  if (Array.isArray(value)) {
    const marks = numpyInts.get(value);
    const items = value.map((v, i) => (marks?.[i] ? `np.int64(${v})` : pythonRepr(v)));
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
  }
  if (typeof value === "function") return (value as { name: string }).name || "<lambda>";
  return String(value);
}
