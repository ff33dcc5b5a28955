/** What JAX has in `jax.dtypes`: `dtypes.issubdtype`, `dtypes.canonicalizeDtype`, ... */
import type { ArrayLike } from "../core/array.ts";
import { asDType, type DType, type DTypeCategory, type DTypeLike, isKey } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { dtype as dtypeOf } from "../lax/dtypeOf.ts";
import { resultEntry } from "./types.ts";

export { bfloat16, float0, issubdtype } from "../dtypes/index.ts";
export { TypePromotionError } from "../errors.ts";

/** The family of dtypes that NumPy does not have, for {@link issubdtype}: those of random keys. */
export const extended: DTypeCategory = "extended";
/** The family of the dtypes of random keys, for {@link issubdtype}: `dtypes.issubdtype(key.dtype, dtypes.prngKey)`. */
export const prngKey: DTypeCategory = "prngKey";

/**
 * The dtype that arrays of the given one have. As 64-bit dtypes need no switch here, that is the given one.
 *
 * @throws ValueError for the dtype of random keys, unless `allowExtendedDtype`
 * @example
 * ```ts
 * dtypes.canonicalizeDtype("float64").name; // => "float64"
 * ```
 */
export function canonicalizeDtype(
  dtype: DTypeLike,
  allowExtendedDtype: boolean | { allowExtendedDtype?: boolean } = false,
): DType {
  const result = asDType(dtype);
  const allowed =
    typeof allowExtendedDtype === "boolean"
      ? allowExtendedDtype
      : allowExtendedDtype.allowExtendedDtype === true;
  if (isKey(result) && !allowed) {
    throw new ValueError(
      `canonicalizeDtype called on extended dtype ${result.name} with allowExtendedDtype=false`,
    );
  }
  return result;
}

/**
 * How many bits an element takes: 4 for int4, 8 for bool.
 *
 * @throws ValueError for dtypes without numbers
 * @example
 * ```ts
 * dtypes.itemsizeBits("complex64"); // => 64
 * ```
 */
export function itemsizeBits(dtype: DTypeLike): number {
  if (dtype === null || dtype === undefined) throw new ValueError("dtype cannot be None.");
  const { kind, bits } = asDType(dtype);
  if (kind === "key" || kind === "void") throw new ValueError(`unexpected input: dtype=${asDType(dtype)}`);
  return bits;
}

/**
 * Which kind of Python's scalars a value has the elements of.
 *
 * @throws TypeError for values without a dtype, and for keys
 * @example
 * ```ts
 * dtypes.scalarTypeOf(jnp.uint8(3)); // => "int"
 * ```
 */
export function scalarTypeOf(x: unknown): "bool" | "int" | "float" | "complex" {
  const { kind } = dtypeOf(x);
  if (kind === "uint") return "int";
  if (kind === "key" || kind === "void") throw new TypeError(`Invalid scalar value ${String(x)}`);
  return kind;
}

type Typed = ArrayLike | DTypeLike;

/**
 * The dtype that arrays, scalars and dtypes are promoted to together; with `{ returnWeakTypeFlag: true }` as the last argument a pair of
 * it and whether it is weak.
 *
 * @throws TypePromotionError where they have none in common
 * @example
 * ```ts
 * dtypes.resultType(1, 2.5, { returnWeakTypeFlag: true }).join(); // => "float32,true"
 * ```
 */
export function resultType(...args: Typed[]): DType;
export function resultType(...args: [...Typed[], { returnWeakTypeFlag: true }]): [DType, boolean];
export function resultType(...args: unknown[]): DType | [DType, boolean] {
  const last = args.at(-1);
  const flagged = typeof last === "object" && last !== null && "returnWeakTypeFlag" in last;
  const { dtype, weakType } = resultEntry((flagged ? args.slice(0, -1) : args) as Typed[]);
  return flagged && last.returnWeakTypeFlag === true ? [dtype, weakType] : dtype;
}
