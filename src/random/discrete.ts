import type { ArrayLike, NDArray } from "../core/array.ts";
import { asDType, type DType, type DTypeLike, float32, iinfo, int32, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { clip, moveaxis } from "../numpy/manipulation.ts";
import { broadcastToShape, convert, promoteDTypesInexact } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { jit } from "../transforms/jit.ts";
import { checkKey, split } from "./keys.ts";
import { checkShape, floatDType, type SampleOptions, type Shape, shapeOf, toFloat } from "./parameters.ts";
import { uniform } from "./samplers.ts";

// Distributions of counts. Loops of rejection go on until every element has been accepted.

function integerDType(name: string, dtype: DTypeLike | undefined): DType {
  const d = dtype === undefined ? int32 : asDType(dtype);
  if (!isInteger(d)) throw new ValueError(`dtype argument to \`${name}\` must be an int dtype, got ${d}`);
  return d;
}

const index = (): NDArray => lax.full([], 0, int32);

const geometricJit = jit(
  (key: NDArray, p: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    const u = uniform(key, shape, p.dtype);
    const logU = lax.log(where(u.eq(0), 1, u));
    return convert(lax.floor(logU.div(broadcastToShape(lax.log1p(p.neg()), shape))).add(1), dtype);
  },
  { name: "_geometric", staticArgnums: [2, 3] },
);
/**
 * How many trials of probability p it takes until one succeeds: integers from 1.
 *
 * @param args the shape, default that of p, and the dtype, default int32; or an object with these
 * @throws ValueError when p does not broadcast to the shape, or for a dtype that is not of integers
 * @example `random.geometric(random.key(0), jnp.array([0.1, 0.9])).dtype.name; // => "int32"`
 */
export function geometric(
  key: NDArray,
  p: ArrayLike,
  ...args: [(Shape | SampleOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SampleOptions>("geometric", ["shape", "dtype"], args);
  const { typed } = checkKey("geometric", key);
  const [probability] = promoteDTypesInexact([toFloat(p)]);
  const shape = o.shape === undefined ? probability.shape : shapeOf("geometric", o.shape);
  checkShape("geometric", shape, probability);
  return geometricJit(typed, probability, shape, integerDType("geometric", o.dtype));
}

/** Knuth's method: how many uniform numbers it takes until their product is below `exp(-lam)`. */
function poissonByProduct(
  key: NDArray,
  lam: NDArray,
  shape: readonly number[],
  dtype: DType,
  most: number,
): NDArray {
  type State = [i: NDArray, k: NDArray, key: NDArray, logProduct: NDArray];
  const [, k] = lax.whileLoop(
    ([i, , , log]: State) => bi.logicalAnd(reductions.any(bi.greater(log, lam.neg())), i.lt(most)),
    ([i, count, rng, log]: State): State => {
      const [next, sub] = split(rng);
      const more = where(bi.greater(log, lam.neg()), count.add(1), count);
      return [i.add(1), more, next, log.add(lax.log(uniform(sub, shape, float32)))];
    },
    [index(), lax.full(shape, 0, dtype), key, lax.full(shape, 0, float32)],
  );
  return k.sub(1);
}

/** Transformed rejection, for rates of at least 10. */
function poissonByRejection(
  key: NDArray,
  lam: NDArray,
  shape: readonly number[],
  dtype: DType,
  most: number,
): NDArray {
  const logLam = lax.log(lam);
  const b = lax.sqrt(lam).mul(2.53).add(0.931);
  const a = b.mul(0.02483).add(-0.059);
  const inverseAlpha = bi.divide(1.1328, b.sub(3.4)).add(1.1239);
  const vr = bi.subtract(0.9277, bi.divide(3.6224, b.sub(2)));
  type State = [i: NDArray, k: NDArray, accepted: NDArray, key: NDArray];
  const [, k] = lax.whileLoop(
    ([i, , accepted]: State) => bi.logicalAnd(reductions.any(un.logicalNot(accepted)), i.lt(most)),
    ([i, old, accepted, rng]: State): State => {
      const [next, key0, key1] = split(rng, 3);
      const u = uniform(key0, shape, lam.dtype).sub(0.5);
      const v = uniform(key1, shape, lam.dtype);
      const us = bi.subtract(0.5, lax.abs(u));
      const count = lax.floor(a.mul(2).div(us).add(b).mul(u).add(lam).add(0.43));
      const s = lax.log(v.mul(inverseAlpha).div(a.div(us.mul(us)).add(b)));
      const t = lam
        .neg()
        .add(count.mul(logLam))
        .sub(lax.lgamma(count.add(1)));
      const quick = bi.logicalAnd(us.ge(0.07), bi.lessEqual(v, vr));
      const reject = bi.logicalOr(count.lt(0), bi.logicalAnd(us.lt(0.013), bi.greater(v, us)));
      const accept = bi.logicalOr(quick, bi.logicalAnd(un.logicalNot(reject), bi.lessEqual(s, t)));
      return [i.add(1), where(accept, count, old), bi.logicalOr(accepted, accept), next];
    },
    [index(), lax.full(shape, -1, lam.dtype), lax.full(shape, false, "bool"), key],
  );
  return convert(k, dtype);
}

const poissonJit = jit(
  (key: NDArray, lam: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    const small = bi.logicalOr(un.isnan(lam), lam.lt(10));
    const most = Math.min(Number(iinfo(dtype).max), 2 ** 31 - 1);
    const counts = where(
      small,
      poissonByProduct(key, where(small, lam, 0), shape, dtype, most),
      // Only one of the two counts.
      poissonByRejection(lax.randomClone(key), where(small, 1e5, lam), shape, dtype, most),
    );
    return where(lam.eq(0), 0, counts);
  },
  { name: "_poisson", staticArgnums: [2, 3] },
);
/**
 * Samples of the Poisson distribution of mean `lam`.
 *
 * Source: Knuth, Seminumerical Algorithms, section 3.4.1; Hörmann, [The transformed rejection method for generating Poisson random
 * variables](https://doi.org/10.1016/0167-6687%2893%2990997-4), 1993.
 *
 * @param args the shape, default that of `lam`, and the dtype, default int32; or an object with these
 * @throws ValueError when `lam` does not broadcast to the shape, or for a dtype that is not of integers
 * @example `random.poisson(random.key(0), jnp.array([0, 3])).get(0).item(); // => 0`
 */
export function poisson(
  key: NDArray,
  lam: ArrayLike,
  ...args: [(Shape | SampleOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SampleOptions>("poisson", ["shape", "dtype"], args);
  const { typed } = checkKey("poisson", key);
  const rate = convert(toFloat(lam), float32);
  const shape = o.shape === undefined ? rate.shape : shapeOf("poisson", o.shape);
  checkShape("poisson", shape, rate);
  return poissonJit(typed, broadcastToShape(rate, shape), shape, integerDType("poisson", o.dtype));
}

/** The remainder of Stirling's series for `log(k!)`, from a table for k up to 9. */
function stirlingTail(k: NDArray): NDArray {
  const table = [
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
    0.0138761288230707, 0.0118967099458917, 0.010411265261972, 0.00925546218271273, 0.00833056343336287,
  ];
  const bounded = lax.clamp(0, k, 9);
  const square = lax.square(bounded.add(1));
  const inner = bi.subtract(1 / 360, bi.divide(1 / 1260, square)).div(square);
  const series = bi.subtract(1 / 12, inner).div(bounded.add(1));
  const floor = lax.floor(bounded);
  const tabled = table.reduce<NDArray>(
    (value, entry, i) => where(floor.eq(i), entry, value),
    lax.fullLike(k, 0),
  );
  return where(k.le(9), tabled, series);
}

/** How many geometric waiting times fit into `count`. */
function binomialByWaiting(key: NDArray, count: NDArray, p: NDArray, shape: readonly number[]): NDArray {
  const log = lax.log1p(p.neg());
  type State = [n: NDArray, sum: NDArray, key: NDArray];
  const [n] = lax.whileLoop(
    ([, sum]: State) => reductions.any(bi.lessEqual(sum, count)),
    ([found, sum, rng]: State): State => {
      const [sub, next] = split(rng);
      const wait = lax.ceil(lax.log(uniform(sub, shape, p.dtype)).div(log));
      return [where(bi.lessEqual(sum, count), found.add(1), found), sum.add(wait), next];
    },
    [lax.full(shape, 0, p.dtype), lax.full(shape, 0, p.dtype), key],
  );
  return n.sub(1);
}

/** Transformed rejection with squeeze, for means of at least 10. */
function binomialByRejection(key: NDArray, count: NDArray, p: NDArray, shape: readonly number[]): NDArray {
  const deviation = lax.sqrt(count.mul(p).mul(bi.subtract(1, p)));
  const b = deviation.mul(2.53).add(1.15);
  const a = b.mul(0.0248).add(-0.0873).add(p.mul(0.01));
  const c = count.mul(p).add(0.5);
  const vr = bi.subtract(0.92, bi.divide(4.2, b));
  const r = p.div(bi.subtract(1, p));
  const alpha = bi.divide(5.1, b).add(2.83).mul(deviation);
  const m = lax.floor(count.add(1).mul(p));
  type State = [k: NDArray, accepted: NDArray, key: NDArray];
  const [k] = lax.whileLoop(
    ([, accepted]: State) => reductions.any(un.logicalNot(accepted)),
    ([old, accepted, rng]: State): State => {
      const [next, key0, key1] = split(rng, 3);
      const u = uniform(key0, shape, p.dtype).sub(0.5);
      const v = uniform(key1, shape, p.dtype);
      const us = bi.subtract(0.5, lax.abs(u));
      const drawn = lax.floor(a.mul(2).div(us).add(b).mul(u).add(c));
      const quick = bi.logicalAnd(us.ge(0.07), bi.lessEqual(v, vr));
      const reject = bi.logicalOr(drawn.lt(0), bi.greater(drawn, count));
      const log = lax.log(v.mul(alpha).div(a.div(us.mul(us)).add(b)));
      const left = count.sub(m).add(1);
      const leftDrawn = count.sub(drawn).add(1);
      const bound = m
        .add(0.5)
        .mul(lax.log(m.add(1).div(r.mul(left))))
        .add(count.add(1).mul(lax.log(left.div(leftDrawn))))
        .add(drawn.add(0.5).mul(lax.log(r.mul(leftDrawn).div(drawn.add(1)))))
        .add(stirlingTail(m))
        .add(stirlingTail(count.sub(m)))
        .sub(stirlingTail(drawn))
        .sub(stirlingTail(count.sub(drawn)));
      const accept = bi.logicalOr(quick, bi.logicalAnd(un.logicalNot(reject), bi.lessEqual(log, bound)));
      return [where(accept, drawn, old), bi.logicalOr(accepted, accept), next];
    },
    [lax.full(shape, -1, p.dtype), lax.full(shape, false, "bool"), key],
  );
  return k;
}

const binomialJit = jit(
  (key: NDArray, n: NDArray, p: NDArray, shape: readonly number[], dtype: DType): NDArray => {
    const belowHalf = p.lt(0.5);
    const folded = where(belowHalf, p, bi.subtract(1, p));
    const badCount = bi.logicalOr(un.isnan(n), n.lt(0));
    const infinite = un.isinf(n);
    const isNaN = un.isnan(folded);
    const badP = bi.logicalOr(isNaN, folded.lt(0));
    const q = where(badP, 0.01, folded);
    const waiting = bi.logicalOr(badCount, n.mul(q).le(10));
    const count = lax.floor(n);
    const few = binomialByWaiting(key, where(waiting, count, 0), q, shape);
    // Only one of the two counts.
    const many = binomialByRejection(
      lax.randomClone(key),
      where(waiting, 1e4, count),
      where(waiting, 0.5, q),
      shape,
    );
    const invalid = bi.logicalOr(badP, badCount);
    let samples = convert(where(waiting, few, many), dtype);
    samples = where(invalid, Number.NaN, samples);
    samples = where(bi.logicalAnd(infinite, un.logicalNot(invalid)), Number.POSITIVE_INFINITY, samples);
    const keep = bi.logicalOr(bi.logicalOr(belowHalf, badCount), bi.logicalOr(isNaN, infinite));
    return where(keep, samples, convert(count, dtype).sub(samples));
  },
  { name: "_binomial", staticArgnums: [3, 4] },
);
/**
 * How many of n trials of probability p succeed, as floats. NaN for a negative n or a p that is no probability.
 *
 * Source: Hörmann, [The generation of binomial random variates](https://doi.org/10.1080/00949659308811496), 1993.
 *
 * @param args the shape, default that of the parameters together, and the dtype, default float32; or an object with these
 * @throws ValueError when the parameters do not broadcast to the shape, or for a dtype that is not floating
 * @example `random.binomial(random.key(0), 10, 0.5, [2]).shape; // => [2]`
 */
export function binomial(
  key: NDArray,
  n: ArrayLike,
  p: ArrayLike,
  ...args: [(Shape | SampleOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SampleOptions>("binomial", ["shape", "dtype"], args);
  const { typed } = checkKey("binomial", key);
  const dtype = floatDType("binomial", o.dtype);
  const [probability] = promoteDTypesInexact([toFloat(p)]);
  const count = convert(toFloat(n), probability.dtype);
  const own = lax.broadcastShapes(count.shape, probability.shape);
  const shape = o.shape === undefined || o.shape === null ? own : shapeOf("binomial", o.shape);
  checkShape("binomial", shape, count, probability);
  const [a, b] = [broadcastToShape(count, shape), broadcastToShape(probability, shape)];
  return binomialJit(typed, a, b, shape, dtype);
}

export interface MultinomialOptions extends SampleOptions {
  /** As in `lax.scan`; default 1. */
  unroll?: number | boolean;
}

/**
 * How often each outcome comes in n trials, as floats along the last axis.
 *
 * @param n the number of trials, of the batch shape
 * @param p the probabilities of the outcomes, along the last axis
 * @param options.shape the whole shape of the result; default that of p
 * @example `random.multinomial(random.key(0), 7, jnp.array([0.2, 0.3, 0.5])).sum().item(); // => 7`
 */
export function multinomial(
  key: NDArray,
  n: ArrayLike,
  p: ArrayLike,
  options: MultinomialOptions = {},
): NDArray {
  const o = readOptions<MultinomialOptions>("multinomial", [], [options], ["shape", "dtype", "unroll"]);
  const { typed } = checkKey("multinomial", key);
  const [count, probability] = promoteDTypesInexact([toFloat(n), toFloat(p)]);
  const dtype = floatDType("multinomial", o.dtype);
  const shape = o.shape === undefined ? probability.shape : shapeOf("multinomial", o.shape);
  const first = moveaxis(broadcastToShape(probability, shape), -1, 0);
  const left = lax.cumsum(first, { axis: 0, reverse: true });
  const ratios = first.div(where(left.eq(0), 1, left));
  const keys = split(typed, ratios.shape[0]);
  const draw = (rest: NDArray, [ratio, k]: [NDArray, NDArray]): [NDArray, NDArray] => {
    const drawn = binomial(k, rest, clip(ratio, 0, 1), { dtype: rest.dtype });
    return [rest.sub(drawn), drawn];
  };
  const trials = broadcastToShape(count, shape.slice(0, -1));
  const [, counts] = lax.scan(draw, trials, [ratios, keys] as [NDArray, NDArray], { unroll: o.unroll ?? 1 });
  return convert(moveaxis(counts, 0, -1), dtype);
}
