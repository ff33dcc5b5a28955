import { bool, type DType, float32, float64, int32, uint8, uint32 } from "../../../dtypes/index.ts";
import type { Reduction } from "../../../compiler/ir.ts";
import type { FunctionBuilder, Local, ValType } from "../asm/index.ts";
import { emitScalarConst, emitScalarOp } from "./scalarEmit.ts";
import { scalarType } from "./types.ts";
import { type Copy, splatConst, type Values } from "./values.ts";
import { emitVectorOp } from "./vectorEmit.ts";

/** Additions of float32 after which a partial sum goes to a float64 accumulator: keeps the error independent of the length. */
export const SUM_BLOCK = 64;

/** Running results of one reduction while its loops run. */
export interface Accumulator {
  init(): void;
  /** Takes in the value of a point (scalar code) or of the lanes of a copy. */
  step(copy: Copy | null): void;
  /** Moves partial sums to their wide accumulators. */
  flush(): void;
  /** Leaves the result in `values.accs`: one scalar, or one vector per copy. */
  finish(): void;
}

/** The scalar operation that combines two partial results. */
export const combineOps: Readonly<Record<string, string>> = {
  sum: "add",
  prod: "mul",
  max: "max",
  min: "min",
  and: "and",
  or: "or",
  xor: "xor",
};

/** What a reduction of nothing gives. */
export function identity(op: string, dtype: DType): number {
  const float = dtype === float32 || dtype === float64;
  switch (op) {
    case "sum":
    case "or":
    case "xor":
      return 0;
    case "prod":
      return 1;
    case "and":
      return dtype === bool ? 1 : dtype === uint8 ? 255 : -1;
    case "max":
    case "argmax":
      return float ? Number.NEGATIVE_INFINITY : dtype === int32 ? -0x80000000 : 0;
    default:
      if (float) return Number.POSITIVE_INFINITY;
      if (dtype === int32) return 0x7fffffff;
      return dtype === bool ? 1 : dtype === uint8 ? 255 : dtype === uint32 ? -1 : 0;
  }
}

/**
 * The accumulator of a reduction. `wide`: more than {@link SUM_BLOCK} additions follow one another. `copies`: how many
 * vectors the loop body is unrolled to (the lanes of all hold parts of one result, or a result each).
 */
export function accumulator(
  values: Values,
  index: number,
  reduction: Reduction,
  reduceAxis: number,
  wide: boolean,
  copies: number,
): Accumulator {
  const arg = reduction.op === "argmax" || reduction.op === "argmin";
  if (values.nest.lanes === 1) {
    return arg
      ? new ScalarArg(values, index, reduction, reduceAxis)
      : new ScalarAccumulator(values, index, reduction);
  }
  if (arg) return new VectorArg(values, index, reduction, reduceAxis, copies);
  const extreme = reduction.op === "max" || reduction.op === "min";
  return extreme && (reduction.dtype === float32 || reduction.dtype === float64)
    ? new VectorExtreme(values, index, reduction, copies)
    : new VectorAccumulator(values, index, reduction, wide, copies);
}

class ScalarAccumulator implements Accumulator {
  private readonly values: Values;
  private readonly index: number;
  private readonly reduction: Reduction;
  private readonly acc: Local;
  private readonly inDouble: boolean;

  constructor(values: Values, index: number, reduction: Reduction) {
    this.values = values;
    this.index = index;
    this.reduction = reduction;
    this.inDouble = reduction.op === "sum" && reduction.dtype === float32;
    this.acc = values.temp(this.inDouble ? "f64" : scalarType(reduction.dtype));
  }

  init(): void {
    const { f } = this.values;
    const { op, dtype } = this.reduction;
    emitScalarConst(f, identity(op, dtype), this.inDouble ? float64 : dtype);
    f.set(this.acc);
  }

