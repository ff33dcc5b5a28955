// lax.customLinearSolve and lax.customRoot: derivatives by implicit differentiation, in every nesting.

import {
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jnp,
  jvp,
  lax,
  makeJaxpr,
  testUtil,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

type State = { i: A; m: A };

/** Solves by Gauss and Jordan, in a loop that has no reverse mode of its own. */
function solveWith(matvec: (x: A) => A, b: A): A {
  const n = b.shape[0] as number;
  const a = vmap(matvec, { outAxes: 1 })(jnp.eye(n));
  const step = ({ i, m }: State): State => {
    const row = m.at(i).get().div(m.at(i, i).get());
    const cleared = m.sub(m.get(":", i).reshape(n, 1).mul(row));
    return { i: i.add(1), m: cleared.at(i).set(row) };
  };
  const start: State = { i: jnp.int32(0), m: jnp.concatenate([a, b.reshape(n, 1)], { axis: 1 }) };
  const end = lax.whileLoop(({ i }: State) => i.lt(n), step, start) as State;
  return end.m.get(":", -1);
}

const a3 = jnp.array([
  [4, 1, 0.5],
  [-1, 3, 0.2],
  [0.3, 0.7, 5],
]);
const b3 = jnp.array([1, -2, 0.5]);
const inverse = (a: A, b: A): A =>
  lax.customLinearSolve((x: A) => a.matmul(x), b, solveWith, { transposeSolve: solveWith });
/** The same for 2 x 2 matrices, in closed form: what derivatives are compared with. */
const closed = (a: A, b: A): A => {
  const [p, q, r, s] = [a.get(0, 0), a.get(0, 1), a.get(1, 0), a.get(1, 1)];
  const det = p.mul(s).sub(q.mul(r));
  return jnp.stack([s.mul(b.get(0)).sub(q.mul(b.get(1))), p.mul(b.get(1)).sub(r.mul(b.get(0)))]).div(det);
};
const a2 = jnp.array([
  [2, 0.5],
  [-0.3, 1.5],
]);
const b2 = jnp.array([1, 3]);

describe("customLinearSolve", () => {
  test("solves", () => {
    for (const f of [inverse, jit(inverse)]) expectClose(a3.matmul(f(a3, b3)), b3.tolist());
  });

  test("derivatives in the matrix and the right-hand side, of first and second order", () => {
    const at = (f: typeof inverse) => (a: A, b: A) => jnp.sum(jnp.sin(f(a, b)));
    const expected = grad(at(closed), [0, 1])(a2, b2).map((d) => d.tolist());
    for (const g of [
      grad(at(inverse), [0, 1]),
      jit(grad(at(inverse), [0, 1])),
      grad(jit(at(inverse)), [0, 1]),
    ]) {
      expectClose(g(a2, b2), expected);
    }
    expectClose(jacfwd(inverse)(a2, b2), jacfwd(closed)(a2, b2).tolist());
    expectClose(jacrev(inverse, 1)(a2, b2), jacrev(closed, 1)(a2, b2).tolist());
    expectClose(hessian(at(inverse))(a2, b2), hessian(at(closed))(a2, b2).tolist(), 1e-4);
    expectClose(
      grad((b: A) => jnp.sum(grad(at(inverse))(a2, b)))(b2),
      grad((b: A) => jnp.sum(grad(at(closed))(a2, b)))(b2).tolist(),
      1e-4,
    );
    testUtil.checkGrads(inverse, [a3, b3], 2, { atol: 2e-2, rtol: 2e-2, eps: 1e-2 });
  });

  test("only one of the two differentiated, or neither", () => {
    expectClose(
      grad((b: A) => jnp.sum(inverse(a2, b)))(b2),
      grad((b: A) => jnp.sum(closed(a2, b)))(b2).tolist(),
    );
    expectClose(
      grad((a: A) => jnp.sum(inverse(a, b2)))(a2),
      grad((a: A) => jnp.sum(closed(a, b2)))(a2).tolist(),
    );
    expectClose(
      grad((c: A) => jnp.sum(inverse(a2, b2)).mul(c))(f32(2)),
      jnp.sum(closed(a2, b2)).item() as number,
    );
  });

  test("vmap over matrices, right-hand sides, both, twice", () => {
    const [as, bs] = [jnp.stack([a2, a2.T, a2.mul(2)]), jnp.stack([b2, b2.mul(-1), b2.add(1)])];
    const each = (f: typeof inverse, i: number, j: number) => f(as.get(i), bs.get(j)).tolist();
    for (const f of [inverse, jit(inverse)]) {
      expectClose(
        vmap(f)(as, bs),
        [0, 1, 2].map((i) => each(closed, i, i)),
      );
      expectClose(
        vmap(f, [0, null])(as, b2),
        [0, 1, 2].map((i) => each(closed, i, 0)),
      );
      expectClose(
        vmap(f, { inAxes: [null, 1] })(a2, bs.T),
        [0, 1, 2].map((i) => each(closed, 0, i)),
      );
      expectClose(
        vmap(vmap(f, [null, 0]), [0, null])(as, bs),
        [0, 1, 2].map((i) => [0, 1, 2].map((j) => each(closed, i, j))),
      );
    }
    const loss = (f: typeof inverse) => (as: A, bs: A) => jnp.sum(jnp.cos(vmap(f)(as, bs)));
    expectClose(
      grad(loss(inverse), [0, 1])(as, bs),
      grad(loss(closed), [0, 1])(as, bs).map((d) => d.tolist()),
    );
    const scalar = (f: typeof inverse) => (a: A, b: A) => jnp.sum(jnp.cos(f(a, b)));
    expectClose(vmap(grad(scalar(inverse)))(as, bs), vmap(grad(scalar(closed)))(as, bs).tolist());
  });

  test("symmetric maps, trees, aux", () => {
    const d = jnp.array([2, 4]);
    const solve = (d: A, b: { u: A; v: A }) =>
      lax.customLinearSolve(
        (x: { u: A; v: A }) => ({ u: x.u.mul(d), v: x.v.mul(3) }),
        b,
        (_matvec, b) => [{ u: b.u.div(d), v: b.v.div(3) }, jnp.int32(7)],
        { symmetric: true, hasAux: true },
      );
    const b = { u: jnp.array([1, 2]), v: f32(6) };
    expectClose(solve(d, b), [{ u: [0.5, 0.5], v: 2 }, 7]);
    const loss = (d: A, b: { u: A; v: A }) => {
      const [x] = solve(d, b);
      return jnp.sum(x.u).add(x.v.mul(x.v));
    };
    expectClose(grad(loss, [0, 1])(d, b), [[-0.25, -0.125], { u: [0.5, 0.25], v: 4 / 3 }]);
    expectClose(vmap((v: A) => solve(d, { u: b.u, v })[0].v)(jnp.array([3, 6])), [1, 2]);
    expectClose(jit(valueAndGrad(loss))(d, b), [5, [-0.25, -0.125]]);
  });

  test("the solver is not differentiated", () => {
    const solve = counted((_matvec: (x: A) => A, b: A) => jnp.round(b.mul(8)).div(16)); // b / 2, with a zero derivative
    const f = (b: A) => lax.customLinearSolve((x: A) => x.mul(2), b, solve, { symmetric: true });
    expectClose(grad(f)(f32(3)), 0.5);
    expectClose(jvp(f, [f32(3)], [f32(1)]), [1.5, 0.5]);
  });

  test("errors", () => {
    const noTranspose = (b: A) =>
      lax.customLinearSolve(
        (x: A) => x.mul(2),
        b,
        (_m, b) => b.div(2),
      );
    expectClose(jvp(noTranspose, [f32(3)], [f32(1)])[1], 0.5);
    expect(errorOf(() => grad(noTranspose)(f32(3))).message).toMatch(/transposeSolve\) required/);
    const rows: [() => unknown, RegExp][] = [
      [
        () =>
          lax.customLinearSolve(
            (x: A) => [x] as unknown as A,
            f32(1),
            (_m, b) => b,
          ),
        /matvec\(\) output pytree structure/,
      ],
      [
        () =>
          lax.customLinearSolve(
            (x: A) => x,
            f32(1),
            (_m, b) => [b],
          ),
        /solve\(\) output pytree structure/,
      ],
      [
        () =>
          lax.customLinearSolve(
            (x: A) => x,
            jnp.ones([2]),
            () => jnp.ones([3]),
          ),
        /solve\(\) output shapes.*3.*2/,
      ],
      [
        () =>
          lax.customLinearSolve(
            (x: A) => x,
            f32(1),
            (_m, b) => b,
            { hasAux: true },
          ),
        /pair/,
      ],
      [() => lax.customLinearSolve(3 as never, f32(1), (_m, b) => b), /callable/],
      [
        () =>
          lax.customLinearSolve(
            (x: A) => x,
            f32(1),
            (_m, b) => b,
            { symetric: true } as object,
          ),
        /symetric/,
      ],
    ];
    for (const [run, message] of rows) expect(errorOf(run).message).toMatch(message);
  });

  test("is one equation", () => {
    expect(String(makeJaxpr(inverse)(a2, b2))).toMatch(/custom_linear_solve\[\s*const_lengths=/);
  });
});

describe("customRoot", () => {
  /** Newton's method in a loop without reverse mode. */
  const newton = (f: (x: A) => A, x: A): A =>
    lax.whileLoop(
      (y: A) => jnp.abs(f(y)).gt(1e-6),
      (y: A) => y.sub(f(y).div(grad(f)(y))),
      x,
    ) as A;
  const scalarSolve = (g: (x: A) => A, y: A) => y.div(g(f32(1)));
  /** The cube root of a, plus b. */
  const cube = (a: A, b: A): A =>
    lax.customRoot((x: A) => x.sub(b).pow(3).sub(a), b.add(a), newton, scalarSolve);
  const exact = (a: A, b: A): A => a.pow(1 / 3).add(b);

  test("values and derivatives of every order, in both modes", () => {
    const [a, b] = [f32(8), f32(1)];
    expectClose(cube(a, b), 3);
    expectClose(jit(cube)(a, b), 3);
    for (const g of [grad(cube, [0, 1]), jit(grad(cube, [0, 1])), grad(jit(cube), [0, 1])]) {
      expectClose(g(a, b), [1 / 12, 1], 1e-4);
    }
    expectClose(jvp(cube, [a, b], [f32(12), f32(1)])[1], 2, 1e-4);
    expectClose(vjp(cube, a, b)[1](f32(12)), [1, 12], 1e-4);
    expectClose(grad(grad(cube))(a, b), grad(grad(exact))(a, b).item() as number, 1e-4);
    expectClose(grad(grad(grad(cube)))(a, b), grad(grad(grad(exact)))(a, b).item() as number, 1e-4);
    expectClose(jit(hessian(cube))(a, b), hessian(exact)(a, b).item() as number, 1e-4);
  });

  test("vmap", () => {
    const as = jnp.array([1, 8, 27]);
    expectClose(vmap(cube, [0, null])(as, f32(0)), [1, 2, 3], 1e-4);
    expectClose(vmap(grad(cube), [0, null])(as, f32(0)), [1 / 3, 1 / 12, 1 / 27], 1e-4);
    expectClose(
      grad((as: A) => jnp.sum(vmap(cube, [0, null])(as, f32(0))))(as),
      [1 / 3, 1 / 12, 1 / 27],
      1e-4,
    );
    expectClose(grad((b: A) => jnp.sum(vmap(cube, [0, null])(as, b)))(f32(0)), 3, 1e-4);
  });

  test("trees, aux, the initial guess has no derivative", () => {
    const f = (a: A, guess: A) =>
      lax.customRoot(
        (p: { x: A; y: A }) => ({ x: p.x.mul(2).sub(a), y: p.y.sub(p.x.mul(a)) }),
        { x: guess, y: guess },
        (_f, p) => [{ x: a.div(2), y: a.mul(a).div(2) }, p.x],
        (g, t) => {
          // g is (2 u, v - a u) in (u, v).
          const u = t.x.div(2);
          return { x: u, y: t.y.sub(g({ x: u, y: jnp.zeros([]) }).y) };
        },
        { hasAux: true },
      );
    expectClose(f(f32(3), f32(9)), [{ x: 1.5, y: 4.5 }, 9]);
    expectClose(grad((a: A) => f(a, f32(9))[0].y)(f32(3)), 3);
    expectClose(grad((g: A) => f(f32(3), g)[0].y)(f32(9)), 0);
    expectClose(jit(grad((a: A) => f(a, a)[0].x))(f32(3)), 0.5);
  });

  test("errors", () => {
    const x = f32(1);
    const rows: [() => unknown, RegExp][] = [
      [
        () => lax.customRoot((x: A) => [x] as unknown as A, x, newton, scalarSolve),
        /f\(\) output pytree structure/,
      ],
      [
        () =>
          lax.customRoot(
            (x: A) => x,
            x,
            () => [x],
            scalarSolve,
          ),
        /solve\(\) output pytree structure/,
      ],
      [
        () =>
          lax.customRoot(
            (x: A) => x,
            x,
            () => jnp.ones([2]),
            scalarSolve,
          ),
        /solve\(\) output shapes/,
      ],
      [
        () =>
          lax.customRoot(
            (x: A) => x,
            x,
            newton,
            () => jnp.ones([2]),
          ),
        /tangent_solve\(\) output shapes/,
      ],
      [() => lax.customRoot((x: A) => x, x, 3 as never, scalarSolve), /callable/],
    ];
    for (const [run, message] of rows) expect(errorOf(run).message).toMatch(message);
  });
});
