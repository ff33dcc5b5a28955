import type { ArrayLike, NDArray } from "../../core/array.ts";
import { float32 } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import { get } from "../../numpy/access.ts";
import { canonicalizeAxis, readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { full, ones, zeros } from "../../numpy/creation.ts";
import { cumsum } from "../../numpy/cumulative.ts";
import { concatenate, moveaxis } from "../../numpy/manipulation.ts";
import { nanstd } from "../../numpy/nanReductions.ts";
import { promoteArgsInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { slice } from "../../numpy/slice.ts";
import { argsort, searchsorted, sort } from "../../numpy/sorting.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { vmap } from "../../transforms/vmap.ts";

/** What to do with NaNs: let them through, leave them out, or raise an error. */
export type NanPolicy = "propagate" | "omit" | "raise";

function checkNanPolicy(name: string, policy: string, omit: boolean): void {
  if (policy !== "propagate" && policy !== "omit" && policy !== "raise") {
    throw new ValueError(
      `Illegal nanPolicy value '${String(policy)}'; expected one of 'propagate', 'omit', 'raise'`,
    );
  }
  if (policy === "raise" || (policy === "omit" && !omit)) {
    throw new NotImplementedError(`${name}: nanPolicy of '${policy}' is not implemented`);
  }
}

export interface ModeOptions {
  /** The axis; default 0. `null`: all elements. */
  axis?: number | null;
  nanPolicy?: NanPolicy;
  keepdims?: boolean;
}

/** The most frequent elements and how often they come. */
export interface ModeResult {
  mode: NDArray;
  count: NDArray;
}

/** The most frequent element of a vector, the smallest of several. */
function modeOf(x: NDArray): [NDArray, NDArray] {
  const sorted = sort(x);
  // Every element and how often it comes; NaNs are at the end and count as one.
  const [from, to] = [searchsorted(sorted, sorted, "left"), searchsorted(sorted, sorted, "right")];
  const nan = un.isnan(sorted);
  const counts = where(nan, reductions.sum(nan), to.sub(from));
  return [get(sorted, reductions.argmax(counts)), counts.max()];
}

/**
 * The most frequent element along an axis, the smallest of several, and how often it comes.
 *
 * @throws NotImplementedError for other NaN policies than "propagate"
 * @example `String(scipy.stats.mode(jnp.array([2, 1, 2, 3])).mode); // => "2.0"`
 */
export function mode(a: ArrayLike, ...options: [(number | null | ModeOptions)?, ...unknown[]]): ModeResult {
  const o = readOptions<ModeOptions>("mode", ["axis", "nanPolicy", "keepdims"], options);
  checkNanPolicy("mode", o.nanPolicy ?? "propagate", false);
  const given = toArray(a, "mode");
  const x = given.ndim === 0 ? given.reshape([1]) : given;
  const axis = o.axis === null ? null : canonicalizeAxis(o.axis ?? 0, x.ndim);
  const rest = axis === null ? [] : x.shape.filter((_, k) => k !== axis);
  const shape = o.keepdims ? x.shape.map((n, k) => (axis === null || k === axis ? 1 : n)) : rest;
  const columns = axis === null ? x.reshape([1, -1]) : moveaxis(x, axis, -1).reshape([-1, x.shape[axis]]);
  if (columns.shape[1] === 0) return { mode: full(shape, Number.NaN), count: zeros(shape) };
  const [values, counts] = vmap(modeOf)(columns) as [NDArray, NDArray];
  return { mode: values.reshape(shape), count: counts.reshape(shape) };
}

/** How equal elements share their ranks. */
export type RankMethod = "average" | "min" | "max" | "dense" | "ordinal";

export interface RankdataOptions {
  method?: RankMethod;
  /** The axis; default: all elements in one row. */
  axis?: number | null;
  nanPolicy?: NanPolicy;
}

function ranks(x: NDArray, method: RankMethod): NDArray {
  const sorter = argsort(x);
  const sorted = get(x, sorter);
  const left = (): NDArray => searchsorted(sorted, x, "left").add(1).astype(float32);
  const right = (): NDArray => searchsorted(sorted, x, "right").astype(float32);
  switch (method) {
    case "min":
      return left();
    case "max":
      return right();
    case "average":
      return left().add(right()).mul(0.5);
    case "ordinal":
      return argsort(sorter).add(1).astype(float32);
    default: {
      const different = bi.notEqual(sorted.get(slice(1, null)), sorted.get(slice(null, -1)));
      const first = ones([Math.min(1, x.size)], "bool");
      const dense = cumsum(concatenate([first, different]).astype("int32"));
      return get(dense, argsort(sorter)).astype(float32);
    }
  }
}

/**
 * The ranks of elements, from 1; all NaN when there is a NaN.
 *
 * @param options.method equal elements get the average (default), the least or the largest of their ranks, ranks without gaps ("dense"), or
 * different ranks in their order ("ordinal")
 * @throws ValueError for another method
 * @example `String(scipy.stats.rankdata(jnp.array([5, 2, 5]))); // => "[2.5 1.  2.5]"`
 */
export function rankdata(
  a: ArrayLike,
  ...options: [(RankMethod | RankdataOptions)?, RankdataOptions?]
): NDArray {
  const o = readOptions<RankdataOptions>("rankdata", ["method"], options, ["axis", "nanPolicy"]);
  const { method = "average", axis } = o;
  checkNanPolicy("rankdata", o.nanPolicy ?? "propagate", false);
  if (!["average", "min", "max", "dense", "ordinal"].includes(method)) {
    throw new ValueError(`unknown method '${String(method)}'`);
  }
  const x = toArray(a, "rankdata");
  const row = (v: NDArray): NDArray => where(reductions.any(un.isnan(v)), Number.NaN, ranks(v, method));
  if (axis === undefined || axis === null) return row(x.ravel());
  const k = canonicalizeAxis(axis, x.ndim);
  const last = moveaxis(x, k, -1);
  const ranked = vmap(row)(last.reshape([-1, x.shape[k]])) as NDArray;
  return moveaxis(ranked.reshape(last.shape), -1, k);
}

export interface SemOptions {
  /** The axis; default 0. `null`: all elements. */
  axis?: number | null;
  /** Subtracted from the number of elements in the variance; default 1. */
  ddof?: number;
  nanPolicy?: NanPolicy;
  keepdims?: boolean;
}

/**
 * The standard error of the mean.
 *
 * @throws NotImplementedError for the NaN policy "raise"
 * @example `String(scipy.stats.sem(jnp.array([1, 2, 3]))); // => "0.57735026"`
 */
export function sem(a: ArrayLike, ...options: [(number | null | SemOptions)?, ...unknown[]]): NDArray {
  const o = readOptions<SemOptions>("sem", ["axis", "ddof", "nanPolicy"], options, ["keepdims"]);
  const { ddof = 1, nanPolicy = "propagate", keepdims = false } = o;
  const axis = o.axis === undefined ? 0 : o.axis;
  checkNanPolicy("sem", nanPolicy, true);
  const [x] = promoteArgsInexact("sem", a);
  if (nanPolicy === "propagate") {
    const count = axis === null ? x.size : x.shape[canonicalizeAxis(axis, x.ndim)];
    return reductions.std(x, { axis, ddof, keepdims }).div(Math.sqrt(count));
  }
  const count = reductions.sum(un.logicalNot(un.isnan(x)), { axis, keepdims });
  return nanstd(x, { axis, ddof, keepdims }).div(un.sqrt(count.astype(x.dtype)));
}
