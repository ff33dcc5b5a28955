import type { NDArray } from "../core/array.ts";
import { definePrimitive, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { int32 } from "../dtypes/index.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { takeElements } from "./hostMoves.ts";
import { copyInts, type Ints, insertInt } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { checkShapelike, dataOperand } from "./shapeChecks.ts";

interface TileParams {
  readonly reps: Ints;
  [key: string]: unknown;
}

const tilePrimitive: Primitive<TileParams> = definePrimitive<TileParams>({
  name: "tile",
  abstractEval: ([x], { reps }) => {
    checkShapelike("tile", "reps", reps);
    if (x.ndim !== reps.length) {
      throw new TypeError(
        `reps length must be equal to the ndim of x, got len(reps)=${reps.length} and x.ndim=${x.ndim}.`,
      );
    }
    return [x.update({ shape: x.shape.map((n, i) => n * reps[i]) })];
  },
  reference: ([x], { reps }) => {
    // Every axis is two: the repetition, and the element within it.
    const strides = rowMajorStrides(x.shape);
    const positions = offsetsOf(
      x.shape.flatMap((n, i) => [reps[i], n]),
      strides.flatMap((s) => [0, s]),
    );
    return [takeElements(x, positions)];
  },
  jvp: /* @__PURE__ */ linearJvp(() => tilePrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, operand, { reps }) =>
    ops.reduceSum(
      ops.reshape(
        ct,
        operand.shape.flatMap((n, i) => [reps[i], n]),
      ),
      operand.shape.map((_, i) => 2 * i),
    ),
  ),
  batching: ([x], [dim], { reps }) => [[tile(x, insertInt(reps, dim as number, 1))], [dim]],
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { reps }) =>
      x.at(
        index.map((e, i) => {
          const n = x.aval.shape[i];
          if (reps[i] === 1) return e;
          return n === 1 ? b.const(0, int32) : b.op("rem", e, b.const(n, int32));
        }),
      ),
  },
});

/**
 * Repeats an array along each of its dimensions.
 * @param reps How often, for each dimension.
 * @throws TypeError when there are not as many numbers as dimensions, or one is negative.
 * @example
 * lax.tile(jnp.array([1, 2]), [2]) // => Array([1., 2., 1., 2.], dtype=float32)
 */
export function tile(x: LaxOperand, reps: Ints): NDArray {
  return bind1(tilePrimitive, [dataOperand(x, "tile")], { reps: copyInts(reps) });
}
