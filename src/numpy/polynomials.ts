import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { scalar } from "../core/values.ts";
import { finfo, realDType } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { convolve } from "./convolution.ts";
import { atleast1d } from "./manipulationShape.ts";
import { trimLeading } from "./manipulationTrim.ts";
import { broadcastToShape, checkBroadcast, promoteDTypes, promoteDTypesInexact, toArray } from "./promote.ts";
import { negative } from "./unary.ts";

// A polynomial is the vector of its coefficients, that of the highest power first.

/** Coefficients as a vector. @throws ValueError for other ranks */
function coefficients(name: string, p: ArrayLike, position = 0): NDArray {
  const x = toArray(p, name, position);
  if (x.ndim !== 1) {
    throw new ValueError(`jnp.${name}: coefficients must be a vector, got shape ${shapeStr(x.shape)}.`);
  }
  return x;
}

const polyaddJit = jit(
  (a1: NDArray, a2: NDArray): NDArray => {
    const [x, y] = promoteDTypes([a1, a2]);
    const n = Math.max(x.size, y.size);
    // Leading zeros up to one length.
    const [a, b] = [x, y].map((v) => lax.pad(v, scalar(0, v.dtype), [[n - v.size, 0, 0]]));
    return lax.add(a, b);
  },
  { name: "polyadd" },
);
/** The sum of two polynomials, given by their coefficients from the highest power. @example `String(jnp.polyadd([1, 2, 3], [5, 5])); // => "[1. 7. 8.]"` */
export function polyadd(a1: ArrayLike, a2: ArrayLike): NDArray {
  return polyaddJit(coefficients("polyadd", a1, 0), coefficients("polyadd", a2, 1));
}
/** The difference of two polynomials; see {@link polyadd}. @example `String(jnp.polysub([1, 2, 3], [5, 5])); // => "[ 1. -3. -2.]"` */
export function polysub(a1: ArrayLike, a2: ArrayLike): NDArray {
  const [x, y] = promoteDTypes([coefficients("polysub", a1, 0), coefficients("polysub", a2, 1)]);
  return polyaddJit(x, negative(y));
}

/** Options of {@link polymul} and {@link polydiv}. */
export interface TrimOptions {
  /** Leave out leading zeros, whose number must be known: not under jit. */
  trimLeadingZeros?: boolean;
}
/** The product of two polynomials, as floats; see {@link polyadd}. @example `String(jnp.polymul([1, 2], [1, 3])); // => "[1. 5. 6.]"` */
export function polymul(a1: ArrayLike, a2: ArrayLike, options?: TrimOptions): NDArray {
  const o = readOptions<TrimOptions>("polymul", [], [options], ["trimLeadingZeros"]);
  let factors = promoteDTypesInexact([coefficients("polymul", a1, 0), coefficients("polymul", a2, 1)]);
  if (o.trimLeadingZeros === true && factors.some((x) => x.size > 1)) {
    factors = factors.map((x) => trimLeading(x, 0));
  }
  const [x, y] = factors.map((v) => (v.size === 0 ? lax.full([1], 0, v.dtype) : v));
  return convolve(x, y);
}

const polydivJit = jit(
  (u: NDArray, v: NDArray): [NDArray, NDArray] => {
    const [m, n] = [u.size - 1, v.size - 1];
    const leading = lax.indexInDim(v, 0, 0, false);
    const scale = lax.div(scalar(1, v.dtype), leading);
    let rest = u;
    const quotient: NDArray[] = [];
    for (let k = 0; k <= m - n; k++) {
      const d = lax.mul(scale, lax.indexInDim(rest, k, 0, false));
      const product = lax.mul(broadcastToShape(d, v.shape), v);
      rest = lax.sub(rest, lax.pad(product, scalar(0, v.dtype), [[k, m - n - k, 0]]));
      quotient.push(lax.reshape(d, [1]));
    }
    if (quotient.length === 0) quotient.push(lax.full([1], 0, u.dtype));
    return [lax.concatenate(quotient, 0), rest];
  },
  { name: "polydiv" },
);
/**
 * Quotient and remainder of two polynomials, as floats; the remainder has leading zeros unless they are to be trimmed.
 *
 * @throws ValueError for coefficients that are no vector, or a divisor without any
 * @example
 * ```ts
 * jnp.polydiv([1, 5, 6], [1, 2]).map(String); // => ["[1. 3.]", "[0. 0. 0.]"]
 * ```
 */
export function polydiv(u: ArrayLike, v: ArrayLike, options?: TrimOptions): [NDArray, NDArray] {
  const o = readOptions<TrimOptions>("polydiv", [], [options], ["trimLeadingZeros"]);
  const [x, y] = promoteDTypesInexact([coefficients("polydiv", u, 0), coefficients("polydiv", v, 1)]);
  if (x.size === 0 || y.size === 0) {
    throw new ValueError(`jnp.polydiv: no coefficients, got lengths ${x.size} and ${y.size}.`);
  }
  const [quotient, rest] = polydivJit(x, y);
  if (o.trimLeadingZeros !== true) return [quotient, rest];
  return [quotient, trimLeading(rest, Math.sqrt(Number(finfo(realDType(x.dtype)).eps)))];
}

