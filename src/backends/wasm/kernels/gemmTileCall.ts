import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { type CommonTile, callCommonTile, commonTileOf, LEAST_K } from "./commonTile.ts";
import type { GemmEpilogue, GemmTuning, Problem } from "./gemmProblem.ts";
import { lastTiles, pushFullRows } from "./gemmRows.ts";
import { gemmTile } from "./gemmTile.ts";

/** Memory that moves with the tiles: the address for the first tile, and element strides. */
export type Placed = { readonly at: Local; readonly rowStride: number; readonly colStride: number };

/** What the tiles of a block have in common. */
export type Block = {
  readonly a: Local;
  readonly b: Local;
  readonly c: Placed;
  /** The sums of earlier blocks of k where they are not in C. */
  readonly sums: Placed | null;
  readonly pc: Local;
  readonly nc: Local;
  readonly mc: Local;
  readonly kc: Local;
  readonly singleK: boolean;
  readonly epilogue: GemmEpilogue | undefined;
  /** Those of the epilogue. */
  readonly arrays: readonly Placed[];
};

/** The addresses for one tile. */
export type TileOperands = {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
  /** Of the earlier sums, if they are not in C, and of the arrays of the epilogue. */
  readonly arrays: readonly Local[];
};

/** Calls the tile of a size that is written for this product. */
export function callTile(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  block: Block,
  at: TileOperands,
  rows: number,
  cols: number,
): void {
  const { type, k, relaxed } = p;
  const { epilogue, sums, singleK } = block;
  const fixedK = singleK && !(t.packA && t.packB);
  const func = gemmTile(mb, {
    type,
    rows,
    cols,
    aRow: t.packA ? 1 : p.aRow,
    aCol: t.packA ? rows : p.aCol,
    bRow: bRowOf(p, t, cols),
    bPadded: t.packB,
    k: fixedK ? k : undefined,
    accumulates: !singleK,
    sumsRow: sums?.rowStride,
    relaxed,
    epilogue: epilogue && { ...epilogue, arrays: stridesOf(epilogue) },
  });
  f.get(at.a)
    .get(at.b)
    .get(at.c)
    .i32.const(block.c.rowStride * type.bytes);
  if (!fixedK) f.get(block.kc);
  if (!singleK) f.get(block.pc);
  for (const array of at.arrays) f.get(array);
  f.call(func);
}

const bRowOf = ({ type, bRow }: Problem, { packB }: GemmTuning, cols: number): number =>
  packB ? Math.ceil(cols / type.count) * type.count : bRow;

const stridesOf = ({ arrays }: GemmEpilogue) =>
  arrays.map(({ rowStride, colStride }) => ({ row: rowStride, col: colStride }));

/** The tile that all programs share, where there is one for this product. */
function commonOf(
  p: Problem,
  t: GemmTuning,
  rows: number,
  cols: number,
  epilogue: GemmEpilogue | undefined,
): CommonTile | null {
  if (p.k < LEAST_K) return null;
  const code = epilogue?.shared?.() ?? null;
  if (epilogue !== undefined && code === null) return null;
  const colStrides = epilogue?.arrays.map((x) => x.colStride) ?? [];
  const after = code === null ? undefined : { code, colStrides };
  const shape = { type: p.type, rows, cols, bPadded: t.packB, relaxed: p.relaxed, epilogue: after };
  const a = t.packA ? { row: 1, col: rows } : { row: p.aRow, col: p.aCol };
  return commonTileOf(shape, a);
}

/** Whether the tiles below each other in a block are done by {@link callColumn}. */
export function usesCommon(p: Problem, t: GemmTuning): boolean {
  return commonOf(p, t, Math.min(t.rows, p.m), t.vectors * p.type.count, p.epilogue) !== null;
}

/** Calls common tiles of so many columns for all rows of a block. */
export function callColumn(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  block: Block,
  at: TileOperands,
  cols: number,
): void {
  const { bytes } = p.type;
  const { epilogue, sums, singleK, kc, mc, pc } = block;
  const ldc = block.c.rowStride * bytes;
  const earlierRow = sums === null ? ldc : sums.rowStride * bytes;
  const [earlier, ...arrays] = sums === null ? [at.c, ...at.arrays] : at.arrays;
  /** Pushes an address that is so many bytes further for each row above. */
  const below = (start: Local, step: number, above: Local | null) => () => {
    f.get(start);
    if (above !== null) f.get(above).i32.const(step).i32.mul().i32.add();
  };
  const constant = (value: number) => () => f.i32.const(value);
  const call = (rows: number, tiles: () => unknown, above: Local | null) => {
    const tile = commonOf(p, t, rows, cols, epilogue) as CommonTile;
    callCommonTile(mb, f, tile, {
      a: () => {
        f.get(at.a);
        if (above === null) return;
        f.get(above);
        if (t.packA) f.get(kc).i32.mul().i32.const(bytes).i32.mul().i32.add();
        else
          f.i32
            .const(p.aRow * bytes)
            .i32.mul()
            .i32.add();
      },
      b: () => f.get(at.b),
      c: below(at.c, ldc, above),
      ldc: constant(ldc),
      k: () => f.get(kc),
      sums: () => {
        if (singleK) f.i32.const(0);
        else {
          below(earlier as Local, earlierRow, above)();
          f.i32.const(0).get(pc).select();
        }
      },
      sumsRow: constant(earlierRow),
      aStride: constant((tile.contiguous === "k" ? p.aRow : t.packA ? rows : p.aCol) * bytes),
      bStride: constant(bRowOf(p, t, cols) * bytes),
      tiles,
      aTile: () => {
        if (t.packA)
          f.get(kc)
            .i32.const(rows * bytes)
            .i32.mul();
        else f.i32.const(rows * p.aRow * bytes);
      },
      arrays: (epilogue?.arrays ?? []).map(({ rowStride }, i) => ({
        at: below(arrays[i] as Local, rowStride * bytes, above),
        row: constant(rowStride * bytes),
      })),
    });
  };
  const last = lastTiles(p, t);
  if (p.m >= t.rows) {
    const full = f.temp("i32");
    pushFullRows(f, p, t, mc);
    f.i32.const(t.rows).i32.div_u().tee(full);
    f.if(() => call(t.rows, () => f.get(full), null));
    f.release(full);
  }
  if (last.length === 0) return;
  const above = f.temp("i32");
  pushFullRows(f, p, t, mc);
  f.tee(above).get(mc).i32.lt_u();
  f.if(() => {
    for (const { rows, count } of last) {
      call(rows, constant(count), above);
      f.get(above)
        .i32.const(rows * count)
        .i32.add()
        .set(above);
    }
  });
  f.release(above);
}
