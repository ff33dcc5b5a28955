import { grad, hessian, jacfwd, jacrev, jit, jnp, jvp, lax, type NDArray, random, tree, vmap } from "fluxion";
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

describe("named results", () => {
  const a = normal(11, 3, 3);
  const h = a.add(a.T);
  const cases: [string, readonly string[], (x: NDArray) => unknown][] = [
    ["QRResult", ["Q", "R"], (x) => linalg.qr(x)],
    ["SVDResult", ["U", "S", "Vh"], (x) => linalg.svd(x)],
    ["EighResult", ["eigenvalues", "eigenvectors"], (x) => linalg.eigh(x)],
    ["EigResult", ["eigenvalues", "eigenvectors"], (x) => linalg.eig(x)],
    ["SlogdetResult", ["sign", "logabsdet"], (x) => linalg.slogdet(x)],
  ];
  test.each(cases)("%s keeps its names through transformations", (name, fields, f) => {
    type Named = readonly NDArray[] & Readonly<Record<string, NDArray>>;
    const check = (result: Named) => {
      expect(Array.isArray(result)).toBe(true);
      expect(result.length).toBe(fields.length);
      fields.forEach((field, i) => {
        expect(result[field]).toBe(result[i]);
      });
      expect(result.map((x) => x.ndim)).not.toHaveProperty(fields[0]);
    };
    const eager = f(h) as Named;
    check(eager);
    check(jit(f)(h) as Named);
    check(vmap(f as (x: NDArray) => NDArray[])(jnp.stack([h, a])) as unknown as Named);
    // Eigenvectors of matrices that are not symmetric have no derivatives, as in JAX.
    if (name !== "EigResult") check(jvp(f as (x: NDArray) => NDArray[], [h], [a])[1] as unknown as Named);
    check(tree.map((x: NDArray) => x.mul(2), eager as unknown as NDArray[]) as unknown as Named);
    expect(String(tree.structure(eager))).toContain(name);
    expect(tree.leavesWithPath(eager).map(([path]) => tree.keystr(path))).toEqual(fields.map((x) => `.${x}`));
    expect(tree.structure(eager)).toBe(tree.structure(f(a)));
    expect(tree.structure(eager)).not.toBe(tree.structure([...eager]));
  });
});

describe("products and tensors", () => {
  test("cross is that of vectors of three components", () => {
    const [x, y] = [normal(1, 4, 3), normal(2, 4, 3)];
    expect(largest(linalg.cross(x, y).sub(jnp.cross(x, y)))).toBe(0);
    expect(largest(linalg.cross(x.T, y.T, { axis: 0 }).sub(jnp.cross(x, y).T))).toBe(0);
    checkDerivative((v) => linalg.cross(v, y), x);
    expect(() => linalg.cross(normal(1, 2), normal(2, 2))).toThrow(/3-dimensional vectors.*=2 and.*=2/);
  });
  test("multiDot multiplies in any order", () => {
    const xs = [normal(1, 3), normal(2, 3, 9), normal(3, 9, 2), normal(4, 2, 5), normal(5, 5)];
    const expected = xs.slice(1).reduce((p, x) => p.matmul(x), xs[0]);
    expect(largest(linalg.multiDot(xs).sub(expected))).toBeLessThan(1e-12);
    expect(linalg.multiDot(xs.slice(1, 4)).shape).toEqual([3, 5]);
    expect(linalg.multiDot([xs[0], xs[0]]).shape).toEqual([]);
    checkDerivative((x) => linalg.multiDot([xs[1], x, xs[3]]), xs[2]);
    expect(() => linalg.multiDot([xs[0]])).toThrow("at least two arrays");
    expect(() => linalg.multiDot([xs[1], xs[3]])).toThrow(/last dimension.*\(3, 9\), \(2, 5\)/);
    expect(() => linalg.multiDot([xs[1], normal(1, 9), xs[3]])).toThrow("must all be two-dimensional");
  });
  test("tensorinv and tensorsolve invert linear maps between arrays", () => {
    const a = normal(6, 2, 3, 6);
    const inverse = linalg.tensorinv(a);
    expect(inverse.shape).toEqual([6, 2, 3]);
    expect(largest(jnp.tensordot(inverse, a, 2).sub(eye(6)))).toBeLessThan(1e-10);
    const b = normal(7, 2, 3);
    const x = linalg.tensorsolve(a, b);
    expect(largest(jnp.tensordot(a, x, 1).sub(b))).toBeLessThan(1e-10);
    expect(largest(jnp.tensordot(inverse, b, 2).sub(x))).toBeLessThan(1e-9);
    // The axis of the unknowns moves behind the others.
    const moved = linalg.tensorsolve(jnp.moveaxis(a, -1, 1), b, { axes: [1] });
    expect(largest(moved.sub(x))).toBeLessThan(1e-12);
    checkDerivative((y) => linalg.tensorsolve(a, y), b);
    expect(() => linalg.tensorinv(a, 0)).toThrow("ind must be a positive integer");
    expect(() => linalg.tensorinv(a, 1)).toThrow(/\(2, 3, 6\) with ind=1/);
    expect(() => linalg.tensorsolve(a, normal(1, 3, 2))).toThrow(/leading shape of a.*\(3, 2\)/);
    expect(() => linalg.tensorsolve(normal(1, 2, 3, 5), b)).toThrow("prod(a.shape[:b.ndim])");
  });
});

test("reflectors of qr in mode raw make Q and R", () => {
  for (const [m, n] of [
    [4, 3],
    [3, 3],
    [2, 4],
  ]) {
    const a = normal(m * n, m, n);
    const [h, taus] = linalg.qr(a, { mode: "raw" });
    expect([h.shape, taus.shape]).toEqual([[n, m], [Math.min(m, n)]]);
    const { Q, R } = linalg.qr(a);
    const k = Math.min(m, n);
    expect(largest(jnp.triu(h.T.get(`:${k}`)).sub(R))).toBeLessThan(1e-12);
    const q = lax.linalg.householderProduct(h.T.get(":", `:${k}`), taus);
    expect(largest(q.sub(Q))).toBeLessThan(1e-12);
  }
});

describe("pseudoinverses and least squares", () => {
  test("of Hermitian matrices are decomposed by their eigenvalues", () => {
    const a = normal(8, 4, 4);
    const h = a.add(a.T);
    expect(largest(linalg.pinv(h, { hermitian: true }).sub(linalg.inv(h)))).toBeLessThan(1e-10);
    checkDerivative((x) => linalg.pinv(x.add(x.T), { hermitian: true }), a, 1e-5);
    expect(() => linalg.pinv(a, { rtol: 0.1, rcond: 0.1 })).toThrow("only one of rtol and rcond");
  });
  test("residuals as NumPy gives them", () => {
    const tall = normal(9, 4, 2);
    const b = normal(10, 4);
    expect(linalg.lstsq(tall, b, { numpyResid: true })[1].shape).toEqual([1]);
    expect(linalg.lstsq(tall.mul(0), b, { numpyResid: true })[1].shape).toEqual([0]);
    expect(linalg.lstsq(tall.T, normal(1, 2), null, { numpyResid: true })[1].shape).toEqual([0]);
    expect(linalg.lstsq(tall.T, normal(1, 2))[1].shape).toEqual([1]);
  });
});
