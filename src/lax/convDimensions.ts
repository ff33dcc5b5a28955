import { shapeStr } from "../core/aval.ts";
import { type Ints, isRange } from "./intTuples.ts";

/** The dimensions of a convolution's operands and result by purpose. */
export interface ConvDimensionNumbers {
  /** `[batch, feature, ...spatial]` dimensions of the input. */
  readonly lhsSpec: Ints;
  /** `[output feature, input feature, ...spatial]` dimensions of the kernel. */
  readonly rhsSpec: Ints;
  /** `[batch, feature, ...spatial]` dimensions of the result. */
  readonly outSpec: Ints;
}

/** Three layouts by letters (`["NHWC", "HWIO", "NHWC"]`), dimension numbers, or null for `NCHW`, `OIHW`, `NCHW`. */
export type ConvDimensionNumbersLike = readonly [string, string, string] | ConvDimensionNumbers | null;
/** JAX's name of {@link ConvDimensionNumbersLike}. */
export type ConvGeneralDilatedDimensionNumbers = ConvDimensionNumbersLike;

/**
 * Dimension numbers of a convolution, checked: each list is a permutation of the dimensions, batch or output feature first, then
 * feature, then spatial dimensions.
 * @throws TypeError for lists that are no permutations of the same length.
 * @example
 * lax.ConvDimensionNumbers({ lhsSpec: [0, 2, 1], rhsSpec: [2, 1, 0], outSpec: [0, 2, 1] }).lhsSpec // => [0, 2, 1]
 */
export function ConvDimensionNumbers(numbers: ConvDimensionNumbers): ConvDimensionNumbers {
  const { lhsSpec, rhsSpec, outSpec } = numbers;
  for (const [name, spec] of Object.entries({ lhsSpec, rhsSpec, outSpec })) {
    if (!Array.isArray(spec) || spec.length < 2 || !isRange(sorted(spec), lhsSpec.length)) {
      throw new TypeError(
        `ConvDimensionNumbers: ${name} must be a permutation of the dimensions, of the same length as the others, ` +
          `got ${Array.isArray(spec) ? shapeStr(spec) : String(spec)}.`,
      );
    }
  }
  return { lhsSpec: lhsSpec.slice(), rhsSpec: rhsSpec.slice(), outSpec: outSpec.slice() };
}
const sorted = (values: Ints): Ints => values.slice().sort((a, b) => a - b);

function isNumbers(x: unknown): x is ConvDimensionNumbers {
  return typeof x === "object" && x !== null && "lhsSpec" in x && "rhsSpec" in x && "outSpec" in x;
}

/**
 * Dimension numbers from layouts by letters. Spatial dimensions are any letters that occur once in each layout; their order is
 * that of the kernel.
 * @param lhsShape shape of the input
 * @param rhsShape shape of the kernel
 * @throws TypeError for layouts that do not fit each other or the shapes.
 * @example
 * lax.convDimensionNumbers([1, 5, 5, 2], [3, 3, 2, 4], ["NHWC", "HWIO", "NHWC"])
 * // => { lhsSpec: [0, 3, 1, 2], rhsSpec: [3, 2, 0, 1], outSpec: [0, 3, 1, 2] }
 */
export function convDimensionNumbers(
  lhsShape: Ints,
  rhsShape: Ints,
  dimensionNumbers: ConvDimensionNumbersLike = null,
): ConvDimensionNumbers {
  if (isNumbers(dimensionNumbers)) return ConvDimensionNumbers(dimensionNumbers);
  if (lhsShape.length !== rhsShape.length) {
    throw new TypeError(
      `convolution requires lhs and rhs ndim to be equal, got ${lhsShape.length} and ${rhsShape.length}.`,
    );
  }
  if (dimensionNumbers === null || dimensionNumbers === undefined) {
    const iota = lhsShape.map((_, i) => i);
    return { lhsSpec: iota, rhsSpec: iota, outSpec: iota };
  }
  if (!Array.isArray(dimensionNumbers)) {
    throw new TypeError(
      `convolution dimensionNumbers must be three layouts, dimension numbers or null, got ${String(dimensionNumbers)}.`,
    );
  }
  if (dimensionNumbers.length !== 3) {
    throw new TypeError(
      `convolution dimensionNumbers list must be length 3, got ${dimensionNumbers.length}.`,
    );
  }
  if (!dimensionNumbers.every((layout) => typeof layout === "string")) {
    throw new TypeError(
      `convolution dimensionNumbers elements must be strings, got ${dimensionNumbers.map((x) => typeof x).join(", ")}.`,
    );
  }
  dimensionNumbers.forEach((layout, i) => {
    if (layout.length !== lhsShape.length) {
      throw new TypeError(
        `convolution dimensionNumbers[${i}] must have len equal to the ndim of lhs and rhs, got ${layout.length} ` +
          `for lhs and rhs shapes ${shapeStr(lhsShape)} and ${shapeStr(rhsShape)}.`,
      );
    }
  });
  const [lhsSpec, rhsSpec, outSpec] = convGeneralPermutations(dimensionNumbers as [string, string, string]);
  return { lhsSpec, rhsSpec, outSpec };
}

/**
 * The dimensions that three layouts name, batch (or output feature) and feature first.
 * @throws TypeError when a letter is missing or repeated, or spatial letters differ.
 * @example
 * lax.convGeneralPermutations(["NHWC", "HWIO", "NHWC"]) // => [[0, 3, 1, 2], [3, 2, 0, 1], [0, 3, 1, 2]]
 */
export function convGeneralPermutations(
  dimensionNumbers: readonly [string, string, string],
): [number[], number[], number[]] {
  const letters = ["NC", "OI", "NC"];
  dimensionNumbers.forEach((layout, i) => {
    const [a, b] = letters[i];
    const count = (letter: string) => [...layout].filter((c) => c === letter).length;
    if (count(a) !== 1 || count(b) !== 1) {
      throw new TypeError(
        `convolution dimensionNumbers[${i}] must contain the characters '${a}' and '${b}' exactly once, got ${layout}.`,
      );
    }
    if (new Set(layout).size !== layout.length) {
      throw new TypeError(
        `convolution dimensionNumbers[${i}] cannot have duplicate characters, got ${layout}.`,
      );
    }
  });
  const spatial = dimensionNumbers.map((layout, i) => [...layout].filter((c) => !letters[i].includes(c)));
  const names = spatial.map((list) => list.slice().sort().join(""));
  if (names[0] !== names[1] || names[1] !== names[2]) {
    throw new TypeError(
      "convolution dimensionNumbers elements must each have the same set of spatial characters, " +
        `got (${dimensionNumbers.map((layout) => `'${layout}'`).join(", ")}).`,
    );
  }
  const order = [...letters[1], ...spatial[1]];
  return dimensionNumbers.map((layout, i) =>
    order.map((c, k) => layout.indexOf(k < 2 ? letters[i][k] : c)),
  ) as [number[], number[], number[]];
}
