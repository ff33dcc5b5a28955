import { type ShapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  complex64,
  complex128,
  convertHost,
  type DType,
  float64,
  floatFormat,
  type HostData,
  isBool,
  isComplex,
  isFloating,
} from "../dtypes/index.ts";
import { bilinearReference } from "./hostComplex.ts";
import { offsetsOf, rowMajorStrides, sumOfProducts, valuesOf, writeElements } from "./hostLoops.ts";
import { range } from "./intTuples.ts";
import { accepts, numeric } from "./operands.ts";

/* What products of any kind share: their shapes and dtypes, and plain evaluation. */

/** `[[lhs contracting, rhs contracting], [lhs batch, rhs batch]]`. */
export type DotDimensionNumbers = readonly [
  readonly [readonly number[], readonly number[]],
  readonly [readonly number[], readonly number[]],
];

/** The dimensions that are in none of the lists. */
export const remaining = (n: number, ...removed: readonly (readonly number[])[]): number[] =>
  range(n).filter((i) => !removed.some((r) => r.includes(i)));

// Shape and dtype.

function checkSide(
  side: "lhs" | "rhs",
  x: ShapedArray,
  contract: readonly number[],
  batch: readonly number[],
): void {
  if (![...contract, ...batch].every((d) => Number.isInteger(d) && d >= 0 && d < x.ndim)) {
    throw new TypeError(
      `dot_general requires ${side} dimension numbers to be nonnegative and less than the number of axes of the ` +
        `${side} value, got ${side}_batch of ${shapeStr(batch)} and ${side}_contracting of ${shapeStr(contract)} ` +
        `for ${side} of rank ${x.ndim}`,
    );
  }
  for (const [what, label, dims] of [
    ["batch", "batch", batch],
    ["contracting", "contracting", contract],
  ] as const) {
    if (new Set(dims).size !== dims.length) {
      throw new TypeError(
        `dot_general requires ${side} ${what} dimensions to be distinct, got ${side}_${label} ${shapeStr(dims)}.`,
      );
    }
  }
  if (contract.some((d) => batch.includes(d))) {
    throw new TypeError(
      `dot_general requires ${side} batch dimensions to be disjoint from contracting dimensions, ` +
        `got ${side}_batch ${shapeStr(batch)} and ${side}_contracting ${shapeStr(contract)}.`,
    );
  }
}

/** The shape of a product. @throws TypeError when dimensions or sizes do not fit. */
export function dotShape(x: ShapedArray, y: ShapedArray, dims: DotDimensionNumbers): number[] {
  const [[xContract, yContract], [xBatch, yBatch]] = dims;
  checkSide("lhs", x, xContract, xBatch);
  checkSide("rhs", y, yContract, yBatch);
  if (xBatch.length !== yBatch.length) {
    throw new TypeError(
      "dot_general requires equal numbers of lhs_batch and rhs_batch dimensions, " +
        `got lhs_batch ${shapeStr(xBatch)} and rhs_batch ${shapeStr(yBatch)}.`,
    );
  }
  const sizes = (a: ShapedArray, list: readonly number[]) => list.map((d) => a.shape[d]);
  const [xSizes, ySizes] = [sizes(x, xBatch), sizes(y, yBatch)];
  if (!shapesEqual(xSizes, ySizes)) {
    throw new TypeError(
      "dot_general requires lhs batch dimensions and rhs batch dimensions to have the same shape, " +
        `got ${shapeStr(xSizes)} and ${shapeStr(ySizes)}.`,
    );
  }
  const [xInner, yInner] = [sizes(x, xContract), sizes(y, yContract)];
  if (!shapesEqual(xInner, yInner)) {
    throw new TypeError(
      "dot_general requires contracting dimensions to have the same shape, " +
        `got ${shapeStr(xInner)} and ${shapeStr(yInner)}.`,
    );
  }
  return [
    ...xSizes,
    ...sizes(x, remaining(x.ndim, xContract, xBatch)),
    ...sizes(y, remaining(y.ndim, yContract, yBatch)),
  ];
}

