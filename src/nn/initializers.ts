import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { asDType, type DType, type DTypeLike, float32, isFloating } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeShape } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { full } from "../numpy/creation.ts";
import {
  normal as drawNormal,
  truncatedNormal as drawTruncated,
  uniform as drawUniform,
} from "../random/samplers.ts";

/** Makes an array of a shape from a key. */
export type Initializer = (
  key: NDArray,
  shape: readonly number[],
  dtype?: DTypeLike | { dtype?: DTypeLike },
) => NDArray;

/** The first dtype that is given, by itself or as an option; default float32. */
export function dtypeOf(...candidates: (DTypeLike | { dtype?: DTypeLike } | undefined)[]): DType {
  for (const c of candidates) {
    if (c === undefined) continue;
    if (typeof c === "object" && Object.getPrototypeOf(c) === Object.prototype) {
      const inner = (c as { dtype?: DTypeLike }).dtype;
      if (inner !== undefined) return asDType(inner);
    } else return asDType(c as DTypeLike);
  }
  return float32;
}

/** All zeros. */
export const zeros: Initializer = (_key, shape, dtype) =>
  lax.full(canonicalizeShape(shape, "zeros"), 0, dtypeOf(dtype));
/** All ones. */
export const ones: Initializer = (_key, shape, dtype) =>
  lax.full(canonicalizeShape(shape, "ones"), 1, dtypeOf(dtype));
/** An initializer that fills with a value. */
export function constant(value: ArrayLike, dtype?: DTypeLike | { dtype?: DTypeLike }): Initializer {
  return (_key, shape, own) => full(shape, value, dtypeOf(own, dtype));
}

/** Options of the random initializers. */
interface ScaleOptions {
  dtype?: DTypeLike;
}
function scaleArg(
  first: number | (ScaleOptions & Record<string, unknown>) | undefined,
  name: string,
  fallback: number,
): { scale: number; options: ScaleOptions & Record<string, unknown> } {
  if (typeof first === "object")
    return { scale: (first[name] as number | undefined) ?? fallback, options: first };
  return { scale: first ?? fallback, options: {} };
}

/** Uniform in [0, scale). */
export function uniform(
  scale?: number | { scale?: number; dtype?: DTypeLike },
  dtype?: DTypeLike,
): Initializer {
  const a = scaleArg(scale as number, "scale", 1e-2);
  return (key, shape, own) => {
    const d = dtypeOf(own, dtype, a.options.dtype);
    return bi.multiply(drawUniform(key, { shape, dtype: d }), scalar(a.scale, d));
  };
}
/** Normal of mean 0 and the given standard deviation. */
export function normal(
  stddev?: number | { stddev?: number; dtype?: DTypeLike },
  dtype?: DTypeLike,
): Initializer {
  const a = scaleArg(stddev as number, "stddev", 1e-2);
  return (key, shape, own) => {
    const d = dtypeOf(own, dtype, a.options.dtype);
    return bi.multiply(drawNormal(key, { shape, dtype: d }), scalar(a.scale, d));
  };
}
/** Normal truncated to [lower, upper] (in units before scaling), times the standard deviation. */
export function truncatedNormal(
  stddev?: number | { stddev?: number; dtype?: DTypeLike; lower?: number; upper?: number },
  dtype?: DTypeLike,
  lower = -2,
  upper = 2,
): Initializer {
  const a = scaleArg(stddev as number, "stddev", 1e-2);
  const lo = (a.options.lower as number | undefined) ?? lower;
  const hi = (a.options.upper as number | undefined) ?? upper;
  return (key, shape, own) => {
    const d = dtypeOf(own, dtype, a.options.dtype);
    return bi.multiply(drawTruncated(key, lo, hi, { shape, dtype: d }), scalar(a.scale, d));
  };
}

type AxisArg = number | readonly number[];
/** Which axes of the weights count as inputs, outputs and batch. */
export interface FanOptions {
  inAxis?: AxisArg;
  outAxis?: AxisArg;
  batchAxis?: AxisArg;
  dtype?: DTypeLike;
}

