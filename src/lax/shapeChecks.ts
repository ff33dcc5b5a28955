import type { NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { ValueError } from "../errors.ts";
import { unaryOperand } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

/** The operand of a function that only moves data: numbers are weak scalars, typed arrays one-dimensional arrays. */
export function dataOperand(x: LaxOperand, name: string): NDArray {
  return unaryOperand(x, name);
}

/** An axis in [-ndim, ndim) counted from the front. @throws ValueError when out of range. */
export function canonicalizeAxis(axis: number, ndim: number): number {
  if (!Number.isInteger(axis)) throw new TypeError(`an axis must be an integer, got ${String(axis)}`);
  if (axis < -ndim || axis >= ndim) {
    throw new ValueError(`axis ${axis} is out of bounds for array of dimension ${ndim}`);
  }
  return axis < 0 ? axis + ndim : axis;
}

/**
 * A shape given by the user, copied.
 * @throws TypeError for entries that are not integers.
 */
export function canonicalizeShape(shape: readonly number[]): number[] {
  if (!isIntList(shape)) {
    throw new TypeError(
      `Shapes must be 1D sequences of concrete values of integer type, got ${describe(shape)}.`,
    );
  }
  return Array.from(shape);
}

/** @throws TypeError unless `values` is a list of nonnegative integers. */
export function checkShapelike(name: string, what: string, values: readonly number[]): void {
  if (!isIntList(values)) {
    throw new TypeError(
      `${name} ${what} must have every element be an integer type, got ${describe(values)}.`,
    );
  }
  if (values.some((v) => v < 0)) {
    throw new TypeError(`${name} ${what} must have every element be nonnegative, got ${shapeStr(values)}.`);
  }
}

export function isIntList(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every((v) => Number.isInteger(v));
}
function describe(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(String).join(", ")}]` : String(value);
}
