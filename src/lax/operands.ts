import { NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import { leafToArray, literal, type Scalar, scalar } from "../core/values.ts";
import {
  type DType,
  type DTypeCategory,
  float0,
  float32,
  int32,
  isInexact,
  isInteger,
  issubdtype,
} from "../dtypes/index.ts";
import { type LaxOperand, ops } from "./ops.ts";

/** The families of dtypes that an operand may have, in the order in which messages list them. */
export type Accepts = readonly ("bool" | "float32" | "float64" | DTypeCategory)[];
export const inexact: Accepts = ["floating", "complexfloating"];
export const floating: Accepts = ["floating"];
export const numeric: Accepts = ["integer", "floating", "complexfloating"];
export const integral: Accepts = ["integer"];
export const boolOrInteger: Accepts = ["integer", "bool"];
export const ordered: Accepts = ["integer", "floating", "bool"];
export const anyDType: Accepts = ["integer", "floating", "complexfloating", "bool"];

export function accepts(dtype: DType, families: Accepts): boolean {
  return families.some((f) => issubdtype(dtype, f as DTypeCategory));
}

function isNumber(x: unknown): x is number | bigint {
  return typeof x === "number" || typeof x === "bigint";
}

/** @throws TypeError for what is no array, scalar or typed array. */
function toArray(x: unknown, name: string, position: number): NDArray {
  const array = leafToArray(x);
  if (array !== null) return array;
  throw new TypeError(
    `Error interpreting argument to ${name} as a JAX value. The problematic value is of type ` +
      `${typeName(x)} and was passed to ${name} at position ${position}.`,
  );
}
function typeName(x: unknown): string {
  if (x === null) return "null";
  return typeof x === "object" ? (x.constructor?.name ?? "object") : typeof x;
}

const weakFloat = shapedArray([], float32, true);

/** The operand of a function of one argument; a number is a float where only floats are accepted. */
export function unaryOperand(x: LaxOperand, name: string, families: Accepts = anyDType): NDArray {
  if (x instanceof NDArray) return x;
  if (typeof x === "number" && !families.includes("integer")) return literal(x, weakFloat);
  return toArray(x, name, 0);
}

/**
 * The operands of a function of several arguments that share a dtype. A lone number takes the dtype of the others where it can
 * (2 is an integer, a float and complex, 2.5 no integer), as a weakly typed literal. Integers among themselves are of dtype `integers`.
 */
export function sameDTypeOperands(
  xs: readonly LaxOperand[],
  name: string,
  first = 0,
  integers = int32,
): NDArray[] {
  let allArrays = true;
  for (const x of xs) allArrays &&= x instanceof NDArray;
  if (allArrays) return xs as NDArray[];
  const arrays = xs.map((x, i) => (isNumber(x) ? x : toArray(x, name, first + i)));
  const strong = arrays.find((x) => x instanceof NDArray);
  const dtype =
    strong?.dtype ?? (arrays.every((x) => literal(x as number).dtype === int32) ? integers : float32);
  return arrays.map((x) => (x instanceof NDArray ? x : numberOperand(x, dtype)));
}

/** A number as a weak literal of `dtype` where that dtype can hold it, else of its own. */
export function numberOperand(x: number | bigint, dtype: DType): NDArray {
  const integral = typeof x === "bigint" || (Number.isInteger(x) && !Object.is(x, -0));
  const fits = isInexact(dtype) || (isInteger(dtype) && integral);
  return fits ? literal(x, shapedArray([], dtype, true)) : literal(x);
}

// Literals of rules.

/** A scalar constant beside `x`, weakly typed when `x` is a weakly typed scalar. */
export function constLike(x: NDArray, value: Scalar): NDArray {
  return scalar(value, x.dtype, x.weakType && x.ndim === 0);
}
/** A scalar constant of the dtype and weak type of `x`. */
export function scalarLike(x: NDArray, value: Scalar): NDArray {
  return scalar(value, x.dtype, x.weakType);
}

/** `x` with 1 in place of 0: a divisor where the quotient does not matter at 0. */
export function replaceZero(x: NDArray): NDArray {
  return ops.select(ops.eq(x, constLike(x, 0)), ops.fullLike(x, 1), x);
}

// Checks of shape-and-dtype rules.

export const float0Message =
  "float0s do not support any operations by design, because they are not compatible with non-trivial vector " +
  "spaces. No implicit dtype conversion is done. You can use jnp.zeros to make a regular zeros array. \n" +
  "If you didn't expect to get a float0 you might have accidentally taken a gradient with respect to an integer " +
  "argument.";

/** @throws TypeError when the operand of a one-argument operation has a dtype outside its families. */
export function checkUnaryDType(name: string, aval: ShapedArray, families: Accepts): void {
  if (accepts(aval.dtype, families)) return;
  if (aval.dtype === float0) throw new TypeError(`Called ${name} with a float0 array. ${float0Message}`);
  throw new TypeError(
    `${name} does not accept dtype ${aval.dtype.name}. Accepted dtypes are subtypes of ${families.join(", ")}.`,
  );
}

/** {@link checkUnaryDType} for one of several operands. */
export function checkDTypeAt(name: string, aval: ShapedArray, families: Accepts, i: number): void {
  if (accepts(aval.dtype, families)) return;
  if (aval.dtype === float0)
    throw new TypeError(`Called ${name} with a float0 at position ${i}. ${float0Message}`);
  throw new TypeError(
    `${name} does not accept dtype ${aval.dtype.name} at position ${i}. ` +
      `Accepted dtypes at position ${i} are subtypes of ${families.join(", ")}.`,
  );
}

/** The function of jnp that promotes its arguments, for the tip in the message about mixed dtypes. */
const jnpEquivalents: Readonly<Record<string, string>> = {
  add: "add",
  atan2: "arctan2",
  concatenate: "concatenate",
  div: "divide",
  eq: "equal",
  max: "maximum",
  min: "minimum",
  mul: "multiply",
  ne: "not_equal",
  nextafter: "nextafter",
  pow: "float_power",
  select: "where",
  shift_left: "left_shift",
  shift_right_logical: "right_shift",
  shift_right_arithmetic: "right_shift",
  sub: "subtract",
};

/** @throws TypeError when the dtypes differ. */
export function checkSameDTypes(name: string, avals: readonly ShapedArray[]): void {
  for (let i = 1; i < avals.length; i++) {
    if (avals[i].dtype === avals[0].dtype) continue;
    const tip = jnpEquivalents[name];
    throw new TypeError(
      `lax.${name} requires arguments to have the same dtypes, got ${avals.map((a) => a.dtype.name).join(", ")}.` +
        (tip === undefined
          ? ""
          : ` (Tip: jnp.${tip} is a similar function that does automatic type promotion on inputs).`),
    );
  }
}

/**
 * The shape that operands of equal rank broadcast to, size-1 axes stretching; scalars go with anything.
 * @throws TypeError when ranks or sizes do not fit.
 */
export function broadcastedShape(name: string, avals: readonly ShapedArray[]): readonly number[] {
  let shape: readonly number[] | undefined;
  let same = true;
  for (const a of avals) {
    if (a.ndim === 0) continue;
    if (shape === undefined) shape = a.shape;
    else if (!shapesEqual(shape, a.shape)) same = false;
  }
  if (shape === undefined) return [];
  if (same) return shape;
  const shapes = avals.filter((a) => a.ndim > 0).map((a) => a.shape);
  const ranks = [...new Set(shapes.map((s) => s.length))].sort((a, b) => a - b);
  if (ranks.length > 1) {
    throw new TypeError(`${name}: arrays must have the same number of dimensions, got {${ranks.join(", ")}}`);
  }
  return shape.map((_, axis) => {
    const sizes = shapes.map((s) => s[axis]).filter((n) => n !== 1);
    if (sizes.length === 0) return 1;
    if (sizes.every((n) => n === sizes[0])) return sizes[0];
    throw new TypeError(
      `${name} got incompatible shapes for broadcasting: ${shapes.map(shapeStr).join(", ")}.`,
    );
  });
}
