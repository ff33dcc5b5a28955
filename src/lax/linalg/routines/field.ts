import type { Cells, RoutineBuilder, Run } from "../../../core/routine/builder.ts";
import { type Scalar, type ScalarLike, scalarOf, type Variable } from "../../../core/routine/scalar.ts";

/** A real or complex number of a routine. */
export class Num {
  readonly re: Scalar;
  /** Null for a real number. */
  readonly im: Scalar | null;
  constructor(re: Scalar, im: Scalar | null = null) {
    this.re = re;
    this.im = im;
  }

  add(y: Num): Num {
    return new Num(this.re.add(y.re), this.im === null ? y.im : y.im === null ? this.im : this.im.add(y.im));
  }
  sub(y: Num): Num {
    return this.add(y.neg());
  }
  neg(): Num {
    return new Num(this.re.neg(), this.im?.neg() ?? null);
  }
  conj(): Num {
    return new Num(this.re, this.im?.neg() ?? null);
  }
  mul(y: Num): Num {
    if (y.im === null) return this.scale(y.re);
    if (this.im === null) return y.scale(this.re);
    return new Num(this.re.mul(y.re).sub(this.im.mul(y.im)), this.re.mul(y.im).add(this.im.mul(y.re)));
  }
  /** Times a real number. */
  scale(by: ScalarLike): Num {
    return new Num(this.re.mul(by), this.im?.mul(by) ?? null);
  }
  div(by: Num): Num {
    if (by.im === null) return new Num(this.re.div(by.re), this.im?.div(by.re) ?? null);
    return this.mul(by.conj()).div(new Num(by.re.mul(by.re).add(by.im.mul(by.im))));
  }
  /** The sum of the magnitudes of its parts, by which pivots are chosen. */
  size(): Scalar {
    return this.im === null ? this.re.abs() : this.re.abs().add(this.im.abs());
  }
  isZero(): Scalar {
    return this.im === null ? this.re.eq(0) : this.re.eq(0).and(this.im.eq(0));
  }
}

/** A run of numbers: their real parts, and for complex ones their imaginary parts. */
export class Vec {
  readonly runs: readonly Run[];
  constructor(runs: readonly Run[]) {
    this.runs = runs;
  }
  from(offset: ScalarLike): Vec {
    return new Vec(this.runs.map((r) => r.from(offset)));
  }
}

/** A matrix whose rows are runs; a vector is a matrix of one row. Real and imaginary parts are arrays of their own. */
export class Matrix {
  readonly planes: readonly Cells[];
  /** Elements from one row to the next. */
  readonly stride: number;
  constructor(planes: readonly Cells[], stride: number) {
    this.planes = planes;
    this.stride = stride;
  }
  private index(i: ScalarLike, j: ScalarLike): Scalar {
    return scalarOf(i, "int").mul(this.stride).add(j);
  }
  at(i: ScalarLike, j: ScalarLike): Num {
    const index = this.index(i, j);
    const [re, im] = this.planes.map((p) => p.at(index));
    return new Num(re, im ?? null);
  }
  put(i: ScalarLike, j: ScalarLike, value: Num): void {
    const index = this.index(i, j);
    this.planes[0].put(index, value.re);
    if (this.planes.length > 1) this.planes[1].put(index, value.im ?? 0);
  }
  /** Row i from column j on. */
  row(i: ScalarLike, j: ScalarLike = 0): Vec {
    return new Vec(this.planes.map((p) => p.from(this.index(i, j))));
  }
}

/**
 * The real or the complex numbers, in a routine that is being written: memory for them and operations on runs of them. What is complex
 * is done by parts.
 */
export class Field {
  readonly r: RoutineBuilder;
  readonly isComplex: boolean;
  constructor(r: RoutineBuilder, isComplex: boolean) {
    this.r = r;
    this.isComplex = isComplex;
  }

  input(rows: number, columns: number): Matrix {
    return new Matrix(
      this.planes((size) => this.r.input("real", size), rows * columns),
      columns,
    );
  }
  output(rows: number, columns: number): Matrix {
    return new Matrix(
      this.planes((size) => this.r.output("real", size), rows * columns),
      columns,
    );
  }
  /** Memory of the routine; its rows are padded so that they do not meet in the same lines of the cache. */
  local(rows: number, columns: number): Matrix {
    const stride = rows > 1 && columns % 64 === 0 ? columns + 8 : columns;
    return new Matrix(
      this.planes((size) => this.r.local("real", size), rows * stride),
      stride,
    );
  }
  private planes(make: (size: number) => Cells, size: number): Cells[] {
    return Array.from({ length: this.isComplex ? 2 : 1 }, () => make(size));
  }

