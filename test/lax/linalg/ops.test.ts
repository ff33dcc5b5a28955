import { jnp, lax, type NDArray } from "fluxion";
import { type OpArg, type OpRow, testOps } from "../opTable.ts";

// Every operation of lax.linalg against its reference evaluation, and its derivatives and batching. Singular vectors and eigenvectors are
// compared through what does not depend on their signs.

const { linalg } = lax;
const T = (x: NDArray): NDArray => jnp.matrixTranspose(x);

/** Matrices far from singular: with a large diagonal. */
const regular = (x: NDArray): NDArray =>
  x.add(jnp.eye(x.shape[x.ndim - 2], x.shape[x.ndim - 1], { dtype: x.dtype }).mul(5));
const symmetric = (x: NDArray): NDArray => x.add(T(x));
const definite = (x: NDArray): NDArray => regular(x.matmul(T(x)));
/** Diagonals far apart, so that eigenvalues and singular values are. */
const separated = (x: NDArray): NDArray => {
  const [m, n] = x.shape.slice(-2);
  const steps = jnp.arange(Math.max(m, n)).astype(x.dtype).mul(3).add(3);
  return x.mul(0.5).add(jnp.diag(steps).get(`:${m}`, `:${n}`));
};

const square = (n: number): OpArg => ({ shape: [n, n] });
const rows: OpRow[] = [];

for (const n of [1, 3, 5]) {
  rows.push(
    { name: `cholesky of ${n}`, fn: (x) => linalg.cholesky(definite(x)), args: [square(n)] },
    { name: `lu of ${n}`, fn: (x) => linalg.lu(regular(x))[0], args: [square(n)] },
    { name: `qr of ${n}`, fn: (x) => linalg.qr(regular(x)), args: [square(n)] },
    {
      name: `eigenvalues of ${n}`,
      fn: (x) => linalg.eigh(separated(symmetric(x)))[1],
      args: [square(n)],
      rtol: 1e-5,
    },
    {
      name: `eigenvectors of ${n}`,
      fn: (x) => {
        const [v, w] = linalg.eigh(separated(symmetric(x)), { lower: n === 3 });
        return [jnp.abs(v), v.mul(jnp.exp(w.mul(0.1))).matmul(T(v))];
      },
      args: [square(n)],
      rtol: 1e-5,
      atol: 1e-5,
    },
  );
}
for (const shape of [
  [4, 3],
  [3, 4],
  [3, 3],
  [1, 3],
  [4, 1],
]) {
  const size = shape.join("x");
  rows.push(
    { name: `lu of ${size}`, fn: (x) => linalg.lu(regular(x))[0], args: [{ shape }] },
    {
      name: `thin qr of ${size}`,
      fn: (x) => linalg.qr(regular(x), { fullMatrices: false }),
      args: [{ shape }],
    },
    {
      name: `full qr of ${size}`,
      fn: (x) => linalg.qr(regular(x)),
      args: [{ shape }],
      order: shape[0] > shape[1] ? 1 : 2,
    },
    {
      name: `pivoted qr of ${size}`,
      fn: (x) => linalg.qr(separated(x), { pivoting: true, fullMatrices: false }),
      args: [{ shape }],
      atol: 1e-5,
    },
    {
      name: `singular values of ${size}`,
      fn: (x) => linalg.svd(separated(x), { computeUv: false }),
      args: [{ shape }],
      rtol: 1e-5,
    },
    {
      name: `singular vectors of ${size}`,
      fn: (x) => {
        const [u, s, vh] = linalg.svd(separated(x), { fullMatrices: false });
        return [jnp.abs(u), jnp.abs(vh), u.mul(jnp.expandDims(jnp.sin(s.mul(0.1)), -2)).matmul(vh)];
      },
      args: [{ shape }],
      rtol: 1e-5,
      atol: 1e-5,
    },
  );
}
for (const leftSide of [true, false]) {
  for (const lower of [true, false]) {
    for (const transposeA of [true, false]) {
      const unitDiagonal = leftSide === lower;
      const count = transposeA ? 1 : 2;
      rows.push({
        name: `triangularSolve ${JSON.stringify({ leftSide, lower, transposeA, unitDiagonal })}`,
        fn: (a, b) => linalg.triangularSolve(regular(a), b, { leftSide, lower, transposeA, unitDiagonal }),
        args: [square(3), { shape: leftSide ? [3, count] : [count, 3] }],
        atol: 1e-5,
      });
    }
  }
}
rows.push(
  {
    name: "triangularSolve of vectors",
    fn: (a, b) => linalg.triangularSolve(regular(a), b, { leftSide: true }),
    args: [square(4), { shape: [4] }],
  },
  {
    name: "triangularSolve of stacks",
    fn: (a, b) => linalg.triangularSolve(regular(a), b, { lower: true }),
    args: [{ shape: [2, 3, 3] }, { shape: [2, 2, 3] }],
  },
  {
    name: "tridiagonalSolve",
    fn: (dl, d, du, b) => linalg.tridiagonalSolve(dl, d.add(5), du, b),
    args: [{ shape: [4] }, { shape: [4] }, { shape: [4] }, { shape: [4, 2] }],
  },
  {
    name: "tridiagonalSolve with pivoting",
    fn: (dl, d, du, b) => linalg.tridiagonalSolve(dl.add(5), d.mul(0.1), du, b),
    args: [{ shape: [2, 5] }, { shape: [2, 5] }, { shape: [2, 5] }, { shape: [2, 5, 1] }],
    atol: 1e-5,
  },
  {
    name: "cholesky of stacks",
    fn: (x) => linalg.cholesky(definite(x), { symmetrizeInput: false }),
    args: [{ shape: [2, 2, 2] }],
    wrt: [],
  },
  { name: "qr of stacks", fn: (x) => linalg.qr(regular(x)), args: [{ shape: [2, 2, 2] }] },
  { name: "lu of stacks", fn: (x) => linalg.lu(regular(x)), args: [{ shape: [2, 1, 2, 2] }], wrt: [] },
  {
    name: "luPivotsToPermutation",
    fn: (p) => linalg.luPivotsToPermutation(p, 5),
    args: [{ shape: [2, 4], dtype: "int32", values: [2, 3, 4, 3, 0, 1, 2, 3] }],
  },
  {
    name: "householderProduct",
    fn: (a, taus) => linalg.householderProduct(a, taus),
    args: [{ shape: [4, 3] }, { shape: [2] }],
    wrt: [],
    atol: 1e-5,
  },
  {
    name: "tridiagonal",
    fn: (x) => linalg.tridiagonal(symmetric(x)),
    args: [square(5)],
    wrt: [],
    atol: 1e-5,
  },
  {
    name: "tridiagonal of the upper triangle",
    fn: (x) => linalg.tridiagonal(x, { lower: false }),
    args: [square(4)],
    wrt: [],
    atol: 1e-5,
  },
  {
    name: "choleskyUpdate",
    fn: (x, w) => linalg.choleskyUpdate(T(linalg.cholesky(definite(x))), w),
    args: [square(4), { shape: [4] }],
    wrt: [],
    atol: 1e-5,
  },
  {
    name: "symmetricProduct",
    fn: (a, c) => linalg.symmetricProduct(a, c, { alpha: 2, beta: 0.5, symmetrizeOutput: true }),
    args: [{ shape: [3, 2] }, square(3)],
    wrt: [],
  },
);

testOps(rows);
