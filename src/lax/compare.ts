import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { keysUnused } from "../core/keyUse.ts";
import { definePrimitive, notLinear, type Primitive, zeroDerivative } from "../core/primitive.ts";
import { bool, type HostData, isComplex, isKey, isWideInteger } from "../dtypes/index.ts";
import { broadcastingBatching } from "./batching.ts";
import { applyBinary, comparison, elementwiseResult, readOperands } from "./families.ts";
import { mapComplexNamed } from "./hostComplex.ts";
import { broadcastOffsets, mapElements, mapWide } from "./hostLoops.ts";
import { anyDType, checkDTypeAt, checkSameDTypes, ordered } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";

/** eq and ne also compare random keys. */
/* @__NO_SIDE_EFFECTS__ */
function equality(name: "eq" | "ne"): Primitive {
  const equal = name === "eq";
  const primitive: Primitive = definePrimitive({
    name,
    keyUse: keysUnused,
    abstractEval: (avals) => {
      avals.forEach((a, i) => isKey(a.dtype) || checkDTypeAt(name, a, anyDType, i));
      checkSameDTypes(name, avals);
      return [elementwiseResult(name, avals, bool)];
    },
    reference: (inputs, _params, [out]) => {
      const { dtype } = inputs[0];
      if (isKey(dtype)) return [compareKeys(inputs, out, equal)];
      if (isWideInteger(dtype)) return [mapWide(inputs, out, (x, y) => (x === y) === equal)];
      if (isComplex(dtype)) return [mapComplexNamed(name, inputs, out)];
      return [mapElements(inputs, out, (x, y) => (x === y) === equal)];
    },
    jvp: zeroDerivative,
    transpose: notLinear,
    batching: broadcastingBatching(() => primitive),
    lowering: {
      kind: "pointwise",
      cost: "cheap",
      emit: (b, operands, index, _params, [out]) => {
        const [x, y] = readOperands(b, operands, index, out);
        return b.op(name, x, y);
      },
    },
  });
  return primitive;
}

function compareKeys([x, y]: readonly HostArray[], out: ShapedArray, equal: boolean): HostData {
  const [ix, iy] = [broadcastOffsets(x.shape, out.shape), broadcastOffsets(y.shape, out.shape)];
  return Uint8Array.from({ length: out.size }, (_, i) => {
    const [p, q] = [2 * (ix?.[i] ?? i), 2 * (iy?.[i] ?? i)];
    return Number((x.data[p] === y.data[q] && x.data[p + 1] === y.data[q + 1]) === equal);
  });
}

const eqPrimitive = equality("eq");
/**
 * Elementwise `x == y`, a bool array. Operands have one dtype; shapes are equal or broadcast as in `lax.add`.
 * @example
 * lax.eq(jnp.array([1, 2]), 2) // => Array([False,  True], dtype=bool)
 */
export function eq(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(eqPrimitive, x, y);
}

const nePrimitive = equality("ne");
/**
 * Elementwise `x != y`; true where an element is NaN.
 * @example
 * lax.ne(jnp.array([1, 2]), 2) // => Array([ True, False], dtype=bool)
 */
export function ne(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(nePrimitive, x, y);
}

const ltPrimitive = comparison("lt", ordered, (x, y) => x < y, zeroDerivative);
/**
 * Elementwise `x < y`.
 * @example
 * lax.lt(jnp.array([1, 2]), 2) // => Array([ True, False], dtype=bool)
 */
export function lt(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(ltPrimitive, x, y);
}

const lePrimitive = comparison("le", ordered, (x, y) => x <= y, zeroDerivative);
/**
 * Elementwise `x <= y`.
 * @example
 * lax.le(jnp.array([1, 2]), 1) // => Array([ True, False], dtype=bool)
 */
export function le(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(lePrimitive, x, y);
}

const gtPrimitive = comparison("gt", ordered, (x, y) => x > y, zeroDerivative);
/**
 * Elementwise `x > y`.
 * @example
 * lax.gt(jnp.array([1, 2]), 1) // => Array([False,  True], dtype=bool)
 */
export function gt(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(gtPrimitive, x, y);
}

const gePrimitive = comparison("ge", ordered, (x, y) => x >= y, zeroDerivative);
/**
 * Elementwise `x >= y`.
 * @example
 * lax.ge(jnp.array([1, 2]), 2) // => Array([False,  True], dtype=bool)
 */
export function ge(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(gePrimitive, x, y);
}
