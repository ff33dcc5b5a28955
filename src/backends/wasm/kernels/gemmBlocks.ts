import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { packPanel } from "./gemmPack.ts";
import type { GemmTuning, Problem } from "./gemmProblem.ts";
import type { Epilogue } from "./gemmTile.ts";
import { gemmTile } from "./gemmTile.ts";
import { blocksOf, packedBytes } from "./gemmTuning.ts";
import { advance, pushScaled } from "./lanes.ts";

export type Operands = {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
  readonly scratch: Local;
  readonly extra: readonly Local[];
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
  const nr = t.vectors * type.count;
  const [jc, pc, ic, kc] = ["jc", "pc", "ic", "kc"].map((name) => f.local("i32", name)) as [
    Local,
    Local,
    Local,
    Local,
  ];
  const [nc, mc] = ["nc", "mc"].map((name) => f.local("i32", name)) as [Local, Local];
  const packedA = f.local("i32", "packedA");
  const packedB = f.local("i32", "packedB");
  f.get(operands.scratch).tee(packedA).i32.const(packedBytes(p, t).a).i32.add().set(packedB);

  const singleK = k <= blocks.k;
  const sizeOf = (size: Local, total: number, start: Local, block: number) => {
    if (total <= block) f.i32.const(total).set(size);
    else {
      f.i32.const(total).get(start).i32.sub().set(size);
      f.i32.const(block).get(size).get(size).i32.const(block).i32.gt_u().select().set(size);
    }
  };
  f.for(jc, 0, n, blocks.n, () => {
    sizeOf(nc, n, jc, blocks.n);
    f.for(pc, 0, Math.max(k, 1), blocks.k, () => {
      sizeOf(kc, k, pc, blocks.k);
      const bBlock = f.temp("i32");
      pushScaled(f, operands.b, pc, p.bRow * bytes);
      f.get(jc)
        .i32.const(p.bCol * bytes)
        .i32.mul()
        .i32.add()
        .set(bBlock);
      if (t.packB) packB(mb, f, p, nr, bBlock, packedB, nc, kc);
      f.for(ic, 0, m, blocks.m, () => {
        sizeOf(mc, m, ic, blocks.m);
        const aBlock = f.temp("i32");
        pushScaled(f, operands.a, pc, p.aCol * bytes);
        f.get(ic)
          .i32.const(p.aRow * bytes)
          .i32.mul()
          .i32.add()
          .set(aBlock);
        if (t.packA) packA(mb, f, p, t.rows, aBlock, packedA, mc, kc);
        const cBlock = f.temp("i32");
        pushScaled(f, operands.c, ic, p.ldc * bytes);
        f.get(jc).i32.const(bytes).i32.mul().i32.add().set(cBlock);
        const block: Block = {
          a: t.packA ? packedA : aBlock,
          b: t.packB ? packedB : bBlock,
          c: cBlock,
          jc,
          pc,
          nc,
          mc,
          kc,
          singleK,
          extra: operands.extra,
        };
        if (p.epilogue === undefined || singleK) {
          multiplyBlock(mb, f, p, t, block, p.epilogue);
        } else {
          f.get(pc)
            .get(kc)
            .i32.add()
            .i32.const(k)
            .i32.lt_u()
            .if(
              () => multiplyBlock(mb, f, p, t, block, undefined),
              () => multiplyBlock(mb, f, p, t, block, p.epilogue),
            );
        }
        f.release(aBlock, cBlock);
      });
      f.release(bBlock);
    });
  });
}

/** Cuts [0, total) into full strips of `width`, and calls `rest` for a last one of `size % width` where there is one. */
function strips(
  f: FunctionBuilder,
  at: Local,
  total: Local,
  size: number,
  width: number,
  strip: (width: number) => void,
): void {
  const rest = size % width;
  if (size >= width) {
    const end = f.temp("i32");
    f.get(total)
      .i32.const(width - 1)
      .i32.sub()
      .i32.const(0)
      .get(total)
      .i32.const(width)
      .i32.ge_u()
      .select()
      .set(end);
    f.for(at, 0, end, width, () => strip(width));
    f.release(end);
  } else {
    f.i32.const(0).set(at);
  }
  if (rest > 0)
    f.get(at)
      .get(total)
      .i32.lt_u()
      .if(() => strip(rest));
}

