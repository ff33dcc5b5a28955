import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { zeros } from "../numpy/creation.ts";
import { leaves, structure, unflatten } from "../tree/flatten.ts";
import { isComplex, leafArray, mapArrays, zerosLike } from "./leaves.ts";
import { complement, updateMoment } from "./moments.ts";
import { inverseRoot } from "./scaleByRms.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

export interface ScaleBySm3Options {
  /** Decay of the momentum; default 0.9. */
  b1?: Scalar;
  /** Decay of the squares; default 1 (they are added up). */
  b2?: Scalar;
  /** Added inside the root; default 1e-8. */
  eps?: Scalar;
}

/** The state of {@link scaleBySm3}: for each parameter one vector for each of its axes, and the momentum. */
export interface ScaleBySm3State {
  mu: OptState;
  nu: OptState;
}

/** AdaGrad with a memory of the size of the sum of the axes, not of their product. See {@link sm3}. */
export function scaleBySm3(
  ...options: [(Scalar | ScaleBySm3Options)?, ...unknown[]]
): GradientTransformation<ScaleBySm3State> {
  const o = readOptions<ScaleBySm3Options>("scaleBySm3", ["b1", "b2", "eps"], options);
  const { b1 = 0.9, b2 = 1, eps = 1e-8 } = o;
  const weight = b2 === 1 ? 1 : complement(b2);
  return {
    init(params) {
      const arrays = leaves(params).map(leafArray);
      if (arrays.some(isComplex))
        throw new ValueError("This transformation does not support complex parameters.");
      const vectors = arrays.map(({ shape, dtype }) => shape.map((n) => zeros([n], dtype)));
      return { mu: unflatten(structure(params), vectors), nu: zerosLike(params) };
    },
    update(updates, state) {
      const def = structure(updates);
      const gradients = leaves(updates).map(leafArray);
      // The state has a list of vectors where the gradients have an array.
      const vectors = def.flattenUpTo(state.mu) as NDArray[][];
      const sums = gradients.map((g, i) => {
        const cover = vectors[i].map((v, axis) => v.reshape(g.shape.map((n, k) => (k === axis ? n : 1))));
        const least = cover.length === 0 ? bi.multiply(0, g) : cover.reduce((a, b) => bi.minimum(a, b));
        return g.mul(g).mul(weight).add(least.mul(b2));
      });
      const scaled = gradients.map((g, i) => inverseRoot(sums[i], eps).mul(g));
      const nu = updateMoment(unflatten(def, scaled), state.nu, b1, 1);
      const mu = sums.map((sum) =>
        sum.shape.map((_, axis) =>
          sum.ndim < 2 ? sum : sum.max(sum.shape.map((_, k) => k).filter((k) => k !== axis)),
        ),
      );
      return [mapArrays((x) => x, nu) as typeof updates, { mu: unflatten(def, mu), nu }];
    },
  };
}
