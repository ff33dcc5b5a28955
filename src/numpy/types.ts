import { type ArrayLike, NDArray } from "../core/array.ts";
import { ShapeDtypeStruct } from "../core/aval.ts";
import {
  asDType,
  bool,
  DType,
  type DTypeLike,
  promoteTypes as promote,
  promoteEntries,
} from "../dtypes/index.ts";
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
  if (args.length === 0) throw new TypeError("resultType requires at least one argument.");
  return promoteEntries(args.map(entry)).dtype;
}
function entry(x: ArrayLike | DTypeLike): { dtype: DType; weakType: boolean } {
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

/** Whether values of `from` convert to `to` without promotion changing it. */
export function canCast(from: DTypeLike, to: DTypeLike): boolean {
  const target = asDType(to);
  return asDType(from) === bool || promote(asDType(from), target) === target;
}

/** The dtype of an array, scalar or dtype. */
export function dtypeOf(x: ArrayLike | DTypeLike): DType {
  return entry(x).dtype;
}
