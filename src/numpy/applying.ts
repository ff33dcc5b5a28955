import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { bool, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { vmap } from "../transforms/vmap.ts";
import { canonicalizeAxis } from "./arguments.ts";
import { cumsum } from "./cumulative.ts";
import { broadcastArrays } from "./manipulationBroadcast.ts";
import { stack } from "./manipulationJoin.ts";
import { convert, toArray } from "./promote.ts";
import { argmax } from "./reductions.ts";
import { toBool } from "./unary.ts";
import { vectorize } from "./vectorize.ts";

/**
 * A function of vectors applied to all those along an axis of an array. The axes of its results take the place of that axis.
 *
 * @param args further arguments of the function
 * @throws ValueError for an axis out of range
 * @example
 * ```ts
 * const range = (x: NDArray) => jnp.max(x).sub(jnp.min(x));
 * String(jnp.applyAlongAxis(range, 0, jnp.array([[1, 5], [4, 3]]))); // => "[3. 2.]"
 * ```
 */
export function applyAlongAxis<R, A extends unknown[]>(
  func1d: (x: NDArray, ...args: A) => R,
  axis: number,
  arr: ArrayLike,
  ...args: A
): R {
  const x = toArray(arr, "apply_along_axis", 2);
  const k = canonicalizeAxis(axis, x.ndim);
  let f = (v: NDArray): R => func1d(v, ...args);
  for (let i = 1; i < x.ndim - k; i++) f = vmap(f, { inAxes: i, outAxes: -1 }) as typeof f;
  for (let i = 0; i < k; i++) f = vmap(f) as typeof f;
  return f(x);
}

/**
 * A function such as `jnp.sum`, of an array and an axis, applied over several axes in turn. The result has as many axes as the array.
 *
 * @throws ValueError when the function changes the number of axes by more than one
 * @example
 * ```ts
 * String(jnp.applyOverAxes(jnp.sum, jnp.ones([2, 3]), [0, 1])); // => "[[6.]]"
 * ```
 */
export function applyOverAxes(
  func: (x: NDArray, axis: number) => NDArray,
  a: ArrayLike,
  axes: readonly number[],
): NDArray {
  let x = toArray(a, "apply_over_axes", 1);
  for (const axis of axes) {
    const y = func(x, axis);
    if (y.ndim === x.ndim) x = y;
    else if (y.ndim === x.ndim - 1) x = lax.expandDims(y, [canonicalizeAxis(axis, x.ndim)]);
    else {
      throw new ValueError(
        `function is not returning an array of the correct shape: ${shapeStr(y.shape)} for ${shapeStr(x.shape)}`,
      );
    }
  }
  return x;
}

/**
 * A function defined piece by piece: for each element of `x` what belongs to the last condition that holds, and 0 (or the last of one
 * more piece) where none does. All pieces are evaluated everywhere. The result has the dtype of `x`.
 *
 * @param condlist a condition for each piece
 * @param funclist numbers, or functions of scalars
 * @param args further arguments of the functions
 * @throws ValueError for another number of pieces
 * @example
 * ```ts
 * const x = jnp.array([-2, -1, 3]);
 * String(jnp.piecewise(x, [x.lt(0)], [(v: NDArray) => v.neg(), 0])); // => "[2. 1. 0.]"
 * ```
 */
export function piecewise<A extends unknown[]>(
  x: ArrayLike,
  condlist: NDArray | readonly ArrayLike[],
  funclist: readonly (ArrayLike | ((x: NDArray, ...args: A) => ArrayLike))[],
  ...args: A
): NDArray {
  const v = toArray(x, "piecewise", 0);
  const conditions = [...(condlist as Iterable<ArrayLike>)].map((c) => toBool(toArray(c, "piecewise", 1)));
  const [count, pieces] = [conditions.length, funclist.length];
  if (pieces !== count && pieces !== count + 1) {
    throw new ValueError(
      `with ${count} condition(s), either ${count} or ${count + 1} functions are expected; got ${pieces}`,
    );
  }
  const ordered = pieces === count ? [0, ...funclist] : [funclist[count], ...funclist.slice(0, count)];
  const [first, ...rest] = broadcastArrays(...(count === 0 ? [toArray(false, "piecewise")] : conditions));
  const none = lax.full(first.shape, false, bool);
  // The running count of true conditions is largest from the last of them on.
  const which = argmax(cumsum(convert(stack(count === 0 ? [none] : [none, first, ...rest]), int32), 0), 0);
  const branch = (piece: (typeof ordered)[number]) => (value: NDArray) =>
    convert(toArray(typeof piece === "function" ? piece(value, ...args) : piece, "piecewise", 2), v.dtype);
  const select = (index: NDArray, value: NDArray): NDArray => {
    const values = ordered.map((piece) => branch(piece)(value));
    return values.length === 1
      ? values[0]
      : lax.selectN(lax.clamp(scalar(0, int32), index, scalar(count, int32)), ...values);
  };
  return vectorize(select)(which, v);
}
