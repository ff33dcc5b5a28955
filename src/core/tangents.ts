import type { NDArray } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import { type Tangent, Zero } from "./primitive.ts";

/** The two operations that differentiation itself needs; lax installs them. */
interface TangentOps {
  zeros(aval: ShapedArray): NDArray;
  addAny(x: NDArray, y: NDArray): NDArray;
}
let ops: TangentOps | undefined;
export function installTangentOps(installed: TangentOps): void {
  ops = installed;
}

export function zerosLikeAval(aval: ShapedArray): NDArray {
  return (ops as TangentOps).zeros(aval);
}
/** The tangent as an array. */
export function instantiate(t: Tangent): NDArray {
  return t instanceof Zero ? zerosLikeAval(t.aval) : t;
}
/** The sum of two tangents or cotangents; zeros stay symbolic. */
export function addTangents(x: Tangent, y: Tangent): Tangent {
  if (x instanceof Zero) return y;
  if (y instanceof Zero) return x;
  return (ops as TangentOps).addAny(x, y);
}
/** The symbolic zero tangent of a primal value. */
export function zeroTangent(x: { readonly aval: ShapedArray }): Zero {
  return new Zero(x.aval.toTangent());
}
