import { jacfwd, jit, jnp, type NDArray, scipy, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

// Matrices of special form, as SciPy gives them.

const { linalg } = scipy;
const list = (x: NDArray) => x.tolist();

describe("made of vectors", () => {
  const rows: [string, NDArray, unknown][] = [
    [
      "blockDiag",
      linalg.blockDiag(1, jnp.array([2, 3]), jnp.array([[4], [5]])),
      [
        [1, 0, 0, 0],
        [0, 2, 3, 0],
        [0, 0, 0, 4],
        [0, 0, 0, 5],
      ],
    ],
    ["blockDiag of nothing", linalg.blockDiag(), [[]]],
    [
      "toeplitz",
      linalg.toeplitz(jnp.int32([1, 2, 3])),
      [
        [1, 2, 3],
        [2, 1, 2],
        [3, 2, 1],
      ],
    ],
    [
      "toeplitz, wide",
      linalg.toeplitz(jnp.array([1, 2]), jnp.array([9, 5, 6])),
      [
        [1, 5, 6],
        [2, 1, 5],
      ],
    ],
    [
      "hankel",
      linalg.hankel(jnp.array([1, 2, 3]), jnp.array([9, 8])),
      [
        [1, 2],
        [2, 3],
        [3, 8],
      ],
    ],
    [
      "circulant",
      linalg.circulant(jnp.array([1, 2, 3])),
      [
        [1, 3, 2],
        [2, 1, 3],
        [3, 2, 1],
      ],
    ],
    [
      "leslie",
      linalg.leslie(jnp.array([1, 2, 3]), jnp.array([4, 5])),
      [
        [1, 2, 3],
        [4, 0, 0],
        [0, 5, 0],
      ],
    ],
    [
      "companion",
      linalg.companion(jnp.array([2, -4, 6, 8])),
      [
        [2, -3, -4],
        [1, 0, 0],
        [0, 1, 0],
      ],
    ],
    [
      "fiedler",
      linalg.fiedler(jnp.int32([1, 4, 12])),
      [
        [0, 3, 11],
        [3, 0, 8],
        [11, 8, 0],
      ],
    ],
    [
      "fiedlerCompanion",
      linalg.fiedlerCompanion(jnp.array([1, 2, 3, 4, 5, 6])),
      [
        [-2, -3, 1, 0, 0],
        [1, 0, 0, 0, 0],
        [0, -4, 0, -5, 1],
        [0, 1, 0, 0, 0],
        [0, 0, 0, -6, 0],
      ],
    ],
    ["fiedlerCompanion, small", linalg.fiedlerCompanion(jnp.array([2, 4])), [[-2]]],
    [
      "convolutionMatrix",
      linalg.convolutionMatrix(jnp.array([1, 2, 3]), 4),
      [
        [1, 0, 0, 0],
        [2, 1, 0, 0],
        [3, 2, 1, 0],
        [0, 3, 2, 1],
        [0, 0, 3, 2],
        [0, 0, 0, 3],
      ],
    ],
    [
      "convolutionMatrix, same",
      linalg.convolutionMatrix(jnp.array([1, 2, 3]), 2, "same"),
      [
        [1, 0],
        [2, 1],
        [3, 2],
      ].slice(0, 3),
    ],
    [
      "convolutionMatrix, valid",
      linalg.convolutionMatrix(jnp.array([1, 2]), 3, { mode: "valid" }),
      [
        [2, 1, 0],
        [0, 2, 1],
      ],
    ],
  ];
  test.each(rows)("%s", (_name, matrix, expected) => {
    expect(list(matrix)).toEqual(expected);
  });
  test("stacks are matrices of each, compiled, mapped and differentiated", () => {
    const x = jnp.array([
      [1, 2, 4],
      [3, 5, 7],
    ]);
    const y = jnp.array([
      [6, 8],
      [9, 1],
    ]);
    const functions: ((a: NDArray, b: NDArray) => NDArray)[] = [
      (a, b) => linalg.toeplitz(a, b),
      (a, b) => linalg.hankel(a, b),
      (a) => linalg.circulant(a),
      (a, b) => linalg.leslie(a, b),
      (a) => linalg.companion(a),
      (a) => linalg.fiedler(a),
      (a) => linalg.fiedlerCompanion(a),
      (a) => linalg.convolutionMatrix(a, 2),
    ];
    for (const f of functions) {
      const stack = f(x, y);
      expect(list(jit(f)(x, y))).toEqual(list(stack));
      expect(list(vmap(f)(x, y))).toEqual(list(stack));
      expect(list(stack.get(1))).toEqual(list(f(x.get(1), y.get(1))));
      const derivative = jacfwd((a: NDArray) => f(a, y.get(0)))(x.get(0));
      const h = 2 ** -8;
      const moved = f(x.get(0).add(jnp.array([0, h, 0])), y.get(0))
        .sub(f(x.get(0), y.get(0)))
        .div(h);
      expect(Number(jnp.abs(derivative.get("...", 1).sub(moved)).max())).toBeLessThan(0.02);
    }
    expect(linalg.toeplitz(jnp.zeros([0])).shape).toEqual([0, 0]);
  });
  test("mistakes", () => {
    expect(() => linalg.blockDiag(jnp.zeros([1, 1, 1]))).toThrow(/\(1, 1, 1\) at argument 0/);
    expect(() => linalg.hankel(jnp.float32(1))).toThrow("got a scalar");
    expect(() => linalg.leslie(jnp.ones(3), jnp.ones(3))).toThrow("one less than the length of f");
    expect(() => linalg.companion(jnp.ones(1))).toThrow("at least 2");
    expect(() => linalg.fiedlerCompanion(jnp.ones(0))).toThrow("nonzero length");
    expect(() => linalg.convolutionMatrix(jnp.ones(2), 0)).toThrow("positive integer");
    expect(() => linalg.convolutionMatrix(jnp.ones(2), 2, "half" as never)).toThrow("got 'half'");
  });
});

describe("known by their size", () => {
  test("Hilbert and Pascal matrices and their inverses are exact", () => {
    const product = (x: NDArray, y: NDArray) =>
      list(jnp.round(x.astype("float64").matmul(y.astype("float64")), 3).add(0));
    for (const n of [0, 1, 3, 6]) {
      const eye = list(jnp.eye(n, { dtype: "float64" }));
      // The elements of larger inverses magnify the rounding of the others.
      if (n <= 3) expect(product(linalg.invhilbert(n), linalg.hilbert(n))).toEqual(eye);
      for (const kind of ["symmetric", "lower", "upper"] as const)
        expect(product(linalg.pascal(n, kind), linalg.invpascal(n, kind))).toEqual(eye);
    }
    expect(list(linalg.pascal(4, "upper"))).toEqual([
      [1, 1, 1, 1],
      [0, 1, 2, 3],
      [0, 0, 1, 3],
      [0, 0, 0, 1],
    ]);
    expect(linalg.invhilbert(5).get(4, 4).item()).toBe(44100);
    expect(linalg.pascal(20).get(19, 19).item()).toBe(Math.fround(35345263800));
    expect(() => linalg.pascal(3, "full" as never)).toThrow("got full");
    expect(() => linalg.hilbert(1.5)).toThrow("got 1.5");
  });
  test("Helmert, Hadamard and Fourier matrices are orthogonal", () => {
    for (const n of [1, 2, 8]) {
      const [h, f] = [linalg.hadamard(n, "float32"), linalg.dft(n, { scale: "sqrtn", dtype: "complex128" })];
      expect(list(h.matmul(h.T))).toEqual(list(jnp.eye(n).mul(n)));
      expect(Number(jnp.abs(f.matmul(jnp.conjugate(f.T)).sub(jnp.eye(n))).max())).toBeLessThan(1e-14);
      const g = linalg.helmert(n, true);
      expect(Number(jnp.abs(g.matmul(g.T).sub(jnp.eye(n))).max())).toBeLessThan(1e-6);
      expect(list(linalg.helmert(n))).toEqual(list(g.get("1:")));
    }
    expect(linalg.hadamard(4).dtype.name).toBe("int32");
    const x = jnp.array([1, 5, -2]);
    expect(
      Number(jnp.abs(linalg.dft(3).matmul(x.astype("complex64")).sub(jnp.fft.fft(x))).max()),
    ).toBeLessThan(1e-5);
    expect(() => linalg.hadamard(3)).toThrow("power of 2");
    expect(() => linalg.dft(2, "m" as never)).toThrow("got 'm'");
    expect(() => linalg.dft(2, { dtype: "float32" })).toThrow("complex floating-point type");
    expect(() => linalg.helmert(0)).toThrow("positive integer");
  });
});
