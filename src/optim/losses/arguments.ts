import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { isFloating, isInteger } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { toArray } from "../../numpy/promote.ts";

/** An argument that must be an array of floats; a lone number is one. @throws TypeError otherwise */
export function floatArgument(where: string, name: string, x: ArrayLike): NDArray {
  const array = toArray(x, where);
  if (!isFloating(array.dtype)) {
    throw new TypeError(`${where}: ${name} must be of a floating-point dtype, got ${array.dtype.name}.`);
  }
  return array;
}

/** @throws TypeError unless the array is of integers */
export function integerArgument(where: string, name: string, x: ArrayLike): NDArray {
  const array = toArray(x, where);
  if (!isInteger(array.dtype)) {
    throw new TypeError(`${where}: ${name} must be of an integer dtype, got ${array.dtype.name}.`);
  }
  return array;
}

/** @throws ValueError when two shapes differ */
export function checkSameShape(where: string, a: ArrayLike, b: ArrayLike): void {
  const [x, y] = [toArray(a, where).shape, toArray(b, where).shape];
  if (x.length !== y.length || x.some((n, i) => n !== y[i])) {
    throw new ValueError(`${where}: shapes must be equal, got ${shapeStr(x)} and ${shapeStr(y)}.`);
  }
}