  num(value: Num): NumVariable {
    const re = this.r.real(value.re);
    return new NumVariable(re, this.isComplex ? this.r.real(value.im ?? 0) : null);
  }
  zero(): NumVariable {
    return this.num(this.constant(0));
  }
  constant(value: number): Num {
    return new Num(scalarOf(value, "real"));
  }
  set(variable: NumVariable, value: Num): void {
    if (variable.im === null) {
      this.r.set(variable.re, value.re);
      return;
    }
    // Both parts of the value are computed before either is set.
    const re = this.r.real(value.re);
    this.r.set(variable.im, value.im ?? 0);
    this.r.set(variable.re, re);
  }

  /** The sum of conj(x[i]) * y[i]. */
  dot(n: ScalarLike, x: Vec, y: Vec): Num {
    const { r } = this;
    const [xr, xi] = x.runs;
    const [yr, yi] = y.runs;
    const re = r.dot(n, xr, yr);
    if (!this.isComplex) return new Num(re);
    return new Num(re.add(r.dot(n, xi, yi)), r.dot(n, xr, yi).sub(r.dot(n, xi, yr)));
  }
  /** The sum of x[i] * y[i]. */
  dotPlain(n: ScalarLike, x: Vec, y: Vec): Num {
    if (!this.isComplex) return this.dot(n, x, y);
    const { r } = this;
    const [xr, xi] = x.runs;
    const [yr, yi] = y.runs;
    return new Num(r.dot(n, xr, yr).sub(r.dot(n, xi, yi)), r.dot(n, xr, yi).add(r.dot(n, xi, yr)));
  }
  /** y += alpha * x, or alpha * conj(x) */
  axpy(n: ScalarLike, alpha: Num, x: Vec, y: Vec, conjugate = false): void {
    const { r } = this;
    const [xr, xi] = x.runs;
    const [yr, yi] = y.runs;
    const sign = conjugate ? -1 : 1;
    r.run({ op: "axpy", n, alpha: alpha.re, x: xr, y: yr });
    if (!this.isComplex) return;
    r.run({ op: "axpy", n, alpha: alpha.re.mul(sign), x: xi, y: yi });
    if (alpha.im === null) return;
    r.run({ op: "axpy", n, alpha: alpha.im.mul(-sign), x: xi, y: yr });
    r.run({ op: "axpy", n, alpha: alpha.im, x: xr, y: yi });
  }
  /** x *= alpha, a real number */
  scaleReal(n: ScalarLike, alpha: ScalarLike, x: Vec): void {
    for (const run of x.runs) this.r.run({ op: "scale", n, alpha, x: run });
  }
  scale(n: ScalarLike, alpha: Num, x: Vec): void {
    if (alpha.im === null) {
      this.scaleReal(n, alpha.re, x);
      return;
    }
    const { r } = this;
    const [re, im] = [r.real(alpha.re), r.real(alpha.im)];
    const [xr, xi] = x.runs.map((run) => elements(r, run));
    r.for(0, n, (i) => {
      const product = new Num(xr.at(i), xi.at(i)).mul(new Num(re, im));
      const kept = r.real(product.re);
      xi.put(i, product.im ?? 0);
      xr.put(i, kept);
    });
  }
  swap(n: ScalarLike, x: Vec, y: Vec): void {
    x.runs.forEach((run, p) => this.r.run({ op: "swap", n, x: run, y: y.runs[p] }));
  }
  copy(n: ScalarLike, x: Vec, y: Vec): void {
    x.runs.forEach((run, p) => this.r.run({ op: "copy", n, x: run, y: y.runs[p] }));
  }
  /** All parts of all numbers become `value`. */
  fill(n: ScalarLike, x: Vec, value: number): void {
    for (const run of x.runs) this.r.run({ op: "fill", n, value, x: run });
  }
  negateImaginary(n: ScalarLike, x: Vec): void {
    if (this.isComplex) this.r.run({ op: "scale", n, alpha: -1, x: x.runs[1] });
  }

