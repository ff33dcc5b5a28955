import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { isComplex } from "../dtypes/index.ts";
import { NotImplementedError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { vmap } from "../transforms/vmap.ts";
import { canonicalizeAxis, readOptions } from "./arguments.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { swapaxes } from "./manipulationShape.ts";
import { toArray } from "./promote.ts";

/** What is largest first where `x` is smallest first. Unsigned integers wrap, so that 0 comes first too. */
function descending(x: NDArray): NDArray {
  return lax.neg(x.dtype.kind === "uint" ? lax.add(x, scalar(1, x.dtype)) : x);
}

const partitionJit = jit(
  (a: NDArray, k: number, axis: number): NDArray => {
    const x = swapaxes(a, axis, -1);
    const length = x.shape[x.ndim - 1];
    const [negated] = lax.topK(descending(x), k + 1);
    const one = scalar(1, x.dtype);
    const bottom = x.dtype.kind === "uint" ? lax.sub(lax.neg(negated), one) : lax.neg(negated);
    const [top] = lax.topK(x, length - k - 1);
    return swapaxes(lax.concatenate([bottom, top], x.ndim - 1), -1, axis);
  },
  { name: "partition", staticArgnums: [1, 2] },
);

const argpartitionJit = jit(
  (a: NDArray, k: number, axis: number): NDArray => {
    const x = swapaxes(a, axis, -1);
    const [, bottom] = lax.topK(descending(x), k + 1);
    // The rest is found by a mask of what is taken: equal values must not be found twice.
    let zeroAt = (row: NDArray, taken: NDArray): NDArray => indexUpdate(row, [taken]).set(0);
    for (let d = 1; d < x.ndim; d++) zeroAt = vmap(zeroAt) as typeof zeroAt;
    const free = zeroAt(lax.full(x.shape, 1), bottom);
    const [, top] = lax.topK(free, x.shape[x.ndim - 1] - k - 1);
    return swapaxes(lax.concatenate([bottom, top], x.ndim - 1), -1, axis);
  },
  { name: "argpartition", staticArgnums: [1, 2] },
);

/** The operands of both functions, checked. */
function partitionArguments(
  name: string,
  a: ArrayLike,
  kth: number,
  axis: number | { axis?: number } | undefined,
): [NDArray, number, number] {
  const x = toArray(a, name, 0);
  if (isComplex(x.dtype)) throw new NotImplementedError(`jnp.${name} for complex dtype is not implemented.`);
  const o = readOptions<{ axis: number }>(name, ["axis"], [axis]);
  const along = canonicalizeAxis(o.axis ?? -1, x.ndim);
  return [x, canonicalizeAxis(kth, x.shape[along]), along];
}

/**
 * The elements along an axis in such an order that the `kth` is where it would be if they were sorted, what is before it is not
 * greater, and what is after it is not less.
 *
 * @param options.axis default the last
 * @throws ValueError for an axis or `kth` out of range, NotImplementedError for complex numbers
 * @example
 * ```ts
 * String(jnp.partition(jnp.array([6, 8, 4, 1]), 1)); // => "[1. 4. 8. 6.]"
 * ```
 */
export function partition(a: ArrayLike, kth: number, axis?: number | { axis?: number }): NDArray {
  return partitionJit(...partitionArguments("partition", a, kth, axis));
}

/**
 * The positions (int32) that bring the elements along an axis into an order as that of {@link partition}.
 *
 * @param options.axis default the last
 * @throws ValueError for an axis or `kth` out of range, NotImplementedError for complex numbers
 * @example
 * ```ts
 * String(jnp.argpartition(jnp.array([6, 8, 4, 1]), 1)); // => "[3 2 0 1]"
 * ```
 */
export function argpartition(a: ArrayLike, kth: number, axis?: number | { axis?: number }): NDArray {
  return argpartitionJit(...partitionArguments("argpartition", a, kth, axis));
}
