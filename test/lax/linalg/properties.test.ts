import { config, jnp, lax, type NDArray, random, vmap } from "fluxion";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What decompositions are to fulfil, whatever their algorithm: products give the matrix back, factors are orthonormal, values are ordered.

const { linalg } = lax;
const dtypes = ["float32", "float64"] as const;
type Float = (typeof dtypes)[number];
const eps: Record<Float, number> = { float32: 2 ** -23, float64: 2 ** -52 };

beforeAll(() => config.update("enableChecks", true));
afterAll(() => config.update("enableChecks", false));

const T = (x: NDArray): NDArray => jnp.matrixTranspose(x);
const largest = (x: NDArray): number => (x.size === 0 ? 0 : Number(jnp.max(jnp.abs(x))));
const normal = (seed: number, shape: number[], dtype: Float): NDArray =>
  random.normal(random.key(seed), shape, dtype);

/** Equality up to rounding: some units in the last place for each of the terms that an element sums. */
function expectNear(actual: NDArray, expected: NDArray, dtype: Float, what: string): void {
  expect(actual.shape, what).toEqual(expected.shape);
  const terms = 8 + 4 * Math.max(...expected.shape);
  const size = Math.max(largest(expected), 1e-300);
  expect(largest(actual.sub(expected)) / size, what).toBeLessThanOrEqual(terms * eps[dtype]);
}
function expectOrthonormal(q: NDArray, dtype: Float, what: string): void {
  expectNear(T(q).matmul(q), jnp.eye(q.shape[1], { dtype }), dtype, what);
}
const isLower = (x: NDArray): boolean => largest(jnp.triu(x, 1)) === 0;

function checkLu(a: NDArray, dtype: Float): void {
  const [m, n] = a.shape;
  const k = Math.min(m, n);
  const [factors, pivots, permutation] = linalg.lu(a);
  const l = jnp.tril(factors.get(":", `:${k}`), -1).add(jnp.eye(m, k, { dtype }));
  expectNear(l.matmul(jnp.triu(factors.get(`:${k}`))), a.get(permutation), dtype, "L U");
  expect(largest(l), "pivots are the largest").toBeLessThanOrEqual(1);
  expect(linalg.luPivotsToPermutation(pivots, m).tolist()).toEqual(permutation.tolist());
}

function checkQr(a: NDArray, dtype: Float): void {
  for (const fullMatrices of [true, false]) {
    const [q, r] = linalg.qr(a, { fullMatrices });
    expectNear(q.matmul(r), a, dtype, "Q R");
    expectOrthonormal(q, dtype, "Q");
    expect(isLower(T(r)), "R is upper triangular").toBe(true);
    const [q2, r2, order] = linalg.qr(a, { fullMatrices, pivoting: true });
    expectNear(q2.matmul(r2), a.get(":", order), dtype, "pivoted Q R");
    expectOrthonormal(q2, dtype, "pivoted Q");
    const diagonal = jnp.abs(jnp.diagonal(r2)).tolist() as number[];
    for (let i = 1; i < diagonal.length; i++)
      expect(diagonal[i]).toBeLessThanOrEqual(diagonal[i - 1] * (1 + 100 * eps[dtype]) + 1e-300);
  }
}

function checkSvd(a: NDArray, dtype: Float): void {
  const k = Math.min(...a.shape);
  for (const fullMatrices of [true, false]) {
    const [u, s, vh] = linalg.svd(a, { fullMatrices });
    expectNear(
      u
        .get(":", `:${k}`)
        .mul(s)
        .matmul(vh.get(`:${k}`)),
      a,
      dtype,
      "U S V^H",
    );
    expectOrthonormal(u, dtype, "U");
    expectOrthonormal(T(vh), dtype, "V");
    const values = s.tolist() as number[];
    expect(values).toEqual([...values].sort((p, q) => q - p));
    expect(values.every((x) => x >= 0)).toBe(true);
    expectNear(linalg.svd(a, { computeUv: false }), s, dtype, "singular values alone");
  }
}

function checkEigh(a: NDArray, dtype: Float): void {
  const h = a.add(T(a));
  for (const lower of [true, false]) {
    const half = lower ? jnp.tril(h) : jnp.triu(h);
    const [v, w] = linalg.eigh(half, { lower, symmetrizeInput: false });
    expectNear(v.mul(w).matmul(T(v)), h, dtype, "V W V^H");
    expectOrthonormal(v, dtype, "V");
    const values = w.tolist() as number[];
    expect(values).toEqual([...values].sort((p, q) => p - q));
    const [packed, d, e, taus] = linalg.tridiagonal(half, { lower });
    const q = reflectors(packed, taus, lower);
    const off = jnp.diag(e, 1);
    expectNear(q.matmul(jnp.diag(d).add(off).add(T(off))).matmul(T(q)), h, dtype, "Q T Q^H");
  }
}

