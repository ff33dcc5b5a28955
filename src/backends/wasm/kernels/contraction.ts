import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import {
  arrange,
  blockCols,
  blockRowsOf,
  type ContractionProblem,
  type ContractionSpec,
  type Dim,
  packedBlockBytes,
  ROW_ORDER_SUM,
} from "./contractionProblem.ts";
import { packPanel } from "./gemmPack.ts";
import { gemmTile } from "./gemmTile.ts";
import { advance } from "./lanes.ts";

export type { ContractionSpec, Dim } from "./contractionProblem.ts";

/** Bytes that the function may write at `scratch`. */
export function contractionScratchBytes(spec: ContractionSpec): number {
  return packedBlockBytes(arrange(spec));
}

/** What is chosen for a contraction, in words. */
export function describeContraction(spec: ContractionSpec): string {
  const { tileRows, tileVectors, packB, swapped, empty } = arrange(spec);
  if (empty) return "nothing to do";
  const [direct, blocks] = swapped ? ["right", "left"] : ["left", "right"];
  const operands = packB ? `${blocks} packed, ${direct} read in place` : "operands read in place";
  return `tiles of ${tileRows} rows x ${tileVectors} vectors, ${operands}`;
}

/**
 * Emits a contraction: a function (a, b, c, scratch) of addresses. C must not overlap A, B or scratch. The blocks are those of a product
 * of matrices: a block of B is copied into panels once, register tiles run over the rows; but A is read where it lies, through
 * all summed dimensions, so that the windows of a convolution are never copied.
 */
export function emitContraction(mb: ModuleBuilder, spec: ContractionSpec): FuncRef {
  const p = arrange(spec);
  const name = `contraction_${p.type.kind}`;
  return mb.function(name, ["i32", "i32", "i32", "i32"], [], (f, first, second, c, scratch) => {
    if (p.empty) return;
    const { bytes } = p.type;
    const [a, b] = (p.swapped ? [second, first] : [first, second]) as [Local, Local];
    advance(f, a, p.startA * bytes);
    advance(f, b, p.startB * bytes);
    loops(f, p.outer, { a, b, c }, bytes, (at) => {
      const started = f.temp("i32");
      f.i32.const(0).set(started);
      loops(f, p.outerSum, at, bytes, (block) => {
        eachChunk(mb, f, p, block, started, scratch as Local);
      });
      f.release(started);
    });
  });
}

interface Pointers {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
}

/** The body inside a loop per dimension, with addresses of its own. */
function loops(
  f: FunctionBuilder,
  dims: readonly Dim[],
  at: Pointers,
  bytes: number,
  body: (at: Pointers) => void,
): void {
  const [dim, ...inner] = dims;
  if (dim === undefined) {
    body(at);
    return;
  }
  const copy = (pointer: Local, stride: number): Local => {
    if (stride === 0) return pointer;
    const moving = f.temp("i32");
    f.get(pointer).set(moving);
    return moving;
  };
  const moved = { a: copy(at.a, dim.a), b: copy(at.b, dim.b), c: copy(at.c, dim.c) };
  const left = f.temp("i32");
  f.i32.const(dim.size).set(left);
  f.loop((again) => {
    loops(f, inner, moved, bytes, body);
    for (const side of ["a", "b", "c"] as const)
      if (moved[side] !== at[side]) advance(f, moved[side], dim[side] * bytes);
    f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
  });
  f.release(left);
  for (const side of ["a", "b", "c"] as const) if (moved[side] !== at[side]) f.release(moved[side]);
}

/** Calls the function of a block for every chunk of the summed dimension that is cut, and every block of columns. */
function eachChunk(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: ContractionProblem,
  at: Pointers,
  started: Local,
  scratch: Local,
): void {
  const { bytes } = p.type;
  const accumulates = p.outerSum.length > 0 || p.chunked !== null;
  const block = (sum: readonly Dim[], a: Local, b: Local) => {
    const func = blockFunction(mb, p, sum, accumulates);
    const width = blockCols(p);
    const call = (push: (pointer: Local, stride: number) => void, columns: () => void) => {
      push(b, p.col.b);
      push(at.c, p.col.c);
      f.get(scratch);
      columns();
      if (accumulates) f.get(started);
      f.call(func);
    };
    if (p.col.size <= width) {
      f.get(a);
      call(
        (pointer) => f.get(pointer),
        () => f.i32.const(p.col.size),
      );
    } else {
      const j = f.temp("i32");
      f.for(j, 0, p.col.size, width, () => {
        f.get(a);
        call(
          (pointer, stride) =>
            f
              .get(pointer)
              .get(j)
              .i32.const(stride * bytes)
              .i32.mul()
              .i32.add(),
          () => {
            // The last block ends with the columns.
            f.i32.const(width).i32.const(p.col.size).get(j).i32.sub();
            f.i32.const(p.col.size).get(j).i32.sub().i32.const(width).i32.gt_u().select();
          },
        );
      });
      f.release(j);
    }
    if (accumulates) f.i32.const(1).set(started);
  };
  if (p.chunked === null) {
    block(p.innerSum, at.a, at.b);
    return;
  }
  const { dim, chunk } = p.chunked;
  const [a, b, left] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
  f.get(at.a).set(a).get(at.b).set(b);
  f.i32.const(Math.floor(dim.size / chunk)).set(left);
  f.loop((again) => {
    block([{ ...dim, size: chunk }, ...p.innerSum], a, b);
    advance(f, a, chunk * dim.a * bytes);
    advance(f, b, chunk * dim.b * bytes);
    f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
  });
  const rest = dim.size % chunk;
  if (rest > 0) block([{ ...dim, size: rest }, ...p.innerSum], a, b);
  f.release(a, b, left);
}

