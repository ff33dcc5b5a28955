// Loops and branches, translated by hand from the golden's Python.

import { config, experimental, jit, jnp, lax, type NDArray, vmap } from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { type ProgramCase, readCases } from "./cases.ts";
import { decode, expectMatch, weakFloat } from "./values.ts";

type A = NDArray;
type Program = (...inputs: never[]) => unknown;

const unrolled = (unroll: number) => (c: A, xs: A) =>
  lax.scan((c: A, x: A) => [c.add(x), c.mul(x)], c, xs, { unroll });
const pick = (p: A, x: A) =>
  lax.cond(
    p,
    (v: A) => jnp.sin(v),
    (v: A) => v.mul(10),
    x,
  );
const choose = (i: A, x: A) => lax.switch(i, [(v: A) => v, (v: A) => v.mul(10), (v: A) => v.neg()], x);

function editDistance(a: A, b: A): A {
  const cell = (left: A, [y, d, up]: [A, A, A], x: A): [A, A] => {
    const v = jnp.minimum(jnp.minimum(left.add(1), up.add(1)), d.add(x.ne(y)));
    return [v, v];
  };
  const row = (prev: A, x: A): [A, null] => {
    const first = prev.get(0).add(1);
    const scanned: [A, A, A] = [b, prev.get(":-1"), prev.get("1:")];
    const [, rest] = lax.scan((left: A, args: [A, A, A]) => cell(left, args, x), first, scanned);
    return [jnp.concatenate([first.get(null), rest]), null];
  };
  return lax.scan(row, jnp.arange(b.shape[0] + 1), a)[0];
}

function bubbleSort(x: A): A {
  const n = x.shape[0];
  const inner = (j: A, x: A): A => {
    const [a, b] = [x.get(j), x.get(j.add(1))];
    return x.at(j).set(jnp.minimum(a, b)).at(j.add(1)).set(jnp.maximum(a, b));
  };
  const outer = (i: A, x: A): A => lax.foriLoop(0, jnp.subtract(n - 1, i), inner, x);
  return lax.foriLoop(0, n - 1, outer, x);
}

