import { type ShapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import { pythonStr } from "../core/pythonText.ts";
import { canonicalizeDimensions, type DotDimensionNumbers, dotShape, remaining } from "./dotShape.ts";
import type { Ints } from "./intTuples.ts";

/** The dimensions of a ragged product, see {@link raggedDotGeneral}. */
export interface RaggedDotDimensionNumbers {
  /** Contracting and batch dimensions, as of `dotGeneral`. */
  readonly dotDimensionNumbers: DotDimensionNumbers;
  /** The dimension of `lhs` that is divided into groups; a list of one. */
  readonly lhsRaggedDimensions: Ints;
  /** The dimension of `rhs` that counts groups, where `lhs` is divided along a free dimension; otherwise none. */
  readonly rhsGroupDimensions: Ints;
}

/** What kind of dimension is divided into groups. */
export type RaggedMode = "noncontracting" | "contracting" | "batch";

export function copyDims(dims: RaggedDotDimensionNumbers): RaggedDotDimensionNumbers {
  return {
    dotDimensionNumbers: canonicalizeDimensions(dims.dotDimensionNumbers),
    lhsRaggedDimensions: Array.from(dims.lhsRaggedDimensions),
    rhsGroupDimensions: Array.from(dims.rhsGroupDimensions),
  };
}

export function printDims(dims: RaggedDotDimensionNumbers): string {
  const { dotDimensionNumbers, lhsRaggedDimensions, rhsGroupDimensions } = dims;
  return (
    `RaggedDotDimensionNumbers(dot_dimension_numbers=${pythonStr(dotDimensionNumbers)}, ` +
    `lhs_ragged_dimensions=${pythonStr(lhsRaggedDimensions)}, rhs_group_dimensions=${pythonStr(rhsGroupDimensions)})`
  );
}

export function raggedMode({
  dotDimensionNumbers,
  lhsRaggedDimensions: [d],
}: RaggedDotDimensionNumbers): RaggedMode {
  const [[contract], [batch]] = dotDimensionNumbers;
  if (contract.includes(d)) return "contracting";
  return batch.includes(d) ? "batch" : "noncontracting";
}

/** The dimensions of an operand by which group sizes may differ: batch, then those of the ragged one's kind before it. */
export function prefixDims(
  mode: RaggedMode,
  ndim: number,
  ragged: number,
  batch: Ints,
  contract: Ints,
): number[] {
  const before = (list: Ints) => list.slice(0, list.indexOf(ragged));
  if (mode === "batch") return before(batch);
  return [...batch, ...before(mode === "contracting" ? contract : remaining(ndim, contract, batch))];
}

function checkInRange(d: number, rank: number, what: string, side: string): void {
  if (Number.isInteger(d) && d >= 0 && d < rank) return;
  throw new TypeError(
    `ragged_dot_general requires ${what} numbers to be nonnegative and less than the number of axes of the ${side} value, ` +
      `got ${d} for ${side} of rank ${rank}.`,
  );
}

/** The shape of a ragged product. @throws TypeError when dimensions or sizes do not fit. */
export function raggedShape(
  lhs: ShapedArray,
  rhs: ShapedArray,
  sizes: ShapedArray,
  dims: RaggedDotDimensionNumbers,
): number[] {
  const { dotDimensionNumbers, lhsRaggedDimensions, rhsGroupDimensions } = dims;
  if (lhsRaggedDimensions.length !== 1) {
    throw new TypeError("ragged_dot_general expects exactly one lhs ragged dimension.");
  }
  const [ragged] = lhsRaggedDimensions;
  checkInRange(ragged, lhs.ndim, "lhs ragged dimension", "lhs");
  const mode = raggedMode(dims);
  const [[contract, rhsContract], [batch, rhsBatch]] = dotDimensionNumbers;
  if (sizes.ndim === 0) throw new TypeError("expected rank of group_sizes to be >=1.");
  const groups = sizes.shape[sizes.ndim - 1];
  if (sizes.ndim !== 1) {
    const prefix = prefixDims(mode, lhs.ndim, ragged, batch, contract);
    const expected = [...prefix.map((d) => lhs.shape[d]), groups];
    if (!shapesEqual(sizes.shape, expected)) {
      throw new TypeError(
        `expected group_sizes to have shape ${shapeStr(expected)}, got ${shapeStr(sizes.shape)}.`,
      );
    }
  }
  if (mode !== "noncontracting") {
    if (rhsGroupDimensions.length !== 0) {
      throw new TypeError(
        "ragged_dot_general requires zero group dimensions in the rhs when lhs ragged dimension is contracting or batch.",
      );
    }
    const shape = dotShape(lhs, rhs, dotDimensionNumbers);
    return mode === "contracting" ? [groups, ...shape] : shape;
  }
  if (rhsGroupDimensions.length !== 1) {
    throw new TypeError(
      "ragged_dot_general requires exactly one rhs group dimension when lhs ragged dimension is noncontracting.",
    );
  }
  const [group] = rhsGroupDimensions;
  checkInRange(group, rhs.ndim, "rhs group dimension", "rhs");
  if (rhsBatch.includes(group) || rhsContract.includes(group)) {
    throw new TypeError(
      "ragged_dot_general requires rhs group dimension numbers to be distinct from contracting and batch dimensions.",
    );
  }
  if (rhs.shape[group] !== groups) {
    throw new TypeError(`expected rhs group dimension size to be ${groups}, got ${rhs.shape[group]}.`);
  }
  const shape = dotShape(lhs, rhs, dotDimensionNumbers);
  const kept = remaining(rhs.ndim, rhsContract, rhsBatch);
  const at = shape.length - kept.length + kept.indexOf(group);
  return shape.filter((_, d) => d !== at);
}
