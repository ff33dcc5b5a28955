import { bool, type DType, keyFry } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local } from "../asm/index.ts";
import { emitScalarLoad, emitScalarStore } from "./scalarEmit.ts";
import type { Copy } from "./scopes.ts";
import { splat } from "./splat.ts";
import { isUnsigned } from "./types.ts";
import type { Access, Nest } from "./uses.ts";

/** What moving lanes needs of the code around it. */
interface LaneMemory {
  readonly f: FunctionBuilder;
  readonly nest: Nest;
  pushAddress(access: Access, elements: number): number;
}

type PushLane = (lane: number) => number;

/** Elements from the loop indices to a lane of a copy. */
function elementsTo({ stride, rowStride }: Access, { offset, row }: Copy, lane: number): number {
  return (offset + lane) * stride + row * rowStride;
}

/**
 * Pushes the elements of one copy, exactly the active lanes being read. With `pushLane` (which pushes the address of a
 * lane and returns an immediate offset) the lanes are anywhere. For keys the words go to `words` instead.
 */
export function loadLanes(
  values: LaneMemory,
  access: Access | null,
  dtype: DType,
  copy: Copy,
  pushLane?: PushLane,
  words?: readonly [Local, Local],
): void {
  const { f } = values;
  const stride = access?.stride ?? 0;
  const at: PushLane =
    pushLane ?? ((lane) => values.pushAddress(access as Access, elementsTo(access as Access, copy, lane)));
  const { active } = copy;
  const contiguous = access !== null && stride === 1;
  if (access !== null && stride === 0 && dtype !== keyFry) {
    emitScalarLoad(f, dtype, at(0));
    splat(f, dtype, values.nest.lanes);
  } else if (dtype === keyFry) loadKeys(values, at, active, contiguous, words as readonly [Local, Local]);
  else if (dtype.itemsize < 4) loadNarrow(values, at, dtype, active, contiguous);
  else if (dtype.itemsize === 8) {
    const offset = at(0);
    if (contiguous && active === 2) f.v128.load(offset, 3);
    else {
      f.v128.load64_zero(offset);
      if (active === 2) withVector(values, (v) => f.v128.load64_lane(1, lanePush(values, at, 1, v)));
    }
  } else if (contiguous && active === 4) {
    f.v128.load(at(0), 2);
  } else if (access !== null && stride === -1 && active === 4) {
    f.v128.load(at(3), 2);
    withVector(values, (v) => f.get(v).get(v).i32x4.shuffle(3, 2, 1, 0));
  } else if (access !== null && Math.abs(stride) === 2 && active === 4) {
    loadAlternate(values, access, copy);
  } else if (contiguous && active >= 2) {
    f.v128.load64_zero(at(0), 2);
    if (active === 3) withVector(values, (v) => f.v128.load32_lane(2, lanePush(values, at, 2, v)));
  } else {
    f.v128.load32_zero(at(0));
    if (active > 1) {
      const v = f.temp("v128");
      f.set(v);
      for (let lane = 1; lane < active; lane++) {
        f.v128.load32_lane(lane, lanePush(values, at, lane, v));
        if (lane < active - 1) f.set(v);
      }
      f.release(v);
    }
  }
}

/** Pushes every other element of four bytes, forwards or backwards, of two vectors that reach no further than the last. */
function loadAlternate(values: LaneMemory, access: Access, copy: Copy): void {
  const { f } = values;
  const load = (lane: number, extra: number): void => {
    f.v128.load(values.pushAddress(access, elementsTo(access, copy, lane) + extra), 2);
  };
  if (access.stride > 0) {
    load(0, 0);
    load(2, -1);
    f.i32x4.shuffle(0, 2, 5, 7);
  } else {
    load(1, -1);
    load(3, 0);
    f.i32x4.shuffle(3, 1, 6, 4);
  }
}

/** Pushes an address and then the vector that a lane is loaded into; returns the offset. */
function lanePush(values: LaneMemory, at: PushLane, lane: number, v: Local): number {
  const offset = at(lane);
  values.f.get(v);
  return offset;
}

function withVector(values: LaneMemory, emit: (v: Local) => void): void {
  const v = values.f.temp("v128");
  values.f.set(v);
  emit(v);
  values.f.release(v);
}

/** Elements of one or two bytes, each extended to a lane; a bool becomes a mask. */
function loadNarrow(
  values: LaneMemory,
  at: PushLane,
  dtype: DType,
  active: number,
  contiguous: boolean,
): void {
  const { f, nest } = values;
  if (nest.lanes === 2) {
    if (dtype !== bool) throw new Error(`${dtype.name} has no code of two lanes`);
    f.i64.load8_u(at(0));
    f.i64x2.splat();
    if (active === 2) {
      f.i64.load8_u(at(1));
      f.i64x2.replace_lane(1);
    }
    f.i64x2.neg();
    return;
  }
  const sign = isUnsigned(dtype) ? "u" : "s";
  if (contiguous && active === 4) {
    if (dtype.itemsize === 1) {
      f.v128.load32_zero(at(0), 0);
      f.i16x8[`extend_low_i8x16_${sign}`]();
    } else {
      f.v128.load64_zero(at(0), 1);
    }
    f.i32x4[`extend_low_i16x8_${sign}`]();
  } else {
    emitScalarLoad(f, dtype, at(0));
    f.i32x4.splat();
    for (let lane = 1; lane < active; lane++) {
      emitScalarLoad(f, dtype, at(lane));
      f.i32x4.replace_lane(lane);
    }
  }
  if (dtype === bool) f.i32x4.neg();
}

