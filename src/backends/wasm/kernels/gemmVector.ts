import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { packPanel } from "./gemmPack.ts";
import type { Lanes } from "./lanes.ts";
import { addVectors, advance, loadPart, loadSplat, multiplyAdd, storePart, sumLanes } from "./lanes.ts";

/**
 * Products with one row, y = x B. Two forms: "dot" where the columns of B are contiguous (each y is a dot product), "axpy"
 * where its rows are (y gathers scaled rows). Rows short enough for registers go to the register tiles instead.
 */
export type VectorPath = "dot" | "axpy";

type VectorProblem = {
  readonly type: Lanes;
  readonly n: number;
  readonly k: number;
  readonly aCol: number;
  readonly bRow: number;
  readonly bCol: number;
  readonly relaxed: boolean;
};

/** Columns kept in registers by the tile path: below this many, axpy would only add traffic. */
const TILE_VECTORS = 12;
/** Rows of B that one axpy pass adds. */
const GROUP = 8;
/** Values of k summed before the sum joins the total, so that rounding errors stay those of short sums. */
const AXPY_BLOCK = 1024;
const DOT_BLOCK = 4096;

export function vectorPath(n: number, k: number, bRow: number, bCol: number): VectorPath | undefined {
  if (bRow === 1 && bCol >= 0 && k > 1) return "dot";
  if (bCol === 1 && bRow >= 0 && n > TILE_VECTORS * 4) return "axpy";
  return undefined;
}

/** Bytes of scratch: x made contiguous for dot, a second accumulator for a long axpy. */
export function vectorScratch(
  type: Lanes,
  n: number,
  k: number,
  bRow: number,
  bCol: number,
  aCol: number,
): number {
  if (vectorPath(n, k, bRow, bCol) === "dot") return aCol === 1 ? 0 : k * type.bytes;
  return k > AXPY_BLOCK || aCol < 0 ? n * type.bytes + (aCol < 0 ? k * type.bytes : 0) : 0;
}

/** Emits y = x B into the current function. */
export function emitVectorMatrix(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: VectorProblem,
  x: Local,
  b: Local,
  y: Local,
  scratch: Local,
): void {
  const path = vectorPath(p.n, p.k, p.bRow, p.bCol);
  let from = x;
  let stride = p.aCol;
  if (stride < 0 || (path === "dot" && stride !== 1)) {
    // Gathered to the end of scratch for axpy, whose accumulator comes first.
    from = f.temp("i32");
    f.get(scratch)
      .i32.const(path === "dot" ? 0 : p.n * p.type.bytes)
      .i32.add()
      .set(from);
    const gather = packPanel(mb, { type: p.type, width: 1, padded: 1, across: 1, along: stride });
    f.get(x).get(from).i32.const(p.k).call(gather);
    stride = 1;
  }
  if (path === "dot") emitDots(mb, f, p, from, b, y);
  else emitAxpy(mb, f, { ...p, aCol: stride }, from, b, y, scratch);
  if (from !== x) f.release(from);
}

function emitDots(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: VectorProblem,
  x: Local,
  b: Local,
  y: Local,
): void {
  const { type, n, k, bCol, relaxed } = p;
  const [from, to, j] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
  f.get(b).set(from).get(y).set(to);
  const columns = (count: number, times: number) => {
    if (times === 0) return;
    const kernel = dotKernel(mb, type, count, k, bCol, relaxed);
    f.for(j, 0, times, 1, () => {
      f.get(x).get(from).get(to).call(kernel);
      advance(f, from, count * bCol * type.bytes);
      advance(f, to, count * type.bytes);
    });
  };
  columns(4, n >> 2);
  columns(1, n & 3);
  f.release(from, to, j);
}