/** A function (a, b, c, packed, columns, [accumulate]) that adds the products of a block of B with all rows. */
function blockFunction(
  mb: ModuleBuilder,
  p: ContractionProblem,
  sum: readonly Dim[],
  accumulates: boolean,
): FuncRef {
  const key = `contraction block ${JSON.stringify([p, sum])}`;
  return mb.shared(key, () =>
    mb.function(
      "contraction_block",
      accumulates ? ["i32", "i32", "i32", "i32", "i32", "i32"] : ["i32", "i32", "i32", "i32", "i32"],
      [],
      (f, a, b, c, packed, columns, accumulate) => {
        if (p.packB) packBlock(mb, f, p, sum, b, packed, columns);
        const block: Block = { mb, f, p, sum, columns, accumulate };
        loops(f, p.outerRows, { a, b: p.packB ? packed : b, c }, p.type.bytes, (at) => {
          rowBlocks(block, at);
        });
      },
    ),
  );
}

interface Block {
  readonly mb: ModuleBuilder;
  readonly f: FunctionBuilder;
  readonly p: ContractionProblem;
  readonly sum: readonly Dim[];
  readonly columns: Local;
  /** Whether to add to C; undefined: never. */
  readonly accumulate: Local | undefined;
}

const products = (dims: readonly Dim[]): number => dims.reduce((n, d) => n * d.size, 1);
const paddedWidth = (p: ContractionProblem, width: number) => Math.ceil(width / p.type.count) * p.type.count;

/**
 * Calls `full` for each whole strip of `width` of a length that is at most `size` at run time, then `rest` for the last one, whose
 * width is known, where there is one.
 */
function strips(
  f: FunctionBuilder,
  length: Local,
  size: number,
  width: number,
  strip: (width: number) => void,
): void {
  const rest = size % width;
  const left = f.temp("i32");
  f.get(length).set(left);
  if (size >= width) {
    f.get(left).i32.const(width).i32.ge_u();
    f.if(() => {
      f.loop((again) => {
        strip(width);
        f.get(left).i32.const(width).i32.sub().tee(left).i32.const(width).i32.ge_u().brIf(again);
      });
    });
  }
  if (rest > 0) f.get(left).if(() => strip(rest));
  f.release(left);
}

/** Copies a block of B into panels of a tile's width, the summed index outermost in each. */
function packBlock(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: ContractionProblem,
  sum: readonly Dim[],
  b: Local,
  packed: Local,
  columns: Local,
): void {
  const { type, col } = p;
  const { bytes } = type;
  const inB = joined(sum);
  const run = inB.at(-1) ?? { size: 1, a: 0, b: 1, c: 0 };
  const from = f.temp("i32");
  const to = f.temp("i32");
  f.get(b).set(from).get(packed).set(to);
  strips(f, columns, col.size, p.tileVectors * type.count, (width) => {
    const padded = paddedWidth(p, width);
    const pack = packPanel(mb, { type, width, padded, across: width === 1 ? 1 : col.b, along: run.b });
    loops(f, inB.slice(0, -1), { a: from, b: from, c: from }, bytes, (at) => {
      f.get(at.b).get(to).i32.const(run.size).call(pack);
      advance(f, to, run.size * padded * bytes);
    });
    advance(f, from, width * col.b * bytes);
  });
  f.release(from, to);
}

/** Summed dimensions as B alone sees them; those that follow one another are one. */
function joined(sum: readonly Dim[]): Dim[] {
  const list: Dim[] = [];
  for (const { size, b } of sum) {
    const last = list.at(-1);
    if (last !== undefined && last.b === b * size)
      list[list.length - 1] = { size: last.size * size, a: 0, b, c: 0 };
    else list.push({ size, a: 0, b, c: 0 });
  }
  return list;
}

