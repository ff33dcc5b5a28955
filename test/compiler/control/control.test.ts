import { jit, jnp, lax, random } from "fluxion";
import { describe, expect, test } from "vitest";
import type { ArrayImpl, NDArray } from "../../../src/core/array.ts";
import { bool, float32, int32, keyFry, uint8 } from "../../../src/dtypes/index.ts";
import { runProgram } from "../../backends/runProgram.ts";
import { array, check, compile, type F, text } from "../harness.ts";
import { branch, forLoop, whileLoop } from "./primitives.ts";

type A = NDArray;

/** Interpreted and generated code agree with the reference evaluation, and so do a jitted and an eager call. */
function agree(f: F, args: readonly ArrayImpl[], donated?: readonly boolean[]): void {
  const program = check(f, args, { donated, tolerance: 1e-6 });
  const hosts = args.map((a) => a.toHost());
  const constants = program.constants.map((c) => (c as ArrayImpl).toHost());
  const list = (x: A | readonly A[]): readonly A[] => (Array.isArray(x) ? x : [x as A]);
  const jitted = list(jit(f as (...xs: A[]) => A[])(...args)) as readonly ArrayImpl[];
  const eager = list(f(...args)) as readonly ArrayImpl[];
  const generated = runProgram(
    program,
    hosts.map((h) => h.slice()),
    constants,
    0xa5,
  );
  generated.forEach((data, i) => {
    expect(Array.from(jitted[i].toHost() as Float32Array)).toEqual(Array.from(data as Float32Array));
    expect(Array.from(eager[i].toHost() as Float32Array)).toEqual(Array.from(data as Float32Array));
  });
}

const scalar = (x: number): ArrayImpl => jnp.float32(x) as ArrayImpl;
const int = (x: number): ArrayImpl => jnp.int32(x) as ArrayImpl;

