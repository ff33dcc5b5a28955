import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { epilogueContext, type SharedEpilogue } from "./epilogue.ts";
import type { Lanes } from "./lanes.ts";
import { addVectors, advance, loadPart, loadSplat, multiplyAdd, neverTaken, storePart } from "./lanes.ts";

/**
 * A register tile for any product: what {@link ./gemmTile.ts} knows when it is written, strides and the length of k, are arguments here. So
 * all programs share a few of these functions, which are in the engine's optimised code when the next program calls them. They pay for
 * sums that are long enough to make up for the call. An epilogue is part of the function, but the numbers in it are arguments.
 */
export interface CommonTile {
  readonly type: Lanes;
  readonly rows: number;
  readonly cols: number;
  /** The direction in which A is contiguous: "k" for rows of A read in place, "rows" for panels and columns. */
  readonly contiguous: "k" | "rows";
  /** B has padding after its columns, so whole vectors may be read. */
  readonly bPadded: boolean;
  readonly relaxed: boolean;
  readonly epilogue: CommonEpilogue | undefined;
}

/** Code that runs on the sums before they are stored, and the element strides of its arrays along columns. */
export interface CommonEpilogue {
  readonly code: SharedEpilogue;
  readonly colStrides: readonly number[];
}

/** Shortest sums for which common tiles pay. */
export const LEAST_K = 33;
/** Rows of A that are read in place each have a pointer: so many fit in registers. */
const MOST_POINTERS = 8;
/** Steps of k that are written out. */
const UNROLL = 4;
/** Vector registers of the poorest common machine (x64), less the one that V8 keeps. */
const REGISTERS = 15;

/** The tile for a product whose A has these element strides; null where none suits. */
export function commonTileOf(
  tile: Omit<CommonTile, "contiguous">,
  a: { readonly row: number; readonly col: number },
): CommonTile | null {
  if (a.row === 1 || tile.rows === 1) return { ...tile, contiguous: "rows" };
  return a.col === 1 && tile.rows <= MOST_POINTERS ? { ...tile, contiguous: "k" } : null;
}

/** What the function of a common tile takes, in this order; strides are in bytes. */
export interface TileArguments<T> {
  readonly a: T;
  readonly b: T;
  readonly c: T;
  /** From one row of C to the next. */
  readonly ldc: T;
  /** Length of the sums. */
  readonly k: T;
  /** Sums to add to; none if this address is 0. */
  readonly sums: T;
  readonly sumsRow: T;
  /** Of A: from one row to the next where those are contiguous along k, else from one k to the next. */
  readonly aStride: T;
  /** Of B: from one k to the next. */
  readonly bStride: T;
  /** How many tiles there are, one below the other. */
  readonly tiles: T;
  /** From one tile to the next in A. */
  readonly aTile: T;
  /** Of the epilogue: the address of each array, and its bytes from one row to the next. */
  readonly arrays: readonly { readonly at: T; readonly row: T }[];
}

/** Calls `tiles` tiles, one below the other: C = sums + A B, through the epilogue. Each argument pushes its value. */
export function callCommonTile(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  tile: CommonTile,
  { a, b, c, ldc, k, sums, sumsRow, aStride, bStride, tiles, aTile, arrays }: TileArguments<() => unknown>,
): void {
  for (const push of [a, b, c, ldc, k, sums, sumsRow, aStride, bStride, tiles, aTile]) push();
  for (const { at, row } of arrays) {
    at();
    row();
  }
  for (const bits of tile.epilogue?.code.numbers ?? []) {
    if (typeof bits === "bigint") f.i64.const(bits);
    else f.i32.const(bits);
  }
  f.call(commonTile(mb, tile));
}

function commonTile(mb: ModuleBuilder, tile: CommonTile): FuncRef {
  const { type, rows, cols, contiguous, bPadded, relaxed, epilogue } = tile;
  const fused = relaxed && type.kind.startsWith("f");
  const after = epilogue === undefined ? "" : `_${epilogue.colStrides.join("_")}_${epilogue.code.name}`;
  const name = `tile_${type.kind}_${rows}x${cols}${bPadded ? "p" : ""}_${contiguous}${fused ? "_fma" : ""}${after}`;
  const params = Array.from({ length: 11 }, (): ValType => "i32");
  for (const _ of epilogue?.colStrides ?? []) params.push("i32", "i32");
  for (const bits of epilogue?.code.numbers ?? []) params.push(typeof bits === "bigint" ? "i64" : "i32");
  return mb.common(name, params, [], (f, ...locals) => {
    const [a, b, c, ldc, k, sums, sumsRow, aStride, bStride, tiles, aTile, ...rest] = locals as [
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      ...Local[],
    ];
    const arrays = (epilogue?.colStrides ?? []).map((_, i) => ({
      at: rest[2 * i] as Local,
      row: rest[2 * i + 1] as Local,
    }));
    const numbers = rest.slice(2 * arrays.length);
    const args = { a, b, c, ldc, k, sums, sumsRow, aStride, bStride, tiles, aTile, arrays };
    emitTiles(f, tile, args, numbers);
  });
}

