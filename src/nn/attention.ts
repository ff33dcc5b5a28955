import type { ArrayLike, NDArray } from "../core/array.ts";
import { bool, type DType, finfo, float32, int32, promoteTypes } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { arange } from "../numpy/creation.ts";
import { einsum } from "../numpy/einsum.ts";
import { expandDims } from "../numpy/manipulation.ts";
import { convert, toArray } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import { where } from "../numpy/where.ts";
import { checkpoint } from "../transforms/checkpoint.ts";
import { logsumexp, softmax } from "./softmax.ts";

export interface DotProductAttentionOptions {
  /** Added to the logits; of a shape that broadcasts to `[batch, heads, queries, keys]`. */
  bias?: ArrayLike | null;
  /** Where queries see keys: booleans of a shape that broadcasts to `[batch, heads, queries, keys]`. */
  mask?: ArrayLike | null;
  /** A factor of the logits; default one over the root of the size of a head. */
  scale?: number | null;
  /** Queries see only keys up to their own position; default false. */
  isCausal?: boolean;
  /** How long the sequences of a batch are, int32 of shape `[batch]`; what comes after is padding. */
  querySeqLengths?: ArrayLike | null;
  keyValueSeqLengths?: ArrayLike | null;
  /** Queries see only keys so far to the left and right of their own position. */
  localWindowSize?: number | readonly [left: number, right: number] | null;
  /**
   * "xla": all logits at once; "blockwise": blocks of keys one after the other, so that memory grows with the length of the sequence and not with its
   * square; default by the number of keys.
   */
  implementation?: "xla" | "blockwise" | null;
  /** Return the logarithms of the sums of exponentials as well, of shape `[batch, queries, heads]`; default false. */
  returnResidual?: boolean;
}
const keywords = [
  "scale",
  "isCausal",
  "querySeqLengths",
  "keyValueSeqLengths",
  "localWindowSize",
  "implementation",
  "returnResidual",
];

/** Keys of one block, and from how many of them on blocks are used. */
const blockSize = 512;
const blockwiseFrom = 4096;

/** What all blocks share. Queries are `[batch, queries, keyHeads, group, size]`, keys and values `[batch, keys, keyHeads, size]`. */
interface Problem {
  readonly query: NDArray;
  readonly keys: number;
  readonly scale: number;
  readonly isCausal: boolean;
  readonly window: readonly [number, number] | null;
  readonly queryLengths: NDArray | null;
  readonly keyLengths: NDArray | null;
}

/** Keys from a position on, with their values and the bias and mask `[batch, keyHeads, group, queries, keys]` for them. */
interface Keys {
  readonly from: NDArray | number;
  readonly key: NDArray;
  readonly value: NDArray;
  readonly bias: NDArray | null;
  readonly mask: NDArray | null;
}

function maskedLogits(p: Problem, { from, key, bias, mask }: Keys): NDArray {
  const dtype = promoteTypes(p.query.dtype, float32);
  let logits = einsum("btkgh,bskh->bkgts", p.query, key, { preferredElementType: dtype }).mul(p.scale);
  if (bias !== null) logits = convert(logits.add(bias), dtype);
  const at = arange(key.shape[1]).add(from);
  const queryAt = arange(p.query.shape[1]).reshape([-1, 1]);
  const seen: NDArray[] = [];
  if (mask !== null) seen.push(mask);
  if (p.isCausal) seen.push(bi.lessEqual(at, queryAt));
  if (p.window !== null) {
    const [left, right] = p.window;
    seen.push(bi.logicalAnd(bi.lessEqual(queryAt, at.add(left)), bi.greaterEqual(queryAt, at.sub(right))));
  }
  const lengths = (n: NDArray): NDArray => n.reshape([-1, 1, 1, 1, 1]);
  if (p.queryLengths !== null) seen.push(bi.less(queryAt, lengths(p.queryLengths)));
  if (p.keyLengths !== null) seen.push(bi.less(at, lengths(p.keyLengths)));
  if (seen.length > 0) {
    const allowed = seen.reduce((a, b) => bi.logicalAnd(a, b));
    logits = where(allowed, logits, -0.7 * Number(finfo(dtype).max));
  }
  return convert(logits, float32);
}

interface Attended {
  /** `[batch, queries, keyHeads, group, size]` */
  readonly encoded: NDArray;
  /** `[batch, keyHeads, group, queries]` */
  readonly logSum: NDArray;
}