function packB(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  nr: number,
  source: Local,
  target: Local,
  nc: Local,
  kc: Local,
): void {
  const { type, n, bRow, bCol } = p;
  const j = f.temp("i32");
  const from = f.temp("i32");
  const to = f.temp("i32");
  f.get(source).set(from).get(target).set(to);
  strips(f, j, nc, n, nr, (width) => {
    const padded = Math.ceil(width / type.count) * type.count;
    const pack = packPanel(mb, { type, width, padded, across: bCol, along: bRow });
    f.get(from).get(to).get(kc).call(pack);
    advance(f, from, width * bCol * type.bytes);
    f.get(to)
      .get(kc)
      .i32.const(padded * type.bytes)
      .i32.mul()
      .i32.add()
      .set(to);
  });
  f.release(j, from, to);
}

function packA(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  rows: number,
  source: Local,
  target: Local,
  mc: Local,
  kc: Local,
): void {
  const { type, m, aRow, aCol } = p;
  const i = f.temp("i32");
  const from = f.temp("i32");
  const to = f.temp("i32");
  f.get(source).set(from).get(target).set(to);
  strips(f, i, mc, m, rows, (width) => {
    const pack = packPanel(mb, { type, width, padded: width, across: aRow, along: aCol });
    f.get(from).get(to).get(kc).call(pack);
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

type Block = {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
  readonly jc: Local;
  readonly pc: Local;
  readonly nc: Local;
  readonly mc: Local;
  readonly kc: Local;
  readonly singleK: boolean;
  readonly extra: readonly Local[];
};

/**
 * Register tiles over one block. A panel of B stays in the first cache while the panels of A pass by; but when k is so short
 * that writing C takes the time, C is written row by row.
 */
function multiplyBlock(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  block: Block,
  epilogue: Epilogue | undefined,
): void {
  const { type, m, n, k } = p;
  const { bytes } = type;
  const [j, i, a, b, c, c0] = Array.from({ length: 6 }, () => f.temp("i32")) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const fixedK = block.singleK && !(t.packA && t.packB);
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
  const tile = (rows: number, cols: number) => {
    const func = gemmTile(mb, {
      type,
      rows,
      cols,
      aRow: t.packA ? 1 : p.aRow,
      aCol: t.packA ? rows : p.aCol,
      bRow: t.packB ? paddedOf(cols) : p.bRow,
      bPadded: t.packB,
      k: fixedK ? k : undefined,
      accumulates: !block.singleK,
      relaxed: p.relaxed,
      epilogue,
    });
    f.get(a)
      .get(b)
      .get(c)
      .i32.const(p.ldc * bytes);
    if (!fixedK) f.get(block.kc);
    if (!block.singleK) f.get(block.pc);
    if (epilogue !== undefined) {
      f.get(block.jc).get(j).i32.add();
      for (const argument of block.extra) f.get(argument);
    }
    f.call(func);
  };
  f.get(block.c).set(c0);
  if (k <= t.rowOrderK) {
    f.get(block.a).set(a);
    strips(f, i, block.mc, m, t.rows, (rows) => {
      f.get(block.b).set(b).get(c0).set(c);
      strips(f, j, block.nc, n, t.vectors * type.count, (cols) => {
        tile(rows, cols);
        nextB(cols, paddedOf(cols));
        advance(f, c, cols * bytes);
      });
      nextA(rows);
      advance(f, c0, rows * p.ldc * bytes);
    });
  } else {
    f.get(block.b).set(b);
    strips(f, j, block.nc, n, t.vectors * type.count, (cols) => {
      f.get(block.a).set(a).get(c0).set(c);
      strips(f, i, block.mc, m, t.rows, (rows) => {
        tile(rows, cols);
        nextA(rows);
        advance(f, c, rows * p.ldc * bytes);
      });
      nextB(cols, paddedOf(cols));
      advance(f, c0, cols * bytes);
    });
  }
  f.release(j, i, a, b, c, c0);
}
