import type { ShapedArray } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { type HostData, hostArray, wordsPerElement } from "../dtypes/index.ts";

/** Element `i` of the result is element `positions[i]` of `x`; works for every dtype, since elements are only copied. */
export function takeElements(x: HostArray, positions: ArrayLike<number>): HostData {
  const result = hostArray(x.dtype, positions.length);
  putElements(result, x, positions.length, (i) => positions[i]);
  return result;
}

/** Copies element `from(i)` of `x` to element `to(i)` of the result for `i < count`; a negative position skips. */
export function putElements(
  result: HostData,
  x: HostArray,
  count: number,
  from: (i: number) => number,
  to: (i: number) => number = (i) => i,
): void {
  const words = wordsPerElement(x.dtype);
  const { data } = x;
  for (let i = 0; i < count; i++) {
    const source = from(i);
    const target = to(i);
    if (source < 0 || target < 0) continue;
    for (let w = 0; w < words; w++) result[target * words + w] = data[source * words + w];
  }
}

/** An array filled with copies of the one element of `x`. */
export function filled(x: HostArray, out: ShapedArray): HostData {
  const result = hostArray(out.dtype, out.size);
  putElements(result, x, out.size, () => 0);
  return result;
}
