import { describe, expect, it } from "vitest";
import { compileToProgram } from "../../src/compiler/compile.ts";
import { validateProgram } from "../../src/compiler/validate.ts";
import type { NDArray } from "../../src/core/array.ts";
import * as lax from "../../src/lax/index.ts";
import { array, check, generator, trace } from "./harness.ts";

function elapsed(f: () => void): number {
  const start = performance.now();
  f();
  return performance.now() - start;
}

describe("compile time", () => {
  it("is linear in the number of equations", () => {
    const chain = (n: number) => (x: NDArray) => {
      let [a, b] = [x, x];
      for (let i = 0; i < n; i++) [a, b] = [lax.sin(lax.add(a, b)), lax.mul(a, b)];
      return lax.add(a, b);
    };
    const x = array([16]);
    check(chain(40), [x]);
    const closed = trace(chain(3334), [x]);
    expect(closed.eqns.length).toBeGreaterThan(10_000);
    let program = compileToProgram(closed, { name: "long" });
    const time = elapsed(() => {
      program = compileToProgram(closed, { name: "long" });
    });
    validateProgram(program);
    expect(program.kernels.length).toBeLessThan(400);
    expect(time).toBeLessThan(3000);
  });

  it("does not explode on values that are used twice", () => {
    const f = (x: NDArray) => {
      let y = x;
      for (let i = 0; i < 200; i++) y = lax.add(lax.slice(lax.pad(y, 0, [[0, 1, 0]]), [1], [9]), y);
      return y;
    };
    check(f, [array([8])], { tolerance: 1e-3 });
  });

  it("handles long chains of views", () => {
    const f = (x: NDArray) => {
      let y = lax.exp(x);
      for (let i = 0; i < 500; i++) y = lax.rev(lax.transpose(y, [1, 0]), [0]);
      return y;
    };
    check(f, [array([3, 4])]);
    const slices = (x: NDArray) => {
      let y = lax.sin(x);
      for (let i = 0; i < 3000; i++) y = lax.sliceInDim(y, 1, y.shape[0], 1, 0);
      return y;
    };
    check(slices, [array([3010])]);
  });

  it("concatenates many arrays", () => {
    const f = (...xs: NDArray[]) => lax.concatenate(xs, 0);
    check(
      f,
      Array.from({ length: 300 }, (_, i) => array([2], undefined, i)),
    );
  });
});

describe("random programs", () => {
  const unary = [lax.neg, lax.abs, lax.sin, lax.tanh, lax.floor, lax.square];
  const binary = [lax.add, lax.sub, lax.mul, lax.max, lax.min];

  /** One random step: elementwise, view, reduction with broadcast, product, selection, ... */
  function step(values: NDArray[], next: () => number): NDArray {
    const pick = (): NDArray => values[Math.floor(next() * values.length)];
    const x = pick();
    const n = x.ndim;
    const axis = Math.floor(next() * n);
    switch (Math.floor(next() * 16)) {
      case 0:
      case 1:
        return unary[Math.floor(next() * unary.length)](x);
      case 2:
      case 3:
      case 4: {
        const same = values.filter((y) => y.shape.join() === x.shape.join());
        return binary[Math.floor(next() * binary.length)](x, same[Math.floor(next() * same.length)]);
      }
      case 5:
        return n === 0
          ? x
          : lax.transpose(
              x,
              Array.from({ length: n }, (_, i) => (i + 1) % n),
            );
      case 6:
        return n === 0 ? x : lax.reduceSum(x, [axis]);
      case 7: {
        if (n === 0) return x;
        const kept = Array.from({ length: n }, (_, i) => i).filter((i) => i !== axis);
        return lax.sub(x, lax.broadcastInDim(lax.reduceMax(x, [axis]), x.shape, kept));
      }
      case 8:
        return n === 0 ? lax.broadcastInDim(x, [3], []) : lax.reshape(x, [x.size]);
      case 9:
        return n === 0 ? x : lax.rev(x, [axis]);
      case 10:
        return n === 0 || x.shape[axis] === 0
          ? x
          : lax.sliceInDim(x, x.shape[axis] > 1 ? 1 : 0, x.shape[axis], 1, axis);
      case 11:
        return x.size > 200 || n === 0
          ? x
          : lax.concatenate([x, pick().shape.join() === x.shape.join() ? x : lax.neg(x)], axis);
      case 12:
        return n === 2 && x.size < 100 ? lax.dot(x, lax.transpose(x, [1, 0])) : lax.exp(lax.neg(lax.abs(x)));
      case 13:
        return n === 0 ? x : lax.cumsum(x, axis);
      case 14:
        return lax.select(lax.gt(x, lax.fullLike(x, 0)), x, lax.sin(x));
      default:
        return n === 0 ? x : lax.sort(x, axis);
    }
  }

  for (let seed = 0; seed < 150; seed++) {
    it(`seed ${seed}`, () => {
      const sizes = [0, 1, 2, 3, 4, 5];
      const size = generator(seed * 7 + 1);
      for (let i = 0; i < 5; i++) size();
      const dim = () => sizes[Math.floor(size() * sizes.length)] || 2;
      const shape = seed % 13 === 0 ? [0, 3] : [dim(), dim()];
      const f = (...args: NDArray[]): NDArray[] => {
        const next = generator(seed + 1000);
        for (let i = 0; i < 10; i++) next();
        const values = args.slice();
        const count = 3 + Math.floor(next() * 20);
        for (let i = 0; i < count; i++) {
          // Values stay of order one, so that an absolute tolerance makes sense.
          const y = step(values, next);
          values.push(next() < 0.3 ? lax.sin(y) : y);
        }
        return [
          values[values.length - 1],
          values[values.length - 2],
          values[Math.floor(next() * values.length)],
        ];
      };
      const donated = seed % 3 === 0 ? [true, false] : seed % 3 === 1 ? [true, true] : undefined;
      check(f, [array(shape, undefined, seed), array(shape, undefined, seed + 1)], {
        tolerance: 2e-3,
        donated,
      });
    });
  }
});
