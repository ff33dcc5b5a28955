// Optimizers and schedules against optax: the parameters after each of five updates, the rate at each step.

import { jit, jnp, type NDArray, optim, valueAndGrad } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";
import { type GoldenValue, readCases } from "./cases.ts";
import { functions, optimizers, schedules, searches, searchLoss } from "./optaxPrograms.ts";
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

const cases = [
  ...(await readCases<OptimCase>("optax")),
  ...(await readCases<OptimCase>("core_optim")),
  ...(await readCases<OptimCase>("optax_more")),
];

/** Cases where a rounding of `b2 ** t` counts 1 / (1 - b2) times as much. */
const looser: Record<string, number> = { "transform/scale_by_belief": 2e-4 };

const shared = (await readGolden<{ inputs: Record<string, GoldenValue> }>("optax_more")).inputs;

describe("optax", () => {
  const rows = (kind: string) =>
    cases.filter(({ id }) => id.startsWith(kind)).map((golden) => [golden.id, golden] as const);

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
      const tolerance = { ...golden, rtol: looser[id] ?? golden.rtol };
      for (const [i, gradients] of golden.inputs.gradients.entries()) {
        const [next, nextState, updates] = step(decode(gradients) as Params, state, params);
        [params, state] = [next, nextState];
        expectMatch(params, golden.expected[i] as GoldenValue, tolerance, `after update ${i + 1}`);
        const given = golden.updates?.[i];
        if (given !== undefined) expectMatch(updates, given, tolerance, `update ${i + 1}`);
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

  describe.each([
    ["eager", <F>(f: F) => f],
    ["jit", jit as <F>(f: F) => F],
  ])("%s", (_mode, wrap) => {
    test.each(rows("function/"))("%s", (id, golden) => {
      const f = functions[id];
      if (f === undefined) throw new Error(`not translated: ${golden.python}`);
      const inputs = { ...shared, ...golden.inputs } as Record<string, GoldenValue>;
      const arrays = Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [name, decode(value) as NDArray]),
      );
      expectMatch(wrap(f)(arrays), golden.expected as unknown as GoldenValue, golden);
    });

    test.each(rows("search/"))("%s", (id, golden) => {
      const optimizer = searches[id]?.();
      if (optimizer === undefined) throw new Error(`not translated: ${golden.python}`);
      let params = decode(golden.inputs.params) as Params;
      let state = optimizer.init(params);
      const step = wrap((p: Params, s: typeof state) => {
        const [value, gradient] = valueAndGrad(searchLoss)(p);
        const extra = { value, grad: gradient, valueFn: searchLoss };
        const [updates, next] = optimizer.update(gradient, s, p, extra);
        return [optim.applyUpdates(p, updates), next] as const;
      });
      for (const [i, expected] of golden.expected.entries()) {
        [params, state] = step(params, state);
        expectMatch(params, expected, golden, `after update ${i + 1}`);
      }
    });
  });

  test("every translation belongs to a case", () => {
    const ids = new Set(cases.map(({ id }) => id));
    const translated = [optimizers, schedules, searches, functions].flatMap((table) => Object.keys(table));
    expect(translated.filter((id) => !ids.has(id))).toEqual([]);
  });
});
