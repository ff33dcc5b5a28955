import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { broadcastToShape } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { mapArrays } from "./leaves.ts";
import { stateless } from "./scaling.ts";
import { absSq, requireParams } from "./treeMath.ts";
import type { EmptyState, GradientTransformation, Scalar } from "./types.ts";

/** The norm of the weights of each output unit, in the shape of the weights. */
function unitwiseNorm(x: NDArray, axis: number | readonly number[] | undefined): NDArray {
  const units = x.shape.filter((n) => n !== 1).length;
  let axes: number | readonly number[] | null | undefined = axis;
  if (axes === undefined) {
    if (units <= 1) axes = null;
    else if (x.ndim <= 3) axes = 0;
    else if (x.ndim <= 5) axes = x.shape.slice(1).map((_, k) => k);
    else {
      throw new ValueError(
        `Expected a parameter of 1 to 5 dimensions, got shape [${x.shape}]. Use axis to specify reduction axes for other shapes.`,
      );
    }
  }
  return broadcastToShape(un.sqrt(reductions.sum(absSq(x), { axis: axes, keepdims: true })), x.shape);
}

/**
 * Scales the gradient of each unit down to at most `clipping` times the norm of its weights. `update` needs the parameters.
 *
 * Source: Brock et al., [High-Performance Large-Scale Image Recognition Without Normalization](https://arxiv.org/abs/2102.06171), 2021.
 *
 * @param options.eps norms of weights count as at least this; default 1e-3
 * @param options.axis the axes of a unit's weights; default all but the last
 * @example
 * ```ts
 * const optimizer = optim.chain(optim.adaptiveGradClip(0.01), optim.sgd(0.1));
 * ```
 */
export function adaptiveGradClip(
  clipping: Scalar,
  ...options: [(Scalar | { eps?: Scalar; axis?: number | readonly number[] })?, ...unknown[]]
): GradientTransformation<EmptyState> {
  const o = readOptions<{ eps: Scalar; axis: number | readonly number[] }>(
    "adaptiveGradClip",
    ["eps", "axis"],
    options,
  );
  const { eps = 1e-3, axis } = o;
  return stateless((updates, params) =>
    mapArrays(
      (g, p) => {
        const size = unitwiseNorm(g, axis);
        const limit = bi.multiply(clipping, bi.maximum(unitwiseNorm(p, axis), eps));
        return where(size.lt(limit), g, g.mul(limit.div(bi.maximum(size, 1e-6))));
      },
      updates,
      requireParams(params),
    ),
  );
}
