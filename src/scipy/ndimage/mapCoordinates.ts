import type { ArrayLike, NDArray } from "../../core/array.ts";
import { int32, isInteger } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { get } from "../../numpy/access.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { convert, toArray } from "../../numpy/promote.ts";
import { where } from "../../numpy/where.ts";

/** What is beyond the edges: a constant, the edge, the array again, or its mirror image about the centre or the end of the edge element. */
export type MapMode = "constant" | "nearest" | "wrap" | "mirror" | "reflect";

export interface MapCoordinatesOptions {
  /** Default "constant". */
  mode?: MapMode;
  /** The constant; default 0. */
  cval?: ArrayLike;
}

function mirrored(index: NDArray, size: number): NDArray {
  const s = size - 1;
  return lax.abs(bi.remainder(index.add(s), 2 * s).sub(s));
}

const fixers: Readonly<Record<MapMode, (index: NDArray, size: number) => NDArray>> = {
  constant: (index) => index,
  nearest: (index, size) => bi.minimum(bi.maximum(index, 0), size - 1),
  wrap: (index, size) => bi.remainder(index, size),
  mirror: mirrored,
  reflect: (index, size) => bi.floorDivide(mirrored(index.mul(2).add(1), 2 * size + 1).sub(1), 2),
};

interface Node {
  readonly index: NDArray;
  readonly valid: NDArray | null;
  readonly weight: NDArray;
}

/** The elements around a coordinate, with their weights. */
function nodes(coordinate: NDArray, order: number): { index: NDArray; weight: NDArray }[] {
  const whole = isInteger(coordinate.dtype);
  if (order === 0) {
    const rounded = whole ? coordinate : lax.round(coordinate);
    return [{ index: convert(rounded, int32), weight: lax.fullLike(coordinate, 1) }];
  }
  const lower = whole ? coordinate : lax.floor(coordinate);
  const upper = coordinate.sub(lower);
  const index = convert(lower, int32);
  return [
    { index, weight: bi.subtract(1, upper) },
    { index: index.add(1), weight: upper },
  ];
}

/**
 * The values of an array at coordinates between its elements.
 *
 * @param input any array; results have its dtype (integers are rounded)
 * @param coordinates one array for each axis of the input; results have their shape
 * @param order 0: the nearest element, 1: linear interpolation
 * @param options what is beyond the edges, by position or by name
 * @throws ValueError when there are not as many coordinates as axes
 * @throws NotImplementedError for higher orders or another mode
 * @example
 * ```ts
 * String(scipy.ndimage.mapCoordinates(jnp.array([0, 10]), [jnp.array([0.25])], 1)); // => "[2.5]"
 * ```
 */
export function mapCoordinates(
  input: ArrayLike,
  coordinates: readonly ArrayLike[],
  order: 0 | 1,
  ...options: [(MapMode | MapCoordinatesOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<MapCoordinatesOptions>("mapCoordinates", ["mode", "cval"], options);
  const { mode = "constant", cval = 0 } = o;
  const x = toArray(input, "mapCoordinates");
  const points = coordinates.map((c) => toArray(c, "mapCoordinates", 1));
  if (points.length !== x.ndim) {
    throw new ValueError(
      `coordinates must be a sequence of length input.ndim, but ${points.length} != ${x.ndim}`,
    );
  }
  if (!Object.hasOwn(fixers, mode)) {
    throw new NotImplementedError(
      `mapCoordinates does not yet support mode ${String(mode)}. Currently supported modes are ${Object.keys(fixers).join(", ")}.`,
    );
  }
  if (order !== 0 && order !== 1) throw new NotImplementedError("mapCoordinates currently requires order<=1");
  const perAxis = points.map((point, k): Node[] => {
    const size = x.shape[k];
    return nodes(point, order).map(({ index, weight }) => ({
      index: fixers[mode](index, size),
      valid: mode === "constant" ? bi.logicalAnd(index.ge(0), index.lt(size)) : null,
      weight,
    }));
  });
  const corners = perAxis.reduce<Node[][]>(
    (combinations, axis) => combinations.flatMap((c) => axis.map((node) => [...c, node])),
    [[]],
  );
  const fill = convert(toArray(cval, "mapCoordinates"), x.dtype);
  const sum = corners
    .map((corner) => {
      const value = get(x, ...corner.map(({ index }) => index));
      const valid = corner
        .map((node) => node.valid)
        .reduce((a, b) => (a === null || b === null ? (a ?? b) : bi.logicalAnd(a, b)));
      const weight = corner.map((node) => node.weight).reduce((a, b) => bi.multiply(a, b));
      return bi.multiply(weight, valid === null ? value : where(valid, value, fill));
    })
    .reduce((a, b) => a.add(b));
  const result = isInteger(x.dtype) && !isInteger(sum.dtype) ? lax.round(sum) : sum;
  return convert(result, x.dtype);
}
