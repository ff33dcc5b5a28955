import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { realDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { conj, realPart } from "../../lax/linalg/matrices.ts";
import { jit } from "../../transforms/jit.ts";
import { canonicalizeAxis, readOptions } from "../arguments.ts";
import { power } from "../binary.ts";
import { expandDims, moveaxis, reshape } from "../manipulationShape.ts";
import { max, min, sum } from "../reductions.ts";
import { abs, sqrt } from "../unary.ts";
import { svdvals } from "./decompositions.ts";
import { matrixArgument } from "./matrix.ts";

/** A norm of vectors: a number, `Infinity` or `-Infinity`; of matrices also "fro" and "nuc". */
export type NormOrder = number | "fro" | "f" | "nuc" | null;

/** Options of {@link norm}. */
export interface NormOptions {
  /** Which norm; default the Euclidean norm of all elements. */
  ord?: NormOrder;
  /** One axis: norms of vectors. Two: of matrices. Default: all axes. */
  axis?: number | readonly number[] | null;
  /** Keep the axes with size 1; default false. */
  keepdims?: boolean;
}

/** The squares of magnitudes. */
const squares = (x: NDArray): NDArray => realPart(x.mul(conj(x)));

/** The norm of vectors along some axes, by its order. */
function ofVectors(x: NDArray, ord: number, axis: number[], keepdims: boolean): NDArray {
  const options = { axis, keepdims };
  switch (ord) {
    case 2:
      return sqrt(sum(squares(x), options));
    case Number.POSITIVE_INFINITY:
      return max(abs(x), { ...options, initial: 0 });
    case Number.NEGATIVE_INFINITY:
      return min(abs(x), options);
    case 0:
      return sum(x.ne(0).astype(realDType(x.dtype)), options);
    case 1:
      return sum(abs(x), options);
    default:
      return power(sum(power(abs(x), ord), options), 1 / ord);
  }
}

/** The norm of matrices whose rows and columns are two given axes. */
function ofMatrices(x: NDArray, ord: NormOrder, [row, column]: number[], keepdims: boolean): NDArray {
  switch (ord) {
    case null:
    case "fro":
    case "f":
      return sqrt(sum(squares(x), { axis: [row, column], keepdims }));
    case 1:
      return max(sum(abs(x), { axis: row, keepdims: true }), { axis: [row, column], keepdims, initial: 0 });
    case -1:
      return min(sum(abs(x), { axis: row, keepdims: true }), { axis: [row, column], keepdims });
    case Number.POSITIVE_INFINITY:
      return max(sum(abs(x), { axis: column, keepdims: true }), {
        axis: [row, column],
        keepdims,
        initial: 0,
      });
    case Number.NEGATIVE_INFINITY:
      return min(sum(abs(x), { axis: column, keepdims: true }), { axis: [row, column], keepdims });
    case 2:
    case -2:
    case "nuc": {
      const s = svdvals(moveaxis(x, [row, column], [-2, -1]));
      const value = ord === "nuc" ? sum(s, -1) : ord === 2 ? max(s, { axis: -1, initial: 0 }) : min(s, -1);
      return keepdims ? expandDims(value, [row, column]) : value;
    }
    default:
      throw new ValueError(`Invalid order '${ord}' for matrix norm.`);
  }
}

/**
 * Norms of vectors and matrices: of vectors `ord` is 2 (default), 1, any other number, 0 (how many are not zero), `Infinity` or `-Infinity`; of
 * matrices "fro" (default), "nuc", and 1, -1, 2, -2, `Infinity`, `-Infinity`.
 *
 * @param x integers become float32
 * @throws ValueError for an unknown order, or more than two axes
 * @example
 * ```ts
 * String(jnp.linalg.norm(jnp.array([3, 4]))); // => "5.0"
 * ```
 */
export function norm(
  x: ArrayLike,
  ord?: NormOrder | NormOptions,
  axis?: NormOptions["axis"] | NormOptions,
  keepdims?: boolean | NormOptions,
): NDArray {
  const o = readOptions<NormOptions>("jnp.linalg.norm", ["ord", "axis", "keepdims"], [ord, axis, keepdims]);
  const a = matrixArgument("norm", x);
  return normJit(a, o.ord ?? null, o.axis ?? null, o.keepdims ?? false);
}
const normJit = jit(
  (a: NDArray, order: NormOrder, given: number | readonly number[] | null, keep: boolean): NDArray => {
    if (given === null && order === null)
      return ofVectors(
        a,
        2,
        Array.from(a.shape, (_, i) => i),
        keep,
      );
    const list =
      given === null ? Array.from(a.shape, (_, i) => i) : Array.isArray(given) ? given : [given as number];
    const axes = list.map((k) => canonicalizeAxis(k, a.ndim));
    if (axes.length === 1) {
      if (typeof order === "string") throw new ValueError(`Invalid order '${order}' for vector norm.`);
      return ofVectors(a, order ?? 2, axes, keep);
    }
    if (axes.length === 2) return ofMatrices(a, order, axes, keep);
    throw new ValueError(
      `Improper number of axes for norm: axis=${shapeStr(axes)}. Pass one axis to compute a vector-norm, or two axes to compute ` +
        "a matrix-norm.",
    );
  },
  { name: "norm", staticArgnums: [1, 2, 3] },
);

/**
 * Norms of the matrices in the last two axes; see {@link norm}.
 * @example
 * ```ts
 * String(jnp.linalg.matrixNorm(jnp.array([[3, 4]]))); // => "5.0"
 * ```
 */
export function matrixNorm(x: ArrayLike, options: { keepdims?: boolean; ord?: NormOrder } = {}): NDArray {
  const { keepdims, ord } = readOptions<NormOptions>(
    "jnp.linalg.matrixNorm",
    [],
    [options],
    ["keepdims", "ord"],
  );
  return norm(x, { ord: ord ?? "fro", keepdims, axis: [-2, -1] });
}

/**
 * Norms of vectors along one or more axes, which are taken for one; see {@link norm}.
 * @example
 * ```ts
 * String(jnp.linalg.vectorNorm(jnp.array([3, 4]), { ord: 1 })); // => "7.0"
 * ```
 */
export function vectorNorm(
  x: ArrayLike,
  options: { axis?: number | readonly number[] | null; keepdims?: boolean; ord?: number } = {},
): NDArray {
  const o = readOptions<{ axis: NormOptions["axis"]; keepdims: boolean; ord: NormOrder }>(
    "jnp.linalg.vectorNorm",
    [],
    [options],
    ["axis", "keepdims", "ord"],
  );
  const a = matrixArgument("vectorNorm", x);
  if (typeof o.ord === "string") throw new ValueError(`Invalid order '${o.ord}' for vector norm.`);
  const keep = o.keepdims ?? false;
  const given = o.axis ?? null;
  if (given === null) {
    const value = ofVectors(reshape(a, [-1]), o.ord ?? 2, [0], false);
    return keep
      ? reshape(
          value,
          a.shape.map(() => 1),
        )
      : value;
  }
  const axes = (Array.isArray(given) ? given : [given as number]).map((k) => canonicalizeAxis(k, a.ndim));
  return ofVectors(a, o.ord ?? 2, axes, keep);
}