  /**
   * C += alpha * op(A) B, alpha real, for m x n results and k terms; A is read through strides, and conjugated if so wanted. C overlaps
   * neither operand.
   */
  product(
    { m, n, k, alpha = 1 }: { m: ScalarLike; n: ScalarLike; k: ScalarLike; alpha?: number },
    a: {
      readonly from: Vec;
      readonly row: ScalarLike;
      readonly col: ScalarLike;
      readonly conjugate?: boolean;
    },
    b: { readonly from: Vec; readonly row: ScalarLike },
    c: { readonly from: Vec; readonly row: ScalarLike },
  ): void {
    const [ar, ai] = a.from.runs;
    const [br, bi] = b.from.runs;
    const [cr, ci] = c.from.runs;
    const part = (x: Run, y: Run, z: Run, factor: number) =>
      this.r.run({
        op: "product",
        m,
        n,
        k,
        alpha: factor,
        a: x,
        aRow: a.row,
        aCol: a.col,
        b: y,
        bRow: b.row,
        c: z,
        cRow: c.row,
      });
    part(ar, br, cr, alpha);
    if (!this.isComplex) return;
    const sign = a.conjugate === true ? -alpha : alpha;
    part(ai, bi, cr, -sign);
    part(ar, bi, ci, alpha);
    part(ai, br, ci, sign);
  }

  /** y[i] = sum over j of A[i, j] * conj(x[j]) for m rows of n */
  rowDots(m: ScalarLike, n: ScalarLike, a: Vec, stride: number, x: Vec, y: Vec): void {
    const { r } = this;
    if (!this.isComplex) {
      r.run({ op: "rowDots", m, n, a: a.runs[0], row: stride, x: x.runs[0], y: y.runs[0] });
      return;
    }
    const [yr, yi] = y.runs.map((run) => elements(r, run));
    r.for(0, m, (i) => {
      const sum = this.dot(n, x, a.from(i.mul(stride)));
      yr.put(i, sum.re);
      yi.put(i, sum.im ?? 0);
    });
  }

  /** A[i, :] += alpha * (sum over j of A[i, j] * conj(v[j])) * v for m rows of n: rows times I + alpha v^H v */
  reflect(m: ScalarLike, n: ScalarLike, alpha: Num, v: Vec, a: Vec, stride: number): void {
    const { r } = this;
    if (!this.isComplex) {
      r.run({ op: "reflect", m, n, alpha: alpha.re, v: v.runs[0], a: a.runs[0], row: stride });
      return;
    }
    r.for(0, m, (i) => {
      const row = a.from(i.mul(stride));
      this.axpy(n, this.num(this.dot(n, v, row).mul(alpha)), v, row);
    });
  }

  /** The Euclidean norm, without overflow or underflow on the way. */
  norm(n: ScalarLike, x: Vec): Variable {
    const { r } = this;
    const squares = r.real(x.runs.map((run): Scalar => r.dot(n, run, run)).reduce((p, q) => p.add(q)));
    const norm = r.real(squares.sqrt());
    const safe = squares.gt(r.tiny / r.eps ** 2).and(squares.lt(1 / r.tiny));
    r.if(safe.not(), () => {
      const largest = r.real(0);
      const parts = x.runs.map((run) => elements(r, run));
      r.for(0, n, (i) => {
        for (const part of parts) r.set(largest, largest.max(part.at(i).abs()));
      });
      r.set(norm, largest);
      r.if(largest.gt(0), () => {
        const sum = r.real(0);
        r.for(0, n, (i) => {
          for (const part of parts) {
            const scaled = r.real(part.at(i).div(largest));
            r.set(sum, sum.add(scaled.mul(scaled)));
          }
        });
        r.set(norm, largest.mul(sum.sqrt()));
      });
    });
    return norm;
  }
}

/** A number that can be set. */
export class NumVariable extends Num {
  declare readonly re: Variable;
  declare readonly im: Variable | null;
  constructor(re: Variable, im: Variable | null) {
    super(re, im);
  }
}

/** The elements of a run one by one. */
function elements(
  r: RoutineBuilder,
  run: Run,
): { readonly at: (i: Scalar) => Scalar; readonly put: (i: Scalar, value: ScalarLike) => void } {
  const cells = r.cellsOf(run);
  return {
    at: (i) => cells.at(run.index.add(i)),
    put: (i, value) => cells.put(run.index.add(i), value),
  };
}
