import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import { int32 } from "../dtypes/index.ts";
import { max, min } from "./arithmetic.ts";
import { foriLoop } from "./control/foriLoop.ts";
import { cumsum } from "./cumulative.ts";
import { type DotOptions, dotGeneral } from "./dot.ts";
import { type DotDimensionNumbers, remaining } from "./dotShape.ts";
import {
  dynamicIndexInDim,
  dynamicSliceInDim,
  dynamicUpdateIndexInDim,
  dynamicUpdateSliceInDim,
} from "./dynamicSlice.ts";
import { argsort, range } from "./intTuples.ts";
import { ops } from "./ops.ts";
import { prefixDims, type RaggedDotDimensionNumbers, raggedMode } from "./raggedDims.ts";
import { broadcastedIota, broadcastInDim, pad } from "./shape.ts";

/*
 * Ragged products in lax. Rows of one group lie side by side, so they are taken in tiles of a few rows, each of which belongs to one group
 * and is one product: the work is that of the rows, whatever their number of groups. Group sizes that differ by batch are masked instead.
 */

/** A ragged product. */
export function raggedProduct(
  lhs: NDArray,
  rhs: NDArray,
  groupSizes: NDArray,
  dims: RaggedDotDimensionNumbers,
  options: DotOptions,
): NDArray {
  const sizes = ops.convertElementType(groupSizes, int32);
  const mode = raggedMode(dims);
  if (mode === "batch") return dotGeneral(lhs, rhs, dims.dotDimensionNumbers, options);
  const product = mode === "contracting" ? contractingTiles : freeTiles;
  if (sizes.ndim === 1) return product(lhs, rhs, sizes, dims, options);
  return masked(lhs, rhs, sizes, dims, options);
}

const bump = (list: readonly number[]) => list.map((d) => d + 1);
const sized = (x: NDArray, dims: readonly number[]): number => sizeOf(dims.map((d) => x.shape[d]));

/** Tiles of a ragged dimension of `rows` rows, in the order of the rows. */
class Tiles {
  readonly rows: number;
  readonly height: number;
  readonly count: number;
  private readonly starts: NDArray;
  private readonly ends: NDArray;
  /** By group, the number of tiles up to its end. */
  private readonly tiles: NDArray;
  constructor(rows: number, sizes: NDArray) {
    const [groups] = sizes.shape;
    const even = 2 ** Math.floor(Math.log2(Math.max(rows / groups, 1)));
    this.rows = rows;
    this.height = Math.min(Math.max(even, 16), 128);
    this.count = Math.ceil(rows / this.height) + groups;
    this.ends = min(cumsum(sizes), ops.fullLike(sizes, rows));
    this.starts = min(ops.sub(cumsum(sizes), sizes), ops.fullLike(sizes, rows));
    const height = ops.fullLike(sizes, this.height);
    const lengths = ops.sub(this.ends, this.starts);
    this.tiles = cumsum(ops.div(ops.add(lengths, ops.sub(height, ops.fullLike(sizes, 1))), height));
  }

  /** The group of a tile, its first row, and which of its rows belong to the group: none, beyond the last tile. */
  at(tile: NDArray): { group: NDArray; row: NDArray; valid: NDArray } {
    const [groups] = this.tiles.shape;
    const before = ops.convertElementType(ops.ge(tile, this.tiles), int32);
    const found = ops.reduceSum(before, [0]);
    const group = min(found, ops.full([], groups - 1, int32));
    const of = (values: NDArray) => dynamicIndexInDim(values, group, 0, false);
    const first = ops.select(
      ops.gt(group, ops.full([], 0, int32)),
      dynamicIndexInDim(
        this.tiles,
        max(ops.sub(group, ops.full([], 1, int32)), ops.full([], 0, int32)),
        0,
        false,
      ),
      ops.full([], 0, int32),
    );
    const row = ops.add(of(this.starts), ops.mul(ops.sub(tile, first), ops.full([], this.height, int32)));
    const rows = ops.add(broadcastedIota(int32, [this.height], 0), broadcastInDim(row, [this.height], []));
    // An empty group, or the count beyond the last tile, has its end before the row.
    return { group, row, valid: ops.lt(rows, broadcastInDim(of(this.ends), [this.height], [])) };
  }
}