function allAtOnce(p: Problem, keys: Keys): Attended {
  const logits = maskedLogits(p, keys);
  const probabilities = convert(softmax(logits, -1), keys.key.dtype);
  return { encoded: einsum("bkgts,bskh->btkgh", probabilities, keys.value), logSum: logsumexp(logits, -1) };
}

/**
 * Blocks of keys one after the other, with the largest logit and the sums so far. In the backward pass the logits of a block are computed again.
 *
 * Source: Rabe and Staats, [Self-attention Does Not Need O(n²) Memory](https://arxiv.org/abs/2112.05682), 2021.
 */
function blockwise(p: Problem, keys: Keys): Attended {
  const blocks = Math.ceil(p.keys / blockSize);
  const missing = blocks * blockSize - p.keys;
  const padded = (x: NDArray, axis: number): NDArray => {
    const none = lax.full([], 0, x.dtype);
    return lax.pad(
      x,
      none,
      x.shape.map((_, k) => [0, k === axis ? missing : 0, 0]),
    );
  };
  const along = (x: NDArray | null): NDArray | null => (x === null || x.shape[4] === 1 ? x : padded(x, 4));
  const [key, value] = [padded(keys.key, 1), padded(keys.value, 1)];
  const [bias, mask] = [along(keys.bias), along(keys.mask)];
  const part = (x: NDArray, from: NDArray, axis: number): NDArray =>
    lax.dynamicSliceInDim(x, from, blockSize, { axis });
  const partOf = (x: NDArray | null, from: NDArray): NDArray | null =>
    x === null || x.shape[4] === 1 ? x : part(x, from, 4);

  type Sums = [largest: NDArray, sum: NDArray, encoded: NDArray];
  const step = checkpoint(([largest, sum, encoded]: Sums, block: NDArray): [Sums, null] => {
    const from = block.mul(blockSize);
    const here: Keys = {
      from,
      key: part(key, from, 1),
      value: part(value, from, 1),
      bias: partOf(bias, from),
      mask: partOf(mask, from),
    };
    const exists = bi.less(arange(blockSize).add(from), p.keys);
    const logits = where(exists, maskedLogits(p, here), Number.NEGATIVE_INFINITY);
    const top = lax.stopGradient(bi.maximum(largest, logits.max(-1)));
    const weights = lax.exp(logits.sub(expandDims(top, -1)));
    const shrink = lax.exp(largest.sub(top));
    const added = einsum("bkgts,bskh->bkgth", weights, convert(here.value, float32));
    return [
      [top, sum.mul(shrink).add(reductions.sum(weights, -1)), encoded.mul(expandDims(shrink, -1)).add(added)],
      null,
    ];
  });
  const [batch, queries, heads, group, size] = p.query.shape;
  const rows = [batch, heads, group, queries];
  const start: Sums = [
    lax.full(rows, Number.NEGATIVE_INFINITY, float32),
    lax.full(rows, 0, float32),
    lax.full([...rows, size], 0, float32),
  ];
  const [[largest, sum, encoded]] = lax.scan(step as never, start as never, arange(blocks) as never) as [
    Sums,
    null,
  ];
  const normalized = convert(encoded.div(expandDims(sum, -1)), keys.key.dtype);
  return { encoded: normalized.transpose([0, 3, 1, 2, 4]), logSum: largest.add(lax.log(sum)) };
}

function check(x: NDArray, shape: readonly number[], dtype: DType | null, name: string): void {
  if (x.ndim !== shape.length)
    throw new ValueError(`${name} ndim should be ${shape.length}, but got ${x.ndim}`);
  if (dtype !== null && x.dtype !== dtype) {
    throw new ValueError(`${name} dtype should be ${dtype.name}, but got ${x.dtype.name}`);
  }
  if (shape.some((n, k) => n !== -1 && x.shape[k] !== n)) {
    throw new ValueError(`${name} shape should be (${shape.join(", ")}): but got (${x.shape.join(", ")})`);
  }
}

const present = <T>(x: T | null | undefined): x is T => x !== null && x !== undefined;

/**
 * Attention: for each query the average of the values, weighted by the softmax of the products of query and keys.
 *
 * @param query of shape `[batch, queries, heads, size]`, or without the batch
 * @param key of shape `[batch, keys, keyHeads, size]`; the number of heads of the query is a multiple of keyHeads (grouped attention)
 * @param value of the shape of the key
 * @param options the bias and the mask, by position or by name, and further ones by name; see {@link DotProductAttentionOptions}
 * @returns the shape of the query; with `returnResidual` a pair of it and the logarithms of the sums of exponentials
 * @throws ValueError for shapes or dtypes that do not fit
 * @example
 * ```ts
 * const x = jnp.ones([1, 4, 2, 8]);
 * nn.dotProductAttention(x, x, x, { isCausal: true }).shape; // => [1, 4, 2, 8]
 * ```
 */
