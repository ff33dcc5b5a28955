import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { finfo, int32, isComplex } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { add, divide, greater, less, multiply, remainder, subtract } from "./binary.ts";
import { take } from "./indexingTake.ts";
import { clip } from "./manipulationClip.ts";
import { convert, promoteDTypesInexact, toArray } from "./promote.ts";
import { searchsorted } from "./sortingSearch.ts";
import { absolute } from "./unary.ts";
import { where } from "./where.ts";

type Outside = ArrayLike | "extrapolate";
/** Options of {@link interp}. */
export interface InterpOptions {
  /** The value left of all points; default that of the first. "extrapolate" goes on along the first segment. */
  left?: Outside | null;
  /** The value right of all points; default that of the last. */
  right?: Outside | null;
  /** The period of the function: x-coordinates count modulo this, in any order, and nothing is outside. */
  period?: ArrayLike | null;
}

interface Given {
  readonly left: NDArray | null;
  readonly right: NDArray | null;
  readonly period: NDArray | null;
}

/** Points of one period in order, with the neighbours on both sides. */
function unroll(xp: NDArray, fp: NDArray, period: NDArray): [NDArray, NDArray] {
  const [x, f] = lax.sortKeyVal(remainder(xp, period), fp, { dimension: 0 });
  const first = (v: NDArray) => lax.sliceInDim(v, 0, 1);
  const last = (v: NDArray) => lax.sliceInDim(v, -1, null);
  return [
    lax.concatenate(
      [convert(subtract(last(x), period), x.dtype), x, convert(add(first(x), period), x.dtype)],
      0,
    ),
    lax.concatenate([last(f), f, first(f)], 0),
  ];
}

const interpJit = jit(
  (x0: NDArray, xp0: NDArray, fp0: NDArray, given: Given, beyond: readonly [boolean, boolean]): NDArray => {
    let [x, xp] = promoteDTypesInexact([x0, xp0]);
    let [fp] = promoteDTypesInexact([fp0]);
    if (given.period !== null) {
      const period = absolute(given.period);
      x = remainder(x, period);
      [xp, fp] = unroll(xp, fp, period);
    }
    const count = xp.shape[0];
    const i = clip(searchsorted(xp, x, { side: "right" }), 1, count - 1);
    const before = lax.sub(i, scalar(1, int32));
    const [x1, f1] = [take(xp, before), take(fp, before)];
    const dx = lax.sub(take(xp, i), x1);
    const df = lax.sub(take(fp, i), f1);
    // Where points coincide nothing is divided, so that derivatives are not NaN.
    const isPoint = lax.le(lax.abs(dx), scalar(Number(finfo(xp.dtype).eps) ** 2, dx.dtype));
    const part = divide(subtract(x, x1), where(isPoint, scalar(1, dx.dtype), dx));
    let f = where(isPoint, f1, add(f1, multiply(part, df)));
    if (given.period !== null) return f;
    const end = (v: NDArray, at: number) => lax.indexInDim(v, at, 0, false);
    if (!beyond[0]) f = where(less(x, end(xp, 0)), given.left ?? end(fp, 0), f);
    if (!beyond[1]) f = where(greater(x, end(xp, -1)), given.right ?? end(fp, -1), f);
    return f;
  },
  { name: "interp", staticArgnums: 4 },
);

/**
 * Values at `x` of the piecewise linear function through the points (`xp`, `fp`).
 *
 * @param xp x-coordinates, a vector in ascending order
 * @param fp values there
 * @throws ValueError for vectors of different lengths, complex coordinates, or a word other than "extrapolate"; TypeError without points
 * @example
 * ```ts
 * String(jnp.interp(jnp.array([-1, 0.5, 9]), [0, 1, 2], [0, 10, 30])); // => "[ 0.  5. 30.]"
 * String(jnp.interp(3, [0, 1, 2], [0, 10, 30], { right: "extrapolate" })); // => "50.0"
 * ```
 */
export function interp(x: ArrayLike, xp: ArrayLike, fp: ArrayLike, options?: InterpOptions): NDArray;
export function interp(
  x: ArrayLike,
  xp: ArrayLike,
  fp: ArrayLike,
  left?: Outside | null,
  right?: Outside | null | InterpOptions,
  period?: ArrayLike | null | InterpOptions,
): NDArray;
export function interp(x: ArrayLike, xp: ArrayLike, fp: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<InterpOptions>("interp", ["left", "right", "period"], args);
  const [at, points, values] = [x, xp, fp].map((v, i) => toArray(v, "interp", i));
  if (points.ndim !== 1 || !shapesEqual(points.shape, values.shape)) {
    throw new ValueError(
      `xp and fp must be one-dimensional arrays of equal size, got shapes ${shapeStr(points.shape)} and ${shapeStr(values.shape)}`,
    );
  }
  if (points.size === 0)
    throw new TypeError("interp: there must be at least one point, xp and fp are empty.");
  if (isComplex(at.dtype) || isComplex(points.dtype)) {
    throw new ValueError("jnp.interp: complex x values not supported.");
  }
  const read = (name: "left" | "right", value: Outside | null | undefined): NDArray | null => {
    if (value === undefined || value === null || value === "extrapolate") return null;
    if (typeof value === "string") {
      throw new ValueError(
        `the only valid string value of \`${name}\` is 'extrapolate', but got: '${value}'`,
      );
    }
    return toArray(value, "interp");
  };
  const [left, right] = [read("left", o.left), read("right", o.right)];
  const period = o.period === undefined || o.period === null ? null : toArray(o.period, "interp");
  if (period !== null && period.ndim !== 0) {
    throw new ValueError(`period must be a scalar; got an array of shape ${shapeStr(period.shape)}`);
  }
  const beyond = [o.left === "extrapolate", o.right === "extrapolate"] as const;
  return interpJit(at, points, values, { left, right, period }, beyond);
}
