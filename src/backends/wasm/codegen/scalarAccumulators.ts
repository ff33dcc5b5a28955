import type { Reduction } from "../../../compiler/ir.ts";
import { float32, float64 } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import { type Accumulator, combineOps, identity } from "./reductions.ts";
import { emitScalarConst, emitScalarOp } from "./scalarEmit.ts";
import { scalarType } from "./types.ts";
import type { Values } from "./values.ts";

export class ScalarAccumulator implements Accumulator {
  readonly narrow = [];
  readonly wide = [];
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

/** Whether a value replaces the best so far: strictly better, or the first NaN. */
export function scalarBetter(values: Values, reduction: Reduction, value: Local, best: Local): void {
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

export class ScalarArg implements Accumulator {
  readonly narrow = [];
  readonly wide = [];
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
