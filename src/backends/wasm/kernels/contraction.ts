import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
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
import { Walk } from "./epilogue.ts";
import { callPack } from "./gemmPack.ts";
import { gemmTile } from "./gemmTile.ts";
import { advance, pushScaled } from "./lanes.ts";

export type { ContractionEpilogue, ContractionSpec, Dim } from "./contractionProblem.ts";

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
 * Emits a contraction: a function (a, b, c, scratch, ...arrays of the epilogue) of addresses. C must not overlap A, B or scratch. The
 * blocks are those of a product of matrices: a block of B is copied into panels once, register tiles run over the rows; but A is
 * read where it lies, through all summed dimensions, so that the windows of a convolution are never copied.
 */
export function emitContraction(mb: ModuleBuilder, spec: ContractionSpec): FuncRef {
  const p = arrange(spec);
  const name = `contraction_${p.type.kind}`;
  const params: ValType[] = ["i32", "i32", "i32", "i32", ...arraysOf(p).map(() => "i32" as const)];
  return mb.function(name, params, [], (f, first, second, c, scratch, ...arrays) => {
    if (p.empty) return;
    const { bytes } = p.type;
    const [a, b] = (p.swapped ? [second, first] : [first, second]) as [Local, Local];
    advance(f, a, p.startA * bytes);
    advance(f, b, p.startB * bytes);
    loops(f, p.outer, { a, b, to: [c as Local, ...arrays] }, bytes, (at) => {
      const done = f.temp("i32");
      f.i32.const(0).set(done);
      loops(f, p.outerSum, at, bytes, (block) => {
        eachChunk(mb, f, p, block, done, scratch as Local);
      });
      f.release(done);
    });
  });
}

interface Pointers {
  readonly a: Local;
  readonly b: Local;
  /** C and the arrays of the epilogue. */
  readonly to: readonly Local[];
}

const arraysOf = (p: ContractionProblem) => p.epilogue?.arrays ?? [];

/** Element strides of C and the arrays of the epilogue. */
function strides(p: ContractionProblem, { c, arrays = [] }: Dim): number[] {
  return [c, ...arraysOf(p).map((_, i) => arrays[i] ?? 0)];
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
  const moving: { readonly local: Local; readonly stride: number }[] = [];
  const copy = (pointer: Local, stride: number): Local => {
    if (stride === 0) return pointer;
    const local = f.temp("i32");
    f.get(pointer).set(local);
    moving.push({ local, stride });
    return local;
  };
  const to = [dim.c, ...(dim.arrays ?? [])];
  const moved: Pointers = {
    a: copy(at.a, dim.a),
    b: copy(at.b, dim.b),
    to: at.to.map((pointer, i) => copy(pointer, to[i] ?? 0)),
  };
  const left = f.temp("i32");
  f.i32.const(dim.size).set(left);
  f.loop((again) => {
    loops(f, inner, moved, bytes, body);
    for (const { local, stride } of moving) advance(f, local, stride * bytes);
    f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
  });
  f.release(left, ...moving.map(({ local }) => local));
}

