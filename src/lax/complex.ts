import type { NDArray } from "../core/array.ts";
import { definePrimitive, type Primitive, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { Complex, type DType, float32, isComplex, realDType, toComplexDType } from "../dtypes/index.ts";
import { installComplex } from "../kernels/complex.ts";
import { broadcastingBatching } from "./batching.ts";
import {
  applyUnary,
  elementwiseResult,
  linearJvp,
  linearTranspose,
  readOperands,
  unary,
  unbroadcast,
} from "./families.ts";
import { mapComplex } from "./hostComplex.ts";
import {
  type Accepts,
  checkDTypeAt,
  checkSameDTypes,
  sameDTypeOperands,
  scalarLike,
  unaryOperand,
} from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

/** Complex numbers and their parts. */

const complexOnly: Accepts = ["complexfloating"];
/** The dtypes that parts can have. */
const parts: Accepts = ["float32", "float64"];
const zeroLike = (x: NDArray): NDArray => scalarLike(x, 0);

const realPrimitive = unary("real", {
  accepts: complexOnly,
  result: realDType,
  cost: "cheap",
  jvp: (g) => real(g),
  transpose: /* @__PURE__ */ linearTranspose((ct) => joinParts(ct, zeroLike(ct))),
});
/**
 * Elementwise real part.
 * @throws TypeError for real dtypes.
 * @example
 * lax.real(jnp.complex64([new Complex(1, 2)])) // => Array([1.], dtype=float32)
 */
export function real(x: LaxOperand): NDArray {
  return applyUnary(realPrimitive, x, complexOnly);
}

const imagPrimitive = unary("imag", {
  accepts: complexOnly,
  result: realDType,
  cost: "cheap",
  jvp: (g) => imag(g),
  transpose: /* @__PURE__ */ linearTranspose((ct) => joinParts(zeroLike(ct), ops.neg(ct))),
});
/**
 * Elementwise imaginary part.
 * @throws TypeError for real dtypes.
 * @example
 * lax.imag(jnp.complex64([new Complex(1, 2)])) // => Array([2.], dtype=float32)
 */
export function imag(x: LaxOperand): NDArray {
  return applyUnary(imagPrimitive, x, complexOnly);
}

const complexPrimitive: Primitive = definePrimitive({
  name: "complex",
  abstractEval: (avals) => {
    checkDTypeAt("complex", avals[0], parts, 0);
    checkDTypeAt("complex", avals[1], parts, 1);
    checkSameDTypes("complex", avals);
    return [elementwiseResult("complex", avals, toComplexDType(avals[0].dtype))];
  },
  reference: (inputs, _params, [out]) => [mapComplex(inputs, out, (x, y) => new Complex(x.re, y.re))],
  jvp: /* @__PURE__ */ linearJvp(() => complexPrimitive),
  transpose: ([ct], [x, y]) => {
    if (ct instanceof Zero) return [null, null];
    return [
      x instanceof UndefinedPrimal ? unbroadcast(x.aval, real(ct)) : null,
      y instanceof UndefinedPrimal ? unbroadcast(y.aval, imag(ops.neg(ct))) : null,
    ];
  },
  batching: /* @__PURE__ */ broadcastingBatching(() => complexPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, operands, index, _params, [out]) => {
      const [re, im] = readOperands(b, operands, index, out);
      return b.op("complex", re, im);
    },
  },
});
/**
 * Complex numbers from their parts, which are float32 or float64 and broadcast as operands of {@link add} do.
 * @throws TypeError for other dtypes, or when they differ.
 * @example
 * lax.complex(jnp.array([1, 2]), jnp.array([3, 4])) // => Array([1.+3.j, 2.+4.j], dtype=complex64)
 */
export function complex(x: LaxOperand, y: LaxOperand): NDArray {
  installComplex();
  return joinParts(x, y);
}
/** The same for parts of a number that there is: it brings no arithmetic into a bundle. */
export function joinParts(x: LaxOperand, y: LaxOperand): NDArray {
  return bind1(complexPrimitive, sameDTypeOperands([x, y], "complex", 0, float32), {});
}

interface ConjParams {
  readonly [name: string]: unknown;
  readonly inputDtype: DType;
}

const conjPrimitive = unary<ConjParams>("conj", {
  accepts: ["float32", "float64", "complexfloating"],
  result: toComplexDType,
  cost: "cheap",
  emit: (b, [x]) =>
    isComplex(x.dtype) ? b.op("conj", x) : b.op("complex", x, b.op("neg", b.const(0, x.dtype))),
  jvp: (g) => conj(g),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, { inputDtype }) =>
    isComplex(inputDtype) ? conj(ct) : real(ct),
  ),
});
/**
 * Elementwise complex conjugate; of float32 and float64 numbers the same number as a complex one.
 * @throws TypeError for other real dtypes.
 * @example
 * lax.conj(jnp.complex64([new Complex(1, 2)])) // => Array([1.-2.j], dtype=complex64)
 */
export function conj(x: LaxOperand): NDArray {
  const array = unaryOperand(x, "conj", complexOnly);
  return bind1(conjPrimitive, [array], { inputDtype: array.dtype });
}
