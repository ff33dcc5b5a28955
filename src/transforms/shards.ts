import type { NDArray } from "../core/array.ts";
import type { BatchDim } from "../core/primitive.ts";
import type { NamedAxis } from "../core/trace.ts";
import { axesWithout } from "../lax/batching.ts";
import { ops } from "../lax/ops.ts";
import type { PartitionSpec } from "../sharding/partitionSpec.ts";

// Between whole arrays and arrays of shards. The shards of all devices lie along one leading dimension, in row-major order of the mesh.

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

/** The shape of a shard of an array that is divided over these axes. */
export function shardShape(
  shape: readonly number[],
  spec: PartitionSpec,
  axes: readonly NamedAxis[],
): number[] {
  return shape.map((size, i) => size / product(sizesAt(spec, i, axes)));
}
/** The shape of the whole array of which a shard has this shape. */
export function wholeShape(
  shape: readonly number[],
  spec: PartitionSpec,
  axes: readonly NamedAxis[],
): number[] {
  return shape.map((size, i) => size * product(sizesAt(spec, i, axes)));
}

function namesAt(spec: PartitionSpec, dimension: number, axes: readonly NamedAxis[]): string[] {
  return spec.namesAt(dimension).filter((name) => axes.some((axis) => axis.name === name));
}
function sizesAt(spec: PartitionSpec, dimension: number, axes: readonly NamedAxis[]): number[] {
  return namesAt(spec, dimension, axes).map((name) => sizeOf(name, axes));
}
function sizeOf(name: string, axes: readonly NamedAxis[]): number {
  return (axes.find((axis) => axis.name === name) as NamedAxis).size;
}

/** Where each axis of the mesh, and each dimension of a shard, is among the dimensions of the divided array; -1 for axes not mentioned. */
function dividedDimensions(ndim: number, spec: PartitionSpec, axes: readonly NamedAxis[]) {
  const meshAt = new Map<string, number>();
  const localAt: number[] = [];
  let at = 0;
  for (let i = 0; i < ndim; i++) {
    for (const name of namesAt(spec, i, axes)) meshAt.set(name, at++);
    localAt.push(at++);
  }
  return { mesh: axes.map(({ name }) => meshAt.get(name) ?? -1), local: localAt };
}

/** All shards along a leading dimension; an array that is not divided stays as it is, with dimension null. */
export function stackShards(
  x: NDArray,
  spec: PartitionSpec,
  axes: readonly NamedAxis[],
): [NDArray, BatchDim] {
  const { mesh, local } = dividedDimensions(x.ndim, spec, axes);
  if (mesh.every((at) => at < 0)) return [x, null];
  const divided = ops.reshape(
    x,
    x.shape.flatMap((size, i) => {
      const sizes = sizesAt(spec, i, axes);
      return [...sizes, size / product(sizes)];
    }),
  );
  const shape = shardShape(x.shape, spec, axes);
  const mentioned = mesh.filter((at) => at >= 0);
  const sorted = transposed(divided, [...mentioned, ...local]);
  const grid = [...axes.map(({ size }) => size), ...shape];
  // Axes that are not mentioned have the same shards everywhere.
  const kept = axesWithout(grid.length, ...axes.flatMap((_, k) => (mesh[k] < 0 ? [k] : [])));
  const full = mentioned.length === axes.length ? sorted : ops.broadcastInDim(sorted, grid, kept);
  return [ops.reshape(full, [product(grid.slice(0, axes.length)), ...shape]), 0];
}

/** The whole array of shards that lie along dimension `dim`, or that are one and the same where it is null. */
export function joinShards(
  x: NDArray,
  dim: BatchDim,
  spec: PartitionSpec,
  axes: readonly NamedAxis[],
): NDArray {
  const front = dim === null ? x : transposed(x, [dim, ...axesWithout(x.ndim, dim)]);
  const shape = dim === null ? x.shape : front.shape.slice(1);
  const { mesh, local } = dividedDimensions(shape.length, spec, axes);
  const mentioned = axes.filter((_, k) => mesh[k] >= 0);
  if (mentioned.length === 0 && dim === null) return x;
  const grid = [...mentioned.map(({ size }) => size), ...shape];
  let divided: NDArray;
  if (dim === null) {
    divided = ops.broadcastInDim(x, grid, axesWithout(grid.length, ...mentioned.map((_, k) => k)));
  } else {
    const all = ops.reshape(front, [...axes.map(({ size }) => size), ...shape]);
    // The first of the devices along an axis that is not mentioned speaks for all of them.
    const limit = all.shape.map((size, k) => (k < axes.length && mesh[k] < 0 ? 1 : size));
    const first = limit.every((size, k) => size === all.shape[k])
      ? all
      : ops.slice(
          all,
          limit.map(() => 0),
          limit,
        );
    divided = ops.reshape(first, grid);
  }
  // From mesh and local dimensions to their places in the whole array.
  const places = [...mesh.filter((at) => at >= 0), ...local];
  const permutation = places.map((_, at) => places.indexOf(at));
  return ops.reshape(transposed(divided, permutation), wholeShape(shape, spec, axes));
}

function transposed(x: NDArray, permutation: readonly number[]): NDArray {
  return permutation.every((from, to) => from === to) ? x : ops.transpose(x, permutation);
}
