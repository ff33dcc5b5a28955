import type { FunctionBuilder, Local } from "../asm/index.ts";

/** The number types that the hand-scheduled kernels compute with. */
export type NumberKind = "f32" | "f64" | "i32" | "i64";

/** A vector type by its lanes: how to load, store and multiply-add it, whole or in part. */
export type Lanes = {
  readonly kind: NumberKind;
  /** Bytes of one element. */
  readonly bytes: number;
  /** Elements of one vector. */
  readonly count: number;
};

export const LANES: Readonly<Record<NumberKind, Lanes>> = {
  f32: { kind: "f32", bytes: 4, count: 4 },
  f64: { kind: "f64", bytes: 8, count: 2 },
  i32: { kind: "i32", bytes: 4, count: 4 },
  i64: { kind: "i64", bytes: 8, count: 2 },
};

/** Pushes a vector with the element at the address on the stack in every lane. */
export function loadSplat(f: FunctionBuilder, t: Lanes, offset = 0): void {
  if (t.bytes === 8) f.v128.load64_splat(offset, 3);
  else f.v128.load32_splat(offset, 2);
}

/** Pushes a vector of `count` elements from memory, zero in the other lanes. Reads nothing beyond them. */
export function loadPart(f: FunctionBuilder, t: Lanes, address: Local, count: number, offset = 0): void {
  f.get(address);
  if (count === t.count) f.v128.load(offset, 2);
  else if (t.bytes === 8) f.v128.load64_zero(offset, 3);
  else if (count === 1) f.v128.load32_zero(offset, 2);
  else if (count === 2) f.v128.load64_zero(offset, 2);
  else
    f.get(address)
      .v128.load64_zero(offset, 2)
      .v128.load32_lane(2, offset + 8, 2);
}

/** Stores the first `count` lanes. */
export function storePart(
  f: FunctionBuilder,
  t: Lanes,
  address: Local,
  value: Local,
  count: number,
  offset = 0,
): void {
  f.get(address).get(value);
  if (count === t.count) f.v128.store(offset, 2);
  else if (t.bytes === 8) f.v128.store64_lane(0, offset, 3);
  else if (count === 1) f.v128.store32_lane(0, offset, 2);
  else f.v128.store64_lane(0, offset, 2);
  if (t.bytes === 4 && count === 3)
    f.get(address)
      .get(value)
      .v128.store32_lane(2, offset + 8, 2);
}

/** Pushes a vector of `count` elements that lie `step` elements apart, zero in the other lanes. */
export function loadSpread(
  f: FunctionBuilder,
  t: Lanes,
  address: Local,
  count: number,
  offset: number,
  step: number,
): void {
  f.get(address);
  if (t.bytes === 8) f.v128.load64_zero(offset, 3);
  else f.v128.load32_zero(offset, 2);
  const vector = f.temp("v128");
  for (let lane = 1; lane < count; lane++) {
    f.set(vector).get(address).get(vector);
    if (t.bytes === 8) f.v128.load64_lane(lane, offset + lane * step * 8, 3);
    else f.v128.load32_lane(lane, offset + lane * step * 4, 2);
  }
  f.release(vector);
}

/** Stores the first `count` lanes `step` elements apart. */
export function storeSpread(
  f: FunctionBuilder,
  t: Lanes,
  address: Local,
  value: Local,
  count: number,
  offset: number,
  step: number,
): void {
  for (let lane = 0; lane < count; lane++) {
    f.get(address).get(value);
    if (t.bytes === 8) f.v128.store64_lane(lane, offset + lane * step * 8, 3);
    else f.v128.store32_lane(lane, offset + lane * step * 4, 2);
  }
}

/** `acc += x * y` on vectors; fused when `relaxed`. */
export function multiplyAdd(
  f: FunctionBuilder,
  t: Lanes,
  acc: Local,
  x: Local,
  y: Local,
  relaxed: boolean,
): void {
  if (t.kind === "i32") f.get(acc).get(x).get(y).i32x4.mul().i32x4.add();
  else if (t.kind === "i64") f.get(acc).get(x).get(y).i64x2.mul().i64x2.add();
  else if (t.kind === "f32") {
    if (relaxed) f.get(x).get(y).get(acc).f32x4.relaxed_madd();
    else f.get(acc).get(x).get(y).f32x4.mul().f32x4.add();
  } else if (relaxed) f.get(x).get(y).get(acc).f64x2.relaxed_madd();
  else f.get(acc).get(x).get(y).f64x2.mul().f64x2.add();
  f.set(acc);
}

/** Adds the two vectors on the stack. */
export function addVectors(f: FunctionBuilder, t: Lanes): void {
  if (t.kind === "i32") f.i32x4.add();
  else if (t.kind === "i64") f.i64x2.add();
  else if (t.kind === "f32") f.f32x4.add();
  else f.f64x2.add();
}

/** Multiplies the two vectors on the stack. */
export function multiplyVectors(f: FunctionBuilder, t: Lanes): void {
  if (t.kind === "i32") f.i32x4.mul();
  else if (t.kind === "i64") f.i64x2.mul();
  else if (t.kind === "f32") f.f32x4.mul();
  else f.f64x2.mul();
}

/** Replaces a vector local by the sum of its lanes, in every lane; pairwise. */
export function sumLanes(f: FunctionBuilder, t: Lanes, value: Local): void {
  f.get(value).get(value).get(value).i64x2.shuffle(1, 0);
  addVectors(f, t);
  f.set(value);
  if (t.count === 4) {
    f.get(value).get(value).get(value).i32x4.shuffle(1, 0, 3, 2);
    addVectors(f, t);
    f.set(value);
  }
}

/**
 * Gives the body a *fence*: a branch out of it that is never taken, and so ends a basic block.
 *
 * V8's optimising compiler hoists every load of a basic block above its arithmetic, and then spills what does not fit in registers, at
 * half the speed. Fences keep a step from loading more than fits. `address` is that of an operand: none can start at the last
 * addresses of memory.
 */
export function neverTaken(f: FunctionBuilder, address: Local, body: (fence: () => void) => void): void {
  let count = 0;
  f.block((leave) => body(() => f.get(address).i32.const(--count).i32.eq().brIf(leave)));
}

/** Adds a byte count to an address. Either sign; zero adds nothing. */
export function advance(f: FunctionBuilder, address: Local, bytes: number): void {
  if (bytes !== 0) f.get(address).i32.const(bytes).i32.add().set(address);
}

/** Pushes `base + index * scale`. */
export function pushScaled(f: FunctionBuilder, base: Local, index: Local, scale: number): void {
  f.get(base);
  if (scale === 0) return;
  f.get(index);
  if (scale !== 1) f.i32.const(scale).i32.mul();
  f.i32.add();
}
