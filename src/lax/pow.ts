import { NDArray } from "../core/array.ts";
import { definePrimitive, notDifferentiable, notLinear, type Primitive } from "../core/primitive.ts";
import { nextafterFloat32, nextafter as nextafterOf, pow as powOf } from "../core/scalarMath.ts";
import { bind1 } from "../core/trace.ts";
import {
  convertHost,
  decodeFloat,
  encodeFloat,
  type FloatFormat,
  float32,
  float64,
  floatFormat,
  isComplex,
  isInexact,
  isInteger,
} from "../dtypes/index.ts";
import { broadcastingBatching } from "./batching.ts";
import {
  applyBinary,
  binary,
  elementwiseResult,
  maybeBroadcast,
  readOperands,
  standardJvp,
} from "./families.ts";
import { mapComplexNamed } from "./hostComplex.ts";
import { mapElements } from "./hostLoops.ts";
import {
  broadcastedShape,
  checkDTypeAt,
  constLike,
  floating,
  inexact,
  numberOperand,
  numeric,
  replaceZero,
  unaryOperand,
} from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { log } from "./transcendental.ts";

/** Ones instead of zeros, where the rule multiplies the result by zero anyway. */

const powPrimitive: Primitive = definePrimitive({
  name: "pow",
  abstractEval: (avals) => {
    const [x, y] = avals;
    checkDTypeAt("pow", x, inexact, 0);
    checkDTypeAt("pow", y, numeric, 1);
    if (x.dtype !== y.dtype && !isInteger(y.dtype)) {
      throw new TypeError(
        "the first argument to pow must have an inexact dtype (float or complex), and the second argument must have " +
          "an inexact or integer dtype, and two inexact dtypes must match, but got " +
          `${x.dtype.name} and ${y.dtype.name} respectively.`,
      );
    }
    return [elementwiseResult("pow", avals)];
  },
  reference: ([x, y], _params, [out]) => {
    if (isComplex(out.dtype)) return [mapComplexNamed("pow", [x, y], out)];
    const exponent = isInteger(y.dtype)
      ? { ...y, dtype: x.dtype, data: convertHost(y.data, y.dtype, x.dtype) }
      : y;
    return [mapElements([x, exponent], out, powOf)];
  },
  jvp: /* @__PURE__ */ standardJvp(
    () => powPrimitive,
    [
      (g, _ans, [x0, y0]) => {
        const [x, y] = [ops.convertElementType(x0, x0.dtype), ops.convertElementType(y0, x0.dtype)];
        if (!isInteger(y0.dtype)) return ops.mul(g, ops.mul(y, pow(x, ops.sub(y, ops.fullLike(y, 1)))));
        const shape = broadcastedShape("pow", [x.aval, y.aval]);
        const [bx, by] = [maybeBroadcast(shape, x), maybeBroadcast(shape, y)];
        const slope = ops.select(
          ops.eq(by, constLike(by, 0)),
          ops.fullLike(by, 0),
          ops.mul(replaceZero(by), pow(bx, ops.sub(by, ops.fullLike(by, 1)))),
        );
        return ops.mul(g, slope);
      },
      (g, ans, [x]) => ops.mul(g, ops.mul(log(replaceZero(x)), ans)),
    ],
  ),
  transpose: notLinear,
  batching: /* @__PURE__ */ broadcastingBatching(() => powPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "expensive",
    emit: (b, operands, index, _params, [out]) => {
      const [x, y] = readOperands(b, operands, index, out);
      return b.op("pow", x, y.dtype === x.dtype ? y : b.cast(y, x.dtype));
    },
  },
});

/**
 * Elementwise power of floats with float or integer exponents. A power 0 has derivative 0 everywhere.
 * @throws TypeError when the base is an integer array: use `lax.integerPow`, or `jnp.power`.
 * @example
 * lax.pow(jnp.array([2, 9]), 0.5) // => Array([1.4142135, 3.       ], dtype=float32)
 */
export function pow(x: LaxOperand, y: LaxOperand): NDArray {
  let base: NDArray;
  if (typeof x === "number" && y instanceof NDArray && isInexact(y.dtype)) base = numberOperand(x, y.dtype);
  else base = unaryOperand(x, "pow", floating);
  // An integer-valued exponent is an integer: the derivative at 0 knows its parity and never takes a logarithm.
  const exponent =
    typeof y === "number" && !Number.isInteger(y) ? numberOperand(y, base.dtype) : unaryOperand(y, "pow");
  return bind1(powPrimitive, [base, exponent], {});
}

// nextafter

/** Floats of up to 16 bits: the bits of the neighbours of a number are one more and one less. */
function nextafterNarrow(x: number, y: number, format: FloatFormat): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  const smallest = decodeFloat(1, format);
  if (x === 0) return y > 0 ? smallest : -smallest;
  return decodeFloat(encodeFloat(x, format) + (y > x === x > 0 ? 1 : -1), format);
}

const nextafterPrimitive = binary("nextafter", {
  accepts: floating,
  reference: (x, y, dtype) => {
    if (dtype === float32) return nextafterFloat32(x, y);
    return dtype === float64 ? nextafterOf(x, y) : nextafterNarrow(x, y, floatFormat(dtype));
  },
  cost: "expensive",
  jvp: /* @__PURE__ */ notDifferentiable("it steps between neighbouring floats"),
});
/**
 * The number of the dtype next to `x` in the direction of `y`.
 * @example
 * lax.nextafter(jnp.array([1]), 2) // => Array([1.0000001], dtype=float32)
 */
export function nextafter(x: LaxOperand, y: LaxOperand): NDArray {
  return applyBinary(nextafterPrimitive, x, y);
}
