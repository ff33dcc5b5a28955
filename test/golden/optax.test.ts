// Optimizers and schedules against optax: the parameters after each of five updates, the rate at each step.

import { jit, jnp, type NDArray, optim } from "fluxion";
import { describe, expect, test } from "vitest";
import { type GoldenValue, partition, readCases } from "./cases.ts";
import { decode, expectMatch } from "./values.ts";

interface OptimCase {
  id: string;
  python: string;
  inputs: { params: GoldenValue; gradients: GoldenValue[] };
  steps: number[];
  expected: GoldenValue[];
  /** For single transformations, also the updates that they give. */
  updates?: GoldenValue[];
  rtol: number;
  atol: number;
}

type Params = { b: NDArray; w: NDArray };

const optimizers: Record<string, () => optim.GradientTransformation> = {
  "optimiser/momentum_0.1": () => optim.sgd(0.1, { momentum: 0.9 }),
  "optimiser/nesterov_0.1": () => optim.sgd(0.1, { momentum: 0.9, nesterov: true }),
  "optimiser/adam_0.1": () => optim.adam(0.1),
  "optimiser/sgd_0.01": () => optim.sgd(0.01),
  "optimiser/adamw_0.01": () => optim.adamw(0.01, { weightDecay: 0.1 }),
  "optimiser/adam_betas": () => optim.adam(0.1, { b1: 0.8, b2: 0.95, eps: 1e-4 }),
  "optimiser/noisy_free_sgd_schedule": () => optim.sgd(optim.exponentialDecay(0.1, 2, 0.5)),
  "optimiser/adam_cosine": () => optim.adam(optim.cosineDecaySchedule(0.1, 5)),
  "optimiser/sgd_0.1": () => optim.sgd(0.1),
  "optimiser/sgd_nesterov_0.5": () => optim.sgd(0.05, { momentum: 0.5, nesterov: true }),
  "optimiser/adam_eps_root": () => optim.adam(0.1, { eps: 1e-3, epsRoot: 1e-4 }),
  "optimiser/adamw_default": () => optim.adamw(0.1),
  "optimiser/clip_sgd": () => optim.chain(optim.clipByGlobalNorm(1), optim.sgd(0.1)),
  "optimiser/clip_far_sgd": () => optim.chain(optim.clipByGlobalNorm(100), optim.sgd(0.1)),
  "optimiser/clip_adamw": () =>
    optim.chain(optim.clipByGlobalNorm(0.5), optim.adamw(0.01, { weightDecay: 0.1 })),
  "optimiser/sgd_cosine": () =>
    optim.sgd(optim.cosineDecaySchedule(0.1, 4, { alpha: 0.1 }), { momentum: 0.9 }),
  "optimiser/adamw_warmup_cosine": () =>
    optim.adamw(optim.warmupCosineDecaySchedule(0, 0.1, 2, 5, { endValue: 0.01 }), { weightDecay: 0.1 }),
  "optimiser/chain_clip_sgd": () => optim.chain(optim.clip(0.5), optim.sgd(0.1)),
  "optimiser/masked": () => optim.masked(optim.sgd(0.1), { b: true, w: false }),
  "optimiser/apply_if_finite": () => optim.applyIfFinite(optim.sgd(0.1), 2),
  "transform/trace": () => optim.trace(0.9),
  "transform/ema_no_debias": () => optim.ema(0.9, { debias: false }),
  "transform/add_decayed_weights": () => optim.addDecayedWeights(0.1),
  "transform/scale_by_schedule": () => optim.scaleBySchedule(optim.linearSchedule(1, 0, 4)),
  "transform/scale_by_learning_rate": () => optim.scaleByLearningRate(0.3),
};

