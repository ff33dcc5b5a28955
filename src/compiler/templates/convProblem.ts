import type { ConvGeometry } from "../../core/lowering.ts";
import type { DType } from "../../dtypes/index.ts";
import type { ContractionDim, View } from "../ir.ts";
import type { Source } from "../lowering/source.ts";
import { rowMajorStrides } from "../shapes.ts";
import type { Phase } from "./convPhases.ts";

/** What is to be computed: batch of the result, groups, and input and output features of one group. */
export interface ConvShapes {
  readonly geometry: ConvGeometry;
  readonly batch: number;
  readonly groups: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly outShape: readonly number[];
  /** Phases by spatial dimension. */
  readonly phases: readonly (readonly Phase[])[];
}

/** A convolution with its operands in memory: everything that the kernels are made of. */
export interface ConvProblem extends ConvShapes {
  readonly dtype: DType;
  /** Where the elements are that windows see: by dimension of the operand, and `low` the first one by spatial dimension. */
  readonly lhs: View;
  readonly low: readonly number[];
  readonly rhs: View;
}

/** The choices of one phase per spatial dimension. */
export function combinations(phases: readonly (readonly Phase[])[]): Phase[][] {
  let list: Phase[][] = [[]];
  for (const some of phases) list = list.flatMap((chosen) => some.map((phase) => [...chosen, phase]));
  return list;
}

interface Offsets {
  readonly lhs: number;
  readonly rhs: number;
  readonly out: number;
}

/** Dimensions and offsets of one combination of phases, for a result with the given strides. */
export function dimensions(p: ConvProblem, outStrides: readonly number[], chosen: readonly Phase[]) {
  const { geometry, lhs, rhs } = p;
  const [lhsBatch, lhsFeature, ...lhsSpace] = geometry.lhs.map((d) => lhs.strides[d]);
  const [rhsOut, rhsIn, ...rhsSpace] = geometry.rhs.map((d) => rhs.strides[d]);
  const [outBatch, outFeature, ...outSpace] = geometry.out.map((d) => outStrides[d]);
  const dim = (size: number, left: number, right: number, result: number): ContractionDim => ({
    size,
    left,
    right,
    result,
  });
  const perGroup = geometry.batchGroups > 1 ? lhsBatch * p.batch : lhsFeature * p.inFeatures;
  const at = { lhs: lhs.offset, rhs: rhs.offset, out: 0 };
  chosen.forEach((phase, i) => {
    at.lhs += lhsSpace[i] * (phase.taps === 0 ? 0 : phase.base - p.low[i]);
    at.rhs += rhsSpace[i] * phase.tapFirst;
    at.out += outSpace[i] * phase.outFirst;
  });
  const offsets: Offsets = at;
  return {
    offsets,
    group: dim(p.groups, perGroup, rhsOut * p.outFeatures, outFeature * p.outFeatures),
    images: dim(p.batch, lhsBatch, 0, outBatch),
    points: chosen.map((s, i) => dim(s.count, lhsSpace[i] * s.inStride, 0, outSpace[i] * s.outStep)),
    feature: dim(p.outFeatures, 0, rhsOut, outFeature),
    inFeature: dim(p.inFeatures, lhsFeature, rhsIn, 0),
    taps: chosen.map((s, i) => dim(s.taps, lhsSpace[i] * s.inStep, rhsSpace[i] * s.tapStep, 0)),
  };
}

/** How far apart in memory neighbours along each dimension are, or will be once the operand is there. */
export function steps(x: Source): readonly number[] {
  return x.view?.strides.map(Math.abs) ?? rowMajorStrides(x.aval.shape);
}

/** The last dimension along which there is more than one element, or -1. */
export function lastDimension(shape: readonly number[]): number {
  let d = shape.length - 1;
  while (d >= 0 && shape[d] === 1) d--;
  return d;
}