/** The array with dimensions in groups, each made one; the first group is padded at its end. */
function arranged(x: NDArray, groups: readonly (readonly number[])[], extra: number): NDArray {
  const shape = groups.map((dims) => sized(x, dims));
  const y = ops.reshape(ops.transpose(x, groups.flat()), shape);
  if (extra === 0) return y;
  return pad(
    y,
    ops.full([], 0, x.dtype),
    shape.map((_, d) => [0, d === 0 ? extra : 0, 0]),
  );
}

function freeTiles(
  lhs: NDArray,
  rhs: NDArray,
  sizes: NDArray,
  dims: RaggedDotDimensionNumbers,
  options: DotOptions,
): NDArray {
  const [[contract, rhsContract], [batch, rhsBatch]] = dims.dotDimensionNumbers;
  const [[ragged], [group]] = [dims.lhsRaggedDimensions, dims.rhsGroupDimensions];
  const free = remaining(lhs.ndim, contract, batch);
  const others = free.filter((d) => d !== ragged);
  const rhsFree = remaining(rhs.ndim, rhsContract, rhsBatch, [group]);
  const tiles = new Tiles(lhs.shape[ragged], sizes);
  // Rows, batch, other free dimensions, contracting; groups, batch, contracting, free.
  const left = arranged(lhs, [[ragged], batch, others, contract], tiles.height);
  const right = arranged(rhs, [[group], rhsBatch, rhsContract, rhsFree], 0);
  const numbers: DotDimensionNumbers = [
    [[3], [1]],
    [[1], [0]],
  ];
  const tileProduct = (x: NDArray, y: NDArray): NDArray =>
    ops.transpose(dotGeneral(x, y, numbers, options), [1, 0, 2, 3]);
  const [rows, b, m] = left.shape;
  const n = right.shape[3];
  const dtype = dotDTypeOf(left, right, options);
  const out = foriLoop(
    0,
    tiles.count,
    (t: NDArray, sums: NDArray) => {
      const { group: g, row, valid } = tiles.at(t);
      const product = tileProduct(
        dynamicSliceInDim(left, row, tiles.height, 0),
        dynamicIndexInDim(right, g, 0, false),
      );
      const before = dynamicSliceInDim(sums, row, tiles.height, 0);
      const mine = broadcastInDim(valid, product.shape, [0]);
      return dynamicUpdateSliceInDim(sums, ops.select(mine, product, before), row, 0);
    },
    ops.full([rows, b, m, n], 0, dtype),
  ) as NDArray;
  const whole = ops.slice(out, [0, 0, 0, 0], [lhs.shape[ragged], b, m, n]);
  const shapes = [[ragged], batch, others].map((list) => list.map((d) => lhs.shape[d]));
  const split = ops.reshape(whole, [...shapes.flat(), ...rhsFree.map((d) => rhs.shape[d])]);
  // To batch, free dimensions of the left operand in their order, those of the right.
  const order = [...batch.map((_, i) => 1 + i)];
  let next = 1 + batch.length;
  for (const d of free) order.push(d === ragged ? 0 : next++);
  for (const _ of rhsFree) order.push(next++);
  return ops.transpose(split, order);
}

