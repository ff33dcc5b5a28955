import type { Reduction } from "../../../compiler/ir.ts";
import { bool, type DType, float32 } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local, ValType } from "../asm/index.ts";
import { type Accumulator, combineOps, identity } from "./reductions.ts";
import type { Copy } from "./scopes.ts";
import { splatConst } from "./splat.ts";
import { scalarType, wrapScalar } from "./types.ts";
import type { Values } from "./values.ts";
import { emitVectorOp } from "./vectorEmit.ts";

export class VectorAccumulator implements Accumulator {
  private readonly values: Values;
  private readonly index: number;
  private readonly reduction: Reduction;
  private readonly accs: Local[];
  /** Pairs of float64 vectors: one per copy when lanes are results of their own, else one. */
  private readonly pairs: (readonly [Local, Local])[] = [];
  private readonly perLane: boolean;

  constructor(values: Values, index: number, reduction: Reduction, wide: boolean, copies: number) {
    this.values = values;
    this.index = index;
    this.reduction = reduction;
    this.perLane = values.nest.vectorIsParallel;
    this.accs = Array.from({ length: copies }, () => values.temp("v128"));
    if (wide && reduction.op === "sum" && reduction.dtype === float32) {
      for (let i = 0; i < (this.perLane ? copies : 1); i++)
        this.pairs.push([values.temp("v128"), values.temp("v128")]);
    }
  }

  get narrow(): readonly Local[] {
    return this.accs;
  }
  get wide(): readonly Local[] {
    return this.pairs.flat();
  }

  init(): void {
    const { f, nest } = this.values;
    const { op, dtype } = this.reduction;
    for (const acc of this.accs) {
      splatConst(f, identity(op, dtype), dtype, nest.lanes);
      f.set(acc);
    }
    for (const pair of this.pairs) for (const local of pair) f.f64x2.const(0).set(local);
  }

  step(copy: Copy): void {
    const { values, reduction } = this;
    const acc = this.accs[copy.column];
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
    if (this.pairs.length === 0) return;
    const { f } = this.values;
    if (!this.perLane) {
      this.combineCopies();
      addToWide(f, this.accs[0], this.pairs[0]);
    } else {
      this.accs.forEach((acc, i) => addToWide(f, acc, this.pairs[i]));
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
      this.pairs.forEach(([low, high], i) => {
        f.get(low)
          .f32x4.demote_f64x2_zero()
          .get(high)
          .f32x4.demote_f64x2_zero()
          .i64x2.shuffle(0, 2)
          .set(this.accs[i]);
      });
      values.accs[this.index] = this.accs;
      return;
    }
    const { dtype } = this.reduction;
    const result = values.temp(scalarType(dtype));
    if (this.pairs.length > 0) {
      const [low, high] = this.pairs[0];
      f.get(low)
        .get(high)
        .f64x2.add()
        .tee(low)
        .f64x2.extract_lane(0)
        .get(low)
        .f64x2.extract_lane(1)
        .f64.add();
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
export class VectorExtreme implements Accumulator {
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

  get narrow(): readonly Local[] {
    return [...this.best, ...this.nan, ...this.bits];
  }
  readonly wide = [];

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
    const i = copy.column;
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
export function onlyActive(values: Values, copy: Copy, fill: number | bigint, dtype: DType): void {
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
export function extractLane(f: FunctionBuilder, vector: Local, lane: number, dtype: DType): void {
  const type: ValType = scalarType(dtype);
  f.get(vector);
  if (type === "f32") f.f32x4.extract_lane(lane);
  else if (type === "f64") f.f64x2.extract_lane(lane);
  else if (type === "i64") f.i64x2.extract_lane(lane);
  else f.i32x4.extract_lane(lane);
  if (dtype === bool) f.i32.const(1).i32.and();
  else wrapScalar(f, dtype);
}
