import { config, grad, jit, jnp, jvp, lax, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

// Eigenvalues of matrices that are not symmetric: what decompositions are to fulfil, and their derivatives against difference quotients.

const { linalg } = lax;
type Name = "float32" | "float64" | "complex64" | "complex128";
const H = (x: NDArray): NDArray => jnp.matrixTranspose(x.dtype.kind === "complex" ? lax.conj(x) : x);
const normal = (seed: number, shape: number[], dtype: Name): NDArray => {
  if (dtype.startsWith("float")) return random.normal(random.key(seed), shape, dtype);
  const [re, im] = random.split(random.key(seed));
  return lax.complex(random.normal(re, shape, "float64"), random.normal(im, shape, "float64")).astype(dtype);
};
const largest = (x: NDArray): number => (x.size === 0 ? 0 : Number(jnp.abs(x).max()));
const isSingle = (dtype: string) => dtype === "float32" || dtype === "complex64";
const complexOf = (dtype: string) => (isSingle(dtype) ? "complex64" : "complex128");

/** A V = V diag(w), U^H A = diag(w) U^H; columns of length 1, the largest component real. */
function check(a: NDArray, tolerance = isSingle(a.dtype.name) ? 2e-5 : 1e-13): void {
  const n = a.shape[a.ndim - 1];
  const [w, vl, vr] = linalg.eig(a);
  const size = largest(a) * Math.max(1, Math.sqrt(n)) || 1;
  const type = complexOf(a.dtype.name);
  expect([w, vl, vr].map((x) => [x.dtype.name, x.shape])).toEqual([
    [type, a.shape.slice(0, -1)],
    [type, a.shape],
    [type, a.shape],
  ]);
  const [row, column] = [jnp.expandDims(w, -2), jnp.expandDims(w, -1)];
  const c = a.astype(type);
  expect(largest(c.matmul(vr).sub(vr.mul(row)).div(size))).toBeLessThan(tolerance);
  expect(largest(H(vl).matmul(c).sub(H(vl).mul(column)).div(size))).toBeLessThan(tolerance);
  for (const v of [vl, vr]) {
    const lengths = jnp.sqrt(jnp.sum(jnp.square(jnp.abs(v)), -2));
    expect(largest(lengths.sub(1))).toBeLessThan(tolerance);
    if (n === 0) continue;
    // Of components that are equally large up to rounding any one may be real.
    const sizes = jnp.abs(v);
    const isLargest = sizes.gt(jnp.max(sizes, { axis: -2, keepdims: true }).mul(0.999));
    const imaginary = jnp.where(isLargest, jnp.abs(lax.imag(v)), 1);
    expect(largest(jnp.min(imaginary, { axis: -2, initial: 1 }))).toBeLessThan(a.size === 0 ? 2 : tolerance);
  }
  // Fewer results are the same ones.
  const [values] = linalg.eig(a, { computeLeftEigenvectors: false, computeRightEigenvectors: false });
  const [, left] = linalg.eig(a, { computeRightEigenvectors: false });
  expect(largest(left.sub(vl))).toBe(0);
  expect(largest(jnp.sum(values, -1).sub(jnp.trace(c, 0, -2, -1))) / size).toBeLessThan(
    Math.max(1, n) * tolerance,
  );
  expect(largest(values.sub(w)) / size).toBeLessThan(tolerance ** 0.4);
}

describe.each<Name>(["float32", "float64", "complex64", "complex128"])("%s", (dtype) => {
  test.each([0, 1, 2, 3, 6, 19])("random, %i x %i", (n) => check(normal(n, [n, n], dtype)));
  const of = (rows: number[][]): NDArray => jnp.array(rows, { dtype });
  const a = normal(3, [6, 6], dtype);
  const matrices: Record<string, NDArray> = {
    zero: jnp.zeros([4, 4], { dtype }),
    identity: jnp.eye(4, { dtype }),
    "upper triangular": jnp.triu(a),
    "lower triangular": jnp.tril(a),
    "strictly upper triangular": jnp.triu(a, 1),
    "a Jordan block": jnp
      .eye(6, { dtype })
      .mul(2)
      .add(jnp.eye(6, { dtype, k: 1 })),
    "a Jordan block from below": jnp
      .eye(6, { dtype })
      .mul(2)
      .add(jnp.eye(6, { dtype, k: -1 })),
    "a cycle": jnp.roll(jnp.eye(6, { dtype }), 1, 0),
    symmetric: a.add(jnp.matrixTranspose(a)),
    antisymmetric: a.sub(jnp.matrixTranspose(a)),
    orthogonal: jnp.linalg.qr(a)[0],
    "of rank 1": a.get(":", ":1").matmul(a.get(":1")),
    "a zero row and column": jnp.pad(a.get(":3", ":3"), 1),
    "a double pair": of([
      [0, 1, 1, 0],
      [-1, 0, 0, 1],
      [0, 0, 0, 1],
      [0, 0, -1, 0],
    ]),
    tiny: a.mul(isSingle(dtype) ? 1e-35 : 1e-300),
    huge: a.mul(isSingle(dtype) ? 1e35 : 1e300).div(16),
    "a batch": normal(4, [2, 3, 4, 4], dtype),
    "an empty batch": jnp.zeros([0, 3, 3], { dtype }),
  };
  test.each(Object.keys(matrices))("%s", (name) => check(matrices[name]));

  test("matrices with NaN or infinity, between others", () => {
    const x = normal(5, [4, 3, 3], dtype)
      .at(1, 2, 0)
      .set(Number.NaN)
      .at(2, 0, 1)
      .set(Number.POSITIVE_INFINITY);
    const results = linalg.eig(x);
    for (const result of results) {
      expect(jnp.isnan(result.reshape(4, -1)).all(1).tolist()).toEqual([false, true, true, false]);
    }
  });
  test("schur", () => {
    const others = [
      "a Jordan block",
      "a Jordan block from below",
      "a cycle",
      "a double pair",
      "zero",
      "lower triangular",
    ];
    const all = [0, 1, 2, 3, 6, 19].map((n) => normal(n, [2, n, n], dtype));
    for (const x of [...all, ...others.map((name) => matrices[name])]) {
      const [t, q] = linalg.schur(x);
      const n = x.shape[x.ndim - 1];
      const tolerance = isSingle(dtype) ? 1e-5 : 1e-13;
      expect([t.dtype, q.dtype, t.shape, q.shape]).toEqual([x.dtype, x.dtype, x.shape, x.shape]);
      expect(largest(q.matmul(t).matmul(H(q)).sub(x))).toBeLessThan(10 * tolerance);
      expect(largest(H(q).matmul(q).sub(jnp.eye(n, { dtype })))).toBeLessThan(tolerance);
      expect(largest(linalg.schur(x, { computeSchurVectors: false })[0].sub(t))).toBe(0);
      const isComplex = dtype.startsWith("complex");
      expect(largest(jnp.tril(t, isComplex ? -1 : -2))).toBe(0);
      if (isComplex || n < 2) continue;
      // Blocks are apart, with equal elements on the diagonal and others of opposite signs.
      const [d, b, c] = [0, 1, -1].map((k) => jnp.diagonal(t, k, -2, -1));
      const isBlock = c.ne(0);
      expect(largest(jnp.where(isBlock, d.get("...", "1:").sub(d.get("...", ":-1")), 0))).toBe(0);
      expect(jnp.where(isBlock, b.mul(c).lt(0), true).all().item()).toBe(true);
      expect(isBlock.get("...", "1:").and(isBlock.get("...", ":-1")).any().item()).toBe(false);
    }
    const bad = linalg.schur(jnp.full([2, 2], Number.NaN, { dtype }));
    for (const x of bad) expect(jnp.isnan(x).all().item()).toBe(true);
  });
  test("hessenberg", () => {
    for (const n of [1, 2, 6]) {
      const x = normal(n, [2, n, n], dtype);
      const [packed, taus] = jit((y: NDArray) => linalg.hessenberg(y))(x);
      expect([packed.shape, taus.shape]).toEqual([x.shape, [2, n - 1]]);
      const h = jnp.triu(packed, -1);
      // The product of the reflectors leaves the first unit vector alone.
      const rest = linalg.householderProduct(packed.get(":", "1:", ":-1"), taus);
      const q = jnp.zeros(x.shape, { dtype }).at(":", 0, 0).set(1).at(":", "1:", "1:").set(rest);
      const tolerance = isSingle(dtype) ? 1e-5 : 1e-13;
      expect(largest(q.matmul(h).matmul(H(q)).sub(x))).toBeLessThan(10 * tolerance);
      expect(largest(H(q).matmul(q).sub(jnp.eye(n, { dtype })))).toBeLessThan(tolerance);
    }
  });
});

test("of a real matrix: real, or conjugate pairs with the positive imaginary part first", () => {
  for (const n of [2, 6, 19]) {
    const [w, ...vectors] = linalg.eig(normal(n, [n, n], "float64"));
    const imaginary = lax.imag(w).tolist() as number[];
    imaginary.forEach((value, k) => {
      for (const v of vectors) {
        const column = v.get(":", k);
        if (value === 0) expect(largest(lax.imag(column))).toBe(0);
        if (value > 0) expect(largest(v.get(":", k + 1).sub(lax.conj(column)))).toBe(0);
      }
      if (value > 0) expect(largest(w.get(k + 1).sub(lax.conj(w.get(k))))).toBe(0);
      if (value < 0) expect(imaginary[k - 1]).toBe(-value);
    });
  }
});

test.each<Name>(["float32", "float64", "complex64", "complex128"])(
  "badly scaled matrices have the eigenvalues of balanced ones, %s",
  (dtype) => {
    const a = normal(15, [6, 6], dtype);
    const step = isSingle(dtype) ? 64 : 2 ** 20;
    const d = jnp.power(step, jnp.arange(6).astype("float64")).astype(dtype);
    const scaled = a.mul(jnp.expandDims(d, 1)).div(d);
    const [w, vl, vr] = linalg.eig(scaled);
    const c = a.astype(w.dtype);
    // Each value is one of `a`: its vector, without the scaling, says so.
    const back = (v: NDArray) => v.div(jnp.linalg.norm(v, { axis: 0 }));
    const right = back(vr.div(jnp.expandDims(d, 1)));
    const left = back(vl.mul(jnp.expandDims(d, 1)));
    const tolerance = isSingle(dtype) ? 2e-5 : 1e-13;
    expect(largest(c.matmul(right).sub(right.mul(w)))).toBeLessThan(tolerance);
    expect(
      largest(
        H(left)
          .matmul(c)
          .sub(H(left).mul(jnp.expandDims(w, 1))),
      ),
    ).toBeLessThan(tolerance);
  },
);

test("compiled, mapped, and as the reference evaluates it", () => {
  const x = normal(6, [3, 5, 5], "float64");
  const results = linalg.eig(x);
  const others = [
    jit((y: NDArray) => linalg.eig(y))(x),
    vmap((y: NDArray) => linalg.eig(y))(x),
    jit(vmap((y: NDArray) => linalg.eig(y), { inAxes: 2 }))(jnp.moveaxis(x, 0, 2)),
    [0, 1, 2].map((i) => linalg.eig(x.get(i))).reduce((p, q) => p.map((y, k) => jnp.vstack([y, q[k]]))),
  ];
  config.update("evaluator", "reference");
  try {
    others.push(linalg.eig(x));
  } finally {
    config.update("evaluator", "wasm");
  }
  for (const other of others) {
    other.forEach((y, k) => expect(largest(y.reshape(results[k].shape).sub(results[k]))).toBeLessThan(1e-12));
  }
});

describe("derivatives", () => {
  const options = { enableEigvecDerivs: true };
  const functions: Record<string, (x: NDArray) => NDArray[]> = {
    eigenvalues: (x) => linalg.eig(x, { computeLeftEigenvectors: false, computeRightEigenvectors: false }),
    "right eigenvectors": (x) => linalg.eig(x, { ...options, computeLeftEigenvectors: false }),
    "left eigenvectors": (x) => linalg.eig(x, { ...options, computeRightEigenvectors: false }),
    all: (x) => linalg.eig(x, options),
  };
  for (const dtype of ["float64", "complex128"] as const) {
    test.each(Object.keys(functions))(`%s, ${dtype}`, (name) => {
      const f = functions[name];
      for (const shape of [
        [3, 3],
        [2, 4, 4],
        [0, 0],
      ]) {
        const [x, t] = [normal(11, shape, dtype), normal(12, shape, dtype)];
        const [, tangents] = jvp(f, [x], [t]);
        const h = 1e-6;
        const [up, down] = [f(x.add(t.mul(h))), f(x.sub(t.mul(h)))];
        tangents.forEach((tangent, k) => {
          const quotient = up[k].sub(down[k]).div(2 * h);
          expect(largest(tangent.sub(quotient)) / Math.max(1, largest(quotient))).toBeLessThan(1e-6);
        });
      }
    });
  }
  test("of the sum of the squares of the eigenvalues, which is the trace of the square", () => {
    const x = normal(13, [4, 4], "float64");
    const sum = (y: NDArray) => {
      const w = jnp.linalg.eigvals(y);
      return lax.real(jnp.sum(w.mul(w)));
    };
    expect(largest(grad(sum)(x).sub(jnp.matrixTranspose(x).mul(2)))).toBeLessThan(1e-12);
  });
  test("eigenvectors have them only where they are asked for", () => {
    const x = normal(14, [2, 2], "float32");
    expect(() => jvp((y: NDArray) => linalg.eig(y), [x], [x])).toThrow(/enableEigvecDerivs/);
  });
});

test("misuse", () => {
  expect(() => linalg.eig(jnp.zeros([2, 3]))).toThrow(/must be a square matrix. Got shape \(2, 3\)/);
  expect(() => linalg.hessenberg(jnp.zeros([2, 3]))).toThrow(/got shape \(2, 3\)/);
  expect(() => linalg.schur(jnp.zeros([2, 3]))).toThrow(/The input to schur must be a square matrix/);
  expect(() => linalg.schur(jnp.eye(2), { sortEigVals: true })).toThrow(/does not sort/);
  expect(() => linalg.eig(jnp.zeros([3]))).toThrow(/must have rank at least 2/);
  expect(() => linalg.eig(jnp.zeros([2, 2], { dtype: "int32" }))).toThrow(TypeError);
});
