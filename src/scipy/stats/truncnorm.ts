import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { log1mexp } from "../../nn/activations.ts";
import * as bi from "../../numpy/binary.ts";
import { broadcastToShape } from "../../numpy/promote.ts";
import { where } from "../../numpy/where.ts";
import { logNdtr, ndtr } from "../special/errorFunctions.ts";
import { expOf, type LocScaleArguments, withLocScale } from "./arguments.ts";
import * as norm from "./norm.ts";

// The standard normal distribution cut to [a, b], then moved by `loc` and `scale`.

/** The logarithm of the mass of the standard normal distribution between two points, accurate in both tails. */
function logMass(a: NDArray, b: NDArray): NDArray {
  const right = a.gt(0);
  const central = bi.logicalAnd(b.gt(0), a.le(0));
  const [low, high] = [where(right, b.neg(), a), where(right, a.neg(), b)];
  const top = logNdtr(high);
  const tail = top.add(log1mexp(bi.maximum(top.sub(logNdtr(low)), 0)));
  const middle = lax.log1p(ndtr(a).neg().sub(ndtr(b.neg())));
  return where(central, middle, tail);
}

const invalid = (a: NDArray, b: NDArray, value: NDArray): NDArray =>
  where(bi.greaterEqual(a, b), Number.NaN, value);

/** The logarithm of the density; NaN unless a is below b. @example `String(scipy.stats.truncnorm.logpdf(2, -1, 1)); // => "-inf"` */
export function logpdf(x: ArrayLike, a: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, low, high, loc, scale] = withLocScale("truncnorm.logpdf", [x, a, b], options);
  const z = y.sub(loc).div(scale);
  const outside = bi.logicalOr(bi.less(z, low), bi.greater(z, high));
  const value = norm.logpdf(y, loc, scale).sub(logMass(low, high));
  return invalid(low, high, where(outside, Number.NEGATIVE_INFINITY, value));
}

/** The density. */
export const pdf = expOf(logpdf);

/** The logarithm of the distribution function. */
export function logcdf(x: ArrayLike, a: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const args = withLocScale("truncnorm.logcdf", [x, a, b], options);
  const shape = lax.broadcastShapes(...args.map((y) => y.shape));
  const [y, low, high, loc, scale] = args.map((z) => broadcastToShape(z, shape));
  const z = y.sub(loc).div(scale);
  const [above, below] = [bi.greaterEqual(z, high), bi.lessEqual(z, low)];
  const inside = where(bi.logicalOr(above, below), low.add(high).div(2), z);
  const mass = logMass(low, high);
  const value = logMass(low, inside).sub(mass);
  // Close to the upper end the other tail is the more accurate one.
  const fromAbove = log1mexp(logMass(inside, high).sub(mass).neg());
  const chosen = where(value.gt(-0.1), fromAbove, value);
  return invalid(low, high, where(above, 0, where(below, Number.NEGATIVE_INFINITY, chosen)));
}

/** The distribution function. @example `String(scipy.stats.truncnorm.cdf(0, -1, 1)); // => "0.5"` */
export const cdf = expOf(logcdf);

/** The logarithm of the survival function. */
export function logsf(x: ArrayLike, a: ArrayLike, b: ArrayLike, ...options: LocScaleArguments): NDArray {
  const [y, low, high, loc, scale] = withLocScale("truncnorm.logsf", [x, a, b], options);
  return logcdf(y.neg(), high.neg(), low.neg(), loc.neg(), scale);
}

/** The survival function, `1 - cdf`. */
export const sf = expOf(logsf);
