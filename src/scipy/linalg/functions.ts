import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { finfo, isComplex, toComplexDType } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { H, matmul, triu } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { real } from "../../numpy/complex.ts";
import { arange } from "../../numpy/creation.ts";
import { eig } from "../../numpy/linalg/eigenvalues.ts";
import { norm } from "../../numpy/linalg/norms.ts";
import { inv, solve } from "../../numpy/linalg/solving.ts";
import { diag } from "../../numpy/manipulationDiagonal.ts";
import { expandDims, reshape } from "../../numpy/manipulationShape.ts";
import { any, min, sum } from "../../numpy/reductions.ts";
import { abs, isinf, sqrt } from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { jit } from "../../transforms/jit.ts";
import { vmap } from "../../transforms/vmap.ts";
import { inexactArguments, squareMatrix } from "./arguments.ts";
import { schur } from "./eigen.ts";
import { rsf2csf } from "./rsf2csf.ts";

/*
 * Functions of matrices by their Schur form: A = Z T Z^H gives f(A) = Z f(T) Z^H, and f(T) is upper triangular with the function's values at the
 * eigenvalues on its diagonal. What is above follows from the diagonal outwards, element by element.
 */

/** Row `i` and column `j` of matrices, at computed places. */
const rowOf = (x: NDArray, i: NDArray): NDArray => lax.dynamicIndexInDim(x, i, 0, false);
const columnOf = (x: NDArray, j: NDArray): NDArray => lax.dynamicIndexInDim(x, j, 1, false);
const elementOf = (x: NDArray, i: NDArray, j: NDArray): NDArray =>
  lax.dynamicIndexInDim(rowOf(x, i), j, 0, false);
const withElement = (x: NDArray, i: NDArray, j: NDArray, value: NDArray): NDArray =>
  lax.dynamicUpdateSlice(x, reshape(value, [1, 1]), [i, j]);

/** From U^2 = T: T[i, j] is U[i, j] times the sum of two eigenvalues of U, and a sum over what lies between. Björck and Hammarling, 1983. */
function triangularRoot(t: NDArray): NDArray {
  const n = t.shape[0];
  const roots = sqrt(diag(t));
  const column = (j: NDArray, u: NDArray): NDArray =>
    lax.foriLoop(
      0,
      j,
      (l: NDArray, v: NDArray) => {
        const i = lax.sub(lax.sub(j, 1), l);
        // What is not known yet is 0.
        const between = sum(lax.mul(rowOf(v, i), columnOf(v, j)));
        const rest = lax.sub(elementOf(t, i, j), between);
        const factor = lax.add(
          lax.dynamicIndexInDim(roots, i, 0, false),
          lax.dynamicIndexInDim(roots, j, 0, false),
        );
        return withElement(v, i, j, where(rest.eq(0), rest, rest.div(factor)));
      },
      u,
    );
  return lax.foriLoop(1, n, column, diag(roots));
}

/**
 * The principal square root of a square matrix: a matrix whose square it is, with eigenvalues of positive real part. It has no
 * derivatives, as in JAX.
 *
 * @param A `[n, n]`; integers become float32
 * @param blocksize only 1, as in JAX
 * @returns a complex matrix; NaN or infinities where there is no square root
 * @throws ValueError for anything but a square matrix; NotImplementedError for another block size
 * @example
 * ```ts
 * String(scipy.linalg.sqrtm(jnp.array([[4, 0], [0, 9]]))); // => "[[2.+0.j 0.+0.j]\n [0.+0.j 3.+0.j]]"
 * ```
 */
export function sqrtm(A: ArrayLike, blocksize: number | { blocksize?: number } = 1): NDArray {
  const o = readOptions<{ blocksize: number }>("scipy.linalg.sqrtm", ["blocksize"], [blocksize]);
  if ((o.blocksize ?? 1) > 1) throw new NotImplementedError("Blocked version is not implemented yet.");
  const x = squareMatrix("sqrtm", A);
  if (x.size === 0) return x.astype(toComplexDType(x.dtype));
  return sqrtmJit(x);
}
const sqrtmJit = jit(
  (x: NDArray): NDArray => {
    const [t, z] = schur(x, "complex");
    return matmul(matmul(z, triangularRoot(t)), H(z));
  },
  { name: "_sqrtm" },
);

