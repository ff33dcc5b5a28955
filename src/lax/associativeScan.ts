import type { NDArray } from "../core/array.ts";
import { isBool } from "../dtypes/index.ts";
import { bitwiseOr } from "./logic.ts";
import { constLike } from "./operands.ts";
import { ops } from "./ops.ts";
import { concatenate, pad, sliceInDim } from "./shape.ts";

/** Puts `a` at the even and `b` at the odd places along an axis; `a` may be one longer. */
function interleave(a: NDArray, b: NDArray, axis: number): NDArray {
  const same = a.shape[axis] === b.shape[axis];
  const spread = (x: NDArray, low: number, high: number) =>
    pad(
      x,
      constLike(x, 0),
      x.shape.map((_, i) => (i === axis ? [low, high, 1] : [0, 0, 0]) as [number, number, number]),
    );
  const join = isBool(a.dtype) ? bitwiseOr : ops.add;
  return join(spread(a, 0, same ? 1 : 0), spread(b, 1, same ? 0 : 1));
}

/**
 * All prefixes of `elems` combined by an associative function, in logarithmic depth: pairs are combined, their prefixes
 * found by recursion (the odd places), and each even place is the place before combined with its element.
 */
export function associativeScanFlat(
  combine: (a: readonly NDArray[], b: readonly NDArray[]) => readonly NDArray[],
  elems: readonly NDArray[],
  axis: number,
): readonly NDArray[] {
  const n = elems[0].shape[axis];
  if (n < 2) return elems;
  const part = (xs: readonly NDArray[], start: number, limit: number | null, stride = 1) =>
    xs.map((x) => sliceInDim(x, start, limit, stride, axis));
  const pairs = combine(part(elems, 0, -1, 2), part(elems, 1, null, 2));
  const odd = associativeScanFlat(combine, pairs, axis);
  const before = n % 2 === 0 ? part(odd, 0, -1) : odd;
  const even = combine(before, part(elems, 2, null, 2));
  const evenAll = elems.map((x, i) => concatenate([sliceInDim(x, 0, 1, 1, axis), even[i]], axis));
  return evenAll.map((a, i) => interleave(a, odd[i], axis));
}