/** (x, b, y): `columns` dot products of length k. */
function dotKernel(
  mb: ModuleBuilder,
  type: Lanes,
  columns: number,
  k: number,
  bCol: number,
  relaxed: boolean,
): FuncRef {
  const key = `dot_${type.kind}_${columns}_k${k}_b${bCol}${relaxed ? "_fma" : ""}`;
  return mb.shared(key, () =>
    mb.function(key, ["i32", "i32", "i32"], [], (f, x, b, y) => {
      const unroll = columns === 1 ? 4 : 2;
      const totals = Array.from({ length: columns }, () => f.local("v128"));
      const sums = totals.map(() => Array.from({ length: unroll }, () => f.local("v128")));
      const xv = Array.from({ length: unroll }, () => f.local("v128"));
      const bv = f.local("v128");
      const left = f.local("i32");
      const step = (vectors: number, lanes: number, fence: () => void = () => {}) => {
        for (let u = 0; u < vectors; u++) {
          loadPart(f, type, x, lanes, u * 16);
          f.set(xv[u] as Local);
        }
        sums.forEach((sum, column) => {
          if (column > 0) fence();
          for (let u = 0; u < vectors; u++) {
            loadPart(f, type, b, lanes, column * bCol * type.bytes + u * 16);
            f.set(bv);
            multiplyAdd(f, type, sum[u] as Local, xv[u] as Local, bv, relaxed);
          }
        });
        advance(f, x, vectors * lanes * type.bytes);
        advance(f, b, vectors * lanes * type.bytes);
      };
      const flush = () => {
        sums.forEach((sum, column) => {
          const total = totals[column] as Local;
          // Pairwise over the chains.
          for (let width = unroll; width > 1; width >>= 1) {
            for (let u = 0; u < width >> 1; u++) {
              f.get(sum[u] as Local).get(sum[u + (width >> 1)] as Local);
              addVectors(f, type);
              f.set(sum[u] as Local);
            }
          }
          f.get(total).get(sum[0] as Local);
          addVectors(f, type);
          f.set(total);
          for (const chain of sum) f.i32x4.const(0).set(chain);
        });
      };
      const run = (length: number) => {
        const width = unroll * type.count;
        const trips = Math.floor(length / width);
        if (trips > 0) {
          f.i32.const(trips).set(left);
          // Never taken: keeps the compiler from loading more than fits in registers, as in the register tiles.
          f.block((leave) => {
            let fences = 0;
            const fence = () => f.get(x).i32.const(--fences).i32.eq().brIf(leave);
            f.loop((again) => {
              step(unroll, type.count, fence);
              f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
            });
          });
        }
        const rest = length - trips * width;
        for (let u = 0; u < Math.floor(rest / type.count); u++) step(1, type.count);
        if (rest % type.count > 0) step(1, rest % type.count);
        flush();
      };
      const blocks = Math.floor(k / DOT_BLOCK);
      const i = f.local("i32");
      f.for(i, 0, blocks, 1, () => run(DOT_BLOCK));
      if (k % DOT_BLOCK > 0) run(k % DOT_BLOCK);
      totals.forEach((total, column) => {
        sumLanes(f, type, total);
        storePart(f, type, y, total, 1, column * type.bytes);
      });
    }),
  );
}

function emitAxpy(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: VectorProblem,
  x: Local,
  b: Local,
  y: Local,
  scratch: Local,
): void {
  const { type, n, k, aCol, bRow } = p;
  const [xs, rows, target, count] = ["i32", "i32", "i32", "i32"].map(() => f.temp("i32")) as [
    Local,
    Local,
    Local,
    Local,
  ];
  f.get(x).set(xs).get(b).set(rows).get(y).set(target);
  const group = (size: number, adds: boolean) => {
    f.get(xs)
      .get(rows)
      .get(target)
      .call(axpyKernel(mb, p, size, adds));
    advance(f, xs, size * aCol * type.bytes);
    advance(f, rows, size * bRow * type.bytes);
  };
  const block = (length: number) => {
    group(Math.min(GROUP, length), false);
    const rest = length - Math.min(GROUP, length);
    f.for(count, 0, Math.floor(rest / GROUP), 1, () => group(GROUP, true));
    if (rest % GROUP > 0) group(rest % GROUP, true);
  };
  block(Math.min(k, AXPY_BLOCK));
  if (k > AXPY_BLOCK) {
    const later = f.temp("i32");
    const add = addKernel(mb, type, n);
    const another = (length: number) => {
      block(length);
      f.get(y).get(scratch).call(add);
    };
    f.get(scratch).set(target);
    f.for(later, 1, Math.floor(k / AXPY_BLOCK), 1, () => another(AXPY_BLOCK));
    if (k % AXPY_BLOCK > 0) another(k % AXPY_BLOCK);
    f.release(later);
  }
  f.release(xs, rows, target, count);
}

/** (x, b, y): y = or += the sum of `size` rows of B, each scaled by its x. */
function axpyKernel(mb: ModuleBuilder, p: VectorProblem, size: number, adds: boolean): FuncRef {
  const { type, n, aCol, bRow, relaxed } = p;
  const key = `axpy_${type.kind}_${size}_n${n}_a${aCol}_b${bRow}${adds ? "_add" : ""}${relaxed ? "_fma" : ""}`;
  return mb.shared(key, () =>
    mb.function(key, ["i32", "i32", "i32"], [], (f, x, b, y) => {
      const scales = Array.from({ length: size }, (_, r) => {
        const scale = f.local("v128");
        f.get(x);
        loadSplat(f, type, r * aCol * type.bytes);
        f.set(scale);
        return scale;
      });
      const [even, odd, row] = [f.local("v128"), f.local("v128"), f.local("v128")];
      // Two chains of additions, so that one waits less for the other.
      const vector = (lanes: number, offset: number) => {
        if (adds) loadPart(f, type, y, lanes, offset);
        else f.i32x4.const(0);
        f.set(even).i32x4.const(0).set(odd);
        scales.forEach((scale, r) => {
          loadPart(f, type, b, lanes, r * bRow * type.bytes + offset);
          f.set(row);
          multiplyAdd(f, type, r % 2 === 0 ? odd : even, scale, row, relaxed);
        });
        f.get(even).get(odd);
        addVectors(f, type);
        f.set(even);
        storePart(f, type, y, even, lanes, offset);
      };
      overVector(f, type, n, [b, y], vector);
    }),
  );
}

/** (y, x): y += x, of length n. */
function addKernel(mb: ModuleBuilder, type: Lanes, n: number): FuncRef {
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
