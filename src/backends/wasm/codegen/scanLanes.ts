import type { ScanKernel } from "../../../compiler/ir.ts";
import { float32 } from "../../../dtypes/index.ts";
import type { Local } from "../asm/index.ts";
import type { Copy } from "./scopes.ts";
import type { Access } from "./uses.ts";
import type { Values } from "./values.ts";
import { onlyActive } from "./vectorAccumulators.ts";
import { makeCopies } from "./vectorLoop.ts";

const LANES = 4;

/**
 * Writes the loop along the scanned axis of a running sum of float32 whose elements are contiguous along it: four elements at a time become
 * their running sums, in float64, and the sum so far is added to all. So only one addition in four waits for the one before.
 */
export function emitPrefixSums(values: Values, kernel: ScanKernel, access: Access, level: number): void {
  const { f } = values;
  const { axis, reverse, value } = kernel;
  const length = kernel.axes[axis];
  const whole = length - (length % LANES);
  const index = f.temp("i32");
  // Adding a negative zero changes no value.
  const [before, nothing] = [values.temp("v128"), values.temp("v128")];
  f.f64x2.const(-0).tee(before).set(nothing);
  values.counters.set(axis, index);

  /** Adds to a pair the neighbour that comes before in the order of the scan. */
  const runPair = (pair: Local) => {
    f.get(pair);
    if (reverse) f.get(pair).get(nothing).i64x2.shuffle(1, 2);
    else f.get(nothing).get(pair).i64x2.shuffle(0, 2);
    f.f64x2.add().set(pair);
  };
  /** Pushes the last sum of a pair, twice. */
  const last = (pair: Local) => {
    const lane = reverse ? 0 : 1;
    f.get(pair).get(pair).i64x2.shuffle(lane, lane);
  };
  const step = (copy: Copy) => {
    values.enter(level, [copy]);
    const [x, low, high] = [values.temp("v128"), values.temp("v128"), values.temp("v128")];
    values.vector(value, copy);
    if (copy.active < LANES) onlyActive(values, copy, -0, float32);
    f.tee(x).f64x2.promote_low_f32x4().set(low);
    f.get(x).get(x).i64x2.shuffle(1, 1).f64x2.promote_low_f32x4().set(high);
    runPair(low);
    runPair(high);
    const [first, second] = reverse ? [high, low] : [low, high];
    f.get(second);
    last(first);
    f.f64x2.add().set(second);
    for (const pair of [low, high]) f.get(before).get(pair).f64x2.add().f32x4.demote_f64x2_zero();
    f.i64x2.shuffle(0, 2).set(x);
    f.get(before);
    last(second);
    f.f64x2.add().set(before);
    values.store(access, float32, x, copy);
    values.leave();
  };
  const rest = () => {
    if (whole === length) return;
    f.i32.const(whole).set(index);
    for (const copy of makeCopies(length - whole, LANES)) step(copy);
  };

  if (reverse) rest();
  const done = f.temp("i32");
  f.for(done, 0, whole, LANES, () => {
    if (reverse)
      f.i32
        .const(whole - LANES)
        .get(done)
        .i32.sub()
        .set(index);
    else f.get(done).set(index);
    for (const copy of makeCopies(LANES, LANES)) step(copy);
  });
  if (!reverse) rest();
  values.counters.delete(axis);
  f.release(index, done);
}