describe("loops of known length", () => {
  test.each([1, 2, 3, 7, 8])("%i steps: a carry, slices and stacked results", (length) => {
    for (const reverse of [false, true]) {
      const f: F = (c, xs) =>
        forLoop((c, x) => [c.mul(0.5).add(x.sum()), x.mul(c)], { carry: [c], xs: [xs], length, reverse });
      agree(f, [scalar(1), array([length, 5])]);
    }
  });

  test.each([1, 2, 5, 6])("%i steps: carries that change places, and one that stays", (length) => {
    const f: F = (a, b, kept) =>
      forLoop((a, b, kept) => [b, a.add(b).mul(kept), kept], { carry: [a, b, kept], length });
    agree(f, [array([9], float32, 1), array([9], float32, 2), array([9], float32, 3)]);
  });

  test("two carries become one value", () => {
    const f: F = (a, b) => forLoop((a, b) => [b, b], { carry: [a, b], length: 3 });
    agree(f, [array([4], float32, 1), array([4], float32, 2)]);
    const g: F = (a, b) => forLoop((a, b) => [a.add(b), a.add(b)], { carry: [a, b], length: 4 });
    agree(g, [array([4], float32, 1), array([4], float32, 2)]);
  });

  test("a carry that becomes a constant, a slice or an operand", () => {
    const f: F = (w, a, b, xs) =>
      forLoop((w, _a, _b, x) => [w, x, jnp.full([4], 3)], {
        consts: [w],
        carry: [a, b],
        xs: [xs],
        length: 3,
      });
    agree(f, [
      array([4], float32, 1),
      array([4], float32, 2),
      array([4], float32, 3),
      array([3, 4], float32, 4),
    ]);
  });

  test("elementwise updates are in place, whatever the number of steps", () => {
    for (const length of [1, 2, 5]) {
      const f: F = (c) => forLoop((c) => [c.mul(0.5).add(1)], { carry: [c], length });
      agree(f, [array([33])]);
      expect(text(f, array([33]))).toContain("carry 0 from x0 in y1\n");
    }
  });

  test("a scatter into a carry is in place, and reads of the carry before it are of the step before", () => {
    const f: F = (c, xs) =>
      forLoop(
        (i, c, x) => {
          const y = c.get(i).add(x);
          return [i.add(1), c.at(i).set(y.mul(2)), y];
        },
        { carry: [int(0), c], xs: [xs], length: 6 },
      );
    agree(f, [array([8]), array([6])]);
    const c = array([8]);
    expect(text((c, xs) => (f(c, xs) as A[])[1], c, array([6]))).toMatch(/carry 1 from \w+ in \w+\n/);
  });

  test("a rolled carry needs a second place", () => {
    const f: F = (c) => forLoop((c) => [jnp.roll(c, 1).add(c)], { carry: [c], length: 5 });
    agree(f, [array([17])]);
    expect(text(f, array([17]))).toMatch(/in y\d+ and t\d+ in turn/);
  });

  test("the first value of a carry is used elsewhere too, and is a constant or an argument", () => {
    const f: F = (x) => {
      const c = x.add(1);
      const [y] = forLoop((c) => [c.mul(2)], { carry: [c], length: 3 });
      const [z] = forLoop((c) => [c.mul(3)], { carry: [c], length: 2 });
      return [y.add(c), z, c];
    };
    agree(f, [array([10])]);
    const k = array([6], float32, 9);
    agree(
      (x) => forLoop((c, x) => [jnp.roll(c, 1).add(x).add(k)], { carry: [k], xs: [x], length: 3 }),
      [array([3, 6])],
    );
  });

  test("one array twice: as two carries, as a carry and an operand", () => {
    const f: F = (x) => forLoop((a, b) => [a.add(1), b.mul(2)], { carry: [x, x], length: 3 });
    agree(f, [array([5])]);
    const g: F = (x) => {
      const y = x.mul(2);
      return forLoop((w, c) => [c.add(w)], { consts: [y], carry: [y], length: 3 });
    };
    agree(g, [array([5])]);
    const h: F = (x) => {
      const y = x.mul(2);
      return forLoop((c, x) => [c.add(x)], { carry: [y.get(0)], xs: [y], length: 5 });
    };
    agree(h, [array([5])]);
  });

  test("donated arguments are overwritten where the loop allows it", () => {
    const f: F = (c) => forLoop((c) => [c.mul(0.5)], { carry: [c], length: 4 });
    agree(f, [array([12])], [true]);
    const g: F = (c) => forLoop((c) => [jnp.roll(c, 1)], { carry: [c], length: 3 });
    agree(g, [array([12])], [true]);
  });

  test("nothing to carry, no slices, no elements", () => {
    agree((xs) => forLoop((x) => [x.mul(2)], { carry: [], xs: [xs], length: 3 }), [array([3, 4])]);
    agree((c) => forLoop((c) => [c.add(1)], { carry: [c], length: 4 }), [scalar(2)]);
    agree(
      (c, xs) => forLoop((c, x) => [c.add(x.sum()), x], { carry: [c], xs: [xs], length: 3 }),
      [scalar(1), array([3, 0])],
    );
    agree((c, e) => forLoop((c, e) => [c.add(1), e], { carry: [c, e], length: 3 }), [scalar(1), array([0])]);
    const nothing: F = (c, xs) => forLoop((c, x) => [c.add(x), x], { carry: [c], xs: [xs], length: 0 });
    agree(nothing, [scalar(1), array([0])]);
  });

  test("dtypes: bool, uint8, int32, float64 and keys", () => {
    const f: F = (b, u, i, d) =>
      forLoop((b, u, i, d) => [b.xor(i.gt(0)), u.add(200), i.mul(-3), d.div(3)], {
        carry: [b, u, i, d],
        length: 5,
      });
    agree(f, [
      array([3], bool),
      array([3], uint8),
      array([3], int32),
      jnp.array([1, 2, 3], { dtype: "float64" }) as ArrayImpl,
    ]);
    const g: F = (key) =>
      forLoop(
        (key) => {
          const keys = random.split(key);
          return [keys.get(0), random.uniform(keys.get(1), [3])];
        },
        { carry: [key], length: 4 },
      );
    const out = jit(g as (k: A) => A[])(random.key(3));
    let key = random.key(3);
    for (let t = 0; t < 4; t++) {
      const [next, sub] = [...random.split(key)];
      expect(out[1].get(t).tolist()).toEqual(random.uniform(sub, [3]).tolist());
      key = next;
    }
    expect(random.keyData(out[0]).tolist()).toEqual(random.keyData(key).tolist());
    expect(out[0].dtype).toBe(keyFry);
  });

  test("products, sorts and row functions inside; constants of the body", () => {
    const w = array([6, 6], float32, 5);
    const f: F = (h, xs) =>
      forLoop(
        (h, x) => {
          const z = jnp.tanh(h.matmul(w).add(x));
          const p = lax.exp(z).div(lax.exp(z).sum(-1, { keepdims: true }));
          return [z, lax.sort(p)];
        },
        { carry: [h], xs: [xs], length: 5 },
      );
    agree(f, [array([4, 6], float32, 1), array([5, 4, 6], float32, 2)]);
  });

  test("loops in loops, with the outer carry inside", () => {
    const f: F = (c, xs) =>
      forLoop(
        (c, x) => {
          const [d] = forLoop((c0, d, y) => [d.mul(0.5).add(y).add(c0)], {
            consts: [c],
            carry: [c],
            xs: [x],
            length: 3,
          });
          return [d, d.sum()];
        },
        { carry: [c], xs: [xs], length: 4 },
      );
    agree(f, [array([7]), array([4, 3, 7])]);
  });

  test("large kernels inside a loop are shared by threads, with the same result", () => {
    const f: F = (a) => forLoop((a) => [jnp.tanh(a.matmul(a).mul(0.01))], { carry: [a], length: 3 });
    agree(f, [array([200, 200])]);
  });

  test("a step updates one element of a large carry without touching the others", () => {
    const length = 20_000;
    const f = jit((c: A) =>
      forLoop((i, c) => [i.add(1), c.at(i).set(i.astype("float32"))], { carry: [int(0), c], length }),
    );
    const [, out] = f(jnp.zeros(300_000));
    expect(out.get(length - 1).item()).toBe(length - 1);
    expect(out.get(length).item()).toBe(0);
    expect(out.sum().item()).toBe((length * (length - 1)) / 2);
  });
});

