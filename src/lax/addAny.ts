import type { NDArray } from "../core/array.ts";
import { typeMatch } from "../core/aval.ts";
import { definePrimitive, type Primitive, UndefinedPrimal } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { isComplex, isWideInteger } from "../dtypes/index.ts";
import { broadcastBatchDim, moveBatchDim } from "./batching.ts";
import { sumJvp } from "./families.ts";
import { mapComplexNamed } from "./hostComplex.ts";
import { mapElements, mapWide } from "./hostLoops.ts";

const addAnyPrimitive: Primitive = definePrimitive({
  name: "add_any",
  abstractEval: ([x, y]) => {
    if (!typeMatch(x, y)) throw new TypeError(`add_any requires operands of one type, got ${x} and ${y}`);
    return [x];
  },
  reference: (inputs, _params, [out]) => [
    isComplex(out.dtype)
      ? mapComplexNamed("add", inputs, out)
      : isWideInteger(out.dtype)
        ? mapWide(inputs, out, (x, y) => x + y)
        : mapElements(inputs, out, (x, y) => x + y),
  ],
  jvp: /* @__PURE__ */ sumJvp(
    () => addAnyPrimitive,
    (t) => t,
  ),
  transpose: ([ct], [x, y]) => [
    x instanceof UndefinedPrimal ? ct : null,
    y instanceof UndefinedPrimal ? ct : null,
  ],
  batching: ([x, y], [dx, dy]) => {
    let dim = dx;
    let args = [x, y];
    if (dx === null) {
      dim = dy as number;
      args = [broadcastBatchDim(x, y.shape[dim], dim), y];
    } else if (dy === null) {
      args = [x, broadcastBatchDim(y, x.shape[dx], dx)];
    } else if (dx !== dy) {
      dim = dy;
      args = [moveBatchDim(x, dx, dy), y];
    }
    return [[bind1(addAnyPrimitive, args, {})], [dim]];
  },
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, [x, y], index) => b.op("add", x.at(index), y.at(index)),
  },
});
/** The sum of two tangents or cotangents of one type. */
export function addAny(x: NDArray, y: NDArray): NDArray {
  return bind1(addAnyPrimitive, [x, y], {});
}
