import type { Node, ScatterKernel } from "../../../compiler/ir.ts";
import { keyFry } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import { Analysis } from "./analysis.ts";
import type { KernelContext } from "./context.ts";
import { valueNodes } from "./estimate.ts";
import { emitScalarLoad, emitScalarOp, emitScalarStore } from "./scalarEmit.ts";
import type { Copy } from "./scopes.ts";
import { mergeAxes, type Part, type Space } from "./space.ts";
import { scalarType } from "./types.ts";
import { lanesFor, type Nest, Uses } from "./uses.ts";
import { Values } from "./values.ts";
import { emitVectorOp } from "./vectorEmit.ts";
import { vectorLoop } from "./vectorLoop.ts";
import { loadLanes } from "./vectorMemory.ts";

const combineNames = { add: "add", mul: "mul", min: "min", max: "max" } as const;

/**
 * Writes the code of a scatter: `out` becomes a copy of `base` unless they are one place, then the points update it in row-major
 * order. The last axis is vectorised where its points go to distinct places whose order cannot matter.
 */
export function emitScatter(context: KernelContext, kernel: ScatterKernel): void {
  const { f, lib } = context;
  copyBase(context, kernel);
  if (kernel.axes.includes(0)) return;
  const { analysis, sizes, parallel: axes } = mergedAxes(kernel);
  const last = axes.at(-1) ?? -1;
  const lanes = last < 0 ? 1 : vectorLanes(analysis, kernel, last, sizes[last]);
  const vectorAxis = lanes === 1 ? -1 : last;
  const axisLevels = new Map<number, number>();
  for (const axis of axes) axisLevels.set(axis, axisLevels.size + 1);
  const nest: Nest = {
    axisLevels,
    accLevel: axes.length,
    lanes,
    vectorAxis,
    vectorIsParallel: true,
    rowAxis: -1,
  };
  const uses = new Uses(analysis, nest, context.log2Of);
  const access = uses.address(kernel, kernel.out, kernel.offset);
  if (access === null) throw new Error("a scatter's vector axis has no stride");
  const guardLevel = axes.length - (lanes > 1 ? 1 : 0);
  if (kernel.guard !== null) uses.need(kernel.guard, guardLevel, false);
  uses.need(kernel.value, axes.length, lanes > 1);
  const { second } = kernel;
  if (second !== null) uses.need(second, axes.length, false);
  const values = new Values(f, lib, [uses], context.pointers, context.dtypeOf);
  const { dtype } = kernel.value;

  const point = (copy: Copy | null): void => {
    if (second !== null) {
      const parts = [kernel.value, second].map((part) => {
        const local = f.temp(scalarType(dtype));
        values.scalar(part);
        f.set(local);
        return local;
      });
      parts.forEach((local, i) => {
        const offset = values.pushAddress(access, i);
        emitScalarStore(f.get(local), dtype, offset);
      });
      f.release(...parts);
    } else if (copy === null) {
      const result = f.temp(scalarType(dtype));
      if (kernel.combine === "set") values.scalar(kernel.value);
      else {
        const push = (i: number) => {
          if (i === 1) values.scalar(kernel.value);
          else emitScalarLoad(f, dtype, values.pushAddress(access, 0));
        };
        emitScalarOp(f, lib, combineNames[kernel.combine], dtype, push, () => undefined);
      }
      f.set(result);
      values.store(access, dtype, result, null);
      f.release(result);
    } else if (dtype === keyFry) {
      values.store(access, dtype, values.keyWords(kernel.value, copy), copy);
    } else {
      const result = f.temp("v128");
      if (kernel.combine === "set") values.vector(kernel.value, copy);
      else {
        const push = (i: number) => {
          if (i === 1) values.vector(kernel.value, copy);
          else loadLanes(values, access, dtype, copy);
        };
        emitVectorOp(
          f,
          lib,
          combineNames[kernel.combine],
          dtype,
          lanes as 2 | 4,
          push,
          () => undefined,
          () => false,
        );
      }
      f.set(result);
      values.store(access, dtype, result, copy);
      f.release(result);
    }
  };

  const loops = (depth: number): void => {
    if (depth === guardLevel && kernel.guard !== null) {
      values.scalar(kernel.guard);
      f.if(() => {
        values.enterBranch();
        inner(depth);
        values.leave();
      });
    } else {
      inner(depth);
    }
  };
  const inner = (depth: number): void => {
    if (depth === axes.length) {
      const { copies } = values;
      if (copies.length === 0) point(null);
      else copies.forEach(point);
      return;
    }
    const axis = axes[depth];
    const counter: Local = f.temp("i32");
    values.counters.set(axis, counter);
    const body = (copies: readonly Copy[]) => {
      values.enter(depth + 1, copies);
      loops(depth + 1);
      values.leave();
    };
    if (axis === vectorAxis) vectorLoop(f, counter, sizes[axis], lanes, 2, body);
    else f.for(counter, 0, sizes[axis], 1, () => body([]));
    values.counters.delete(axis);
    f.release(counter);
  };
  values.enter(0);
  loops(0);
  values.leave();
}

function copyBase(context: KernelContext, kernel: ScatterKernel): void {
  const { f, pointers } = context;
  const base = pointers.get(kernel.base) as Local;
  const out = pointers.get(kernel.out) as Local;
  const bytes = kernel.baseSize * 2 ** context.log2Of(kernel.base);
  if (base === out || bytes === 0) return;
  f.get(base).get(out).i32.ne();
  f.if(() =>
    f
      .get(out)
      .get(base)
      .i32.const(bytes | 0)
      .memory.copy(),
  );
}

/** Merged axes keep the order of the points. */
function mergedAxes(kernel: ScatterKernel): Part {
  const { out: buffer, offset, value, guard } = kernel;
  const stores = [{ buffer, offset, value }];
  if (guard !== null) stores.push({ buffer, offset, value: guard });
  const parallel = kernel.axes.map((_, axis) => axis);
  const space: Space = { sizes: kernel.axes, parallel, reduce: [], passes: [], locals: [], stores };
  if (kernel.second !== null) stores.push({ buffer, offset, value: kernel.second });
  // What is loaded from the result may differ at every point.
  return mergeAxes(space, new Analysis({ sizes: kernel.axes, stored: new Set([buffer]) }));
}

function vectorLanes(analysis: Analysis, kernel: ScatterKernel, axis: number, size: number): 1 | 2 | 4 {
  const dependsOnAxis = (node: Node) => (analysis.mask(node) & (1 << axis)) !== 0;
  if (size < 2 || kernel.second !== null || (kernel.guard !== null && dependsOnAxis(kernel.guard))) return 1;
  if (analysis.stride(analysis.linear(kernel.offset), axis) !== 1) return 1;
  return lanesFor(valueNodes(analysis, [kernel.value], axis), [kernel.value], analysis, axis);
}
