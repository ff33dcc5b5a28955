import { scalar } from "../core/values.ts";
import type { DTypeLike } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "../numpy/arguments.ts";
import { multiply } from "../numpy/binary.ts";
import { zeros } from "../numpy/creation.ts";
import { indexUpdate } from "../numpy/indexingUpdate.ts";
import { moveaxis, reshape } from "../numpy/manipulationShape.ts";
import { orthogonal as drawOrthogonal } from "../random/orthogonal.ts";
import { dtypeOf, type Initializer } from "./initializers.ts";

/** Options of the orthogonal initializers. */
export interface OrthogonalOptions {
  /** A factor, default 1. */
  scale?: number;
  /** Which axis counts the columns that are orthonormal, default the last. */
  columnAxis?: number;
  dtype?: DTypeLike;
}
type OrthogonalArguments = [
  (number | OrthogonalOptions)?,
  (number | OrthogonalOptions)?,
  (DTypeLike | OrthogonalOptions)?,
];

/**
 * An initializer of matrices with orthonormal rows or columns, whichever are fewer, uniformly distributed; all axes but one count the rows.
 *
 * Source: Saxe et al. (2013).
 * @param args `scale`, `columnAxis`, `dtype`, or an object with these
 * @throws ValueError (from the initializer) for fewer than two axes
 * @example
 * ```ts
 * const w = nn.initializers.orthogonal()(random.key(0), [4, 3]);
 * String(jnp.abs(w.T.matmul(w).sub(jnp.eye(3))).max().lt(1e-6)); // => "True"
 * ```
 */
export function orthogonal(...args: OrthogonalArguments): Initializer {
  const o = readOptions<OrthogonalOptions>("orthogonal", ["scale", "columnAxis", "dtype"], args);
  return (key, given, own) => {
    const dtype = dtypeOf(own, o.dtype);
    const shape = canonicalizeShape(given, "orthogonal");
    if (shape.length < 2) throw new ValueError("orthogonal initializer requires at least a 2D shape");
    if (shape.includes(0)) return zeros(shape, { dtype });
    const axis = canonicalizeAxis(o.columnAxis ?? -1, shape.length);
    const columns = shape[axis];
    const others = shape.filter((_, i) => i !== axis);
    const rows = others.reduce((n, k) => n * k, 1);
    const q = reshape(drawOrthogonal(key, rows, [], dtype, columns), [...others, columns]);
    return multiply(scalar(o.scale ?? 1, dtype), moveaxis(q, -1, axis));
  };
}

/**
 * An initializer of kernels of convolutions that keep lengths: {@link orthogonal} in the middle of the window, zeros elsewhere.
 *
 * Source: Xiao et al. (2018).
 * @param args `scale`, `columnAxis`, `dtype`, or an object with these
 * @throws ValueError (from the initializer) unless the shape is one to three sizes of the window, features in, and features out, at least as many
 * @example
 * ```ts
 * const w = nn.initializers.deltaOrthogonal()(random.key(0), [3, 2, 2]);
 * String(w.ne(0).sum()); // => "4"
 * ```
 */
export function deltaOrthogonal(...args: OrthogonalArguments): Initializer {
  const o = readOptions<OrthogonalOptions>("deltaOrthogonal", ["scale", "columnAxis", "dtype"], args);
  return (key, given, own) => {
    const dtype = dtypeOf(own, o.dtype);
    const shape = canonicalizeShape(given, "deltaOrthogonal");
    if (shape.length < 3 || shape.length > 5)
      throw new ValueError("Delta orthogonal initializer requires a 3D, 4D or 5D shape.");
    const [fanIn, fanOut] = shape.slice(-2);
    if (fanOut < fanIn) throw new ValueError("`fan_in` must be less or equal than `fan_out`.");
    const matrix = orthogonal({ ...o, dtype })(key, [fanIn, fanOut]);
    const middle = shape.slice(0, -2).map((n) => Math.floor((n - 1) / 2));
    return indexUpdate(zeros(shape, { dtype }), middle).set(matrix);
  };
}
