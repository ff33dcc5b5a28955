import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { callPack } from "./gemmPack.ts";
import type { Problem } from "./gemmProblem.ts";
import type { Lanes } from "./lanes.ts";
import { addVectors, advance, loadPart, multiplyAdd, neverTaken, storePart, sumLanes } from "./lanes.ts";

/**
 * A row times a matrix whose columns are contiguous, y = x B: each y is a dot product with vectors along k. The order of a sum ("lanes" in
 * {@link ./gemmOrder.ts}): product k goes to lane `k mod 4` of chain `(k / 4) mod 2`, a short end to the first chain; chains are
 * added pairwise after at most {@link BLOCK} products, lanes pairwise at the end.
 */

/** Vectors of sums per dot product: each waits for its last addition. */
const CHAINS = 2;
/** Dot products at a time, which share the loads of x: as many as leave registers for the operands. */
const COLUMNS = 4;
/** Values of k summed before the sum joins the total, so that rounding errors stay those of short sums. */
const BLOCK = 4096;

/** Bytes of scratch: x made contiguous. */
export function dotsScratch({ type, k, aCol }: Problem): number {
  return aCol === 1 ? 0 : k * type.bytes;
}

/** Emits y = x B into the current function. */
export function emitDots(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  x: Local,
  b: Local,
  y: Local,
  scratch: Local,
): void {
  const { type, n, k, aCol, bCol } = p;
  let row = x;
  if (aCol !== 1) {
    callPack(
      mb,
      f,
      { type, width: 1, padded: 1, across: 1, along: aCol },
      { source: () => f.get(x), target: () => f.get(scratch), count: () => f.i32.const(k) },
    );
    row = scratch;
  }
  const [from, to, j] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
  f.get(b).set(from).get(y).set(to);
  const columns = (count: number, times: number, apart: number) => {
    if (times === 0) return;
    const kernel = dotKernel(mb, p, count, apart);
    f.for(j, 0, times, 1, () => {
      f.get(row).get(from).get(to).call(kernel);
      advance(f, from, bCol * type.bytes);
      advance(f, to, type.bytes);
    });
    advance(f, from, (count - 1) * times * bCol * type.bytes);
    advance(f, to, (count - 1) * times * type.bytes);
  };
  // Columns of a quarter each, so that each is one long run of memory: memory is fastest at few of them.
  const quarter = Math.floor(n / COLUMNS);
  columns(COLUMNS, quarter, quarter);
  columns(1, n % COLUMNS, 0);
  f.release(from, to, j);
}

/** (x, b, y): dot products with `columns` columns that are `apart` columns apart. */
function dotKernel(mb: ModuleBuilder, p: Problem, columns: number, apart: number): FuncRef {
  const { type, k, relaxed } = p;
  const stride = apart * p.bCol;
  const key = `dot_${type.kind}_${columns}_k${k}_b${stride}_y${apart}${relaxed ? "_fma" : ""}`;
  return mb.shared(key, () =>
    mb.function(key, ["i32", "i32", "i32"], [], (f, x, b, y) => {
      const vectors = (count: number) => Array.from({ length: count }, () => f.local("v128"));
      const totals = vectors(columns);
      const sums = totals.map(() => vectors(CHAINS));
      const xv = vectors(CHAINS);
      const bv = f.local("v128");
      const left = f.local("i32");
      const step = (chains: number, lanes: number, fence: () => void = () => {}) => {
        for (let u = 0; u < chains; u++) {
          loadPart(f, type, x, lanes, u * 16);
          f.set(xv[u] as Local);
        }
        sums.forEach((sum, column) => {
          if (column > 0) fence();
          for (let u = 0; u < chains; u++) {
            loadPart(f, type, b, lanes, column * stride * type.bytes + u * 16);
            f.set(bv);
            multiplyAdd(f, type, sum[u] as Local, xv[u] as Local, bv, relaxed);
          }
        });
        advance(f, x, chains * lanes * type.bytes);
        advance(f, b, chains * lanes * type.bytes);
      };
      const run = (length: number) => {
        const width = CHAINS * type.count;
        const trips = Math.floor(length / width);
        if (trips > 0) {
          f.i32.const(trips).set(left);
          neverTaken(f, x, (fence) => {
            f.loop((again) => {
              step(CHAINS, type.count, fence);
              f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
            });
          });
        }
        const rest = length - trips * width;
        for (let u = 0; u < Math.floor(rest / type.count); u++) step(1, type.count);
        if (rest % type.count > 0) step(1, rest % type.count);
        totals.forEach((total, column) => {
          addChains(f, type, sums[column] as readonly Local[], total);
        });
      };
      const i = f.local("i32");
      f.for(i, 0, Math.floor(k / BLOCK), 1, () => run(BLOCK));
      if (k % BLOCK > 0) run(k % BLOCK);
      totals.forEach((total, column) => {
        sumLanes(f, type, total);
        storePart(f, type, y, total, 1, column * apart * type.bytes);
      });
    }),
  );
}

/** Adds the chains, pairwise, to the total, and starts them anew. */
function addChains(f: FunctionBuilder, type: Lanes, chains: readonly Local[], total: Local): void {
  for (let width = CHAINS; width > 1; width >>= 1) {
    for (let u = 0; u < width >> 1; u++) {
      const sum = chains[u] as Local;
      f.get(sum).get(chains[u + (width >> 1)] as Local);
      addVectors(f, type);
      f.set(sum);
    }
  }
  f.get(total).get(chains[0] as Local);
  addVectors(f, type);
  f.set(total);
  for (const chain of chains) f.i32x4.const(0).set(chain);
}
