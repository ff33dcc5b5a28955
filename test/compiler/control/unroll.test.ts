import { grad, jit, jnp, lax, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import type { ArrayImpl } from "../../../src/core/array.ts";
import { check } from "../harness.ts";

const w = random.normal(random.key(1), [4, 4]).mul(0.5);
const x = random.normal(random.key(2), [4]);
const xs = random.normal(random.key(3), [12, 4]);
type Options = { unroll: number | boolean; reverse?: boolean };

/** Bits may differ: fused steps may add the terms of a sum in another order. */
function expectClose(got: NDArray[], want: NDArray[], what: string): void {
  got.forEach((x, i) => {
    const [a, b] = [x, want[i]].map((y) => y.dataSync() as Float32Array);
    expect(a.length, what).toBe(b.length);
    a.forEach((v, j) => {
      expect(Math.abs(v - b[j]), what).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(b[j])));
    });
  });
}

/** How often the first loop of a program goes round, and with what is left over. */
function steps(f: (...args: NDArray[]) => unknown, ...args: NDArray[]): string {
  const text = jit(f)
    .lower(...args)
    .asText("kernels");
  const [, whole, rest] = / for (\d+) steps(?:, then (\d+))?/.exec(text) as RegExpExecArray;
  return rest === undefined ? whole : `${whole} and ${rest}`;
}

const programs: Record<string, (options: Options) => NDArray[]> = {
  "a recurrence with stacked results": (o) => {
    const step = (c: NDArray, v: NDArray): [NDArray, NDArray[]] => {
      const next = jnp.tanh(w.matmul(c).add(v));
      return [next, [next.mul(v), c]];
    };
    const [c, ys] = lax.scan(step, x, xs, o);
    return [c, ...(ys as NDArray[])];
  },
  "carries that change places": (o) =>
    lax.scan(([a, b]: NDArray[], v: NDArray) => [[b.add(v), a], null], [x, x.mul(2)], xs, o)[0] as NDArray[],
  "a carry that is passed on, and one that is not read": (o) => {
    const step = ([a, b, c]: NDArray[], v: NDArray): [NDArray[], NDArray] => [[a, v, c.add(a)], c];
    const [carry, ys] = lax.scan(step, [x, x, x], xs, o);
    return [...(carry as NDArray[]), ys as NDArray];
  },
  "a carry that is updated in place": (o) => {
    const step = (c: NDArray, i: NDArray): [NDArray, null] => [
      lax.dynamicUpdateSlice(c, lax.dynamicSlice(c, [i], [1]).mul(2).add(1), [i.add(1).mod(4)]),
      null,
    ];
    return [lax.scan(step, x, jnp.arange(12).mod(4), o)[0] as NDArray];
  },
  "loops and branches inside": (o) => {
    const step = (c: NDArray, v: NDArray): [NDArray, NDArray] => {
      const inner = lax.foriLoop(0, 3, (_, c: NDArray) => c.mul(0.5).add(v), c);
      const y = lax.cond(
        inner.sum().gt(0),
        (c: NDArray) => c.mul(2),
        (c: NDArray) => c.sub(1),
        inner,
      );
      return [inner, y];
    };
    const [c, ys] = lax.scan(step, x, xs, o);
    return [c, ys as NDArray];
  },
  "steps of a prime number": (o) => {
    const step = ([a, b]: NDArray[], v: NDArray): [NDArray[], NDArray[]] => [
      [b, a.add(v)],
      [a, v.mul(b)],
    ];
    const [c, ys] = lax.scan(step, [x, x], xs.get("1:"), o);
    return [...(c as NDArray[]), ...(ys as NDArray[])];
  },
  "a carry that moves on after every second step": (o) =>
    lax
      .scan(([a, b]: NDArray[], _: null) => [[b, a], b.sum()], [x, x.mul(2)], null, { ...o, length: 11 })
      .flat() as NDArray[],
  "its gradient": (o) => {
    const loss = (w: NDArray, x: NDArray) =>
      (lax.scan((c: NDArray, v: NDArray) => [jnp.tanh(w.matmul(c).add(v)), c], x, xs, o)[1] as NDArray).sum();
    return grad(loss, { argnums: [0, 1] })(w, x);
  },
  "a batch of it": (o) => {
    const f = (x: NDArray) =>
      lax.scan((c: NDArray, v: NDArray) => [c.mul(v).add(1), c.sum()], x, xs, o) as NDArray[];
    return vmap(f)(jnp.stack([x, x.mul(2)]));
  },
};

describe("unrolled loops give the same results", () => {
  for (const [name, f] of Object.entries(programs)) {
    test(name, () => {
      for (const reverse of [false, true]) {
        const want = jit(() => f({ unroll: 1, reverse }))();
        for (const unroll of [2, 3, 5, 7, 11, 12, true]) {
          expectClose(jit(() => f({ unroll, reverse }))(), want, `${reverse} ${unroll}`);
        }
      }
    });
  }

  test("their programs are valid, and the interpreter agrees", () => {
    for (const reverse of [false, true]) {
      for (const unroll of [2, 3, 5]) {
        const f = (x: NDArray, xs: NDArray): NDArray[] => {
          const step = ([a, b]: NDArray[], v: NDArray): [NDArray[], NDArray] => [
            [b.add(1), a.mul(v)],
            a.add(v),
          ];
          const [c, ys] = lax.scan(step, [x, x], xs, { unroll, reverse });
          return [...(c as NDArray[]), ys as NDArray];
        };
        check(f, [x, xs.get("1:")] as ArrayImpl[], { tolerance: 1e-5 });
      }
    }
  });

  test("steps that are left over are done singly", () => {
    const f = (unroll: number | boolean) => (xs: NDArray) =>
      lax.scan((c: NDArray, v: NDArray) => [c.mul(v).add(1), c], x, xs, { unroll });
    const unrolls = [1, 2, 5, 7, 12, 100, true, false];
    expect(unrolls.map((u) => steps(f(u), xs))).toEqual([
      "12",
      "6",
      "2 and 2",
      "1 and 5",
      "1",
      "1",
      "1",
      "12",
    ]);
    expect(steps(f(4), xs.get("0:7"))).toBe("1 and 3");
    const g = (x: NDArray) => lax.foriLoop(0, 10, (i, c: NDArray) => c.mul(i), x, { unroll: 4 });
    expect(steps(g, x)).toBe("2 and 2");
  });
});