  step(): void {
    const { values, acc, reduction } = this;
    const { f, lib } = values;
    if (this.inDouble) {
      f.get(acc);
      values.scalar(reduction.value);
      f.f64.promote_f32().f64.add().set(acc);
      return;
    }
    emitScalarOp(
      f,
      lib,
      combineOps[reduction.op],
      reduction.dtype,
      (i) => (i === 0 ? f.get(acc) : values.scalar(reduction.value)),
      () => undefined,
    );
    f.set(acc);
  }

  flush(): void {}

  finish(): void {
    const { values, acc } = this;
    if (!this.inDouble) {
      values.accs[this.index] = [acc];
      return;
    }
    const result = values.temp("f32");
    values.f.get(acc).f32.demote_f64().set(result);
    values.accs[this.index] = [result];
  }
}

class VectorAccumulator implements Accumulator {
  private readonly values: Values;
  private readonly index: number;
  private readonly reduction: Reduction;
  private readonly accs: Local[];
  /** Pairs of float64 vectors: one per copy when lanes are results of their own, else one. */
  private readonly wide: (readonly [Local, Local])[] = [];
  private readonly perLane: boolean;

  constructor(values: Values, index: number, reduction: Reduction, wide: boolean, copies: number) {
    this.values = values;
    this.index = index;
    this.reduction = reduction;
    this.perLane = values.nest.vectorIsParallel;
    this.accs = Array.from({ length: copies }, () => values.temp("v128"));
    if (wide && reduction.op === "sum" && reduction.dtype === float32) {
      for (let i = 0; i < (this.perLane ? copies : 1); i++) this.wide.push([values.temp("v128"), values.temp("v128")]);
    }
  }

  init(): void {
    const { f, nest } = this.values;
    const { op, dtype } = this.reduction;
    for (const acc of this.accs) {
      splatConst(f, identity(op, dtype), dtype, nest.lanes);
      f.set(acc);
    }
    for (const pair of this.wide) for (const local of pair) f.f64x2.const(0).set(local);
  }

  step(copy: Copy): void {
    const { values, reduction } = this;
    const acc = this.accs[copy.index];
    this.combine(
      () => values.f.get(acc),
      () => {
        values.vector(reduction.value, copy);
        if (!this.perLane && copy.active < values.nest.lanes) {
          onlyActive(values, copy, identity(reduction.op, reduction.dtype), reduction.dtype);
        }
      },
    );
    values.f.set(acc);
  }

  private combine(a: () => void, b: () => void): void {
    const { f, lib, nest } = this.values;
    const { op, dtype } = this.reduction;
    emitVectorOp(
      f,
      lib,
      combineOps[op],
      dtype,
      nest.lanes as 2 | 4,
      (i) => (i === 0 ? a() : b()),
      () => undefined,
      () => false,
    );
  }

  flush(): void {
    if (this.wide.length === 0) return;
    const { f } = this.values;
    if (!this.perLane) {
      this.combineCopies();
      addToWide(f, this.accs[0], this.wide[0]);
    } else {
      this.accs.forEach((acc, i) => addToWide(f, acc, this.wide[i]));
    }
    for (const acc of this.accs) f.f32x4.const(0).set(acc);
  }

  /** Adds the other copies to the first, as a tree. */
  private combineCopies(): void {
    const { f } = this.values;
    for (let half = this.accs.length; half > 1; ) {
      const kept = Math.ceil(half / 2);
      for (let i = kept; i < half; i++) {
        const a = this.accs[i - kept];
        this.combine(
          () => f.get(a),
          () => f.get(this.accs[i]),
        );
        f.set(a);
      }
      half = kept;
    }
  }

  finish(): void {
    const { values } = this;
    const { f } = values;
    this.flush();
    if (this.perLane) {
      this.wide.forEach(([low, high], i) => {
        f.get(low).f32x4.demote_f64x2_zero().get(high).f32x4.demote_f64x2_zero().i64x2.shuffle(0, 2).set(this.accs[i]);
      });
      values.accs[this.index] = this.accs;
      return;
    }
    const { dtype } = this.reduction;
    const result = values.temp(scalarType(dtype));
    if (this.wide.length > 0) {
      const [low, high] = this.wide[0];
      f.get(low).get(high).f64x2.add().tee(low).f64x2.extract_lane(0).get(low).f64x2.extract_lane(1).f64.add();
      f.f32.demote_f64().set(result);
    } else {
      this.combineCopies();
      this.combineLanes(this.accs[0]);
      extractLane(f, this.accs[0], 0, dtype);
      f.set(result);
    }
    values.accs[this.index] = [result];
  }

