import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { blockLength } from "./gemmOrder.ts";
import type { Problem } from "./gemmProblem.ts";
import type { Lanes } from "./lanes.ts";
import { addVectors, advance, loadPart, loadSplat, multiplyAdd, storePart } from "./lanes.ts";

/**
 * A row times a matrix whose rows are contiguous: y gathers scaled rows of B, several per pass, so that B is read once and in order.
 * Rows short enough for registers go to the register tiles instead.
 */

/** Columns kept in registers by the tile path: below this many, passes over y would only add traffic. */
const TILE_VECTORS = 12;
/** Rows of B that one pass adds. */
const PASS = 8;

export function takesAxpy({ type, m, n, k, bRow, bCol }: Problem): boolean {
  return m === 1 && k > 0 && bCol === 1 && bRow >= 0 && n > TILE_VECTORS * type.count;
}

/** Bytes of scratch: the sums of a block of k. */
export function axpyScratch({ type, n, k }: Problem): number {
  return k > blockLength(k) ? n * type.bytes : 0;
}

/** Emits y = x B into the current function. */
export function emitAxpy(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  x: Local,
  b: Local,
  y: Local,
  scratch: Local,
): void {
  const { type, n, k, aCol, bRow } = p;
  const [xs, rows, count] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
  f.get(x).set(xs).get(b).set(rows);
  const pass = (size: number, target: Local, adds: boolean) => {
    f.get(xs)
      .get(rows)
      .get(target)
      .call(axpyKernel(mb, p, size, adds));
    advance(f, xs, size * aCol * type.bytes);
    advance(f, rows, size * bRow * type.bytes);
  };
  const block = (length: number, target: Local) => {
    const first = Math.min(PASS, length);
    pass(first, target, false);
    f.for(count, 0, Math.floor((length - first) / PASS), 1, () => pass(PASS, target, true));
    const rest = (length - first) % PASS;
    if (rest > 0) pass(rest, target, true);
  };
  const length = blockLength(k);
  block(Math.min(k, length), y);
  if (k > length) {
    const left = f.temp("i32");
    const another = (size: number) => {
      block(size, scratch);
      f.get(y)
        .get(scratch)
        .call(addKernel(mb, type, n));
    };
    f.for(left, 1, Math.floor(k / length), 1, () => another(length));
    if (k % length > 0) another(k % length);
    f.release(left);
  }
  f.release(xs, rows, count);
}

/** (x, b, y): y = or += the products of `size` rows of B, each scaled by its x, in their order. */
function axpyKernel(mb: ModuleBuilder, p: Problem, size: number, adds: boolean): FuncRef {
  const { type, n, aCol, bRow, relaxed } = p;
  const key = `axpy_${type.kind}_${size}_n${n}_a${aCol}_b${bRow}${adds ? "_add" : ""}${relaxed ? "_fma" : ""}`;
  return mb.shared(key, () =>
    mb.function(key, ["i32", "i32", "i32"], [], (f, x, b, y) => {
      const scales = Array.from({ length: size }, (_, r) => {
        const scale = f.local("v128");
        const at = r * aCol * type.bytes;
        f.get(x);
        if (at < 0) f.i32.const(at).i32.add();
        loadSplat(f, type, Math.max(at, 0));
        f.set(scale);
        return scale;
      });
      const [sum, row] = [f.local("v128"), f.local("v128")];
      const vector = (lanes: number, offset: number) => {
        if (adds) loadPart(f, type, y, lanes, offset);
        else f.i32x4.const(0);
        f.set(sum);
        scales.forEach((scale, r) => {
          loadPart(f, type, b, lanes, r * bRow * type.bytes + offset);
          f.set(row);
          multiplyAdd(f, type, sum, scale, row, relaxed);
        });
        storePart(f, type, y, sum, lanes, offset);
      };
      overVector(f, type, n, [b, y], vector);
    }),
  );
}

/** (y, x): y += x, of length n. */
export function addKernel(mb: ModuleBuilder, type: Lanes, n: number): FuncRef {
  const key = `add_${type.kind}_n${n}`;
  return mb.shared(key, () =>
    mb.function(key, ["i32", "i32"], [], (f, y, x) => {
      const sum = f.local("v128");
      overVector(f, type, n, [y, x], (lanes, offset) => {
        loadPart(f, type, y, lanes, offset);
        loadPart(f, type, x, lanes, offset);
        addVectors(f, type);
        f.set(sum);
        storePart(f, type, y, sum, lanes, offset);
      });
    }),
  );
}

/** Runs over n contiguous elements, two vectors at a time, advancing the pointers; the last vector may be partial. */
function overVector(
  f: FunctionBuilder,
  type: Lanes,
  n: number,
  pointers: readonly Local[],
  vector: (lanes: number, offset: number) => void,
): void {
  const left = f.local("i32");
  const pairs = Math.floor(n / (2 * type.count));
  if (pairs > 0) {
    f.i32.const(pairs).set(left);
    f.loop((again) => {
      vector(type.count, 0);
      vector(type.count, 16);
      for (const pointer of pointers) advance(f, pointer, 32);
      f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
    });
  }
  let offset = 0;
  let rest = n - pairs * 2 * type.count;
  for (; rest >= type.count; rest -= type.count, offset += 16) vector(type.count, offset);
  if (rest > 0) vector(rest, offset);
}
