import { expect, test } from "vitest";
import "../../src/backends/install.ts";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl, NDArray } from "../../src/core/array.ts";
import { sizeOf } from "../../src/core/aval.ts";
import * as lax from "../../src/lax/index.ts";
import { jit } from "../../src/transforms/jit.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { evaluateByEmit } from "./emitEval.ts";
import { array, elements } from "./host.ts";
import { randomNumbers } from "./opTable.ts";

// Random chains of views: index arithmetic, reference loops and compiled kernels must agree.

const random = randomNumbers("views");
const below = (n: number): number => Math.floor(random() * n);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
function shuffled(n: number): number[] {
  const list = range(n);
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}
/** A random shape with the given number of elements, with some axes of size 1. */
function factored(size: number): number[] {
  const shape: number[] = [];
  let rest = size;
  while (rest > 1 || (shape.length < 4 && random() < 0.3)) {
    const divisors = range(rest)
      .map((i) => i + 1)
      .filter((d) => rest % d === 0);
    const d = divisors[below(divisors.length)];
    shape.splice(below(shape.length + 1), 0, d);
    rest /= d;
  }
  return shape;
}

type Step = (x: NDArray) => NDArray;
const concatenated =
  (axis: number): Step =>
  (x) =>
    lax.concatenate([x, x], axis);
function step(shape: readonly number[]): Step {
  const axes = range(shape.length);
  switch (below(9)) {
    case 0: {
      const sizes = factored(sizeOf(shape));
      return (x) => lax.reshape(x, sizes);
    }
    case 1: {
      const sizes = factored(sizeOf(shape));
      const order = shuffled(shape.length);
      return (x) => lax.reshape(x, sizes, order);
    }
    case 2: {
      const order = shuffled(shape.length);
      return (x) => lax.transpose(x, order);
    }
    case 3: {
      const start = shape.map((n) => below(n));
      const limit = shape.map((n, i) => start[i] + 1 + below(n - start[i]));
      const strides = shape.map(() => 1 + below(3));
      return (x) => lax.slice(x, start, limit, strides);
    }
    case 4: {
      // One axis of many: padding all of them would make large arrays.
      const padded = below(shape.length);
      const config = shape.map((_, i) => (i === padded ? [below(3), below(3), below(3)] : [0, 0, 0]));
      return (x) => lax.pad(x, -1, config);
    }
    case 5: {
      // Cut from both sides, but leave something.
      const config = shape.map((n) => {
        const cut = below(n);
        const low = below(cut + 1);
        return [-low, low - cut, 0];
      });
      return (x) => lax.pad(x, -1, config);
    }
    case 6:
      return (x) =>
        lax.rev(
          x,
          axes.filter((i) => i % 2 === 0),
        );
    case 7:
      if (shape.length === 0) return (x) => lax.broadcast(x, [2]);
      return concatenated(below(shape.length));
    default: {
      const at = below(shape.length + 1);
      return (x) => lax.expandDims(x, [at]);
    }
  }
}

test.each(range(150))("chain %i", () => {
  const shape = factored([1, 6, 12, 24, 30, 36][below(6)]);
  const steps: Step[] = [];
  let current: NDArray = array(range(sizeOf(shape)), shape);
  const x = current as ArrayImpl;
  for (let k = 1 + below(4); k > 0 && current.size < 3000; k--) {
    const next = step(current.shape);
    current = next(current);
    steps.push(next);
  }
  const chain = (y: NDArray): NDArray => steps.reduce((z, f) => f(z), y);
  const closed = makeJaxpr(chain)(x);
  const host = [{ shape: x.shape, dtype: x.dtype, data: x.toHost() }];
  const expected = Array.from(interpretReference(closed, host)[0] as Float32Array);
  expect(elements(current)).toEqual(expected);
  expect(evaluateByEmit(closed, host)[0]).toEqual(expected);
  expect(elements(jit(chain)(x))).toEqual(expected);
});
