import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { ClosedJaxpr } from "../core/jaxpr.ts";
import { axesUsed } from "../core/namedAxes.ts";
import type { BatchDim, Params, Primitive } from "../core/primitive.ts";
import {
  axesKey,
  checkAlive,
  currentTrace,
  type NamedAxis,
  noAxes,
  Trace,
  Tracer,
  withTrace,
} from "../core/trace.ts";
import { placeBatchDim } from "../lax/batching.ts";
import { ProgramCache } from "./programCache.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";

/** One example's view of an array that holds a batch of them along axis `dim`. */
export class BatchTracer extends Tracer {
  readonly value: NDArray;
  readonly dim: number;
  readonly aval: ShapedArray;
  constructor(trace: BatchTrace, value: NDArray, dim: number) {
    super(trace);
    this.value = value;
    this.dim = dim;
    const shape = value.shape.slice();
    shape.splice(dim, 1);
    this.aval = value.aval.update({ shape });
  }
  describe(): string {
    return `VmapTracer(aval=${this.aval.strWeak()}, batched=${this.value.aval.strWeak()})`;
  }
}

let mapped: readonly NamedAxis[] = noAxes;
/** The named axes that the batching rule in progress maps over: programs that it maps see them. */
export function mappedAxes(): readonly NamedAxis[] {
  return mapped;
}
let spmdAxis: string | null = null;
/** The axis of a mesh over which the batching rule in progress divides the mapped dimension, if it does. */
export function mappedSpmdAxis(): string | null {
  return spmdAxis;
}

/**
 * Vectorisation: every primitive applies its batching rule, under the parent trace. The mapped dimension may have a name, or be several named
 * axes in row-major order.
 */
export class BatchTrace extends Trace {
  readonly axisSize: number;
  private readonly spmdAxis: string | null;
  constructor(
    parent: Trace,
    axisSize: number,
    description: string,
    axes: readonly NamedAxis[],
    spmdAxis: string | null,
  ) {
    super(parent, description, axes);
    this.axisSize = axisSize;
    this.spmdAxis = spmdAxis;
  }
  split(x: NDArray): [NDArray, BatchDim] {
    if (x instanceof BatchTracer && x.tracedBy === this) {
      if (!this.alive) checkAlive(x);
      return [x.value, x.dim];
    }
    return [x, null];
  }
  join(value: NDArray, dim: BatchDim): NDArray {
    return dim === null ? value : new BatchTracer(this, value, dim);
  }
  processPrimitive(primitive: Primitive, args: readonly NDArray[], params: Params): NDArray[] {
    const values: NDArray[] = [];
    const dims: BatchDim[] = [];
    for (const x of args) {
      const [v, d] = this.split(x);
      values.push(v);
      dims.push(d);
    }
    const parent = this.parent as Trace;
    const named = this.axes.length > 0 && this.isUsedBy(primitive, params);
    if (!named && dims.every((d) => d === null)) return parent.processPrimitive(primitive, values, params);
    const [outs, outDims] = withTrace(parent, () => this.applyRule(primitive, values, dims, params, named));
    return outs.map((x, i) => this.join(x, outDims[i]));
  }

  private isUsedBy(primitive: Primitive, params: Params): boolean {
    const names = axesUsed(primitive, params);
    return names.length > 0 && this.axes.some(({ name }) => names.includes(name));
  }

  private applyRule(
    primitive: Primitive,
    values: readonly NDArray[],
    dims: readonly BatchDim[],
    params: Params,
    named: boolean,
  ): [NDArray[], BatchDim[]] {
    const saved = [mapped, spmdAxis] as const;
    mapped = this.axes;
    spmdAxis = this.spmdAxis;
    try {
      return named && primitive.collective !== undefined
        ? primitive.collective.batching(values, dims, params, this.axes)
        : primitive.batching(values, dims, params, this.axisSize);
    } finally {
      [mapped, spmdAxis] = saved;
    }
  }
}

/** Runs `f` on batched values. `axes` are the names of the mapped dimension; by default those of the batching rule in progress. */
export function runBatched(
  f: (args: NDArray[]) => readonly NDArray[],
  values: readonly NDArray[],
  dims: readonly BatchDim[],
  axisSize: number,
  description: string,
  axes: readonly NamedAxis[] = mapped,
  spmd: string | null = spmdAxis,
): [NDArray[], BatchDim[]] {
  const trace = new BatchTrace(currentTrace(), axisSize, description, axes, spmd);
  try {
    const outs = withTrace(trace, () => f(values.map((v, i) => trace.join(v, dims[i]))));
    const pairs = outs.map((x) => trace.split(x));
    return [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
  } finally {
    trace.alive = false;
  }
}

const batchCache = /* @__PURE__ */ new ProgramCache<{ closed: ClosedJaxpr; dimsOut: BatchDim[] }>();

/**
 * The program on batches: inputs are batched along `dims`, outputs along the result's `dimsOut`. An output that does not depend on a batched
 * input stays as it is, unless `outputs` are all to be mapped: then it is repeated along a leading axis.
 */
export function batchJaxpr(
  program: ClosedJaxpr,
  dims: readonly BatchDim[],
  axisSize: number,
  outputs: "as they come" | "mapped" = "as they come",
): { closed: ClosedJaxpr; dimsOut: BatchDim[] } {
  return batchCache.get(
    program.jaxpr,
    `${axisSize}:${axesKey(mapped)}${spmdAxis ?? ""}:${dims.join()}:${outputs}`,
    () =>
      batchedProgram(program, dims, axisSize, (outs, outDims) => {
        if (outputs === "as they come") return [outs, outDims];
        const mapped = outDims.map((d) => d ?? 0);
        return [outs.map((x, i) => placeBatchDim(x, outDims[i], mapped[i], axisSize)), mapped];
      }),
  );
}

/** {@link batchJaxpr}, not cached; `place` moves the mapped axes of the outputs to where they are wanted. */
export function batchedProgram(
  program: ClosedJaxpr,
  dims: readonly BatchDim[],
  axisSize: number,
  place: (outs: NDArray[], dims: BatchDim[]) => [NDArray[], BatchDim[]],
): { closed: ClosedJaxpr; dimsOut: BatchDim[] } {
  let dimsOut: BatchDim[] = [];
  const { jaxpr, consts } = traceToJaxpr(
    (args) => {
      const run = (xs: NDArray[]) => evalJaxpr(program.jaxpr, program.consts, xs);
      const [outs, placed] = place(...runBatched(run, args, dims, axisSize, "vmapping a program"));
      dimsOut = placed;
      return outs;
    },
    program.inAvals.map((a, i) => batchedAval(a, dims[i], axisSize)),
    "vmapping a program",
  );
  return { closed: new ClosedJaxpr(jaxpr, consts), dimsOut };
}

/** The type of a batch of values along `dim`. Axes that are mapped now are no longer axes over which it varies. */
export function batchedAval(aval: ShapedArray, dim: BatchDim, size: number): ShapedArray {
  const varying = aval.varying.filter((name) => !mapped.some((axis) => axis.name === name));
  const shape = aval.shape.slice();
  if (dim !== null) shape.splice(dim, 0, size);
  return dim === null && varying.length === aval.varying.length ? aval : aval.update({ shape, varying });
}
