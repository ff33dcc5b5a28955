import type { NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import { glorotNormal, type Initializer, normal } from "../../nn/initializers.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { split } from "../../random/keys.ts";
import { checkCount, type Layer } from "./layer.ts";

type Layouts = readonly [lhs: string, rhs: string, out: string];
type Pads = readonly (readonly [number, number])[];

export interface ConvLayerOptions {
  /** One step for each spatial dimension; default 1. */
  strides?: readonly number[] | null;
  /** By name, or `[before, after]` for each spatial dimension; default "VALID". */
  padding?: "SAME" | "VALID" | Pads;
  /** Makes the kernel; default Glorot's normal. */
  WInit?: Initializer | null;
  /** Makes the bias, which has the rank of the outputs; default normal of standard deviation 1e-6. */
  bInit?: Initializer;
}
type Options = [(readonly number[] | null | ConvLayerOptions)?, ...unknown[]];
type ConvLayer = Layer<[W: NDArray, b: NDArray]>;
type ConvMaker = (outChan: number, filterShape: readonly number[], ...options: Options) => ConvLayer;

const names = ["strides", "padding", "WInit", "bInit"];

/** What a convolution and a transposed one have in common: all but the shape of the outputs and how they are computed. */
interface Kind {
  readonly where: string;
  shape(
    input: readonly number[],
    kernel: number[],
    strides: readonly number[],
    padding: "SAME" | Pads,
    d: Layouts,
  ): number[];
  apply(x: NDArray, W: NDArray, strides: readonly number[], padding: "SAME" | Pads, d: Layouts): NDArray;
}

function convLayer(
  { where, shape, apply }: Kind,
  layouts: Layouts,
  outChan: number,
  filterShape: readonly number[],
  options: Options,
): ConvLayer {
  const [lhsSpec, rhsSpec, outSpec] = layouts;
  checkCount(where, "outChan", outChan);
  const spatial = rhsSpec.length - 2;
  if (!Array.isArray(filterShape) || filterShape.length !== spatial) {
    throw new TypeError(
      `${where}: filterShape must be a list of ${spatial} sizes for the kernel layout ${rhsSpec}, got ${JSON.stringify(filterShape)}.`,
    );
  }
  const o = readOptions<ConvLayerOptions>(where, names, options);
  const strides = o.strides ?? filterShape.map(() => 1);
  const padding = (o.padding ?? "VALID") as "SAME" | Pads;
  const WInit = o.WInit ?? glorotNormal({ inAxis: rhsSpec.indexOf("I"), outAxis: rhsSpec.indexOf("O") });
  const bInit = o.bInit ?? normal(1e-6);
  return [
    (rng, inputShape) => {
      let axis = 0;
      const kernel = [...rhsSpec].map((c) =>
        c === "O" ? outChan : c === "I" ? inputShape[lhsSpec.indexOf("C")] : filterShape[axis++],
      );
      const bias = [...outSpec].map((c) => (c === "C" ? outChan : 1));
      const outputShape = shape(inputShape, kernel, strides, padding, layouts);
      const [k1, k2] = split(rng);
      return [outputShape, [WInit(k1, kernel), bInit(k2, bias)]];
    },
    ([W, b], inputs) => bi.add(apply(inputs, W, strides, padding, layouts), b),
  ];
}

/**
 * A convolution of any layout. Parameters: `[W, b]`.
 *
 * @param dimensionNumbers the layouts of inputs, kernel and outputs, such as `["NHWC", "HWIO", "NHWC"]`
 * @param outChan the number of output channels
 * @param filterShape the size of the kernel along each spatial dimension
 * @throws TypeError for a number of channels that is none and a filter of another rank than the layouts
 * @example
 * ```ts
 * const layouts = ["NCH", "OIH", "NCH"] as const;
 * const [initFun, applyFun] = exampleLibraries.stax.GeneralConv(layouts, 4, [3], { padding: "SAME" });
 * const [shape, params] = initFun(random.key(0), [1, 2, 8]);
 * shape; // => [1, 4, 8]
 * applyFun(params, jnp.ones([1, 2, 8])).shape; // => [1, 4, 8]
 * ```
 */
export function GeneralConv(
  dimensionNumbers: Layouts,
  outChan: number,
  filterShape: readonly number[],
  ...options: Options
): ConvLayer {
  const kind: Kind = {
    where: "GeneralConv",
    shape: lax.convGeneralShapeTuple,
    apply: (x, W, strides, padding, d) =>
      lax.convGeneralDilated(x, W, strides, padding, { dimensionNumbers: d }),
  };
  return convLayer(kind, dimensionNumbers, outChan, filterShape, options);
}

/**
 * A transposed convolution of any layout, as {@link GeneralConv} has it: with strides the outputs are larger than the inputs.
 *
 * @example
 * ```ts
 * const layouts = ["NHC", "HIO", "NHC"] as const;
 * const [initFun] = exampleLibraries.stax.GeneralConvTranspose(layouts, 4, [3], { strides: [2], padding: "SAME" });
 * initFun(random.key(0), [1, 8, 2])[0]; // => [1, 16, 4]
 * ```
 */
export function GeneralConvTranspose(
  dimensionNumbers: Layouts,
  outChan: number,
  filterShape: readonly number[],
  ...options: Options
): ConvLayer {
  const kind: Kind = {
    where: "GeneralConvTranspose",
    shape: lax.convTransposeShapeTuple,
    apply: (x, W, strides, padding, d) => lax.convTranspose(x, W, strides, padding, { dimensionNumbers: d }),
  };
  return convLayer(kind, dimensionNumbers, outChan, filterShape, options);
}

/**
 * A convolution of images, channels last: {@link GeneralConv} of layouts NHWC, HWIO and NHWC.
 *
 * @example
 * ```ts
 * const [initFun] = exampleLibraries.stax.Conv(16, [3, 3], { strides: [2, 2], padding: "SAME" });
 * const [shape, [W, b]] = initFun(random.key(0), [8, 28, 28, 1]);
 * [shape, W.shape, b.shape]; // => [[8, 14, 14, 16], [3, 3, 1, 16], [1, 1, 1, 16]]
 * ```
 */
export const Conv: ConvMaker = (outChan, filterShape, ...options) =>
  GeneralConv(["NHWC", "HWIO", "NHWC"], outChan, filterShape, ...options);

/**
 * A transposed convolution of sequences, channels last.
 *
 * @example
 * ```ts
 * exampleLibraries.stax.Conv1DTranspose(4, [2], [2])[0](random.key(0), [1, 8, 3])[0]; // => [1, 16, 4]
 * ```
 */
export const Conv1DTranspose: ConvMaker = (outChan, filterShape, ...options) =>
  GeneralConvTranspose(["NHC", "HIO", "NHC"], outChan, filterShape, ...options);

/**
 * A transposed convolution of images, channels last.
 *
 * @example
 * ```ts
 * exampleLibraries.stax.ConvTranspose(4, [2, 2], [2, 2])[0](random.key(0), [1, 7, 7, 3])[0]; // => [1, 14, 14, 4]
 * ```
 */
export const ConvTranspose: ConvMaker = (outChan, filterShape, ...options) =>
  GeneralConvTranspose(["NHWC", "HWIO", "NHWC"], outChan, filterShape, ...options);
