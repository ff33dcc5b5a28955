import type { Scalar, ScalarLike } from "../../../core/routine/scalar.ts";
import type { Field, Matrix, Num, Vec } from "./field.ts";

/** How many reflectors act together, so that most of the work is products of matrices. */
export const BLOCK = 16;

/** With fewer reflectors than this they act one by one. */
const WORTH_BLOCKS = 40;

/** Whether so many reflectors are to act in blocks. */
export function actsInBlocks(reflectors: number): boolean {
  return reflectors >= WORTH_BLOCKS;
}

/**
 * A product of up to {@link BLOCK} reflectors I - tau v v^H as one operation I - V T V^H, with the vectors as columns of V and T upper triangular.
 * Schreiber and Van Loan, "A storage-efficient WY representation for products of Householder transformations", 1989.
 */
export class ReflectorBlock {
  private readonly field: Field;
  /** The vectors as rows, with the zeros before them and the one that they begin with. */
  private readonly vectors: Matrix;
  /** Their conjugates as columns. */
  private readonly across: Matrix;
  private readonly t: Matrix;
  /** What stands between V^H and V where rows are multiplied: T^T, or conj(T) for the adjoint. */
  private readonly middle: Matrix;
  private readonly dots: Matrix;
  private readonly left: Matrix;
  private readonly right: Matrix;

  /** For vectors of at most `length` numbers that act on at most so many rows. */
  constructor(field: Field, length: number, rows: number) {
    this.field = field;
    this.vectors = field.local(BLOCK, length);
    this.across = field.local(length, BLOCK);
    this.t = field.local(BLOCK, BLOCK);
    this.middle = field.local(BLOCK, BLOCK);
    this.dots = field.local(1, BLOCK);
    this.left = field.local(rows, BLOCK);
    this.right = field.local(rows, BLOCK);
  }

  /**
   * Takes `count` reflectors: vector i is in row `first + i` of `v`, from column `column + i` up to `end`; what is there at its beginning counts as
   * 1. `adjoint` says that the adjoint of their product is to act.
   */
  load(
    v: Matrix,
    first: Scalar,
    count: Scalar,
    column: Scalar,
    end: ScalarLike,
    tau: (j: Scalar) => Num,
    adjoint: boolean,
  ): void {
    const { field, vectors, across, t, middle, dots } = this;
    const { r } = field;
    const size = r.int(column.neg().add(end));
    r.for(0, count, (i) => {
      const rest = r.int(i.neg().add(size).sub(1));
      field.fill(i, vectors.row(i), 0);
      vectors.put(i, i, field.constant(1));
      field.copy(rest, v.row(first.add(i), column.add(i).add(1)), vectors.row(i, i.add(1)));
      r.for(0, size, (k) => across.put(k, i, vectors.at(i, k).conj()));
      // Column i of T: -tau T (V^H v) above the diagonal, of the vectors before it.
      const own = field.num(tau(first.add(i)));
      const overlap = r.int(i.neg().add(size));
      field.rowDots(i, overlap, vectors.row(0, i), vectors.stride, vectors.row(i, i), dots.row(0));
      r.for(0, BLOCK, (l) => t.put(l, i, field.constant(0)));
      r.for(0, i, (l) => {
        const sum = field.zero();
        r.for(l, i, (p) => field.set(sum, sum.add(t.at(l, p).mul(dots.at(0, p).conj()))));
        t.put(l, i, sum.mul(own).neg());
      });
      t.put(i, i, own);
    });
    r.for(0, count, (p) =>
      r.for(0, count, (l) => middle.put(p, l, adjoint ? t.at(p, l).conj() : t.at(l, p))),
    );
  }

  /**
   * Applies the block to rows of a matrix, each a vector whose first element is that at `column` of the block: row becomes (H row^T)^T, or with the
   * adjoint of H.
   */
  apply(count: Scalar, rows: ScalarLike, size: ScalarLike, from: Vec, stride: number): void {
    const { field, vectors, across, middle, left, right } = this;
    const { r } = field;
    const height = r.int(rows);
    for (const x of [left, right]) field.fill(height.mul(BLOCK), x.row(0), 0);
    field.product(
      { m: height, n: count, k: size },
      { from, row: stride, col: 1 },
      { from: across.row(0), row: across.stride },
      { from: left.row(0), row: left.stride },
    );
    field.product(
      { m: height, n: count, k: count },
      { from: left.row(0), row: left.stride, col: 1 },
      { from: middle.row(0), row: middle.stride },
      { from: right.row(0), row: right.stride },
    );
    field.product(
      { m: height, n: size, k: count, alpha: -1 },
      { from: right.row(0), row: right.stride, col: 1 },
      { from: vectors.row(0), row: vectors.stride },
      { from, row: stride },
    );
  }
}
