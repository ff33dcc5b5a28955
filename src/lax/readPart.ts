import type { NDArray } from "../core/array.ts";
import { definePrimitive, notDifferentiable, notLinear, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { scalar } from "../core/values.ts";
import { int32 } from "../dtypes/index.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { takeElements } from "./hostMoves.ts";

const why = "it is evaluated at once, never traced";

const readPartPrimitive: Primitive<{ sizes: readonly number[] }> = definePrimitive({
  name: "read_part",
  abstractEval: ([x], { sizes }) => [x.update({ shape: sizes })],
  reference: ([x, ...starts], { sizes }) => {
    const strides = rowMajorStrides(x.shape);
    const first = starts.reduce((sum, { data }, d) => sum + Number(data[0]) * strides[d], 0);
    return [
      takeElements(
        x,
        offsetsOf(sizes, strides).map((p) => p + first),
      ),
    ];
  },
  jvp: /* @__PURE__ */ notDifferentiable(why),
  transpose: notLinear,
  batching: () => {
    throw new Error(`read_part cannot be mapped: ${why}`);
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x, ...starts], index, { sizes }) =>
      x.at(
        index.map((e, d) => {
          const last = x.aval.shape[d] - sizes[d];
          if (last === 0) return e;
          // The bounds are known to hold, and tell it to the compiler.
          const start = b.op("max", b.const(0, int32), b.op("min", starts[d].at([]), b.const(last, int32)));
          return b.op("add", start, e);
        }),
      ),
  },
});

/**
 * A contiguous part of a concrete array, outside of all transformations. Unlike those of a slice, the positions are operands: reading row
 * after row compiles one program.
 */
export function readPart(x: NDArray, start: readonly number[], sizes: readonly number[]): NDArray {
  return bind1(readPartPrimitive, [x, ...start.map((s) => scalar(s, int32))], { sizes: [...sizes] });
}
