// What the optax goldens leave out. The numbers were computed by optax 0.2.8.

import { grad, jit, jnp, type NDArray, optim, tree } from "fluxion";
import { describe, expect, test } from "vitest";

interface Params {
  b: NDArray;
  w: NDArray;
}
const params: Params = { b: jnp.array([0.5, -1]), w: jnp.array([[1, 2], [-3, 0.25]]) }; // biome-ignore format: a matrix
const gradient = (s: number): Params => ({
  b: jnp.array([0.1, -2]).mul(s),
  w: jnp.array([[0.5, -1], [4, 0]]).mul(s), // biome-ignore format: a matrix
});
const gradients = [gradient(1), gradient(-0.5), gradient(2)];

/** Parameters after an update for each gradient. */
function train(optimizer: optim.GradientTransformation, list: Params[], compile: boolean) {
  const update = (g: Params, s: optim.OptState, p: Params): [Params, optim.OptState] => {
    const [updates, next] = optimizer.update(g, s, p);
    return [optim.applyUpdates(p, updates), next];
  };
  const step = compile ? jit(update) : update;
  return list.reduce(([p, s], g) => step(g, s, p), [params, optimizer.init(params)] as [
    Params,
    optim.OptState,
  ]);
}

function expectClose(actual: NDArray, expected: number[]): void {
  const values = [...(actual.ravel().dataSync() as Float32Array)];
  expect(values).toHaveLength(expected.length);
  values.forEach((v, i) => {
    expect(Math.abs(v - expected[i]), `${v} for ${expected[i]}`).toBeLessThan(
      2e-6 * (1 + Math.abs(expected[i])),
    );
  });
}

const matrices = (p: unknown): unknown => tree.map((x) => (x as NDArray).ndim > 1, p);

describe.each([
  ["eager", false],
  ["jit", true],
])("optimizers, %s", (_mode, compile) => {
  test.each<[string, optim.GradientTransformation, number[], number[]]>([
    [
      "adam with Nesterov momentum",
      optim.adam(0.1, { nesterov: true }),
      [0.26667255, -0.76667255],
      [0.76667255, 2.2333276, -3.2333276, 0.25],
    ],
    [
      "adamw with a mask",
      optim.adamw(0.1, { weightDecay: 0.5, mask: matrices }),
      [0.3075563, -0.80755633],
      [0.67601293, 1.8961121, -2.7534871, 0.21434374],
    ],
    [
      "a schedule of weight decay",
      optim.chain(
        optim.addDecayedWeights((t) => jnp.add(t, 1).mul(0.1)),
        optim.scale(-0.1),
      ),
      [0.44589102, -0.44797406],
      [0.817814, 2.128748, -3.809522, 0.2352735],
    ],
    [
      "ema",
      optim.chain(optim.ema(0.9), optim.scale(-1)),
      [0.29186255, 3.1627488],
      [-0.0406872, 4.081374, -11.3254976, 0.25],
    ],
    ["sgd by position", optim.sgd(0.1, 0.9, true), [0.44116, 0.17679995], [0.7058, 2.5884001, -5.3536, 0.25]],
    [
      "masked by a tree",
      optim.masked(optim.sgd(0.1, { momentum: 0.9 }), { b: true, w: false }),
      [0.4624, -0.24800006],
      [2.25, -0.5, 7, 0.25],
    ],
    [
      "clip and clipByGlobalNorm",
      optim.chain(optim.clip(0.5), optim.clipByGlobalNorm(0.7), optim.sgd(1)),
      [0.3318355, -0.69622785],
      [0.5023808, 2.3037722, -3.3037722, 0.25],
    ],
  ])("%s", (_name, optimizer, b, w) => {
    const [result] = train(optimizer, gradients, compile);
    expectClose(result.b, b);
    expectClose(result.w, w);
  });

  test("applyIfFinite skips what is not finite", () => {
    const bad = { ...gradients[0], b: jnp.array([Number.POSITIVE_INFINITY, 0]) };
    const optimizer = optim.applyIfFinite(optim.sgd(0.1, { momentum: 0.5 }), 2);
    const [result, state] = train(optimizer, [gradients[0], bad, gradients[2]], compile);
    expectClose(result.b, [0.465, -0.3]);
    expectClose(result.w, [0.825, 2.35, -4.4, 0.25]);
    expect([state.notfiniteCount, state.lastFinite, state.totalNotfinite].map(Number)).toEqual([0, 1, 1]);
    const [stuck] = train(optimizer, [bad, bad], compile);
    expectClose(stuck.w, [1, 2, -3, 0.25]);
    const [applied] = train(optimizer, [bad, bad, bad], compile);
    expect(Number(applied.b.get(0))).toBe(Number.NEGATIVE_INFINITY);
  });

  test("the state is a tree of arrays with an int32 counter", () => {
    const [, state] = train(optim.adam(0.1), gradients, compile);
    const [adam, rate] = state as [{ count: NDArray; mu: Params; nu: Params }, object];
    expect(adam.count.dtype.name).toBe("int32");
    expect(Number(adam.count)).toBe(3);
    expect(adam.mu.w.shape).toEqual([2, 2]);
    expect(tree.leaves(rate)).toEqual([]);
  });
});