/** The products k (k - 1) ... (k - m + 1) for k = `last`, `last` - 1, ... down to `m`. */
function fallingFactorials(last: number, m: number): number[] {
  return Array.from({ length: Math.max(0, last - m + 1) }, (_, i) => {
    let product = 1;
    for (let j = 0; j < m; j++) product *= last - i - j;
    return product;
  });
}
function orderOf(name: string, what: string, m: number): void {
  if (!Number.isInteger(m)) throw new TypeError(`jnp.${name}: m must be an integer, got ${String(m)}.`);
  if (m < 0) throw new ValueError(`Order of ${what} must be positive, got ${m}`);
}
const constants = (values: readonly number[], like: NDArray): NDArray =>
  toArray([...values], "poly").astype(like.dtype);

/**
 * The `m`-th derivative of a polynomial, as floats.
 *
 * @throws ValueError for a negative order
 * @example
 * ```ts
 * String(jnp.polyder([1, 1, 1, 1])); // => "[3. 2. 1.]"
 * ```
 */
export function polyder(p: ArrayLike, m: number | { m?: number } = 1): NDArray {
  const { m: order = 1 } = readOptions<{ m: number }>("polyder", ["m"], [m]);
  const [x] = promoteDTypesInexact([coefficients("polyder", p)]);
  orderOf("polyder", "derivative", order);
  if (order === 0) return x;
  if (order >= x.size) return lax.full([0], 0, x.dtype);
  return lax.mul(lax.slice(x, [0], [x.size - order]), constants(fallingFactorials(x.size - 1, order), x));
}

/** Options of {@link polyint}. */
export interface PolyintOptions {
  /** How many times; default 1. */
  m?: number;
  /** The constants of integration, the first integral's first; one for all, or default 0. */
  k?: ArrayLike | null;
}
/**
 * The `m`-th integral of a polynomial, as floats.
 *
 * @throws ValueError for a negative order, or constants that are neither one nor `m`
 * @example
 * ```ts
 * String(jnp.polyint([3, 2, 1], { k: 5 })); // => "[1. 1. 1. 5.]"
 * ```
 */
export function polyint(
  p: ArrayLike,
  m?: number | PolyintOptions,
  k?: ArrayLike | null | PolyintOptions,
): NDArray {
  const o = readOptions<PolyintOptions>("polyint", ["m", "k"], [m, k]);
  const order = o.m ?? 1;
  orderOf("polyint", "integral", order);
  const [x, given] = promoteDTypesInexact([coefficients("polyint", p), toArray(o.k ?? 0, "polyint", 2)]);
  const list = atleast1d(given);
  if (list.ndim !== 1 || (list.size !== 1 && list.size !== order)) {
    throw new ValueError(
      `k must be a scalar or a rank-1 array of length 1 or m=${order}, got shape ${shapeStr(given.shape)}.`,
    );
  }
  if (order === 0) return x;
  const all = list.size === 1 ? broadcastToShape(list, [order]) : list;
  const last = x.size + order - 1;
  // The constant of an earlier integral is integrated with the rest.
  const divisors = Array.from({ length: last + 1 }, (_, i) => {
    let product = 1;
    for (let j = 0; j < order; j++) product *= Math.max(1, last - i - j);
    return product;
  });
  return lax.div(lax.concatenate([x, all], 0), constants(divisors, x));
}

const polyvalJit = jit(
  (p0: NDArray, x0: NDArray, unroll: number): NDArray => {
    const [p, x] = promoteDTypes([p0, x0]);
    const shape = checkBroadcast([p.shape.slice(1), x.shape], "polyval");
    const at = broadcastToShape(x, shape);
    const start = lax.full(shape, 0, x.dtype);
    const step = (y: NDArray, c: NDArray): NDArray => lax.add(lax.mul(y, at), broadcastToShape(c, shape));
    // Horner's rule: written out for few coefficients, which is one kernel.
    if (p.shape[0] <= unroll) {
      let y = start;
      for (let i = 0; i < p.shape[0]; i++) y = step(y, lax.indexInDim(p, i, 0, false));
      return y;
    }
    return lax.scan((y: NDArray, c: NDArray): [NDArray, null] => [step(y, c), null], start, p, { unroll })[0];
  },
  { name: "polyval", staticArgnums: 2 },
);
/**
 * The values of a polynomial at points, by Horner's rule.
 *
 * @param p coefficients from the highest power, along the first axis; further axes broadcast against `x`
 * @param options.unroll how many steps to write out in compiled programs; default 16
 * @throws ValueError for coefficients without an axis, TypeError for shapes that do not broadcast
 * @example
 * ```ts
 * String(jnp.polyval([1, 0, -1], jnp.array([2, 3]))); // => "[3. 8.]"
 * ```
 */
export function polyval(p: ArrayLike, x: ArrayLike, options?: { unroll?: number }): NDArray {
  const o = readOptions<{ unroll: number }>("polyval", [], [options], ["unroll"]);
  const [c, at] = [toArray(p, "polyval", 0), toArray(x, "polyval", 1)];
  if (c.ndim === 0) throw new ValueError("jnp.polyval: coefficients must have an axis, got a scalar.");
  return polyvalJit(c, at, o.unroll ?? 16);
}