const programs: Record<string, Program> = {
  "scan/unroll_2": unrolled(2),
  "scan/unroll_3": unrolled(3),
  "scan/unroll_9": unrolled(9),
  "scan/dict_carry": (a: A, xs: A) =>
    lax.scan((c: { n: A; s: A }, x: A) => [{ n: c.n.add(1), s: c.s.add(x) }, c.s], { n: 0, s: a }, xs),
  "scan/pytree_xs": (a: A, xs: A, ys: A) =>
    lax.scan((c: A, x: { x: A; y: A }) => [c.add(x.x.mul(x.y)), { o: c, p: x.y }], a, { x: xs, y: ys }),
  "scan/matrix_carry": (w: A, xs: A) =>
    lax.scan((c: A, x: A) => [jnp.tanh(w.matmul(c).add(x)), c], jnp.zeros([2]), xs),
  "scan/zero_length": (c: A) => lax.scan((c: A, _: null) => [c.add(1), c], c, null, { length: 0 }),
  "scan/fibonacci": () =>
    lax.scan(([a, b]: [A, A], _: null) => [[b, a.add(b)], a], [jnp.int32(0), jnp.int32(1)], null, 10),
  "scan/weak_carry": (xs: A) => lax.scan((c: A, x: A) => [c.add(x), c], weakFloat(0), xs),
  "scan/jit": jit((c: A, xs: A) => lax.scan((c: A, x: A) => [c.add(jnp.sin(x)), c], c, xs)),
  "scan/vmap": vmap((c: A, xs: A) => lax.scan((c: A, x: A) => [c.add(x), c.mul(x)], c, xs), {
    inAxes: [0, null],
  }),
  "scan/edit_distance": editDistance,
  "associativeScan/multiply": (x: A) => lax.associativeScan(jnp.multiply, x),
  "associativeScan/multiply_reverse": (x: A) => lax.associativeScan(jnp.multiply, x, { reverse: true }),
  "associativeScan/maximum": (x: A) => lax.associativeScan(jnp.maximum, x),
  "associativeScan/two": (x: A) => lax.associativeScan(jnp.add, x),
  "associativeScan/two_reverse": (x: A) => lax.associativeScan(jnp.add, x, true),
  "associativeScan/pair": (a: A, b: A) =>
    lax.associativeScan(
      ([l0, l1]: [A, A], [r0, r1]: [A, A]): [A, A] => [l0.mul(r0), l1.mul(r0).add(r1)],
      [a, b],
    ),
  "associativeScan/bool": (x: A) => lax.associativeScan(jnp.logicalOr, x),
  "while/gcd": (a: A, b: A) =>
    lax.whileLoop(
      ([, b]: [A, A]) => b.ne(0),
      ([a, b]: [A, A]) => [b, a.mod(b)],
      [a, b],
    )[0],
  "while/vmap_closure": vmap((n: A, k: A) =>
    lax.whileLoop(
      (c: A) => c.lt(n),
      (c: A) => c.add(k),
      0,
    ),
  ),
  "while/collatz_vmap": vmap(
    (n: A) =>
      lax.whileLoop(
        ([n]: [A, A]) => n.ne(1),
        ([n, steps]: [A, A]) => [
          jnp.where(n.mod(2).eq(0), n.floorDiv(2), jnp.multiply(3, n).add(1)),
          steps.add(1),
        ],
        [n, 0],
      )[1],
  ),
  "while/dict": (x: A) =>
    lax.whileLoop(
      (c: { i: A; v: A }) => c.i.lt(3),
      (c: { i: A; v: A }) => ({ i: c.i.add(1), v: c.v.pow(2) }),
      { i: 0, v: x },
    ),
  "fori/sum": (n: A) => lax.foriLoop(0, n, (i: A, c: A) => c.add(i), 0),
  "fori/empty": (x: A) => lax.foriLoop(5, 2, (i: A, c: A) => c.mul(i), x),
  "fori/dynamic_start": (a: A, b: A) => lax.foriLoop(a, b, (i: A, c: A) => c.add(i), 0),
  "fori/bubble_sort": bubbleSort,
  "cond/False": (p: A, x: A) =>
    lax.cond(
      p,
      (v: A) => v.add(1),
      (v: A) => v.mul(2),
      x,
    ),
  "cond/no_operand": (x: A) =>
    lax.cond(
      x.gt(0),
      () => x,
      () => x.neg(),
    ),
  "cond/vmap_predicate": vmap(pick),
  "cond/vmap_operand": vmap(pick, { inAxes: [null, 0] }),
  "switch/2": choose,
  "switch/5": choose,
  "switch/-1": choose,
  "custom_linear_solve/values": (a: A, b: A) =>
    lax.customLinearSolve(
      (x: A) => a.matmul(x),
      b,
      (_: unknown, y: A) => jnp.linalg.solve(a, y),
    ),
  "vectorize/matvec": (a: A, b: A) =>
    jnp.vectorize((x: A, y: A) => x.matmul(y), { signature: "(m,n),(n)->(m)" })(a, b),
  "vectorize/excluded": (x: A) => jnp.vectorize((v: A, n: number) => v.pow(n), { excluded: [1] })(x, 3),
  "odeint/pendulum": (y0: A) =>
    experimental.ode.odeint(
      (y: A) => jnp.stack([y.get(1), jnp.sin(y.get(0)).neg()]),
      y0,
      jnp.linspace(0, 2, 4),
    ),
  "map/square": (xs: A) => lax.map((x: A) => x.pow(2), xs),
  "map/batch_size": (xs: A) => lax.map((x: A) => jnp.sort(x), xs, { batchSize: 2 }),
};

/** With bounds that are traced the index is an int32; with known ones it is weakly typed, and so is the result. */
const weakByValue = new Set(["fori/dynamic_start"]);

describe("control flow", async () => {
  const run = await readCases<ProgramCase>("control_flow");
  afterEach(() => config.update("evaluator", "wasm"));

  const check = (id: string, golden: ProgramCase, compiled: boolean) => {
    const program = programs[id] as ((...inputs: unknown[]) => unknown) | undefined;
    if (program === undefined) throw new Error(`not translated: ${golden.program} | ${golden.transform}`);
    const inputs = golden.inputs.map((input) => decode(input));
    const result = compiled ? jit(program)(...inputs) : program(...inputs);
    expectMatch(result, golden.expected, golden);
  };
  const rows = run.map((golden) => [golden.id, golden] as const);

  test.each(rows)("%s", (id, golden) => {
    for (const evaluator of ["wasm", "reference"] as const) {
      config.update("evaluator", evaluator);
      check(id, golden, false);
      if (!weakByValue.has(id)) check(id, golden, true);
    }
  });

  test("every translation belongs to a case that runs", () => {
    const ids = new Set(run.map((golden) => golden.id));
    expect(Object.keys(programs).filter((id) => !ids.has(id))).toEqual([]);
  });
});