function fans(shape: readonly number[], o: FanOptions): [number, number] {
  const { inAxis = -2, outAxis = -1, batchAxis = [] } = o;
  if (inAxis === -2 && shape.length <= 1) {
    throw new ValueError(
      `Can't compute input and output sizes of a ${shape.length}-dimensional weights tensor with default in_axis. Must be at least 2D or specify in_axis explicitly.`,
    );
  }
  const size = (axes: AxisArg): number =>
    [axes].flat().reduce((p, i) => p * shape[i < 0 ? i + shape.length : i], 1);
  const [inSize, outSize, batchSize] = [size(inAxis), size(outAxis), size(batchAxis)];
  const receptive = shape.reduce((p, n) => p * n, 1) / inSize / outSize / batchSize;
  return [inSize * receptive, outSize * receptive];
}

type Mode = "fan_in" | "fan_out" | "fan_avg" | "fan_geo_avg";
type Distribution = "truncated_normal" | "normal" | "uniform";

/**
 * An initializer whose scale adapts to the shape: variance `scale / n`, n by `mode` the fan in, the fan out, or their mean.
 *
 * Sources: Glorot and Bengio (2010), He et al. (2015), LeCun et al. (1998).
 * @throws ValueError for an unknown mode or distribution, or (from the initializer) fewer than two axes
 */
export function varianceScaling(
  scale: number,
  mode: Mode,
  distribution: Distribution,
  options: FanOptions = {},
): Initializer {
  return (key, shape, own) => {
    const dtype = dtypeOf(own, options.dtype);
    if (!isFloating(dtype)) throw new TypeError(`varianceScaling needs a floating dtype, got ${dtype}.`);
    const [fanIn, fanOut] = fans(shape, options);
    const denominators: Record<Mode, number> = {
      fan_in: fanIn,
      fan_out: fanOut,
      fan_avg: (fanIn + fanOut) / 2,
      fan_geo_avg: Math.sqrt(fanIn * fanOut),
    };
    const denominator = denominators[mode];
    if (denominator === undefined)
      throw new ValueError(`invalid mode for variance scaling initializer: ${mode}`);
    const variance = scalar(scale / denominator, dtype);
    switch (distribution) {
      case "truncated_normal": {
        // The standard deviation of a standard normal truncated to (-2, 2).
        const stddev = lax.div(lax.sqrt(variance), scalar(0.87962566103423978, dtype));
        return bi.multiply(drawTruncated(key, -2, 2, { shape, dtype }), stddev);
      }
      case "normal":
        return bi.multiply(drawNormal(key, { shape, dtype }), lax.sqrt(variance));
      case "uniform": {
        const limit = lax.sqrt(lax.mul(scalar(3, dtype), variance));
        return bi.multiply(drawUniform(key, { shape, dtype, minval: -1 }), limit);
      }
      default:
        throw new ValueError(`invalid distribution for variance scaling initializer: ${distribution}`);
    }
  };
}

/* @__NO_SIDE_EFFECTS__ */
function family(
  scale: number,
  mode: Mode,
  distribution: Distribution,
): (...args: [(AxisArg | FanOptions)?, AxisArg?, AxisArg?, DTypeLike?]) => Initializer {
  return (first, outAxis, batchAxis, dtype) => {
    const positional: FanOptions =
      typeof first === "number" || Array.isArray(first)
        ? { inAxis: first as AxisArg }
        : { ...(first as FanOptions | undefined) };
    if (outAxis !== undefined) positional.outAxis = outAxis;
    if (batchAxis !== undefined) positional.batchAxis = batchAxis;
    if (dtype !== undefined) positional.dtype = dtype;
    return varianceScaling(scale, mode, distribution, positional);
  };
}
/** Uniform, variance 1 / mean fan (Glorot). */
export const glorotUniform = family(1, "fan_avg", "uniform");
/** Truncated normal, variance 1 / mean fan (Glorot). */
export const glorotNormal = family(1, "fan_avg", "truncated_normal");
/** Uniform, variance 1 / fan in (LeCun). */
export const lecunUniform = family(1, "fan_in", "uniform");
/** Truncated normal, variance 1 / fan in (LeCun). */
export const lecunNormal = family(1, "fan_in", "truncated_normal");
/** Uniform, variance 2 / fan in (He). */
export const heUniform = family(2, "fan_in", "uniform");
/** Truncated normal, variance 2 / fan in (He). */
export const heNormal = family(2, "fan_in", "truncated_normal");
export {
  glorotNormal as xavierNormal,
  glorotUniform as xavierUniform,
  heNormal as kaimingNormal,
  heUniform as kaimingUniform,
};