/**
 * Parlett's recurrence for a function of a triangular matrix, whose values at the diagonal are given; and the smallest distance of eigenvalues by
 * which it divides. Golub and Van Loan, "Matrix Computations", algorithm 11.1.1.
 */
function parlett(values: NDArray, t: NDArray): [NDArray, NDArray] {
  const n = t.shape[0];
  const places = arange(n, { dtype: "int32" });
  const diagonal = diag(t);
  const at = (x: NDArray, i: NDArray) => lax.dynamicIndexInDim(x, i, 0, false);
  type State = [f: NDArray, least: NDArray];
  const superdiagonal = (p: NDArray, state: State): State =>
    lax.foriLoop(
      0,
      lax.sub(n, p),
      (i: NDArray, [f, least]: State): State => {
        const j = lax.add(i, p);
        const isBetween = lax.bitwiseAnd(places.gt(i), places.lt(j));
        const along = (row: NDArray, column: NDArray) => sum(where(isBetween, row.mul(column), 0));
        const direct = elementOf(t, i, j).mul(at(values, j).sub(at(values, i)));
        const indirect = along(rowOf(t, i), columnOf(f, j)).sub(along(rowOf(f, i), columnOf(t, j)));
        const gap = at(diagonal, j).sub(at(diagonal, i));
        const total = direct.add(indirect);
        const value = where(gap.eq(0), total, total.div(where(gap.eq(0), 1, gap)));
        return [withElement(f, i, j, value), lax.min(least, abs(gap))];
      },
      state,
    );
  return lax.foriLoop(1, n, superdiagonal, [diag(values), abs(diagonal.get(0))] as State);
}

const parlettJit = jit(parlett, { name: "_algorithm_11_1_1" });

/**
 * A function of a square matrix, given as a function of numbers. Where eigenvalues are close to each other the result is not accurate; for the exponential
 * see {@link expm}.
 *
 * @param A `[n, n]`; integers become float32
 * @param func maps a vector of complex eigenvalues to the function's values
 * @param disp false: return an estimate of the relative error, too
 * @returns a complex matrix; or `[matrix, error]`
 * @throws ValueError for anything but a square matrix
 * @example
 * ```ts
 * const a = jnp.array([[1, 2], [0, 3]]);
 * String(jnp.abs(scipy.linalg.funm(a, jnp.exp).sub(scipy.linalg.expm(a))).max().lt(1e-4)); // => "True"
 * ```
 */
export function funm(A: ArrayLike, func: (x: NDArray) => NDArray, disp?: true | { disp?: true }): NDArray;
export function funm(
  A: ArrayLike,
  func: (x: NDArray) => NDArray,
  disp: false | { disp: false },
): [NDArray, NDArray];
export function funm(
  A: ArrayLike,
  func: (x: NDArray) => NDArray,
  disp?: boolean | { disp?: boolean },
): NDArray | [NDArray, NDArray] {
  const o = readOptions<{ disp: boolean }>("scipy.linalg.funm", ["disp"], [disp]);
  if (typeof func !== "function")
    throw new TypeError("scipy.linalg.funm: func must be a function of an array.");
  const x = squareMatrix("funm", A);
  if (x.size === 0) throw new ValueError("scipy.linalg.funm: the matrix must not be empty.");
  const [t, z] = rsf2csf(...schur(x));
  const [f, least] = parlettJit(func(diag(t)).astype(t.dtype), t);
  const result = matmul(matmul(z, f), H(z));
  if (o.disp !== false) return result;
  const { eps } = finfo(t.dtype);
  const distance = where(least.eq(0), eps, least);
  const estimate = lax.div(lax.mul(norm(triu(t, 1), { ord: 1 }), eps), distance);
  const bounded = lax.clamp(lax.fullLike(estimate, eps), estimate, lax.fullLike(estimate, 1));
  const error = where(any(isinf(result)), Number.POSITIVE_INFINITY, bounded);
  return [result, error];
}

/** Options of {@link solveSylvester}. */
export interface SolveSylvesterOptions {
  /** By Schur forms (default), or by eigenvectors, which is less accurate. */
  method?: "schur" | "eigen";
  /** The result is NaN where an eigenvalue of A and one of -B are closer than this; default 1e-8. */
  tol?: number;
}