export function dotProductAttention(
  query: ArrayLike,
  key: ArrayLike,
  value: ArrayLike,
  options: DotProductAttentionOptions & { returnResidual: true },
): [encoded: NDArray, residual: NDArray];
export function dotProductAttention(
  query: ArrayLike,
  key: ArrayLike,
  value: ArrayLike,
  ...options: [(ArrayLike | DotProductAttentionOptions | null)?, ...unknown[]]
): NDArray;
export function dotProductAttention(
  query: ArrayLike,
  key: ArrayLike,
  value: ArrayLike,
  ...options: unknown[]
): NDArray | [NDArray, NDArray] {
  const name = "dotProductAttention";
  const o = readOptions<DotProductAttentionOptions>(name, ["bias", "mask"], options, keywords);
  const four = (x: ArrayLike): NDArray => {
    const array = toArray(x, name);
    return array.ndim < 4 ? array.reshape([...Array(4 - array.ndim).fill(1), ...array.shape]) : array;
  };
  const shape = toArray(query, name).shape;
  const [q, k, v] = [query, key, value].map(four);
  if (k.ndim !== 4) throw new ValueError(`key ndim should be 4, but got ${k.ndim}`);
  const [batch, keys, keyHeads, size] = k.shape;
  check(v, [batch, keys, keyHeads, size], k.dtype, "value");
  check(q, [batch, -1, -1, size], k.dtype, "query");
  const heads = q.shape[2];
  if (heads % keyHeads !== 0) {
    throw new ValueError(
      `The number of query heads must be a multiple of key/value heads, but got ${heads} vs ${keyHeads}`,
    );
  }
  const group = heads / keyHeads;
  const grouped = (x: ArrayLike | null | undefined, dtype: DType | null, what: string): NDArray | null => {
    if (!present(x)) return null;
    const array = four(x);
    check(array, [-1, -1, -1, -1], dtype, what);
    const [b, n, t, s] = array.shape;
    if (n !== 1 && n !== heads) {
      throw new ValueError(`${what} must have 1 or ${heads} heads, got ${n}`);
    }
    return array.reshape(n === 1 ? [b, 1, 1, t, s] : [b, keyHeads, group, t, s]);
  };
  const lengths = (x: ArrayLike | null | undefined, what: string): NDArray | null => {
    if (!present(x)) return null;
    const array = toArray(x, name);
    check(array, [batch], int32, what);
    return array;
  };
  const { localWindowSize, implementation } = o;
  if (present(implementation) && implementation !== "xla" && implementation !== "blockwise") {
    throw new ValueError(`Unsupported implementation option: ${String(implementation)}`);
  }
  const problem: Problem = {
    query: q.reshape([batch, q.shape[1], keyHeads, group, size]),
    keys,
    scale: o.scale ?? 1 / Math.sqrt(size),
    isCausal: o.isCausal ?? false,
    window:
      typeof localWindowSize === "number" ? [localWindowSize, localWindowSize] : (localWindowSize ?? null),
    queryLengths: lengths(o.querySeqLengths, "querySeqLengths"),
    keyLengths: lengths(o.keyValueSeqLengths, "keyValueSeqLengths"),
  };
  const all: Keys = {
    from: 0,
    key: k,
    value: v,
    bias: grouped(o.bias, null, "bias"),
    mask: grouped(o.mask, bool, "mask"),
  };
  const inBlocks = implementation === "blockwise" || (!present(implementation) && keys >= blockwiseFrom);
  const { encoded, logSum } = (inBlocks ? blockwise : allAtOnce)(problem, all);
  let result = encoded;
  if (problem.queryLengths !== null) {
    const real = bi.less(arange(q.shape[1]), expandDims(problem.queryLengths, 1));
    result = where(real.reshape([batch, -1, 1, 1, 1]), result, 0);
  }
  const attended = result.reshape(shape);
  if (!o.returnResidual) return attended;
  const residual = convert(logSum.transpose([0, 3, 1, 2]), k.dtype).reshape(shape.slice(0, -1));
  return [attended, lax.stopGradient(residual)];
}