const schedules: Record<string, () => optim.Schedule> = {
  "schedule/exponential_staircase": () => optim.exponentialDecay(1, 10, 0.5, { staircase: true }),
  "schedule/exponential_begin_end": () =>
    optim.exponentialDecay(1, 10, 0.5, { transitionBegin: 5, endValue: 0.2 }),
  "schedule/exponential": () => optim.exponentialDecay(1, 10, 0.5),
  "schedule/cosine": () => optim.cosineDecaySchedule(1, 100),
  "schedule/cosine_alpha": () => optim.cosineDecaySchedule(0.5, 50, { alpha: 0.1 }),
  "schedule/warmup_cosine": () => optim.warmupCosineDecaySchedule(0, 1, 10, 100, { endValue: 0.1 }),
  "schedule/constant": () => optim.constantSchedule(0.3),
  "schedule/linear": () => optim.linearSchedule(1, 0.1, 50, { transitionBegin: 10 }),
  "schedule/polynomial": () => optim.polynomialSchedule(1, 0.1, 2, 50),
  "schedule/piecewise_constant": () => optim.piecewiseConstantSchedule(1, { 10: 0.5, 50: 0.1 }),
  "schedule/warmup_exponential": () => optim.warmupExponentialDecaySchedule(0, 1, 10, 20, 0.5),
  "schedule/warmup_constant": () => optim.warmupConstantSchedule(0, 1, 10),
  "schedule/sgdr": () =>
    optim.sgdrSchedule([
      { initValue: 0, peakValue: 1, warmupSteps: 5, decaySteps: 20, endValue: 0.1 },
      { initValue: 0.1, peakValue: 0.5, warmupSteps: 5, decaySteps: 50, endValue: 0 },
    ]),
};

const later: [pattern: RegExp, reason: string][] = [
  [
    /^optimiser\/(rmsprop|adagrad|adadelta|adamaxw|yogi|fromage|sm3|adan|sign_sgd)/,
    "optimizers beyond sgd, adam, adamw: later",
  ],
  [/^optimiser\/multi_steps$/, "MultiSteps: later"],
  [
    /^transform\/(clip_by_block_rms|scale_by_trust_ratio|keep_params_nonnegative|scale_by_belief|scale_by_param_block)/,
    "gradient transformations of the optimizers that are not here yet: later",
  ],
  [/^schedule\/(piecewise_interpolate|onecycle)/, "other schedules: later"],
  [/^function\//, "losses and similarity functions: later"],
];

const cases = [...(await readCases<OptimCase>("optax")), ...(await readCases<OptimCase>("core_optim"))];

describe("optax", () => {
  const run = partition("optax", cases, ({ id }) => later.find(([pattern]) => pattern.test(id))?.[1]);
  const rows = (kind: string) =>
    run.filter(({ id }) => id.startsWith(kind)).map((golden) => [golden.id, golden] as const);

  describe.each([
    ["eager", <F>(f: F) => f],
    ["jit", jit as <F>(f: F) => F],
  ])("%s", (_mode, wrap) => {
    test.each([...rows("optimiser/"), ...rows("transform/")])("%s", (id, golden) => {
      const optimizer = optimizers[id]?.();
      if (optimizer === undefined) throw new Error(`not translated: ${golden.python}`);
      let params = decode(golden.inputs.params) as Params;
      let state = optimizer.init(params);
      const step = wrap((g: Params, s: typeof state, p: Params) => {
        const [updates, next] = optimizer.update(g, s, p);
        return [optim.applyUpdates(p, updates), next, updates] as const;
      });
      for (const [i, gradients] of golden.inputs.gradients.entries()) {
        const [next, nextState, updates] = step(decode(gradients) as Params, state, params);
        [params, state] = [next, nextState];
        expectMatch(params, golden.expected[i] as GoldenValue, golden, `after update ${i + 1}`);
        const given = golden.updates?.[i];
        if (given !== undefined) expectMatch(updates, given, golden, `update ${i + 1}`);
      }
    });
  });

  test.each(rows("schedule/"))("%s", (id, { steps, expected, rtol, atol, python }) => {
    const schedule = schedules[id]?.();
    if (schedule === undefined) throw new Error(`not translated: ${python}`);
    for (const [i, step] of steps.entries()) {
      const rate = Number(schedule(jnp.int32(step)));
      const want = expected[i] as number;
      expect(Math.abs(rate - want), `step ${step}: ${rate} for ${want}`).toBeLessThanOrEqual(
        Math.max(atol + rtol * Math.abs(want), 1e-6),
      );
    }
  });

  test("every translation belongs to a case that runs", () => {
    const ids = new Set(run.map(({ id }) => id));
    expect([...Object.keys(optimizers), ...Object.keys(schedules)].filter((id) => !ids.has(id))).toEqual([]);
  });
});
