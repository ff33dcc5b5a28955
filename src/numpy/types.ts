import { type ArrayLike, NDArray } from "../core/array.ts";
import { ShapeDtypeStruct } from "../core/aval.ts";
import {
  asDType,
  bool,
  DType,
  type DTypeLike,
  finfo,
  promoteTypes as promote,
  promoteEntries,
  realDType,
  type TypeEntry,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { toArray } from "./promote.ts";

/**
 * The dtype to which JAX's promotion lattice brings arrays, scalars and dtypes; lone numbers count as weakly typed.
 *
 * @example
 * ```ts
 * jnp.resultType(jnp.int32(1), 0.5).name; // => "float32"
 * ```
 */
export function resultType(...args: (ArrayLike | DTypeLike)[]): DType {
  return resultEntry(args).dtype;
}
/** {@link resultType} with its weakness. */
export function resultEntry(args: readonly (ArrayLike | DTypeLike)[]): TypeEntry {
  if (args.length === 0) throw new TypeError("resultType requires at least one argument.");
  return promoteEntries(args.map(entry));
}
function entry(x: ArrayLike | DTypeLike): TypeEntry {
  if (x instanceof NDArray) return x.aval;
  if (x instanceof ShapeDtypeStruct) return x;
  if (x instanceof DType || typeof x === "string" || typeof x === "function")
    return { dtype: asDType(x as DTypeLike), weakType: false };
  return toArray(x, "resultType").aval;
}

/** The dtype that holds the values of two dtypes in JAX's lattice. @example `jnp.promoteTypes("int32", "float32").name; // => "float32"` */
export function promoteTypes(a: DTypeLike, b: DTypeLike): DType {
  return promote(asDType(a), asDType(b));
}

type Casting = "no" | "equiv" | "safe" | "same_kind" | "unsafe";

/** Significant bits of a number of the dtype: of the integer, or of the mantissa. */
function precisionOf(d: DType): number {
  if (d === bool) return 1;
  if (d.kind === "int") return d.bits - 1;
  if (d.kind === "uint") return d.bits;
  return finfo(d).nmant + 1;
}
/** Whether every value of `a` is one of `b`, as NumPy decides it: 64-bit integers count as safe in float64. */
function isSafe(a: DType, b: DType): boolean {
  if (a === b || a === bool) return true;
  const rank = (d: DType): number =>
    d === bool ? 0 : d.kind === "uint" ? 1 : d.kind === "int" ? 2 : d.kind === "float" ? 3 : 4;
  if (rank(a) > rank(b) || b === bool) return false;
  if (rank(b) === 4) return isSafe(realDType(a), realDType(b));
  if (rank(b) < 3) return precisionOf(a) <= precisionOf(b) && (a.kind === b.kind || a.kind === "uint");
  if (rank(a) < 3) return precisionOf(a) <= precisionOf(b) || b.bits === 64;
  return precisionOf(a) <= precisionOf(b) && finfo(a).maxexp <= finfo(b).maxexp;
}

/**
 * Whether one dtype may be cast to another: "safe" (the default) keeps every value, "same_kind" stays among integers or floats or goes up,
 * "unsafe" allows all, "no" and "equiv" none but the same dtype.
 *
 * @example
 * ```ts
 * jnp.canCast("int32", "float32"); // => false
 * ```
 */
export function canCast(
  from: DTypeLike,
  to: DTypeLike,
  casting: Casting | { casting?: Casting } = "safe",
): boolean {
  const rule = typeof casting === "string" ? casting : (casting.casting ?? "safe");
  const a = asDType(from);
  const b = asDType(to);
  switch (rule) {
    case "no":
    case "equiv":
      return a === b;
    case "safe":
      return isSafe(a, b);
    case "same_kind": {
      const order = ["bool", "uint", "int", "float", "complex"];
      return isSafe(a, b) || order.indexOf(a.kind) <= order.indexOf(b.kind);
    }
    case "unsafe":
      return true;
    default:
      throw new ValueError(
        `casting must be one of 'no', 'equiv', 'safe', 'same_kind', or 'unsafe', got ${String(rule)}`,
      );
  }
}

/** The dtype of a name, dtype or `jnp` scalar type. @example `jnp.dtype("float32").itemsize; // => 4` */
export function dtype(like: DTypeLike): DType {
  return asDType(like);
}
