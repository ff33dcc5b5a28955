import type { NDArray } from "../core/array.ts";
import type { DTypeLike } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import { zeros } from "../numpy/creation.ts";
import { convert } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { castTree, mapArrays, safeIncrement, zeroCount, zerosLike } from "./leaves.ts";
import { complement } from "./moments.ts";
import { absSq, requireParams } from "./treeMath.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

export interface NovogradOptions {
  /** Decay of the momentum; default 0.9. */
  b1?: Scalar;
  /** Decay of the averages of squared norms; default 0.25. */
  b2?: Scalar;
  /** Added to the denominator; default 1e-8 here and 1e-6 in {@link novograd}. */
  eps?: Scalar;
  /** Added inside the root; default 0. */
  epsRoot?: Scalar;
  /** Decay of the weights, default 0. */
  weightDecay?: Scalar;
  /** The dtype of the momentum; default that of the parameters. */
  muDtype?: DTypeLike;
}
export const novogradNames = ["b1", "b2", "eps", "epsRoot", "weightDecay", "muDtype"];

/** The state of {@link scaleByNovograd}: the momentum, and for each parameter one number, its average squared norm. */
export interface ScaleByNovogradState {
  count: NDArray;
  mu: OptState;
  nu: OptState;
}

/** Momentum of gradients divided by the norm of their parameter. See {@link novograd}; `update` needs the parameters. */
export function scaleByNovograd(
  ...options: [(Scalar | NovogradOptions)?, ...unknown[]]
): GradientTransformation<ScaleByNovogradState> {
  const o = readOptions<NovogradOptions>("scaleByNovograd", novogradNames, options);
  const { b1 = 0.9, b2 = 0.25, eps = 1e-8, epsRoot = 0, weightDecay = 0, muDtype } = o;
  return {
    init: (params) => ({
      count: zeroCount(),
      mu: zerosLike(params, muDtype),
      nu: mapArrays((p) => zeros([], p.dtype), params),
    }),
    update(updates, state, params) {
      const present = requireParams(params);
      const count = safeIncrement(state.count);
      const first = count.eq(1);
      const nu = mapArrays(
        (g, n) => {
          const square = convert(reductions.sum(absSq(g)), n.dtype);
          return where(first, square, complement(b2).mul(square).add(n.mul(b2)));
        },
        updates,
        state.nu,
      );
      const mu = mapArrays(
        (g, p, n, m) => {
          const step = g.div(un.sqrt(n.add(epsRoot)).add(eps)).add(p.mul(weightDecay));
          return where(first, step, m.mul(b1).add(step));
        },
        updates,
        present,
        nu,
        state.mu,
      );
      const kept = castTree(mu, muDtype);
      return [kept, { count, mu: kept, nu }];
    },
  };
}
