import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { packPanel } from "./gemmPack.ts";
import type { Epilogue } from "./gemmTile.ts";
import { gemmTile } from "./gemmTile.ts";
import { emitVectorMatrix, vectorPath, vectorScratch } from "./gemmVector.ts";
import type { Lanes } from "./lanes.ts";
import { advance, LANES, pushScaled } from "./lanes.ts";

export type GemmDtype = "float32" | "float64" | "int32" | "uint32";

/** One batch dimension: how far, in elements, each operand moves; a stride of 0 broadcasts. */
export type GemmBatch = { readonly size: number; readonly strideA: number; readonly strideB: number };

/**
 * A product C = A B of matrices [m, k] and [k, n], repeated over batch dimensions. Strides are in elements and may be
 * anything (transposed, broadcast, reversed); C is row-major, its matrices one after the other.
 */
export type GemmSpec = {
  readonly dtype: GemmDtype;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: { readonly rowStride: number; readonly colStride: number };
  readonly b: { readonly rowStride: number; readonly colStride: number };
  /** Elements from one row of C to the next; n unless given. */
  readonly ldc?: number | undefined;
  /** Outermost first. */
  readonly batch?: readonly GemmBatch[] | undefined;
  /** Use fused multiply-add: only where `wasmFeatures().relaxedSimd`. */
  readonly relaxed?: boolean | undefined;
  /** Code to run on the sums before they are stored. */
  readonly epilogue?: Epilogue | undefined;
  readonly tuning?: Partial<GemmTuning> | undefined;
};

/** Choices that only matter for speed. */
export type GemmTuning = {
  readonly rows: number;
  readonly vectors: number;
  readonly blockK: number;
  readonly blockM: number;
  readonly blockN: number;
  /** Up to this k, C is written row by row. */
  readonly rowOrderK: number;
  readonly packA: boolean;
  readonly packB: boolean;
};

export type GemmPlan = {
  /** "empty": nothing to write. "zero": no products to add. "vector": one row. "tiles": the general path. */
  readonly path: "empty" | "zero" | "vector" | "tiles";
  /** Bytes that the function may write at `scratch`, which must be 16-byte aligned for speed. */
  readonly scratchBytes: number;
  readonly flops: number;
  readonly tuning: GemmTuning;
};

type Batch = { readonly size: number; readonly a: number; readonly b: number; readonly c: number };

/** A spec in the shape the emitters want: sizes and strides that do not matter are made the convenient ones. */
type Problem = {
  readonly type: Lanes;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly aRow: number;
  readonly aCol: number;
  readonly bRow: number;
  readonly bCol: number;
  readonly ldc: number;
  readonly batch: readonly Batch[];
  /** Whether A and B have changed places. */
  readonly swapped: boolean;
  readonly relaxed: boolean;
  readonly epilogue: Epilogue | undefined;
};

const KINDS = { float32: "f32", float64: "f64", int32: "i32", uint32: "i32" } as const;

/** What a product will need and how it will be computed, without emitting it. */
export function gemmPlan(spec: GemmSpec): GemmPlan {
  const problem = normalize(spec);
  const tuning = tune(problem, spec.tuning);
  const path = pathOf(problem);
  const batches = problem.batch.reduce((product, { size }) => product * size, 1);
  return {
    path,
    scratchBytes: scratchOf(problem, path, tuning),
    flops: 2 * problem.m * problem.n * problem.k * batches,
    tuning,
  };
}

/**
 * Emits a product: a function (a, b, c, scratch, ...epilogue arguments) of addresses. C must not overlap A, B or scratch.
 * Integers wrap. Sums over k are kept in blocks, so their error does not grow with k as that of a plain loop does.
 *
 * @example
 * const spec = { dtype: "float32", m: 2, n: 2, k: 3, a: { rowStride: 3, colStride: 1 }, b: { rowStride: 2, colStride: 1 } };
 * const gemm = emitGemm(mb, spec);
 * f.get(a).get(b).get(c).get(scratch).call(gemm);
 */
export function emitGemm(mb: ModuleBuilder, spec: GemmSpec): FuncRef {
  const problem = normalize(spec);
  const { path, tuning } = gemmPlan(spec);
  const params: ValType[] = ["i32", "i32", "i32", "i32", ...(problem.epilogue?.params ?? [])];
  const { m, n, k } = spec;
  return mb.function(
    `gemm_${problem.type.kind}_${m}x${k}x${n}`,
    params,
    [],
    (f, first, second, c, scratch, ...extra) => {
      if (path === "empty") return;
      const [a, b] = problem.swapped ? [second, first] : [first, second];
      const pointers = [a, b, c] as [Local, Local, Local];
      eachBatch(f, problem.batch, pointers, problem.type.bytes, (at, bt, ct) => {
        if (path === "zero") emitZero(f, problem, ct);
        else if (path === "vector") emitVectorMatrix(mb, f, { ...problem }, at, bt, ct, scratch as Local);
        else emitTiles(mb, f, problem, tuning, { a: at, b: bt, c: ct, scratch: scratch as Local, extra });
      });
    },
  );
}

