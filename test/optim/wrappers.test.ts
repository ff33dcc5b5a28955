// Transformations around others, losses under transformations, and misuse.

import { grad, jit, jnp, type NDArray, optim, random, testUtil, tree, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const numbers = (x: NDArray): number[] => [...(x.ravel().dataSync() as Float32Array)];
const params = { b: jnp.array([0.5, -1]), w: jnp.array([[1, 2], [-3, 0.25]]) }; // biome-ignore format: a matrix
type Params = typeof params;
const gradients = tree.map((x) => x.mul(0.5).add(0.1), params);

describe("injectHyperparams", () => {
  const optimizer = optim.injectHyperparams(optim.adamw)(0.5, {
    b1: 0.8,
    weightDecay: (step) => jnp.add(step, 1),
    mask: (p: unknown) => tree.map((x) => (x as NDArray).ndim > 1, p),
  });

  test("numbers are in the state, functions named static or masks are not", () => {
    const withMask = optim.injectHyperparams(optim.adamw, { staticArgs: "mask" })(0.5, {
      b1: 0.8,
      mask: (p: unknown) => tree.map((x) => (x as NDArray).ndim > 1, p),
    });
    const { hyperparams } = withMask.init(params);
    expect(Object.keys(hyperparams).sort()).toEqual(["b1", "learningRate"]);
    expect(hyperparams.b1.dtype.name).toBe("float32");
    expect(() => optimizer.init(params)).toThrow("name it in staticArgs");
  });

  test("a changed number holds from the next update on, without a new compilation", () => {
    const sgd = optim.injectHyperparams(optim.sgd)(1);
    const update = jit((g: Params, s: optim.OptState) => sgd.update(g, s));
    let state = sgd.init(params);
    let updates: Params;
    [updates, state] = update(gradients, state);
    expect(numbers(updates.b)).toEqual(numbers(gradients.b.mul(-1)));
    state.hyperparams.learningRate = jnp.array(0.25);
    [updates, state] = update(gradients, state);
    expect(numbers(updates.b)).toEqual(numbers(gradients.b.mul(-0.25)));
    expect(Number(state.count)).toBe(2);
  });

  test("positional hyperparameters beyond the first have no names", () => {
    expect(() => optim.injectHyperparams(optim.sgd)(1, 0.9)).toThrow(TypeError);
  });
});

test("lookahead: the slow parameters meet the fast ones every few steps", () => {
  const optimizer = optim.lookahead(optim.sgd(1), 2, 0.5);
  let pair: optim.LookaheadParams<NDArray> = { fast: jnp.array([8]), slow: jnp.array([8]) };
  let state = optimizer.init(pair);
  const seen: number[][] = [];
  const step = jit((p: typeof pair, s: typeof state) => {
    const [updates, next] = optimizer.update(jnp.ones(1), s, p);
    return [optim.applyUpdates(p, updates), next] as const;
  });
  for (let i = 0; i < 4; i++) {
    [pair, state] = step(pair, state);
    seen.push([Number(pair.fast.get(0)), Number(pair.slow.get(0))]);
  }
  expect(seen).toEqual([[7, 8], [7, 7], [6, 7], [6, 6]]); // biome-ignore format: pairs
  expect(() => optim.lookahead(optim.sgd(1), 0, 0.5)).toThrow("must be >= 1");
});

test("MultiSteps leaves out gradients that are not finite", () => {
  const optimizer = new optim.MultiSteps(optim.sgd(1), 2, { shouldSkipUpdateFn: optim.skipNotFinite });
  let state = optimizer.init(jnp.zeros(1));
  let updates: NDArray = jnp.zeros(1);
  for (const g of [1, Number.NaN, 3]) [updates, state] = optimizer.update(jnp.array([g]), state);
  expect(numbers(updates)).toEqual([-2]);
  expect(optimizer.hasUpdated(state).item()).toBe(true);
  expect(state.skipState.numNotFinite.item()).toBe(0);
  const wrong = new optim.MultiSteps(optim.sgd(1), 2, { shouldSkipUpdateFn: () => [jnp.zeros(1), []] });
  expect(() => wrong.update(jnp.zeros(1), wrong.init(jnp.zeros(1)))).toThrow("boolean scalar");
});

test("treeMapParams sees moments, also those of a part of the parameters", () => {
  const optimizer = optim.chain(
    optim.scaleByAdam(),
    optim.scaleBySchedule(() => 1),
  );
  const state = optim.treeMapParams(
    optimizer,
    (x: NDArray, y: NDArray) => x.add(y),
    optimizer.init(params),
    params,
    { transformNonParams: (count: NDArray) => count.add(7) },
  );
  expect(numbers(state[0].mu.w)).toEqual(numbers(params.w));
  expect(Number(state[0].count)).toBe(7);
  expect(Number(state[1].count)).toBe(7);
  const part = optim.masked(optim.trace(0.9), { b: true, w: false });
  const moved = optim.treeMapParams(part, (x: NDArray) => x.add(1), part.init(params));
  expect(numbers(moved.innerState.trace.b)).toEqual([1, 1]);
});

test("a state passes through tree.map, jit and vmap", () => {
  const optimizer = optim.adamax(0.1);
  const states = vmap((p: NDArray) => optimizer.init(p))(jnp.ones([3, 2]));
  const [updates] = vmap((g: NDArray, s: optim.OptState) => optimizer.update(g, s))(jnp.ones([3, 2]), states);
  expect(updates.shape).toEqual([3, 2]);
});

describe("losses", () => {
  const x = random.normal(random.key(0), [3, 4]);
  const y = random.uniform(random.key(1), [3, 4]);
  const labels = jnp.array([2, 0, 3], "int32");
  const rows: [string, (a: NDArray) => NDArray][] = [
    ["l2Loss", (a) => optim.l2Loss(a, y)],
    ["huberLoss", (a) => optim.huberLoss(a, y, { delta: 0.3 })],
    ["logCosh", (a) => optim.logCosh(a, y)],
    ["cosineSimilarity", (a) => optim.cosineSimilarity(a, y)],
    ["sigmoidBinaryCrossEntropy", (a) => optim.sigmoidBinaryCrossEntropy(a, y)],
    ["softmaxCrossEntropy", (a) => optim.softmaxCrossEntropy(a, y)],
    ["safeSoftmaxCrossEntropy", (a) => optim.safeSoftmaxCrossEntropy(a, y)],
    ["softmaxCrossEntropyWithIntegerLabels", (a) => optim.softmaxCrossEntropyWithIntegerLabels(a, labels)],
    ["sigmoidFocalLoss", (a) => optim.sigmoidFocalLoss(a, y, { alpha: 0.3 })],
    ["klDivergence", (a) => optim.klDivergence(a, y)],
    ["ntxent", (a) => optim.ntxent(jnp.concatenate([a, y]), jnp.array([0, 1, 2, 0, 1, 2]))],
    ["polyLossCrossEntropy", (a) => optim.losses.polyLossCrossEntropy(a, y)],
    [
      "ctcLoss",
      (a) =>
        optim.ctcLoss(
          a.reshape([1, 3, 4]),
          jnp.zeros([1, 3]),
          jnp.array([[1, 2]], "int32"),
          jnp.zeros([1, 2]),
        ),
    ],
  ];
  test.each(rows)("%s: derivatives, and vmap as a loop", (_name, loss) => {
    testUtil.checkGrads(loss, [x], 1, { atol: 1e-2, rtol: 1e-2 });
    const batch = jnp.stack([x, x.mul(0.5)]);
    const each = jnp.stack([loss(x), loss(x.mul(0.5))]);
    expect(jnp.allclose(vmap(loss)(batch), each, { rtol: 1e-5, atol: 1e-6 }).item()).toBe(true);
    expect(jnp.allclose(jit(loss)(x), loss(x), { rtol: 1e-5, atol: 1e-6 }).item()).toBe(true);
  });

  test("minus infinity where labels are zero", () => {
    const logits = jnp.array([[0, Number.NEGATIVE_INFINITY, 1]]);
    const target = jnp.array([[0.5, 0, 0.5]]);
    const slope = grad((a: NDArray) => jnp.sum(optim.safeSoftmaxCrossEntropy(a, target)))(logits);
    expect(numbers(slope).every(Number.isFinite)).toBe(true);
    expect(Number(optim.softmaxCrossEntropy(logits, target).get(0))).toBeNaN();
  });
});

describe("misuse", () => {
  test.each<[string, () => unknown, string]>([
    [
      "softmaxCrossEntropy of integers",
      () => optim.softmaxCrossEntropy(jnp.array([1], "int32"), jnp.ones(1)),
      "logits must be of a floating-point dtype, got int32",
    ],
    [
      "integer labels that are floats",
      () => optim.softmaxCrossEntropyWithIntegerLabels(jnp.ones([1, 2]), jnp.ones(1)),
      "labels must be of an integer dtype",
    ],
    [
      "squaredError of other shapes",
      () => optim.squaredError(jnp.ones(2), jnp.ones(3)),
      "shapes must be equal",
    ],
    ["an unknown option", () => optim.huberLoss(jnp.ones(2), null, { detla: 1 } as never), "detla"],
    ["scaleByPolyak without the loss", () => optim.scaleByPolyak().update(params, {}), "needs `value`"],
    [
      "a line search without the function",
      () =>
        optim
          .scaleByZoomLinesearch(3)
          .update(params, optim.scaleByZoomLinesearch(3).init(params), params, { value: 1, grad: params }),
      "needs `valueFn`",
    ],
    [
      "lamb without parameters",
      () => optim.lamb(0.1).update(params, optim.lamb(0.1).init(params)),
      "`params`",
    ],
    [
      "partition without a transformation",
      () => optim.partition({ a: optim.sgd(1) }, { b: "a", w: "c" }).init(params),
      "Parameter labels without one: c",
    ],
    [
      "namedChain with a name twice",
      () => optim.namedChain(["a", optim.sgd(1)], ["a", optim.sgd(1)]),
      "unique names",
    ],
    ["lbfgs without memory", () => optim.scaleByLbfgs(0), "memorySize must be >= 1"],
    ["lion of another mode", () => optim.scaleByLion({ mode: "soft" as never }), "Unknown lion mode"],
    [
      "sm3 of complex parameters",
      () => optim.sm3(0.1).init(jnp.zeros(2, "complex64")),
      "does not support complex",
    ],
    [
      "muon with wrong coefficients",
      () => optim.contrib.scaleByMuon({ nsCoeffs: [1, 2] as never }).init(params),
      "must have shape (3,) or (n, 3)",
    ],
    [
      "microbatches that do not divide",
      () => optim.microbatch((x: NDArray) => x, 0, 3)(jnp.zeros(4)),
      "must be divisible",
    ],
    [
      "microbatch with another accumulator",
      () => optim.microbatch((x: NDArray) => x, 0, 2, "median")(jnp.zeros(4)),
      "Unknown accumulator",
    ],
    [
      "per-example gradients of different sizes",
      () => optim.perExampleGlobalNormClip([jnp.zeros([2, 1]), jnp.zeros([3, 1])], 1),
      "batch dimension",
    ],
    [
      "powerIteration of a function without a start",
      () => optim.powerIteration((v: NDArray) => v),
      "v0 must be provided",
    ],
    [
      "a root that is no power of two",
      () => optim.matrixInversePthRoot(jnp.eye(2), 3 as never),
      "1, 2, 4 or 8",
    ],
    ["nnls of other shapes", () => optim.nnls(jnp.ones([2, 2]), jnp.ones(3), 1), "do not fit"],
    ["onecycle without steps", () => optim.linearOnecycleSchedule(0, 1), "non-positive"],
    [
      "another interpolation",
      () => optim.piecewiseInterpolateSchedule("cubic" as never, 1),
      "'cosine' or 'linear'",
    ],
    ["optimisticAdam with a schedule", () => optim.optimisticAdam((() => 1) as never), "optimisticAdamV2"],
    ["safeIncrement of a boolean", () => optim.safeIncrement(jnp.array(true)), "Cannot safely increment"],
    [
      "no value in the state",
      () => optim.valueAndGradFromState((x: NDArray) => x.sum())(jnp.ones(1), { state: {} }),
      "not found in the state",
    ],
    ["addNoise of a bad learning rate", () => optim.noisySgd("fast" as never), "learning rate"],
  ])("%s", (_name, call, message) => {
    expect(call).toThrow(message);
  });
});
