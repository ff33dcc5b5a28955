import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { notDifferentiable, type Params, type Primitive } from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { bind, bind1 } from "../../core/trace.ts";
import { int32 } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { checkOptions } from "../../transforms/options.ts";
import { concatenate } from "../concatenate.ts";
import { range } from "../control/programs.ts";
import { gather } from "../gather.ts";
import { inexact, sameDTypeOperands, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { linalgPrimitive } from "./family.ts";
import { lu, luSolve } from "./lu.ts";
import { block, H, identity, matmul, realPart, tril, triu } from "./matrices.ts";
import { householderProductRoutine, reflectorsRoutine } from "./routines/qr.ts";
import { triangularSolve } from "./triangularSolve.ts";

const noParams = /* @__PURE__ */ Object.freeze({});

const geqrfPrimitive = linalgPrimitive("geqrf", {
  ranks: [2],
  results: ([[m, n]]) => [{ shape: [m, n] }, { shape: [Math.min(m, n)] }],
  routine: ([[m, n]], _params, field) => reflectorsRoutine(m, n, false, field),
  jvp: /* @__PURE__ */ notDifferentiable("differentiate qr instead"),
});

/** The decomposition as LAPACK gives it: R, with the vectors of the reflectors below its diagonal, and their factors. */
export function geqrf(a: NDArray): [NDArray, NDArray] {
  const [factors, taus] = bind(geqrfPrimitive, [a], noParams);
  return [factors, taus];
}

/** With the order of the columns as second result. */
const geqp3Primitive = linalgPrimitive("geqp3", {
  ranks: [2],
  results: ([[m, n]]) => [{ shape: [m, n] }, { shape: [n], dtype: int32 }, { shape: [Math.min(m, n)] }],
  routine: ([[m, n]], _params, field) => reflectorsRoutine(m, n, true, field),
  jvp: /* @__PURE__ */ notDifferentiable("differentiate qr instead"),
});

const householderPrimitive = linalgPrimitive("householder_product", {
  ranks: [2, 1],
  results: ([a, [count]]) => {
    if (a[0] < a[1]) {
      throw new ValueError(
        "The first argument to householder_product must have at least as many rows as columns, " +
          `got shape ${shapeStr(a)}`,
      );
    }
    if (count > a[1]) {
      throw new ValueError(
        "The second argument to householder_product must not have more rows than the minimum of the first argument's " +
          "rows and columns.",
      );
    }
    return [{ shape: a }];
  },
  routine: ([[m, n], [count]], _params, field) => householderProductRoutine(m, n, count, field),
  jvp: /* @__PURE__ */ notDifferentiable("householder_product has no derivative in JAX"),
});

/**
 * The product of elementary reflectors `I - tau v v^H`, as decompositions leave them below the diagonal.
 *
 * @param a `[..., m, n]` with m >= n, floating or complex: v of reflector `j` is column `j` below the diagonal, with 1 on it
 * @param taus the factors, `[..., k]` with k <= n
 * @returns the first n columns of the product, of the shape of `a`: orthonormal
 * @throws TypeError when dtypes differ or are neither floating nor complex; ValueError when sizes do not fit
 * @example
 * const a = jnp.array([[1, 0], [1, 1]]);
 * lax.linalg.householderProduct(a, jnp.array([1, 0]))
 * // => Array([[ 0., -1.],
 * //           [-1.,  0.]], dtype=float32)
 */
export function householderProduct(a: LaxOperand, taus: LaxOperand): NDArray {
  return bind1(householderPrimitive, sameDTypeOperands([a, taus], "householder_product"), noParams);
}

interface QrParams extends Params {
  readonly pivoting: boolean;
  readonly fullMatrices: boolean;
}

function decompose(a: NDArray, pivoting: boolean, fullMatrices: boolean): NDArray[] {
  const batch = a.shape.slice(0, -2);
  const [m, n] = a.shape.slice(-2);
  const k = fullMatrices ? m : Math.min(m, n);
  if (m === 0 || n === 0) {
    const q = ops.broadcastInDim(eyeOf(a, m, k), [...batch, m, k], [batch.length, batch.length + 1]);
    const r = ops.full([...batch, k, n], 0, a.dtype);
    return pivoting ? [q, r, ops.full([...batch, n], 0, int32)] : [q, r];
  }
  const results = bind(pivoting ? geqp3Primitive : geqrfPrimitive, [a], noParams);
  const [factors, taus] = [results[0], results[results.length - 1]];
  const columns = Math.min(m, k);
  const reflectors =
    columns <= n
      ? block(factors, [0, m], [0, columns])
      : ops.pad(factors, ops.full([], 0, a.dtype), [
          ...batch.map(() => [0, 0, 0] as const),
          [0, 0, 0],
          [0, m - n, 0],
        ]);
  const q = bind1(householderPrimitive, [reflectors, taus], noParams);
  const r = triu(k === m ? factors : block(factors, [0, k], [0, n]));
  return pivoting ? [q, r, results[1]] : [q, r];
}

function eyeOf(a: NDArray, m: number, k: number): NDArray {
  return block(identity(a.dtype, Math.max(m, k)), [0, m], [0, k]);
}

const qrPrimitive: Primitive<QrParams> = linalgPrimitive<QrParams>("qr", {
  ranks: [2],
  results: ([[m, n]], { pivoting, fullMatrices }) => {
    const k = fullMatrices ? m : Math.min(m, n);
    const order = pivoting ? [{ shape: [n], dtype: int32 }] : [];
    return [{ shape: [m, k] }, { shape: [k, n] }, ...order];
  },
  program: ([a], { pivoting, fullMatrices }) => decompose(a, pivoting, fullMatrices),
  jvp: ([x], [t], params) => {
    const { pivoting, fullMatrices } = params;
    const [q, r, ...order] = bind(qrPrimitive, [x], params);
    const dx = pivoting ? permutedColumns(instantiate(t), order[0]) : instantiate(t);
    const own = pivoting ? permutedColumns(x, order[0]) : x;
    const tangents = qrTangents(own, dx, q, r, fullMatrices);
    return [
      [q, r, ...order],
      [...tangents, ...order.map(zeroTangent)],
    ];
  },
  printParams: ({ pivoting, fullMatrices }) => ({
    full_matrices: fullMatrices,
    pivoting,
    use_magma: null,
  }),
});

/** The columns of each matrix in the order that its batch says. */
function permutedColumns(x: NDArray, order: NDArray): NDArray {
  const batch = range(0, x.ndim - 2);
  const column = x.ndim - 1;
  return gather(
    x,
    ops.reshape(order, [...order.shape, 1]),
    {
      offsetDims: [x.ndim - 2],
      collapsedSliceDims: [column],
      startIndexMap: [column],
      operandBatchingDims: batch,
      startIndicesBatchingDims: batch,
    },
    x.shape.map((n, i) => (i === x.ndim - 2 ? n : 1)),
    { mode: "promise_in_bounds" },
  );
}

function qrTangents(
  x: NDArray,
  dx: NDArray,
  q: NDArray,
  r: NDArray,
  fullMatrices: boolean,
): [NDArray, NDArray] {
  const [m, n] = x.shape.slice(-2);
  if (m < n) {
    // The first m columns make a square matrix, of which Q is a factor; the others are Q^H times theirs.
    const [dq, dr] = thinTangents(q, block(r, [0, m], [0, m]), block(dx, [0, m], [0, m]));
    const rest = ops.add(matmul(H(dq), block(x, [0, m], [m, n])), matmul(H(q), block(dx, [0, m], [m, n])));
    return [dq, concatenate([dr, rest], r.ndim - 1)];
  }
  if (!fullMatrices || m === n) return thinTangents(q, r, dx);
  const thin = block(q, [0, m], [0, n]);
  const [dq, dr] = thinTangents(thin, block(r, [0, n], [0, n]), dx);
  const zeros = ops.full([...r.shape.slice(0, -2), m - n, n], 0, r.dtype);
  return [
    concatenate([dq, complementTangent(q, thin, dq)], q.ndim - 1),
    concatenate([dr, zeros], r.ndim - 2),
  ];
}

/** From X = Q R with as many rows as columns or more: Q^H dQ is skew, dR R^-1 upper triangular, and their sum is Q^H dX R^-1. */
function thinTangents(q: NDArray, r: NDArray, dx: NDArray): [NDArray, NDArray] {
  const right = triangularSolve(r, dx);
  const both = matmul(H(q), right);
  const strict = tril(both, -1);
  let skew = ops.sub(strict, H(strict));
  if (q.dtype.kind === "complex") {
    // The diagonal of R is real, so the imaginary part of the diagonal is one of Q^H dQ.
    const imaginary = ops.sub(both, ops.convertElementType(realPart(both), q.dtype));
    skew = ops.add(skew, ops.mul(identity(q.dtype, both.shape[both.ndim - 1], both.ndim), imaginary));
  }
  const dq = ops.add(matmul(q, ops.sub(skew, both)), right);
  return [dq, matmul(ops.sub(both, skew), r)];
}

/** The tangent of the columns of Q beyond the first n, which are what Householder's reflectors make of unit vectors. */
function complementTangent(q: NDArray, thin: NDArray, dThin: NDArray): NDArray {
  const [m, n] = thin.shape.slice(-2);
  const upper = block(thin, [0, n], [0, n]);
  const below = block(thin, [n, m], [0, n]);
  const rest = block(q, [0, m], [n, m]);
  const [factors, , permutation] = lu(ops.sub(upper, identity(q.dtype, n, q.ndim)));
  const zH = luSolve(factors, permutation, H(below), 2);
  const z = H(zH);
  const turn = ops.sub(block(dThin, [n, m], [0, n]), matmul(z, block(dThin, [0, n], [0, n])));
  return ops.sub(matmul(dThin, zH), matmul(ops.add(thin, matmul(rest, z)), H(turn)));
}

export interface QrOptions {
  /** Order the columns so that the diagonal of R does not grow in magnitude; default false. */
  readonly pivoting?: boolean;
  /** Return a square Q (default), or only as many of its columns as `min(m, n)`. */
  readonly fullMatrices?: boolean;
}

/**
 * The decomposition `A = Q R` of matrices into one with orthonormal columns and an upper triangular one; the diagonal of R may have
 * either sign.
 *
 * @param x the matrices, `[..., m, n]`, floating or complex
 * @returns `[q, r]`: `[..., m, k]` and `[..., k, n]`, where k is m with `fullMatrices`, else `min(m, n)`; with `pivoting` also the order of the
 * columns, int32 `[..., n]`: `A[:, order] = Q R`
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions
 * @example
 * lax.linalg.qr(jnp.array([[0, 2], [1, 3]]))[1]
 * // => Array([[-1., -3.],
 * //           [ 0., -2.]], dtype=float32)
 */
export function qr(
  x: LaxOperand,
  options: QrOptions & { readonly pivoting: true },
): [NDArray, NDArray, NDArray];
export function qr(x: LaxOperand, options?: QrOptions & { readonly pivoting?: false }): [NDArray, NDArray];
export function qr(x: LaxOperand, options?: QrOptions): [NDArray, NDArray] | [NDArray, NDArray, NDArray];
export function qr(x: LaxOperand, options: QrOptions = {}): [NDArray, NDArray] | [NDArray, NDArray, NDArray] {
  checkOptions("lax.linalg.qr", options, ["pivoting", "fullMatrices", "useMagma"]);
  const { pivoting = false, fullMatrices = true } = options;
  return bind(qrPrimitive, [unaryOperand(x, "qr", inexact)], { pivoting, fullMatrices }) as [
    NDArray,
    NDArray,
  ];
}
