import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { Walk } from "./epilogue.ts";
import { callPack } from "./gemmPack.ts";
import { advancePanels, eachBlock, pushSize, strips, writePanels } from "./gemmPanels.ts";
import type { GemmArray, GemmTuning, Problem } from "./gemmProblem.ts";
import { eachTile } from "./gemmRows.ts";
import { type Block, callColumn, callTile, type Placed, usesCommon } from "./gemmTileCall.ts";
import { blocksOf, packedBytes } from "./gemmTuning.ts";
import { advance, pushScaled } from "./lanes.ts";

export type Operands = {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
  readonly scratch: Local;
  /** Of the epilogue. */
  readonly arrays: readonly Local[];
};

/** The general path: blocks of k, of columns and of rows, packed as the plan says; register tiles inside. */
export function emitTiles(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  operands: Operands,
): void {
  const { type, m, n, k } = p;
  const { bytes } = type;
  const blocks = blocksOf(p, t);
  const [ic, mc] = ["ic", "mc"].map((name) => f.local("i32", name)) as [Local, Local];
  const packedA = f.local("i32", "packedA");
  const packedB = f.local("i32", "packedB");
  const packed = packedBytes(p, t);
  f.get(operands.scratch).set(packedA);
  if (p.panels) f.get(operands.b).set(packedB);
  else f.get(packedA).i32.const(packed.a).i32.add().set(packedB);

  const singleK = k <= blocks.k;
  // With an epilogue, sums that are not finished do not go to C, which may be the place of one of its arrays.
  const keptSums = f.local("i32", "keptSums");
  const kept = Math.min(n, blocks.n);
  if (p.epilogue !== undefined && !singleK)
    f.get(operands.scratch)
      .i32.const(packed.a + packed.b)
      .i32.add()
      .set(keptSums);
  eachBlock(f, p, t, operands.b, (blockOfB) => {
    const { jc, pc, nc, kc, at: bBlock } = blockOfB;
    if (t.packB && !p.panels) writePanels(mb, f, p, t, blockOfB, packedB);
    f.for(ic, 0, m, blocks.m, () => {
      pushSize(f, m, ic, blocks.m).set(mc);
      const aBlock = f.temp("i32");
      pushScaled(f, operands.a, pc, p.aCol * bytes);
      f.get(ic)
        .i32.const(p.aRow * bytes)
        .i32.mul()
        .i32.add()
        .set(aBlock);
      if (t.packA) packA(mb, f, p, t, aBlock, packedA, mc, kc);
      const from = { row: ic, col: jc };
      const c = placed(f, operands.c, { rowStride: p.ldc, colStride: 1 }, from, bytes);
      const arrays = (p.epilogue?.arrays ?? []).map((array, i) =>
        placed(f, operands.arrays[i] as Local, array, from, bytes),
      );
      const block = {
        a: t.packA ? packedA : aBlock,
        b: t.packB ? packedB : bBlock,
        pc,
        nc,
        mc,
        kc,
        singleK,
      };
      const { epilogue } = p;
      if (epilogue === undefined || singleK) {
        multiplyBlock(mb, f, p, t, { ...block, c, sums: null, epilogue, arrays });
      } else {
        const sums = {
          ...placed(f, keptSums, { rowStride: kept, colStride: 0 }, from, bytes),
          colStride: 1,
        };
        f.get(pc).get(kc).i32.add().i32.const(k).i32.lt_u();
        f.if(
          () =>
            multiplyBlock(mb, f, p, t, { ...block, c: sums, sums: null, epilogue: undefined, arrays: [] }),
          () => multiplyBlock(mb, f, p, t, { ...block, c, sums, epilogue, arrays }),
        );
        f.release(sums.at);
      }
      f.release(aBlock, c.at, ...arrays.map(({ at }) => at));
    });
    if (p.panels) advancePanels(f, p, blockOfB, packedB);
  });
}

