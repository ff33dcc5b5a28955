import { type GemmPlan, type GemmSpec, gemmPlan, sumOrder } from "../kernels/gemm.ts";
import { blockLength, GROUP } from "../kernels/gemmOrder.ts";
import { lanesOf } from "../kernels/gemmProblem.ts";
import { type Cut, cutInto } from "./split.ts";

/** A product cut along its outermost batch dimension, its rows or its columns. */
export interface GemmCut extends Cut {
  readonly along: "batch" | "rows" | "columns";
  /** Elements from one unit to the next in A, B and C. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** The product of a piece of so many units. */
  readonly part: (units: number) => GemmSpec;
}

/** What a thread does in a nanosecond where products are fast; slower ones are cut as if they were. */
const FLOPS_PER_NANOSECOND = 40;
/** What it moves where that takes longer. */
const BYTES_PER_NANOSECOND = 20;
/** Time to pack an element. */
const PACK_NANOSECONDS = 0.35;
/** For how many threads the better of two cuts is chosen; any number may take the pieces. */
const TYPICAL_THREADS = 4;
/** Fewest rows or columns of a piece: each packs what the pieces share again, which must be little beside its products. */
const LEAST_SHARING = 128;
const LEAST = 32;
/** Fewest columns where writing C, or reading B, row by row takes the time: memory is fast at long runs, and caches at shorter ones. */
const LEAST_RUN = 1024;
const LEAST_RUN_NEAR = 128;
/** Bytes of C that stay in a cache. */
const NEAR = 1 << 20;
const LEAST_READ = 4096;
/** Sums up to this length take less time than writing them. */
const SHORT_K = 32;

function leastRun({ m, n, k, ldc = n, dtype }: GemmSpec): number {
  if (k > SHORT_K) return 1;
  return m * ldc * lanesOf(dtype).bytes > NEAR ? LEAST_RUN : LEAST_RUN_NEAR;
}

/** Blocks of a sum over k, cut into pieces. */
export interface SumsCut extends Cut {
  /** Products of a block; the last block may have fewer. */
  readonly length: number;
  readonly blocks: number;
  /** The product over so many values of k, rows of C next to each other. */
  readonly part: (products: number) => GemmSpec;
}

/** A product with all that pieces must have in common with it. */
function planned(whole: GemmSpec): { spec: GemmSpec; plan: GemmPlan } {
  const plan = gemmPlan(whole);
  const { passRows, rows, vectors } = plan.tuning;
  const tuning = {
    ...whole.tuning,
    ...(plan.path === "axpy" ? { passRows } : {}),
    // Panels are as wide as tiles.
    ...(whole.panels === true ? { rows, vectors } : {}),
  };
  return { spec: { ...whole, order: sumOrder(whole), tuning }, plan };
}

function timeOf({ flops, bytes }: GemmPlan): number {
  return Math.max(flops / FLOPS_PER_NANOSECOND, bytes / BYTES_PER_NANOSECOND);
}

/**
 * Cuts the sums of a product of few rows that reads B row by row: where that makes more pieces than runs of columns do, and each reads
 * rows of B from end to end. Null where it does not pay.
 */
export function cutSums(whole: GemmSpec): SumsCut | null {
  const { spec, plan } = planned(whole);
  const { k, batch = [] } = spec;
  if (plan.path !== "axpy" || batch.length > 0 || k > GROUP) return null;
  const length = blockLength(k);
  const blocks = Math.ceil(k / length);
  const cut = cutInto(timeOf(plan), blocks);
  if (cut.pieces === 1 || cut.pieces <= cutGemm(whole).pieces) return null;
  return { ...cut, length, blocks, part: (products) => ({ ...spec, k: products, ldc: spec.n }) };
}

/** One spec for each number of units, so that it is planned once. */
function once(part: (units: number) => GemmSpec): (units: number) => GemmSpec {
  const made = new Map<number, GemmSpec>();
  return (units) => {
    const spec = made.get(units) ?? part(units);
    made.set(units, spec);
    return spec;
  };
}

/**
 * Cuts where least is done twice. Pieces of a batch share nothing. Pieces along the rows share B, which is packed again in each unless it is read in
 * place; pieces along the columns share A likewise. Pieces add their products in the order of the whole.
 */
export function cutGemm(whole: GemmSpec): GemmCut {
  const { spec, plan } = planned(whole);
  const { m, n, k, a, b, batch = [], ldc = n } = spec;
  const nanoseconds = timeOf(plan);
  const uncut: GemmCut = { along: "rows", pieces: 1, each: m, units: m, a: 0, b: 0, c: 0, part: () => spec };
  const [outer, ...inner] = batch;
  if (outer !== undefined) {
    const cut = cutInto(nanoseconds, outer.size);
    const c = outer.strideC ?? inner.reduce((product, { size }) => product * size, m * ldc);
    const part = once((units) => ({ ...spec, batch: [{ ...outer, size: units }, ...inner] }));
    return cut.pieces > 1 ? { ...cut, along: "batch", a: outer.strideA, b: outer.strideB, c, part } : uncut;
  }
  const packs = plan.path === "tiles";
  const packA = packs && plan.tuning.packA;
  const packB = packs && plan.tuning.packB && whole.panels !== true;
  const least = (packed: boolean) => (packed ? LEAST_SHARING : plan.path === "axpy" ? LEAST_READ : LEAST);
  // Pieces are whole register tiles.
  const tile = packs ? plan.tuning : { rows: 1, vectors: 1 };
  const rows = cutInto(nanoseconds, m, least(packB), tile.rows);
  const tileColumns = tile.vectors * lanesOf(spec.dtype).count;
  const columns = cutInto(nanoseconds, n, Math.max(least(packA), leastRun(spec)), packs ? tileColumns : 1);
  /** How long some threads take, when each piece packs the operand that pieces share. */
  const duration = (pieces: number, packed: boolean, elements: number) =>
    Math.ceil(pieces / TYPICAL_THREADS) * (nanoseconds / pieces + (packed ? elements * PACK_NANOSECONDS : 0));
  const byRows =
    rows.pieces > 1 && duration(rows.pieces, packB, k * n) <= duration(columns.pieces, packA, k * m);
  if (byRows) {
    return {
      ...rows,
      along: "rows",
      a: a.rowStride,
      b: 0,
      c: ldc,
      part: once((units) => ({ ...spec, m: units, ldc })),
    };
  }
  if (columns.pieces === 1) return uncut;
  return {
    ...columns,
    along: "columns",
    a: 0,
    b: b.colStride,
    c: 1,
    part: once((units) => ({ ...spec, n: units, ldc })),
  };
}
