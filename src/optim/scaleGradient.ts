import type { NDArray } from "../core/array.ts";
import { stopGradient } from "../lax/identity.ts";
import { customVjp } from "../transforms/customVjp.ts";
import { leafArray, mapArrays } from "./leaves.ts";
import type { Scalar } from "./types.ts";

/**
 * The same tree, whose cotangents are multiplied by `scale` on their way back.
 *
 * @example
 * ```ts
 * String(grad((x) => optim.scaleGradient(x, 0.5).mul(6))(1)); // => "3.0"
 * ```
 */
export function scaleGradient<T>(inputs: T, scale: Scalar): T {
  if (scale === 1) return inputs;
  if (scale === 0) return mapArrays((x) => stopGradient(x), inputs);
  const scaled = customVjp((x: NDArray, _factor: NDArray): NDArray => x, { name: "scaleGradient" });
  scaled.defvjp(
    (x, factor) => [x, factor],
    (factor, cotangent) => [cotangent.mul(factor).astype(cotangent.dtype), null],
  );
  return mapArrays((x) => scaled(x, leafArray(scale)), inputs);
}
