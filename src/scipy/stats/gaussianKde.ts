import type { ArrayLike, NDArray } from "../../core/array.ts";
import { isComplex } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { logsumexp } from "../../nn/softmax.ts";
import { get } from "../../numpy/access.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { cov } from "../../numpy/covariance.ts";
import { full, zeros } from "../../numpy/creation.ts";
import { diagonal } from "../../numpy/linalg/diagonals.ts";
import { inv } from "../../numpy/linalg/solving.ts";
import { atleast1d, atleast2d, expandDims } from "../../numpy/manipulation.ts";
import { matmul } from "../../numpy/products.ts";
import { promoteDTypesInexact, toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { choice, multivariateNormal, split } from "../../random/index.ts";
import { vmap } from "../../transforms/vmap.ts";
import { registerPytreeNode } from "../../tree/registry.ts";
import { choFactor, choSolve } from "../linalg/index.ts";
import { ndtr } from "../special/errorFunctions.ts";

/** How wide the kernels are: a rule, a factor of the standard deviation, or a function that gives it. */
export type BandwidthMethod =
  | "scott"
  | "silverman"
  | number
  | NDArray
  | ((kde: GaussianKde) => NDArray | number);

export interface GaussianKdeOptions {
  /** Default "scott". */
  bwMethod?: BandwidthMethod;
  /** A weight for each point; default all the same. */
  weights?: ArrayLike;
}

/**
 * An estimate of a density from points: the average of normal distributions around them. A pytree of arrays.
 *
 * Source: Scott, Multivariate Density Estimation, 1992; Silverman, Density Estimation for Statistics and Data Analysis, 1986.
 *
 * @example
 * ```ts
 * const kde = new scipy.stats.gaussianKde(jnp.array([-1, 0, 1]));
 * String(jnp.round(kde.evaluate(0), 3)); // => "[0.318]"
 * ```
 */
export class GaussianKde {
  /** The effective number of points. */
  readonly neff!: NDArray;
  /** Shape `[d, n]`. */
  readonly dataset!: NDArray;
  readonly weights!: NDArray;
  /** The covariance of a kernel, and its inverse. */
  readonly covariance!: NDArray;
  readonly invCov!: NDArray;

  /**
   * @param dataset points of shape `[d, n]`, or `[n]` for one dimension
   * @throws ValueError for a single point, or weights that do not fit
   * @throws NotImplementedError for complex numbers
   */
  constructor(dataset: ArrayLike, ...options: [(BandwidthMethod | GaussianKdeOptions)?, ...unknown[]]) {
    const o = readOptions<GaussianKdeOptions>("gaussianKde", ["bwMethod", "weights"], options);
    const given = atleast2d(toArray(dataset, "gaussianKde")) as NDArray;
    if (isComplex(given.dtype)) throw new NotImplementedError("gaussianKde does not support complex data");
    if (given.size <= 1) throw new ValueError("`dataset` input should have multiple elements.");
    const [d, n] = given.shape;
    if (o.weights === undefined || o.weights === null) {
      [this.dataset] = promoteDTypesInexact([given]);
      this.weights = full([n], 1 / n, this.dataset.dtype);
    } else {
      const [points, raw] = promoteDTypesInexact([given, toArray(o.weights, "gaussianKde", 1)]);
      const weights = atleast1d(raw) as NDArray;
      if (weights.ndim !== 1) throw new ValueError("`weights` input should be one-dimensional.");
      if (weights.shape[0] !== n) throw new ValueError("`weights` input should be of length n");
      this.dataset = points;
      this.weights = weights.div(reductions.sum(weights));
    }
    this.neff = bi.divide(1, reductions.sum(lax.square(this.weights)));
    const factor = this.factorOf(o.bwMethod ?? "scott", d);
    const spread = atleast2d(
      cov(this.dataset, { rowvar: true, bias: false, aweights: this.weights }),
    ) as NDArray;
    const square = bi.multiply(factor, factor);
    this.covariance = spread.mul(square);
    this.invCov = inv(spread).div(square);
  }

  private factorOf(method: BandwidthMethod, d: number): NDArray | number {
    if (method === "scott") return this.neff.pow(-1 / (d + 4));
    if (method === "silverman") return this.neff.mul((d + 2) / 4).pow(-1 / (d + 4));
    if (typeof method === "function") return method(this);
    if (typeof method === "number" || (typeof method === "object" && "aval" in method)) return method;
    throw new ValueError("`bwMethod` should be 'scott', 'silverman', a scalar, or a function.");
  }

  /** The number of dimensions. */
  get d(): number {
    return this.dataset.shape[0];
  }

  /** The number of points. */
  get n(): number {
    return this.dataset.shape[1];
  }

  /** The points as columns. @throws ValueError when their dimension is another */
  private columns(points: ArrayLike): NDArray {
    const x = atleast2d(toArray(points, "evaluate")) as NDArray;
    if (isComplex(x.dtype)) throw new NotImplementedError("gaussianKde does not support complex coordinates");
    const [d, m] = x.shape;
    if (d === this.d) return x;
    if (d === 1 && m === this.d) return x.reshape([this.d, 1]);
    throw new ValueError(`points have dimension ${d}, dataset has dimension ${this.d}`);
  }

  /** The logarithm of the kernel of each point of the data at each of `points`, of shape `[m, n]`. */
  private logKernels(points: ArrayLike): NDArray {
    const [x, data, precision] = promoteDTypesInexact([this.columns(points), this.dataset, this.invCov]);
    const whitening = lax.linalg.cholesky(precision);
    const [a, b] = [matmul(x.transpose(), whitening), matmul(data.transpose(), whitening)];
    const distance = reductions.sum(lax.square(expandDims(a, 1).sub(expandDims(b, 0))), -1);
    const logNorm = reductions.sum(lax.log(diagonal(whitening))).sub(0.5 * this.d * Math.log(2 * Math.PI));
    return logNorm.sub(distance.mul(0.5));
  }

  /** The density at points of shape `[d, m]`, or `[m]` for one dimension. */
  evaluate(points: ArrayLike): NDArray {
    return matmul(lax.exp(this.logKernels(points)), this.weights);
  }

  /** {@link evaluate} by another name. */
  pdf(x: ArrayLike): NDArray {
    return this.evaluate(x);
  }

  /** The logarithm of the density. */
  logpdf(x: ArrayLike): NDArray {
    return logsumexp(this.logKernels(x).add(lax.log(this.weights)), 1);
  }

  /** The integral of the product with a normal density. @throws ValueError when its dimension is another */
  integrateGaussian(mean: ArrayLike, covariance: ArrayLike): NDArray {
    const m = toArray(mean, "integrateGaussian").ravel();
    const c = atleast2d(toArray(covariance, "integrateGaussian", 1)) as NDArray;
    if (m.shape[0] !== this.d) throw new ValueError(`mean does not have dimension ${this.d}`);
    if (c.shape[0] !== this.d || c.shape[1] !== this.d) {
      throw new ValueError(`covariance does not have dimension ${this.d}`);
    }
    return this.convolve(this.covariance.add(c), m);
  }

  /** The density of the sum with a normal distribution of what is missing to this covariance, at a point. */
  private convolve(covariance: NDArray, mean: NDArray): NDArray {
    const factor = choFactor(covariance);
    const norm = reductions.prod(diagonal(factor[0])).mul(Math.sqrt(2 * Math.PI) ** this.d);
    const difference = this.dataset.sub(mean.reshape([-1, 1]));
    const distance = reductions.sum(difference.mul(choSolve(factor, difference)), 0);
    return reductions.sum(lax.exp(distance.mul(-0.5)).mul(this.weights)).div(norm);
  }

  /** The probability of an interval, for one dimension. @throws ValueError otherwise */
  integrateBox1d(low: ArrayLike, high: ArrayLike): NDArray {
    if (this.d !== 1) throw new ValueError("integrateBox1d() only handles 1D pdfs");
    const [a, b] = [toArray(low, "integrateBox1d"), toArray(high, "integrateBox1d", 1)];
    if (a.ndim !== 0 || b.ndim !== 0) {
      throw new ValueError("the limits of integration in integrateBox1d must be scalars");
    }
    const sigma = lax.sqrt(this.covariance.reshape([]));
    const at = (x: NDArray): NDArray => ndtr(bi.subtract(x, this.dataset.ravel()).div(sigma));
    return reductions.sum(this.weights.mul(at(b).sub(at(a))));
  }

  /** The integral of the product with another estimate. @throws ValueError when its dimension is another */
  integrateKde(other: GaussianKde): NDArray {
    if (other.d !== this.d) throw new ValueError("KDEs are not the same dimensionality");
    const [few, many] = this.n < other.n ? [this, other] : [other, this];
    const covariance = this.covariance.add(other.covariance);
    const each = vmap((mean: NDArray) => many.convolve(covariance, mean))(few.dataset.transpose()) as NDArray;
    return reductions.sum(each.mul(few.weights));
  }

  /** Draws of shape `[d, ...shape]`. */
  resample(key: NDArray, shape: number | readonly number[] = []): NDArray {
    const [indexKey, noiseKey] = split(key);
    const size = typeof shape === "number" ? [shape] : shape;
    const index = choice(indexKey, this.n, { shape: size, p: this.weights });
    const centre = zeros([this.d], this.covariance.dtype);
    const noise = multivariateNormal(noiseKey, centre, this.covariance, {
      shape: size,
      dtype: this.dataset.dtype,
    });
    const drawn = get(this.dataset.transpose(), index).add(noise);
    return drawn.transpose([drawn.ndim - 1, ...drawn.shape.slice(1).map((_, k) => k)]);
  }

  /** Boxes are integrated in one dimension only. @throws NotImplementedError always */
  integrateBox(_low: ArrayLike, _high: ArrayLike): NDArray {
    throw new NotImplementedError("only 1D box integrations are supported; use `integrateBox1d`");
  }

  /** The bandwidth is chosen when the estimate is made. @throws NotImplementedError always */
  setBandwidth(_method?: BandwidthMethod): void {
    throw new NotImplementedError("dynamically changing the bandwidth method is not supported");
  }
}

registerPytreeNode(
  GaussianKde,
  ({ neff, dataset, weights, covariance, invCov }) => [[neff, dataset, weights, covariance, invCov], null],
  (_data, [neff, dataset, weights, covariance, invCov]) =>
    Object.assign(Object.create(GaussianKde.prototype), { neff, dataset, weights, covariance, invCov }),
);
