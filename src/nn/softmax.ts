import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis } from "../core/arrayMethods.ts";
import { scalar } from "../core/values.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  float32,
  int32,
  isComplex,
  isInteger,
} from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeAxes, canonicalizeAxis, readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { real } from "../numpy/complex.ts";
import { clip } from "../numpy/manipulation.ts";
import { convert, promoteArgsInexact, toArray } from "../numpy/promote.ts";
import { max, mean, sum } from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where as select } from "../numpy/where.ts";
import { jit } from "../transforms/jit.ts";

const NEGATIVE_INFINITY = Number.NEGATIVE_INFINITY;

interface SoftmaxOptions {
  axis?: Axis;
  where?: ArrayLike;
}

/**
 * e^x normalised to sum to one along an axis (the last by default), without overflow.
 *
 * @param options.where the elements that take part; the others become 0
 * @example
 * ```ts
 * String(nn.softmax(jnp.array([0, 0]))); // => "[0.5 0.5]"
 * ```
 */
export function softmax(x: ArrayLike, ...args: [(Axis | SoftmaxOptions)?, SoftmaxOptions?]): NDArray {
  const { axis = -1, where } = readOptions<SoftmaxOptions>("softmax", ["axis", "where"], args);
  const v = toArray(x, "softmax");
  const largest = max(v, { axis, where, initial: NEGATIVE_INFINITY, keepdims: true });
  const safe = where === undefined ? v : select(where, v, NEGATIVE_INFINITY);
  const unnormalized = un.exp(bi.subtract(safe, lax.stopGradient(largest)));
  const result = bi.divide(unnormalized, sum(unnormalized, { axis, where, keepdims: true }));
  return where === undefined ? result : select(where, result, 0);
}

const logSoftmaxJit = jit(
  (v: NDArray, where: NDArray | null, axis: Axis): NDArray => {
    const mask = where ?? undefined;
    const largest = max(v, { axis, where: mask, initial: NEGATIVE_INFINITY, keepdims: true });
    const safe = where === null ? v : select(where, v, NEGATIVE_INFINITY);
    const shifted = bi.subtract(safe, lax.stopGradient(largest));
    const total = un.log(sum(un.exp(shifted), { axis, where: mask, keepdims: true }));
    const result = bi.subtract(shifted, total);
    return where === null ? result : select(where, result, NEGATIVE_INFINITY);
  },
  { name: "log_softmax", staticArgnums: 2 },
);
/** log(softmax(x)), accurately; see {@link softmax}. @example `String(nn.logSoftmax(jnp.zeros(1))); // => "[0.]"` */
export function logSoftmax(x: ArrayLike, ...args: [(Axis | SoftmaxOptions)?, SoftmaxOptions?]): NDArray {
  const { axis = -1, where } = readOptions<SoftmaxOptions>("logSoftmax", ["axis", "where"], args);
  return logSoftmaxJit(
    toArray(x, "logSoftmax"),
    where === undefined ? null : toArray(where, "logSoftmax"),
    axis,
  );
}

interface LogsumexpOptions {
  axis?: Axis;
  /** Weights of the exponentials. */
  b?: ArrayLike;
  keepdims?: boolean;
  returnSign?: boolean;
  where?: ArrayLike;
}
/**
 * log(sum(b * e^a)) over all axes or those given, without overflow.
 *
 * @param options.returnSign also return the sign of the sum
 * @example
 * ```ts
 * String(nn.logsumexp(jnp.array([0]))); // => "0.0"
 * ```
 */
export function logsumexp(
  a: ArrayLike,
  ...args: [...unknown[], LogsumexpOptions & { returnSign: true }]
): [NDArray, NDArray];
export function logsumexp(a: ArrayLike, ...args: [(Axis | LogsumexpOptions)?, ...unknown[]]): NDArray;
export function logsumexp(a: ArrayLike, ...args: unknown[]): NDArray | [NDArray, NDArray] {
  const o = readOptions<LogsumexpOptions>(
    "logsumexp",
    ["axis", "b", "keepdims", "returnSign", "where"],
    args,
  );
  const masked = o.where === undefined ? a : select(o.where, a, 0);
  let [x, b] =
    o.b === undefined
      ? promoteArgsInexact("logsumexp", masked)
      : promoteArgsInexact("logsumexp", masked, o.b);
  if (o.b !== undefined) x = select(bi.notEqual(b, 0), x, NEGATIVE_INFINITY);
  const axes = canonicalizeAxes(o.axis, x.ndim);
  const keepdims = o.keepdims === true;
  const found = max(real(x), { axis: axes, keepdims, where: o.where, initial: NEGATIVE_INFINITY });
  const finite = un.isfinite(found);
  const largest = lax.stopGradient(lax.select(finite, found, lax.full(found.shape, 0, found.dtype)));
  const shift =
    keepdims || axes.length === 0
      ? largest
      : lax.expandDims(
          largest,
          [...axes].sort((p, q) => p - q),
        );
  let terms = lax.exp(lax.sub(x, convert(shift, x.dtype)));
  if (o.b !== undefined) terms = bi.multiply(terms, b);
  const total = sum(terms, { axis: axes, keepdims, where: o.where });
  const sign = lax.sign(total);
  const complex = isComplex(x.dtype);
  const out = lax.add(lax.log(complex ? total : lax.abs(total)), convert(largest, total.dtype));
  if (o.returnSign === true) return [out, sign];
  return o.b === undefined || complex ? out : select(bi.less(sign, 0), scalar(Number.NaN, out.dtype), out);
}

