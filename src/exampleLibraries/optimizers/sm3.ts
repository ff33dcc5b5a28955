import type { NDArray } from "../../core/array.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { zeros } from "../../numpy/creation.ts";
import { atleast1d, reshape } from "../../numpy/manipulationShape.ts";
import { max } from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { inverseRootOrZero } from "./adaptive.ts";
import { type Optimizer, optimizer } from "./optimizer.ts";
import { makeSchedule, type StepSize } from "./schedules.ts";

/** State: the parameter, its momentum, and a vector along each axis. A scalar counts as a vector of one element. */
type Covered = [x: NDArray, momentum: NDArray, vectors: NDArray[]];

/**
 * SM3: as {@link adagrad}, but of the sums of squares it keeps only a bound for each row, column and so on, so that the memory grows with
 * the lengths of the axes and not with their product.
 *
 * Source: Anil et al., [Memory-Efficient Adaptive Optimization](https://arxiv.org/abs/1901.11150), 2019.
 *
 * @param stepSize a positive scalar, or a schedule
 * @param options.momentum how much of the last step is kept; default 0.9
 * @example
 * ```ts
 * const { initFun, updateFun, getParams } = exampleLibraries.optimizers.sm3(0.5, { momentum: 0 });
 * const state = initFun(jnp.ones([2, 3]));
 * state.packedState[0].map((x) => x.shape); // => [[2, 3], [2, 3], [2], [3]]
 * getParams(updateFun(0, jnp.full([2, 3], 4), state)); // => Array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], dtype=float32)
 * ```
 */
export const sm3: (stepSize: StepSize, ...options: [(number | { momentum?: number })?]) => Optimizer =
  optimizer((stepSize: StepSize, ...options: [(number | { momentum?: number })?]) => {
    const sizeAt = makeSchedule(stepSize);
    const { momentum = 0.9 } = readOptions<{ momentum: number }>("sm3", ["momentum"], options);
    return {
      init: (x: NDArray): Covered => {
        const { shape, dtype } = atleast1d(x);
        return [x, zeros(shape, dtype), shape.map((n) => zeros([n], dtype))];
      },
      update: (i, grad, [before, m, vectors]: Covered): Covered => {
        const g = atleast1d(grad);
        const axes = g.shape.map((_, k) => k);
        const along = vectors.map((v, axis) =>
          reshape(
            v,
            g.shape.map((n, k) => (k === axis ? n : 1)),
          ),
        );
        const bound = bi.add(
          along.reduce((a, b) => bi.minimum(a, b)),
          un.square(g),
        );
        const scaled = bi.multiply(1 - momentum, bi.multiply(g, inverseRootOrZero(bound)));
        const next = bi.add(scaled, bi.multiply(momentum, m));
        const x = bi.subtract(atleast1d(before), bi.multiply(sizeAt(i), next));
        const covers = axes.map((axis) => max(bound, { axis: axes.filter((k) => k !== axis) }));
        return [reshape(x, before.shape), next, covers];
      },
      getParams: ([x]: Covered) => x,
    };
  });
