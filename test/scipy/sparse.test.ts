import { grad, jacfwd, jacrev, jit, jnp, jvp, type NDArray, random, scipy, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const { cg, gmres, bicgstab } = scipy.sparse.linalg;
const normal = (seed: number, ...shape: number[]): NDArray =>
  random.normal(random.key(seed), shape, "float64");
const complexNormal = (seed: number, ...shape: number[]): NDArray =>
  random.normal(random.key(seed), shape, "complex128");
const largest = (x: NDArray): number => Number(jnp.abs(x).max());
const n = 12;
const shift = jnp.eye(n, { dtype: "float64" }).mul(n);
const general = normal(1, n, n).add(shift);
const definite = normal(2, n, n)
  .matmul(normal(2, n, n).T)
  .add(shift);

type Options = Exclude<Parameters<typeof cg<NDArray>>[3], undefined>;
type Method = (a: NDArray | ((x: NDArray) => NDArray), b: NDArray, options?: Options) => NDArray;
const methods: [string, Method, NDArray][] = [
  ["cg", (a, b, o) => cg(a as NDArray, b, undefined, o)[0], definite],
  ["bicgstab", (a, b, o) => bicgstab(a as NDArray, b, undefined, o)[0], general],
  ["gmres", (a, b, o) => gmres(a as NDArray, b, undefined, o)[0], general],
  [
    "gmres, incremental",
    (a, b, o) => gmres(a as NDArray, b, undefined, { ...o, solveMethod: "incremental" })[0],
    general,
  ],
  [
    "gmres, restarted",
    (a, b, o) => gmres(a as NDArray, b, undefined, { restart: 3, maxiter: 200, ...o })[0],
    general,
  ],
];

describe.each(methods)("%s", (_name, solve, a) => {
  const b = normal(3, n);
  const options = { tol: 1e-12 };
  const exact = jnp.linalg.solve(a, b);
  test("solves equations with matrices and functions, from any beginning, with a preconditioner", () => {
    expect(largest(solve(a, b, options).sub(exact))).toBeLessThan(1e-9);
    expect(largest(solve((x) => a.matmul(x), b, options).sub(exact))).toBeLessThan(1e-9);
    expect(largest(solve(a, b, { ...options, x0: normal(4, n) }).sub(exact))).toBeLessThan(1e-9);
    const jacobi = (x: NDArray) => x.div(jnp.diag(a));
    expect(largest(solve(a, b, { ...options, M: jacobi }).sub(exact))).toBeLessThan(1e-9);
    expect(largest(jit((x: NDArray) => solve(a, x, options))(b).sub(exact))).toBeLessThan(1e-9);
    const stack = vmap((x: NDArray) => solve(a, x, options))(jnp.stack([b, b.mul(2)]));
    expect(largest(stack.get(1).sub(exact.mul(2)))).toBeLessThan(1e-8);
  });
  test("stops at the tolerance, and after so many iterations", () => {
    const residual = (x: NDArray) => Number(jnp.linalg.norm(a.matmul(x).sub(b)));
    const size = Number(jnp.linalg.norm(b));
    expect(residual(solve(a, b, { tol: 0.1 }))).toBeLessThan(0.1 * size);
    expect(residual(solve(a, b, { tol: 0, atol: 0.5 }))).toBeLessThan(0.5);
    expect(largest(solve(a, b, { maxiter: 0 }))).toBe(0);
    expect(largest(solve(a, b.mul(0)))).toBe(0);
  });
  test("derivatives are those of the solution", () => {
    const f = (m: NDArray, y: NDArray) => solve(m.add(m.T).mul(0.5).add(shift), y, options);
    const m = definite;
    const [, tangent] = jvp(f, [m, b], [shift, normal(5, n)]);
    const exactly = jvp(
      (x: NDArray, y: NDArray) => jnp.linalg.solve(x.add(x.T).mul(0.5).add(shift), y),
      [m, b],
      [shift, normal(5, n)],
    )[1];
    expect(largest(tangent.sub(exactly))).toBeLessThan(1e-9);
    expect(largest(jacfwd((y: NDArray) => f(m, y))(b).sub(jacrev((y: NDArray) => f(m, y))(b)))).toBeLessThan(
      1e-9,
    );
    const gradient = grad((y: NDArray) => solve(a, y, options).sum());
    expect(largest(gradient(b).sub(jnp.linalg.inv(a).sum(0)))).toBeLessThan(1e-8);
  });
});

test("complex equations", () => {
  const z = complexNormal(6, n, n).add(shift);
  const h = z.matmul(jnp.conjugate(z.T));
  const b = complexNormal(7, n);
  const residual = (m: NDArray, x: NDArray) => largest(m.matmul(x).sub(b));
  expect(residual(h, cg(h, b, null, { tol: 1e-12 })[0])).toBeLessThan(1e-8);
  expect(residual(z, bicgstab(z, b, null, { tol: 1e-12 })[0])).toBeLessThan(1e-8);
  for (const solveMethod of ["batched", "incremental"] as const)
    expect(residual(z, gmres(z, b, { tol: 1e-12, solveMethod })[0])).toBeLessThan(1e-8);
});

test("trees of unknowns", () => {
  const b = { u: normal(8, 2, 2), v: [normal(9, 3)] };
  const scaled = (x: typeof b): typeof b => ({ u: x.u.mul(2).add(x.u.T), v: [x.v[0].mul(4)] });
  for (const [x] of [
    cg(scaled, b),
    bicgstab(scaled, b),
    gmres(scaled, b),
    cg(scaled, b, b),
    gmres(scaled, b, b, {}),
  ]) {
    const back = scaled(x);
    expect(largest(back.u.sub(b.u))).toBeLessThan(1e-4);
    expect(largest(back.v[0].sub(b.v[0]))).toBeLessThan(1e-4);
  }
});

test("small spaces and equations without a solution", () => {
  expect(gmres(jnp.array([[2]]), jnp.array([4]))[0].tolist()).toEqual([2]);
  const [identity, info] = gmres(jnp.eye(5), jnp.arange(5).astype("float32"));
  expect([identity.tolist(), Number(info)]).toEqual([[0, 1, 2, 3, 4], 0]);
  expect(Number(gmres(jnp.zeros([2, 2]), jnp.ones(2))[1])).toBe(-1);
});

test("mistakes", () => {
  const b = jnp.ones(3);
  expect(() => cg(jnp.ones([2, 3]), b)).toThrow(/must be a square matrix, but has shape: \(2, 3\)/);
  expect(() => cg("matrix" as never, b)).toThrow(/either a function or a matrix/);
  expect(() => cg(jnp.eye(3), b, [b] as never)).toThrow(/x0 and b must have matching tree structure/);
  expect(() => cg(jnp.eye(3), b, jnp.ones(2))).toThrow(/matching shapes: \(2,\) vs \(3,\)/);
  expect(() => bicgstab((x) => x.get("1:"), b)).toThrow(/matching shapes/);
  expect(() => gmres(jnp.eye(3), b, { solveMethod: "fast" as never })).toThrow("invalid solve_method fast");
  expect(() => gmres(jnp.eye(3), b, undefined, { restart: 0 })).toThrow("restart must be a positive integer");
  expect(() => cg(jnp.eye(3), b, null, { tolerance: 1 } as never)).toThrow(/tolerance/);
});
