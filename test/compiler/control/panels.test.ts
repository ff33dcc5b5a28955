import { config, grad, jit, jnp, lax, type NDArray, random, vmap } from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { splitting } from "../../../src/backends/wasm/codegen/split.ts";

const usual = { ...splitting };
afterEach(() => Object.assign(splitting, usual));

const normal = (seed: number, shape: number[]) => random.normal(random.key(seed), shape).mul(0.2);
const bits = (x: NDArray) => [...new Uint32Array((x.dataSync() as Float32Array).slice().buffer)];
/** Whether a product in a loop of the program has its right operand in panels. */
const preparesIn = (f: (...args: NDArray[]) => unknown, ...args: NDArray[]): boolean =>
  jit(f)
    .lower(...args)
    .asText("choices")
    .includes("packed before the loop");

type Step = (h: NDArray, w: NDArray) => NDArray;
/** Steps with a product by a matrix that stays: rows of h, sizes of w. */
const steps: Record<string, { sizes: [rows: number, n: number]; step: Step; reads?: true }> = {
  "rows and columns that are no multiples of a tile": {
    sizes: [13, 133],
    step: (h, w) => jnp.tanh(h.matmul(w)),
  },
  "few rows": { sizes: [3, 200], step: (h, w) => jnp.tanh(h.matmul(w)) },
  "a transposed matrix, with an epilogue": {
    sizes: [33, 150],
    step: (h, w) => h.matmul(w.T).mul(0.5).add(h),
  },
  "a matrix that is used in both directions": {
    sizes: [8, 260],
    step: (h, w) => jnp.tanh(h.matmul(w)).matmul(w.T),
  },
  "several blocks of the sum": { sizes: [20, 450], step: (h, w) => h.matmul(w) },
  "a part of the matrix": {
    sizes: [17, 170],
    step: (h, w) =>
      jnp.concatenate([h.get("...", "20:").matmul(w.get("20:", "10:")), h.get("...", ":10")], -1),
  },
  "a matrix that is read in another way, too": {
    sizes: [140, 140],
    step: (h, w) => h.add(w).matmul(w).add(w),
    reads: true,
  },
  "a stack of left operands": {
    sizes: [12, 150],
    step: (h, w) =>
      jnp
        .stack([h, h.mul(2)])
        .matmul(w)
        .sum(0),
  },
};

describe("right operands of products in loops", () => {
  test.each(Object.entries(steps))("%s", (_, { sizes: [rows, n], step, reads }) => {
    const [h, w] = [normal(1, [rows, n]), normal(2, [n, n])];
    const once = jit(step);
    let want = h;
    for (let i = 0; i < 3; i++) want = once(want, w);
    const loop = (h: NDArray, w: NDArray) => lax.foriLoop(0, 3, (_, h: NDArray) => step(h, w), h);
    const whileLoop = (h: NDArray, w: NDArray): NDArray =>
      lax.whileLoop(
        ([i]: NDArray[]) => i.lt(3),
        ([i, h]: NDArray[]) => [i.add(1), step(h, w)],
        [jnp.int32(0), h],
      )[1];
    for (const leastUnits of [Number.POSITIVE_INFINITY, 1]) {
      // Small pieces: the matrix is cut by columns or shared by rows.
      Object.assign(splitting, usual, leastUnits === 1 ? { leastUnits, pieceNanoseconds: 1000 } : {});
      for (const f of [loop, whileLoop]) {
        // Another function each time, for another program.
        const own = (h: NDArray, w: NDArray) => f(h, w).add(leastUnits === 1 ? 0 : -0);
        expect(preparesIn(own, h, w)).toBe(reads === undefined);
        for (const numThreads of [1, 2]) {
          config.update("numThreads", numThreads);
          expect(bits(jit(own)(h, w))).toEqual(bits(want));
        }
      }
    }
  });

  test("a matrix that changes is packed each time", () => {
    const [h, w] = [normal(1, [13, 133]), normal(2, [133, 133])];
    const loop = (h: NDArray, w: NDArray) =>
      lax.foriLoop(0, 3, (_, [h, w]: NDArray[]) => [jnp.tanh(h.matmul(w)), w.mul(0.5)], [h, w])[0];
    expect(preparesIn(loop as never, h, w)).toBe(false);
    let [a, b] = [h, w];
    const once = jit((h: NDArray, w: NDArray) => [jnp.tanh(h.matmul(w)), w.mul(0.5)]);
    for (let i = 0; i < 3; i++) [a, b] = once(a, b);
    expect(bits(jit(loop)(h, w))).toEqual(bits(a));
  });

  test("loops in loops: what the outer one changes is prepared by each inner one", () => {
    const [h, w] = [normal(1, [13, 133]), normal(2, [133, 133])];
    const inner = (h: NDArray, w: NDArray) => lax.foriLoop(0, 2, (_, h: NDArray) => jnp.tanh(h.matmul(w)), h);
    const loop = (h: NDArray, w: NDArray) =>
      lax.foriLoop(0, 2, (_, [h, w]: NDArray[]) => [inner(h, w), w.mul(0.5)], [h, w])[0];
    const once = jit(inner);
    const want = once(once(h, w), w.mul(0.5));
    expect(bits(jit(loop)(h, w))).toEqual(bits(want));
    expect(preparesIn(loop as never, h, w)).toBe(true);
  });

  test("under grad and vmap", () => {
    const [hs, w] = [normal(1, [2, 13, 133]), normal(2, [133, 133])];
    const loss = (w: NDArray, h: NDArray) =>
      lax
        .scan((h: NDArray, _: null) => [jnp.tanh(h.matmul(w)), null], h, null, { length: 3 })[0]
        .mul(h)
        .sum();
    const unrolled = (w: NDArray, h: NDArray) => {
      let c = h;
      for (let i = 0; i < 3; i++) c = jnp.tanh(c.matmul(w));
      return c.mul(h).sum();
    };
    const [got, want] = [loss, unrolled].map((f) => jit(vmap(grad(f), [null, 0]))(w, hs));
    expect(jnp.abs(got.sub(want)).max().item()).toBeLessThan(1e-6);
  });
});
