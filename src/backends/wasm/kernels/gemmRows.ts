import type { FunctionBuilder, Local } from "../asm/index.ts";
import type { GemmTuning, Problem } from "./gemmProblem.ts";
import { blocksOf } from "./gemmTuning.ts";

/** Sums that a tile needs to keep the multipliers busy: two a cycle, four cycles each. */
const BUSY = 8;

/** Tiles of one height below each other. */
export interface RowTiles {
  readonly rows: number;
  readonly count: number;
}

/**
 * The tiles at the end of the last block of rows, below tiles of full height: what is left over when these do not divide. Where that would be so
 * low a tile that it takes as long as a higher one, it and the last full tile share their rows. None where nothing is left over.
 */
export function lastTiles(p: Problem, t: GemmTuning): readonly RowTiles[] {
  const rest = p.m % t.rows;
  if (rest === 0) return [];
  const lastBlock = ((p.m - 1) % blocksOf(p, t).m) + 1;
  const both = t.rows + rest;
  if (rest * t.vectors >= BUSY || lastBlock < both) return [{ rows: rest, count: 1 }];
  const [high, low] = [Math.ceil(both / 2), Math.floor(both / 2)];
  return high === low
    ? [{ rows: high, count: 2 }]
    : [
        { rows: high, count: 1 },
        { rows: low, count: 1 },
      ];
}

/** Pushes how many of the `mc` rows of a block are in tiles of full height. */
export function pushFullRows(f: FunctionBuilder, p: Problem, t: GemmTuning, mc: Local): void {
  const last = lastTiles(p, t).reduce((sum, { rows, count }) => sum + rows * count, 0);
  f.get(mc);
  if (last === 0) return;
  f.i32.const(last);
  if (p.m > blocksOf(p, t).m) {
    // Other blocks than the last are whole tiles.
    f.i32.const(0).get(mc).i32.const(t.rows).i32.rem_u().select();
  }
  f.i32.sub();
}

/** Visits the tiles of a block of `mc` rows, from the first to the last, with their heights. */
export function eachTile(
  f: FunctionBuilder,
  at: Local,
  mc: Local,
  p: Problem,
  t: GemmTuning,
  tile: (rows: number) => void,
): void {
  const end = f.temp("i32");
  pushFullRows(f, p, t, mc);
  f.set(end);
  f.for(at, 0, end, t.rows, () => tile(t.rows));
  f.release(end);
  const last = lastTiles(p, t);
  if (last.length === 0) return;
  f.get(at).get(mc).i32.lt_u();
  f.if(() => {
    for (const { rows, count } of last) for (let i = 0; i < count; i++) tile(rows);
  });
}
