import { grad, hessian, jacfwd, jacrev, jit, jnp, jvp, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const { linalg } = jnp;
const normal = (seed: number, ...shape: number[]): NDArray =>
  random.normal(random.key(seed), shape, "float64");
const largest = (x: NDArray): number => Number(jnp.abs(x).max());
const eye = (n: number): NDArray => jnp.eye(n, { dtype: "float64" });

/** The derivative in one direction as a difference quotient. */
function quotient(f: (x: NDArray) => NDArray, x: NDArray, t: NDArray, h = 1e-5): NDArray {
  return f(x.add(t.mul(h)))
    .sub(f(x.sub(t.mul(h))))
    .div(2 * h);
}
function checkDerivative(f: (x: NDArray) => NDArray, x: NDArray, tolerance = 1e-6): void {
  const t = normal(99, ...x.shape);
  const [, tangent] = jvp(f, [x], [t]);
  const expected = quotient(f, x, t);
  const size = Math.max(1, largest(expected));
  expect(largest(tangent.sub(expected)) / size).toBeLessThan(tolerance);
  const [forward, backward] = [jacfwd(f)(x), jacrev(f)(x)];
  expect(largest(forward.sub(backward)) / Math.max(1, largest(forward))).toBeLessThan(1e-9);
}

describe("equations", () => {
  test("solve broadcasts stacks, and takes vectors", () => {
    const a = normal(1, 2, 1, 4, 4);
    const b = normal(2, 3, 4, 2);
    const x = linalg.solve(a, b);
    expect(x.shape).toEqual([2, 3, 4, 2]);
    expect(largest(a.matmul(x).sub(b))).toBeLessThan(1e-12);
    const v = linalg.solve(a, b.get(0, ":", 0));
    expect(v.shape).toEqual([2, 1, 4]);
    expect(largest(jnp.matvec(a, v).sub(b.get(0, ":", 0)))).toBeLessThan(1e-12);
  });
  test("derivatives of solve and inv, of both orders, mapped and compiled", () => {
    const a = normal(3, 3, 3).add(eye(3).mul(4));
    const b = normal(4, 3);
    checkDerivative((x) => linalg.solve(x, b), a);
    checkDerivative((x) => linalg.solve(a, x), b);
    checkDerivative((x) => linalg.inv(x), a);
    checkDerivative(
      grad((x: NDArray) => linalg.solve(x, b).pow(2).sum()),
      a,
    );
    const stack = jnp.stack([a, a.mul(2)]);
    const mapped = jit(vmap(grad((x: NDArray) => linalg.inv(x).sum())))(stack);
    expect(largest(mapped.get(1).sub(grad((x: NDArray) => linalg.inv(x).sum())(a.mul(2))))).toBeLessThan(
      1e-12,
    );
  });
  test("powers", () => {
    const a = normal(5, 3, 3);
    expect(largest(linalg.matrixPower(a, 5).sub(a.matmul(a).matmul(a).matmul(a).matmul(a)))).toBeLessThan(
      1e-10,
    );
    expect(largest(linalg.matrixPower(a, -2).matmul(a).matmul(a).sub(eye(3)))).toBeLessThan(1e-10);
    expect(
      linalg
        .matrixPower(
          jnp.int32([
            [1, 1],
            [0, 1],
          ]),
          6,
        )
        .tolist(),
    ).toEqual([
      [1, 6],
      [0, 1],
    ]);
  });
});

describe("determinants", () => {
  test.each([1, 2, 3, 4, 6])("of %i x %i and their derivatives", (n) => {
    const a = normal(n, n, n);
    const { sign, logabsdet } = linalg.slogdet(a);
    expect(Number(sign.mul(jnp.exp(logabsdet)).sub(linalg.det(a)))).toBeCloseTo(0, 10);
    checkDerivative((x) => linalg.det(x).reshape(1), a);
    checkDerivative((x) => linalg.slogdet(x).logabsdet.reshape(1), a);
  });
  test("of singular matrices have derivatives, too: those of lower rank are 0", () => {
    for (const n of [3, 4, 5]) {
      const a = normal(7, n, n - 1).matmul(normal(8, n - 1, n));
      const f = (x: NDArray) => linalg.det(x).reshape(1);
      const t = normal(9, n, n);
      const [, tangent] = jvp(f, [a], [t]);
      expect(largest(tangent.sub(quotient(f, a, t)))).toBeLessThan(1e-6);
      const low = normal(7, n, 1).matmul(normal(8, 1, n));
      expect(largest(grad((x: NDArray) => linalg.det(x))(low))).toBeLessThan(1e-12);
    }
    expect(linalg.slogdet(jnp.zeros([4, 4])).map(Number)).toEqual([0, Number.NEGATIVE_INFINITY]);
  });
});

describe("pseudoinverse and least squares", () => {
  test.each([
    [4, 3],
    [3, 4],
    [3, 3],
  ])("of %i x %i", (m, n) => {
    const a = normal(m, m, n);
    const p = linalg.pinv(a);
    expect(largest(a.matmul(p).matmul(a).sub(a))).toBeLessThan(1e-12);
    expect(largest(p.matmul(a).matmul(p).sub(p))).toBeLessThan(1e-12);
    checkDerivative((x) => linalg.pinv(x), a, 1e-5);
    const b = normal(2, m, 2);
    const [x, residuals, rank, s] = linalg.lstsq(a, b);
    expect(largest(x.sub(p.matmul(b)))).toBeLessThan(1e-11);
    expect(largest(residuals.sub(a.matmul(x).sub(b).pow(2).sum(0)))).toBeLessThan(1e-11);
    expect([Number(rank), s.shape]).toEqual([Math.min(m, n), [Math.min(m, n)]]);
  });
  test("of a matrix of lower rank, along which it stays", () => {
    const [u, v] = [normal(1, 4, 2), normal(2, 2, 3)];
    const f = (x: NDArray) => linalg.pinv(x.matmul(v), 1e-8);
    checkDerivative(f, u, 1e-5);
    expect(Number(linalg.matrixRank(u.matmul(v), 1e-8))).toBe(2);
  });
});

describe("norms and decompositions", () => {
  test("norms along axes", () => {
    const x = normal(1, 2, 3, 4);
    for (const ord of [
      1,
      -1,
      2,
      -2,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      "fro",
      "nuc",
    ] as const) {
      const whole = linalg.norm(x, { ord, axis: [2, 0], keepdims: true });
      expect(whole.shape).toEqual([1, 3, 1]);
      const one = linalg.norm(x.get(":", 1, ":").T, ord);
      expect(Number(whole.get(0, 1, 0))).toBeCloseTo(Number(one), 10);
    }
    expect(Number(linalg.vectorNorm(x, { ord: 3 }))).toBeCloseTo(
      Number(
        jnp
          .abs(x)
          .pow(3)
          .sum()
          .pow(1 / 3),
      ),
      10,
    );
  });
  test("the gradient of a norm is a unit vector", () => {
    const x = normal(2, 5);
    expect(largest(grad((v: NDArray) => linalg.norm(v))(x).sub(x.div(linalg.norm(x))))).toBeLessThan(1e-14);
  });
  test("results by name and in order", () => {
    const a = normal(3, 3, 3);
    const h = a.add(a.T);
    const { eigenvalues, eigenvectors } = linalg.eigh(h);
    expect(largest(eigenvectors.mul(eigenvalues).matmul(eigenvectors.T).sub(h))).toBeLessThan(1e-12);
    const [u, s, vh] = linalg.svd(h, { hermitian: true });
    expect(largest(u.mul(s).matmul(vh).sub(h))).toBeLessThan(1e-12);
    expect(largest(linalg.svdvals(h).sub(s))).toBeLessThan(1e-12);
    const { Q, R } = linalg.qr(a);
    expect(largest(Q.matmul(R).sub(a))).toBeLessThan(1e-12);
    const upper = linalg.cholesky(a.matmul(a.T).add(eye(3)), { upper: true });
    expect(largest(upper.T.matmul(upper).sub(a.matmul(a.T).add(eye(3))))).toBeLessThan(1e-12);
    expect(largest(hessian((x: NDArray) => linalg.eigvalsh(x).pow(2).sum())(h))).toBeGreaterThan(1);
  });
});
