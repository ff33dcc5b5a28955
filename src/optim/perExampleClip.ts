import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import * as bi from "../numpy/binary.ts";
import { nanToNum } from "../numpy/manipulation.ts";
import { tensordot } from "../numpy/products.ts";
import * as reductions from "../numpy/reductions.ts";
import { vmap } from "../transforms/vmap.ts";
import { leaves, structure, unflatten } from "../tree/flatten.ts";
import { globalNorm } from "./clipping.ts";
import { leafArray, mapArrays } from "./leaves.ts";
import type { Scalar } from "./types.ts";

function checkBatch(where: string, grads: unknown): NDArray[] {
  const arrays = leaves(grads).map(leafArray);
  const batch = arrays[0]?.shape[0];
  if (batch === undefined || arrays.some(({ shape }) => shape[0] !== batch)) {
    throw new ValueError(
      `Unlike other transforms, \`${where}\` expects \`grads\` to have a batch dimension in the 0th axis; got shapes: ${arrays.map(({ shape }) => `[${shape}]`).join(", ")}.`,
    );
  }
  return arrays;
}

/**
 * The sum over examples of gradients that are each scaled down to a norm of at most `l2NormClip`, all leaves together; and how many were.
 *
 * Source: Abadi et al., [Deep Learning with Differential Privacy](https://arxiv.org/abs/1607.00133), 2016.
 *
 * @param grads a tree of arrays with the examples along the first axis
 * @throws ValueError without such an axis
 * @example
 * ```ts
 * const [sum, count] = optim.perExampleGlobalNormClip({ w: jnp.array([[3, 4], [0, 1]]) }, 1);
 * String(sum.w); // => "[0.6 1.8]"
 * String(count); // => "1"
 * ```
 */
export function perExampleGlobalNormClip<P>(
  grads: P,
  l2NormClip: Scalar,
): [clippedSum: P, numClipped: NDArray] {
  checkBatch("perExampleGlobalNormClip", grads);
  const norms = vmap(globalNorm as (tree: never) => NDArray)(grads as never) as NDArray;
  const factors = nanToNum(bi.minimum(bi.divide(l2NormClip, norms), 1), { nan: 1 });
  return [mapArrays((g) => tensordot(factors, g, 1), grads), reductions.sum(factors.lt(1))];
}

/**
 * {@link perExampleGlobalNormClip} for each leaf by itself, with limits whose squares add up to that of `globalL2NormClip`.
 *
 * @param uniform the same limit for each leaf (default), or one that grows with the root of its size
 * @returns the tree of sums, and a tree of how many examples were scaled down
 */
export function perExampleLayerNormClip<P>(
  grads: P,
  globalL2NormClip: Scalar,
  uniform = true,
): [clippedSum: P, numClipped: P] {
  const arrays = checkBatch("perExampleLayerNormClip", grads);
  const sizes = arrays.map(({ shape }) => (uniform ? 1 : shape.slice(1).reduce((a, b) => a * b, 1)));
  const total = sizes.reduce((a, b) => a + b, 0);
  const results = arrays.map((g, i) => {
    const limit = bi.multiply(globalL2NormClip, (sizes[i] / total) ** 0.5);
    return perExampleGlobalNormClip(g, limit);
  });
  const def = structure(grads);
  const pick = (k: 0 | 1): P =>
    unflatten(
      def,
      results.map((r) => r[k]),
    ) as P;
  return [pick(0), pick(1)];
}