/** Calls the function of a block for every chunk of the summed dimension that is cut, and every block of columns. */
function eachChunk(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: ContractionProblem,
  at: Pointers,
  /** How many blocks of the sum are done. */
  done: Local,
  scratch: Local,
): void {
  const { bytes } = p.type;
  const chunks = p.chunked === null ? 1 : Math.ceil(p.chunked.dim.size / p.chunked.chunk);
  const blocks = products(p.outerSum) * chunks;
  const block = (sum: readonly Dim[], a: Local, b: Local) => {
    const call = (columns: () => void, place: (pointer: Local, stride: number) => void) => {
      const pushArguments = () => {
        f.get(a);
        place(b, p.col.b);
        at.to.forEach((pointer, i) => {
          place(pointer, strides(p, p.col)[i] as number);
        });
        f.get(scratch);
        columns();
        if (blocks > 1) f.get(done);
      };
      const each = (last: boolean) => {
        pushArguments();
        f.call(blockFunction(mb, p, sum, blocks > 1, last));
      };
      // The epilogue is for the finished sums.
      if (blocks === 1 || p.epilogue === undefined) each(true);
      else
        f.get(done)
          .i32.const(blocks - 1)
          .i32.lt_u()
          .if(
            () => each(false),
            () => each(true),
          );
    };
    const width = blockCols(p);
    if (p.col.size <= width) {
      call(
        () => f.i32.const(p.col.size),
        (pointer) => f.get(pointer),
      );
    } else {
      const j = f.temp("i32");
      f.for(j, 0, p.col.size, width, () => {
        call(
          () => {
            // The last block ends with the columns.
            f.i32.const(width).i32.const(p.col.size).get(j).i32.sub();
            f.i32.const(p.col.size).get(j).i32.sub().i32.const(width).i32.gt_u().select();
          },
          (pointer, stride) => pushScaled(f, pointer, j, stride * bytes),
        );
      });
      f.release(j);
    }
    if (blocks > 1) f.get(done).i32.const(1).i32.add().set(done);
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

/**
 * A function (a, b, c, ...arrays of the epilogue, packed, columns, [accumulate]) that adds the products of a block of B with all rows; the
 * last one of a sum runs the epilogue.
 */
function blockFunction(
  mb: ModuleBuilder,
  p: ContractionProblem,
  sum: readonly Dim[],
  accumulates: boolean,
  last: boolean,
): FuncRef {
  const key = `contraction block ${JSON.stringify([p, sum, last])}`;
  const count = 1 + arraysOf(p).length;
  const params = Array.from({ length: 4 + count + (accumulates ? 1 : 0) }, (): ValType => "i32");
  return mb.shared(key, () =>
    mb.function("contraction_block", params, [], (f, a, b, ...rest) => {
      const to = rest.slice(0, count);
      const [packed, columns, accumulate] = rest.slice(count) as [Local, Local, Local | undefined];
      if (p.packB) packBlock(mb, f, p, sum, b, packed, columns);
      const block: Block = { mb, f, p, sum, columns, accumulate, last };
      loops(f, p.outerRows, { a, b: p.packB ? packed : b, to }, p.type.bytes, (at) => {
        rowBlocks(block, at);
      });
    }),
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
  /** Whether the sums are finished with this block. */
  readonly last: boolean;
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
    const panel = { type, width, padded, across: width === 1 ? 1 : col.b, along: run.b };
    loops(f, inB.slice(0, -1), { a: from, b: from, to: [] }, bytes, (at) => {
      callPack(mb, f, panel, {
        source: () => f.get(at.b),
        target: () => f.get(to),
        count: () => f.i32.const(run.size),
      });
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
    const a = f.temp("i32");
    const to = new Walk(f, at.to);
    const left = f.temp("i32");
    f.get(at.a).set(a);
    f.i32.const(row.size).set(left);
    f.loop((again) => {
      f.i32.const(most).get(left).get(left).i32.const(most).i32.gt_u().select().set(rows);
      multiplyBlock(block, { a, b: at.b, to: to.at }, rows);
      advance(f, a, most * row.a * bytes);
      to.move(strides(p, row).map((stride) => most * stride * bytes));
      f.get(left).get(rows).i32.sub().tee(left).brIf(again);
    });
    to.release();
    f.release(left, a);
  }
  f.release(rows);
}

/** All tiles of some rows and the block's columns. */
function multiplyBlock(block: Block, at: Pointers, rows: Local): void {
  const { f, p, sum, columns } = block;
  const { type, col, row } = p;
  const { bytes } = type;
  const k = products(sum);
  const b = f.temp("i32");
  const scaled = (dim: Dim, by: number) => strides(p, dim).map((stride) => by * stride * bytes);
  const eachPanel = (from: readonly Local[], body: (width: number, to: readonly Local[]) => void) => {
    const to = new Walk(f, from);
    f.get(at.b).set(b);
    strips(f, columns, col.size, p.tileVectors * type.count, (width) => {
      body(width, to.at);
      advance(f, b, (p.packB ? k * paddedWidth(p, width) : width * col.b) * bytes);
      to.move(scaled(col, width));
    });
    to.release();
  };
  const eachTile = (inner: Pointers, body: (height: number, a: Local, to: readonly Local[]) => void) => {
    const a = f.temp("i32");
    const to = new Walk(f, inner.to);
    f.get(inner.a).set(a);
    strips(f, rows, row.size, p.tileRows, (height) => {
      body(height, a, to.at);
      advance(f, a, height * row.a * bytes);
      to.move(scaled(row, height));
    });
    to.release();
    f.release(a);
  };
  if (k <= ROW_ORDER_SUM) {
    loops(f, p.blockRows, at, bytes, (inner) => {
      eachTile(inner, (height, a, down) => {
        eachPanel(down, (width, to) => tile(block, height, width, a, b, to));
      });
    });
  } else {
    eachPanel(at.to, (width, right) => {
      loops(f, p.blockRows, { a: at.a, b, to: right }, bytes, (inner) => {
        eachTile(inner, (height, a, to) => tile(block, height, width, a, b, to));
      });
    });
  }
  f.release(b);
}

function tile(block: Block, height: number, width: number, a: Local, b: Local, to: readonly Local[]): void {
  const { mb, f, p, sum, accumulate } = block;
  const { type, col, row, relaxed } = p;
  const epilogue = block.last ? p.epilogue : undefined;
  const padded = paddedWidth(p, width);
  const steps = inTile(p.packB ? packedSteps(sum, padded) : sum);
  const last = steps.at(-1) ?? { size: 1, a: 0, b: 0, c: 0 };
  const [byRow, byCol] = [strides(p, row), strides(p, col)];
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
    epilogue: epilogue && {
      ...epilogue,
      arrays: epilogue.arrays.map((_, i) => ({ row: byRow[i + 1] as number, col: byCol[i + 1] as number })),
    },
  });
  const [c, ...arrays] = to as [Local, ...Local[]];
  f.get(a)
    .get(b)
    .get(c)
    .i32.const(row.c * type.bytes);
  if (accumulate !== undefined) f.get(accumulate);
  if (epilogue !== undefined) for (const array of arrays) f.get(array);
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
