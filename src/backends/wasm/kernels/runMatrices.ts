import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { type Lanes, loadSplat, multiplyAdd } from "./lanes.ts";
import { pushReal, splat, strips, sumScalars } from "./runSteps.ts";
import type { RealKind } from "./runs.ts";

/** Operations on rows of matrices whose sizes are known when they run. Counts are elements; strides, like addresses, are bytes. */

/** Rows that are worked on together, so that what they share is loaded once. */
const ROWS = 4;

function shared(
  mb: ModuleBuilder,
  name: string,
  params: readonly ValType[],
  body: (f: FunctionBuilder, ...locals: Local[]) => void,
): FuncRef {
  return mb.shared(name, () => mb.function(name, params, [], body));
}

/** Calls `block` for so many rows at a time, most first; `m` counts down. */
function byRows(
  f: FunctionBuilder,
  m: Local,
  heights: readonly number[],
  block: (rows: number) => void,
): void {
  for (const rows of heights) {
    f.get(m).i32.const(rows).i32.ge_s();
    f.if(() => {
      f.loop((again) => {
        block(rows);
        f.get(m).i32.const(rows).i32.sub().tee(m).i32.const(rows).i32.ge_s().brIf(again);
      });
    });
  }
}

/** Sets `addresses[r]` to `first + r * stride` for each row, and `first` to the row after them. */
function rowAddresses(
  f: FunctionBuilder,
  first: Local,
  stride: Local,
  addresses: readonly Local[],
  rows: number,
): void {
  f.get(first);
  for (let r = 0; r < rows; r++) f.tee(addresses[r]).get(stride).i32.add();
  f.set(first);
}

const locals = (f: FunctionBuilder, type: ValType, count: number): Local[] =>
  Array.from({ length: count }, () => f.local(type));

/** (m, n, a, row, x, y): y[i] = A[i, :] . x */
export function emitRowDots(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  const params: ValType[] = ["i32", "i32", "i32", "i32", "i32", "i32"];
  return shared(mb, `run_row_dots_${t.kind}`, params, (f, m, n, a, row, x, y) => {
    const at = locals(f, "i32", ROWS);
    const sums = locals(f, "v128", 2 * ROWS);
    const tails = locals(f, real, ROWS);
    const [xAt, left] = locals(f, "i32", 2);
    byRows(f, m, [ROWS, 1], (rows) => {
      rowAddresses(f, a, row, at, rows);
      f.get(x).set(xAt).get(n).set(left);
      dotsOfRows(f, t, left, xAt, at.slice(0, rows), sums, tails);
      for (let r = 0; r < rows; r++) {
        f.get(y);
        pushSum(f, t, sums, tails, r);
        f[real].store(r * t.bytes);
      }
      f.get(y)
        .i32.const(rows * t.bytes)
        .i32.add()
        .set(y);
    });
  });
}

/** Sums the products of rows with one run, two vectors per row and what is left; addresses and `n` are changed. */
function dotsOfRows(
  f: FunctionBuilder,
  t: Lanes,
  n: Local,
  x: Local,
  rows: readonly Local[],
  sums: readonly Local[],
  tails: readonly Local[],
): void {
  const real = t.kind as RealKind;
  const [p, q] = [f.temp("v128"), f.temp("v128")];
  rows.forEach((_, r) => {
    for (const half of [0, 1]) f[t.kind === "f32" ? "f32x4" : "f64x2"].const(0).set(sums[2 * r + half]);
    f[real].const(0).set(tails[r]);
  });
  strips(f, t, n, [x, ...rows], [2, 1], {
    vectors: (count) => {
      for (let i = 0; i < count; i++) {
        f.get(x)
          .v128.load(16 * i, 2)
          .set(p);
        rows.forEach((row, r) => {
          f.get(row)
            .v128.load(16 * i, 2)
            .set(q);
          multiplyAdd(f, t, sums[2 * r + i], p, q, f.relaxedSimd);
        });
      }
    },
    element: () => {
      rows.forEach((row, r) => {
        f.get(tails[r]);
        pushReal(f, t, x);
        pushReal(f, t, row);
        f[real].mul()[real].add().set(tails[r]);
      });
    },
  });
  f.release(p, q);
}

/** Pushes the sum of products of row r. */
function pushSum(
  f: FunctionBuilder,
  t: Lanes,
  sums: readonly Local[],
  tails: readonly Local[],
  r: number,
): void {
  sumScalars(f, t, sums.slice(2 * r, 2 * r + 2));
  f.get(tails[r]);
  if (t.kind === "f32") f.f32.add();
  else f.f64.add();
}

