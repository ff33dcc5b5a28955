import { grad, jacfwd, jacrev, jit, jnp, jvp, type NDArray, random, scipy, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const { linalg } = scipy;
const normal = (seed: number, ...shape: number[]): NDArray =>
  random.normal(random.key(seed), shape, "float64");
const complexNormal = (seed: number, ...shape: number[]): NDArray =>
  random.normal(random.key(seed), shape, "complex128");
const largest = (x: NDArray): number => Number(jnp.abs(x).max());
const eye = (n: number): NDArray => jnp.eye(n, { dtype: "float64" });
const H = (x: NDArray): NDArray => jnp.conjugate(jnp.matrixTranspose(x));

function expectClose(x: NDArray, y: NDArray, tolerance = 1e-11): void {
  expect(x.shape).toEqual(y.shape);
  expect(largest(x.sub(y))).toBeLessThan(tolerance);
}
/** The derivative in one direction as a difference quotient, and forward against reverse mode. */
function checkDerivative(f: (x: NDArray) => NDArray, x: NDArray, tolerance = 1e-6): void {
  const t = normal(99, ...x.shape);
  const quotient = f(x.add(t.mul(1e-5)))
    .sub(f(x.sub(t.mul(1e-5))))
    .div(2e-5);
  expectClose(jvp(f, [x], [t])[1], quotient, tolerance * Math.max(1, largest(quotient)));
  const forward = jacfwd(f)(x);
  expectClose(forward, jacrev(f)(x), 1e-9 * Math.max(1, largest(forward)));
}

describe("equations", () => {
  const a = normal(1, 2, 3, 3).add(eye(3).mul(3));
  const positive = a.matmul(jnp.matrixTranspose(a));
  test("triangular, of stacks, in every form", () => {
    const b = normal(2, 2, 3, 2);
    for (const lower of [false, true]) {
      const t = lower ? jnp.tril(a) : jnp.triu(a);
      for (const trans of ["N", "T", "C", 0, 1, 2] as const) {
        const matrix = trans === "N" || trans === 0 ? t : jnp.matrixTranspose(t);
        expectClose(matrix.matmul(linalg.solveTriangular(a, b, { lower, trans })), b);
      }
    }
    // One dimension less than the matrices: as many vectors.
    const v = normal(3, 2, 3);
    expectClose(jnp.matvec(jnp.triu(a), linalg.solveTriangular(a, v)), v);
    checkDerivative((x) => linalg.solveTriangular(x, b.get(0), { lower: true }), a.get(0));
    expect(() => linalg.solveTriangular(a, b, { trans: 3 as never })).toThrow("Invalid 'trans' value 3");
    expect(() => linalg.solveTriangular(a, normal(1, 4))).toThrow(/a=\(2, 3, 3\) and b=\(4,\)/);
    expect(() => linalg.solveTriangular(normal(1, 2, 3), v)).toThrow("square");
  });
  test("with positive definite and other matrices", () => {
    const b = normal(4, 3);
    for (const assumeA of ["gen", "sym", "her", "pos"] as const)
      expectClose(
        jnp.matvec(positive, linalg.solve(positive, b, { assumeA })),
        jnp.broadcastTo(b, [2, 3]),
        1e-10,
      );
    checkDerivative((x) => linalg.solve(x.add(x.T), b, { assumeA: "pos" }), positive.get(0));
    checkDerivative((y) => linalg.solve(positive.get(0), y, { assumeA: "pos", lower: true }), b);
    const [c, isLower] = linalg.choFactor(positive, { lower: true });
    expect(isLower).toBe(true);
    expectClose(
      positive.matmul(linalg.choSolve([c, isLower], normal(5, 3, 2))),
      jnp.broadcastTo(normal(5, 3, 2), [2, 3, 2]),
      1e-10,
    );
    const upper = linalg.cholesky(positive);
    expectClose(jnp.matrixTranspose(upper).matmul(upper), positive);
    expect(() => linalg.solve(positive, b, { assumeA: "triangular" as never })).toThrow("assume_a");
    expect(() => linalg.choSolve(c as never, b)).toThrow("[c, lower]");
  });
  test("by LU decompositions", () => {
    const b = normal(6, 3, 2);
    const factors = linalg.luFactor(a);
    for (const trans of [0, 1, 2] as const) {
      const matrix = trans === 0 ? a : jnp.matrixTranspose(a);
      expectClose(matrix.matmul(linalg.luSolve(factors, b, { trans })), jnp.broadcastTo(b, [2, 3, 2]));
    }
    for (const shape of [
      [2, 4, 3],
      [3, 4],
      [0, 2],
    ]) {
      const x = normal(7, ...shape);
      const [p, l, u] = linalg.lu(x);
      if (x.size > 0) expectClose(p.matmul(l).matmul(u), x);
      const [pl, same] = linalg.lu(x, true);
      if (x.size > 0) expectClose(pl.matmul(same), x);
    }
    const z = complexNormal(8, 3, 3);
    const [p, l, u] = linalg.lu(z);
    expect(p.dtype.name).toBe("float64");
    expectClose(p.astype("complex128").matmul(l).matmul(u), z);
    expect(() => linalg.luSolve([a, jnp.int32([0])], b)).toThrow(/pivots=\(1,\)/);
  });
  test("inverses and determinants", () => {
    expectClose(linalg.inv(a).matmul(a), jnp.broadcastTo(eye(3), [2, 3, 3]));
    expectClose(linalg.det(a), jnp.linalg.det(a), 1e-15);
  });
});

describe("decompositions", () => {
  test("qr with pivots, and products with Q", () => {
    for (const [m, n] of [
      [4, 3],
      [3, 4],
      [3, 3],
    ]) {
      const a = complexNormal(m * n, m, n);
      const k = Math.min(m, n);
      const [q, r, order] = linalg.qr(a, { pivoting: true, mode: "economic" });
      expectClose(q.matmul(r), jnp.take(a, order, 1));
      expect(linalg.qr(a, { mode: "r" })[0].shape).toEqual([m, n]);
      const [right, left] = [complexNormal(1, 2, m), complexNormal(2, k, 2)];
      const [q1, r1] = linalg.qr(a, { mode: "economic" });
      expectClose(linalg.qrMultiply(a, right)[0], right.matmul(q1));
      expectClose(
        linalg.qrMultiply(a, left, { mode: "left", conjugate: true })[0],
        jnp.conjugate(q1).matmul(left),
      );
      expectClose(linalg.qrMultiply(a, right.get(0))[0], right.get(0).matmul(q1));
      const [pivoted, , columns] = linalg.qrMultiply(a, right, "right", true);
      expectClose(pivoted, right.matmul(q));
      expect(columns.tolist()).toEqual(order.tolist());
      expectClose(linalg.qrMultiply(a, right)[1], r1);
    }
    expect(() => linalg.qr(eye(2), { mode: "reduced" as never })).toThrow("mode 'reduced'");
    expect(() => linalg.qrMultiply(eye(3), normal(1, 2))).toThrow(/3 rows.*\(1, 2\)/);
  });
  test("svd and polar", () => {
    const a = complexNormal(3, 2, 4, 3);
    const [u, s, vh] = linalg.svd(a, false);
    expectClose(u.mul(jnp.expandDims(s, -2)).matmul(vh), a);
    for (const side of ["right", "left"] as const) {
      const [unitary, definite] = linalg.polar(a, side);
      expectClose(side === "right" ? unitary.matmul(definite) : definite.matmul(unitary), a);
      expectClose(H(definite), definite);
      expectClose(H(unitary).matmul(unitary), jnp.broadcastTo(eye(3).astype("complex128"), [2, 3, 3]));
    }
    expect(() => linalg.polar(a, "up" as never)).toThrow("must be either 'right' or 'left'");
    expect(() => linalg.polar(a, { method: "newton" as never })).toThrow(
      "Unknown polar decomposition method newton",
    );
  });
  test("eigh", () => {
    const a = complexNormal(4, 4, 4);
    const h = a.add(H(a));
    const [w, v] = linalg.eigh(h);
    expectClose(h.matmul(v), v.mul(w));
    expectClose(linalg.eigh(h, { eigvalsOnly: true }), w);
    expect(() => linalg.eigh(h, h as never)).toThrow("b=None");
    expect(() => linalg.eigh(h, { type: 2 })).toThrow("type=1");
  });
  test.each([1, 2, 5, 40])("tridiagonal matrices of size %i", (n) => {
    const [d, e] = [normal(n, n), normal(n + 1, n - 1)];
    const dense = jnp.diag(d).add(n > 1 ? jnp.diag(e, 1).add(jnp.diag(e, -1)) : 0);
    const [w, v] = linalg.eighTridiagonal(d, e);
    expectClose(dense.matmul(v), v.mul(w));
    expectClose(v.T.matmul(v), eye(n));
    expectClose(linalg.eighTridiagonal(d, e, { eigvalsOnly: true }), w);
    const z = complexNormal(n + 2, n - 1);
    const hermitian = jnp
      .diag(d.astype("complex128"))
      .add(n > 1 ? jnp.diag(z, 1).add(jnp.diag(jnp.conjugate(z), -1)) : 0);
    const [wz, vz] = linalg.eighTridiagonal(d.astype("complex128"), z);
    expectClose(hermitian.matmul(vz), vz.mul(wz));
  });
  test("tridiagonal: parts, stacks, derivatives, NaN, large and small numbers", () => {
    const [d, e] = [normal(1, 2, 6), normal(2, 2, 5)];
    const [w, v] = linalg.eighTridiagonal(d, e);
    const [some, vectors] = linalg.eighTridiagonal(d, e, { select: "i", selectRange: [1, 3] });
    expectClose(some, w.get(":", "1:4"), 1e-15);
    expectClose(vectors, v.get("...", "1:4"), 1e-15);
    checkDerivative((x) => linalg.eighTridiagonal(x, e.get(0), { eigvalsOnly: true }), d.get(0));
    checkDerivative((y) => linalg.eighTridiagonal(d.get(0), y)[1].pow(2), e.get(0));
    const mapped = vmap((x: NDArray, y: NDArray) => linalg.eighTridiagonal(x, y, { eigvalsOnly: true }))(
      d,
      e,
    );
    expectClose(mapped, w, 1e-13);
    for (const size of [1e-200, 1e200])
      expectClose(linalg.eighTridiagonal(d.mul(size), e.mul(size), { eigvalsOnly: true }).div(size), w);
    const bad = linalg.eighTridiagonal(d.at(0, 0).set(Number.NaN), e);
    expect(jnp.isnan(bad[0]).tolist()).toEqual([Array(6).fill(true), Array(6).fill(false)]);
    expect(() => linalg.eighTridiagonal(d, e, { select: "v" })).toThrow("select='v'");
    expect(() => linalg.eighTridiagonal(d, e, { select: "i" })).toThrow("selectRange must be specified");
    expect(() => linalg.eighTridiagonal(d, e, { select: "i", selectRange: [2, 1] })).toThrow(
      "empty index range",
    );
    expect(() => linalg.eighTridiagonal(d, e.astype("float32"))).toThrow("same dtype");
    expect(() => linalg.eighTridiagonal(d, d)).toThrow(/e=\(2, 6\)/);
  });
  test("Schur and Hessenberg forms", () => {
    const a = normal(5, 2, 5, 5);
    const [t, z] = linalg.schur(a);
    expectClose(z.matmul(t).matmul(H(z)), a);
    for (const [ct, cz] of [linalg.schur(a, "complex"), linalg.rsf2csf(t, z)]) {
      expectClose(jnp.tril(ct, -1), jnp.zerosLike(ct), 1e-300);
      expectClose(cz.matmul(ct).matmul(H(cz)), a.astype("complex128"));
      expectClose(H(cz).matmul(cz), jnp.broadcastTo(eye(5).astype("complex128"), [2, 5, 5]));
    }
    const [h, q] = linalg.hessenberg(a, { calcQ: true });
    expectClose(jnp.tril(h, -2), jnp.zerosLike(h), 1e-300);
    expectClose(q.matmul(h).matmul(H(q)), a);
    expectClose(linalg.hessenberg(a), h, 1e-300);
    expect(linalg.hessenberg(jnp.zeros([0, 0])).shape).toEqual([0, 0]);
    expect(() => linalg.schur(a, "Real" as never)).toThrow("output='Real'");
    expect(() => linalg.rsf2csf(t, normal(1, 2, 2))).toThrow("shapes must match");
  });
});

describe("functions of matrices", () => {
  const a = normal(1, 4, 4);
  test("the exponential of matrices of all sizes", () => {
    for (const size of [0, 1e-3, 0.5, 3, 40]) {
      const x = a.mul(size);
      // exp(x) = exp(x / 64)^64, by its series.
      const small = x.div(1024);
      let [term, sum] = [eye(4), eye(4)];
      for (let k = 1; k < 25; k++) {
        term = term.matmul(small).div(k);
        sum = sum.add(term);
      }
      for (let k = 0; k < 10; k++) sum = sum.matmul(sum);
      const result = linalg.expm(x);
      expectClose(result, sum, 1e-9 * Math.max(1, largest(sum)));
      expectClose(linalg.expm(x.astype("float32")).astype("float64"), sum, 2e-4 * Math.max(1, largest(sum)));
    }
    const upper = jnp.triu(a);
    expectClose(linalg.expm(upper, { upperTriangular: true }), linalg.expm(upper));
    const z = complexNormal(2, 2, 3, 3);
    expectClose(linalg.expm(z).get(1), linalg.expm(z.get(1)));
    expectClose(
      linalg.expm(z).matmul(linalg.expm(z.neg())),
      jnp.broadcastTo(eye(3).astype("complex128"), [2, 3, 3]),
      1e-9,
    );
    expect(linalg.expm(jnp.zeros([0, 0])).shape).toEqual([0, 0]);
  });
  test("matrices that are too large give NaN", () => {
    expect(jnp.isnan(linalg.expm(jnp.array([[1e7]]))).item()).toBe(true);
    expect(linalg.expm(jnp.array([[-200]])).item()).toBe(Math.fround(Math.exp(-200)));
    expect(jnp.isnan(linalg.expm(jnp.array([[30]]), { maxSquarings: 1 })).item()).toBe(true);
    expect(() => linalg.expm(jnp.zeros([2, 3]))).toThrow(/A.shape=\(2, 3\)/);
    expect(() => linalg.expm(jnp.zeros([2, 2], { dtype: "float16" }))).toThrow("float16 is not supported");
  });
  test("its derivatives, in both modes, compiled and mapped", () => {
    checkDerivative((x) => linalg.expm(x), a);
    checkDerivative((x) => linalg.expm(x.mul(8)), a, 1e-5);
    const [value, derivative] = linalg.expmFrechet(a, eye(4));
    // The identity commutes with everything.
    expectClose(derivative, value, 1e-10);
    expectClose(linalg.expmFrechet(a, a, { computeExpm: false }), a.matmul(value), 1e-10);
    const f = grad((x: NDArray) => linalg.expm(x).sum());
    expectClose(jit(vmap(f))(jnp.stack([a, a.mul(2)])).get(1), f(a.mul(2)), 1e-9);
    expect(() => linalg.expmFrechet(a, eye(3))).toThrow(/A.shape=\(4, 4\) E.shape=\(3, 3\)/);
  });
  test("square roots", () => {
    const root = linalg.sqrtm(a);
    expectClose(root.matmul(root), a.astype("complex128"), 1e-10);
    expect(Number(jnp.real(jnp.linalg.eigvals(root)).min())).toBeGreaterThanOrEqual(0);
    expect(largest(linalg.sqrtm(jnp.zeros([3, 3])))).toBe(0);
    expect(() => linalg.sqrtm(a, 64)).toThrow("Blocked version");
    expect(() => linalg.sqrtm(normal(1, 2, 3))).toThrow(/square matrix, got shape \(2, 3\)/);
  });
  test("any function", () => {
    expectClose(linalg.funm(a, jnp.exp), linalg.expm(a).astype("complex128"), 1e-9);
    const cube = linalg.funm(a, (x) => x.mul(x).mul(x));
    expectClose(cube, a.matmul(a).matmul(a).astype("complex128"), 1e-10);
    const [sine, error] = linalg.funm(a, jnp.sin, { disp: false });
    // sin(x) = x - x^3 / 6 + ..., of a small matrix.
    const small = a.mul(0.01);
    const series = small.sub(small.matmul(small).matmul(small).div(6));
    expectClose(linalg.funm(small, jnp.sin), series.astype("complex128"), 1e-9);
    expect(sine.shape).toEqual([4, 4]);
    expect(Number(error)).toBeLessThan(1e-10);
  });
  test.each(["schur", "eigen"] as const)("Sylvester's equation by %s", (method) => {
    const [p, q, c] = [normal(3, 2, 3, 3), normal(4, 2, 4, 4), normal(5, 2, 3, 4)];
    const x = linalg.solveSylvester(p, q, c, { method });
    expectClose(p.matmul(x).add(x.matmul(q)), c, 1e-9);
    const z = complexNormal(6, 3, 3);
    const y = linalg.solveSylvester(z, z, z, { method });
    expectClose(y, eye(3).mul(0.5).astype("complex128"), 1e-9);
    // A and -A have all eigenvalues in common.
    const none = linalg.solveSylvester(p.get(0), p.get(0).neg(), eye(3), { method });
    expect(jnp.isnan(none).all().item()).toBe(true);
    expect(() => linalg.solveSylvester(p, q, p)).toThrow("Incompatible shapes for Sylvester equation");
  });
});
