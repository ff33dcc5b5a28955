import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { blockLength } from "./gemmOrder.ts";
import type { Problem } from "./gemmProblem.ts";
import type { Lanes } from "./lanes.ts";
import { addVectors, advance, loadPart, loadSplat, multiplyAdd, neverTaken, storePart } from "./lanes.ts";

/**
 * A few rows times a matrix whose rows are contiguous: the rows of y gather scaled rows of B, several per pass, so that B is read once and in the
 * order of memory. Rows short enough for registers go to the register tiles instead, and so do more than a row of x where B is near:
 * tiles read it in narrow columns, which costs little in a cache and most of the time in memory.
 */

/** Columns kept in registers by the tile path: below this many, passes over y would only add traffic. */
const TILE_VECTORS = 12;
/** Rows of y in one pass: two vectors of each, those of a row of B and a scale fit in registers. */
const HEIGHT = 4;
/** With so many rows of B at a time, each is read one vector per step. */
const MOST_STREAMS = 8;
/** Scales of a pass that are kept in registers; of more, each is loaded where it is used. */
const HELD = 8;

/** Several rows of x are done here if they are few, B is wide, and it has so many bytes: for up to NEAR_ROWS rows, or for more. */
const MOST_ROWS = 8;
const LEAST_COLUMNS = 1024;
const LEAST_K = 16;
const NEAR_ROWS = 3;
const NEAR = 1 << 20;
/** More than caches hold, in bytes. */
const FAR = 24 << 20;
/** Rows of B up to this length are read one by one from far memory, which is fastest at a single stream; longer ones would push y out of the cache. */
const SHORT_ROW = 8192;

/**
 * Rows of B that one pass adds to y; 0 where the product is not done this way. From memory, eight streams of long rows are read as fast as one, and y
 * is loaded and stored the least. From a cache fewer are better: rows whose lengths are powers of two fall on the same few lines of it.
 */
export function rowsPerPass({ type, m, n, k, aRow, aCol, bRow, bCol }: Problem): number {
  if (k === 0 || bCol !== 1 || bRow < 0 || n <= TILE_VECTORS * type.count) return 0;
  const bytes = k * n * type.bytes;
  if (m === 1) return bytes < FAR ? 6 : n * type.bytes <= SHORT_ROW ? 1 : 8;
  if (m > MOST_ROWS || n < LEAST_COLUMNS || k < LEAST_K || aRow < 0 || aCol < 0) return 0;
  return bytes >= (m <= NEAR_ROWS ? NEAR : FAR) ? 4 : 0;
}

/** Bytes of scratch: the sums of a block of k. */
export function axpyScratch({ type, m, n, k }: Problem): number {
  return k > blockLength(k) ? m * n * type.bytes : 0;
}

/** Emits y = x B into the current function, `passRows` rows of B at a time. */
export function emitAxpy(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  passRows: number,
  x: Local,
  b: Local,
  y: Local,
  scratch: Local,
): void {
  const { type, m, n, k, aRow, aCol, bRow, ldc } = p;
  const { bytes } = type;
  const [xs, rows, count] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
  f.get(x).set(xs).get(b).set(rows);
  const pass = (depth: number, target: Local, stride: number, adds: boolean) => {
    for (let i = 0; i < m; i += HEIGHT) {
      pushAt(f, xs, i * aRow * bytes);
      f.get(rows);
      pushAt(f, target, i * stride * bytes);
      f.call(axpyKernel(mb, { ...p, ldc: stride }, Math.min(HEIGHT, m - i), depth, adds));
    }
    advance(f, xs, depth * aCol * bytes);
    advance(f, rows, depth * bRow * bytes);
  };
  const block = (length: number, target: Local, stride: number) => {
    const first = Math.min(passRows, length);
    pass(first, target, stride, false);
    f.for(count, 0, Math.floor((length - first) / passRows), 1, () => pass(passRows, target, stride, true));
    const rest = (length - first) % passRows;
    if (rest > 0) pass(rest, target, stride, true);
  };
  const length = blockLength(k);
  block(Math.min(k, length), y, ldc);
  if (k > length) {
    const left = f.temp("i32");
    const another = (size: number) => {
      block(size, scratch, n);
      for (let i = 0; i < m; i++) {
        pushAt(f, y, i * ldc * bytes);
        pushAt(f, scratch, i * n * bytes);
        f.call(addKernel(mb, type, n));
      }
    };
    f.for(left, 1, Math.floor(k / length), 1, () => another(length));
    if (k % length > 0) another(k % length);
    f.release(left);
  }
  f.release(xs, rows, count);
}

