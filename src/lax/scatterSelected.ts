import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import { int32 } from "../dtypes/index.ts";
import { range } from "./intTuples.ts";
import type { Combine } from "./monoids.ts";
import { ops } from "./ops.ts";
import { scatterAdd } from "./scatterOps.ts";
import { broadcastedIota, broadcastInDim, pad, reshape, slice } from "./shape.ts";
import { foldWindows, padded } from "./windowFold.ts";
import { type SlidingWindows, undilated } from "./windowParams.ts";

/** An element that more windows than this see gets its sum by scattering. */
const mostWindows = 16;

/**
 * The sums of what windows send to the elements that they select. First every window finds the place that it selects, a number; then
 * every element looks at the windows that see it. Along an axis with stride s these are those of the block of s elements in which it lies, and of
 * a few blocks before: so a value of a window is read by a whole block, and nothing is written twice.
 */
export function scatterSelected(
  source: NDArray,
  operand: NDArray,
  params: SlidingWindows,
  padding: NDArray,
  select: Combine,
): NDArray {
  const { windowDimensions, windowStrides } = params;
  const [x] = padded([operand], [padding], { ...undilated(params), padding: params.padding });
  const blocks = x.shape.map((n, axis) => Math.ceil(n / windowStrides[axis]));
  const covered = blocks.map((n, axis) => n * windowStrides[axis]);
  const total = sizeOf(covered);
  const start = x.shape.map(() => 0);
  const numbers = reshape(broadcastedIota(int32, [total], 0), covered);
  const inside = { ...undilated(params), padding: x.shape.map(() => [0, 0] as const) };
  const [, places] = foldWindows([x, slice(numbers, start, x.shape)], inside, {
    combine: select,
    identity: [],
  });

  const reach = windowDimensions.map((k, axis) => Math.ceil(k / windowStrides[axis]));
  const sums =
    sizeOf(reach) <= mostWindows
      ? sumsByBlocks(source, places, blocks, windowStrides, reach)
      : sumsByScattering(source, places, total);
  const config = covered.map((n, axis) => {
    const [low] = params.padding[axis];
    return [-low, low + operand.shape[axis] - n, 0];
  });
  return pad(reshape(sums, covered), ops.full([], 0, source.dtype), config);
}

/** By element, in blocks: axes are the number of a block, then the place within. */
function sumsByBlocks(
  source: NDArray,
  places: NDArray,
  blocks: readonly number[],
  strides: readonly number[],
  reach: readonly number[],
): NDArray {
  const split = blocks.flatMap((n, axis) => [n, strides[axis]]);
  const own = reshape(broadcastedIota(int32, [sizeOf(split)], 0), split);
  const outer = range(blocks.length).map((axis) => 2 * axis);
  const zero = ops.full([], 0, source.dtype);
  /** What each block sees of the windows that began a number of blocks before it. */
  const seen = (values: NDArray, back: readonly number[], fill: NDArray) => {
    const config = back.map((j, axis) => [j, blocks[axis] - values.shape[axis] - j, 0]);
    return broadcastInDim(pad(values, fill, config), split, outer);
  };
  let backs: number[][] = [[]];
  for (const n of reach) backs = backs.flatMap((back) => range(n).map((j) => [...back, j]));
  const nowhere = ops.full([], -1, int32);
  return backs
    .map((back) =>
      ops.select(
        ops.eq(seen(places, back, nowhere), own),
        seen(source, back, zero),
        ops.full(split, 0, source.dtype),
      ),
    )
    .reduce((sum, part) => ops.add(sum, part));
}

function sumsByScattering(source: NDArray, places: NDArray, total: number): NDArray {
  const zeros = ops.full([total], 0, source.dtype);
  const dimensions = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
  return scatterAdd(zeros, reshape(places, [places.size, 1]), reshape(source, [source.size]), dimensions, {
    mode: "promise_in_bounds",
  });
}
