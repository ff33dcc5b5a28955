import { shapedArray } from "../../core/aval.ts";
import type { ConvGeometry, TemplateLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { type DType, int32 } from "../../dtypes/index.ts";
import type { FlatEqn } from "../flat.ts";
import type { ContractionDim, ContractionKernel, Kernel, Node, View } from "../ir.ts";
import type { Lowering } from "../lowering/lower.ts";
import type { Source } from "../lowering/source.ts";
import { rowMajorStrides } from "../shapes.ts";
import { asProduct } from "./contraction.ts";
import { fewFeatures, needsLoops, sumInLoops } from "./convLoops.ts";
import { phasesOf, reachOf } from "./convPhases.ts";
import {
  type ConvProblem,
  type ConvShapes,
  combinations,
  dimensions,
  lastDimension,
  steps,
} from "./convProblem.ts";
import type { Writers } from "./template.ts";

type ConvLowering = Extract<TemplateLowering<Params>, { kind: "conv" }>;

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
  const shapes: ConvShapes = {
    geometry,
    batch: out.aval.shape[geometry.out[0]],
    groups,
    inFeatures: y.aval.shape[geometry.rhs[1]],
    outFeatures: y.aval.shape[geometry.rhs[0]] / groups,
    outShape: out.aval.shape,
    phases,
  };
  const loops = needsLoops(shapes, x, y);
  const order = loops ? all(x) : resultOrder(shapes);
  // Blocks of the kernel are copied when vectors run along its features; elsewhere it is read where it lies, which must be forward.
  const byFeatures = !loops && order.at(-1) === geometry.out[1];
  const problem: ConvProblem = {
    ...shapes,
    dtype,
    lhs: inside ? inMemory(l, x, all(x)) : padded(l, x, geometry, bounds),
    low: bounds.map(({ low }) => (inside ? 0 : low)),
    rhs: inMemory(l, y, byFeatures ? [geometry.rhs[0]] : all(y)),
  };
  if (loops) sumInLoops(l, eqn, problem);
  else contract(l, eqn, problem, order, lowering.template.writers);
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
  const apart = steps(x);
  const order = shape.map((_, d) => d).sort((p, q) => apart[q] - apart[p] || p - q);
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

/** Contractions, one for each combination of phases, into a result in the order that lets vectors be stored. */
function contract(
  l: Lowering,
  eqn: FlatEqn,
  p: ConvProblem,
  order: readonly number[],
  writers: Writers,
): void {
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
      writers,
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
function resultOrder(p: ConvShapes): number[] {
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