  private combineLanes(acc: Local): void {
    const { f, nest } = this.values;
    const fold = (shuffle: () => void) => {
      this.combine(
        () => f.get(acc),
        () => {
          f.get(acc).get(acc);
          shuffle();
        },
      );
      f.set(acc);
    };
    fold(() => f.i64x2.shuffle(1, 0));
    if (nest.lanes === 4) fold(() => f.i32x4.shuffle(1, 0, 3, 2));
  }
}

/**
 * Maximum or minimum of floats. One compare-and-take per vector; NaNs and zeros of the other sign, which that loses, are
 * noted on the side and put right at the end: in four instructions instead of the eight of an exact maximum.
 */
class VectorExtreme implements Accumulator {
  private readonly values: Values;
  private readonly index: number;
  private readonly reduction: Reduction;
  private readonly best: Local[];
  /** Lanes that are not zero have seen a NaN. */
  private readonly nan: Local[];
  /** All bits that every value has (max) or any value has (min): the sign that a zero result must have. */
  private readonly bits: Local[];
  private readonly max: boolean;
  private readonly type: "f32x4" | "f64x2";

  constructor(values: Values, index: number, reduction: Reduction, copies: number) {
    const locals = () => Array.from({ length: copies }, () => values.temp("v128"));
    this.values = values;
    this.index = index;
    this.reduction = reduction;
    this.max = reduction.op === "max";
    this.type = reduction.dtype === float32 ? "f32x4" : "f64x2";
    this.best = locals();
    this.nan = locals();
    this.bits = locals();
  }

  init(): void {
    const { f, nest } = this.values;
    const { op, dtype } = this.reduction;
    this.best.forEach((best, i) => {
      splatConst(f, identity(op, dtype), dtype, nest.lanes);
      f.set(best).i32x4.const(0).set(this.nan[i]);
      f.i32x4.const(this.max ? -1 : 0).set(this.bits[i]);
    });
  }

  step(copy: Copy): void {
    const { values, reduction, type } = this;
    const { f } = values;
    const i = copy.index;
    const x = f.temp("v128");
    values.vector(reduction.value, copy);
    if (!values.nest.vectorIsParallel && copy.active < values.nest.lanes) {
      onlyActive(values, copy, identity(reduction.op, reduction.dtype), reduction.dtype);
    }
    f.set(x).get(this.best[i]).get(x);
    if (this.max) f[type].pmax();
    else f[type].pmin();
    f.set(this.best[i]).get(this.nan[i]).get(x).get(x);
    f[type].ne().v128.or().set(this.nan[i]);
    this.combineBits(this.bits[i], x);
    f.release(x);
  }

  /** Keeps the sign bits: of a maximum, whether any value had none; of a minimum, whether any had one. */
  private combineBits(bits: Local, x: Local): void {
    const { f } = this.values;
    f.get(bits).get(x);
    if (this.max) f.v128.and();
    else f.v128.or();
    f.set(bits);
  }

  flush(): void {}

