import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { ValueError } from "../../errors.ts";
import { promoteArgsInexact } from "../promote.ts";

/** The matrices of an argument as floats: integers and booleans become float32. */
export function matrixArgument(name: string, a: ArrayLike): NDArray {
  return promoteArgsInexact(`jnp.linalg.${name}`, a)[0];
}

/** @throws ValueError unless the last two dimensions are there and equal */
export function checkSquare(name: string, a: NDArray): void {
  const { shape, ndim } = a;
  if (ndim >= 2 && shape[ndim - 1] === shape[ndim - 2]) return;
  throw new ValueError(`Argument to ${name}() must have shape [..., n, n], got ${shapeStr(shape)}`);
}
