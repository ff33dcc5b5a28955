import { shapedArray } from "../../core/aval.ts";
import type { ConvGeometry, TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { type DType, float32, float64, int32, uint32 } from "../../dtypes/index.ts";
import { canonicalizeLoop } from "../canonicalize.ts";
import type { FlatEqn } from "../flat.ts";
import type { ContractionDim, ContractionKernel, Kernel, Node, View } from "../ir.ts";
import { kernelName } from "../lowering/kernelName.ts";
import type { Lowering } from "../lowering/lower.ts";
import { measure } from "../lowering/measure.ts";
import type { Source } from "../lowering/source.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { loopSizes, rowMajorStrides } from "../shapes.ts";
import { asProduct } from "./contraction.ts";
import { type Phase, phasesOf, reachOf } from "./convPhases.ts";

type ConvLowering = Extract<TemplateLowering<Params>, { kind: "conv" }>;

/** Contractions are for these; others are summed in plain loops. */
const contracted: ReadonlySet<DType> = new Set([float32, float64, int32, uint32]);
/** Fewer features than this cannot fill vectors. */
const fewFeatures = 4;

/** What is to be computed: batch of the result, groups, and input and output features of one group. */
interface Shapes {
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
interface Problem extends Shapes {
  readonly dtype: DType;
  /** Where the elements are that windows see: by dimension of the operand, and `low` the first one by spatial dimension. */
  readonly lhs: View;
  readonly low: readonly number[];
  readonly rhs: View;
}

/**
 * A convolution as contractions over strided views. The input is copied with its padding where windows reach over its edges, in its own
 * order of dimensions, so that whatever computes it is written into the copy; then every product is at a sum of strides.
 */
export function lowerConv(l: Lowering, eqn: FlatEqn, lowering: ConvLowering): void {
  const [out] = eqn.outputs;
  const { dtype } = out.aval;
  const geometry = lowering.geometry(eqn.params);
  const [x, y] = eqn.inputs.map((v) => convert(l, l.source(v), dtype));
  const window = geometry.rhs.slice(2);
  const phases = window.map((d, i) =>
    phasesOf(geometry.window[i], out.aval.shape[geometry.out[i + 2]], y.aval.shape[d]),
  );
  const reach = phases.map(reachOf);
  if (x.aval.size === 0 || y.aval.size === 0 || reach.includes(null)) {
    l.define(out, l.draft.constant(out.aval, l.draft.b.const(0, dtype)));
    return;
  }
  const bounds = reach as { low: number; high: number }[];
  const inside = bounds.every(({ low, high }, i) => low >= 0 && high <= x.aval.shape[geometry.lhs[i + 2]]);
  const groups = geometry.featureGroups * geometry.batchGroups;
  const all = (source: Source) => source.aval.shape.map((_, d) => d);
  const shapes: Shapes = {
    geometry,
    batch: out.aval.shape[geometry.out[0]],
    groups,
    inFeatures: y.aval.shape[geometry.rhs[1]],
    outFeatures: y.aval.shape[geometry.rhs[0]] / groups,
    outShape: out.aval.shape,
    phases,
  };
  const loops = isDepthwise(shapes) || !contracted.has(dtype);
  const order = loops ? all(x) : resultOrder(shapes);
  // Blocks of the kernel are copied when vectors run along its features; elsewhere it is read where it lies, which must be forward.
  const byFeatures = !loops && order.at(-1) === geometry.out[1];
  const problem: Problem = {
    ...shapes,
    dtype,
    lhs: inside ? inMemory(l, x, all(x)) : padded(l, x, geometry, bounds),
    low: bounds.map(({ low }) => (inside ? 0 : low)),
    rhs: inMemory(l, y, byFeatures ? [geometry.rhs[0]] : all(y)),
  };
  if (loops) sumInLoops(l, eqn, problem);
  else contract(l, eqn, problem, order);
}

/** Whether sums are so short, one group a feature each, that loops with vectors along the groups do best. */
function isDepthwise({ geometry, groups, inFeatures, outFeatures, outShape }: Shapes): boolean {
  const alone = inFeatures === 1 || outFeatures === 1;
  return groups > 1 && alone && outFeatures < fewFeatures && lastDimension(outShape) === geometry.out[1];
}

/** The operand in the dtype of the result. */
function convert(l: Lowering, x: Source, dtype: DType): Source {
  if (x.aval.dtype === dtype) return x;
  const emit = (index: readonly Node[]) => l.draft.b.cast(x.at(index), dtype);
  const converted = l.draft.inlined(x.aval.update({ dtype }), 1, emit);
  converted.settle();
  return converted;
}

/** The operand as a view of a buffer whose strides along `forward` dimensions are not negative. */
function inMemory(l: Lowering, x: Source, forward: readonly number[]): View {
  if (x.isInlined) l.draft.materialize(x);
  const { view } = x;
  if (view !== null && forward.every((d) => view.strides[d] >= 0)) return view;
  return l.draft.stored(x.aval, l.draft.copy(x)).view as View;
}

/** A copy of the input from `low` to `high` of each spatial dimension, zero outside of it. */
function padded(
  l: Lowering,
  x: Source,
  geometry: ConvGeometry,
  bounds: readonly { low: number; high: number }[],
): View {
  const { b } = l.draft;
  const { shape, dtype } = x.aval;
  const low = shape.map(() => 0);
  const sizes = shape.slice();
  bounds.forEach((bound, i) => {
    const d = geometry.lhs[i + 2];
    low[d] = bound.low;
    sizes[d] = bound.high - bound.low;
  });
  const known = l.paddedInputs.get(x);
  const key = `${low};${sizes}`;
  const made = known?.get(key);
  if (made !== undefined) return made;
  // Neighbours in memory stay neighbours.
  const steps = x.view?.strides.map(Math.abs) ?? rowMajorStrides(shape);
  const order = shape.map((_, d) => d).sort((p, q) => steps[q] - steps[p] || p - q);
  const aval = shapedArray(
    order.map((d) => sizes[d]),
    dtype,
  );
  const zero = b.const(0, dtype);
  const emit = (index: readonly Node[]): Node => {
    const at = new Array<Node>(shape.length);
    let guard: Node | null = null;
    const require = (condition: Node) => {
      guard = guard === null ? condition : b.op("and", guard, condition);
    };
    order.forEach((d, k) => {
      const constant = (n: number) => b.const(n, int32);
      let i = b.op("add", index[k], constant(low[d]));
      if (low[d] < 0) {
        require(b.op("ge", i, constant(0)));
        i = b.op("max", i, constant(0));
      }
      if (low[d] + sizes[d] > shape[d]) {
        require(b.op("lt", i, constant(shape[d])));
        i = b.op("min", i, constant(shape[d] - 1));
      }
      at[d] = i;
    });
    const value = x.at(at);
    return guard === null ? value : b.select(guard, value, zero);
  };
  const copy = l.draft.inlined(aval, 1, emit);
  const buffer = l.draft.copy(copy);
  const stored = rowMajorStrides(aval.shape);
  const strides = new Array<number>(shape.length);
  order.forEach((d, k) => {
    strides[d] = stored[k];
  });
  const view: View = { buffer, offset: 0, shape: sizes, strides };
  if (known === undefined) l.paddedInputs.set(x, new Map([[key, view]]));
  else known.set(key, view);
  return view;
}

function lastDimension(shape: readonly number[]): number {
  let d = shape.length - 1;
  while (d >= 0 && shape[d] === 1) d--;
  return d;
}

/** The choices of one phase per spatial dimension. */
function combinations(phases: readonly (readonly Phase[])[]): Phase[][] {
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
function dimensions(p: Problem, outStrides: readonly number[], chosen: readonly Phase[]) {
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

/** Contractions, one for each combination of phases, into a result in the order that lets vectors be stored. */
function contract(l: Lowering, eqn: FlatEqn, p: Problem, order: readonly number[]): void {
  const [out] = eqn.outputs;
  const stored = rowMajorStrides(order.map((d) => p.outShape[d]));
  const strides = p.outShape.map((_, d) => stored[order.indexOf(d)]);
  const buffer = l.draft.newBuffer(out.aval);
  const kernels = combinations(p.phases).map((chosen): Kernel => {
    const { offsets, group, images, points, feature, inFeature, taps } = dimensions(p, strides, chosen);
    const used = (dims: readonly ContractionDim[]) => dims.filter((d) => d.size !== 1);
    const by = (side: "left" | "result") => (a: ContractionDim, b: ContractionDim) =>
      Math.abs(b[side]) - Math.abs(a[side]);
    const unread = taps.some((d) => d.size === 0);
    const kernel: ContractionKernel = {
      kind: "contract",
      name: eqn.primitive.name,
      dtype: p.dtype,
      batch: used([group]),
      rows: used([images, ...points].sort(by("result"))),
      cols: used([feature]),
      sum: unread ? [{ size: 0, left: 0, right: 0, result: 0 }] : used([inFeature, ...taps].sort(by("left"))),
      lhs: { buffer: p.lhs.buffer, offset: offsets.lhs },
      rhs: { buffer: p.rhs.buffer, offset: offsets.rhs },
      out: buffer,
      outOffset: offsets.out,
    };
    return asProduct(kernel, out.aval.size);
  });
  l.draft.addTemplate([p.lhs.buffer, p.rhs.buffer], [buffer], () => kernels);
  const natural = order.every((d, i) => d === i);
  l.define(
    out,
    natural
      ? l.draft.stored(out.aval, buffer)
      : l.draft.viewed(out.aval, { buffer, offset: 0, shape: out.aval.shape, strides }),
  );
}

/**
 * The order in which the result's dimensions are stored. The last one is written in vectors: that of the program when it is long enough
 * (vectors of a phase are then stored apart), else the output features, else whichever is longest.
 */
function resultOrder(p: Shapes): number[] {
  const { out } = p.geometry;
  const order = p.outShape.map((_, d) => d);
  const length = (d: number): number => {
    if (d === out[1]) return p.outFeatures;
    if (d === out[0]) return p.batch;
    return p.phases[out.indexOf(d) - 2][0].count;
  };
  const natural = lastDimension(p.outShape);
  // Even a few features do better as vectors partly filled than positions that are not neighbours in the input.
  if (natural < 0 || length(natural) >= (natural === out[1] ? 2 : fewFeatures)) return order;
  let best = length(out[1]) >= fewFeatures ? out[1] : natural;
  if (best === natural) for (const d of order) if (length(d) > length(best)) best = d;
  return [...order.filter((d) => d !== best), best];
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
function sumInLoops(l: Lowering, eqn: FlatEqn, p: Problem): void {
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
