import type { ArrayLike, NDArray } from "../../core/array.ts";
import { toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { vmap } from "../../transforms/vmap.ts";

/**
 * The Fenchel-Young loss of a convex function, `maxFun(scores) - <scores, targets>` for each vector along the last axis: with
 * {@link nn.logsumexp} the cross-entropy of softmax.
 *
 * Source: Blondel et al., [Learning with Fenchel-Young Losses](https://arxiv.org/abs/1901.02324), 2020.
 *
 * @param maxFun from vectors to scalars
 * @returns a loss of scores and targets of the same shape `[..., n]`, of shape `[...]`
 * @example
 * ```ts
 * const loss = optim.losses.makeFenchelYoungLoss((x) => nn.logsumexp(x));
 * String(loss(jnp.zeros([1, 2]), jnp.array([[1, 0]]))); // => "[0.6931472]"
 * ```
 */
export function makeFenchelYoungLoss(
  maxFun: (scores: NDArray) => NDArray,
): (scores: ArrayLike, targets: ArrayLike) => NDArray {
  return (scores, targets) => {
    const x = toArray(scores, "makeFenchelYoungLoss");
    const batch = x.shape.slice(0, -1).reduce<(x: NDArray) => NDArray>((f) => vmap(f), maxFun);
    return batch(x).sub(reductions.sum(x.mul(targets), -1));
  };
}
