import { rowsPerPass } from "./gemmAxpy.ts";
import { blockLength } from "./gemmOrder.ts";
import type { GemmTuning, Problem } from "./gemmProblem.ts";

/** Block and tile sizes for a problem; `forced` ones as given. */
export function tune(p: Problem, forced: Partial<GemmTuning> = {}): GemmTuning {
  const { type, m, n, aRow, aCol, bRow, bCol } = p;
  const [rows, vectors] = tileShape(p);
  const blockM = Math.floor(128 / rows) * rows;
  const blockN = 512;
  const packB = bCol !== 1 || bRow < 0 || (hasConflicts(p) && m >= 2 * rows);
  const far = Math.max(aRow, aCol === 1 ? 0 : 4 * aCol) * type.bytes >= 4096;
  const packA = aRow < 0 || aCol < 0 || (far && n >= (aCol === 1 ? 256 : 64));
  const rowOrderK = 32;
  const passRows = rowsPerPass(p);
  const tuning = { rows, vectors, blockM, blockN, rowOrderK, packA, packB, passRows, ...forced };
  return p.panels ? { ...tuning, packB: true, passRows: 0 } : tuning;
}

/** Whether strided reads of B would fight over the same cache lines: packing it pays if that is done often enough. */
export function hasConflicts({ type, n, k, bRow }: Problem): boolean {
  return k * n * type.bytes > 65536 || (k >= 8 && bRow * type.bytes >= 2048);
}

/**
 * The register tile that covers C in the least estimated time, remainders included. It must leave registers for a row of
 * B, an element of A and, without fused multiply-add, a product.
 */
export function tileShape({
  type,
  m,
  n,
  relaxed,
}: Pick<Problem, "type" | "m" | "n" | "relaxed">): [rows: number, vectors: number, time: number] {
  const registers = relaxed && type.kind.startsWith("f") ? 15 : 14;
  const needed = Math.ceil(n / type.count);
  let best: [number, number] = [1, 1];
  let least = Infinity;
  for (let vectors = 1; vectors <= Math.min(needed, 6); vectors++) {
    for (let rows = 1; rows <= Math.min(m, 12); rows++) {
      if (rows * vectors + vectors + 1 > registers) break;
      const full = Math.floor(needed / vectors);
      const rest = needed % vectors;
      const down = Math.floor(m / rows);
      let time = strip(rows, vectors, full, rest) * down;
      if (m % rows > 0) time += strip(m % rows, vectors, full, rest);
      if (time < least) {
        least = time;
        best = [rows, vectors];
      }
    }
  }
  return [...best, least];
}

/** Time of a row of tiles: `full` of so many vectors and one of `rest`, if any. */
function strip(rows: number, vectors: number, full: number, rest: number): number {
  const time = full * tileTime(rows, vectors);
  return rest > 0 ? time + tileTime(rows, rest) : time;
}

function tileTime(rows: number, vectors: number): number {
  return 0.5 * rows * vectors + 0.1 * (rows + vectors) + 0.4;
}

/** Lengths of the blocks of k, rows and columns: whole tiles, except that the last block ends with the matrix. */
export function blocksOf({ type, m, n, k }: Problem, t: GemmTuning): { k: number; m: number; n: number } {
  const nr = t.vectors * type.count;
  const mostRows = Math.max(t.rows, Math.floor(t.blockM / t.rows) * t.rows);
  const blocks = Math.ceil(m / mostRows);
  return {
    k: blockLength(k),
    // Blocks of about the same height: a last one of few rows would be slow.
    m: Math.min(m, Math.ceil(m / Math.max(1, blocks) / t.rows) * t.rows),
    n: Math.min(n, Math.max(nr, Math.floor(t.blockN / nr) * nr)),
  };
}

/** Sizes of the packed blocks of A and B, which lie one after the other in scratch. */
export function packedBytes(p: Problem, tuning: GemmTuning): { a: number; b: number } {
  const blocks = blocksOf(p, tuning);
  const depth = blocks.k * p.type.bytes;
  const paddedN = Math.ceil(blocks.n / p.type.count) * p.type.count;
  const round = (bytes: number) => Math.ceil(bytes / 64) * 64;
  const packsB = tuning.packB && !p.panels;
  return { a: tuning.packA ? round(blocks.m * depth) : 0, b: packsB ? round(paddedN * depth) : 0 };
}

/** Bytes after the packed blocks for sums of some blocks of k, which wait there for those of the others and then the epilogue. */
export function keptBytes(p: Problem, tuning: GemmTuning): number {
  const blocks = blocksOf(p, tuning);
  if (p.epilogue === undefined || p.k <= blocks.k) return 0;
  return p.m * Math.min(p.n, blocks.n) * p.type.bytes;
}