  finish(): void {
    const { values, type, best, nan, bits } = this;
    const { f } = values;
    const perLane = values.nest.vectorIsParallel;
    if (!perLane) {
      for (let i = 1; i < best.length; i++) {
        f.get(best[0]).get(best[i]);
        if (this.max) f[type].pmax();
        else f[type].pmin();
        f.set(best[0]).get(nan[0]).get(nan[i]).v128.or().set(nan[0]);
        this.combineBits(bits[0], bits[i]);
      }
    }
    best.slice(0, perLane ? best.length : 1).forEach((local, i) => {
      const sign = f.temp("v128");
      // Zeros take the sign that the extreme of all zeros has.
      f[type].const(-0).get(bits[i]).v128.and().set(sign);
      f.get(sign).get(local).get(local);
      f[type].const(0)[type].eq().v128.bitselect().set(local);
      f.get(local).get(nan[i]).v128.or().set(local).release(sign);
    });
    if (perLane) {
      values.accs[this.index] = best;
      return;
    }
    const { dtype } = this.reduction;
    const result = values.temp(scalarType(dtype));
    const scalar = dtype === float32 ? "f32" : "f64";
    for (let lane = 0; lane < values.nest.lanes; lane++) {
      extractLane(f, best[0], lane, dtype);
      if (lane === 0) continue;
      if (this.max) f[scalar].max();
      else f[scalar].min();
    }
    f.set(result);
    values.accs[this.index] = [result];
  }
}

/** Replaces the lanes of the vector on the stack beyond the active ones by a constant. */
function onlyActive(values: Values, copy: Copy, fill: number, dtype: DType): void {
  const { f, nest } = values;
  splatConst(f, fill, dtype, nest.lanes);
  const bytes = (copy.active * 16) / nest.lanes;
  f.v128.const(Array.from({ length: 16 }, (_, i) => (i < bytes ? 255 : 0))).v128.bitselect();
}

function addToWide(f: FunctionBuilder, acc: Local, [low, high]: readonly [Local, Local]): void {
  f.get(low).get(acc).f64x2.promote_low_f32x4().f64x2.add().set(low);
  f.get(high).get(acc).get(acc).i64x2.shuffle(1, 1).f64x2.promote_low_f32x4().f64x2.add().set(high);
}

/** Pushes a lane as a scalar. */
function extractLane(f: FunctionBuilder, vector: Local, lane: number, dtype: DType): void {
  const type: ValType = scalarType(dtype);
  f.get(vector);
  if (type === "f32") f.f32x4.extract_lane(lane);
  else if (type === "f64") f.f64x2.extract_lane(lane);
  else f.i32x4.extract_lane(lane);
  if (dtype === bool) f.i32.const(1).i32.and();
  if (dtype === uint8) f.i32.const(255).i32.and();
}

/** Whether a value replaces the best so far: strictly better, or the first NaN. */
function scalarBetter(values: Values, reduction: Reduction, value: Local, best: Local): void {
  const { f, lib } = values;
  const { dtype } = reduction.value;
  const max = reduction.op === "argmax";
  const compare = (op: string) =>
    emitScalarOp(
      f,
      lib,
      op,
      dtype,
      (i) => f.get(i === 0 ? value : best),
      () => undefined,
    );
  if (dtype === float32 || dtype === float64) {
    compare(max ? "le" : "ge");
    f.i32.eqz();
    emitScalarOp(
      f,
      lib,
      "eq",
      dtype,
      () => f.get(best),
      () => undefined,
    );
    f.i32.and();
  } else {
    compare(max ? "gt" : "lt");
  }
}

class ScalarArg implements Accumulator {
  private readonly values: Values;
  private readonly index: number;
  private readonly reduction: Reduction;
  private readonly axis: number;
  private readonly best: Local;
  private readonly position: Local;

  constructor(values: Values, index: number, reduction: Reduction, axis: number) {
    this.values = values;
    this.index = index;
    this.reduction = reduction;
    this.axis = axis;
    this.best = values.temp(scalarType(reduction.value.dtype));
    this.position = values.temp("i32");
  }

  init(): void {
    const { f } = this.values;
    const { op, value } = this.reduction;
    emitScalarConst(f, identity(op, value.dtype), value.dtype);
    f.set(this.best).i32.const(0).set(this.position);
  }