function emitTiles(
  f: FunctionBuilder,
  tile: CommonTile,
  args: TileArguments<Local>,
  numbers: readonly Local[],
): void {
  const { type, rows, cols, epilogue } = tile;
  const { c, ldc, sums, sumsRow, tiles, arrays } = args;
  const vectors = Math.ceil(cols / type.count);
  const lanesOf = (j: number) => Math.min(type.count, cols - j * type.count);
  const acc = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local("v128")));
  const a = f.local("i32");
  const b = f.local("i32");
  const left = f.local("i32");
  const next = (pointer: Local, step: Local) => f.get(pointer).get(step).i32.add().set(pointer);
  f.loop((again) => {
    for (const row of acc) for (const sum of row) f.i32x4.const(0).set(sum);
    f.get(args.a).set(a).get(args.b).set(b).get(args.k).set(left);
    emitProducts(f, tile, acc, { a, b, left, aStride: args.aStride, bStride: args.bStride });
    f.get(sums).if(() => {
      for (const row of acc) {
        row.forEach((sum, j) => {
          loadPart(f, type, sums, lanesOf(j), j * 16);
          f.get(sum);
          addVectors(f, type);
          f.set(sum);
        });
        next(sums, sumsRow);
      }
    });
    // Only now, or registers would hold them while k runs.
    const vectorsOf = numbers.map((bits) => {
      const vector = f.temp("v128");
      f.get(bits);
      if (bits.type === "i64") f.i64x2.splat();
      else f.i32x4.splat();
      f.set(vector);
      return vector;
    });
    const strides = (epilogue?.colStrides ?? []).map((col) => ({ row: 0, col }));
    const pointers = arrays.map(({ at }) => at);
    for (const row of acc) {
      row.forEach((sum, j) => {
        const at = { acc: sum, row: 0, col: j * type.count, lanes: lanesOf(j) };
        epilogue?.code.emit(f, epilogueContext(f, type, strides, pointers, at), vectorsOf);
        storePart(f, type, c, sum, lanesOf(j), j * 16);
      });
      next(c, ldc);
      for (const { at, row } of arrays) next(at, row);
    }
    f.release(...vectorsOf);
    next(args.a, args.aTile);
    f.get(tiles).i32.const(1).i32.sub().tee(tiles).brIf(again);
  });
}

interface Operands {
  readonly a: Local;
  readonly b: Local;
  readonly left: Local;
  readonly aStride: Local;
  readonly bStride: Local;
}

/** Adds the products of all k to the sums, in the order of {@link ./gemmOrder.ts}. Fences as in the other tile. */
function emitProducts(
  f: FunctionBuilder,
  { type, rows, cols, contiguous, bPadded, relaxed }: CommonTile,
  acc: readonly (readonly Local[])[],
  { a, b, left, aStride, bStride }: Operands,
): void {
  const { bytes } = type;
  const vectors = Math.ceil(cols / type.count);
  const bv = Array.from({ length: vectors }, () => f.local("v128"));
  const av = f.local("v128");
  const pointers = contiguous === "rows" ? [a] : Array.from({ length: rows }, () => f.local("i32"));
  if (contiguous === "k")
    pointers.forEach((pointer, i) => {
      if (i === 0) f.get(a).set(pointer);
      else
        f.get(pointers[i - 1])
          .get(aStride)
          .i32.add()
          .set(pointer);
    });
  const group = Math.max(1, REGISTERS - rows * vectors - vectors - (relaxed ? 0 : 1));
  const step = (u: number, fence: () => void) => {
    bv.forEach((vector, j) => {
      loadPart(f, type, b, bPadded ? type.count : Math.min(type.count, cols - j * type.count), j * 16);
      f.set(vector);
    });
    f.get(b).get(bStride).i32.add().set(b);
    acc.forEach((row, i) => {
      if (i > 0 && i % group === 0) fence();
      f.get(pointers[contiguous === "k" ? i : 0]);
      loadSplat(f, type, (contiguous === "k" ? u : i) * bytes);
      f.set(av);
      row.forEach((sum, j) => multiplyAdd(f, type, sum, av, bv[j] as Local, relaxed));
    });
    if (contiguous === "rows") f.get(a).get(aStride).i32.add().set(a);
  };
  const loopOf = (count: number) =>
    neverTaken(f, b, (fence) =>
      f.loop((again) => {
        for (let u = 0; u < count; u++) {
          if (u > 0) fence();
          step(u, fence);
        }
        if (contiguous === "k") for (const pointer of pointers) advance(f, pointer, count * bytes);
        f.get(left).i32.const(count).i32.sub().tee(left).i32.const(count).i32.ge_u().brIf(again);
      }),
    );
  f.get(left).i32.const(UNROLL).i32.ge_u();
  f.if(() => loopOf(UNROLL));
  f.get(left).if(() => loopOf(1));
}
