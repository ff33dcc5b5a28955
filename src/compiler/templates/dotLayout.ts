import type { FlatEqn, Value } from "../flat.ts";
import type { Node } from "../ir.ts";
import type { Lowering } from "../lowering/lower.ts";
import type { Source } from "../lowering/source.ts";
import { rowMajorStrides } from "../shapes.ts";

/** Transpositions are looked through up to this many. */
const LONGEST_CHAIN = 4;

/**
 * The layouts in which a product could store its result so that the transpositions which follow it move nothing: strides of the
 * dimensions of the result, the layout that suits most of what follows first. Empty when the result is used in any other way.
 */
export function wantedLayouts(l: Lowering, eqn: FlatEqn): number[][] {
  const layouts: number[][] = [];
  // No buffer has the number -1: loads are shared by buffer, and those of the probe must not be taken for real ones.
  const [{ aval }] = eqn.outputs;
  const { shape } = aval;
  let probe = l.draft.viewed(aval, { buffer: -1, offset: 0, shape, strides: rowMajorStrides(shape) });
  let value: Value | null = eqn.outputs[0];
  for (let depth = 0; depth < LONGEST_CHAIN && value !== null; depth++) {
    const next = readThroughView(l, value, probe);
    if (next === null) break;
    [value, probe] = next;
    const layout = layoutOf(shape, probe);
    if (layout === null) break;
    layouts.unshift(layout);
  }
  return layouts;
}

/** What the only consumer of a value makes of it, if that is a view. */
function readThroughView(l: Lowering, value: Value, probe: Source): [Value, Source] | null {
  const consumer = l.onlyConsumer(value);
  if (consumer === null || consumer.inputs.length !== 1 || consumer.outputs.length !== 1) return null;
  const { lowering } = consumer.primitive;
  if (lowering.kind !== "pointwise" || lowering.cost !== "view") return null;
  const { aval } = consumer.outputs[0];
  const read = l.draft.inlined(
    aval,
    1,
    (index) => lowering.emit(l.draft.b, [probe], index, consumer.params, [aval], 0) as Node,
  );
  read.settle();
  return read.view === null ? null : [consumer.outputs[0], read];
}

/** The strides that make a permutation of the dimensions contiguous; null when the value is no permutation of them. */
function layoutOf(shape: readonly number[], { view, aval }: Source): number[] | null {
  if (view === null || view.offset !== 0) return null;
  const original = rowMajorStrides(shape);
  const wanted = rowMajorStrides(aval.shape);
  const layout = shape.map(() => 0);
  let found = 0;
  for (const [e, size] of aval.shape.entries()) {
    if (size === 1) continue;
    const d = original.findIndex((stride, i) => shape[i] === size && stride === view.strides[e]);
    if (d < 0) return null;
    layout[d] = wanted[e];
    found++;
  }
  return found === shape.filter((size) => size !== 1).length ? layout : null;
}
