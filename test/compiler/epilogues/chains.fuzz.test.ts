import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import type { ArrayImpl, NDArray } from "../../../src/core/array.ts";
import { shapedArray } from "../../../src/core/aval.ts";
import { arrayFromHost } from "../../../src/core/values.ts";
import { type DType, float32, float64, type HostData, int32 } from "../../../src/dtypes/index.ts";
import * as lax from "../../../src/lax/index.ts";
import * as nn from "../../../src/nn/index.ts";
import * as jnp from "../../../src/numpy/index.ts";
import { Random } from "../../backends/randomKernels.ts";
import { randomChain } from "../blocks/randomChain.ts";
import { array, type F } from "../harness.ts";
import { checkCode, forceEpilogues, restoreEpilogues, withEpilogues } from "./forced.ts";

afterEach(restoreEpilogues);

type Step = (x: NDArray, args: readonly NDArray[]) => NDArray;

/** Products of any layout, then steps that mostly can be epilogues, with results of the steps in between. */
function randomDense(seed: number) {
  const r = new Random(seed);
  const dtype: DType = r.pick([float32, float32, float32, float64, int32]);
  const args: ArrayImpl[] = [];
  // Small values, so that those of long chains stay so and rounding errors are far below the tolerance.
  const input = (shape: readonly number[]) => {
    const data = array(shape, dtype, seed + args.length).toHost() as Float32Array;
    const scaled = dtype === int32 ? data : data.map((x) => x / 16);
    return args.push(arrayFromHost(scaled as HostData, shapedArray(shape, dtype)) as ArrayImpl) - 1;
  };
  const size = () => r.pick([1, 2, 3, 4, 5, 8, 13, 20]);
  let shape = [...Array.from({ length: r.int(2) }, () => r.pick([2, 3])), size(), size()];
  const steps: Step[] = [];
  const start = input(shape);
  const results: number[] = [];
  const random = () => {
    const rank = shape.length;
    const now = shape.slice();
    switch (r.int(10)) {
      case 0: {
        const n = size();
        const w = input(r.chance(0.5) ? [now[rank - 1], n] : [n, now[rank - 1]]);
        const flipped = args[w].shape[0] !== now[rank - 1];
        steps.push((x, a) => x.matmul(flipped ? a[w].T : a[w]));
        shape = [...now.slice(0, -1), n];
        return;
      }
      case 1: {
        const at = input(now.slice(r.int(rank)).map((n) => (r.chance(0.3) ? 1 : n)));
        steps.push((x, a) => x.add(a[at]));
        return;
      }
      case 2: {
        const at = input(now);
        steps.push((x, a) => a[at].sub(x.mul(2)));
        return;
      }
      case 3: {
        const at = input(now);
        steps.push((x, a) => jnp.where(a[at].gt(0), x, 0));
        return;
      }
      case 4: {
        const at = input(now.toReversed());
        steps.push((x, a) => x.add(lax.transpose(a[at], [...now.keys()].reverse())));
        return;
      }
      case 5: {
        const order = [...now.keys()].sort(() => r.next() - 0.5);
        steps.push((x) => lax.transpose(x, order));
        shape = order.map((d) => now[d]);
        return;
      }
      case 6: {
        steps.push((x) => x.reshape([x.size / now[rank - 1], now[rank - 1]]));
        shape = [now.slice(0, -1).reduce((p, n) => p * n, 1), now[rank - 1]];
        return;
      }
      case 7:
        steps.push((x) => (dtype.kind === "float" ? jnp.tanh(x) : jnp.abs(x)));
        return;
      case 8:
        results.push(steps.length);
        return;
      default:
        steps.push((x) => nn.relu(x));
    }
  };
  // Every program has a product and something after it.
  const n = size();
  const first = input([shape[shape.length - 1], n]);
  steps.push((x, a) => x.matmul(a[first]));
  shape = [...shape.slice(0, -1), n];
  for (let i = 1 + r.int(7); i > 0; i--) random();
  const donated = args.map(() => r.chance(0.5));
  const f: F = (...inputs) => {
    const kept: NDArray[] = [];
    let x = inputs[start];
    steps.forEach((step, i) => {
      if (results.includes(i)) kept.push(x);
      x = step(x, inputs);
    });
    return [x, ...kept];
  };
  return { f, args, donated };
}

const seeds = fc.integer({ min: 0, max: 0x7fffffff });

it("random dense layers with epilogues compute what the reference computes", () => {
  forceEpilogues();
  let fused = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const { f, args, donated } = randomDense(seed);
      fused += withEpilogues(checkCode(f, args, { tolerance: 1e-4, donated })).length;
    }),
    { numRuns: 600 },
  );
  // What is tested happens often.
  expect(fused).toBeGreaterThan(250);
});

it("random chains of products and rows with epilogues compute what the reference computes", () => {
  forceEpilogues();
  let fused = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      const { f, args } = randomChain(seed);
      fused += withEpilogues(checkCode(f, args, { tolerance: 1e-4 })).length;
    }),
    { numRuns: 300 },
  );
  expect(fused).toBeGreaterThan(80);
});