/** The product of the reflectors of a tridiagonal reduction. */
function reflectors(packed: NDArray, taus: NDArray, lower: boolean): NDArray {
  const n = packed.shape[0];
  if (n === 1) return jnp.ones([1, 1], { dtype: packed.dtype });
  // Those of the upper triangle are those of the lower one seen from the other end.
  const [a, t] = lower ? [packed, taus] : [jnp.flip(packed), jnp.flip(taus)];
  const q = linalg.householderProduct(a.get("1:", ":-1"), t);
  const padded = jnp.pad(q, [
    [1, 0],
    [1, 0],
  ]);
  const whole = padded.at(0, 0).set(1);
  return lower ? whole : jnp.flip(whole);
}

function checkCholesky(a: NDArray, dtype: Float): void {
  const n = a.shape[0];
  const s = a.matmul(T(a)).add(jnp.eye(n, { dtype }).mul(n));
  const l = linalg.cholesky(s);
  expect(isLower(l)).toBe(true);
  expectNear(l.matmul(T(l)), s, dtype, "L L^H");
  const w = a.get(0);
  const r = linalg.choleskyUpdate(T(l), w);
  expectNear(T(r).matmul(r), s.add(jnp.outer(w, w)), dtype, "R^T R");
  for (const leftSide of [true, false]) {
    for (const lower of [true, false]) {
      for (const transposeA of [true, false]) {
        const t = lower ? jnp.tril(s) : jnp.triu(s);
        for (const count of [1, 3, n]) {
          const b = normal(7, leftSide ? [n, count] : [count, n], dtype);
          const x = linalg.triangularSolve(s, b, { leftSide, lower, transposeA });
          const op = transposeA ? T(t) : t;
          expectNear(leftSide ? op.matmul(x) : x.matmul(op), b, dtype, "T X = B");
        }
      }
    }
  }
}

