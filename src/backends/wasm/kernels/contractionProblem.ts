import type { Epilogue } from "./epilogue.ts";
import { type GemmDtype, lanesOf } from "./gemmProblem.ts";
import { tileShape } from "./gemmTuning.ts";
import type { Lanes } from "./lanes.ts";

/** One dimension: size, and element strides in A, B, C and the arrays of the epilogue. */
export type Dim = {
  readonly size: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly arrays?: readonly number[] | undefined;
};

/** An epilogue's arrays are in the dimensions: there are so many. */
export type ContractionEpilogue = Epilogue<null>;

/**
 * C[rows, cols] = sum over `sum` of A[rows, sum] B[sum, cols], for every batch index, each over any number of dimensions. Strides in C
 * are positive; the last column or row had better have stride 1, for vectors to be stored whole.
 */
export type ContractionSpec = {
  readonly dtype: GemmDtype;
  readonly batch: readonly Dim[];
  readonly rows: readonly Dim[];
  readonly cols: readonly Dim[];
  readonly sum: readonly Dim[];
  /** Use fused multiply-add: only where `wasmFeatures().relaxedSimd`. */
  readonly relaxed: boolean;
  readonly epilogue?: ContractionEpilogue | undefined;
};

const unit: Dim = { size: 1, a: 0, b: 0, c: 0 };

/** A spec with the choices made how to compute it. Vectors run along `col`, register tiles have rows along `row`. */
export type ContractionProblem = {
  readonly type: Lanes;
  readonly relaxed: boolean;
  /** Whether A and B have changed places. */
  readonly swapped: boolean;
  /** Elements to add to the addresses of A and B, for dimensions that run backward. */
  readonly startA: number;
  readonly startB: number;
  /** Loops around everything: batch, then all column dimensions but one. */
  readonly outer: readonly Dim[];
  readonly col: Dim;
  /** Summed dimensions that are loops around a block of B, outermost first. */
  readonly outerSum: readonly Dim[];
  /** A summed dimension that is cut into chunks, or null. */
  readonly chunked: { readonly dim: Dim; readonly chunk: number } | null;
  /** Summed dimensions inside a block. */
  readonly innerSum: readonly Dim[];
  /** Row dimensions around the panels of B, and those that each panel runs over. */
  readonly outerRows: readonly Dim[];
  readonly blockRows: readonly Dim[];
  readonly row: Dim;
  readonly empty: boolean;
  /** Whether a block of B is copied into panels. */
  readonly packB: boolean;
  /** The register tile. */
  readonly tileRows: number;
  readonly tileVectors: number;
  readonly epilogue: ContractionEpilogue | undefined;
};

/** Products added up in registers before the sums go to memory, about. */
const BLOCK_SUM = 640;
/** Rows that pass by a panel of B while it is in the first cache. */
const BLOCK_ROWS = 192;
/** Columns of a block of B. */
export const BLOCK_COLS = 512;
/** Up to this many products per sum, C is written row by row. */
export const ROW_ORDER_SUM = 32;

const total = (dims: readonly Dim[]): number => dims.reduce((n, d) => n * d.size, 1);

export function arrange(spec: ContractionSpec): ContractionProblem {
  const type = lanesOf(spec.dtype);
  const { relaxed } = spec;
  let [rows, cols, batch, sum] = [spec.rows, spec.cols, spec.batch, spec.sum].map((dims) =>
    dims.filter((d) => d.size !== 1),
  );
  const empty = [...batch, ...rows, ...cols].some((d) => d.size === 0);
  // The left operand is read forward, so that the order of the sums does not depend on the choices below.
  let [startA, startB] = [0, 0];
  sum = sum.map((d) => {
    if (d.a > 0 || (d.a === 0 && d.b >= 0)) return d;
    startA += (d.size - 1) * d.a;
    startB += (d.size - 1) * d.b;
    return { size: d.size, a: -d.a, b: -d.b, c: 0 };
  });
  const swapped = prefersRows(rows, cols);
  if (swapped) {
    const swap = (dims: readonly Dim[]): Dim[] => dims.map((d) => ({ ...d, a: d.b, b: d.a }));
    [rows, cols, batch, sum] = [swap(cols), swap(rows), swap(batch), swap(sum)];
    [startA, startB] = [startB, startA];
  }
  [rows, cols, batch, sum] = [rows, cols, batch, sum].map(merged);
  const col = cols.at(-1) ?? unit;
  const { row, others, tileRows, tileVectors } = chooseRow(rows, { type, n: col.size, relaxed });
  const { outerSum, chunked, innerSum } = blockSum(sum);
  const blockRows: Dim[] = [];
  const outerRows = others.slice();
  for (let next = outerRows.at(-1); next !== undefined; next = outerRows.at(-1)) {
    if (Math.min(row.size, BLOCK_ROWS) * total(blockRows) * next.size > BLOCK_ROWS) break;
    blockRows.unshift(next);
    outerRows.pop();
  }
  const k = total(innerSum) * (chunked?.chunk ?? 1);
  const straight = (col.b === 1 || col.size === 1) && sum.every((d) => d.b >= 0);
  const far = sum.some((d) => d.b * type.bytes >= 2048);
  const conflicts = k * col.size * type.bytes > 65536 || (k >= 8 && far);
  return {
    type,
    relaxed,
    swapped,
    startA,
    startB,
    outer: [...batch, ...cols.slice(0, -1)],
    col,
    outerSum,
    chunked,
    innerSum,
    outerRows,
    blockRows,
    row,
    empty,
    packB: !straight || (conflicts && total(rows) >= 2 * tileRows),
    tileRows,
    tileVectors,
    epilogue: spec.epilogue,
  };
}

