import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { literal } from "../core/values.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  float32,
  isComplex,
  isFloating,
  requireComputable,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { canonicalizeShape } from "../numpy/arguments.ts";
import { checkBroadcast, toArray } from "../numpy/promote.ts";

export type Shape = number | readonly number[];
/** What most samplers take: the shape of the result and its dtype. */
export interface SampleOptions {
  shape?: Shape;
  dtype?: DTypeLike;
}

/** The dtype that is asked for, default float32. @throws ValueError unless it is a float */
export function floatDType(name: string, dtype: DTypeLike | undefined): DType {
  const d = dtype === undefined ? float32 : asDType(dtype);
  if (!isFloating(d)) throw new ValueError(`dtype argument to \`${name}\` must be a float dtype, got ${d}`);
  requireComputable(d, `random.${name}`);
  return d;
}
/** {@link floatDType}, or a complex dtype. */
export function inexactDType(name: string, dtype: DTypeLike | undefined): DType {
  return dtype !== undefined && isComplex(asDType(dtype)) ? asDType(dtype) : floatDType(name, dtype);
}
export const shapeOf = (name: string, shape: Shape | undefined): number[] =>
  canonicalizeShape(shape ?? [], `random.${name}`);

/** @throws ValueError when parameters do not broadcast to `shape` */
export function checkShape(name: string, shape: readonly number[], ...params: NDArray[]): void {
  if (params.length === 0) return;
  const result = checkBroadcast([shape, ...params.map((p) => p.shape)], name);
  if (result.join() !== shape.join()) {
    throw new ValueError(
      `${name} parameter shapes must be broadcast-compatible with shape argument, and the result of broadcasting the shapes must equal the shape argument, ` +
        `but got result (${result.join(", ")}) for shape argument (${shape.join(", ")}).`,
    );
  }
}

const weakFloat = shapedArray([], float32, true);
/** A parameter of a distribution: a lone number is a weakly typed float. */
export function toFloat(x: ArrayLike): NDArray {
  if (typeof x === "number") return Number.isInteger(x) ? literal(x, weakFloat) : literal(x);
  return toArray(x, "random");
}
