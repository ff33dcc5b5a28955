import { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { literal } from "../core/values.ts";
import { float32 } from "../dtypes/index.ts";
import { convertElementType } from "../lax/convert.ts";
import { map } from "../tree/map.ts";

const weakFloat = shapedArray([], float32, true);

/**
 * Lone numbers in a differentiated position are (weak) float32, whole ones too: what JAX users write as `3.0`. The same holds for a
 * number that reaches it through a jitted function, as a weakly typed integer scalar.
 */
export function floatScalars<T>(tree: T): T {
  return map((leaf: unknown) => {
    if (typeof leaf === "number") return literal(leaf, weakFloat);
    if (leaf instanceof NDArray && leaf.weakType && leaf.ndim === 0 && leaf.dtype.kind === "int") {
      return convertElementType(leaf, float32, true);
    }
    return leaf;
  }, tree) as T;
}