  step(): void {
    const { values, best, position, reduction } = this;
    const { f } = values;
    const value = f.temp(scalarType(reduction.value.dtype));
    values.scalar(reduction.value);
    f.set(value);
    scalarBetter(values, reduction, value, best);
    f.if(() => {
      f.get(value).set(best);
      values.counter(this.axis);
      f.set(position);
    });
    f.release(value);
  }

  flush(): void {}
  finish(): void {
    this.values.accs[this.index] = [this.position];
  }
}

class VectorArg implements Accumulator {
  private readonly values: Values;
  private readonly index: number;
  private readonly reduction: Reduction;
  private readonly axis: number;
  private readonly best: Local[];
  private readonly position: Local[];
  private readonly perLane: boolean;

  constructor(values: Values, index: number, reduction: Reduction, axis: number, copies: number) {
    this.values = values;
    this.index = index;
    this.reduction = reduction;
    this.axis = axis;
    this.perLane = values.nest.vectorIsParallel;
    this.best = Array.from({ length: copies }, () => values.temp("v128"));
    this.position = Array.from({ length: copies }, () => values.temp("v128"));
  }

  init(): void {
    const { f, nest } = this.values;
    const { op, value } = this.reduction;
    this.best.forEach((best, i) => {
      splatConst(f, identity(op, value.dtype), value.dtype, nest.lanes);
      f.set(best);
      // The place of the lane's first element, for when all are the identity.
      if (this.perLane) f.i32x4.const(0);
      else f.i32x4.const(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3);
      f.set(this.position[i]);
    });
  }

  step(copy: Copy): void {
    const { values, reduction } = this;
    const { f, lib } = values;
    const { dtype } = reduction.value;
    const best = this.best[copy.index];
    const position = this.position[copy.index];
    const value = f.temp("v128");
    const better = f.temp("v128");
    values.vector(reduction.value, copy);
    if (!this.perLane && copy.active < 4) onlyActive(values, copy, identity(reduction.op, dtype), dtype);
    f.set(value);
    const max = reduction.op === "argmax";
    const compare = (op: string, x: Local, y: Local) =>
      emitVectorOp(
        f,
        lib,
        op,
        dtype,
        4,
        (i) => f.get(i === 0 ? x : y),
        () => undefined,
        () => false,
      );
    if (dtype === float32) {
      compare("eq", best, best);
      compare(max ? "le" : "ge", value, best);
      f.v128.andnot();
    } else {
      compare(max ? "gt" : "lt", value, best);
    }
    f.set(better);
    f.get(value).get(best).get(better).v128.bitselect().set(best);
    values.counter(this.axis);
    f.i32x4.splat();
    if (!this.perLane) values.laneOffsets(1, copy);
    f.get(position).get(better).v128.bitselect().set(position);
    f.release(value, better);
  }

  flush(): void {}

  finish(): void {
    const { values, reduction } = this;
    if (this.perLane) {
      values.accs[this.index] = this.position;
      return;
    }
    const { f } = values;
    const { dtype } = reduction.value;
    const type = scalarType(dtype);
    const best = f.temp(type);
    const value = f.temp(type);
    const position = values.temp("i32");
    const candidate = f.temp("i32");
    extractLane(f, this.best[0], 0, dtype);
    f.set(best).get(this.position[0]).i32x4.extract_lane(0).set(position);
    const float = dtype === float32;
    this.best.forEach((vector, i) => {
      for (let lane = i === 0 ? 1 : 0; lane < 4; lane++) {
        extractLane(f, vector, lane, dtype);
        f.set(value).get(this.position[i]).i32x4.extract_lane(lane).set(candidate);
        scalarBetter(values, reduction, value, best);
        // Equal, or both NaN: the earlier place.
        f.get(value).get(best)[type as "i32"].eq();
        if (float) f.get(value).get(value).f32.ne().get(best).get(best).f32.ne().i32.and().i32.or();
        f.get(candidate).get(position).i32.lt_u().i32.and().i32.or();
        f.if(() => f.get(value).set(best).get(candidate).set(position));
      }
    });
    f.release(best, value, candidate);
    values.accs[this.index] = [position];
  }
}
