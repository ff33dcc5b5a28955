import type { ArrayLike, NDArray } from "../core/array.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  float32,
  isComplex,
  isInexact,
  isInteger,
} from "../dtypes/index.ts";
import { RuntimeError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { average } from "./average.ts";
import { divide, multiply, subtract } from "./binary.ts";
import { conjugate, real } from "./complex.ts";
import { clip } from "./manipulationClip.ts";
import { diagonal } from "./manipulationDiagonal.ts";
import { atleast2d, squeeze } from "./manipulationShape.ts";
import { dot } from "./products.ts";
import { broadcastToShape, convert, promoteDTypesInexact, toArray } from "./promote.ts";
import { sum } from "./reductions.ts";
import { absolute } from "./unary.ts";

/** Options of {@link corrcoef}. */
export interface CorrcoefOptions {
  /** Further variables, in the form of the first argument. */
  y?: ArrayLike;
  /** Whether rows are the variables and columns the observations (the default), or the other way round. */
  rowvar?: boolean;
  /** The dtype of the computation, a float or complex one. */
  dtype?: DTypeLike;
}
/** Options of {@link cov}. */
export interface CovOptions extends CorrcoefOptions {
  /** Divide by n instead of n - 1. */
  bias?: boolean;
  /** Divide by n - ddof, whatever `bias` says. */
  ddof?: number;
  /** How often each observation counts: integers. */
  fweights?: ArrayLike;
  /** The importance of each observation. */
  aweights?: ArrayLike;
}
interface Static {
  readonly rowvar: boolean;
  readonly ddof: number;
  readonly dtype: DType | undefined;
}

/** Variables as rows, which `y` adds to. */
function variables(x: NDArray, y: NDArray | null, rowvar: boolean): NDArray {
  const rows = !rowvar && x.ndim === 2 ? lax.transpose(x, [1, 0]) : atleast2d(x);
  if (y === null || rows.shape[0] === 0) return rows;
  const more = atleast2d(y);
  const below = !rowvar && more.shape[0] !== 1 ? lax.transpose(more, [1, 0]) : more;
  return lax.concatenate([rows, below], 0);
}

const covJit = jit(
  (
    x0: NDArray,
    y: NDArray | null,
    fweights: NDArray | null,
    aweights: NDArray | null,
    s: Static,
  ): NDArray => {
    const rows = variables(x0, y, s.rowvar);
    const [count, observations] = rows.shape;
    if (count === 0) return lax.full([0, 0], 0, float32);
    if (observations === 0) return lax.full(count === 1 ? [] : [count, count], Number.NaN, rows.dtype);
    checkWeights("fweights", fweights, observations);
    checkWeights("aweights", aweights, observations);
    const x = s.dtype === undefined ? rows : convert(rows, s.dtype);
    const importance = aweights === null ? null : absolute(aweights);
    const frequency = fweights === null ? null : absolute(fweights);
    const both = frequency !== null && importance !== null ? multiply(frequency, importance) : null;
    const given = both ?? frequency ?? importance;
    const weights = given === null || s.dtype === undefined ? given : convert(given, s.dtype);
    const [center, totals] = average(x, 1, weights ?? undefined, { returned: true });
    const total = lax.indexInDim(totals, 0, 0, false);
    const centered = lax.sub(x, broadcastToShape(lax.expandDims(center, [1]), x.shape));
    const weighted = weights === null ? centered : multiply(centered, weights);
    const products = dot(centered, conjugate(lax.transpose(weighted, [1, 0])));
    return squeeze(divide(products, normalizer(observations, weights, importance, total, s.ddof)));
  },
  { name: "cov", staticArgnums: 4 },
);

/** What the sum of products is divided by. */
function normalizer(
  observations: number,
  weights: NDArray | null,
  importance: NDArray | null,
  total: NDArray,
  ddof: number,
): ArrayLike {
  if (weights === null) return observations - ddof;
  if (ddof === 0) return total;
  if (importance === null) return subtract(total, ddof);
  return subtract(total, divide(multiply(ddof, sum(multiply(weights, importance))), total));
}

function checkWeights(name: string, weights: NDArray | null, observations: number): void {
  if (weights === null) return;
  if (weights.ndim > 1) throw new RuntimeError(`cannot handle multidimensional ${name}`);
  if (weights.shape[0] !== observations) {
    throw new RuntimeError(
      `incompatible numbers of samples and ${name}: ${observations} and ${weights.ndim === 0 ? "a scalar" : weights.shape[0]}`,
    );
  }
  if (name === "fweights" && !isInteger(weights.dtype)) {
    throw new TypeError(`fweights must be integer, got ${weights.dtype}.`);
  }
}

function readDType(name: string, like: DTypeLike | undefined): DType | undefined {
  if (like === undefined) return undefined;
  const dtype = asDType(like);
  if (!isInexact(dtype)) {
    throw new ValueError(`${name}: dtype must be a subclass of float or complex; got dtype=${dtype}`);
  }
  return dtype;
}

/** Both sets of variables in one dtype. */
function readVariables(name: string, m: ArrayLike, y: ArrayLike | undefined): [NDArray, NDArray | null] {
  const [a, b] = [toArray(m, name, 0), y === undefined || y === null ? null : toArray(y, name, 1)];
  if (a.ndim > 2) throw new ValueError(`${name}: m has more than 2 dimensions`);
  if (b !== null && b.ndim > 2) throw new ValueError(`${name}: y has more than 2 dimensions`);
  const [x, more = null] = promoteDTypesInexact(b === null ? [a] : [a, b]);
  return [x, more];
}

/**
 * The covariance matrix of variables, which are the rows; a scalar for one variable.
 *
 * @param m a vector or matrix
 * @throws ValueError for more dimensions or another dtype, RuntimeError for weights of another length, TypeError for `fweights` that are
 *   no integers
 * @example
 * ```ts
 * String(jnp.cov(jnp.array([[1, 2, 3], [3, 2, 1]]))); // => "[[ 1. -1.]\n [-1.  1.]]"
 * ```
 */
export function cov(m: ArrayLike, options?: CovOptions): NDArray;
export function cov(
  m: ArrayLike,
  y?: ArrayLike,
  rowvar?: boolean | CovOptions,
  bias?: boolean | CovOptions,
  ddof?: number | CovOptions,
  options?: CovOptions,
): NDArray;
export function cov(m: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<CovOptions>(
    "cov",
    ["y", "rowvar", "bias", "ddof", "fweights", "aweights", "dtype"],
    args,
  );
  const [x, y] = readVariables("cov", m, o.y);
  const optional = (w: ArrayLike | undefined): NDArray | null =>
    w === undefined || w === null ? null : toArray(w, "cov");
  return covJit(x, y, optional(o.fweights), optional(o.aweights), {
    rowvar: o.rowvar !== false,
    ddof: o.ddof ?? (o.bias === true ? 0 : 1),
    dtype: readDType("cov", o.dtype),
  });
}

const corrcoefJit = jit(
  (x: NDArray, y: NDArray | null, rowvar: boolean, dtype: DType | undefined): NDArray => {
    const c = covJit(x, y, null, null, { rowvar, ddof: 1, dtype });
    if (c.ndim === 0) return lax.div(c, c);
    const deviation = convert(lax.sqrt(real(diagonal(c))), c.dtype);
    const along = (axis: number) => broadcastToShape(lax.expandDims(deviation, [axis]), c.shape);
    const scaled = lax.div(lax.div(c, along(1)), along(0));
    if (!isComplex(c.dtype)) return clip(scaled, -1, 1);
    return lax.complex(clip(lax.real(scaled), -1, 1), clip(lax.imag(scaled), -1, 1));
  },
  { name: "corrcoef", staticArgnums: [2, 3] },
);
/**
 * The matrix of Pearson's correlation coefficients of variables, which are the rows.
 *
 * @throws ValueError for more than two dimensions, or a dtype of integers
 * @example
 * ```ts
 * String(jnp.corrcoef(jnp.array([[1, 2, 3], [3, 2, 1]]))); // => "[[ 1. -1.]\n [-1.  1.]]"
 * ```
 */
export function corrcoef(x: ArrayLike, options?: CorrcoefOptions): NDArray;
export function corrcoef(
  x: ArrayLike,
  y?: ArrayLike,
  rowvar?: boolean | CorrcoefOptions,
  options?: CorrcoefOptions,
): NDArray;
export function corrcoef(x: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<CorrcoefOptions>("corrcoef", ["y", "rowvar"], args, ["dtype"]);
  return corrcoefJit(
    ...readVariables("corrcoef", x, o.y),
    o.rowvar !== false,
    readDType("corrcoef", o.dtype),
  );
}