/** (m, n, alpha, v, a, row): A[i, :] += alpha (A[i, :] . v) v */
export function emitReflect(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  const params: ValType[] = ["i32", "i32", real, "i32", "i32", "i32"];
  return shared(mb, `run_reflect_${t.kind}`, params, (f, m, n, alpha, v, a, row) => {
    const [at, begin] = [locals(f, "i32", ROWS), locals(f, "i32", ROWS)];
    const sums = locals(f, "v128", 2 * ROWS);
    const factors = locals(f, real, ROWS);
    const splats = locals(f, "v128", ROWS);
    const [vAt, left] = locals(f, "i32", 2);
    const [p, q] = locals(f, "v128", 2);
    byRows(f, m, [ROWS, 1], (rows) => {
      rowAddresses(f, a, row, at, rows);
      for (let r = 0; r < rows; r++) f.get(at[r]).set(begin[r]);
      f.get(v).set(vAt).get(n).set(left);
      dotsOfRows(f, t, left, vAt, at.slice(0, rows), sums, factors);
      for (let r = 0; r < rows; r++) {
        pushSum(f, t, sums, factors, r);
        f.get(alpha)[real].mul().tee(factors[r]);
        if (t.kind === "f32") f.f32x4.splat();
        else f.f64x2.splat();
        f.set(splats[r]);
      }
      f.get(v).set(vAt).get(n).set(left);
      strips(f, t, left, [vAt, ...begin.slice(0, rows)], [2, 1], {
        vectors: (count) => {
          for (let i = 0; i < count; i++) {
            f.get(vAt)
              .v128.load(16 * i, 2)
              .set(p);
            for (let r = 0; r < rows; r++) {
              f.get(begin[r])
                .v128.load(16 * i, 2)
                .set(q);
              multiplyAdd(f, t, q, p, splats[r], f.relaxedSimd);
              f.get(begin[r])
                .get(q)
                .v128.store(16 * i, 2);
            }
          }
        },
        element: () => {
          for (let r = 0; r < rows; r++) {
            f.get(begin[r]);
            pushReal(f, t, begin[r]);
            f.get(factors[r]);
            pushReal(f, t, vAt);
            f[real].mul()[real].add()[real].store();
          }
        },
      });
    });
  });
}

/** Rows of a product's tile: with four vectors of columns, sums and operands fill the registers. */
const TILE_ROWS = 2;

/** (m, n, k, alpha, a, aRow, aCol, b, bRow, c, cRow): C += alpha A B, in tiles of registers over two rows and four vectors. */
export function emitProduct(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  const params: ValType[] = ["i32", "i32", "i32", real, ...Array.from({ length: 7 }, () => "i32" as const)];
  return shared(mb, `run_product_${t.kind}`, params, (f, m, n, k, alpha, a, aRow, aCol, b, bRow, c, cRow) => {
    const [bAt, left, rowsLeft, aNext, cNext] = locals(f, "i32", 5);
    const [aAt, cAt] = [locals(f, "i32", TILE_ROWS), locals(f, "i32", TILE_ROWS)];
    const sums = locals(f, "v128", 4 * TILE_ROWS);
    const totals = locals(f, real, TILE_ROWS);
    const factor = splat(f, t, alpha);
    const [p, q] = locals(f, "v128", 2);
    const bs = locals(f, "v128", 4);
    /** The columns from the addresses `b` and `c` on. */
    const column = (tile: Tile) => {
      f.get(m).set(rowsLeft).get(a).set(aNext).get(c).set(cNext);
      byRows(f, rowsLeft, [TILE_ROWS, 1], (rows) => {
        rowAddresses(f, aNext, aRow, aAt, rows);
        rowAddresses(f, cNext, cRow, cAt, rows);
        tile.start(rows);
        f.get(b).set(bAt).get(k).set(left);
        f.loop((again) => {
          tile.term(rows);
          for (let r = 0; r < rows; r++) f.get(aAt[r]).get(aCol).i32.add().set(aAt[r]);
          f.get(bAt).get(bRow).i32.add().set(bAt);
          f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
        });
        tile.end(rows);
      });
    };
    const vectorTile = (width: number): Tile => ({
      start: (rows) => {
        for (let i = 0; i < rows * width; i++) (t.kind === "f32" ? f.f32x4 : f.f64x2).const(0).set(sums[i]);
      },
      term: (rows) => {
        for (let j = 0; j < width; j++)
          f.get(bAt)
            .v128.load(16 * j, 2)
            .set(bs[j]);
        for (let r = 0; r < rows; r++) {
          f.get(aAt[r]);
          loadSplat(f, t);
          f.set(p);
          for (let j = 0; j < width; j++) multiplyAdd(f, t, sums[r * width + j], p, bs[j], f.relaxedSimd);
        }
      },
      end: (rows) => {
        for (let r = 0; r < rows; r++) {
          for (let j = 0; j < width; j++) {
            f.get(cAt[r])
              .v128.load(16 * j, 2)
              .set(q);
            multiplyAdd(f, t, q, sums[r * width + j], factor, f.relaxedSimd);
            f.get(cAt[r])
              .get(q)
              .v128.store(16 * j, 2);
          }
        }
      },
    });
    const scalarTile: Tile = {
      start: (rows) => {
        for (let r = 0; r < rows; r++) f[real].const(0).set(totals[r]);
      },
      term: (rows) => {
        for (let r = 0; r < rows; r++) {
          f.get(totals[r]);
          pushReal(f, t, aAt[r]);
          pushReal(f, t, bAt);
          f[real].mul()[real].add().set(totals[r]);
        }
      },
      end: (rows) => {
        for (let r = 0; r < rows; r++) {
          f.get(cAt[r]);
          pushReal(f, t, cAt[r]);
          f.get(alpha).get(totals[r])[real].mul()[real].add()[real].store();
        }
      },
    };
    f.get(k).i32.const(0).i32.gt_s();
    f.if(() => {
      strips(f, t, n, [b, c], [4, 2, 1], {
        vectors: (width) => column(vectorTile(width)),
        element: () => column(scalarTile),
      });
    });
  });
}

/** How the sums of a tile begin, take in a term, and go into the result. */
interface Tile {
  readonly start: (rows: number) => void;
  readonly term: (rows: number) => void;
  readonly end: (rows: number) => void;
}
