import type { NDArray } from "../../core/array.ts";
import { shapedArray } from "../../core/aval.ts";
import {
  definePrimitive,
  notLinear,
  type Params,
  type Primitive,
  zeroDerivative,
} from "../../core/primitive.ts";
import { bind1 } from "../../core/trace.ts";
import { scalar } from "../../core/values.ts";
import { int32 } from "../../dtypes/index.ts";
import { broadcastedIota } from "../creation.ts";
import { ops } from "../ops.ts";
import { type AxisNames, membersOf, namesOf, requireAxes } from "./axes.ts";

interface IndexParams extends Params {
  readonly axisName: string;
}

const indexPrimitive: Primitive<IndexParams> = definePrimitive<IndexParams>({
  name: "axis_index",
  abstractEval: (_avals, { axisName }) => {
    requireAxes([axisName], "axis_index");
    return [shapedArray([], int32)];
  },
  reference: () => {
    throw new Error("axis_index is evaluated where its axis is mapped");
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: () => {
    throw new Error("axis_index has no operand that could be mapped");
  },
  collective: {
    names: ({ axisName }) => [axisName],
    varying: "adds",
    batching: (_operands, _dims, { axisName }, mapped) => {
      const shape = mapped.map(({ size }) => size);
      const indices = broadcastedIota(
        int32,
        shape,
        mapped.findIndex(({ name }) => name === axisName),
      );
      const flat =
        shape.length === 1 ? indices : ops.reshape(indices, [shape.reduce((n, size) => n * size, 1)]);
      return [[flat], [0]];
    },
  },
  lowering: { kind: "none", reason: "axis_index is compiled where its axis is mapped" },
});

/**
 * The index of the member along a mapped axis, an int32 scalar; over several axes, with the first as the most significant.
 * @throws NameError for a name that is not bound
 * @example
 * vmap((x) => x.add(lax.axisIndex("i")), { axisName: "i" })(jnp.zeros(3)) // => Array([0., 1., 2.], dtype=float32)
 */
export function axisIndex(axisName: AxisNames): NDArray {
  const names = namesOf(axisName, "axisIndex");
  requireAxes(names, "axis_index");
  const indexOf = (name: string): NDArray => bind1(indexPrimitive, [], { axisName: name });
  if (names.length === 1) return indexOf(names[0]);
  let index = scalar(0, int32) as NDArray;
  let stride = 1;
  for (const name of names.toReversed()) {
    index = ops.add(index, ops.mul(indexOf(name), scalar(stride, int32)));
    stride *= membersOf([name]);
  }
  return index;
}
