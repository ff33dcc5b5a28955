import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { GROUP } from "./gemmOrder.ts";
import { callPack } from "./gemmPack.ts";
import type { GemmTuning, Problem } from "./gemmProblem.ts";
import { blocksOf } from "./gemmTuning.ts";
import { advance, pushScaled } from "./lanes.ts";

/**
 * B in panels: its blocks in the order in which {@link ./gemmBlocks.ts} visits them, each as strips as wide as a register tile, which the tiles
 * read from the first element to the last. They are written to scratch memory, block by block, or all of them beforehand where many products
 * have the same B.
 */

/** A block of k and of columns: where it begins, its sizes, and the address of its first element in B. */
interface BlockOfB {
  readonly jc: Local;
  readonly pc: Local;
  readonly nc: Local;
  readonly kc: Local;
  readonly at: Local;
}

/** Visits the blocks of B: by columns, then along k. */
export function eachBlock(
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  b: Local,
  visit: (block: BlockOfB) => void,
): void {
  const { n, k, bRow, bCol, type } = p;
  const blocks = blocksOf(p, t);
  const [jc, pc, nc, kc] = ["jc", "pc", "nc", "kc"].map((name) => f.local("i32", name)) as [
    Local,
    Local,
    Local,
    Local,
  ];
  f.for(jc, 0, n, blocks.n, () => {
    pushSize(f, n, jc, blocks.n).set(nc);
    f.for(pc, 0, Math.max(k, 1), blocks.k, () => {
      pushSize(f, k, pc, blocks.k).set(kc);
      const at = f.temp("i32");
      pushScaled(f, b, pc, bRow * type.bytes);
      f.get(jc)
        .i32.const(bCol * type.bytes)
        .i32.mul()
        .i32.add()
        .set(at);
      visit({ jc, pc, nc, kc, at });
      f.release(at);
    });
  });
}

/** Pushes the size of the block that begins at `start`: `block`, or what is left of `total`. */
export function pushSize(f: FunctionBuilder, total: number, start: Local, block: number): FunctionBuilder {
  if (total <= block) return f.i32.const(total);
  const left = f.temp("i32");
  f.i32.const(block).i32.const(total).get(start).i32.sub().tee(left);
  f.get(left).i32.const(block).i32.gt_u().select();
  f.release(left);
  return f;
}

/** Cuts [0, total) into full strips of `width`, and calls `strip` for a last one of `size % width` where there is one. */
export function strips(
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

/** Writes the panels of a block of B. */
export function writePanels(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  t: GemmTuning,
  { at, nc, kc }: Pick<BlockOfB, "at" | "nc" | "kc">,
  target: Local,
): void {
  const { type, n, bRow, bCol } = p;
  const j = f.temp("i32");
  const from = f.temp("i32");
  const to = f.temp("i32");
  f.get(at).set(from).get(target).set(to);
  strips(f, j, nc, n, t.vectors * type.count, (width) => {
    const padded = paddedColumns(p, width);
    callPack(
      mb,
      f,
      { type, width, padded, across: bCol, along: bRow },
      { source: () => f.get(from), target: () => f.get(to), count: () => f.get(kc) },
    );
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

/** Whether all panels of B can be written beforehand: there is one B, and its columns are not rows of C. */
export function takesPanels({ k, batch, swapped, lanes }: Problem): boolean {
  return k > 0 && k <= GROUP && !swapped && !lanes && batch.every(({ b }) => b === 0);
}

/** Elements of all panels of B. */
export function panelElements(p: Problem): number {
  return paddedColumns(p, p.n) * p.k;
}

/** Emits a function (b, target) that writes all panels of B, for a product that is told so. */
export function emitPanels(mb: ModuleBuilder, p: Problem, t: GemmTuning): FuncRef {
  const { type, n, k } = p;
  return mb.function(`panels_${type.kind}_${k}x${n}`, ["i32", "i32"], [], (f, b, target) => {
    eachBlock(f, p, t, b, (block) => {
      writePanels(mb, f, p, t, block, target);
      advancePanels(f, p, block, target);
    });
  });
}

/** Moves an address in the panels on to the next block. */
export function advancePanels(
  f: FunctionBuilder,
  { type }: Problem,
  { nc, kc }: Pick<BlockOfB, "nc" | "kc">,
  panels: Local,
): void {
  // All blocks but the last are whole vectors wide.
  f.get(nc)
    .i32.const(type.count - 1)
    .i32.add()
    .i32.const(-type.count)
    .i32.and()
    .get(kc)
    .i32.mul()
    .i32.const(type.bytes)
    .i32.mul()
    .get(panels)
    .i32.add()
    .set(panels);
}

function paddedColumns({ type }: Problem, columns: number): number {
  return Math.ceil(columns / type.count) * type.count;
}
