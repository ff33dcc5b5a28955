import type { Epilogue } from "./epilogue.ts";
import type { Lanes } from "./lanes.ts";
import { LANES } from "./lanes.ts";

export type GemmDtype = "float32" | "float64" | "int32" | "uint32" | "int64" | "uint64";

/** One batch dimension: how far, in elements, each operand moves; a stride of 0 broadcasts. */
export type GemmBatch = {
  readonly size: number;
  readonly strideA: number;
  readonly strideB: number;
  /** From one matrix of C to the next; they follow one another unless given. */
  readonly strideC?: number | undefined;
};

/**
 * How a sum over k is taken: one product after the other, or in several lanes at once ({@link ./gemmOrder.ts}).
 */
export type SumOrder = "steps" | "lanes";

/**
 * A product C = A B of matrices [m, k] and [k, n], repeated over batch dimensions. Strides are in elements and may be
 * anything (transposed, broadcast, reversed); C is row-major. An element of C depends on its row of A, its column of B, k and the order
 * alone, bit for bit: a product may be cut along rows, columns and batch dimensions into pieces of the same order.
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
  /** That of the product that this one is a piece of; that of {@link sumOrder} unless given. */
  readonly order?: SumOrder | undefined;
  /**
   * The address of B is that of its panels, which {@link ./gemmPanels.ts} wrote beforehand; the strides are those of B itself. Only for products
   * for which `takesPanels` is true.
   */
  readonly panels?: boolean | undefined;
  /** Use fused multiply-add: only where `wasmFeatures().relaxedSimd`. */
  readonly relaxed?: boolean | undefined;
  /** Code to run on the sums before they are stored; the register tiles compute such products whatever their shape. */
  readonly epilogue?: GemmEpilogue | undefined;
  readonly tuning?: Partial<GemmTuning> | undefined;
};

/** Element strides of an epilogue's array along rows, columns and batch dimensions; not negative. */
export type GemmArray = {
  readonly rowStride: number;
  readonly colStride: number;
  readonly batch: readonly number[];
};
export type GemmEpilogue = Epilogue<GemmArray>;

/** Choices that only matter for speed. */
export type GemmTuning = {
  readonly rows: number;
  readonly vectors: number;
  readonly blockM: number;
  readonly blockN: number;
  /** Up to this k, C is written row by row. */
  readonly rowOrderK: number;
  readonly packA: boolean;
  readonly packB: boolean;
  /** Rows of B that are scaled and added up at a time; 0 to use tiles. */
  readonly passRows: number;
};

export type Batch = {
  readonly size: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** How far the arrays of the epilogue move. */
  readonly arrays: readonly number[];
};

/** A spec in the shape the emitters want: sizes and strides that do not matter are made the convenient ones. */
export type Problem = {
  readonly type: Lanes;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly aRow: number;
  readonly aCol: number;
  readonly bRow: number;
  readonly bCol: number;
  /** Whether B is read from panels that were written beforehand. */
  readonly panels: boolean;
  readonly ldc: number;
  readonly batch: readonly Batch[];
  /** Whether A and B have changed places. */
  readonly swapped: boolean;
  /** One row (others are batches), and sums in lanes along the columns of B, which are contiguous. */
  readonly lanes: boolean;
  readonly relaxed: boolean;
  readonly epilogue: GemmEpilogue | undefined;
};

const KINDS = {
  float32: "f32",
  float64: "f64",
  int32: "i32",
  uint32: "i32",
  int64: "i64",
  uint64: "i64",
} as const;

export function lanesOf(dtype: GemmDtype): Lanes {
  return LANES[KINDS[dtype]];
}

/** The order of sums that suits a product: pieces of it must be given the same one. */
export function sumOrder(spec: GemmSpec): SumOrder {
  return normalize(spec).lanes ? "lanes" : "steps";
}

/** With more rows, packing B pays. */
const DOT_ROWS = 3;

/** Checks a spec and makes the choices that change what is computed, not how fast. */
export function normalize(spec: GemmSpec): Problem {
  const { k, epilogue, panels = false } = spec;
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
    if (last.arrays.some((stride, i) => stride !== m * (epilogue?.arrays[i]?.rowStride ?? 0))) break;
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
  let lanes = false;
  if (epilogue === undefined && !panels) {
    if (n === 1 && m === 1) {
      if (bRow !== 1 && aCol === 1) swap();
    } else if (n === 1 && ldc === 1) {
      swap();
      ldc = n;
    }
    const suited = m <= DOT_ROWS && k > 1 && (m === 1 || bCol !== 1);
    lanes = bRow === 1 && bCol >= 0 && (spec.order === undefined ? suited : spec.order === "lanes");
    if (lanes && m > 1) {
      batch = [...batch, { size: m, a: aRow, b: 0, c: ldc, arrays: [] }];
      m = 1;
    }
    if (spec.order === "lanes" && !lanes) throw new Error("gemm: no operand is contiguous along k");
  }
  if (m === 1) aRow = 0;
  if (n === 1) bCol = 1;
  const relaxed = spec.relaxed ?? false;
  return {
    type: lanesOf(spec.dtype),
    m,
    n,
    k,
    aRow,
    aCol,
    bRow,
    bCol,
    panels,
    ldc,
    batch,
    swapped,
    lanes,
    relaxed,
    epilogue,
  };
}

function batches(spec: GemmSpec, matrix: number): Batch[] {
  const made: Batch[] = [];
  const dims = spec.batch ?? [];
  let c = matrix;
  for (let d = dims.length - 1; d >= 0; d--) {
    const { size, strideA, strideB, strideC } = dims[d] as GemmBatch;
    if (!Number.isInteger(size) || size < 0)
      throw new Error(`gemm: a batch size must be a size, got ${size}`);
    c = strideC ?? c;
    const arrays = spec.epilogue?.arrays.map(({ batch }) => batch[d] ?? 0) ?? [];
    if (size !== 1) made.unshift({ size, a: strideA, b: strideB, c, arrays });
    c *= size;
  }
  return made;
}
