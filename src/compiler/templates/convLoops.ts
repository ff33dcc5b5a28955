import { shapedArray } from "../../core/aval.ts";
import { type DType, float32, float64, int32, int64, uint32, uint64 } from "../../dtypes/index.ts";
import { canonicalizeLoop } from "../canonicalize.ts";
import type { FlatEqn } from "../flat.ts";
import type { ContractionDim } from "../ir.ts";
import { kernelName } from "../lowering/kernelName.ts";
import type { Lowering } from "../lowering/lower.ts";
import { measure } from "../lowering/measure.ts";
import type { Source } from "../lowering/source.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { loopSizes, rowMajorStrides } from "../shapes.ts";
import {
  type ConvProblem,
  type ConvShapes,
  combinations,
  dimensions,
  lastDimension,
  steps,
} from "./convProblem.ts";

/** Contractions are for these. */
const contracted: ReadonlySet<DType> = new Set([float32, float64, int32, int64, uint32, uint64]);
/** Fewer features than this cannot fill vectors. */
export const fewFeatures = 4;
/** Sums over this many neighbours in memory fill vectors well. */
const sumVectors = 16;

/** Whether loops do better than a contraction, or there is none for the dtype. */
export function needsLoops(shapes: ConvShapes, x: Source, y: Source): boolean {
  return !contracted.has(x.aval.dtype) || isDepthwise(shapes) || areDotProducts(shapes, x, y);
}

/** Whether sums are so short, one group a feature each, that loops with vectors along the groups do best. */
function isDepthwise({ geometry, groups, inFeatures, outFeatures, outShape }: ConvShapes): boolean {
  const alone = inFeatures === 1 || outFeatures === 1;
  return groups > 1 && alone && outFeatures < fewFeatures && lastDimension(outShape) === geometry.out[1];
}

/**
 * Whether every result is a sum along memory, for a single feature, while neighbouring results read elements that are far apart: the
 * gradient of an input with one feature that is stored last, or of a depthwise kernel whose images are stored feature by feature.
 * Vectors along the sum read what lies side by side.
 */
function areDotProducts(
  { geometry, inFeatures, outFeatures, phases }: ConvShapes,
  x: Source,
  y: Source,
): boolean {
  if (outFeatures !== 1) return false;
  const [left, right] = [steps(x), steps(y)];
  const summed = [{ size: inFeatures, left: left[geometry.lhs[1]], right: right[geometry.rhs[1]] }];
  let neighbours = 1;
  phases.forEach((some, i) => {
    const [step, tapStep] = [left[geometry.lhs[i + 2]], right[geometry.rhs[i + 2]]];
    if (some.length !== 1) return;
    const [phase] = some;
    summed.push({ size: phase.taps, left: step * phase.inStep, right: tapStep * phase.tapStep });
    if (step * phase.inStride === 1) neighbours = phase.count;
  });
  return neighbours < sumVectors && summed.some((d) => d.left === 1 && d.right === 1 && d.size >= sumVectors);
}

/** Sums longer than this are taken in two steps, parts of about this length first. */
const longSum = 64;
const mostPartialSums = 1 << 21;

/**
 * The outer summed dimensions whose sums are taken last. A result with fewer elements than go into each of them, as the gradient of
 * a depthwise kernel, would read its operands anew for every element: partial sums over what is near in memory read them once.
 */
function partialSums(summed: readonly ContractionDim[], size: number): readonly ContractionDim[] {
  const total = (dims: readonly ContractionDim[]) => dims.reduce((n, d) => n * d.size, 1);
  if (total(summed) < 32 * longSum) return [];
  let count = 0;
  while (
    count + 1 < summed.length &&
    total(summed.slice(count + 1)) >= longSum / 2 &&
    total(summed.slice(0, count + 1)) * size <= mostPartialSums
  ) {
    count++;
  }
  return summed.slice(0, count);
}

