import type { ArrayLike, NDArray } from "../../core/array.ts";
import { float32, float64, isComplex } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { broadcastToShape, promoteArgsInexact, toArray } from "../../numpy/promote.ts";

/** The arguments in one floating dtype. @throws ValueError for complex ones */
export function realArguments(name: string, ...args: readonly ArrayLike[]): NDArray[] {
  const arrays = promoteArgsInexact(name, ...args);
  if (isComplex(arrays[0].dtype)) throw new ValueError(`${name} does not support complex-valued inputs.`);
  return arrays;
}

/** A float32 or float64 array; a lone number is a float32. @throws TypeError for other dtypes */
export function singleOrDouble(name: string, x: ArrayLike): NDArray {
  const array = typeof x === "number" ? promoteArgsInexact(name, x)[0] : toArray(x, name);
  if (array.dtype !== float32 && array.dtype !== float64) {
    throw new TypeError(
      `${name}: x.dtype=${array.dtype.name} is not supported; it must be float32 or float64.`,
    );
  }
  return array;
}

/** Arrays of one shape: the functions of lax do not broadcast. */
export function broadcast(arrays: readonly NDArray[]): NDArray[] {
  const shape = lax.broadcastShapes(...arrays.map((x) => x.shape));
  return arrays.map((x) => broadcastToShape(x, shape));
}