test.each<[string, optim.Schedule, number[]]>([
  [
    "polynomial",
    optim.polynomialSchedule(1, 0.1, 3, 10, 2),
    [1, 1, 1, 0.7561, 0.40869999, 0.2944, 0.15759999, 0.1],
  ],
  ["piecewise", optim.piecewiseConstantSchedule(2, { 6: 0.1, 3: 0.5 }), [2, 2, 2, 1, 1, 0.1, 0.1, 0.1]],
  ["piecewise by Map", optim.piecewiseConstantSchedule(2, new Map([[3, 0.5]])), [2, 2, 2, 1, 1, 1, 1, 1]],
  [
    "cosine with exponent",
    optim.cosineDecaySchedule(2, 10, 0.1, 2),
    [2, 1.9129796, 1.672644, 1.3344779, 0.65, 0.41485584, 0.21641351, 0.2],
  ],
  [
    "joined",
    optim.joinSchedules(
      [optim.constantSchedule(1), optim.linearSchedule(1, 0, 4), optim.exponentialDecay(0.5, 2, 0.1)],
      [3, 7],
    ),
    [1, 1, 1, 1, 0.5, 0.25, 0.15811388, 0.001581139],
  ],
  [
    "warm-up and stairs",
    optim.warmupExponentialDecaySchedule(0, 1, 3, 4, 0.5, 1, true, 0.3),
    [0, 0.33333337, 0.6666667, 1, 1, 1, 0.5, 0.3],
  ],
  [
    "growing to a bound",
    optim.exponentialDecay(0.1, 2, 2, { endValue: 0.5 }),
    [0.1, 0.14142136, 0.2, 0.28284273, 0.5, 0.5, 0.5, 0.5],
  ],
])("schedule: %s", (_name, schedule, expected) => {
  [0, 1, 2, 3, 5, 6, 8, 12].forEach((step, i) => {
    for (const value of [schedule(step), schedule(jnp.int32(step)), jit(schedule)(step)]) {
      expect(Math.abs(Number(value) - expected[i]), `step ${step}`).toBeLessThan(1e-6);
    }
  });
});

describe("numbers as parameters and misuse", () => {
  test("lone numbers are parameters too", () => {
    const optimizer = optim.adam(0.1);
    const loss = (p: { x: NDArray }): NDArray => p.x.sub(3).pow(2);
    let p: { x: NDArray } = { x: 1 as unknown as NDArray };
    let state = optimizer.init(p);
    for (let i = 0; i < 200; i++) {
      const [updates, next] = optimizer.update(grad(loss)(p), state);
      state = next;
      p = optim.applyUpdates(p, updates);
    }
    expect(Number(p.x)).toBeCloseTo(3, 2);
    expect(p.x.dtype.name).toBe("float32");
  });

  test("globalNorm", () => {
    expect(String(optim.globalNorm({ w: jnp.array([3]), b: jnp.array(4) }))).toBe("5.0");
    expect(String(optim.globalNorm([]))).toBe("0.0");
  });

  test("a decaying update without parameters", () => {
    const optimizer = optim.adamw(0.1);
    expect(() => optimizer.update(gradients[0], optimizer.init(params))).toThrow(
      /you are not passing `params` when calling `update`/,
    );
  });

  test("a state of another chain, a wrong option, a wrong rate, a wrong schedule", () => {
    expect(() => optim.sgd(0.1).update(gradients[0], [])).toThrow(/same in chain/);
    expect(() => optim.adam(0.1, { beta1: 0.9 } as never)).toThrow(/unexpected keyword argument 'beta1'/);
    expect(() => optim.sgd("fast" as never)).toThrow(/learning rate must be a number/);
    expect(() => optim.cosineDecaySchedule(1, 0)).toThrow(/positive decaySteps/);
    expect(() => optim.joinSchedules([optim.constantSchedule(1)], [1])).toThrow(/one boundary fewer/);
    expect(() => optim.piecewiseConstantSchedule(1, { 3: -1 })).toThrow(/non-negative/);
  });

  test("gradients of another structure", () => {
    const optimizer = optim.sgd(0.1, 0.9);
    expect(() => optimizer.update({ b: params.b } as never, optimizer.init(params))).toThrow(/mismatch/);
  });

  test("types: updates and parameters keep the static type of the tree", () => {
    const optimizer = optim.sgd(0.1);
    const [updates] = optimizer.update(gradients[0], optimizer.init(params));
    const next: Params = optim.applyUpdates(params, updates);
    expect(next.w.shape).toEqual([2, 2]);
  });
});