/** Plain loops over the result with sums over taps and features, for few features per group and for other dtypes. */
export function sumInLoops(l: Lowering, eqn: FlatEqn, p: ConvProblem): void {
  const { b } = l.draft;
  const [out] = eqn.outputs;
  const strides = rowMajorStrides(p.outShape);
  const buffer = l.draft.newBuffer(out.aval);
  const combined = combinations(p.phases);
  const kernels = combined.map((chosen) => {
    const { offsets, group, images, points, feature, inFeature, taps } = dimensions(p, strides, chosen);
    // In the order of the result: the group is the outer part of the feature dimension.
    const { out: dims } = p.geometry;
    const parallel = p.outShape.flatMap((_, d) => {
      if (d === dims[0]) return [images];
      return d === dims[1] ? [group, feature] : [points[dims.indexOf(d) - 2]];
    });
    const reduced = [...taps, inFeature].sort((d, e) => e.left - d.left);
    const partial = combined.length === 1 ? partialSums(reduced, out.aval.size) : [];
    const sizes = (dims: readonly ContractionDim[]) => loopSizes(dims.map((d) => d.size));
    parallel.unshift(...reduced.splice(0, partial.length));
    const all = [...parallel, ...reduced];
    const space = sizes(parallel);
    const reduceAxes = sizes(reduced);
    let axis = 0;
    const index = all.map((d) => (d.size === 1 ? b.const(0, int32) : b.index(axis++, d.size)));
    const at = (side: "left" | "right" | "result", constant: number) =>
      linearCombination(
        b,
        index,
        all.map((d) => d[side]),
        constant,
      );
    const value = reduceAxes.includes(0)
      ? b.const(0, p.dtype)
      : b.op(
          p.dtype.kind === "bool" ? "and" : "mul",
          b.load(p.lhs.buffer, p.dtype, at("left", offsets.lhs)),
          b.load(p.rhs.buffer, p.dtype, at("right", offsets.rhs)),
        );
    const plain = reduceAxes.length === 0 || reduceAxes.includes(0);
    const op = p.dtype.kind === "bool" ? ("or" as const) : ("sum" as const);
    const reduction = plain ? null : { op, value, dtype: p.dtype };
    const offset = at("result", offsets.out);
    return { space, reduceAxes: plain ? [] : reduceAxes, reduction, value, offset, partial: sizes(partial) };
  });
  const [only] = kernels;
  if (kernels.length === 1) {
    const split = only.partial.length > 0;
    const parts = only.partial.reduce((n, size) => n * size, 1);
    const first = split ? l.draft.newBuffer(shapedArray([parts, out.aval.size], p.dtype)) : buffer;
    const { nodes, loads } = measure(b, only.value);
    l.draft.addLoop({ ...only, buffer: first, loads, nodes });
    if (split && only.reduction !== null) {
      const space = loopSizes([out.aval.size]);
      const element = space.length === 0 ? b.const(0, int32) : b.index(0, out.aval.size);
      const position = [element, b.index(space.length, parts)];
      const value = b.load(first, p.dtype, linearCombination(b, position, [1, out.aval.size], 0));
      l.draft.addLoop({
        space,
        reduceAxes: [parts],
        reduction: { ...only.reduction, value },
        value,
        buffer,
        ...measure(b, value),
      });
    }
  } else {
    l.draft.addTemplate([p.lhs.buffer, p.rhs.buffer], [buffer], () =>
      kernels.map(({ space, reduceAxes, reduction, value, offset }) => {
        const stored = reduction === null ? value : b.acc(0, p.dtype);
        const kernel = {
          kind: "loop" as const,
          name: "",
          axes: space,
          reduceAxes,
          reductions: reduction === null ? [] : [reduction],
          stores: [{ buffer, offset, value: stored }],
        };
        return canonicalizeLoop(b, { ...kernel, name: kernelName(kernel) });
      }),
    );
  }
  l.define(out, l.draft.stored(out.aval, buffer));
}