describe("while loops", () => {
  test.each([0, 1, 2, 5, 6])("%i steps", (n) => {
    const f: F = (i, x, y) =>
      whileLoop(
        (limit, i) => i.lt(limit),
        (_w, i, x, y) => [i.add(1), jnp.roll(x, 1).add(y), y.mul(0.5)],
        [i, x, y],
        { cond: [int(n)], body: [x] },
      );
    agree(f, [int(0), array([9], float32, 1), array([9], float32, 2)]);
  });

  test("the condition may be a carry, or never hold", () => {
    agree(
      (b, x) =>
        whileLoop(
          (b) => b,
          (b, x) => [b.and(x.lt(20)), x.mul(2)],
          [b, x],
        ),
      [jnp.array(true) as ArrayImpl, scalar(1)],
    );
    agree(
      (x) =>
        whileLoop(
          () => jnp.array(false),
          (x) => [x.mul(2)],
          [x],
        ),
      [array([3])],
    );
  });

  test("the first value is used elsewhere", () => {
    const f: F = (x) => {
      const y = x.add(1);
      const [z] = whileLoop(
        (z) => z.sum().lt(100),
        (z) => [z.mul(2)],
        [y],
      );
      return [z, y];
    };
    agree(f, [jnp.array([1, 2, 3]) as ArrayImpl]);
  });

  test("loops in loops in branches", () => {
    const f: F = (i, x) =>
      branch(
        i,
        [
          (x) => [x.add(1)],
          (x) =>
            forLoop(
              (x) =>
                whileLoop(
                  (x) => x.sum().lt(30),
                  (x) => [x.mul(1.5)],
                  [x],
                ),
              { carry: [x], length: 2 },
            ),
        ],
        [x],
      );
    for (const i of [0, 1]) agree(f, [int(i), jnp.array([1, 2, 3]) as ArrayImpl]);
  });
});