function packA(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  source: Local,
  target: Local,
  mc: Local,
  kc: Local,
): void {
  const { type, aRow, aCol } = p;
  const i = f.temp("i32");
  const from = f.temp("i32");
  const to = f.temp("i32");
  f.get(source).set(from).get(target).set(to);
  eachTile(f, i, mc, p, t, (width) => {
    callPack(
      mb,
      f,
      { type, width, padded: width, across: aRow, along: aCol },
      { source: () => f.get(from), target: () => f.get(to), count: () => f.get(kc) },
    );
    advance(f, from, width * aRow * type.bytes);
    f.get(to)
      .get(kc)
      .i32.const(width * type.bytes)
      .i32.mul()
      .i32.add()
      .set(to);
  });
  f.release(i, from, to);
}

/** The place of the element at a row and a column, in a temporary. */
function placed(
  f: FunctionBuilder,
  start: Local,
  { rowStride, colStride }: Pick<GemmArray, "rowStride" | "colStride">,
  from: { readonly row: Local; readonly col: Local },
  bytes: number,
): Placed {
  const at = f.temp("i32");
  pushScaled(f, start, from.row, rowStride * bytes);
  if (colStride !== 0)
    f.get(from.col)
      .i32.const(colStride * bytes)
      .i32.mul()
      .i32.add();
  f.set(at);
  return { at, rowStride, colStride };
}

/**
 * Register tiles over one block. A panel of B stays in the first cache while the panels of A pass by; but when k is so short
 * that writing C takes the time, C is written row by row.
 */
function multiplyBlock(mb: ModuleBuilder, f: FunctionBuilder, p: Problem, t: GemmTuning, block: Block): void {
  const { type, n, k } = p;
  const { bytes } = type;
  const { sums } = block;
  const [j, i, a, b] = Array.from({ length: 4 }, () => f.temp("i32")) as [Local, Local, Local, Local];
  const written = [block.c, ...(sums === null ? [] : [sums]), ...block.arrays];
  const down = (rows: number) => written.map(({ rowStride }) => rows * rowStride * bytes);
  const right = (cols: number) => written.map(({ colStride }) => cols * colStride * bytes);
  const start = new Walk(
    f,
    written.map(({ at }) => at),
  );
  const to = new Walk(f, start.at);
  const [c, ...arrays] = to.at as [Local, ...Local[]];
  const nextA = (rows: number) => {
    if (t.packA)
      f.get(a)
        .get(block.kc)
        .i32.const(rows * bytes)
        .i32.mul()
        .i32.add()
        .set(a);
    else advance(f, a, rows * p.aRow * bytes);
  };
  const nextB = (cols: number, padded: number) => {
    if (t.packB)
      f.get(b)
        .get(block.kc)
        .i32.const(padded * bytes)
        .i32.mul()
        .i32.add()
        .set(b);
    else advance(f, b, cols * p.bCol * bytes);
  };
  const paddedOf = (cols: number) => Math.ceil(cols / type.count) * type.count;
  const tile = (rows: number, cols: number) => callTile(mb, f, p, t, block, { a, b, c, arrays }, rows, cols);
  if (k <= t.rowOrderK) {
    f.get(block.a).set(a);
    eachTile(f, i, block.mc, p, t, (rows) => {
      f.get(block.b).set(b);
      to.from(start.at);
      strips(f, j, block.nc, n, t.vectors * type.count, (cols) => {
        tile(rows, cols);
        nextB(cols, paddedOf(cols));
        to.move(right(cols));
      });
      nextA(rows);
      start.move(down(rows));
    });
  } else {
    f.get(block.b).set(b);
    strips(f, j, block.nc, n, t.vectors * type.count, (cols) => {
      f.get(block.a).set(a);
      to.from(start.at);
      if (usesCommon(p, t)) {
        callColumn(mb, f, p, t, block, { a, b, c, arrays }, cols);
      } else {
        eachTile(f, i, block.mc, p, t, (rows) => {
          tile(rows, cols);
          nextA(rows);
          to.move(down(rows));
        });
      }
      nextB(cols, paddedOf(cols));
      start.move(right(cols));
    });
  }
  start.release();
  to.release();
  f.release(j, i, a, b);
}
