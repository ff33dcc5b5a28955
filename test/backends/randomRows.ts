import type { Node, Pass, Reduction, RowKernel, Store } from "../../src/compiler/ir.ts";
import { bool, type DType, float64, int32, keyFry } from "../../src/dtypes/index.ts";
import { type Built, Generator, numbers, pickSizes, programOf } from "./randomKernels.ts";

/** A program of one random row kernel: passes that reduce and store, and use what earlier passes left. */
export function randomRowProgram(seed: number): Built {
  const g = new Generator(seed);
  const { r, b } = g;
  const axes = pickSizes(r, r.int(3), 300);
  const rows = axes.reduce((n, size) => n * Math.max(1, size), 1);
  const inner = pickSizes(r, 1 + r.int(2), Math.max(1, 4000 / rows));
  const all = [...axes, ...inner].map((size, axis) => ({ axis, size }));
  const outer = all.slice(0, axes.length);
  const only64 = r.chance(0.15);
  const pickType = (types: readonly DType[]) =>
    only64 ? (r.chance(0.2) && types.includes(bool) ? bool : float64) : r.pick(types);
  /** Results of reductions, and elements stored by earlier passes. */
  const accs: Node[] = [];
  const elements: Node[] = [];
  const locals: number[] = [];

  /** Row-major or the other way round; every element of the buffer has a place. */
  const offsetOf = (over: readonly { axis: number; size: number }[]) => {
    const order = over.slice();
    if (r.chance(0.25)) order.reverse();
    let stride = 1;
    let offset: Node = b.const(0, int32);
    for (const { axis, size } of order.reverse()) {
      offset = b.op("add", offset, b.op("mul", b.index(axis, size), b.const(stride, int32)));
      stride *= Math.max(1, size);
    }
    return { offset, size: over.some((a) => a.size === 0) ? 0 : stride };
  };
  const storeTo = (value: Node, over: readonly { axis: number; size: number }[], local: boolean): Store => {
    const { offset, size } = offsetOf(over);
    const buffer = g.addBuffer(value.dtype, size, local ? "local" : "output");
    if (local) locals.push(buffer);
    return { buffer, offset, value };
  };

  const passes: Pass[] = [];
  let reductionCount = 0;
  const count = 1 + r.int(4);
  for (let p = 0; p < count; p++) {
    const leaves = [...accs, ...elements, ...elements];
    const reductions: Reduction[] = [];
    for (let i = r.int(3); i > 0; i--) {
      const dtype = pickType(numbers);
      const { op, value } = g.reduction(dtype, r.int(3), all, leaves, inner.length === 1, false);
      reductions.push({ op, value, dtype: op.startsWith("arg") ? int32 : dtype });
    }
    const stores: Store[] = [];
    for (let i = r.int(3); i > 0; i--) {
      const local = r.chance(0.5);
      const dtype = pickType([...numbers, keyFry]);
      // A reduction and a store of one pass may have the same value.
      const shared = reductions.filter((x) => x.value.dtype === dtype);
      const value = shared.length > 0 ? r.pick(shared).value : g.expression(dtype, r.int(3), all, leaves);
      stores.push(storeTo(value, local ? all.slice(axes.length) : all, local));
    }
    if (reductions.length + stores.length === 0) continue;
    passes.push({ reductions, stores });
    for (const s of stores) elements.push(b.load(s.buffer, s.value.dtype, s.offset));
    for (const x of reductions) accs.push(b.acc(reductionCount++, x.dtype));
  }
  const stores: Store[] = [];
  for (let i = r.int(3); i > 0 || passes.length === 0; i--) {
    const value = g.expression(pickType(numbers), r.int(4), outer, accs);
    stores.push(storeTo(g.finish(value), outer, false));
    if (i <= 0) break;
  }
  const kernel: RowKernel = { kind: "row", name: "k", axes, inner, passes, stores, locals };
  return { program: programOf(g.buffers, [kernel]), args: g.args, tolerance: g.inexact ? 2e-5 : 0 };
}