/** R Y + Y L = F with R upper and L lower triangular: the last column first, each by a triangular system. */
function solveTriangularSylvester(r: NDArray, l: NDArray, f: NDArray): NDArray {
  const n = f.shape[1];
  const eye = lax.eye(r.dtype, r.shape);
  return lax.foriLoop(
    0,
    n,
    (k: NDArray, y: NDArray) => {
      const j = lax.sub(n - 1, k);
      // Columns that are not known yet are 0.
      const known = matmul(y, expandDims(columnOf(l, j), 1));
      const shifted = lax.add(r, lax.mul(eye, elementOf(l, j, j)));
      const rest = lax.sub(expandDims(columnOf(f, j), 1), known);
      const column = lax.linalg.triangularSolve(shifted, rest, { leftSide: true });
      return lax.dynamicUpdateSlice(y, column, [lax.fullLike(j, 0), j]);
    },
    lax.fullLike(f, 0),
  );
}

function sylvester(a: NDArray, b: NDArray, c: NDArray, method: "schur" | "eigen", tol: number): NDArray {
  let [x, left, right]: NDArray[] = [];
  if (method === "schur") {
    const [r, u] = schur(a, "complex");
    const [s, v] = schur(H(b), "complex");
    const f = matmul(matmul(H(u), c.astype(r.dtype)), v);
    x = matmul(matmul(u, solveTriangularSylvester(r, H(s), f)), H(v));
    [left, right] = [diag(r), diag(H(s))];
  } else {
    const [la, ua] = eig(a);
    const [lb, ub] = eig(b);
    const f = solve(ua, matmul(c.astype(la.dtype), ub));
    x = matmul(matmul(ua, f.div(expandDims(la, 1).add(lb))), inv(ub));
    [left, right] = [la, lb];
  }
  const result = isComplex(c.dtype) ? x : real(x);
  const isSingular = min(abs(expandDims(left, 1).add(right))).lt(tol);
  return where(isSingular, Number.NaN, result).astype(c.dtype);
}

/**
 * The solution X of Sylvester's equation `A X + X B = C`.
 *
 * @param A `[..., m, m]`; integers become float32
 * @param B `[..., n, n]`
 * @param C `[..., m, n]`, with the same leading dimensions
 * @returns X of the shape of C; NaN where A and -B have an eigenvalue in common
 * @throws ValueError when sizes do not fit, or for an unknown method
 * @example
 * ```ts
 * const x = scipy.linalg.solveSylvester(jnp.array([[2]]), jnp.array([[3]]), jnp.array([[10]]));
 * String(x); // => "[[2.]]"
 * ```
 */
export function solveSylvester(
  A: ArrayLike,
  B: ArrayLike,
  C: ArrayLike,
  options: SolveSylvesterOptions = {},
): NDArray {
  const { method = "schur", tol = 1e-8 } = readOptions<SolveSylvesterOptions>(
    "scipy.linalg.solveSylvester",
    [],
    [options],
    ["method", "tol"],
  );
  if (method !== "schur" && method !== "eigen")
    throw new ValueError(
      `Unrecognized method ${method}. The two valid methods are either "schur" or "eigen".`,
    );
  const [a, b, c] = inexactArguments("solveSylvester", A, B, C);
  const [m, n] = c.shape.slice(-2);
  const batch = c.shape.slice(0, -2);
  if (
    c.ndim < 2 ||
    a.shape.join() !== [...batch, m, m].join() ||
    b.shape.join() !== [...batch, n, n].join()
  ) {
    throw new ValueError(
      `Incompatible shapes for Sylvester equation:\nA: ${shapeStr(a.shape)}\nB: ${shapeStr(b.shape)}\nC: ${shapeStr(c.shape)}`,
    );
  }
  return c.size === 0 ? c : sylvesterJit(a, b, c, method, tol);
}
const sylvesterJit = jit(
  (a: NDArray, b: NDArray, c: NDArray, method: "schur" | "eigen", tol: number): NDArray => {
    const f = (p: NDArray, q: NDArray, r: NDArray): NDArray => sylvester(p, q, r, method, tol);
    if (c.ndim === 2) return f(a, b, c);
    const flat = [a, b, c].map((x) => reshape(x, [-1, ...x.shape.slice(-2)]));
    return reshape(vmap(f)(flat[0], flat[1], flat[2]) as NDArray, c.shape);
  },
  { name: "solve_sylvester", staticArgnums: [3, 4] },
);
