import type { NDArray } from "../core/array.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  definePrimitive,
  type JvpRule,
  type NoRule,
  notDifferentiable,
  notLinear,
  type Primitive,
} from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { float32, isFloating } from "../dtypes/index.ts";
import { broadcastingBatching } from "./batching.ts";
import { elementwiseResult, maybeBroadcast, standardJvp } from "./families.ts";
import { mapElements } from "./hostLoops.ts";
import { incompleteGamma, incompleteGammaGradA } from "./incompleteGammaMath.ts";
import { gammaP, gammaPGradA, gammaQ, gammaSampleGrad } from "./incompleteGammaReference.ts";
import { checkDTypeAt, checkSameDTypes, constLike, floating, sameDTypeOperands } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";
import { lgamma } from "./special.ts";
import { exp, log } from "./transcendental.ts";

interface SpecialSpec {
  readonly write: (...operands: NDArray[]) => NDArray;
  readonly reference: (...values: number[]) => number;
  readonly jvp: JvpRule | NoRule;
}

/** Elementwise functions of several floating operands whose computation is a program with loops. */
/* @__NO_SIDE_EFFECTS__ */
export function longFunction(name: string, { write, reference, jvp }: SpecialSpec): Primitive {
  const primitive: Primitive = definePrimitive({
    name,
    abstractEval: (avals) => {
      avals.forEach((a, i) => {
        checkDTypeAt(name, a, floating, i);
      });
      checkSameDTypes(name, avals);
      return [elementwiseResult(name, avals)];
    },
    reference: (inputs: readonly HostArray[], _params, [out]) => [mapElements(inputs, out, reference)],
    jvp,
    transpose: notLinear,
    batching: broadcastingBatching(() => primitive),
    lowering: asProgram((operands) => {
      const { dtype } = operands[0];
      const shape = elementwiseResult(
        name,
        operands.map((x) => x.aval),
      ).shape;
      // Narrow floats are computed in float32.
      const wide = isFloating(dtype) && dtype.bits < 32 ? float32 : dtype;
      const full = operands.map((x) =>
        maybeBroadcast(shape, wide === dtype ? x : ops.convertElementType(x, wide)),
      );
      const result = write(...full);
      return [wide === dtype ? result : ops.convertElementType(result, dtype)];
    }),
  });
  return primitive;
}

export function applyLong(primitive: Primitive, ...xs: readonly LaxOperand[]): NDArray {
  return bind1(primitive, sameDTypeOperands(xs, primitive.name), {});
}

/** The density of the gamma distribution, the derivative of P in x. */
const densityTimes = (g: NDArray, a: NDArray, x: NDArray): NDArray => {
  const power = ops.mul(ops.sub(a, constLike(a, 1)), log(x));
  return ops.mul(g, exp(ops.sub(ops.add(ops.neg(x), power), lgamma(a))));
};

const lowerPrimitive = longFunction("igamma", {
  write: (a, x) => incompleteGamma(a, x, false),
  reference: gammaP,
  jvp: /* @__PURE__ */ standardJvp(
    () => lowerPrimitive,
    [(g, _ans, [a, x]) => ops.mul(g, igammaGradA(a, x)), (g, _ans, [a, x]) => densityTimes(g, a, x)],
  ),
});
/**
 * Elementwise regularized lower incomplete gamma function: the probability that a gamma-distributed number of shape `a` is below `x`.
 * @throws TypeError unless the dtypes are one real floating dtype.
 * @example
 * jnp.round(lax.igamma(jnp.array([1, 2]), jnp.array([1, 1])), 4) // => Array([0.6321, 0.2642], dtype=float32)
 */
export function igamma(a: LaxOperand, x: LaxOperand): NDArray {
  return applyLong(lowerPrimitive, a, x);
}

const upperPrimitive = longFunction("igammac", {
  write: (a, x) => incompleteGamma(a, x, true),
  reference: gammaQ,
  jvp: /* @__PURE__ */ standardJvp(
    () => upperPrimitive,
    [
      (g, _ans, [a, x]) => ops.neg(ops.mul(g, igammaGradA(a, x))),
      (g, _ans, [a, x]) => ops.neg(densityTimes(g, a, x)),
    ],
  ),
});
/**
 * Elementwise regularized upper incomplete gamma function, `1 - igamma(a, x)`, accurate where it is small.
 * @example
 * jnp.round(lax.igammac(jnp.array([1, 2]), jnp.array([1, 1])), 4) // => Array([0.3679, 0.7358], dtype=float32)
 */
export function igammac(a: LaxOperand, x: LaxOperand): NDArray {
  return applyLong(upperPrimitive, a, x);
}

const gradPrimitive = longFunction("igamma_grad_a", {
  write: (a, x) => incompleteGammaGradA(a, x, false),
  reference: gammaPGradA,
  jvp: /* @__PURE__ */ notDifferentiable("the second derivatives of igamma in `a` are not available"),
});
/**
 * Elementwise derivative of {@link igamma} in its first argument.
 * @example
 * jnp.round(lax.igammaGradA(jnp.array([1]), jnp.array([1])), 4) // => Array([-0.4317], dtype=float32)
 */
export function igammaGradA(a: LaxOperand, x: LaxOperand): NDArray {
  return applyLong(gradPrimitive, a, x);
}

const samplePrimitive = longFunction("random_gamma_grad", {
  write: (a, x) => incompleteGammaGradA(a, x, true),
  reference: gammaSampleGrad,
  jvp: /* @__PURE__ */ notDifferentiable(
    "the second derivatives of samples of the gamma distribution are not available",
  ),
});
/**
 * Elementwise derivative of a gamma-distributed sample `x` with respect to the shape `a` of its distribution.
 * @throws TypeError unless the dtypes are one real floating dtype.
 * @example
 * jnp.round(lax.randomGammaGrad(jnp.array([1]), jnp.array([1])), 4) // => Array([1.1736], dtype=float32)
 */
export function randomGammaGrad(a: LaxOperand, x: LaxOperand): NDArray {
  return applyLong(samplePrimitive, a, x);
}
