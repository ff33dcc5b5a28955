import type { ArrayLike, NDArray } from "../core/array.ts";
import { float32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { at as update } from "../numpy/access.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { arange } from "../numpy/creation.ts";
import { take } from "../numpy/indexing.ts";
import { expandDims, moveaxis } from "../numpy/manipulation.ts";
import { tensordot } from "../numpy/products.ts";
import { convert, promoteDTypesInexact, toArray } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import { where } from "../numpy/where.ts";
import { type Kernel, kernelOf, methodOf, type ResizeMethod, type ResizeMethodName } from "./kernels.ts";

export { ResizeMethod, type ResizeMethodName } from "./kernels.ts";

export interface ResampleOptions {
  /** Widen the kernel when an image becomes smaller, so that all pixels count; default true. */
  antialias?: boolean;
  /** The precision of the products; default the highest. */
  precision?: lax.PrecisionLike;
}

/** What the pixels of one axis add to those of the result. */
interface Axis {
  readonly size: number;
  readonly resized: number;
  readonly scale: NDArray;
  readonly translation: NDArray;
}

const column = (x: NDArray): NDArray => expandDims(x, 1);
const row = (x: NDArray): NDArray => expandDims(x, 0);

/** Weights divided by their sums; 0 where these are almost 0. */
function normalized(weights: NDArray): NDArray {
  const total = reductions.sum(weights, { axis: 0, keepdims: true });
  const quotient = weights.div(where(total.ne(0), total, 1));
  return where(lax.abs(total).gt(1000 * 2 ** -23), quotient, 0);
}

/** Weights of overlap of pixels with the area of each pixel of the result. */
function areaWeights({ size, resized, scale, translation }: Axis, samples: NDArray): NDArray {
  const inverse = bi.divide(1, scale);
  const left = arange(resized).astype(scale.dtype).mul(inverse).sub(translation.mul(inverse));
  const from = arange(size).astype(scale.dtype);
  const overlap = bi
    .minimum(row(left.add(inverse)), column(from.add(1)))
    .sub(bi.maximum(row(left), column(from)));
  return inside(normalized(bi.maximum(0, overlap)), samples, size);
}

/** 0 for pixels of the result that lie outside of the image. */
function inside(weights: NDArray, samples: NDArray, size: number): NDArray {
  const within = bi.logicalAnd(samples.ge(-0.5), samples.le(size - 0.5));
  return where(row(within), weights, 0);
}

function kernelWeights(axis: Axis, samples: NDArray, kernel: Kernel, antialias: boolean): NDArray {
  const inverse = bi.divide(1, axis.scale);
  const pixels = arange(axis.size).astype(axis.scale.dtype);
  const distance = lax.abs(row(samples).sub(column(pixels)));
  const widened = antialias ? distance.div(bi.maximum(inverse, 1)) : distance;
  return inside(normalized(kernel.weight(widened)), samples, axis.size);
}

/** Weights of an image that goes on with its edge pixels, which get what falls beyond them. */
function edgeWeights(axis: Axis, samples: NDArray, kernel: Kernel): NDArray {
  const k = kernel.radius;
  const pixels = arange(-k, axis.size + k).astype(axis.scale.dtype);
  const weights = kernel.weight(lax.abs(row(samples).sub(column(pixels))));
  const source = bi.minimum(bi.maximum(arange(-k, axis.size + k), 0), axis.size - 1);
  const gathered = update(lax.full([axis.size, axis.resized], 0, weights.dtype), source).add(weights);
  return normalized(gathered);
}

function weightsOf(axis: Axis, method: Exclude<ResizeMethod, "nearest">, antialias: boolean): NDArray {
  const inverse = bi.divide(1, axis.scale);
  const centres = arange(axis.resized).astype(axis.scale.dtype).add(0.5);
  const samples = centres.mul(inverse).sub(axis.translation.mul(inverse)).sub(0.5);
  if (method === "area") return areaWeights(axis, samples);
  if (method === "cubic-pytorch") {
    // With antialiasing it is the other cubic kernel, as in JAX.
    if (!antialias) return edgeWeights(axis, samples, kernelOf(method));
    return kernelWeights(axis, samples, kernelOf("cubic"), true);
  }
  return kernelWeights(axis, samples, kernelOf(method), antialias);
}

/** The image with one axis after the other multiplied by its weights. */
function resample(
  image: NDArray,
  axes: readonly { dim: number; axis: Axis }[],
  method: Exclude<ResizeMethod, "nearest">,
  { antialias = true, precision = "highest" }: ResampleOptions,
): NDArray {
  let result = image;
  for (const { dim, axis } of axes) {
    const weights = convert(weightsOf(axis, method, antialias), image.dtype);
    result = moveaxis(tensordot(result, weights, { axes: [[dim], [0]], precision }), -1, dim);
  }
  return result;
}

function shapeFor(image: NDArray, shape: readonly number[], where: string): number[] {
  const target = canonicalizeShape(shape, where);
  if (target.length !== image.ndim) {
    throw new ValueError(
      `shape must have length equal to the number of dimensions of x;  (${target.join(", ")}) vs (${image.shape.join(", ")})`,
    );
  }
  return target;
}

function nearest(image: NDArray, shape: readonly number[]): NDArray {
  return shape.reduce((x, n, dim) => {
    const m = image.shape[dim];
    if (n === m) return x;
    const source = lax.floor(arange(n).astype(float32).add(0.5).mul(m).div(n)).astype("int32");
    return take(x, source, dim);
  }, image);
}

/**
 * An image (or any array) of another size. Pixels are squares with centres at halves.
 *
 * @param shape the new shape; axes whose size stays are left as they are
 * @param method how pixels are interpolated: see {@link ResizeMethod}
 * @param options whether pixels are averaged when the image becomes smaller (default true), by position or by name, and the precision
 * @throws ValueError for a shape of another rank or an unknown method
 * @example
 * ```ts
 * String(image.resize(jnp.array([1, 3]), [4], "linear")); // => "[1.  1.5 2.5 3. ]"
 * ```
 */
export function resize(
  image: ArrayLike,
  shape: readonly number[],
  method: ResizeMethodName,
  ...options: [(boolean | ResampleOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<ResampleOptions>("resize", ["antialias", "precision"], options);
  const x = toArray(image, "image.resize");
  const target = shapeFor(x, shape, "image.resize");
  const kind = methodOf(method);
  if (kind === "nearest") return nearest(x, target);
  const [pixels] = promoteDTypesInexact([x]);
  const axes = target.flatMap((resized, dim) => {
    const size = x.shape[dim];
    if (size === resized) return [];
    const scale = lax.full([], resized === 0 ? 1 : resized / size, float32);
    return [{ dim, axis: { size, resized, scale, translation: lax.full([], 0, float32) } }];
  });
  return resample(pixels, axes, kind, o);
}

/**
 * An image moved and scaled along some axes: the pixel at `x` comes to `x * scale + translation`. What comes from outside of the image is 0.
 *
 * @param shape the shape of the result; axes that are not in `spatialDims` keep their size
 * @param spatialDims the axes
 * @param scale for each of them, may be traced
 * @param translation for each of them, in pixels of the result, may be traced
 * @param method any but "nearest"
 * @throws ValueError for shapes that do not fit or an unknown method
 * @example
 * ```ts
 * const moved = image.scaleAndTranslate(jnp.array([1, 2, 3]), [3], [0], jnp.ones(1), jnp.array([1]), "linear");
 * String(moved); // => "[0. 1. 2.]"
 * ```
 */
export function scaleAndTranslate(
  image: ArrayLike,
  shape: readonly number[],
  spatialDims: readonly number[],
  scale: ArrayLike,
  translation: ArrayLike,
  method: ResizeMethodName,
  ...options: [(boolean | ResampleOptions)?, ...unknown[]]
): NDArray {
  const o = readOptions<ResampleOptions>("scaleAndTranslate", ["antialias", "precision"], options);
  const name = "image.scaleAndTranslate";
  const [x] = promoteDTypesInexact([toArray(image, name)]);
  const target = shapeFor(x, shape, name);
  const kind = methodOf(method);
  if (kind === "nearest") {
    throw new ValueError("Nearest neighbor resampling is not currently supported for scaleAndTranslate.");
  }
  const [scales, translations] = promoteDTypesInexact([
    toArray(scale, name, 3),
    toArray(translation, name, 4),
  ]);
  if (scales.size !== spatialDims.length || translations.size !== spatialDims.length) {
    throw new ValueError(
      `${name}: there must be one scale and one translation for each of ${spatialDims.length} axes, got shapes (${scales.shape}) and (${translations.shape})`,
    );
  }
  const axes = spatialDims.map((d, i) => {
    const dim = canonicalizeAxis(d, x.ndim);
    const at = (a: NDArray): NDArray => a.reshape([-1]).get(i);
    return {
      dim,
      axis: { size: x.shape[dim], resized: target[dim], scale: at(scales), translation: at(translations) },
    };
  });
  return resample(x, axes, kind, o);
}
