import type { ScanKernel } from "../../../compiler/ir.ts";
import { type DType, float32, float64 } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local, ValType } from "../asm/index.ts";
import { emitVectorMath } from "../math/index.ts";
import { Analysis } from "./analysis.ts";
import type { KernelContext } from "./context.ts";
import { valueNodes } from "./estimate.ts";
import type { Library } from "./library.ts";
import { combineOps, identity } from "./reductions.ts";
import { emitScalarConst, emitScalarOp } from "./scalarEmit.ts";
import { emitPrefixSums } from "./scanLanes.ts";
import type { Copy } from "./scopes.ts";
import { mergeAxes, type Space } from "./space.ts";
import { splatConst } from "./splat.ts";
import { scalarType } from "./types.ts";
import { type Access, lanesFor, type Nest, Uses } from "./uses.ts";
import { Values } from "./values.ts";
import { emitVectorOp } from "./vectorEmit.ts";
import { vectorLoop } from "./vectorLoop.ts";

/**
 * Writes the code of a running reduction: loops over the other axes, the innermost of them vectorised when its elements are
 * contiguous, and inside them the loop along the scanned axis. Sums of float32 run in float64; along contiguous elements in vectors.
 */
export function emitScan(context: KernelContext, kernel: ScanKernel): void {
  if (kernel.axes.includes(0)) return;
  const { f } = context;
  const space: Space = {
    sizes: kernel.axes,
    parallel: kernel.axes.map((_, axis) => axis).filter((axis) => axis !== kernel.axis),
    reduce: [kernel.axis],
    passes: [],
    locals: [],
    stores: [{ ...kernel.store, value: kernel.value }],
  };
  const { analysis, sizes, parallel: live } = mergeAxes(space, new Analysis({ sizes: kernel.axes }));
  const { dtype } = kernel.value;
  const vectorLanes = dtype.itemsize === 8 ? 2 : 4;
  const isVectorAxis = (axis: number) =>
    sizes[axis] >= 3 &&
    analysis.stride(analysis.linear(kernel.store.offset), axis) === 1 &&
    (kernel.op !== "logaddexp" || dtype === float32) &&
    lanesFor(valueNodes(analysis, [kernel.value], axis), [kernel.value], analysis, axis) === vectorLanes;
  const sumsInLanes = kernel.op === "sum" && dtype === float32 && isVectorAxis(kernel.axis);
  const vectorAxis = sumsInLanes ? kernel.axis : (live.find(isVectorAxis) ?? -1);
  const parallel = live.includes(vectorAxis) ? [...live.filter((a) => a !== vectorAxis), vectorAxis] : live;
  const axisLevels = new Map<number, number>();
  for (const axis of [...parallel, kernel.axis]) axisLevels.set(axis, axisLevels.size + 1);
  const nest: Nest = {
    axisLevels,
    accLevel: parallel.length,
    lanes: vectorAxis < 0 ? 1 : vectorLanes,
    vectorAxis,
    vectorIsParallel: true,
    rowAxis: -1,
  };
  const uses = new Uses(analysis, nest, context.log2Of);
  const access = uses.address(kernel.store, kernel.store.buffer, kernel.store.offset);
  if (access === null) throw new Error("a scan's store is not affine");
  uses.need(kernel.value, parallel.length + 1, vectorAxis >= 0);
  const values = new Values(f, context.lib, [uses], context.pointers, context.dtypeOf);

  const loops = (depth: number): void => {
    if (depth === parallel.length) {
      const emit = sumsInLanes ? emitPrefixSums : emitRun;
      emit(values, kernel, access, parallel.length + 1);
      return;
    }
    const axis = parallel[depth];
    const counter = f.temp("i32");
    values.counters.set(axis, counter);
    const body = (copies: readonly Copy[]) => {
      values.enter(depth + 1, copies);
      loops(depth + 1);
      values.leave();
    };
    if (axis === vectorAxis) vectorLoop(f, counter, sizes[axis], nest.lanes, 2, body);
    else f.for(counter, 0, sizes[axis], 1, () => body([]));
    values.counters.delete(axis);
    f.release(counter);
  };
  values.enter(0);
  loops(0);
  values.leave();
}

/** The loop along the scanned axis. */
function emitRun(values: Values, kernel: ScanKernel, access: Access, level: number): void {
  const { f } = values;
  const { copies } = values;
  const { dtype } = kernel.value;
  const runs =
    copies.length === 0
      ? [new ScalarRun(values, kernel)]
      : copies.map((c) => new VectorRun(values, kernel, c));
  const length = kernel.axes[kernel.axis];
  const step = f.temp("i32");
  const index = kernel.reverse ? f.temp("i32") : step;
  values.counters.set(kernel.axis, index);
  f.for(step, 0, length, 1, () => {
    if (kernel.reverse)
      f.i32
        .const(length - 1)
        .get(step)
        .i32.sub()
        .set(index);
    values.enter(level, copies);
    const results = runs.map((run) => run.step());
    runs.forEach((run, i) => values.store(access, dtype, results[i], run.copy));
    values.leave();
  });
  values.counters.delete(kernel.axis);
  if (kernel.reverse) f.release(index);
  f.release(step);
}