/** Blocks of the tiled row dimension, so that the rows stay in cache while the panels pass by. */
function rowBlocks(block: Block, at: Pointers): void {
  const { f, p } = block;
  const { row } = p;
  const most = blockRowsOf(p);
  const rows = f.temp("i32");
  if (row.size <= most) {
    f.i32.const(row.size).set(rows);
    multiplyBlock(block, at, rows);
  } else {
    const { bytes } = p.type;
    const moving = { a: f.temp("i32"), b: at.b, c: f.temp("i32") };
    const left = f.temp("i32");
    f.get(at.a).set(moving.a).get(at.c).set(moving.c);
    f.i32.const(row.size).set(left);
    f.loop((again) => {
      f.i32.const(most).get(left).get(left).i32.const(most).i32.gt_u().select().set(rows);
      multiplyBlock(block, moving, rows);
      advance(f, moving.a, most * row.a * bytes);
      advance(f, moving.c, most * row.c * bytes);
      f.get(left).get(rows).i32.sub().tee(left).brIf(again);
    });
    f.release(left, moving.a, moving.c);
  }
  f.release(rows);
}

/** All tiles of some rows and the block's columns. */
function multiplyBlock(block: Block, at: Pointers, rows: Local): void {
  const { f, p, sum, columns } = block;
  const { type, col, row } = p;
  const { bytes } = type;
  const k = products(sum);
  const [b, c] = [f.temp("i32"), f.temp("i32")];
  const eachPanel = (c0: Local, body: (width: number) => void) => {
    f.get(at.b).set(b).get(c0).set(c);
    strips(f, columns, col.size, p.tileVectors * type.count, (width) => {
      body(width);
      advance(f, b, (p.packB ? k * paddedWidth(p, width) : width * col.b) * bytes);
      advance(f, c, width * col.c * bytes);
    });
  };
  const eachTile = (a0: Local, c0: Local, body: (height: number, a: Local, c: Local) => void) => {
    const [a, to] = [f.temp("i32"), f.temp("i32")];
    f.get(a0).set(a).get(c0).set(to);
    strips(f, rows, row.size, p.tileRows, (height) => {
      body(height, a, to);
      advance(f, a, height * row.a * bytes);
      advance(f, to, height * row.c * bytes);
    });
    f.release(a, to);
  };
  if (k <= ROW_ORDER_SUM) {
    loops(f, p.blockRows, at, bytes, (inner) => {
      eachTile(inner.a, inner.c, (height, a, to) => {
        eachPanel(to, (width) => tile(block, height, width, a, b, c));
      });
    });
  } else {
    eachPanel(at.c, (width) => {
      loops(f, p.blockRows, { a: at.a, b, c }, bytes, (inner) => {
        eachTile(inner.a, inner.c, (height, a, to) => tile(block, height, width, a, b, to));
      });
    });
  }
  f.release(b, c);
}

function tile(block: Block, height: number, width: number, a: Local, b: Local, c: Local): void {
  const { mb, f, p, sum, accumulate } = block;
  const { type, col, row, relaxed } = p;
  const padded = paddedWidth(p, width);
  const steps = inTile(p.packB ? packedSteps(sum, padded) : sum);
  const last = steps.at(-1) ?? { size: 1, a: 0, b: 0, c: 0 };
  const func = gemmTile(mb, {
    type,
    rows: height,
    cols: width,
    aRow: row.a,
    aCol: last.a,
    bRow: last.b,
    bPadded: p.packB,
    cCol: col.c,
    k: last.size,
    around: steps.slice(0, -1).map((d) => ({ count: d.size, a: d.a, b: d.b })),
    accumulates: accumulate !== undefined,
    relaxed,
    epilogue: undefined,
  });
  f.get(a)
    .get(b)
    .get(c)
    .i32.const(row.c * type.bytes);
  if (accumulate !== undefined) f.get(accumulate);
  f.call(func);
}

/** The summed dimensions with the strides that they have in a panel. */
function packedSteps(sum: readonly Dim[], padded: number): Dim[] {
  let stride = padded;
  return sum
    .toReversed()
    .map((d) => {
      const step = { ...d, b: stride };
      stride *= d.size;
      return step;
    })
    .reverse();
}

/** Neighbouring dimensions that are one in A and B. */
function inTile(sum: readonly Dim[]): Dim[] {
  const list: Dim[] = [];
  for (const d of sum) {
    const last = list.at(-1);
    if (last !== undefined && last.a === d.a * d.size && last.b === d.b * d.size)
      list[list.length - 1] = { ...d, size: last.size * d.size };
    else list.push(d);
  }
  return list;
}