/**
 * Whether vectors should run along the rows: where these are the closer ones in the result, so that vectors are stored whole; if both are,
 * along the longer ones.
 */
function prefersRows(rows: readonly Dim[], cols: readonly Dim[]): boolean {
  const [row, col] = [rows.at(-1), cols.at(-1)];
  if (row === undefined) return false;
  if (col === undefined) return true;
  return row.c === col.c ? row.size > col.size : row.c < col.c;
}

/** Dimensions of which one continues the other become one. */
function merged(dims: readonly Dim[]): Dim[] {
  const list: Dim[] = [];
  for (const d of dims) {
    const last = list.at(-1);
    const continues = (outer: number, inner: number) => outer === inner * d.size;
    if (
      last !== undefined &&
      continues(last.a, d.a) &&
      continues(last.b, d.b) &&
      continues(last.c, d.c) &&
      (d.arrays ?? []).every((stride, i) => continues(last.arrays?.[i] ?? 0, stride))
    ) {
      list[list.length - 1] = { ...d, size: last.size * d.size };
    } else {
      list.push(d);
    }
  }
  return list;
}

/** The row dimension that register tiles cover in the least time. */
function chooseRow(rows: readonly Dim[], rest: { type: Lanes; n: number; relaxed: boolean }) {
  let best = { row: rows.at(-1) ?? unit, at: rows.length - 1, tile: [1, 1, Infinity], time: Infinity };
  const sizes = rows.length === 0 ? [unit] : rows;
  sizes.forEach((row, at) => {
    const tile = tileShape({ ...rest, m: row.size });
    const time = tile[2] / row.size;
    if (time <= best.time) best = { row, at, tile, time };
  });
  const [tileRows, tileVectors] = best.tile;
  return { row: best.row, others: rows.filter((_, i) => i !== best.at), tileRows, tileVectors };
}

/** Cuts the summed dimensions into blocks, of which each sum in registers takes one. */
function blockSum(sum: readonly Dim[]): Pick<ContractionProblem, "outerSum" | "chunked" | "innerSum"> {
  const outerSum = sum.slice();
  const innerSum: Dim[] = [];
  for (let next = outerSum.at(-1); next !== undefined; next = outerSum.at(-1)) {
    const inside = total(innerSum);
    if (inside * next.size <= BLOCK_SUM) {
      innerSum.unshift(next);
      outerSum.pop();
      continue;
    }
    const most = Math.floor(BLOCK_SUM / inside);
    if (most < 2) break;
    outerSum.pop();
    return { outerSum, chunked: { dim: next, chunk: chunkOf(next.size, most) }, innerSum };
  }
  return { outerSum, chunked: null, innerSum };
}

/** The length of equal chunks where there are such, not much below the longest allowed. */
function chunkOf(size: number, most: number): number {
  for (let chunk = most; chunk > most / 2; chunk--) if (size % chunk === 0) return chunk;
  return Math.ceil(size / Math.ceil(size / most));
}

/** Bytes of the copied block of B. */
export function packedBlockBytes(p: ContractionProblem): number {
  if (!p.packB) return 0;
  const k = total(p.innerSum) * (p.chunked?.chunk ?? 1);
  const n = Math.min(p.col.size, blockCols(p));
  return Math.ceil(n / p.type.count) * p.type.count * k * p.type.bytes;
}

/** Columns of a block: whole tiles. */
export function blockCols({ type, tileVectors }: ContractionProblem): number {
  const width = tileVectors * type.count;
  return Math.max(width, Math.floor(BLOCK_COLS / width) * width);
}

/** Rows of a block along the tiled dimension: whole tiles. */
export function blockRowsOf({ tileRows }: ContractionProblem): number {
  return Math.max(tileRows, Math.floor(BLOCK_ROWS / tileRows) * tileRows);
}