/** What a running reduction starts with: adding it changes no value, not even -0. */
function start(op: ScanKernel["op"], dtype: DType): number | bigint {
  if (op === "logaddexp") return Number.NEGATIVE_INFINITY;
  return op === "sum" && (dtype === float32 || dtype === float64) ? -0 : identity(op, dtype);
}

class ScalarRun {
  readonly copy = null;
  private readonly values: Values;
  private readonly kernel: ScanKernel;
  private readonly acc: Local;
  private readonly inDouble: boolean;

  constructor(values: Values, kernel: ScanKernel) {
    const { dtype } = kernel.value;
    this.values = values;
    this.kernel = kernel;
    this.inDouble = dtype === float32 && kernel.op === "sum";
    this.acc = values.temp(this.inDouble ? "f64" : scalarType(dtype));
    emitScalarConst(values.f, start(kernel.op, dtype), this.inDouble ? float64 : dtype);
    values.f.set(this.acc);
  }

  step(): Local {
    const { values, kernel, acc } = this;
    const { f, lib } = values;
    const { dtype } = kernel.value;
    if (this.inDouble) {
      const rounded = values.temp("f32");
      f.get(acc);
      values.scalar(kernel.value);
      f.f64.promote_f32().f64.add().tee(acc).f32.demote_f64().set(rounded);
      return rounded;
    }
    if (kernel.op === "logaddexp") {
      values.scalar(kernel.value);
      logAddExpScalar(f, lib, acc, dtype);
    } else {
      const push = (i: number) => (i === 0 ? f.get(acc) : values.scalar(kernel.value));
      emitScalarOp(f, lib, combineOps[kernel.op], dtype, push, () => undefined);
    }
    f.set(acc);
    return acc;
  }
}

class VectorRun {
  readonly copy: Copy;
  private readonly values: Values;
  private readonly kernel: ScanKernel;
  private readonly acc: Local;
  /** The other half of the lanes of a float64 sum. */
  private readonly high: Local | null;

  constructor(values: Values, kernel: ScanKernel, copy: Copy) {
    const { dtype } = kernel.value;
    const { f, nest } = values;
    this.values = values;
    this.kernel = kernel;
    this.copy = copy;
    this.acc = values.temp("v128");
    this.high = dtype === float32 && kernel.op === "sum" ? values.temp("v128") : null;
    if (this.high !== null) f.f64x2.const(-0).tee(this.high);
    else splatConst(f, start(kernel.op, dtype), dtype, nest.lanes);
    f.set(this.acc);
  }

  step(): Local {
    const { values, kernel, copy, acc, high } = this;
    const { f, lib, nest } = values;
    const { dtype } = kernel.value;
    if (high !== null) {
      const x = values.temp("v128");
      values.vector(kernel.value, copy);
      f.set(x);
      f.get(acc).get(x).f64x2.promote_low_f32x4().f64x2.add().set(acc);
      f.get(high).get(x).get(x).i64x2.shuffle(1, 1).f64x2.promote_low_f32x4().f64x2.add().set(high);
      f.get(acc).f32x4.demote_f64x2_zero().get(high).f32x4.demote_f64x2_zero().i64x2.shuffle(0, 2).set(x);
      return x;
    }
    if (kernel.op === "logaddexp") {
      values.vector(kernel.value, copy);
      logAddExpVector(f, lib, acc);
    } else {
      const push = (i: number) => (i === 0 ? f.get(acc) : values.vector(kernel.value, copy));
      emitVectorOp(
        f,
        lib,
        combineOps[kernel.op],
        dtype,
        nest.lanes as 2 | 4,
        push,
        () => undefined,
        () => false,
      );
    }
    f.set(acc);
    return acc;
  }
}

/** log(exp(acc) + exp(x)) of the float32 lanes of `acc` and of the vector on the stack. */
function logAddExpVector(f: FunctionBuilder, lib: Library, acc: Local): void {
  const x = f.temp("v128");
  const delta = f.temp("v128");
  f.set(x);
  // Infinities of one sign have no difference: their sum is the answer.
  f.get(acc).get(x).f32x4.sub().set(delta).get(acc).get(x).f32x4.add();
  f.get(acc).get(x).f32x4.max().get(delta).f32x4.abs().f32x4.neg();
  emitVectorMath(lib.mb, f, "exp");
  emitVectorMath(lib.mb, f, "log1p");
  f.f32x4.add().get(delta).get(delta).f32x4.ne();
  // (sum, logarithm, mask): the sum where the mask is set.
  f.v128.bitselect().release(x, delta);
}

function logAddExpScalar(f: FunctionBuilder, lib: Library, acc: Local, dtype: DType): void {
  if (dtype === float32) {
    const wide = f.temp("v128");
    f.f32x4.splat().get(acc).f32x4.splat().set(wide);
    logAddExpVector(f, lib, wide);
    f.f32x4.extract_lane(0).release(wide);
    return;
  }
  const type: ValType = "f64";
  const x = f.temp(type);
  const delta = f.temp(type);
  f.set(x).get(acc).get(x).f64.sub().set(delta).get(acc).get(x).f64.add();
  f.get(acc)
    .get(x)
    .f64.max()
    .get(delta)
    .f64.abs()
    .f64.neg()
    .call(lib.f64("exp", 1))
    .call(lib.f64("log1p", 1));
  f.f64.add().get(delta).get(delta).f64.ne().select().release(x, delta);
}