describe.each(dtypes)("%s", (dtype) => {
  // Sizes around the blocks of the routines (16, 32) and the vectors of the machine, and some that are neither.
  test.each([1, 2, 3, 4, 7, 16, 17, 33, 50])("square matrices of %i", (n) => {
    const a = normal(n, [n, n], dtype);
    checkLu(a, dtype);
    checkQr(a, dtype);
    checkSvd(a, dtype);
    checkEigh(a, dtype);
    checkCholesky(a, dtype);
  });

  test.each([
    [1, 5],
    [5, 1],
    [4, 3],
    [3, 4],
    [40, 7],
    [7, 40],
    [35, 33],
    [41, 53],
    [66, 43],
  ])("matrices of %i x %i", (m, n) => {
    const a = normal(m * n, [m, n], dtype);
    checkLu(a, dtype);
    checkQr(a, dtype);
    checkSvd(a, dtype);
  });

  const awkward: Record<string, (n: number) => NDArray> = {
    zero: (n) => jnp.zeros([n, n], { dtype }),
    identity: (n) => jnp.eye(n, { dtype }),
    ones: (n) => jnp.ones([n, n], { dtype }),
    "of rank 2": (n) => normal(1, [n, 2], dtype).matmul(normal(2, [2, n], dtype)),
    graded: (n) => normal(3, [n, n], dtype).mul(jnp.array(jnp.power(0.01, jnp.arange(n)), { dtype })),
    diagonal: (n) => jnp.diag(jnp.arange(n).astype(dtype).sub(2)),
    "with a zero row and column": (n) => normal(4, [n, n], dtype).at(2).set(0).at(":", 1).set(0),
    huge: (n) => normal(5, [n, n], dtype).mul(dtype === "float32" ? 1e36 : 1e300),
    tiny: (n) => normal(6, [n, n], dtype).mul(dtype === "float32" ? 1e-36 : 1e-300),
    nilpotent: (n) => jnp.eye(n, { k: 1, dtype } as never),
  };
  test.each(Object.keys(awkward))("a matrix that is %s", (name) => {
    for (const n of [3, 9]) {
      const a = awkward[name](n);
      checkLu(a, dtype);
      checkQr(a, dtype);
      checkSvd(a, dtype);
      checkEigh(a, dtype);
    }
    // As large as reflectors act in blocks.
    checkQr(awkward[name](45), dtype);
  });

  test("tridiagonal equations", () => {
    for (const [n, shift] of [
      [1, 3],
      [2, 3],
      [6, 3],
      [20, 0],
    ]) {
      const [dl, d, du] = [1, 2, 3].map((seed) => normal(seed, [n], dtype));
      const diagonal = d.add(shift);
      const b = normal(4, [n, 3], dtype);
      const x = linalg.tridiagonalSolve(dl, diagonal, du, b);
      const a = jnp
        .diag(diagonal)
        .add(jnp.diag(dl.get("1:"), -1))
        .add(jnp.diag(du.get(":-1"), 1));
      const scale = Math.max(1, largest(x));
      expect(largest(a.matmul(x).sub(b)) / scale).toBeLessThanOrEqual(100 * eps[dtype]);
    }
  });

  test("stacks of matrices are decomposed one by one", () => {
    const a = normal(9, [3, 2, 4, 5], dtype);
    const flat = a.reshape(6, 4, 5);
    const of = (f: (x: NDArray) => NDArray[], x: NDArray) => f(x).map((y) => y.reshape(-1).tolist());
    const operations: ((x: NDArray) => NDArray[])[] = [
      (x) => linalg.lu(x),
      (x) => linalg.qr(x),
      (x) => linalg.svd(x),
      (x) => linalg.eigh(x.get("...", ":4")),
    ];
    for (const f of operations) {
      expect(of(f, a)).toEqual(of(f, flat));
      expect(of((x) => vmap(f)(x) as NDArray[], a)).toEqual(of(f, flat));
      const third = f(flat).map((y) => y.get(2).reshape(-1).tolist());
      expect(of(f, flat.get(2))).toEqual(third);
    }
  });

  test("what cannot be decomposed is NaN, and only that", () => {
    const indefinite = jnp.array(
      [
        [1, 2],
        [2, 1],
      ],
      { dtype },
    );
    const both = jnp.stack([indefinite, jnp.eye(2, { dtype })]);
    expect(linalg.cholesky(both).tolist()).toEqual([
      [
        [Number.NaN, 0],
        [Number.NaN, Number.NaN],
      ],
      [
        [1, 0],
        [0, 1],
      ],
    ]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = jnp.eye(3, { dtype }).at(1, 1).set(bad);
      const allNaN = (y: NDArray) => jnp.all(jnp.isnan(y)).item();
      expect(linalg.eigh(x).every(allNaN)).toBe(true);
      expect(linalg.svd(x).every(allNaN)).toBe(true);
      expect(jnp.any(jnp.isnan(linalg.qr(x)[0])).item()).toBe(true);
    }
    const zeros = [jnp.zeros(2, { dtype }), jnp.zeros(2, { dtype }), jnp.zeros(2, { dtype })] as const;
    const b = jnp.ones([2, 1], { dtype });
    expect(linalg.tridiagonalSolve(...zeros, b).tolist()).toEqual([[Number.NaN], [Number.NaN]]);
    const perturbed = linalg.tridiagonalSolve(...zeros, b, { perturbSingular: true });
    expect(jnp.all(jnp.isfinite(perturbed)).item()).toBe(true);
    expect(linalg.lu(jnp.zeros([2, 2], { dtype }))[0].tolist()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

test("matrices without elements", () => {
  expect(linalg.cholesky(jnp.zeros([0, 0])).shape).toEqual([0, 0]);
  expect(linalg.cholesky(jnp.zeros([0, 3, 3])).shape).toEqual([0, 3, 3]);
  expect(linalg.lu(jnp.zeros([0, 3])).map((x) => x.shape)).toEqual([[0, 3], [0], [0]]);
  expect(linalg.lu(jnp.zeros([2, 0]))[2].tolist()).toEqual([0, 1]);
  expect(linalg.qr(jnp.zeros([2, 0]))[0].tolist()).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(linalg.qr(jnp.zeros([2, 0]), { fullMatrices: false }).map((x) => x.shape)).toEqual([
    [2, 0],
    [0, 0],
  ]);
  expect(linalg.eigh(jnp.zeros([0, 0])).map((x) => x.shape)).toEqual([[0, 0], [0]]);
  expect(linalg.svd(jnp.zeros([2, 0])).map((x) => x.shape)).toEqual([[2, 2], [0], [0, 0]]);
  expect(linalg.svd(jnp.zeros([2, 0]))[0].tolist()).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(linalg.triangularSolve(jnp.zeros([0, 0]), jnp.zeros([0, 2]), { leftSide: true }).shape).toEqual([
    0, 2,
  ]);
  expect(linalg.triangularSolve(jnp.eye(2), jnp.zeros([2, 0]), { leftSide: true }).shape).toEqual([2, 0]);
});

test("narrow floats are computed in float32", () => {
  const a = jnp.array(
    [
      [4, 2],
      [2, 5],
    ],
    { dtype: "bfloat16" },
  );
  const l = linalg.cholesky(a);
  expect([l.dtype.name, l.tolist()]).toEqual([
    "bfloat16",
    [
      [2, 0],
      [1, 2],
    ],
  ]);
  expect(linalg.svd(a, { computeUv: false }).dtype.name).toBe("bfloat16");
});