/** (x, b, y): y = or += the products of `depth` rows of B, each scaled by its x, in their order, for `height` rows of x. */
function axpyKernel(mb: ModuleBuilder, p: Problem, height: number, depth: number, adds: boolean): FuncRef {
  const { type, n, aRow, aCol, bRow, ldc, relaxed } = p;
  const { bytes } = type;
  const strides = `a${height > 1 ? aRow : 0},${aCol}_b${bRow}_c${height > 1 ? ldc : 0}`;
  const key = `axpy_${type.kind}_${height}x${depth}_n${n}_${strides}${adds ? "_add" : ""}${relaxed ? "_fma" : ""}`;
  return mb.shared(key, () =>
    mb.function(key, ["i32", "i32", "i32"], [], (f, x, b, y) => {
      const vectors = (count: number) => Array.from({ length: count }, () => f.local("v128"));
      const loadScale = (i: number, l: number, scale: Local) => {
        const at = (i * aRow + l * aCol) * bytes;
        pushAt(f, x, Math.min(at, 0));
        loadSplat(f, type, Math.max(at, 0));
        f.set(scale);
      };
      const held = height * depth <= HELD;
      const scales = vectors(held ? height * depth : 1);
      if (held) scales.forEach((scale, s) => loadScale(Math.floor(s / depth), s % depth, scale));
      // As many streams as the first cache has lines of one address modulo a page: a line must be used up soon.
      const width = depth >= MOST_STREAMS ? 1 : 2;
      const sums = Array.from({ length: height }, () => vectors(width));
      const row = vectors(width);
      const step = (active: readonly number[], fence: () => void) => {
        const eachSum = (visit: (sum: Local, lanes: number, offset: number) => void) =>
          sums.forEach((own, i) => {
            active.forEach((lanes, v) => visit(own[v] as Local, lanes, i * ldc * bytes + 16 * v));
          });
        eachSum((sum, lanes, offset) => {
          if (adds) loadPart(f, type, y, lanes, offset);
          else f.i32x4.const(0);
          f.set(sum);
        });
        for (let l = 0; l < depth; l++) {
          if (l > 0 && !held) fence();
          active.forEach((lanes, v) => {
            loadPart(f, type, b, lanes, l * bRow * bytes + 16 * v);
            f.set(row[v] as Local);
          });
          sums.forEach((own, i) => {
            const scale = scales[held ? i * depth + l : 0] as Local;
            if (!held) loadScale(i, l, scale);
            active.forEach((_, v) => multiplyAdd(f, type, own[v] as Local, scale, row[v] as Local, relaxed));
          });
        }
        eachSum((sum, lanes, offset) => storePart(f, type, y, sum, lanes, offset));
      };
      neverTaken(f, b, (fence) => overVectors(f, type, n, width, [b, y], (active) => step(active, fence)));
    }),
  );
}

/** (y, x): y += x, of length n. */
export function addKernel(mb: ModuleBuilder, type: Lanes, n: number): FuncRef {
  const key = `add_${type.kind}_n${n}`;
  return mb.shared(key, () =>
    mb.function(key, ["i32", "i32"], [], (f, y, x) => {
      const sum = f.local("v128");
      overVectors(f, type, n, 2, [y, x], (active) => {
        active.forEach((lanes, v) => {
          loadPart(f, type, y, lanes, 16 * v);
          loadPart(f, type, x, lanes, 16 * v);
          addVectors(f, type);
          f.set(sum);
          storePart(f, type, y, sum, lanes, 16 * v);
        });
      });
    }),
  );
}

/** Runs over n contiguous elements, one or two vectors at a time, advancing the pointers. `step` is given the lanes of each vector; the last may be partial. */
function overVectors(
  f: FunctionBuilder,
  type: Lanes,
  n: number,
  width: 1 | 2,
  pointers: readonly Local[],
  step: (active: readonly number[]) => void,
): void {
  const { count } = type;
  const left = f.local("i32");
  const steps = Math.floor(n / (width * count));
  if (steps > 0) {
    f.i32.const(steps).set(left);
    f.loop((again) => {
      step(Array.from({ length: width }, () => count));
      for (const pointer of pointers) advance(f, pointer, 16 * width);
      f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
    });
  }
  const rest = n - steps * width * count;
  if (rest > 0) step(rest > count ? [count, rest - count] : [rest]);
}

/** Pushes an address some bytes on. */
function pushAt(f: FunctionBuilder, address: Local, bytes: number): void {
  f.get(address);
  if (bytes !== 0) f.i32.const(bytes).i32.add();
}
