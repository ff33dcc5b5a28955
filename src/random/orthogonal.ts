import type { NDArray } from "../core/array.ts";
import type { DType, DTypeLike } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import { qr } from "../numpy/linalg/decompositions.ts";
import { diagonal } from "../numpy/linalg/diagonals.ts";
import { expandDims, matrixTranspose } from "../numpy/manipulationShape.ts";
import { sign } from "../numpy/unary.ts";
import { jit } from "../transforms/jit.ts";
import { checkKey } from "./keys.ts";
import { inexactDType, type SampleOptions, type Shape, shapeOf } from "./parameters.ts";
import { normal } from "./samplers.ts";

interface OrthogonalOptions extends SampleOptions {
  m?: number;
}

/** Mezzadri, "How to generate random matrices from the classical compact groups", 2007: the factor Q of normal numbers, with R's diagonal positive. */
const orthogonalJit = jit(
  (key: NDArray, n: number, m: number, shape: readonly number[], dtype: DType): NDArray => {
    const z = normal(key, [...shape, Math.max(n, m), Math.min(n, m)], dtype);
    const { Q, R } = qr(z);
    const x = lax.mul(Q, expandDims(sign(diagonal(R)), -2));
    return n < m ? matrixTranspose(x) : x;
  },
  { name: "_orthogonal", staticArgnums: [1, 2, 3, 4] },
);

/**
 * Orthogonal matrices, unitary for complex dtypes, uniformly distributed; or with orthonormal rows or columns, whichever are fewer.
 *
 * @param n how many rows
 * @param args the shape of the stack of matrices (default none), the dtype (default float32), and `m`, how many columns (default n); or an
 * object with these
 * @throws ValueError for a dtype that is neither floating nor complex; TypeError unless sizes are integers
 * @example
 * ```ts
 * const q = random.orthogonal(random.key(0), 3);
 * String(jnp.abs(q.matmul(q.T).sub(jnp.eye(3))).max().lt(1e-6)); // => "True"
 * ```
 */
export function orthogonal(
  key: NDArray,
  n: number,
  ...args: [(Shape | OrthogonalOptions)?, (DTypeLike | OrthogonalOptions)?, (number | OrthogonalOptions)?]
): NDArray {
  const o = readOptions<OrthogonalOptions>("orthogonal", ["shape", "dtype", "m"], args);
  const { typed } = checkKey("orthogonal", key);
  const m = o.m ?? n;
  for (const size of [n, m]) {
    if (!Number.isInteger(size) || size < 0)
      throw new TypeError(`random.orthogonal: sizes must be integers that are not negative, got ${size}.`);
  }
  return orthogonalJit(typed, n, m, shapeOf("orthogonal", o.shape), inexactDType("orthogonal", o.dtype));
}
