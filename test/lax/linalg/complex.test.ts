import { jit, jnp, jvp, lax, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

// Complex matrices: what decompositions are to fulfil, and their derivatives against difference quotients.

const { linalg } = lax;
const H = (x: NDArray): NDArray => lax.conj(jnp.matrixTranspose(x));
const normal = (seed: number, ...shape: number[]): NDArray => {
  const [re, im] = random.split(random.key(seed));
  return lax.complex(random.normal(re, shape, "float64"), random.normal(im, shape, "float64"));
};
const largest = (x: NDArray): number => (x.size === 0 ? 0 : Number(jnp.abs(x).max()));
const eye = (m: number, n = m): NDArray => jnp.eye(m, n, { dtype: "complex128" });
const near = (x: NDArray, y: NDArray): void => {
  expect([x.shape, x.dtype.name]).toEqual([y.shape, y.dtype.name]);
  expect(largest(x.sub(y)) / Math.max(1, largest(y))).toBeLessThan(1e-12);
};
const column = (s: NDArray): NDArray => s.astype("complex128");

describe.each([
  [1, 1],
  [3, 3],
  [5, 3],
  [3, 5],
  [20, 18],
  [43, 57],
])("matrices of %i x %i", (m, n) => {
  const a = normal(10 * m + n, m, n);
  const k = Math.min(m, n);

  test("lu", () => {
    const [factors, , permutation] = linalg.lu(a);
    const l = jnp.tril(factors.get(":", `:${k}`), -1).add(eye(m, k));
    near(l.matmul(jnp.triu(factors.get(`:${k}`))), a.get(permutation));
  });
  test("qr", () => {
    for (const fullMatrices of [true, false]) {
      const [q, r] = linalg.qr(a, { fullMatrices });
      near(q.matmul(r), a);
      near(H(q).matmul(q), eye(q.shape[1]));
      expect(largest(jnp.tril(r, -1))).toBe(0);
      const [q2, r2, order] = linalg.qr(a, { fullMatrices, pivoting: true });
      near(q2.matmul(r2), a.get(":", order));
    }
  });
  test("svd", () => {
    for (const fullMatrices of [true, false]) {
      const [u, s, vh] = linalg.svd(a, { fullMatrices });
      expect(s.dtype.name).toBe("float64");
      near(
        u
          .get(":", `:${k}`)
          .mul(column(s))
          .matmul(vh.get(`:${k}`)),
        a,
      );
      near(H(u).matmul(u), eye(u.shape[1]));
      near(vh.matmul(H(vh)), eye(vh.shape[0]));
      near(linalg.svd(a, { computeUv: false }), s);
    }
  });
  if (m !== n) return;
  test("eigh and tridiagonal", () => {
    const h = a.add(H(a));
    for (const lower of [true, false]) {
      const half = lower ? jnp.tril(h) : jnp.triu(h);
      const [v, w] = linalg.eigh(half, { lower, symmetrizeInput: false });
      near(v.mul(column(w)).matmul(H(v)), h);
      near(H(v).matmul(v), eye(n));
      const [, d, e] = linalg.tridiagonal(half, { lower });
      // The tridiagonal matrix is real and has the same eigenvalues.
      const t = jnp.diag(d).add(jnp.diag(e, 1)).add(jnp.diag(e, -1));
      near(linalg.eigh(t)[1], w);
    }
  });
  test("cholesky and triangular equations", () => {
    const s = a.matmul(H(a)).add(eye(n));
    const l = linalg.cholesky(s);
    near(l.matmul(H(l)), s);
    for (const leftSide of [true, false]) {
      for (const lower of [true, false]) {
        for (const [transposeA, conjugateA] of [
          [false, false],
          [false, true],
          [true, false],
          [true, true],
        ]) {
          const t = lower ? jnp.tril(s) : jnp.triu(s);
          const conjugated = conjugateA ? lax.conj(t) : t;
          const op = transposeA ? jnp.matrixTranspose(conjugated) : conjugated;
          for (const count of [1, 2]) {
            const b = normal(3, ...(leftSide ? [n, count] : [count, n]));
            const x = linalg.triangularSolve(s, b, { leftSide, lower, transposeA, conjugateA });
            expect(largest((leftSide ? op.matmul(x) : x.matmul(op)).sub(b))).toBeLessThan(1e-9);
          }
        }
      }
    }
  });
});

test("tridiagonal equations", () => {
  const [dl, d, du, b] = [normal(1, 6), normal(2, 6), normal(3, 6), normal(4, 6, 2)];
  const x = linalg.tridiagonalSolve(dl, d, du, b);
  const a = jnp
    .diag(d)
    .add(jnp.diag(dl.get("1:"), -1))
    .add(jnp.diag(du.get(":-1"), 1));
  expect(largest(a.matmul(x).sub(b))).toBeLessThan(1e-11);
});

test("what is indefinite is NaN; single precision; mapped and compiled", () => {
  const indefinite = jnp.array(
    [
      [1, 2],
      [2, 1],
    ],
    { dtype: "complex64" },
  );
  expect(jnp.isnan(linalg.cholesky(indefinite)).any().item()).toBe(true);
  const a = normal(5, 3, 4, 4).astype("complex64");
  const [u, s, vh] = jit(vmap((x: NDArray) => linalg.svd(x)))(a);
  expect([u.dtype.name, s.dtype.name]).toEqual(["complex64", "float32"]);
  expect(
    largest(
      u
        .mul(jnp.expandDims(s.astype("complex64"), -2))
        .matmul(vh)
        .sub(a),
    ),
  ).toBeLessThan(1e-5);
});

describe("derivatives", () => {
  const check = (f: (x: NDArray) => NDArray, x: NDArray): void => {
    const t = normal(77, ...x.shape);
    const [, tangent] = jvp(f, [x], [t]);
    const h = 1e-5;
    const quotient = f(x.add(t.mul(h)))
      .sub(f(x.sub(t.mul(h))))
      .div(2 * h);
    expect(largest(tangent.sub(quotient)) / Math.max(1, largest(quotient))).toBeLessThan(1e-6);
  };
  const a = normal(8, 3, 3).add(eye(3).mul(4));
  const hermitian = (x: NDArray) => x.add(H(x));
  const functions: Record<string, (x: NDArray) => NDArray> = {
    cholesky: (x) => linalg.cholesky(x.matmul(H(x))),
    lu: (x) => linalg.lu(x)[0],
    "q of qr": (x) => linalg.qr(x)[0],
    "r of qr": (x) => linalg.qr(x)[1],
    eigenvalues: (x) => linalg.eigh(hermitian(x))[1],
    "a projection of eigenvectors": (x) => {
      const v = linalg.eigh(hermitian(x))[0].get(":", ":1");
      return v.matmul(H(v));
    },
    "singular values": (x) => linalg.svd(x, { computeUv: false }),
    "a product of singular vectors": (x) => {
      const [u, s, vh] = linalg.svd(x);
      return u.mul(column(jnp.sin(s))).matmul(vh);
    },
    triangularSolve: (x) => linalg.triangularSolve(x, x, { transposeA: true, conjugateA: true }),
    det: (x) => jnp.linalg.det(x),
    "det of four": (x) => jnp.linalg.det(jnp.pad(x, 1, { mode: "wrap" }).get(":4", ":4").add(eye(4))),
    logabsdet: (x) => jnp.linalg.slogdet(x).logabsdet,
    "sign of slogdet": (x) => jnp.linalg.slogdet(x).sign,
    inv: (x) => jnp.linalg.inv(x),
    pinv: (x) => jnp.linalg.pinv(x.get(":", ":2")),
    norm: (x) => jnp.linalg.norm(x),
  };
  test.each(Object.keys(functions))("%s", (name) => check(functions[name], a));
});
