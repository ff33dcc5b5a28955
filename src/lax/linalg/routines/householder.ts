import { type ScalarLike, scalarOf, type Variable } from "../../../core/routine/scalar.ts";
import { type Field, type Matrix, Num, type NumVariable } from "./field.ts";
import { actsInBlocks, BLOCK, ReflectorBlock } from "./reflectorBlocks.ts";

/** A reflector I - tau v v^H that maps a vector to a multiple of the first unit vector. */
export interface Reflector {
  readonly tau: NumVariable;
  /** What the vector's first element becomes: real. */
  readonly beta: Variable;
}

/**
 * Replaces the n numbers of row i of a matrix from column j on by the vector v of the reflector whose adjoint maps them to
 * (beta, 0, ..., 0), with v[0] = 1. tau is 0 where there is nothing to do; beta has the opposite sign of the first element otherwise.
 */
export function makeReflector(
  field: Field,
  n: ScalarLike,
  matrix: Matrix,
  i: ScalarLike,
  j: ScalarLike,
): Reflector {
  const { r } = field;
  const count = r.int(scalarOf(n, "int"));
  const first = field.num(matrix.at(i, j));
  const tail = matrix.row(i, j).from(1);
  const rest = r.int(count.sub(1));
  const below = field.norm(rest, tail);
  // Subnormal numbers have few digits and no reciprocals: such vectors are worked on a power of two larger.
  const up = 2 ** (r.dtype === "float32" ? 100 : 1000);
  const isTiny = r.bool(below.max(first.size()).lt(r.tiny / r.eps ** 2));
  r.if(isTiny, () => {
    field.scaleReal(rest, up, tail);
    field.set(first, first.scale(up));
    r.set(below, field.norm(rest, tail));
  });
  const tau = field.zero();
  const beta = r.real(first.re);
  const isTrivial = first.im === null ? below.eq(0) : below.eq(0).and(first.im.eq(0));
  r.if(isTrivial.not(), () => {
    r.set(
      beta,
      hypot(field, hypot(field, first.re, first.im), below)
        .copysign(first.re)
        .neg(),
    );
    field.set(tau, new Num(beta.sub(first.re).div(beta), first.im?.neg().div(beta) ?? null));
    field.scale(rest, field.num(new Num(scalarOf(1, "real")).div(first.sub(new Num(beta)))), tail);
  });
  r.if(isTiny, () => r.set(beta, beta.div(up)));
  matrix.put(i, j, field.constant(1));
  return { tau, beta };
}

/** The length of a vector with two (or one) elements, without overflow. */
export function hypot(field: Field, x: Variable | Num["re"], y: Num["im"]): Variable {
  const { r } = field;
  if (y === null) return r.real(x.abs());
  const [a, b] = [r.real(x.abs()), r.real(y.abs())];
  const [large, small] = [r.real(a.max(b)), r.real(a.min(b))];
  const result = r.real(large);
  r.if(large.gt(0), () => {
    const ratio = r.real(small.div(large));
    r.set(result, large.mul(ratio.mul(ratio).add(1).sqrt()));
  });
  return result;
}

/**
 * Applies reflectors I - tau[j] v[j] v[j]^H, j = count - 1, ..., 0, to the rows of a matrix from row `j + shift` on: with the identity to
 * begin with, the rows become the columns of their product. v[j] begins in row j of `v` at column `j + shift`.
 */
export function accumulateReflectors(
  field: Field,
  options: {
    readonly count: number;
    readonly rows: number;
    readonly length: number;
    readonly shift: number;
  },
  v: Matrix,
  tau: (j: ScalarLike) => Num,
  q: Matrix,
): void {
  const { r } = field;
  const { count, rows, length, shift } = options;
  if (actsInBlocks(count)) {
    accumulateBlocks(field, options, v, tau, q);
    return;
  }
  r.down(0, count, (j) => {
    const at = r.int(j.add(shift));
    const size = r.int(at.neg().add(length));
    field.reflect(at.neg().add(rows), size, field.num(tau(j).neg()), v.row(j, at), q.row(at, at), q.stride);
  });
}

function accumulateBlocks(
  field: Field,
  { count, rows, length, shift }: Parameters<typeof accumulateReflectors>[1],
  v: Matrix,
  tau: (j: ScalarLike) => Num,
  q: Matrix,
): void {
  const { r } = field;
  const block = new ReflectorBlock(field, length, rows);
  r.down(0, Math.ceil(count / BLOCK), (b) => {
    const first = r.int(b.mul(BLOCK));
    const many = r.int(first.neg().add(count).min(BLOCK));
    const at = r.int(first.add(shift));
    block.load(v, first, many, at, length, tau, false);
    block.apply(many, at.neg().add(rows), at.neg().add(length), q.row(at, at), q.stride);
  });
}

/** The rows of an identity matrix. */
export function setIdentity(field: Field, rows: number, columns: number, q: Matrix): void {
  field.r.for(0, rows, (i) => {
    field.fill(columns, q.row(i), 0);
    field.r.if(i.lt(columns), () => q.put(i, i, field.constant(1)));
  });
}

/** Work on the columns of a matrix is work on the rows of its transpose. */
export function transposeInto(field: Field, rows: number, columns: number, from: Matrix, to: Matrix): void {
  field.r.for(0, rows, (i) => field.r.for(0, columns, (j) => to.put(j, i, from.at(i, j))));
}
