import type { NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { ValueError } from "../errors.ts";
import { type ConvOptions, convGeneralDilated } from "./conv.ts";
import {
  type ConvDimensionNumbersLike,
  convDimensionNumbers,
  convGeneralPermutations,
} from "./convDimensions.ts";
import {
  convShapeTuple,
  convTransposePadding,
  dilatedSize,
  isNamed,
  type Padding,
  type PaddingType,
  type Pads,
} from "./convPadding.ts";
import { argsort, type Ints, pickInts, range } from "./intTuples.ts";
import { namedArguments } from "./namedArguments.ts";
import { sameDTypeOperands } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { rev } from "./slice.ts";

/** Options of {@link convTranspose}. */
export interface ConvTransposeOptions extends ConvOptions {
  readonly rhsDilation?: Ints | null | undefined;
  /** The layouts; null: channels last, as in `["NHWC", "HWIO", "NHWC"]`. */
  readonly dimensionNumbers?: ConvDimensionNumbersLike | undefined;
  /** Reverses the kernel in space and swaps its features, so that the result is that of a gradient. */
  readonly transposeKernel?: boolean | undefined;
  /** Reads numbers in `padding` as those of the forward convolution, as names always are. */
  readonly useConsistentPadding?: boolean | undefined;
}
interface ConvTransposeArguments extends ConvTransposeOptions {
  readonly strides: Ints;
  readonly padding: Padding;
}
const names = [
  ...["strides", "padding", "rhsDilation", "dimensionNumbers", "transposeKernel", "precision"],
  ...["preferredElementType", "useConsistentPadding"],
];
const defaultLayouts = [
  ["NC", "IO", "NC"],
  ["NHC", "HIO", "NHC"],
  ["NHWC", "HWIO", "NHWC"],
  ["NHWDC", "HWDIO", "NHWDC"],
] as const;

/**
 * The transpose of a convolution: fractional strides, so that the result is larger than the input.
 *
 * @param strides how many times larger the result is, per spatial dimension
 * @param padding `"SAME"` or `"VALID"` of the forward convolution, or `[before, after]` of this one, per spatial dimension
 * @throws ValueError or TypeError as {@link convGeneralDilated}.
 * @example
 * lax.convTranspose(jnp.ones([1, 3, 3, 2]), jnp.ones([2, 2, 2, 5]), [2, 2], "SAME").shape // => [1, 6, 6, 5]
 */
export function convTranspose(
  lhs: LaxOperand,
  rhs: LaxOperand,
  strides: Ints,
  padding: Padding,
  options?: ConvTransposeOptions,
): NDArray;
export function convTranspose(
  lhs: LaxOperand,
  rhs: LaxOperand,
  strides: Ints,
  options: ConvTransposeOptions & { readonly padding: Padding },
): NDArray;
export function convTranspose(lhs: LaxOperand, rhs: LaxOperand, ...args: unknown[]): NDArray {
  const given = namedArguments<ConvTransposeArguments>("convTranspose", names, 2, args);
  const { strides, padding } = given;
  let [x, y] = sameDTypeOperands([lhs, rhs], "conv_general_dilated");
  if (x.ndim !== y.ndim || x.ndim < 2) {
    throw new ValueError(
      `convTranspose needs an input and a kernel of the same rank, at least 2, got shapes ${shapeStr(x.shape)} ` +
        `and ${shapeStr(y.shape)}.`,
    );
  }
  const layouts = given.dimensionNumbers ?? defaultLayouts[x.ndim - 2];
  if (layouts === undefined) throw new ValueError("No 4+ dimensional dimensionNumbers defaults.");
  const numbers = convDimensionNumbers(x.shape, y.shape, layouts);
  const spatial = numbers.rhsSpec.slice(2);
  const rhsDilation = given.rhsDilation ?? spatial.map(() => 1);
  const window = spatial.map((d, i) => dilatedSize(y.shape[d], rhsDilation[i]));
  let pads: Padding = padding;
  if (given.useConsistentPadding || padding === "SAME" || padding === "VALID") {
    pads = window.map((k, i) =>
      convTransposePadding(k, strides[i], typeof padding === "string" ? padding : (padding as Pads)[i]),
    );
  }
  if (given.transposeKernel) {
    const [o, i] = numbers.rhsSpec;
    const order = range(y.ndim).map((d) => (d === o ? i : d === i ? o : d));
    for (const d of spatial) y = rev(y, [d]);
    y = ops.transpose(y, order);
  }
  return convGeneralDilated(x, y, {
    windowStrides: spatial.map(() => 1),
    padding: pads,
    lhsDilation: strides,
    rhsDilation,
    dimensionNumbers: numbers,
    precision: given.precision,
    preferredElementType: given.preferredElementType,
  });
}

/**
 * The shape of the result of {@link convGeneralDilated} without dilations or groups.
 * @throws TypeError for layouts or pads that do not fit.
 * @example
 * lax.convGeneralShapeTuple([1, 5, 5, 2], [3, 3, 2, 4], [2, 2], "SAME", ["NHWC", "HWIO", "NHWC"]) // => [1, 3, 3, 4]
 */
export function convGeneralShapeTuple(
  lhsShape: Ints,
  rhsShape: Ints,
  windowStrides: Ints,
  padding: Padding | PaddingType,
  dimensionNumbers: readonly [string, string, string],
): number[] {
  const [lhsSpec, rhsSpec, outSpec] = convGeneralPermutations(dimensionNumbers);
  const out = convShapeTuple(
    pickInts(lhsShape, lhsSpec),
    pickInts(rhsShape, rhsSpec),
    windowStrides,
    padding as string | Pads,
  );
  return pickInts(out, argsort(outSpec));
}

/**
 * The shape of the result of {@link convTranspose}.
 * @throws TypeError for layouts that do not fit, ValueError for an unknown padding.
 * @example
 * lax.convTransposeShapeTuple([1, 5, 5, 2], [3, 3, 2, 4], [2, 2], "SAME", ["NHWC", "HWIO", "NHWC"]) // => [1, 10, 10, 4]
 */
export function convTransposeShapeTuple(
  lhsShape: Ints,
  rhsShape: Ints,
  windowStrides: Ints,
  padding: "SAME" | "VALID" | Pads,
  dimensionNumbers: readonly [string, string, string],
): number[] {
  const [lhsSpec, rhsSpec, outSpec] = convGeneralPermutations(dimensionNumbers);
  const [batch, , ...space] = pickInts(lhsShape, lhsSpec);
  const [features, , ...window] = pickInts(rhsShape, rhsSpec);
  const sizes = space.map((n, i) => {
    const k = window[i];
    const s = windowStrides[i];
    const [before, after] = isNamed(padding) ? convTransposePadding(k, s, String(padding)) : padding[i];
    return (n - 1) * s - k + 2 + before + after;
  });
  return pickInts([batch, features, ...sizes], argsort(outSpec));
}