function normalize(spec: GemmSpec): Problem {
  const { k, epilogue } = spec;
  let { m, n } = spec;
  for (const [name, size] of [
    ["m", m],
    ["n", n],
    ["k", k],
  ] as const) {
    if (!Number.isInteger(size) || size < 0) throw new Error(`gemm: ${name} must be a size, got ${size}`);
  }
  let ldc = spec.ldc ?? n;
  if (ldc < n) throw new Error(`gemm: ldc ${ldc} is less than n = ${n}`);
  let aRow = m === 1 ? 0 : spec.a.rowStride;
  let aCol = k === 1 ? 1 : spec.a.colStride;
  let bRow = k === 1 ? 1 : spec.b.rowStride;
  let bCol = n === 1 ? 1 : spec.b.colStride;
  let batch = batches(spec, m * ldc);

  // Rows of matrices that share B and follow each other are rows of one matrix.
  for (let last = batch.at(-1); last?.b === 0 && last.c === m * ldc; last = batch.at(-1)) {
    if (m !== 1 && last.a !== m * aRow) break;
    if (m === 1) aRow = last.a;
    m *= last.size;
    batch = batch.slice(0, -1);
  }

  let swapped = false;
  const swap = () => {
    [m, n] = [n, m];
    [aRow, aCol, bRow, bCol] = [bCol, bRow, aCol, aRow];
    batch = batch.map((dim) => ({ ...dim, a: dim.b, b: dim.a }));
    swapped = true;
  };
  if (epilogue === undefined) {
    if (n === 1 && m === 1) {
      if (bRow !== 1 && aCol === 1) swap();
    } else if (n === 1 && ldc === 1) {
      swap();
      ldc = n;
    }
    // A few rows against a B whose columns are contiguous: dot products beat packing B.
    if (m > 1 && m <= 3 && bRow === 1 && bCol !== 1 && k > 1) {
      batch = [...batch, { size: m, a: aRow, b: 0, c: ldc }];
      m = 1;
    }
  }
  if (m === 1) aRow = 0;
  if (n === 1) bCol = 1;
  const relaxed = spec.relaxed ?? false;
  return {
    type: LANES[KINDS[spec.dtype]],
    m,
    n,
    k,
    aRow,
    aCol,
    bRow,
    bCol,
    ldc,
    batch,
    swapped,
    relaxed,
    epilogue,
  };
}

function batches(spec: GemmSpec, matrix: number): Batch[] {
  const made: Batch[] = [];
  let c = matrix;
  for (const { size, strideA, strideB } of (spec.batch ?? []).toReversed()) {
    if (!Number.isInteger(size) || size < 0)
      throw new Error(`gemm: a batch size must be a size, got ${size}`);
    if (size !== 1) made.unshift({ size, a: strideA, b: strideB, c });
    c *= size;
  }
  return made;
}

function pathOf({ m, n, k, batch, bRow, bCol, epilogue }: Problem): GemmPlan["path"] {
  if (m === 0 || n === 0 || batch.some(({ size }) => size === 0)) return "empty";
  if (epilogue !== undefined) return "tiles";
  if (k === 0) return "zero";
  return m === 1 && vectorPath(n, k, bRow, bCol) !== undefined ? "vector" : "tiles";
}

function tune(p: Problem, forced: Partial<GemmTuning> = {}): GemmTuning {
  const { type, m, n, k, aRow, aCol, bRow, bCol } = p;
  const [rows, vectors] = tileShape(p);
  const blockK = k <= 384 ? Math.max(k, 1) : 256;
  const blockM = Math.floor(128 / rows) * rows;
  const blockN = 512;
  // Packing pays where strided reads would fight over the same cache lines often enough.
  const conflicts = k * n * type.bytes > 65536 || (k >= 8 && bRow * type.bytes >= 2048);
  const packB = bCol !== 1 || bRow < 0 || (conflicts && m >= 2 * rows);
  const far = Math.max(aRow, aCol === 1 ? 0 : 4 * aCol) * type.bytes >= 4096;
  const packA = aRow < 0 || aCol < 0 || (far && n >= (aCol === 1 ? 256 : 64));
  const rowOrderK = 32;
  return { rows, vectors, blockK, blockM, blockN, rowOrderK, packA, packB, ...forced };
}

