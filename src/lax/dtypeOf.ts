import { NDArray } from "../core/array.ts";
import { ShapeDtypeStruct, type ShapedArray } from "../core/aval.ts";
import { leafToArray } from "../core/values.ts";
import { asDType, DType, type DTypeLike } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";

/**
 * The type of a value: shape, dtype and whether it is weak, also of tracers.
 *
 * @throws TypeError for what is no array or scalar
 * @example
 * ```ts
 * String(typeOf(jnp.ones([2, 3]))); // => "float32[2,3]"
 * ```
 */
export function typeOf(x: unknown): ShapedArray {
  const array = leafToArray(x);
  if (array !== null) return array.aval;
  throw new TypeError(
    `Argument '${typeof x === "symbol" ? "symbol" : x}' of type ${nameOfType(x)} is not a valid JAX type`,
  );
}

/**
 * The dtype of a value, or the one that a name stands for. (`jnp.dtype` takes names only.)
 *
 * @throws ValueError for null, TypeError for what has no dtype
 * @example
 * ```ts
 * lax.dtype(2.5).name; // => "float32"
 * ```
 */
export function dtype(x: unknown): DType {
  if (x === null || x === undefined) throw new ValueError(`Invalid argument to dtype: ${x}.`);
  if (x instanceof NDArray || x instanceof ShapeDtypeStruct) return x.dtype;
  if (x instanceof DType || typeof x === "string") return asDType(x as DTypeLike);
  const array = leafToArray(x);
  if (array !== null) return array.dtype;
  const like = (x as { dtype?: unknown }).dtype;
  if (like instanceof DType) return like;
  throw new TypeError(`Cannot determine dtype of a value of type ${nameOfType(x)}`);
}

function nameOfType(x: unknown): string {
  return typeof x === "object" && x !== null ? (x.constructor?.name ?? "object") : typeof x;
}
