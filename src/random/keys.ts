import { type ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { literal } from "../core/values.ts";
import { bool, type DType, int32, isInteger, keyFry, uint32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { convert, toArray } from "../numpy/promote.ts";

/** A typed key for a sampler, and whether it was given as raw words. */
export function checkKey(name: string, key: NDArray, allowBatched = false): { typed: NDArray; raw: boolean } {
  if (!(key instanceof NDArray))
    throw new TypeError(
      `unexpected PRNG key type ${typeof key} in random.${name}: make one with random.key(seed).`,
    );
  const raw = key.dtype !== keyFry;
  const typed = raw ? lax.randomWrap(key) : key;
  if (!allowBatched && typed.ndim > 0) {
    throw new ValueError(
      `${name} accepts a single key, but was given a key array of shape (${typed.shape.join(", ")}${typed.ndim === 1 ? "," : ""}) != (). Use jax.vmap for batching.`,
    );
  }
  return { typed, raw };
}
/** Raw in, raw out. */
const like = (key: NDArray, raw: boolean): NDArray => (raw ? lax.randomUnwrap(key) : key);

function requireThreefry(impl: string | undefined): void {
  if (impl !== undefined && impl !== "threefry2x32" && impl !== "fry")
    throw new ValueError(`unrecognized PRNG implementation "${impl}". Did you mean one of: "threefry2x32"?`);
}

function seedKey(ctor: string, seed: ArrayLike, impl: string | undefined): NDArray {
  requireThreefry(impl);
  const value = typeof seed === "number" || typeof seed === "bigint" ? wholeSeed(seed) : toArray(seed, ctor);
  if (value.dtype === keyFry) throw new TypeError(`${ctor} accepts a scalar seed, but was given a PRNG key.`);
  if (value.ndim > 0) {
    throw new TypeError(
      `${ctor} accepts a scalar seed, but was given an array of shape (${value.shape.join(", ")}) != (). Use jax.vmap for batching`,
    );
  }
  if (!isInteger(value.dtype)) throw new TypeError(`PRNG key seed must be an integer; got ${value.aval}`);
  return lax.randomSeed(value);
}

/** A seed beyond 32 bits counts by its low 32 bits, as in JAX without 64-bit integers. */
function wholeSeed(seed: number | bigint): NDArray {
  if (typeof seed === "number" && !Number.isInteger(seed))
    throw new TypeError(`PRNG key seed must be an integer; got ${seed}`);
  return literal(Number(BigInt.asIntN(32, BigInt(seed))), weakInt);
}
const weakInt = shapedArray([], int32, true);

/**
 * A key for the samplers, made from an integer seed: a scalar array of dtype `key<fry>`. Keys are values: the same key always
 * gives the same numbers; use {@link split} or {@link foldIn} for fresh ones.
 *
 * @throws TypeError when the seed is not an integer scalar
 * @example
 * ```ts
 * String(random.uniform(random.key(42), [3])); // => "[0.48870957 0.6797972  0.6162715 ]"
 * ```
 */
export function key(seed: ArrayLike, options: { impl?: string } = {}): NDArray {
  return seedKey("key", seed, options.impl);
}
/** {@link key} as two raw uint32 words. @example `String(random.PRNGKey(-1)); // => "[         0 4294967295]"` */
export function PRNGKey(seed: ArrayLike, options: { impl?: string } = {}): NDArray {
  return lax.randomUnwrap(seedKey("PRNGKey", seed, options.impl));
}
/** The uint32 words of keys: shape `keys.shape + [2]`. */
export function keyData(keys: NDArray): NDArray {
  return lax.randomUnwrap(checkKey("keyData", keys, true).typed);
}
/** Keys from uint32 words whose last axis has size 2. @throws TypeError for another dtype or shape, ValueError for another generator */
export function wrapKeyData(words: ArrayLike, options: { impl?: string } = {}): NDArray {
  requireThreefry(options.impl);
  return lax.randomWrap(toArray(words, "wrapKeyData"));
}
/**
 * The dtype of keys. `threefry2x32` is the only generator.
 *
 * @throws ValueError for another generator
 * @example `random.keyDtype() === random.key(0).dtype; // => true`
 */
export function keyDtype(impl?: string): DType {
  return key(0, impl === undefined ? {} : { impl }).dtype;
}
/** The name of the generator of a key: "threefry2x32" by the short name that JAX gives it. */
export function keyImpl(keys: NDArray): string {
  checkKey("keyImpl", keys, true);
  return "fry";
}
/** A copy of a key, for programs that check that no key is used twice. */
export function clone(k: NDArray): NDArray {
  const { typed, raw } = checkKey("clone", k, true);
  return like(lax.randomClone(typed), raw);
}

/**
 * New keys from one: an array of `num` keys (2 by default; a list gives a shape). Destructure it:
 * `const [k1, k2] = random.split(key)`.
 *
 * @example
 * ```ts
 * String(random.keyData(random.split(random.key(42))).tolist()); // => "1832780943,270669613,64467757,2916123636"
 * ```
 */
export function split(k: NDArray, num: number | readonly number[] = 2): NDArray {
  const { typed, raw } = checkKey("split", k);
  const shape = typeof num === "number" ? [num] : num;
  return like(lax.randomSplit(typed, shape), raw);
}
/** A new key from a key and an integer. @throws TypeError when `data` is not a scalar */
export function foldIn(k: NDArray, data: ArrayLike): NDArray {
  const { typed, raw } = checkKey("foldIn", k);
  const value = toArray(data, "foldIn", 1);
  if (value.ndim > 0)
    throw new TypeError(
      `fold_in accepts a scalar, but was given an array ofshape (${value.shape.join(", ")}) != (). Use jax.vmap for batching.`,
    );
  if (!isInteger(value.dtype) && value.dtype !== bool && !value.weakType)
    throw new TypeError(`foldIn accepts an integer, got ${value.aval}.`);
  return like(lax.randomFoldIn(typed, convert(value, uint32)), raw);
}