/** Orders dtypes by what their products need: exponent, mantissa, width, sign. */
function rank(d: DType): number[] {
  const format = isFloating(d) ? floatFormat(d) : null;
  return [format?.nexp ?? -1, format?.nmant ?? -1, isBool(d) ? 1 : d.bits, d.kind === "uint" ? 0 : 1];
}
/** The dtype of a product. @throws TypeError for dtypes that have none, or a preferred one that is too narrow. */
export function dotDType(x: ShapedArray, y: ShapedArray, preferred: DType | null): DType {
  for (const a of [x, y]) {
    if (isBool(a.dtype) || !accepts(a.dtype, numeric)) {
      throw new TypeError(
        `dot_general does not accept dtype ${a.dtype.name}. Accepted dtypes are subtypes of ${numeric.join(", ")}.`,
      );
    }
  }
  if (isComplex(x.dtype) || isComplex(y.dtype)) return complexDotDType(x.dtype, y.dtype, preferred);
  const [p, q] = [rank(x.dtype), rank(y.dtype)];
  const differs = p.findIndex((v, i) => v !== q[i]);
  const result = differs < 0 || p[differs] > q[differs] ? x.dtype : y.dtype;
  if (preferred === null || preferred === result) return result;
  if (!isFloating(result) && preferred.bits < result.bits) {
    throw new TypeError(
      "`preferred_element_type` must not be narrower than the original type, " +
        `got preferred_element_type of ${preferred.name} for result type of ${result.name}.`,
    );
  }
  return preferred;
}

function complexDotDType(x: DType, y: DType, preferred: DType | null): DType {
  const isWide = [x, y].some((d) => d === complex128 || d === float64);
  const natural = isWide ? complex128 : complex64;
  if (preferred === null || isComplex(preferred)) return preferred ?? natural;
  throw new TypeError(
    "`preferred_element_type` must have the same signedness as the original type, " +
      `got preferred_element_type of ${preferred.name} for result type of ${natural.name}.`,
  );
}

// Evaluation.

/** Sums of products in float64, or of integers modulo 2^32. */
export function dotReference(
  x: HostArray,
  y: HostArray,
  dims: DotDimensionNumbers,
  out: ShapedArray,
): HostData {
  if (isComplex(out.dtype)) return bilinearReference(x, y, out, (p, q, o) => dotReference(p, q, dims, o));
  const [[xContract, yContract], [xBatch, yBatch]] = dims;
  const converted = (a: HostArray): HostArray => ({
    ...a,
    dtype: out.dtype,
    data: convertHost(a.data, a.dtype, out.dtype),
  });
  const offsets = (a: HostArray, list: readonly number[]) => {
    const strides = rowMajorStrides(a.shape);
    return offsetsOf(
      list.map((d) => a.shape[d]),
      list.map((d) => strides[d]),
    );
  };
  const [xb, yb] = [offsets(x, xBatch), offsets(y, yBatch)];
  const rows = offsets(x, remaining(x.shape.length, xContract, xBatch));
  const columns = offsets(y, remaining(y.shape.length, yContract, yBatch));
  const [xk, yk] = [offsets(x, xContract), offsets(y, yContract)];
  const [p, q] = [valuesOf(converted(x)), valuesOf(converted(y))];
  const { zero, add } = sumOfProducts(out.dtype);
  return writeElements(out, (write) => {
    let i = 0;
    for (let b = 0; b < xb.length; b++) {
      for (const row of rows) {
        for (const column of columns) {
          let sum = zero;
          for (let k = 0; k < xk.length; k++) {
            sum = add(sum, p[xb[b] + row + xk[k]], q[yb[b] + column + yk[k]]);
          }
          write(i++, sum);
        }
      }
    }
  });
}

/** A copy of what the user gave. @throws TypeError unless it is four lists. */
export function canonicalizeDimensions(dims: DotDimensionNumbers): DotDimensionNumbers {
  const ok =
    Array.isArray(dims) &&
    dims.length === 2 &&
    dims.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(Array.isArray));
  if (!ok) {
    throw new TypeError(
      "dotGeneral: dimensionNumbers must be [[lhsContracting, rhsContracting], [lhsBatch, rhsBatch]], four lists of axes",
    );
  }
  const [[xc, yc], [xb, yb]] = dims;
  return [
    [Array.from(xc), Array.from(yc)],
    [Array.from(xb), Array.from(yb)],
  ];
}
