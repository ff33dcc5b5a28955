import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { literal, scalar } from "../core/values.ts";
import { maximum, minimum } from "../core/wideIntegers.ts";
import {
  asDType,
  Complex,
  type DType,
  type DTypeLike,
  finfo,
  float32,
  float64,
  iinfo,
  int32,
  isComplex,
  isFloating,
  isInteger,
  realDType,
  requireComputable,
  uint16,
  uint32,
  uint64,
} from "../dtypes/index.ts";
import { IndexError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { canonicalizeAxis, readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { concreteScalar } from "../numpy/concrete.ts";
import { arange } from "../numpy/creation.ts";
import { cumsum } from "../numpy/cumulative.ts";
import { take } from "../numpy/indexing.ts";
import { clip, reshape } from "../numpy/manipulation.ts";
import { checkBroadcast, convert, promoteDTypesInexact, raiseRank, toArray } from "../numpy/promote.ts";
import { argmax } from "../numpy/reductions.ts";
import { searchsorted } from "../numpy/sorting.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { jit } from "../transforms/jit.ts";
import { checkKey, split } from "./keys.ts";
import {
  checkShape,
  floatDType,
  inexactDType,
  type SampleOptions,
  type Shape,
  shapeOf,
  toFloat,
} from "./parameters.ts";

/** Random bits: unsigned integers, uniform over their whole range. @example `String(random.bits(random.key(42))); // => "2098992034"` */
export function bits(key: NDArray, ...args: [(Shape | SampleOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<SampleOptions>("bits", ["shape", "dtype"], args);
  const { typed } = checkKey("bits", key);
  const dtype = o.dtype === undefined ? uint32 : asDType(o.dtype);
  if (dtype.kind !== "uint")
    throw new ValueError(`dtype argument to \`bits\` must be an unsigned int dtype, got ${dtype}`);
  return lax.randomBits(typed, dtype.bits, shapeOf("bits", o.shape));
}

const uniformJit = jit(
  (key: NDArray, lo: NDArray, hi: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    const [min, max] = [lo, hi].map((x) => convert(x, dtype)).map((x) => raiseRankFull(x, shape.length));
    checkShape("uniform", shape, min, max);
    const info = finfo(dtype);
    if (dtype === float64) return uniform64(key, min, max, shape);
    const word = info.bits === 16 ? uint16 : uint32;
    // Eight bits are enough for a shorter mantissa.
    const drawn = info.nmant < 8 ? 8 : info.bits;
    const random = convert(lax.randomBits(key, drawn, shape), word);
    const mantissa = lax.shiftRightLogical(random, scalar(drawn - info.nmant, word));
    // The bits of 1.0 with a random mantissa: uniform in [1, 2).
    const one = 2 ** info.nmant * (2 ** (info.bits - 2 - info.nmant) - 1);
    const oneToTwo = lax.bitcastConvertType(lax.bitwiseOr(mantissa, scalar(one, word)), dtype);
    const floats = lax.sub(oneToTwo, scalar(1, dtype));
    return lax.max(min, lax.add(lax.mul(floats, lax.sub(max, min)), min));
  },
  { name: "_uniform", staticArgnums: [3, 4] },
);
/** Scalars become arrays of size-1 axes, as JAX's broadcast_to_rank leaves them. */
function raiseRankFull(x: NDArray, rank: number): NDArray {
  return x.ndim === rank ? x : raiseRank(x, rank);
}
/**
 * The 64-bit case, in 32-bit words: of a block's 64 bits the upper 52 are the mantissa, so the draw is the first word / 2^32 plus the upper
 * 20 bits of the second / 2^52, exactly.
 */
function uniform64(key: NDArray, min: NDArray, max: NDArray, shape: readonly number[]): NDArray {
  const words = lax.randomUnwrap(key);
  const [k0, k1] = [0, 1].map((i) => lax.squeeze(lax.slice(words, [i], [i + 1]), [0]));
  const [c0, c1] = lax.iota2x32Shape(shape);
  const [y0, y1] = lax.threefry2x32(k0, k1, c0, c1);
  const part = (bits: NDArray, exponent: number): NDArray =>
    lax.mul(lax.convertElementType(bits, float64), scalar(2 ** exponent, float64));
  const floats = lax.add(part(y0, -32), part(lax.shiftRightLogical(y1, scalar(12, uint32)), -52));
  return lax.max(min, lax.add(lax.mul(floats, lax.sub(max, min)), min));
}

interface UniformOptions extends SampleOptions {
  minval?: ArrayLike;
  maxval?: ArrayLike;
}
/**
 * Uniform floats in [minval, maxval): [0, 1) by default. The bits are JAX's.
 *
 * @throws ValueError for a dtype that is not floating
 * @example
 * ```ts
 * String(random.uniform(random.key(42), [2])); // => "[0.48870957 0.6797972 ]"
 * ```
 */
export function uniform(key: NDArray, ...args: [(Shape | UniformOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<UniformOptions>("uniform", ["shape", "dtype", "minval", "maxval"], args);
  const { typed } = checkKey("uniform", key);
  const dtype = floatDType("uniform", o.dtype);
  return uniformJit(typed, bound(o.minval, 0), bound(o.maxval, 1), shapeOf("uniform", o.shape), dtype);
}
const weakFloat = shapedArray([], float32, true);
/** A limit; the defaults are floats, as in JAX. */
function bound(x: ArrayLike | undefined, value: number): NDArray {
  return x === undefined ? literal(value, weakFloat) : toArray(x, "uniform");
}

const normalRealJit = jit(
  (key: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    const lo = -1 + 2 ** -(finfo(dtype).nmant + 1);
    const u = uniform(key, { shape, dtype, minval: scalar(lo, dtype), maxval: scalar(1, dtype) });
    return lax.mul(scalar(Math.SQRT2, dtype), lax.erfInv(u));
  },
  { name: "_normal_real", staticArgnums: [1, 2] },
);
const normalJit = jit(
  (key: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    if (!isComplex(dtype)) return normalRealJit(key, shape, dtype);
    const keys = split(key, 2);
    const [re, im] = [0, 1].map((i) => {
      const one = lax.squeeze(lax.slice(keys, [i], [i + 1], [1]), [0]);
      return convert(normalRealJit(one, shape, realDType(dtype)), dtype);
    });
    const sum = lax.add(re, lax.mul(scalar(new Complex(0, 1), dtype), im));
    return lax.div(sum, scalar(Math.SQRT2, dtype));
  },
  { name: "_normal", staticArgnums: [1, 2] },
);
/** Standard normal floats; complex ones have variance 1 too, half of it in each part. @example `random.normal(random.key(0), [2, 3]).shape.join(); // => "2,3"` */
export function normal(key: NDArray, ...args: [(Shape | SampleOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<SampleOptions>("normal", ["shape", "dtype"], args);
  return normalJit(
    checkKey("normal", key).typed,
    shapeOf("normal", o.shape),
    inexactDType("normal", o.dtype),
  );
}

const truncatedNormalJit = jit(
  (
    key: NDArray,
    lower0: NDArray,
    upper0: NDArray,
    given: readonly number[] | null,
    dtype: DType,
  ): NDArray => {
    const shape = given ?? checkBroadcast([lower0.shape, upper0.shape], "truncated_normal");
    checkShape("truncated_normal", shape, lower0, upper0);
    const sqrt2 = scalar(Math.SQRT2, dtype);
    const lower = convert(lower0, dtype);
    const upper = convert(upper0, dtype);
    const a = lax.erf(lax.div(lower, sqrt2));
    const b = lax.erf(lax.div(upper, sqrt2));
    const u = uniform(key, { shape, dtype, minval: a, maxval: b });
    const out = lax.mul(sqrt2, lax.erfInv(u));
    // Rounding must not leave the open interval.
    const inside = (x: NDArray, to: number): NDArray => lax.nextafter(lax.stopGradient(x), scalar(to, dtype));
    return clip(out, inside(lower, Number.POSITIVE_INFINITY), inside(upper, Number.NEGATIVE_INFINITY));
  },
  { name: "_truncated_normal", staticArgnums: [3, 4] },
);
/** Standard normal floats conditioned to lie between `lower` and `upper`. */
export function truncatedNormal(
  key: NDArray,
  lower: ArrayLike,
  upper: ArrayLike,
  ...args: [(Shape | SampleOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SampleOptions>("truncatedNormal", ["shape", "dtype"], args);
  const shape = o.shape === undefined ? null : shapeOf("truncatedNormal", o.shape);
  const { typed } = checkKey("truncatedNormal", key);
  return truncatedNormalJit(
    typed,
    toFloat(lower),
    toFloat(upper),
    shape,
    floatDType("truncatedNormal", o.dtype),
  );
}
const bernoulliJit = jit(
  (key: NDArray, p: NDArray, given: readonly number[] | null, mode: Mode): NDArray => {
    const shape = given ?? p.shape;
    checkShape("bernoulli", shape, p);
    if (mode === "low") return bi.less(uniform(key, { shape, dtype: p.dtype }), p);
    const u = uniform(key, { shape: [2, ...shape], dtype: p.dtype });
    const [coarse, fine] = [0, 1].map((i) => lax.squeeze(lax.sliceInDim(u, i, i + 1), [0]));
    return bi.less(bi.multiply(fine, 2 ** -finfo(p.dtype).nmant), bi.subtract(p, coarse));
  },
  { name: "_bernoulli", staticArgnums: [2, 3] },
);
interface BernoulliOptions {
  p?: ArrayLike;
  shape?: Shape;
  mode?: Mode;
}
/**
 * Booleans that are true with probability `p` (0.5 by default); mode "high" resolves tiny probabilities.
 * @throws TypeError when `p` is an integer array
 */
export function bernoulli(key: NDArray, ...args: [(ArrayLike | BernoulliOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<BernoulliOptions>("bernoulli", ["p", "shape", "mode"], args);
  const { typed } = checkKey("bernoulli", key);
  const p = toFloat(o.p ?? 0.5);
  if (!isFloating(p.dtype)) {
    throw new TypeError(`bernoulli probability \`p\` must have a floating dtype, got ${p.dtype}.`);
  }
  const shape = o.shape === undefined ? null : shapeOf("bernoulli", o.shape);
  return bernoulliJit(typed, convert(p, p.dtype), shape, modeOf("bernoulli", o.mode));
}

/** Integers clipped to what a dtype holds, then converted. */
function clipTo(x: NDArray, dtype: DType): NDArray {
  const [own, given] = [iinfo(dtype), iinfo(x.dtype)];
  const lo = maximum(BigInt(own.min), BigInt(given.min));
  const hi = minimum(BigInt(own.max), BigInt(given.max));
  const weak = shapedArray([], x.dtype, x.weakType);
  return lax.convertElementType(clip(x, literal(lo, weak), literal(hi, weak)), dtype);
}
const randintJit = jit(
  (key: NDArray, minval: NDArray, maxval: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    checkShape("randint", shape, minval, maxval);
    const whole = (x: NDArray): NDArray => (isInteger(x.dtype) ? x : convert(x, int32));
    const min0 = whole(minval);
    const max0 = whole(maxval);
    const top = clipTo(scalar(iinfo(dtype).max, dtype), max0.dtype);
    const outOfRange = lax.gt(max0, top);
    const [min, max] = [min0, max0].map((x) => clipTo(x, dtype)).map((x) => raiseRankFull(x, shape.length));
    const keys = lax.randomSplit(key, [2]);
    const [k1, k2] = [0, 1].map((i) => lax.squeeze(lax.slice(keys, [i], [i + 1], [1]), [0]));
    const word = dtype.bits === 64 ? uint64 : uint32;
    const higher = lax.randomBits(k1, word.bits, shape);
    const lower = lax.randomBits(k2, word.bits, shape);
    let span = lax.convertElementType(lax.sub(max, min), word);
    span = lax.select(lax.le(max, min), lax.full(span.shape, 1, word), span);
    const wider = lax.bitwiseAnd(outOfRange, lax.gt(max, min));
    span = lax.select(wider, lax.add(span, scalar(1, word)), span);
    // 2^bits mod span, from (2^(bits / 2) mod span)^2.
    const half = lax.rem(scalar(2 ** (word.bits / 2), word), span);
    const multiplier = lax.rem(lax.mul(half, half), span);
    const offset = lax.rem(lax.add(lax.mul(lax.rem(higher, span), multiplier), lax.rem(lower, span)), span);
    return lax.add(min, lax.convertElementType(offset, dtype));
  },
  { name: "_randint", staticArgnums: [3, 4] },
);
/**
 * Uniform integers in [minval, maxval). int32 by default.
 *
 * @throws TypeError for a dtype that is not an integer
 * @example
 * ```ts
 * String(random.randint(random.key(42), [4], 0, 100)); // => "[44 14 71 69]"
 * ```
 */
export function randint(
  key: NDArray,
  shape: Shape,
  minval: ArrayLike,
  maxval: ArrayLike,
  ...args: [(DTypeLike | SampleOptions)?]
): NDArray {
  const [last] = args;
  const o =
    last !== undefined &&
    (typeof last === "string" || typeof last === "function" || "name" in (last as object))
      ? { dtype: last as DTypeLike }
      : readOptions<SampleOptions>("randint", ["dtype"], args);
  const dtype = o.dtype === undefined ? int32 : asDType(o.dtype);
  if (!isInteger(dtype)) throw new TypeError(`randint only accepts integer dtypes, got ${dtype}`);
  requireComputable(dtype, "random.randint");
  const { typed } = checkKey("randint", key);
  let [lo, hi] = [minval, maxval].map((x, i) => toArray(wholeBound(x, dtype), "randint", 2 + i));
  if (dtype.bits < 32) {
    // Narrow integers are drawn in 32 bits, so that they are not biased.
    const { min, max } = iinfo(dtype);
    lo = clip(convert(lo, int32), Number(min), Number(max));
    hi = clip(convert(hi, int32), Number(min), Number(max) + 1);
    return convert(randintJit(typed, lo, hi, shapeOf("randint", shape), int32), dtype);
  }
  return randintJit(typed, lo, hi, shapeOf("randint", shape), dtype);
}

/** A number beyond 32 bits is an integer, not a float, where 64 bits are drawn. */
function wholeBound(x: ArrayLike, dtype: DType): ArrayLike {
  return dtype.bits === 64 && typeof x === "number" && Number.isInteger(x) ? BigInt(x) : x;
}

const shuffleJit = jit(
  (key0: NDArray, x0: NDArray, axis: number): NDArray => {
    // Sorting by random 32-bit keys, often enough that ties in every round are improbable.
    const rounds = Math.ceil((3 * Math.log(Math.max(1, x0.size))) / Math.log(4294967295));
    let key = key0;
    let x = x0;
    for (let i = 0; i < rounds; i++) {
      const keys = lax.randomSplit(key, [2]);
      const [k1, k2] = [0, 1].map((j) => lax.squeeze(lax.slice(keys, [j], [j + 1], [1]), [0]));
      key = k1;
      [, x] = lax.sortKeyVal(lax.randomBits(k2, 32, x.shape), x, axis);
    }
    return x;
  },
  { name: "_shuffle", staticArgnums: 2 },
);
/**
 * A random permutation of the integers below `x`, or of an array along an axis (`independent`: each line by itself).
 *
 * @example
 * ```ts
 * String(random.permutation(random.key(42), 5)); // => "[4 2 3 0 1]"
 * ```
 */
export function permutation(
  key: NDArray,
  x: ArrayLike,
  ...args: [(number | { axis?: number; independent?: boolean })?, boolean?]
): NDArray {
  const o = readOptions<{ axis: number; independent: boolean }>("permutation", ["axis", "independent"], args);
  const { typed } = checkKey("permutation", key);
  const v = toArray(x, "permutation", 1);
  const axis = canonicalizeAxis(o.axis ?? 0, v.ndim === 0 ? 1 : v.ndim);
  if (v.ndim === 0) {
    if (!isInteger(v.dtype)) throw new TypeError("x must be an integer or at least 1-dimensional");
    const n = concreteScalar(v);
    if (n === null)
      throw new TypeError(
        "argument x of jax.random.permutation() must be concrete: the length of the result must be known when tracing.",
      );
    return shuffleJit(typed, arange(Number(n)), axis);
  }
  if (o.independent === true || v.ndim === 1) return shuffleJit(typed, v, axis);
  return take(v, shuffleJit(typed, arange(v.shape[axis]), 0), axis);
}

interface ChoiceOptions {
  shape?: Shape;
  replace?: boolean;
  p?: ArrayLike;
  axis?: number;
}
/**
 * Random elements of an array along an axis, or of the integers below `a`; with replacement unless `replace` is false, with probabilities `p`.
 *
 * @throws ValueError when more elements are asked for without replacement than there are, or `p` has the wrong shape
 */
export function choice(
  key: NDArray,
  a: ArrayLike,
  ...args: [(Shape | ChoiceOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<ChoiceOptions>("choice", ["shape", "replace", "p", "axis"], args);
  const { typed } = checkKey("choice", key);
  const shape = shapeOf("choice", o.shape);
  const v = toArray(a, "choice", 1);
  const axis = v.ndim === 0 ? 0 : canonicalizeAxis(o.axis ?? 0, v.ndim);
  const known = v.ndim === 0 ? concreteScalar(v) : v.shape[axis];
  if (known === null)
    throw new TypeError(
      "random.choice: the population size must be known when tracing, got a traced scalar.",
    );
  const population = Number(known);
  const draws = shape.reduce((p, n) => p * n, 1);
  if (draws === 0) return lax.full(shape, 0, v.dtype);
  if (population <= 0) throw new ValueError("a must be greater than 0 unless no samples are taken");
  const replace = o.replace ?? true;
  if (!replace && draws > population) {
    throw new ValueError(
      `Cannot take a larger sample (size ${draws}) than population (size ${population}) when 'replace=False'`,
    );
  }
  let result: NDArray;
  const pick = (index: NDArray): NDArray => (v.ndim === 0 ? index : take(v, index, axis));
  if (o.p === undefined) {
    if (replace) result = pick(randint(typed, shape, 0, population));
    else {
      const shuffled = permutation(typed, v.ndim === 0 ? population : v, axis);
      result = lax.sliceInDim(shuffled, 0, draws, 1, axis);
    }
  } else {
    const [p] = promoteDTypesInexact([toArray(o.p, "choice", 4)]);
    if (p.shape.join() !== String(population)) {
      throw new ValueError(
        `p must be None or a 1D vector with the same size as a.shape[axis]. p has shape (${p.shape.join(", ")},) and a.shape[axis] is ${population}.`,
      );
    }
    if (replace) {
      const cumulative = cumsum(p);
      const last = lax.squeeze(lax.slice(cumulative, [population - 1], [population]), [0]);
      const r = bi.multiply(last, bi.subtract(1, uniform(typed, { shape, dtype: cumulative.dtype })));
      result = pick(searchsorted(cumulative, r));
    } else {
      // Gumbel top-k (Vieira, "Gumbel-max trick and weighted reservoir sampling", 2014).
      const g = bi.add(gumbel(typed, { shape: [population], dtype: p.dtype }), un.log(p));
      result = pick(lax.topK(g, draws)[1]);
    }
  }
  return reshape(
    result,
    v.ndim === 0 ? shape : [...v.shape.slice(0, axis), ...shape, ...v.shape.slice(axis + 1)],
  );
}

type Mode = "low" | "high";
const gumbelJit = jit(
  (key: NDArray, shape: readonly number[], dtype: DType, mode: Mode): NDArray => {
    const { tiny, nmant } = finfo(dtype);
    if (mode === "low") {
      const u = uniformJit(key, scalar(Number(tiny), dtype), literal(1, weakFloat), shape, dtype);
      return un.negative(un.log(un.negative(un.log(u))));
    }
    // Two draws give the small values bits of their own.
    const u = uniformJit(key, literal(0, weakFloat), literal(1, weakFloat), [2, ...shape], dtype);
    const [high, low] = [0, 1].map((i) => lax.squeeze(lax.sliceInDim(u, i, i + 1), [0]));
    const fine = bi.add(bi.add(high, bi.multiply(2 ** -nmant, low)), scalar(Number(tiny), dtype));
    const x = where(bi.greaterEqual(high, 0.5), high, fine);
    return un.negative(un.log(un.negative(un.log1p(un.negative(x)))));
  },
  { name: "_gumbel", staticArgnums: [1, 2, 3] },
);
interface GumbelOptions extends SampleOptions {
  mode?: Mode;
}
function modeOf(name: string, mode: string | undefined): Mode {
  if (mode === undefined || mode === "low" || mode === "high") return mode ?? "low";
  throw new ValueError(`random.${name}: mode must be 'high' or 'low', got ${JSON.stringify(mode)}`);
}
/** Standard Gumbel floats: -log(-log(uniform)); mode "high" resolves the tail better at twice the cost. */
export function gumbel(key: NDArray, ...args: [(Shape | GumbelOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<GumbelOptions>("gumbel", ["shape", "dtype", "mode"], args);
  return gumbelJit(
    checkKey("gumbel", key).typed,
    shapeOf("gumbel", o.shape),
    floatDType("gumbel", o.dtype),
    modeOf("gumbel", o.mode),
  );
}

const exponentialJit = jit(
  (key: NDArray, shape: readonly number[], dtype: DType): NDArray =>
    lax.neg(lax.log1p(lax.neg(uniform(key, { shape, dtype })))),
  { name: "_exponential", staticArgnums: [1, 2] },
);
/** Exponential floats of rate 1. */
export function exponential(key: NDArray, ...args: [(Shape | SampleOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<SampleOptions>("exponential", ["shape", "dtype"], args);
  return exponentialJit(
    checkKey("exponential", key).typed,
    shapeOf("exponential", o.shape),
    floatDType("exponential", o.dtype),
  );
}

const laplaceJit = jit(
  (key: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    const u = uniform(key, {
      shape,
      dtype,
      minval: -1 + Number(finfo(dtype).epsneg),
      maxval: literal(1, weakFloat),
    });
    return lax.mul(lax.sign(u), lax.log1p(lax.neg(lax.abs(u))));
  },
  { name: "_laplace", staticArgnums: [1, 2] },
);
/** Laplace floats of scale 1. */
export function laplace(key: NDArray, ...args: [(Shape | SampleOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<SampleOptions>("laplace", ["shape", "dtype"], args);
  return laplaceJit(
    checkKey("laplace", key).typed,
    shapeOf("laplace", o.shape),
    floatDType("laplace", o.dtype),
  );
}

interface CategoricalOptions {
  axis?: number;
  shape?: Shape;
  replace?: boolean;
  mode?: Mode;
}
/**
 * Indices drawn with probabilities softmax(logits) along an axis (the last by default), int32.
 *
 * @param options.shape the shape of the result; it must end in the batch shape of the logits
 * @throws ValueError when shapes do not fit
 */
export function categorical(
  key: NDArray,
  logits: ArrayLike,
  ...args: [(number | CategoricalOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<CategoricalOptions>("categorical", ["axis", "shape", "replace", "mode"], args);
  const { typed } = checkKey("categorical", key);
  const v = toArray(logits, "categorical", 1);
  const axis = axisOf(o.axis ?? -1, v.ndim);
  const batch = v.shape.filter((_, i) => i !== axis);
  const shape = o.shape === undefined ? batch : shapeOf("categorical", o.shape);
  if (o.shape !== undefined) checkShape("categorical", shape, lax.full(batch, 0, float32));
  const prefix = shape.slice(0, shape.length - batch.length);
  if (o.replace ?? true) {
    const drawn = shape.slice(shape.length - batch.length);
    drawn.splice(axis, 0, v.shape[axis]);
    const g = gumbel(typed, { shape: [...prefix, ...drawn], dtype: v.dtype, mode: o.mode });
    const expanded =
      prefix.length === 0
        ? v
        : lax.expandDims(
            v,
            prefix.map((_, i) => i),
          );
    return argmax(bi.add(g, expanded), axis - v.ndim);
  }
  const g = bi.add(v, gumbel(typed, { shape: v.shape, dtype: v.dtype, mode: o.mode }));
  const k = prefix.reduce((p, n) => p * n, 1);
  if (k > v.shape[axis]) {
    throw new ValueError(
      `Number of samples without replacement (${k}) cannot exceed number of categories (${v.shape[axis]}).`,
    );
  }
  const order = v.shape.map((_, i) => i).filter((i) => i !== axis);
  const [, indices] = lax.topK(lax.transpose(g, [...order, axis]), k);
  return lax.reshape(lax.transpose(indices, [indices.ndim - 1, ...order.map((_, i) => i)]), shape);
}
/** NumPy's error for the axis that categorical removes. */
function axisOf(axis: number, ndim: number): number {
  const k = axis < 0 ? axis + ndim : axis;
  if (k < 0 || k >= ndim) throw new IndexError(`index ${axis} is out of bounds for axis 0 with size ${ndim}`);
  return k;
}

/** -1 or 1 with equal probability, int32 by default. */
export function rademacher(key: NDArray, ...args: [(Shape | SampleOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<SampleOptions>("rademacher", ["shape", "dtype"], args);
  const dtype = o.dtype === undefined ? int32 : asDType(o.dtype);
  const draw = convert(bernoulli(key, 0.5, shapeOf("rademacher", o.shape)), dtype);
  return bi.subtract(bi.multiply(2, draw), 1);
}
