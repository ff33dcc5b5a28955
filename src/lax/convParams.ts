import { type ShapedArray, shapeStr } from "../core/aval.ts";
import { type DType, issubdtype } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import type { ConvDimensionNumbers } from "./convDimensions.ts";
import { convShapeTuple, dilatedSize, type Pads } from "./convPadding.ts";
import { argsort, type Ints, pickInts } from "./intTuples.ts";
import { checkSameDTypes } from "./operands.ts";
import type { PrecisionPair } from "./precision.ts";

/** The parameters of `conv_general_dilated`. */
export interface ConvParams {
  readonly [name: string]: unknown;
  readonly windowStrides: Ints;
  readonly padding: Pads;
  readonly lhsDilation: Ints;
  readonly rhsDilation: Ints;
  readonly dimensionNumbers: ConvDimensionNumbers;
  readonly featureGroupCount: number;
  readonly batchGroupCount: number;
  readonly precision: PrecisionPair | null;
  readonly preferredElementType: DType | null;
}

const name = "conv_general_dilated";

/**
 * The shape of the result.
 * @throws ValueError or TypeError that names the parameter which does not fit.
 */
export function convShape(lhs: ShapedArray, rhs: ShapedArray, params: ConvParams): number[] {
  const { dimensionNumbers, featureGroupCount, batchGroupCount, windowStrides } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  if (lhs.ndim !== rhs.ndim) {
    throw new ValueError(
      `${name} lhs and rhs must have the same number of dimensions, ` +
        `but got ${shapeStr(lhs.shape)} and ${shapeStr(rhs.shape)}.`,
    );
  }
  if (lhsSpec.length !== lhs.ndim) {
    throw new ValueError(
      `${name} dimension numbers must name every dimension of lhs and rhs, got ${lhsSpec.length} of them ` +
        `for shapes ${shapeStr(lhs.shape)} and ${shapeStr(rhs.shape)}.`,
    );
  }
  const lhsShape = pickInts(lhs.shape, lhsSpec);
  const rhsShape = pickInts(rhs.shape, rhsSpec);
  const [batch, features] = lhsShape;
  const [outFeatures, inFeatures] = rhsShape;
  checkCount("feature_group_count", featureGroupCount);
  if (features % featureGroupCount !== 0) {
    throw new ValueError(
      `${name} feature_group_count must divide lhs feature dimension size, ` +
        `but ${featureGroupCount} does not divide ${features}.`,
    );
  }
  if (features / featureGroupCount !== inFeatures) {
    throw new ValueError(
      `${name} lhs feature dimension size divided by feature_group_count must equal the rhs input feature ` +
        `dimension size, but ${features} // ${featureGroupCount} != ${inFeatures}.`,
    );
  }
  if (outFeatures % featureGroupCount !== 0) {
    throw new ValueError(
      `${name} rhs output feature dimension size must be a multiple of feature_group_count, ` +
        `but ${outFeatures} is not a multiple of ${featureGroupCount}.`,
    );
  }
  checkCount("batch_group_count", batchGroupCount);
  if (batch % batchGroupCount !== 0) {
    throw new ValueError(
      `${name} batch_group_count must divide lhs batch dimension size, ` +
        `but ${batchGroupCount} does not divide ${batch}.`,
    );
  }
  if (outFeatures % batchGroupCount !== 0) {
    throw new ValueError(
      `${name} rhs output feature dimension size must be a multiple of batch_group_count, ` +
        `but ${outFeatures} is not a multiple of ${batchGroupCount}.`,
    );
  }
  if (batchGroupCount > 1 && featureGroupCount > 1) {
    throw new ValueError(
      "At most one of batch_group_count and feature_group_count may be > 1, " +
        `got batch_group_count=${batchGroupCount} and feature_group_count=${featureGroupCount}`,
    );
  }
  const ndim = rhs.ndim - 2;
  if (windowStrides.length !== ndim) {
    throw new ValueError(
      `${name} window and window_strides must have the same number of dimensions, ` +
        `but got ${ndim} and ${windowStrides.length}`,
    );
  }
  if (!windowStrides.every((s) => Number.isInteger(s) && s > 0)) {
    throw new ValueError(`${name} window_strides must be positive integers, got ${shapeStr(windowStrides)}.`);
  }
  const dilated = (shape: Ints, dilation: Ints, what: string): number[] => {
    if (dilation.length !== ndim) {
      throw new ValueError(
        `${name} window and ${what} must have the same number of dimensions, but got ${ndim} and ${dilation.length}`,
      );
    }
    if (!dilation.every((d) => Number.isInteger(d) && d > 0)) {
      throw new TypeError(`All dilations must be positive, got ${shapeStr(dilation)}.`);
    }
    return [...shape.slice(0, 2), ...dilation.map((d, i) => dilatedSize(shape[i + 2], d))];
  };
  const out = convShapeTuple(
    dilated(lhsShape, params.lhsDilation, "lhs_dilation"),
    dilated(rhsShape, params.rhsDilation, "rhs_dilation"),
    windowStrides,
    params.padding,
    batchGroupCount,
  );
  return pickInts(out, argsort(outSpec));
}

function checkCount(what: string, count: number): void {
  if (Number.isInteger(count) && count > 0) return;
  throw new ValueError(`${name} ${what} must be a positive integer, got ${count}.`);
}

/** @throws TypeError for operands of two dtypes, or a preferred dtype that cannot hold the result. */
export function convDType(lhs: ShapedArray, rhs: ShapedArray, preferred: DType | null): DType {
  checkSameDTypes(name, [lhs, rhs]);
  const { dtype } = lhs;
  if (preferred === null) return dtype;
  const is = (d: DType, family: "integer" | "floating" | "complexfloating") => issubdtype(d, family);
  if (!(is(dtype, "integer") && is(preferred, "floating"))) {
    for (const family of ["integer", "floating", "complexfloating"] as const) {
      if (!is(dtype, family) || is(preferred, family)) continue;
      throw new TypeError(
        "Input type is incompatible with `preferred_element_type`. The compatible combinations of (input_type, " +
          "preferred_element_type) are (integral, integral), (integral, floating), (floating, floating), " +
          `(complex, complex); got ${dtype.name} and ${preferred.name}.`,
      );
    }
    if (dtype.kind === "int" && preferred.kind !== "int") {
      throw new TypeError("`preferred_element_type` must have the same signedness as the original type.");
    }
  }
  if (preferred.bits < dtype.bits) {
    throw new TypeError("`preferred_element_type` must not be narrower than the original type.");
  }
  return preferred;
}
