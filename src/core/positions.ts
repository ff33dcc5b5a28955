import { ResourceExhaustedError } from "../errors.ts";
import { sizeOf } from "./aval.ts";

/** Programs count in int32: along an axis, and along the axes that a reshape takes for one, there are at most this many elements. */
export const maxPositions = 2 ** 31 - 1;

/** @throws ResourceExhaustedError when the elements of a shape cannot be counted along its axes, or, where `flat`, one after the other */
export function checkPositions(shape: readonly number[], flat = false): void {
  if (flat ? sizeOf(shape) <= maxPositions : shape.every((n) => n <= maxPositions)) return;
  throw new ResourceExhaustedError(
    `A value of shape [${shape.join(", ")}] has more elements ${flat ? "to be counted in one row" : "along an axis"} than programs can tell apart, ` +
      `which is ${maxPositions}. Use more axes, or work in smaller pieces.`,
  );
}