const logmeanexpJit = jit(
  (x: NDArray, where: NDArray | null, axis: Axis, keepdims: boolean): NDArray => {
    const mask = where ?? undefined;
    const lse = logsumexp(x, { axis, where: mask, keepdims }) as NDArray;
    const n = canonicalizeAxes(axis, x.ndim).reduce((p, i) => p * x.shape[i], 1);
    const count =
      where === null
        ? scalar(n, lse.dtype)
        : sum(bi.logicalOr(where, lax.full(x.shape, false, where.dtype)), {
            axis,
            keepdims,
            dtype: lse.dtype,
          });
    return bi.subtract(lse, un.log(count));
  },
  { name: "logmeanexp", staticArgnums: [2, 3] },
);
/** log(mean(e^x)), without overflow. */
export function logmeanexp(x: ArrayLike, ...args: [(Axis | LogsumexpOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<LogsumexpOptions>("logmeanexp", ["axis", "where", "keepdims"], args);
  return logmeanexpJit(
    toArray(x, "logmeanexp"),
    o.where === undefined ? null : toArray(o.where, "logmeanexp"),
    o.axis ?? null,
    o.keepdims === true,
  );
}

interface StandardizeOptions {
  axis?: Axis;
  mean?: ArrayLike;
  variance?: ArrayLike;
  epsilon?: number;
  where?: ArrayLike;
  algorithm?: "fast" | "stable";
}
const standardizeJit = jit(
  (
    x: NDArray,
    givenMean: NDArray | null,
    givenVariance: NDArray | null,
    where: NDArray | null,
    s: { axis: Axis; epsilon: number; algorithm: string },
  ): NDArray => {
    const { axis } = s;
    const mask = where ?? undefined;
    const m = givenMean ?? mean(x, { axis, keepdims: true, where: mask });
    let v: NDArray;
    if (givenVariance !== null) v = givenVariance;
    else if (s.algorithm === "stable")
      v = mean(un.square(bi.subtract(x, m)), { axis, keepdims: true, where: mask });
    else v = clip(bi.subtract(mean(un.square(x), { axis, keepdims: true, where: mask }), un.square(m)), 0);
    return bi.multiply(bi.subtract(x, m), lax.rsqrt(bi.add(v, s.epsilon)));
  },
  { name: "standardize", staticArgnums: 4 },
);
/** Shifts and scales to mean 0 and variance 1 along an axis (the last by default). */
export function standardize(x: ArrayLike, ...args: [(Axis | StandardizeOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<StandardizeOptions>(
    "standardize",
    ["axis", "mean", "variance", "epsilon", "where"],
    args,
    ["algorithm"],
  );
  const optional = (v: ArrayLike | undefined): NDArray | null =>
    v === undefined ? null : toArray(v, "standardize");
  return standardizeJit(
    toArray(x, "standardize"),
    optional(o.mean),
    optional(o.variance),
    optional(o.where),
    {
      axis: o.axis ?? -1,
      epsilon: o.epsilon ?? 1e-5,
      algorithm: o.algorithm ?? "fast",
    },
  );
}

const oneHotJit = jit(
  (x: NDArray, s: { numClasses: number; dtype: DType; axis: number }): NDArray => {
    const axis = canonicalizeAxis(s.axis, x.ndim + 1);
    const shape: number[] = Array.from(x.shape, () => 1);
    shape.splice(axis, 0, s.numClasses);
    return convert(bi.equal(lax.expandDims(x, [axis]), lax.broadcastedIota(x.dtype, shape, axis)), s.dtype);
  },
  { name: "_one_hot", staticArgnums: 1 },
);
/**
 * Rows of an identity matrix: 1 at the position given by each integer, 0 elsewhere (all zeros for integers outside 0 .. numClasses - 1).
 * Integer-valued float input is accepted.
 *
 * @example
 * ```ts
 * String(nn.oneHot(jnp.array([0n, 2n]), 3)); // => "[[1. 0. 0.]\n [0. 0. 1.]]"
 * ```
 */
export function oneHot(
  x: ArrayLike,
  numClasses: number,
  options: { dtype?: DTypeLike; axis?: number } = {},
): NDArray {
  if (!Number.isInteger(numClasses))
    throw new TypeError(
      `oneHot: numClasses must be an integer known when tracing, got ${String(numClasses)}.`,
    );
  const v = toArray(x, "oneHot");
  const indices = isInteger(v.dtype) ? v : v.weakType ? convert(v, int32) : v;
  return oneHotJit(indices, {
    numClasses,
    dtype: options.dtype === undefined ? float32 : asDType(options.dtype),
    axis: options.axis ?? -1,
  });
}
