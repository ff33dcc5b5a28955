import type { NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { asDType, type DTypeLike } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { type ConvDimensionNumbersLike, convDimensionNumbers } from "./convDimensions.ts";
import {
  dilatedSize,
  isNamed,
  type Padding,
  type PaddingType,
  type Pads,
  padtypeToPads,
} from "./convPadding.ts";
import { bindConv } from "./convPrimitive.ts";
import { type Ints, pickInts, plainInts } from "./intTuples.ts";
import { namedArguments } from "./namedArguments.ts";
import { sameDTypeOperands } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";
import { canonicalizePrecision, type PrecisionLike } from "./precision.ts";

/** Options of every convolution. */
export interface ConvOptions {
  /** How exactly to compute; null: the default of the device. */
  readonly precision?: PrecisionLike | undefined;
  /** The dtype of the result, and the least to accumulate in. */
  readonly preferredElementType?: DTypeLike | null | undefined;
}

/** Options of {@link convGeneralDilated}. */
export interface ConvGeneralDilatedOptions extends ConvOptions {
  /** Steps from one element of the input to the next, zeros between them; also called transposed convolution. */
  readonly lhsDilation?: Ints | null | undefined;
  /** Steps from one element of the kernel to the next; also called atrous convolution. */
  readonly rhsDilation?: Ints | null | undefined;
  /** The layouts; null: `["NCHW", "OIHW", "NCHW"]`, with as many spatial dimensions as there are. */
  readonly dimensionNumbers?: ConvDimensionNumbersLike | undefined;
  /** Groups of features that are convolved separately; the number of features for a depthwise convolution. */
  readonly featureGroupCount?: number | undefined;
  /** Groups of the batch, each convolved with its own part of the output features. */
  readonly batchGroupCount?: number | undefined;
}

interface ConvArguments extends ConvGeneralDilatedOptions {
  readonly windowStrides: Ints;
  readonly padding: Padding | PaddingType;
}
const convNames = [
  ...["windowStrides", "padding", "lhsDilation", "rhsDilation", "dimensionNumbers", "featureGroupCount"],
  ...["batchGroupCount", "precision", "preferredElementType"],
];

/**
 * Convolution of any number of spatial dimensions, with strides, padding, dilation of input and kernel, and groups. As in neural
 * networks the kernel is not reversed: a cross-correlation.
 *
 * @param lhs the input, rank `n + 2`: batch, features and `n` spatial dimensions, in the order of `dimensionNumbers`
 * @param rhs the kernel, rank `n + 2`: output features, input features (of one group) and `n` spatial dimensions
 * @param windowStrides one step per spatial dimension
 * @param padding `"SAME"`, `"SAME_LOWER"`, `"VALID"`, or `[before, after]` per spatial dimension; negative numbers remove elements
 * @returns batch, output features and spatial dimensions
 * @throws ValueError or TypeError when shapes, groups, dtypes or parameters do not fit.
 * @example
 * const image = jnp.ones([1, 5, 5, 2]);
 * const kernel = jnp.ones([3, 3, 2, 4]);
 * const layouts = ["NHWC", "HWIO", "NHWC"] as const;
 * lax.convGeneralDilated(image, kernel, [2, 2], "VALID", { dimensionNumbers: layouts }).shape // => [1, 2, 2, 4]
 */
export function convGeneralDilated(
  lhs: LaxOperand,
  rhs: LaxOperand,
  windowStrides: Ints,
  padding: Padding | PaddingType,
  options?: ConvGeneralDilatedOptions,
): NDArray;
export function convGeneralDilated(lhs: LaxOperand, rhs: LaxOperand, options: ConvArguments): NDArray;
export function convGeneralDilated(
  lhs: LaxOperand,
  rhs: LaxOperand,
  windowStrides: Ints,
  padding: Padding | PaddingType,
  lhsDilation?: Ints | null,
  rhsDilation?: Ints | null,
  dimensionNumbers?: ConvDimensionNumbersLike,
  featureGroupCount?: number,
  batchGroupCount?: number,
  precision?: PrecisionLike,
  preferredElementType?: DTypeLike | null,
): NDArray;
export function convGeneralDilated(lhs: LaxOperand, rhs: LaxOperand, ...args: unknown[]): NDArray {
  const given = namedArguments<ConvArguments>("convGeneralDilated", convNames, 2, args);
  const [x, y] = sameDTypeOperands([lhs, rhs], "conv_general_dilated");
  const numbers = convDimensionNumbers(x.shape, y.shape, given.dimensionNumbers ?? null);
  const ones = (a: NDArray): number[] => new Array<number>(Math.max(a.ndim - 2, 0)).fill(1);
  const windowStrides = intList("windowStrides", given.windowStrides);
  const lhsDilation = intList("lhsDilation", given.lhsDilation ?? ones(x));
  const rhsDilation = intList("rhsDilation", given.rhsDilation ?? ones(y));
  let padding: Pads;
  if (isNamed(given.padding)) {
    if (lhsDilation.some((d) => d !== 1)) {
      throw new ValueError(
        "String padding is not implemented for transposed convolution using this op. Please either exactly " +
          "specify the required padding or use convTranspose.",
      );
    }
    const window = pickInts(y.shape, numbers.rhsSpec.slice(2)).map((n, i) => dilatedSize(n, rhsDilation[i]));
    padding = padtypeToPads(
      pickInts(x.shape, numbers.lhsSpec.slice(2)),
      window,
      windowStrides,
      given.padding,
    );
  } else {
    padding = explicitPads(given.padding);
  }
  const preferred = given.preferredElementType ?? null;
  return bindConv(x, y, {
    windowStrides,
    padding,
    lhsDilation,
    rhsDilation,
    dimensionNumbers: numbers,
    featureGroupCount: given.featureGroupCount ?? 1,
    batchGroupCount: given.batchGroupCount ?? 1,
    precision: canonicalizePrecision(given.precision),
    preferredElementType: preferred === null ? null : asDType(preferred),
  });
}

function intList(what: string, values: unknown): number[] {
  if (Array.isArray(values) && values.every((v) => Number.isInteger(v))) return plainInts(values);
  const shown = Array.isArray(values) ? shapeStr(values) : String(values);
  throw new TypeError(`convGeneralDilated: ${what} must be a list of integers, got ${shown}.`);
}

function explicitPads(padding: unknown): Pads {
  const isPair = (p: unknown) => Array.isArray(p) && p.length === 2 && p.every((n) => Number.isInteger(n));
  if (Array.isArray(padding) && padding.every(isPair)) return padding.map(([low, high]) => [low, high]);
  throw new ValueError(
    "padding argument to convGeneralDilated should be a string or a sequence of [low, high] pairs, " +
      `got ${JSON.stringify(padding)}`,
  );
}

/**
 * A convolution with layouts `NCHW`, `OIHW`, `NCHW`.
 * @param padding `"SAME"` or `"VALID"`
 * @throws as {@link convGeneralDilated}.
 * @example
 * lax.conv(jnp.ones([1, 1, 4]), jnp.ones([1, 1, 3]), [1], "VALID")
 * // => Array([[[3., 3.]]], dtype=float32)
 */
export function conv(
  lhs: LaxOperand,
  rhs: LaxOperand,
  windowStrides: Ints,
  padding: Padding | PaddingType,
  precision?: PrecisionLike | ConvOptions,
  preferredElementType?: DTypeLike | null,
): NDArray {
  const names = ["windowStrides", "padding", "precision", "preferredElementType"];
  const args = [windowStrides, padding, precision, preferredElementType];
  return convGeneralDilated(lhs, rhs, namedArguments<ConvArguments>("conv", names, 2, args));
}

/**
 * A convolution with layouts `NCHW`, `OIHW`, `NCHW`, any padding and dilations.
 * @throws as {@link convGeneralDilated}.
 * @example
 * lax.convWithGeneralPadding(jnp.ones([1, 1, 4]), jnp.ones([1, 1, 2]), [1], [[1, 0]], null, [2])
 * // => Array([[[1., 2., 2.]]], dtype=float32)
 */
export function convWithGeneralPadding(
  lhs: LaxOperand,
  rhs: LaxOperand,
  windowStrides: Ints,
  padding: Padding | PaddingType,
  lhsDilation: Ints | null,
  rhsDilation: Ints | null,
  precision?: PrecisionLike | ConvOptions,
  preferredElementType?: DTypeLike | null,
): NDArray {
  const names = [
    "windowStrides",
    "padding",
    "lhsDilation",
    "rhsDilation",
    "precision",
    "preferredElementType",
  ];
  const args = [windowStrides, padding, lhsDilation, rhsDilation, precision, preferredElementType];
  return convGeneralDilated(
    lhs,
    rhs,
    namedArguments<ConvArguments>("convWithGeneralPadding", names, 2, args),
  );
}
