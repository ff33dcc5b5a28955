import { NDArray } from "../core/array.ts";
import { pythonStr } from "../core/pythonText.ts";
import { AttributeError, KeyError } from "../errors.ts";
import { quote, repr, typeName } from "../tree/repr.ts";
import { type Formattable, formatValue } from "./formatSpec.ts";
import { argumentOf, type Field, type FormatString } from "./formatString.ts";

/** Named arguments. */
export type Named = Readonly<Record<string, unknown>>;

/** A format string with its fields filled in, as Python's `str.format`. */
export function fillIn(format: FormatString, args: readonly unknown[], named: Named): string {
  return format
    .map((part) => {
      if (typeof part === "string") return part;
      const value = lookUp(argumentOf(part, args, named), part.path);
      return fieldText(value, part.conversion, fillIn(part.spec, args, named));
    })
    .join("");
}

function lookUp(start: unknown, path: Field["path"]): unknown {
  let value = start;
  for (const { kind, name } of path) value = kind === "item" ? itemOf(value, name) : attributeOf(value, name);
  return value;
}

function itemOf(value: unknown, name: string): unknown {
  const key = /^\d+$/.test(name) ? Number(name) : name;
  if (value instanceof NDArray) return value.get(key);
  if (value instanceof Map && value.has(key)) return value.get(key);
  if (typeof value === "object" && value !== null && Object.hasOwn(value, key)) {
    return (value as Record<string | number, unknown>)[key];
  }
  throw new KeyError(typeof key === "number" ? String(key) : quote(key));
}

function attributeOf(value: unknown, name: string): unknown {
  // Shapes are tuples in Python.
  if (value instanceof NDArray && name === "shape") return pythonStr(value.shape);
  const found = (value as Record<string, unknown> | null | undefined)?.[name];
  if (found === undefined) throw new AttributeError(`'${typeName(value)}' object has no attribute '${name}'`);
  return found;
}

function fieldText(value: unknown, conversion: Field["conversion"], spec: string): string {
  if (conversion !== null) {
    return formatValue({ kind: "str", value: conversion === "s" ? strOf(value) : reprOf(value) }, spec);
  }
  const simple = formattable(value);
  if (simple !== null) return formatValue(simple, spec);
  if (spec === "") return strOf(value);
  const type = value instanceof NDArray ? "numpy.ndarray" : typeName(value ?? null);
  throw new TypeError(`unsupported format string passed to ${type}.__format__`);
}

/** A scalar as the Python value that it is formatted as: a float32 with all digits of the double that it is. */
function formattable(value: unknown): Formattable | null {
  switch (typeof value) {
    case "string":
      return { kind: "str", value };
    case "boolean":
      return { kind: "bool", value };
    case "bigint":
      return { kind: "int", value };
    case "number":
      return Number.isSafeInteger(value) ? { kind: "int", value: BigInt(value) } : { kind: "float", value };
  }
  if (!(value instanceof NDArray) || value.ndim > 0) return null;
  switch (value.dtype.kind) {
    case "bool":
      return { kind: "bool", value: value.item() as boolean };
    case "int":
    case "uint":
      return { kind: "int", value: BigInt(value.item() as number | bigint) };
    case "float":
      return { kind: "float", value: value.item() as number };
    case "complex":
      return { kind: "complex", value: value.item() as unknown as { re: number; im: number } };
    default:
      return null;
  }
}

function strOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof NDArray ? String(value) : reprOf(value);
}

/** A value as Python's `repr` shows it, arrays as `Array(...)`. */
function reprOf(value: unknown): string {
  if (value === undefined) return "None";
  if (value instanceof NDArray) {
    const inspect = (value as unknown as Record<symbol, () => string>)[
      Symbol.for("nodejs.util.inspect.custom")
    ];
    return inspect.call(value);
  }
  if (Array.isArray(value)) return `[${value.map(reprOf).join(", ")}]`;
  if (value instanceof Map) {
    return `Map({${[...value].map(([k, v]) => `${reprOf(k)}: ${reprOf(v)}`).join(", ")}})`;
  }
  const proto: unknown =
    typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (proto === Object.prototype || proto === null) {
    const entries = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${quote(key)}: ${reprOf(item)}`).join(", ")}}`;
  }
  return repr(value);
}
