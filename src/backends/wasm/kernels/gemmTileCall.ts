import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { type CommonTile, callCommonTile, commonTileOf } from "./commonTile.ts";
import { epilogueContext, epilogueName } from "./epilogue.ts";
import type { GemmEpilogue, GemmTuning, Problem } from "./gemmProblem.ts";
import { gemmTile } from "./gemmTile.ts";
import { advance, loadPart, storePart } from "./lanes.ts";

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
  /** Room for the sums of a column of tiles, where there is an epilogue. */
  readonly tileSums: Local;
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
function commonOf(p: Problem, t: GemmTuning, rows: number, cols: number): CommonTile | null {
  const shape = { type: p.type, rows, cols, bPadded: t.packB, relaxed: p.relaxed };
  const a = t.packA ? { row: 1, col: rows } : { row: p.aRow, col: p.aCol };
  return commonTileOf(shape, a, p.k, p.epilogue !== undefined);
}

/** Whether the tiles below each other in a block are done by {@link callColumn}. */
export function usesCommon(p: Problem, t: GemmTuning): boolean {
  return commonOf(p, t, Math.min(t.rows, p.m), t.vectors * p.type.count) !== null;
}

/** Calls common tiles of so many columns for all rows of a block. An epilogue then finds their sums in memory. */
export function callColumn(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  block: Block,
  at: TileOperands,
  cols: number,
): void {
  const { bytes, count } = p.type;
  const { epilogue, sums, singleK, kc, mc, pc } = block;
  const ldc = block.c.rowStride * bytes;
  const sumsRow = 16 * Math.ceil(cols / count);
  const earlierRow = sums === null ? ldc : sums.rowStride * bytes;
  const [earlier, ...arrays] = sums === null ? [at.c, ...at.arrays] : at.arrays;
  /** Pushes an address that is so many bytes further for each row above. */
  const below = (start: Local, step: number, above: Local | null) => () => {
    f.get(start);
    if (above !== null) f.get(above).i32.const(step).i32.mul().i32.add();
  };
  const constant = (value: number) => () => f.i32.const(value);
  const call = (rows: number, tiles: () => unknown, above: Local | null) => {
    const tile = commonOf(p, t, rows, cols) as CommonTile;
    const to = epilogue === undefined ? at.c : block.tileSums;
    const toRow = epilogue === undefined ? ldc : sumsRow;
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
      c: below(to, toRow, above),
      ldc: constant(toRow),
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
    });
  };
  const rest = p.m % t.rows;
  if (p.m < t.rows) call(p.m, constant(1), null);
  else if (rest === 0) call(t.rows, () => f.get(mc).i32.const(t.rows).i32.div_u(), null);
  else {
    const whole = f.temp("i32");
    f.get(mc).i32.const(t.rows).i32.div_u().tee(whole);
    f.if(() => call(t.rows, () => f.get(whole), null));
    f.get(whole).i32.const(t.rows).i32.mul().tee(whole).get(mc).i32.lt_u();
    f.if(() => call(rest, constant(1), whole));
    f.release(whole);
  }
  if (epilogue === undefined) return;
  f.get(block.tileSums).get(mc).get(at.c);
  for (const array of arrays) f.get(array);
  f.call(epilogueOfColumn(mb, p, cols, epilogue, ldc));
}

/** The function (sums, rows, c, ...arrays) that runs the epilogue on rows of sums, each of whole vectors, and stores them. */
function epilogueOfColumn(
  mb: ModuleBuilder,
  { type }: Problem,
  cols: number,
  epilogue: GemmEpilogue,
  ldc: number,
): FuncRef {
  const vectors = Math.ceil(cols / type.count);
  const strides = stridesOf(epilogue);
  const name = `epilogue_${type.kind}_${cols}_c${ldc}`;
  return mb.shared(`${name} ${epilogueName({ ...epilogue, arrays: strides })}`, () => {
    const params: ValType[] = ["i32", "i32", "i32", ...strides.map(() => "i32" as const)];
    return mb.function(name, params, [], (f, sums, rows, c, ...pointers) => {
      const acc = f.local("v128");
      f.loop((again) => {
        for (let j = 0; j < vectors; j++) {
          const lanes = Math.min(type.count, cols - j * type.count);
          loadPart(f, type, sums, lanes, 16 * j);
          f.set(acc);
          const at = { acc, row: 0, col: j * type.count, lanes };
          epilogue.emit(f, epilogueContext(f, type, strides, pointers, at));
          storePart(f, type, c, acc, lanes, 16 * j);
        }
        advance(f, sums, 16 * vectors);
        advance(f, c, ldc);
        pointers.forEach((pointer, i) => advance(f, pointer, (strides[i]?.row as number) * type.bytes));
        f.get(rows).i32.const(1).i32.sub().tee(rows).brIf(again);
      });
    });
  });
}