function contractingTiles(
  lhs: NDArray,
  rhs: NDArray,
  sizes: NDArray,
  dims: RaggedDotDimensionNumbers,
  options: DotOptions,
): NDArray {
  const [[contract, rhsContract], [batch, rhsBatch]] = dims.dotDimensionNumbers;
  const [ragged] = dims.lhsRaggedDimensions;
  const rhsRagged = rhsContract[contract.indexOf(ragged)];
  const [free, rhsFree] = [remaining(lhs.ndim, contract, batch), remaining(rhs.ndim, rhsContract, rhsBatch)];
  const tiles = new Tiles(lhs.shape[ragged], sizes);
  const without = (list: readonly number[], d: number) => list.filter((e) => e !== d);
  // Rows, batch, other contracting dimensions, free.
  const left = arranged(lhs, [[ragged], batch, without(contract, ragged), free], tiles.height);
  const right = arranged(
    rhs,
    [[rhsRagged], rhsBatch, without(rhsContract, rhsRagged), rhsFree],
    tiles.height,
  );
  const numbers: DotDimensionNumbers = [
    [
      [0, 2],
      [0, 2],
    ],
    [[1], [1]],
  ];
  const dtype = dotDTypeOf(left, right, options);
  const groups = sizes.shape[0];
  const out = foriLoop(
    0,
    tiles.count,
    (t: NDArray, sums: NDArray) => {
      const { group, row, valid } = tiles.at(t);
      const rowsOf = (x: NDArray): NDArray => {
        const tile = dynamicSliceInDim(x, row, tiles.height, 0);
        return ops.select(broadcastInDim(valid, tile.shape, [0]), tile, ops.full(tile.shape, 0, tile.dtype));
      };
      // Both are masked: a NaN in a row of another group must not count.
      const product = dotGeneral(rowsOf(left), rowsOf(right), numbers, options);
      const before = dynamicIndexInDim(sums, group, 0, false);
      return dynamicUpdateIndexInDim(sums, ops.add(before, product), group, 0);
    },
    ops.full([groups, left.shape[1], left.shape[3], right.shape[3]], 0, dtype),
  ) as NDArray;
  const sizesOf = (x: NDArray, list: readonly number[]) => list.map((d) => x.shape[d]);
  return ops.reshape(out, [groups, ...sizesOf(lhs, batch), ...sizesOf(lhs, free), ...sizesOf(rhs, rhsFree)]);
}

/** The dtype of a product: what `dotGeneral` makes of empty operands, which is known without computing. */
function dotDTypeOf(x: NDArray, y: NDArray, options: DotOptions) {
  const scalars = [x, y].map((v) => ops.full([], 0, v.dtype));
  const none: DotDimensionNumbers = [
    [[], []],
    [[], []],
  ];
  return dotGeneral(scalars[0], scalars[1], none, options).dtype;
}

/** One masked copy of the left operand for each group: for sizes that differ by batch. */
function masked(
  lhs: NDArray,
  rhs: NDArray,
  sizes: NDArray,
  dims: RaggedDotDimensionNumbers,
  options: DotOptions,
): NDArray {
  const mode = raggedMode(dims);
  const [[contract, rhsContract], [batch, rhsBatch]] = dims.dotDimensionNumbers;
  const [ragged] = dims.lhsRaggedDimensions;
  const groups = sizes.shape[sizes.ndim - 1];
  const prefix = prefixDims(mode, lhs.ndim, ragged, batch, contract);
  const left = maskByGroup(lhs, sizes, prefix, ragged);
  if (mode === "noncontracting") {
    const [group] = dims.rhsGroupDimensions;
    return dotGeneral(
      left,
      rhs,
      [
        [
          [...bump(contract), 0],
          [...rhsContract, group],
        ],
        [bump(batch), rhsBatch],
      ],
      options,
    );
  }
  const rhsRagged = rhsContract[contract.indexOf(ragged)];
  const rhsPrefix = prefixDims(mode, rhs.ndim, rhsRagged, rhsBatch, rhsContract);
  const right = maskByGroup(rhs, sizes, rhsPrefix, rhsRagged);
  return dotGeneral(
    left,
    right,
    [
      [bump(contract), bump(rhsContract)],
      [
        [0, ...bump(batch)],
        [0, ...bump(rhsBatch)],
      ],
    ],
    options,
  );
  function maskByGroup(x: NDArray, by: NDArray, outer: readonly number[], along: number): NDArray {
    const shape = [groups, ...x.shape];
    const places = [...bump(outer), 0];
    const spread = (v: NDArray) => {
      // Dimensions must be in order: the groups first, then those of the operand.
      const order = argsort(places);
      return broadcastInDim(
        ops.transpose(v, order),
        shape,
        order.map((i) => places[i]),
      );
    };
    const ends = cumsum(by, by.ndim - 1);
    const row = broadcastedIota(int32, shape, along + 1);
    const inside = ops.bitwiseAnd(ops.ge(row, spread(ops.sub(ends, by))), ops.lt(row, spread(ends)));
    const copies = broadcastInDim(
      x,
      shape,
      range(x.ndim).map((d) => d + 1),
    );
    return ops.select(inside, copies, ops.full(shape, 0, x.dtype));
  }
}