function loadKeys(
  values: LaneMemory,
  at: PushLane,
  active: number,
  contiguous: boolean,
  words: readonly [Local, Local],
): void {
  const { f } = values;
  // Two keys to a vector, then the words apart.
  const pairs = [0, 2].map((lane) => {
    const v = f.temp("v128");
    if (lane >= active) f.i32x4.const(0).set(v);
    else if (contiguous && lane + 1 < active) f.v128.load(at(lane), 3).set(v);
    else {
      f.v128.load64_zero(at(lane)).set(v);
      if (lane + 1 < active) f.v128.load64_lane(1, lanePush(values, at, lane + 1, v)).set(v);
    }
    return v;
  });
  f.get(pairs[0]).get(pairs[1]).i32x4.shuffle(0, 2, 4, 6).set(words[0]);
  f.get(pairs[0]).get(pairs[1]).i32x4.shuffle(1, 3, 5, 7).set(words[1]);
  f.release(...pairs);
}

/** Stores the active lanes of a copy, nothing else. */
export function storeLanes(
  values: LaneMemory,
  access: Access,
  dtype: DType,
  value: Local | readonly [Local, Local],
  copy: Copy,
): void {
  const { f } = values;
  const { active } = copy;
  const at: PushLane = (lane) => values.pushAddress(access, elementsTo(access, copy, lane));
  const contiguous = access.stride === 1;
  if (dtype === keyFry) {
    const [w0, w1] = value as readonly [Local, Local];
    for (let lane = 0; lane < active; lane += 2) {
      const v = f.temp("v128");
      f.get(w0).get(w1);
      if (lane === 0) f.i32x4.shuffle(0, 4, 1, 5).set(v);
      else f.i32x4.shuffle(2, 6, 3, 7).set(v);
      if (contiguous && lane + 1 < active) f.v128.store(lanePush(values, at, lane, v), 3);
      else {
        f.v128.store64_lane(0, lanePush(values, at, lane, v));
        if (lane + 1 < active) f.v128.store64_lane(1, lanePush(values, at, lane + 1, v));
      }
      f.release(v);
    }
    return;
  }
  const v = value as Local;
  if (dtype.itemsize < 4) {
    storeNarrow(values, at, dtype, v, active, contiguous);
  } else if (dtype.itemsize === 8) {
    if (contiguous && active === 2) f.v128.store(lanePush(values, at, 0, v), 3);
    else for (let lane = 0; lane < active; lane++) f.v128.store64_lane(lane, lanePush(values, at, lane, v));
  } else if (contiguous && active === 4) {
    f.v128.store(lanePush(values, at, 0, v), 2);
  } else if (contiguous && active >= 2) {
    f.v128.store64_lane(0, lanePush(values, at, 0, v), 2);
    if (active === 3) f.v128.store32_lane(2, lanePush(values, at, 2, v));
  } else {
    for (let lane = 0; lane < active; lane++) f.v128.store32_lane(lane, lanePush(values, at, lane, v));
  }
}

/**
 * Stores two values whose elements alternate in memory, as the parts of complex numbers do: the first at `access`, each element of the second right
 * after that of the first. Elements have four or eight bytes.
 */
export function storeAlternate(
  values: LaneMemory,
  access: Access,
  first: Local,
  second: Local,
  copy: Copy,
): void {
  const { f, nest } = values;
  const { active } = copy;
  const at: PushLane = (lane) => values.pushAddress(access, elementsTo(access, copy, lane));
  const half = nest.lanes / 2;
  for (let start = 0; start < active; start += half) {
    const v = f.temp("v128");
    f.get(first).get(second);
    if (nest.lanes === 2) f.i64x2.shuffle(start, start + 2);
    else if (start === 0) f.i32x4.shuffle(0, 4, 1, 5);
    else f.i32x4.shuffle(2, 6, 3, 7);
    f.set(v);
    if (start + half <= active) f.v128.store(lanePush(values, at, start, v), 2);
    else f.v128.store64_lane(0, lanePush(values, at, start, v), 2);
    f.release(v);
  }
}

function storeNarrow(
  values: LaneMemory,
  at: PushLane,
  dtype: DType,
  v: Local,
  active: number,
  contiguous: boolean,
): void {
  const { f, nest } = values;
  if (nest.lanes === 2 || !contiguous) {
    for (let lane = 0; lane < active; lane++) {
      const offset = at(lane);
      f.get(v).i32x4.extract_lane(nest.lanes === 2 ? 2 * lane : lane);
      if (dtype === bool) f.i32.const(1).i32.and();
      emitScalarStore(f, dtype, offset);
    }
    return;
  }
  // Lanes are within the bounds of the dtype, so that saturation changes nothing.
  const sign = isUnsigned(dtype) ? "u" : "s";
  const packed = f.temp("v128");
  f.get(v);
  if (dtype === bool) f.i32x4.const(1).v128.and();
  f.get(v).i16x8[`narrow_i32x4_${sign}`]();
  if (dtype.itemsize === 1) f.get(v).i8x16[`narrow_i16x8_${sign}`]();
  f.set(packed);
  if (dtype.itemsize === 2) {
    if (active === 4) f.v128.store64_lane(0, lanePush(values, at, 0, packed), 1);
    else
      for (let lane = 0; lane < active; lane++) f.v128.store16_lane(lane, lanePush(values, at, lane, packed));
  } else if (active === 4) f.v128.store32_lane(0, lanePush(values, at, 0, packed), 0);
  else if (active === 1) f.v128.store8_lane(0, lanePush(values, at, 0, packed));
  else {
    f.v128.store16_lane(0, lanePush(values, at, 0, packed), 0);
    if (active === 3) f.v128.store8_lane(2, lanePush(values, at, 2, packed));
  }
  f.release(packed);
}
