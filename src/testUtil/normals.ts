import { shapedArray } from "../core/aval.ts";
import { zerosLikeAval } from "../core/tangents.ts";
import { arrayFromHost } from "../core/values.ts";
import { float64 } from "../dtypes/index.ts";
import { convertElementType } from "../lax/convert.ts";
import { flattenArrays } from "../transforms/flatFunction.ts";

/** A tree like the given one of normally distributed numbers, the same for equal seeds; leaves that are not floats get float0 zeros. */
export function normals<T>(tree: T, seed: number): T {
  const { leaves, treedef } = flattenArrays(tree, "a check of derivatives got");
  const uniform = generator(seed);
  return treedef.unflatten(
    leaves.map((x) => {
      if (x.dtype.kind !== "float") return zerosLikeAval(x.aval.toTangent());
      const data = new Float64Array(x.size);
      for (let i = 0; i < x.size; i++) {
        // Box and Muller.
        data[i] = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      }
      return convertElementType(arrayFromHost(data, shapedArray(x.shape, float64)), x.dtype);
    }),
  ) as T;
}

/** Uniform numbers in (0, 1): a linear congruential generator is good enough for a direction. */
function generator(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}
