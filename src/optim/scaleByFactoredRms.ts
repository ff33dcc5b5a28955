import type { NDArray } from "../core/array.ts";
import { float32 } from "../dtypes/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { zeros } from "../numpy/creation.ts";
import { convert } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import { leaves, structure, unflatten } from "../tree/flatten.ts";
import { leafArray, safeIncrement, zeroCount } from "./leaves.ts";
import { absSq, requireParams } from "./treeMath.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

export interface ScaleByFactoredRmsOptions {
  /** Keep row and column means of large matrices instead of all elements; default true. */
  factored?: boolean;
  /** The exponent of the decay; default 0.8. */
  decayRate?: Scalar;
  /** Subtracted from the step in the decay; default 0. */
  stepOffset?: Scalar;
  /** Only arrays whose two largest axes are at least this long are factored; default 128. */
  minDimSizeToFactor?: number;
  /** Added to the squares; default 1e-30. */
  epsilon?: Scalar;
}

/** The state of {@link scaleByFactoredRms}. What a parameter does not use is `[0]`. */
export interface FactoredState {
  count: NDArray;
  vRow: OptState;
  vCol: OptState;
  v: OptState;
}

/** The second largest and the largest axis, when both are long enough. */
function factoredAxes(shape: readonly number[], least: number): readonly [number, number] | null {
  if (shape.length < 2) return null;
  const order = shape.map((_, axis) => axis).sort((a, b) => shape[a] - shape[b] || a - b);
  const [second, first] = order.slice(-2);
  return shape[second] < least ? null : [second, first];
}

const without = (shape: readonly number[], axis: number): number[] => shape.filter((_, k) => k !== axis);

/** Divides by a root mean square that, for matrices, is the product of a row and a column. See {@link adafactor}. */
export function scaleByFactoredRms(
  ...options: [(boolean | ScaleByFactoredRmsOptions)?, ...unknown[]]
): GradientTransformation<FactoredState> {
  const o = readOptions<ScaleByFactoredRmsOptions>(
    "scaleByFactoredRms",
    ["factored", "decayRate", "stepOffset", "minDimSizeToFactor", "epsilon"],
    options,
  );
  const { factored = true, decayRate = 0.8, stepOffset = 0, minDimSizeToFactor = 128, epsilon = 1e-30 } = o;
  const axesOf = (shape: readonly number[]) => (factored ? factoredAxes(shape, minDimSizeToFactor) : null);
  return {
    init(params) {
      const def = structure(params);
      const arrays = leaves(params).map(leafArray);
      const make = (shapeOf: (x: NDArray, axes: readonly [number, number] | null) => readonly number[]) =>
        unflatten(
          def,
          arrays.map((x) => zeros(shapeOf(x, axesOf(x.shape)), x.dtype)),
        );
      return {
        count: zeroCount(),
        vRow: make((x, axes) => (axes === null ? [1] : without(x.shape, axes[1]))),
        vCol: make((x, axes) => (axes === null ? [1] : without(x.shape, axes[0]))),
        v: make((x, axes) => (axes === null ? x.shape : [1])),
      };
    },
    update(updates, state, params) {
      requireParams(params);
      const t = convert(bi.add(bi.subtract(state.count, stepOffset), 1), float32);
      const decay = bi.subtract(1, bi.power(t, typeof decayRate === "number" ? -decayRate : decayRate.neg()));
      const average = (old: NDArray, now: NDArray): NDArray =>
        convert(decay.mul(old).add(bi.subtract(1, decay).mul(now)), old.dtype);
      const [rows, cols, all] = [state.vRow, state.vCol, state.v].map((tree) => leaves(tree).map(leafArray));
      const results = leaves(updates).map((leaf, i) => {
        const g = leafArray(leaf);
        const square = absSq(g).add(epsilon);
        const axes = axesOf(g.shape);
        if (axes === null) {
          const v = average(all[i], square);
          return { update: g.mul(v.pow(-0.5)), row: rows[i], col: cols[i], v };
        }
        const [d1, d0] = axes;
        const row = average(rows[i], reductions.mean(square, d0));
        const col = average(cols[i], reductions.mean(square, d1));
        const rowMean = row.mean(d1 > d0 ? d1 - 1 : d1, { keepdims: true });
        const rowFactor = row.div(rowMean).pow(-0.5);
        const update = g.mul(expand(rowFactor, d0)).mul(expand(col.pow(-0.5), d1));
        return { update, row, col, v: all[i] };
      });
      const def = structure(updates);
      return [
        unflatten(
          def,
          results.map(({ update }) => update),
        ) as typeof updates,
        {
          count: safeIncrement(state.count),
          vRow: unflatten(
            def,
            results.map(({ row }) => row),
          ),
          vCol: unflatten(
            def,
            results.map(({ col }) => col),
          ),
          v: unflatten(
            def,
            results.map(({ v }) => v),
          ),
        },
      ];
    },
  };
}

const expand = (x: NDArray, axis: number): NDArray =>
  x.reshape([...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