/**
 * The register tile that covers C in the least estimated time, remainders included. It must leave registers for a row of
 * B, an element of A and, without fused multiply-add, a product.
 */
function tileShape({ type, m, n, relaxed }: Problem): [rows: number, vectors: number] {
  const registers = relaxed && type.kind !== "i32" ? 15 : 14;
  const needed = Math.ceil(n / type.count);
  let best: [number, number] = [1, 1];
  let least = Infinity;
  for (let vectors = 1; vectors <= Math.min(needed, 6); vectors++) {
    for (let rows = 1; rows <= Math.min(m, 12); rows++) {
      if (rows * vectors + vectors + 1 > registers) break;
      let time = 0;
      for (const [height, down] of parts(m, rows)) {
        for (const [width, across] of parts(needed, vectors)) {
          time += down * across * (0.5 * height * width + 0.1 * (height + width) + 0.4);
        }
      }
      if (time < least) {
        least = time;
        best = [rows, vectors];
      }
    }
  }
  return best;
}

/** How many full parts and which remainder a length falls into, as [length, count] pairs. */
function parts(length: number, part: number): [number, number][] {
  return [
    [part, Math.floor(length / part)],
    [length % part, length % part > 0 ? 1 : 0],
  ];
}

function scratchOf(problem: Problem, path: GemmPlan["path"], tuning: GemmTuning): number {
  const { type, n, k, bRow, bCol, aCol } = problem;
  if (path === "vector") return vectorScratch(type, n, k, bRow, bCol, aCol);
  if (path !== "tiles") return 0;
  const { a, b } = packedBytes(problem, tuning);
  return a + b;
}

/** Lengths of the blocks of k, rows and columns: whole tiles, except that the last block ends with the matrix. */
function blocksOf({ type, m, n, k }: Problem, t: GemmTuning): { k: number; m: number; n: number } {
  const nr = t.vectors * type.count;
  return {
    k: Math.max(1, Math.min(k, t.blockK)),
    m: Math.min(m, Math.max(t.rows, Math.floor(t.blockM / t.rows) * t.rows)),
    n: Math.min(n, Math.max(nr, Math.floor(t.blockN / nr) * nr)),
  };
}

/** Sizes of the packed blocks of A and B, which lie one after the other in scratch. */
function packedBytes(p: Problem, tuning: GemmTuning): { a: number; b: number } {
  const blocks = blocksOf(p, tuning);
  const depth = blocks.k * p.type.bytes;
  const paddedN = Math.ceil(blocks.n / p.type.count) * p.type.count;
  const round = (bytes: number) => Math.ceil(bytes / 64) * 64;
  return { a: tuning.packA ? round(blocks.m * depth) : 0, b: tuning.packB ? round(paddedN * depth) : 0 };
}

/** Emits the body once, inside a loop per batch dimension. The addresses are restored when a loop ends. */
function eachBatch(
  f: FunctionBuilder,
  batch: readonly Batch[],
  pointers: readonly [Local, Local, Local],
  bytes: number,
  body: (a: Local, b: Local, c: Local) => void,
): void {
  const [dim, ...inner] = batch;
  if (dim === undefined) {
    body(...pointers);
    return;
  }
  const left = f.local("i32");
  const moved = pointers.map((pointer) => {
    const copy = f.local("i32");
    f.get(pointer).set(copy);
    return copy;
  }) as [Local, Local, Local];
  f.i32.const(dim.size).set(left);
  f.loop((again) => {
    eachBatch(f, inner, moved, bytes, body);
    advance(f, moved[0], dim.a * bytes);
    advance(f, moved[1], dim.b * bytes);
    advance(f, moved[2], dim.c * bytes);
    f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
  });
}

function emitZero(f: FunctionBuilder, { type, m, n, ldc }: Problem, c: Local): void {
  const row = f.local("i32");
  const i = f.local("i32");
  if (ldc === n) {
    f.get(c)
      .i32.const(0)
      .i32.const(m * n * type.bytes)
      .memory.fill();
    return;
  }
  f.get(c).set(row);
  f.for(i, 0, m, 1, () => {
    f.get(row)
      .i32.const(0)
      .i32.const(n * type.bytes)
      .memory.fill();
    advance(f, row, ldc * type.bytes);
  });
}

type Operands = {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
  readonly scratch: Local;
  readonly extra: readonly Local[];
};

/** The general path: blocks of k, of columns and of rows, packed as the plan says; register tiles inside. */
function emitTiles(
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

  const singleK = k <= t.blockK;
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
