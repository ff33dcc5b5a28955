import type { NDArray } from "../../core/array.ts";
import * as bi from "../../numpy/binary.ts";
import { vdot } from "../../numpy/products.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { leafArray, mapArrays } from "../../optim/leaves.ts";
import { leaves } from "../../tree/flatten.ts";

/**
 * The root of the sum of the squares of all elements of a tree of arrays; of weights, say, for weight decay.
 *
 * @example
 * ```ts
 * exampleLibraries.optimizers.l2Norm([jnp.array([3, 0]), { b: jnp.array(4) }]); // => Array(5., dtype=float32)
 * ```
 */
export function l2Norm(tree: unknown): NDArray {
  const squares = leaves(tree).map((x) => vdot(leafArray(x), leafArray(x)));
  return un.sqrt(squares.reduce((total: NDArray | number, s) => bi.add(total, s), 0));
}

/**
 * Gradients of a smaller norm than `maxNorm` as they are, others scaled to that norm.
 *
 * @returns a tree of the same structure
 * @example
 * ```ts
 * exampleLibraries.optimizers.clipGrads([jnp.array([3, 4])], 1); // => [Array([0.6, 0.8], dtype=float32)]
 * ```
 */
export function clipGrads<T>(gradTree: T, maxNorm: NDArray | number): T {
  const norm = l2Norm(gradTree);
  const [small, factor] = [bi.less(norm, maxNorm), bi.divide(maxNorm, norm)];
  return mapArrays((g) => where(small, g, bi.multiply(g, factor)), gradTree);
}
