import type { NDArray } from "../core/array.ts";
import { type ConvDimensionNumbersLike, convDimensionNumbers } from "./convDimensions.ts";
import type { Padding, PaddingType } from "./convPadding.ts";
import { convGeneralDilatedPatches } from "./convPatches.ts";
import { dotGeneral } from "./dot.ts";
import { argsort, type Ints, pickInts, range } from "./intTuples.ts";
import { namedArguments } from "./namedArguments.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizePrecision, type PrecisionLike } from "./precision.ts";

/** Options of {@link convGeneralDilatedLocal}. */
export interface ConvLocalOptions {
  readonly lhsDilation?: Ints | null | undefined;
  readonly rhsDilation?: Ints | null | undefined;
  readonly dimensionNumbers?: ConvDimensionNumbersLike | undefined;
  readonly precision?: PrecisionLike | undefined;
}
interface LocalArguments extends ConvLocalOptions {
  readonly windowStrides: Ints;
  readonly padding: Padding | PaddingType;
  readonly filterShape: Ints;
}
const names = [
  ...["windowStrides", "padding", "filterShape", "lhsDilation", "rhsDilation"],
  ...["dimensionNumbers", "precision"],
];

/**
 * A convolution with a kernel of its own at every place of the result: a locally connected layer. The spatial dimensions of `rhs` are those of
 * the result; its input features are those of `lhs`, outermost, times the elements of the window.
 *
 * @param filterShape the window's size, in the order of the spatial dimensions of `rhs`
 * @throws as {@link convGeneralDilated}; TypeError when the shape of `rhs` does not fit.
 * @example
 * const kernels = jnp.ones([5, 2 * 3 * 3, 2, 2]); // 5 features from 2, windows of 3 x 3, results of 2 x 2
 * lax.convGeneralDilatedLocal(jnp.ones([1, 2, 4, 4]), kernels, [1, 1], "VALID", [3, 3]).shape // => [1, 5, 2, 2]
 */
export function convGeneralDilatedLocal(
  lhs: LaxOperand,
  rhs: LaxOperand,
  windowStrides: Ints,
  padding: Padding | PaddingType,
  filterShape: Ints,
  options?: ConvLocalOptions,
): NDArray;
export function convGeneralDilatedLocal(lhs: LaxOperand, rhs: LaxOperand, ...args: unknown[]): NDArray {
  const given = namedArguments<LocalArguments>("convGeneralDilatedLocal", names, 3, args);
  const [x, kernels] = [lhs, rhs].map((v) => unaryOperand(v, "conv_general_dilated_local"));
  const precision = canonicalizePrecision(given.precision);
  const patches = convGeneralDilatedPatches(x, given.filterShape, given.windowStrides, given.padding, {
    lhsDilation: given.lhsDilation,
    rhsDilation: given.rhsDilation,
    dimensionNumbers: given.dimensionNumbers,
    precision: precision === null ? null : precision[0],
  });
  const numbers = convDimensionNumbers(x.shape, [1, 1, ...given.filterShape], given.dimensionNumbers ?? null);
  const { rhsSpec, outSpec } = numbers;
  // Places are a batch: in the order in which the patches have them.
  const space = outSpec.slice(2);
  const order = argsort(space);
  const places = pickInts(space, order);
  const kernelPlaces = pickInts(rhsSpec.slice(2), order);
  const product = dotGeneral(
    patches,
    kernels,
    [
      [[outSpec[1]], [rhsSpec[1]]],
      [places, kernelPlaces],
    ],
    precision,
  );
  // Places, batch, features: the last two go where the layout has them.
  const n = product.ndim;
  const permutation = range(n - 2);
  for (const [target, source] of [
    [outSpec[0], n - 2],
    [outSpec[1], n - 1],
  ].sort((p, q) => p[0] - q[0])) {
    permutation.splice(target, 0, source);
  }
  return permutation.every((d, i) => d === i) ? product : ops.transpose(product, permutation);
}
