import type { ArrayLike, NDArray } from "../core/array.ts";
import { asDType, type DType, type DTypeLike, isFloating } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { softmax } from "../nn/softmax.ts";
import { readOptions } from "../numpy/arguments.ts";
import { einsum } from "../numpy/einsum.ts";
import { cholesky, eigh, svd } from "../numpy/linalg/decompositions.ts";
import { convert, promoteDTypesInexact, toArray } from "../numpy/promote.ts";
import { jit } from "../transforms/jit.ts";
import { loggamma } from "./gamma.ts";
import { checkKey } from "./keys.ts";
import { checkShape, floatDType, type SampleOptions, type Shape, shapeOf, toFloat } from "./parameters.ts";
import { normal } from "./samplers.ts";

const dirichletJit = jit(
  (key: NDArray, alpha: NDArray, shape: readonly number[], dtype: DType): NDArray =>
    softmax(loggamma(key, alpha, [...shape, alpha.shape[alpha.ndim - 1]], dtype), -1),
  { name: "_dirichlet", staticArgnums: [2, 3] },
);
/**
 * Samples of the Dirichlet distribution: points of a simplex, along the last axis.
 *
 * @param alpha positive numbers of shape `[..., n]`
 * @param args the batch shape, default that of alpha, and the dtype, default float32; or an object with these
 * @throws ValueError when alpha has no axis or does not broadcast to the shape
 * @example `random.dirichlet(random.key(0), jnp.ones(3), [2]).shape; // => [2, 3]`
 */
export function dirichlet(
  key: NDArray,
  alpha: ArrayLike,
  ...args: [(Shape | SampleOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<SampleOptions>("dirichlet", ["shape", "dtype"], args);
  const { typed } = checkKey("dirichlet", key);
  const dtype = floatDType("dirichlet", o.dtype);
  const a = convert(toFloat(alpha), dtype);
  if (a.ndim < 1) throw new ValueError(`dirichlet requires alpha.ndim >= 1, got alpha.ndim == ${a.ndim}`);
  const batch = a.shape.slice(0, -1);
  const shape = o.shape === undefined || o.shape === null ? batch : shapeOf("dirichlet", o.shape);
  checkShape("dirichlet", shape, lax.full(batch, 0, dtype));
  return dirichletJit(typed, a, shape, dtype);
}

type Method = "cholesky" | "eigh" | "svd";
const methods: readonly Method[] = ["cholesky", "eigh", "svd"];

const multivariateNormalJit = jit(
  (
    key: NDArray,
    mean: NDArray,
    cov: NDArray,
    shape: readonly number[],
    dtype: DType,
    method: Method,
  ): NDArray => {
    const scaled = (vectors: NDArray, squares: NDArray): NDArray =>
      vectors.mul(
        lax.sqrt(squares).reshape([...squares.shape.slice(0, -1), 1, squares.shape[squares.ndim - 1]]),
      );
    let factor: NDArray;
    if (method === "svd") {
      const { U, S } = svd(cov);
      factor = scaled(U, S);
    } else if (method === "eigh") {
      const { eigenvalues, eigenvectors } = eigh(cov);
      factor = scaled(eigenvectors, eigenvalues);
    } else factor = cholesky(cov);
    const samples = normal(key, [...shape, mean.shape[mean.ndim - 1]], dtype);
    return mean.add(einsum("...ij,...j->...i", factor, samples));
  },
  { name: "_multivariate_normal", staticArgnums: [3, 4, 5] },
);

export interface MultivariateNormalOptions extends SampleOptions {
  /** How the covariance is factored: "cholesky" (default), "eigh" or "svd", which also take singular ones. */
  method?: Method;
}

/**
 * Samples of the normal distribution of vectors.
 *
 * @param mean of shape `[..., n]`
 * @param cov the covariance, of shape `[..., n, n]`
 * @param args the batch shape, default that of mean and covariance together, the dtype, default theirs, and the method; or an object with these
 * @throws ValueError when shapes do not fit, or for another method
 * @example `random.multivariateNormal(random.key(0), jnp.zeros(2), jnp.eye(2), [3]).shape; // => [3, 2]`
 */
export function multivariateNormal(
  key: NDArray,
  mean: ArrayLike,
  cov: ArrayLike,
  ...args: [
    (Shape | MultivariateNormalOptions | null)?,
    (DTypeLike | MultivariateNormalOptions)?,
    ...unknown[],
  ]
): NDArray {
  const name = "multivariate_normal";
  const o = readOptions<MultivariateNormalOptions>("multivariateNormal", ["shape", "dtype", "method"], args);
  const { typed } = checkKey(name, key);
  const [m, c] = promoteDTypesInexact([toArray(mean, name, 1), toArray(cov, name, 2)]);
  const { method = "cholesky" } = o;
  if (!methods.includes(method)) throw new ValueError("method must be one of {'svd', 'eigh', 'cholesky'}");
  const dtype = o.dtype === undefined ? m.dtype : asDType(o.dtype);
  if (!isFloating(dtype))
    throw new ValueError(`dtype argument to \`${name}\` must be a float dtype, got ${dtype}`);
  if (m.ndim < 1) throw new ValueError(`${name} requires mean.ndim >= 1, got mean.ndim == ${m.ndim}`);
  if (c.ndim < 2) throw new ValueError(`${name} requires cov.ndim >= 2, got cov.ndim == ${c.ndim}`);
  const n = m.shape[m.ndim - 1];
  if (c.shape[c.ndim - 1] !== n || c.shape[c.ndim - 2] !== n) {
    throw new ValueError(
      `${name} requires cov.shape == (..., n, n) for n=${n}, but got cov.shape == (${c.shape.join(", ")}).`,
    );
  }
  const batches = [m.shape.slice(0, -1), c.shape.slice(0, -2)];
  const shape =
    o.shape === undefined || o.shape === null ? lax.broadcastShapes(...batches) : shapeOf(name, o.shape);
  checkShape("normal", shape, ...batches.map((batch) => lax.full(batch, 0, dtype)));
  return multivariateNormalJit(typed, m, c, shape, dtype, method);
}
