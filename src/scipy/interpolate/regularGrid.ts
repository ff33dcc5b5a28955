import { type ArrayLike, NDArray } from "../../core/array.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import { get } from "../../numpy/access.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { broadcastArrays, stack } from "../../numpy/manipulation.ts";
import { promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import { searchsorted } from "../../numpy/sorting.ts";
import { where } from "../../numpy/where.ts";

/** "linear" or "nearest". */
export type GridMethod = "linear" | "nearest";

export interface GridInterpolatorOptions {
  /** Default "linear". */
  method?: GridMethod;
  /** Errors that depend on values are not possible in compiled programs: only false is. */
  boundsError?: false;
  /** What points outside of the grid get; default NaN; `null`: extrapolate. */
  fillValue?: ArrayLike | null;
}

function checkMethod(method: string): void {
  if (method !== "linear" && method !== "nearest") {
    throw new ValueError(`method '${String(method)}' is not defined`);
  }
}

/**
 * Interpolates values on a grid with axes of any increasing coordinates. Call the interpolator with points.
 *
 * @param points the coordinates of each axis
 * @param values of the shape of the grid, and any further axes
 * @param options the method, false, and the value outside of the grid, by position or by name
 * @throws ValueError for another method, or more coordinates than axes
 * @throws NotImplementedError for `boundsError`
 * @example
 * ```ts
 * const f = scipy.interpolate.RegularGridInterpolator([jnp.array([0, 1, 3])], jnp.array([0, 10, 20]));
 * String(f(jnp.array([0.5, 2, 4]))); // => "[ 5. 15. nan]"
 * ```
 */
export function RegularGridInterpolator(
  points: readonly ArrayLike[],
  values: ArrayLike,
  ...options: [(GridMethod | GridInterpolatorOptions)?, ...unknown[]]
): GridInterpolator {
  const names = ["method", "boundsError", "fillValue"];
  // `null` is a value here, which readOptions hands on.
  const o = readOptions<GridInterpolatorOptions>("RegularGridInterpolator", names, options);
  const { method: own = "linear", boundsError = false } = o;
  const fillValue = o.fillValue === undefined ? Number.NaN : o.fillValue;
  checkMethod(own);
  if (boundsError) throw new NotImplementedError("`boundsError` takes no effect under JIT");
  const [v] = promoteDTypesInexact([toArray(values, "RegularGridInterpolator", 1)]);
  if (points.length > v.ndim) {
    throw new ValueError(`there are ${points.length} point arrays, but values has ${v.ndim} dimensions`);
  }
  const grid = points.map((p) => toArray(p, "RegularGridInterpolator"));
  return (xi, method = own) => {
    checkMethod(method);
    const at = coordinates(xi, grid.length);
    const batch = at.shape.slice(0, -1);
    const flat = at.reshape([-1, grid.length]);
    const places = grid.map((g, k) => locate(g, flat.get("...", k)));
    const found = method === "linear" ? linear(v, places) : nearest(v, places);
    const outside = places.map((p) => p.outside).reduce((a, b) => bi.logicalOr(a, b));
    const filled =
      fillValue === null
        ? found
        : where(outside.reshape([-1, ...found.shape.slice(1).map(() => 1)]), fillValue, found);
    return filled.reshape([...batch, ...v.shape.slice(grid.length)]);
  };
}

/** What {@link RegularGridInterpolator} makes: a function from points of shape `[..., axes]`, or a list of one array for each axis, to values. */
export type GridInterpolator = (xi: ArrayLike | readonly NDArray[], method?: GridMethod) => NDArray;

function coordinates(xi: ArrayLike | readonly NDArray[], axes: number): NDArray {
  const isList = Array.isArray(xi) && xi.length > 0 && xi.every((x) => x instanceof NDArray);
  const list = isList && xi.length > 1 ? (xi as readonly NDArray[]) : null;
  const one = isList && xi.length === 1 ? (xi as readonly NDArray[])[0] : xi;
  let points = list === null ? toArray(one, "RegularGridInterpolator") : stack(broadcastArrays(...list), -1);
  if (list === null && points.ndim === 1) points = points.reshape([-1, axes]);
  if (points.shape[points.ndim - 1] !== axes) {
    throw new ValueError(
      `the requested sample points xi have dimension ${points.shape[points.ndim - 1]}, but this RegularGridInterpolator has dimension ${axes}`,
    );
  }
  return points;
}

/** The interval of a coordinate, how far it is in it from 0 to 1, and whether it is outside of the grid. */
interface Place {
  readonly index: NDArray;
  readonly part: NDArray;
  readonly outside: NDArray;
}

function locate(grid: NDArray, x: NDArray): Place {
  const index = bi.minimum(bi.maximum(searchsorted(grid, x).sub(1), 0), grid.size - 2);
  const left = get(grid, index);
  return {
    index,
    part: x.sub(left).div(get(grid, index.add(1)).sub(left)),
    outside: bi.logicalOr(bi.less(x, grid.get(0)), bi.greater(x, grid.get(-1))),
  };
}

function linear(values: NDArray, places: readonly Place[]): NDArray {
  const corners = places.reduce<{ indices: NDArray[]; weight: NDArray | null }[]>(
    (list, { index, part }) =>
      list.flatMap(({ indices, weight }) =>
        [
          { i: index, w: bi.subtract(1, part) },
          { i: index.add(1), w: part },
        ].map(({ i, w }) => ({ indices: [...indices, i], weight: weight === null ? w : weight.mul(w) })),
      ),
    [{ indices: [], weight: null }],
  );
  return corners
    .map(({ indices, weight }) => {
      const value = get(values, ...indices);
      const w = weight as NDArray;
      return value.mul(w.reshape([...w.shape, ...value.shape.slice(1).map(() => 1)]));
    })
    .reduce((a, b) => a.add(b));
}

function nearest(values: NDArray, places: readonly Place[]): NDArray {
  return get(values, ...places.map(({ index, part }) => where(part.le(0.5), index, index.add(1))));
}
