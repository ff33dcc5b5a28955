import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { notDifferentiable } from "../../core/primitive.ts";
import { bind } from "../../core/trace.ts";
import { ValueError } from "../../errors.ts";
import { inexact, unaryOperand } from "../operands.ts";
import type { LaxOperand } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { hessenbergRoutine } from "./routines/hessenberg.ts";

const hessenbergPrimitive = linalgPrimitive("hessenberg", {
  ranks: [2],
  results: ([shape]) => {
    const [n] = shape;
    if (n !== shape[1]) {
      throw new ValueError(
        `Argument to Hessenberg reduction must have shape [..., n, n], got shape ${shapeStr(shape)}`,
      );
    }
    return [{ shape }, { shape: [Math.max(0, n - 1)] }];
  },
  routine: ([[n]], _params, field) => hessenbergRoutine(n, field),
  jvp: /* @__PURE__ */ notDifferentiable("hessenberg has no derivative in JAX"),
});

/**
 * Reduces square matrices to upper Hessenberg form by reflectors: `A = Q H Q^H`, where H is zero below its first subdiagonal.
 *
 * @param a the matrices, `[..., n, n]`, floating or complex
 * @returns `[a, taus]`: H on and above the first subdiagonal of `a`, below it the vectors of the reflectors; and their factors, `[..., n - 1]`
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions; ValueError for matrices that are not square
 * @example
 * lax.linalg.hessenberg(jnp.array([[1, 2], [3, 4]]))[1] // => Array([0.], dtype=float32)
 */
export function hessenberg(a: LaxOperand): [NDArray, NDArray] {
  const [h, taus] = bind(hessenbergPrimitive, [unaryOperand(a, "hessenberg", inexact)], {});
  return [h, taus];
}
