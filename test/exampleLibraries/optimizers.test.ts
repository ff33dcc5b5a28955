// The optimizers of the example libraries against JAX: parameters and states after five steps, schedules, norms.

import { exampleLibraries, grad, jit, jnp, lax, type NDArray, tree, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";
import { type Arr, expectClose } from "./arrays.ts";

const { optimizers } = exampleLibraries;

interface Golden {
  optimizers: {
    name: string;
    args: (number | "schedule")[];
    options: Record<string, number>;
    params: Arr[];
    state: Arr[] | null;
  }[];
  schedules: { name: string; args: unknown[]; steps: number[]; values: number[] }[];
  norms: { l2: number; clipped: Arr[]; kept: Arr[] };
}
const golden = await readGolden<Golden>("example_libraries");

interface Params {
  a: NDArray;
  b?: NDArray;
  c: NDArray;
}
const start = (): Params => ({
  a: jnp.array([
    [0.5, -1.25, 2],
    [0, 3, -0.75],
  ]),
  b: jnp.array(0.3),
  c: jnp.array([1, -2]),
});
function loss({ a, b, c }: Params): NDArray {
  const convex = a
    .mul(a)
    .mul(jnp.array([1, 2, 0.5]))
    .sum()
    .add(jnp.power(jnp.abs(c), 1.5).sum());
  return b === undefined ? convex.add(1) : convex.add(jnp.power(b.sub(1), 4));
}
type Makers = Record<string, (...args: unknown[]) => exampleLibraries.optimizers.Optimizer>;
const make = (name: string, args: unknown[], options: object) =>
  (optimizers as unknown as Makers)[name](
    ...args.map((x) => (x === "schedule" ? optimizers.exponentialDecay(0.1, 3, 0.5) : x)),
    ...(Object.keys(options).length === 0 ? [] : [options]),
  );

describe.each(["eagerly", "compiled"])("five steps, %s", (how) => {
  test.each(golden.optimizers)("$name $args $options", ({ name, args, options, params, state: expected }) => {
    const { initFun, updateFun, getParams } = make(name, args, options);
    const first = start();
    if (name === "sm3") delete first.b; // JAX's sm3 keeps shapes among the leaves, none for a scalar: compared by parameters of an axis
    let state = initFun(first);
    const step = (i: number | NDArray, s: typeof state) => updateFun(i, grad(loss)(getParams(s)), s);
    const run = how === "compiled" ? jit(step) : step;
    for (let i = 0; i < 5; i++) state = run(how === "compiled" ? jnp.int32(i) : i, state);
    expectClose(tree.leaves(getParams(state)) as NDArray[], params);
    if (expected !== null) expectClose(tree.leaves(state) as NDArray[], expected);
  });
});

test.each(golden.schedules)("$name $args", ({ name, args, steps, values }) => {
  const schedule = (optimizers as unknown as Record<string, (...a: unknown[]) => (i: unknown) => NDArray>)[
    name
  ](...args);
  const eager = steps.map((i) => Number(schedule(i)));
  const compiled = vmap(schedule)(jnp.int32(steps)).tolist() as number[];
  values.forEach((v, k) => {
    expect(eager[k]).toBeCloseTo(v, 6);
    expect(compiled[k]).toBeCloseTo(v, 6);
  });
});

test("norms", () => {
  const grads = [jnp.array([3, -4]), jnp.array(12)];
  expect(optimizers.l2Norm(grads).item()).toBe(golden.norms.l2);
  expect(optimizers.l2Norm([]).item()).toBe(0);
  expectClose(optimizers.clipGrads(grads, 6.5), golden.norms.clipped);
  expectClose(optimizers.clipGrads(grads, 20), golden.norms.kept);
  expect(optimizers.clipGrads([jnp.zeros(2)], 1)[0].tolist()).toEqual([0, 0]);
});

describe("states", () => {
  const [initFun, updateFun, getParams] = optimizers.adam(0.1);
  const updated = () =>
    updateFun(0, { w: jnp.ones(3), b: [jnp.array(2)] }, initFun({ w: jnp.zeros(3), b: [jnp.array(1)] }));

  test("are pytrees that loops carry and vmap maps over", () => {
    const step = (_: unknown, s: ReturnType<typeof updated>) =>
      updateFun(
        1,
        tree.map((x: NDArray) => jnp.onesLike(x), getParams(s)),
        s,
      );
    const looped = lax.foriLoop(0, 3, step as never, updated() as never) as ReturnType<typeof updated>;
    expect(looped).toBeInstanceOf(optimizers.OptimizerState);
    expect(getParams(looped).w.shape).toEqual([3]);
    const many = vmap((x: NDArray) => initFun({ x }))(jnp.ones([4, 2]));
    expect(getParams(many).x.shape).toEqual([4, 2]);
  });

  test("can be marked, saved and packed again", () => {
    const state = updated();
    const marked = optimizers.unpackOptimizerState(state);
    expect(marked.b[0]).toBeInstanceOf(optimizers.JoinPoint);
    const [subtree] = marked.w;
    expect((subtree as NDArray[]).map((x) => x.shape)).toEqual([[3], [3], [3]]);
    const again = optimizers.packOptimizerState(marked);
    expect(tree.structure(again).equals(tree.structure(state))).toBe(true);
    expect(String(tree.leaves(again))).toBe(String(tree.leaves(state)));
    const params: { w: NDArray; b: NDArray[] } = getParams(again);
    expect(String(params.w)).toBe(String(getParams(state).w));
    const [packed, treeDef, subtreeDefs] = state;
    expect([packed, treeDef, subtreeDefs]).toEqual([state.packedState, state.treeDef, state.subtreeDefs]);
  });

  test("sm3 of a scalar, a vector of no elements and three axes", () => {
    const sm3 = optimizers.sm3(0.5, 0);
    const g = [jnp.array(2), jnp.zeros(0), jnp.ones([2, 1, 3])];
    const params = sm3.getParams(
      jit((s: exampleLibraries.optimizers.OptimizerState<NDArray[]>) => sm3.updateFun(0, g, s))(
        sm3.initFun(g.map((x) => jnp.zeros(x.shape)) as NDArray[]),
      ),
    );
    expect(params.map((x) => x.shape)).toEqual([[], [0], [2, 1, 3]]);
    expect(params[0].item()).toBe(-0.5);
    expect(params[2].ravel().tolist()).toEqual([-0.5, -0.5, -0.5, -0.5, -0.5, -0.5]);
  });
});
