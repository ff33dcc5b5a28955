import type { NDArray } from "../../core/array.ts";
import { axesWithout, moveBatchDim } from "../batching.ts";
import { concatenate } from "../concatenate.ts";
import { ops } from "../ops.ts";

// What collectives compute on an array that holds all members along its leading axis.

type Groups = readonly (readonly number[])[];

/** The rows of `x` for each entry of `members`; zeros where it is -1. */
export function takeMembers(x: NDArray, members: readonly number[]): NDArray {
  const [size, ...rest] = x.shape;
  const columns = transposedBy(members, size);
  if (columns === 1) return x;
  if (columns > 1) {
    const grid = ops.reshape(x, [size / columns, columns, ...rest]);
    return ops.reshape(moveBatchDim(grid, 1, 0), x.shape);
  }
  const pieces: NDArray[] = [];
  for (let from = 0; from < members.length; ) {
    const first = members[from];
    let to = from + 1;
    while (to < members.length && members[to] === (first < 0 ? first : first + to - from)) to++;
    pieces.push(first < 0 ? zeros(x, to - from) : rows(x, first, to - from));
    from = to;
  }
  return pieces.length === 1 ? pieces[0] : concatenate(pieces, 0);
}

/** `c` where the members are those of a grid of `c` columns, read column by column; 1 where they are all in order; 0 otherwise. */
function transposedBy(members: readonly number[], size: number): number {
  if (members.length !== size || members[0] !== 0) return 0;
  const step = size === 1 ? 1 : members[1];
  if (step < 1 || size % step !== 0) return 0;
  const rowCount = size / step;
  const matches = members.every((m, i) => m === (i % rowCount) * step + Math.floor(i / rowCount));
  return matches ? step : 0;
}

function rows(x: NDArray, start: number, count: number): NDArray {
  if (count === x.shape[0]) return x;
  const zeros = x.shape.map(() => 0);
  return ops.slice(x, [start, ...zeros.slice(1)], [start + count, ...x.shape.slice(1)]);
}

function zeros(x: NDArray, count: number): NDArray {
  return ops.full([count, ...x.shape.slice(1)], 0, x.dtype);
}

/** For each member the group in which it is. */
export function groupOf(groups: Groups): number[] {
  const found: number[] = [];
  groups.forEach((group, g) => {
    for (const member of group) found[member] = g;
  });
  return found;
}

/** For each member its place in the list of all groups. */
function placeOf(groups: Groups): number[] {
  const places: number[] = [];
  groups.flat().forEach((member, place) => {
    places[member] = place;
  });
  return places;
}

/** Members by group: axes for the groups, the members of each, and the rest. */
function byGroup(x: NDArray, groups: Groups): NDArray {
  const sorted = takeMembers(x, groups.flat());
  return ops.reshape(sorted, [groups.length, groups[0].length, ...x.shape.slice(1)]);
}

/** A result for each member, from one for each group. */
export function spread(x: NDArray, groups: Groups): NDArray {
  return takeMembers(x, groupOf(groups));
}

/** One reduction per group, along the leading axis. Groups may differ in size. */
export function reduceGroups(
  x: NDArray,
  groups: Groups,
  reduce: (x: NDArray, axes: readonly number[]) => NDArray,
): NDArray {
  if (groups.every((g) => g.length === groups[0].length)) return reduce(byGroup(x, groups), [1]);
  const results = groups.map((group) => ops.expandDims(reduce(takeMembers(x, group), [0]), [0]));
  return concatenate(results, 0);
}

/** The members of each group side by side, along axis `at` of a member's array: as a new axis, or one after the other where `tiled`. */
export function gatherGroups(x: NDArray, groups: Groups, at: number, tiled: boolean): NDArray {
  const moved = moveBatchDim(byGroup(x, groups), 1, at + 1);
  return tiled ? mergeAxes(moved, at + 1) : moved;
}

/** The sums of each group, cut along axis `at` of a member's array among the members of the group. */
export function scatterGroups(x: NDArray, groups: Groups, at: number, tiled: boolean): NDArray {
  const sums = ops.reduceSum(byGroup(x, groups), [1]);
  const cut = tiled ? splitAxis(sums, at + 1, groups[0].length) : sums;
  return takeMembers(mergeAxes(moveBatchDim(cut, at + 1, 1), 0), placeOf(groups));
}

/** Each member cuts axis `split` among its group; what it gets from the others is put together along axis `concat`. */
export function exchangeGroups(x: NDArray, groups: Groups, split: number, concat: number): NDArray {
  const size = groups[0].length;
  const cut = splitAxis(byGroup(x, groups), split + 2, size);
  // Receivers take the place of senders, who go before the axis along which they are put together.
  const receivers = moveBatchDim(cut, split + 2, 1);
  const received = mergeAxes(moveBatchDim(receivers, 2, concat + 2), concat + 2);
  return takeMembers(mergeAxes(received, 0), placeOf(groups));
}

/** One axis as two, the first of size `parts`. */
export function splitAxis(x: NDArray, axis: number, parts: number): NDArray {
  const shape = x.shape.slice();
  shape.splice(axis, 1, parts, shape[axis] / parts);
  return ops.reshape(x, shape);
}

/** An axis and the next as one. */
export function mergeAxes(x: NDArray, axis: number): NDArray {
  const shape = x.shape.slice();
  shape.splice(axis, 2, shape[axis] * shape[axis + 1]);
  return ops.reshape(x, shape);
}

/** A value that is the same for all members, repeated for each of `size` along a new axis. */
export function repeat(x: NDArray, size: number, axis = 0): NDArray {
  const shape = x.shape.slice();
  shape.splice(axis, 0, size);
  return ops.broadcastInDim(x, shape, axesWithout(shape.length, axis));
}
