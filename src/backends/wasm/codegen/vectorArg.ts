import type { Reduction } from "../../../compiler/ir.ts";
import { float32 } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import { selectLanes } from "../math/index.ts";
import { type Accumulator, identity } from "./reductions.ts";
import { scalarBetter } from "./scalarAccumulators.ts";
import type { Copy } from "./scopes.ts";
import { splatConst } from "./splat.ts";
import { scalarType } from "./types.ts";
import type { Values } from "./values.ts";
import { extractLane, onlyActive } from "./vectorAccumulators.ts";
import { emitVectorOp } from "./vectorEmit.ts";

/** Places of the greatest or least values, one per lane until the lanes are compared at the end. */
export class VectorArg implements Accumulator {
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

  get narrow(): readonly Local[] {
    return [...this.best, ...this.position];
  }
  readonly wide = [];

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
    const best = this.best[copy.column];
    const position = this.position[copy.column];
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
    f.get(value).get(best).get(better);
    selectLanes(f, "i32x4");
    f.set(best);
    values.counter(this.axis);
    if (copy.row > 0) f.i32.const(copy.row).i32.add();
    f.i32x4.splat();
    if (!this.perLane) values.laneOffsets(1, copy);
    f.get(position).get(better);
    selectLanes(f, "i32x4");
    f.set(position);
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
