import type { NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { leaves } from "../tree/flatten.ts";
import { isComplex, leafArray, mapArrays, weakFloat } from "./leaves.ts";
import type { Scalar } from "./types.ts";

// Trees of arrays as vectors.

/** `|x|²`, real for complex numbers too. */
export function absSq(x: NDArray): NDArray {
  if (!isComplex(x)) return x.mul(x);
  const [re, im] = [lax.real(x), lax.imag(x)];
  return re.mul(re).add(im.mul(im));
}

export function addTrees<T>(a: T, b: unknown): T {
  return mapArrays((x, y) => bi.add(x, y), a, b);
}

export function subtractTrees<T>(a: T, b: unknown): T {
  return mapArrays((x, y) => bi.subtract(x, y), a, b);
}

export function scaleTree<T>(factor: Scalar, tree: T): T {
  return mapArrays((x) => bi.multiply(factor, x), tree);
}

/** `a + factor * b`. */
export function addScaled<T>(a: T, factor: Scalar, b: unknown): T {
  return mapArrays((x, y) => bi.add(x, bi.multiply(factor, y)), a, b);
}

/** `a` where the condition, a scalar, holds, else `b`. */
export function treeWhere<T>(condition: NDArray, a: T, b: unknown): T {
  return mapArrays((x, y) => where(condition, x, y), a, b);
}

/** Every leaf in the dtype of the leaf of the other tree. */
export function castLike<T>(tree: T, like: unknown): T {
  return mapArrays((x, y) => convert(x, y.dtype), tree, like);
}

const total = (terms: readonly NDArray[]): NDArray =>
  terms.length === 0 ? weakFloat(0) : terms.reduce((a, b) => bi.add(a, b));

/** The real part of the inner product `sum(conj(a) * b)` over all leaves. */
export function realDot(a: unknown, b: unknown): NDArray {
  const others = leaves(b).map(leafArray);
  return total(
    leaves(a)
      .map(leafArray)
      .map((x, i) => {
        const y = others[i];
        if (!isComplex(x) && !isComplex(y)) return reductions.sum(bi.multiply(x, y));
        return reductions.sum(lax.real(bi.multiply(isComplex(x) ? lax.conj(x) : x, y)));
      }),
  );
}

/** The sum of the squares of all elements. */
export function squaredNorm(tree: unknown): NDArray {
  return total(leaves(tree).map((x) => reductions.sum(absSq(leafArray(x)))));
}

/** Whether all elements are finite. */
export function allFinite(tree: unknown): NDArray {
  return leaves(tree)
    .map((x) => reductions.all(un.isfinite(leafArray(x))))
    .reduce((a, b) => bi.logicalAnd(a, b), scalar(true, bool) as NDArray);
}

/** The parameters, for a transformation that needs them. @throws ValueError when `update` was called without them */
export function requireParams<P>(params: P | null | undefined): P {
  if (params === null || params === undefined) {
    throw new ValueError(
      "You are using a transformation that requires the current value of parameters, but you are not passing `params` when calling `update`.",
    );
  }
  return params;
}
