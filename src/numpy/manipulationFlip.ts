import { type ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxes, canonicalizeAxis, readOptions } from "./arguments.ts";
import { remainder } from "./binary.ts";
import { iterateRows } from "./indexingBasic.ts";
import { broadcastTo } from "./manipulationBroadcast.ts";
import { transpose } from "./manipulationShape.ts";
import { convert, toArray } from "./promote.ts";

const flipJit = jit((x: NDArray, axes: readonly number[]): NDArray => lax.rev(x, axes), {
  name: "_flip",
  staticArgnums: 1,
});
/**
 * Reverses the order along all axes, or those given.
 *
 * @throws ValueError for an axis out of range
 * @example
 * ```ts
 * String(jnp.flip(jnp.array([[1, 2], [3, 4]]), 1)); // => "[[2. 1.]\n [4. 3.]]"
 * ```
 */
export function flip(m: ArrayLike, axis?: Axis | { axis?: Axis }): NDArray {
  const o = readOptions<{ axis: Axis }>("flip", ["axis"], [axis]);
  const x = toArray(m, "flip");
  return flipJit(x, canonicalizeAxes(o.axis, x.ndim));
}
/** Reverses the rows: along the first axis. @example `String(jnp.flipud(jnp.array([1, 2]))); // => "[2. 1.]"` */
export const flipud = (m: ArrayLike): NDArray => flip(m, 0);
/** Reverses each row: along the second axis. @example `String(jnp.fliplr(jnp.array([[1, 2]]))); // => "[[2. 1.]]"` */
export const fliplr = (m: ArrayLike): NDArray => flip(m, 1);

const rot90Jit = jit(
  (x: NDArray, turns: number, first: number, second: number): NDArray => {
    if (turns === 0) return x;
    if (turns === 2) return flip(flip(x, first), second);
    const order = x.shape.map((_, i) => i);
    [order[first], order[second]] = [second, first];
    return turns === 1 ? transpose(flip(x, second), order) : flip(transpose(x, order), second);
  },
  { name: "rot90", staticArgnums: [1, 2, 3] },
);
/**
 * Turns an array by `k` quarter turns in the plane of two axes, from the first towards the second.
 *
 * @throws ValueError for fewer than two axes or equal axes
 * @example
 * ```ts
 * String(jnp.rot90(jnp.array([[1, 2], [3, 4]]))); // => "[[2. 4.]\n [1. 3.]]"
 * ```
 */
export function rot90(
  m: ArrayLike,
  ...args: [(number | { k?: number; axes?: readonly [number, number] })?, ...unknown[]]
): NDArray {
  const o = readOptions<{ k: number; axes: readonly [number, number] }>("rot90", ["k", "axes"], args);
  const x = toArray(m, "rot90");
  if (x.ndim < 2) {
    throw new ValueError(
      "rot90 requires its first argument to have ndim at least two, but got first argument of shape " +
        `${shapeStr(x.shape)}, which has ndim ${x.ndim}`,
    );
  }
  const [first, second] = (o.axes ?? [0, 1]).map((k) => canonicalizeAxis(k, x.ndim));
  if (first === second) throw new ValueError("Axes must be different");
  const k = o.k ?? 1;
  return rot90Jit(x, ((k % 4) + 4) % 4, first, second);
}

const rollStaticJit = jit(
  (x: NDArray, shifts: readonly number[], axes: readonly number[]): NDArray => {
    let result = x;
    axes.forEach((axis, i) => {
      const size = x.shape[axis];
      if (size === 0) return;
      const start = ((-shifts[i] % size) + size) % size;
      result = lax.concatenate(
        [lax.sliceInDim(result, start, size, 1, axis), lax.sliceInDim(result, 0, start, 1, axis)],
        axis,
      );
    });
    return result;
  },
  { name: "_roll_static", staticArgnums: [1, 2] },
);

const rollDynamicJit = jit(
  (x: NDArray, shift: NDArray, axes: readonly number[]): NDArray => {
    const shape = lax.broadcastShapes(shift.shape, [axes.length]);
    if (shape.length !== 1) {
      throw new ValueError("'shift' and 'axis' arguments to roll must be scalars or 1D arrays");
    }
    let result = x;
    iterateRows(broadcastTo(shift, shape)).forEach((s, i) => {
      const axis = axes[axes.length === 1 ? 0 : i];
      const size = scalar(x.shape[axis], int32);
      const by = remainder(convert(s, int32), lax.max(size, scalar(1, int32)));
      const twice = lax.concatenate([result, result], axis);
      result = lax.dynamicSliceInDim(twice, lax.sub(size, by), x.shape[axis], axis);
    });
    return result;
  },
  { name: "_roll_dynamic", staticArgnums: 2 },
);

interface RollOptions {
  axis?: Axis;
}
/**
 * Shifts elements along an axis, and those that leave at the end come back in front; without an axis the flattened array. Shifts may be
 * traced; several shifts go with several axes.
 *
 * @throws ValueError for an axis out of range
 * @example
 * ```ts
 * String(jnp.roll(jnp.arange(5), 2)); // => "[3 4 0 1 2]"
 * ```
 */
export function roll(
  a: ArrayLike,
  shift: number | readonly number[] | NDArray,
  axis?: Axis | RollOptions,
): NDArray {
  const o = readOptions<RollOptions>("roll", ["axis"], [axis]);
  const x = toArray(a, "roll");
  if (o.axis === undefined || o.axis === null) {
    if (x.ndim === 1) return roll(x, shift, 0);
    return lax.reshape(roll(lax.reshape(x, [x.size]), shift, 0), x.shape);
  }
  const axes = (typeof o.axis === "number" ? [o.axis] : o.axis).map((k) => canonicalizeAxis(k, x.ndim));
  if (shift instanceof NDArray) return rollDynamicJit(x, shift, axes);
  const shifts = typeof shift === "number" ? [shift] : shift;
  if (!shifts.every((s) => Number.isInteger(s)))
    throw new TypeError(`jnp.roll: shift must be integers, got ${shifts.join(", ")}.`);
  const n = Math.max(shifts.length, axes.length);
  if ([shifts.length, axes.length].some((m) => m !== 1 && m !== n)) {
    throw new ValueError(`jnp.roll: got ${shifts.length} shifts for ${axes.length} axes.`);
  }
  const spread = (list: readonly number[]): number[] =>
    Array.from({ length: n }, (_, i) => list[list.length === 1 ? 0 : i]);
  return rollStaticJit(x, spread(shifts), spread(axes));
}
