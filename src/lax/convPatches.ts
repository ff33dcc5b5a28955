import type { NDArray } from "../core/array.ts";
import type { DTypeLike } from "../dtypes/index.ts";
import { convGeneralDilated } from "./conv.ts";
import { type ConvDimensionNumbersLike, convDimensionNumbers } from "./convDimensions.ts";
import type { Padding, PaddingType } from "./convPadding.ts";
import { eye } from "./creation.ts";
import { argsort, type Ints, range } from "./intTuples.ts";
import { namedArguments } from "./namedArguments.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizePrecision, Precision, type PrecisionLike } from "./precision.ts";

/** Options of {@link convGeneralDilatedPatches}. */
export interface ConvPatchesOptions {
  readonly lhsDilation?: Ints | null | undefined;
  readonly rhsDilation?: Ints | null | undefined;
  readonly dimensionNumbers?: ConvDimensionNumbersLike | undefined;
  readonly precision?: PrecisionLike | undefined;
  readonly preferredElementType?: DTypeLike | null | undefined;
}
interface PatchesArguments extends ConvPatchesOptions {
  readonly filterShape: Ints;
  readonly windowStrides: Ints;
  readonly padding: Padding | PaddingType;
}
const names = [
  ...["filterShape", "windowStrides", "padding", "lhsDilation", "rhsDilation", "dimensionNumbers"],
  ...["precision", "preferredElementType"],
];

/**
 * The patches of the input that the windows of a convolution see. The feature dimension of the result holds a patch: the input's
 * features, outermost, then the elements of the window.
 * @throws as {@link convGeneralDilated}.
 * @example
 * lax.convGeneralDilatedPatches(jnp.ones([1, 2, 4, 4]), [3, 3], [1, 1], "VALID").shape // => [1, 18, 2, 2]
 */
export function convGeneralDilatedPatches(
  lhs: LaxOperand,
  filterShape: Ints,
  windowStrides: Ints,
  padding: Padding | PaddingType,
  options?: ConvPatchesOptions,
): NDArray;
export function convGeneralDilatedPatches(lhs: LaxOperand, ...args: unknown[]): NDArray {
  const given = namedArguments<PatchesArguments>("convGeneralDilatedPatches", names, 3, args);
  const x = unaryOperand(lhs, "conv_general_dilated");
  const { filterShape, precision } = given;
  const numbers = convDimensionNumbers(x.shape, [1, 1, ...filterShape], given.dimensionNumbers ?? null);
  const { lhsSpec, rhsSpec } = numbers;
  const size = filterShape.reduce((n, k) => n * k, 1);
  const features = x.shape[lhsSpec[1]];
  // Each element of a window becomes a feature: one kernel per element, 1 there and 0 elsewhere.
  const ones = eye(x.dtype, [size, size]);
  const kernels = ops.reshape(ops.broadcastInDim(ones, [features, size, size], [1, 2]), [
    features * size,
    1,
    ...filterShape,
  ]);
  // Features go to their dimensions, the window's elements fill the others in order.
  const rest = range(x.ndim).filter((d) => d !== rhsSpec[0] && d !== rhsSpec[1]);
  const kernel = ops.transpose(kernels, argsort([rhsSpec[0], rhsSpec[1], ...rest]));
  return convGeneralDilated(x, kernel, {
    windowStrides: given.windowStrides,
    padding: given.padding,
    lhsDilation: given.lhsDilation,
    rhsDilation: given.rhsDilation,
    dimensionNumbers: numbers,
    precision:
      precision === undefined || precision === null
        ? null
        : [canonicalizePrecision(precision)?.[0] ?? Precision.DEFAULT, Precision.DEFAULT],
    featureGroupCount: features,
    preferredElementType: given.preferredElementType,
  });
}