describe("branches", () => {
  test("each of several programs; results passed on, repeated and constant", () => {
    const f: F = (i, x, y) =>
      branch(
        i,
        [
          (x, y) => [x, y],
          (x, y) => [y, x],
          (x) => [x, x],
          (x, y) => [x.add(y), jnp.full([5], 7)],
          (x, y) => {
            const z = x.mul(y);
            return [z, z];
          },
        ],
        [x, y],
      );
    for (let i = 0; i < 5; i++) agree(f, [int(i), array([5], float32, 1), array([5], float32, 2)]);
  });

  test("an operand that is returned, or updated in some elements, stays where it is", () => {
    const f: F = (i, k, c) => {
      const d = c.add(1);
      return branch(i, [(_, d) => [d], (k, d) => [d.at(k).set(5)], (_, d) => [d.mul(2)]], [k, d]);
    };
    for (const i of [0, 1, 2]) agree(f, [int(i), int(3), array([6])]);
    expect(text(f, int(0), int(0), array([6]))).toMatch(
      /carry 0 from (y\d+) in \1\n|carry 0 from t\d+ in y\d+\n/,
    );
    // One program must move elements: all results get memory of their own.
    const g: F = (i, c) => branch(i, [(c) => [c], (c) => [jnp.roll(c, 1)]], [c]);
    for (const i of [0, 1]) agree(g, [int(i), array([6])]);
    // Both results want the same operand, or each other's.
    const h: F = (i, c, d) => branch(i, [(c) => [c, c], (c, d) => [d, c]], [c, d]);
    for (const i of [0, 1]) agree(h, [int(i), array([6]), array([6], float32, 2)]);
    // The operand is needed afterwards, or given twice.
    const k: F = (i, c) => [...branch(i, [(c) => [c], (c) => [c.mul(2)]], [c]), c];
    for (const i of [0, 1]) agree(k, [int(i), array([6])]);
    const m: F = (i, c) => branch(i, [(c, d) => [c.add(d)], (c) => [c]], [c, c]);
    for (const i of [0, 1]) agree(m, [int(i), array([6])]);
  });

  test("a branch in a loop updates the carry in place", () => {
    const f: F = (c) =>
      forLoop(
        (i, c) => [i.add(1), ...branch(i.mod(2), [(_, c) => [c], (i, c) => [c.at(i).set(-1)]], [i, c])],
        { carry: [int(0), c], length: 6 },
      );
    agree(f, [array([8])]);
    expect(text((c) => (f(c) as A[])[1], array([8]))).toMatch(/; carry 1 from x0 in y\d+\n/);
  });

  test("branches in branches that move elements compile in time that grows with their number", () => {
    // Each level is compiled twice; without care the innermost would be a billion times.
    const nest = (depth: number, i: A, x: A): A =>
      depth === 0
        ? x.mul(2)
        : branch(i, [(i, x) => [jnp.roll(x, 1).add(nest(depth - 1, i, x))], (_, x) => [x]], [i, x])[0];
    agree((i, x) => nest(30, i, x), [int(0), array([5])]);
  });

  test("constants of the programs, and operands that are computed", () => {
    const [k, m] = [array([4], float32, 3), array([4], float32, 4)];
    const f: F = (i, x) => branch(i.mul(1), [(x) => [x.add(k)], (x) => [x.mul(m).add(k)]], [x.mul(2)]);
    for (const i of [0, 1]) agree(f, [int(i), array([4])]);
  });
});

describe("what is compiled", () => {
  test("as text", () => {
    const f: F = (c, xs) => forLoop((c, x) => [c.add(x), c.mul(x)], { carry: [c], xs: [xs], length: 10 });
    expect(text(f, array([3]), array([10, 3]))).toMatchInlineSnapshot(`
      "program test: arena 0 bytes
        x0: f32[3] in argument 0
        x1: f32[30] in argument 1
        y2: f32[3] in result 0
        y3: f32[30] in result 1
      kernel 0: test_for for 10 steps; carry 0 from x0 in y2
        body (carry 0, x1 + 3 a step) to (carry 0, y3 + 3 a step):
            x0: f32[3] in argument 0
            x1: f32[3] in argument 1
            y2: f32[3] in argument 0
            y3: f32[3] in result 1
          kernel 0: fused_add_mul for i in 3: y2[i] = x0[i] + x1[i]; y3[i] = x0[i]*x1[i]
          return y2, y3
      return y2, y3"
    `);
  });

  test("memory: the body's temporaries are part of the plan", () => {
    const f: F = (c) => forLoop((c) => [jnp.roll(c, 1).add(c)], { carry: [c], length: 5 });
    const program = compile(f, [array([1000])]);
    expect(program.arenaBytes).toBeGreaterThanOrEqual(4000);
  });
});
