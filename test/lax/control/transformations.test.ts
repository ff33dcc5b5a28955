// Every kind of loop and branch under every transformation; see agree.ts.

import { grad, jit, jnp, lax, random, vmap } from "fluxion";
import { describe } from "vitest";
import { type A, agree, type Case, numbers } from "./agree.ts";

/** `scan` written out. */
function unrolled<C, X, Y>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  length: number,
  slice: (i: number) => X,
  reverse = false,
): [C, Y[]] {
  let carry = init;
  const ys: Y[] = [];
  for (let k = 0; k < length; k++) {
    const i = reverse ? length - 1 - k : k;
    let y: Y;
    [carry, y] = f(carry, slice(i));
    ys[i] = y;
  }
  return [carry, ys];
}

const rnn =
  (w: A, u: A) =>
  (h: A, x: A): [A, A] => {
    const next = jnp.tanh(w.matmul(h).add(u.mul(x)));
    return [next, next.mul(x).sum()];
  };

const scans: Record<string, Case> = {
  "sum and product": {
    args: () => [numbers([], 1), numbers([4], 2)],
    program: (c: A, xs: A) => lax.scan((c: A, x: A) => [c.mul(x).add(1), c.add(x)], c, xs),
    plain: (c: A, xs: A) => {
      const [last, ys] = unrolled(
        (c: A, x: A) => [c.mul(x).add(1), c.add(x)],
        c,
        4,
        (i) => xs.get(i),
      );
      return [last, jnp.stack(ys)];
    },
  },
  "in reverse, unrolled": {
    args: () => [numbers([], 1), numbers([5], 2)],
    program: (c: A, xs: A) =>
      lax.scan((c: A, x: A) => [c.mul(x).add(jnp.sin(c)), c.mul(x)], c, xs, { reverse: true, unroll: 2 }),
    plain: (c: A, xs: A) => {
      const body = (c: A, x: A): [A, A] => [c.mul(x).add(jnp.sin(c)), c.mul(x)];
      const [last, ys] = unrolled(body, c, 5, (i) => xs.get(i), true);
      return [last, jnp.stack(ys)];
    },
  },
  "a recurrent network, closed over its weights": {
    args: () => [numbers([3, 3], 1), numbers([3], 2), numbers([3], 3), numbers([4, 3], 4)],
    program: (w: A, u: A, h: A, xs: A) => lax.scan(rnn(w, u), h, xs),
    plain: (w: A, u: A, h: A, xs: A) => {
      const [last, ys] = unrolled(rnn(w, u), h, 4, (i) => xs.get(i));
      return [last, jnp.stack(ys)];
    },
  },
  "trees, an integer counter, a flag and a carry that stays": {
    args: () => [numbers([2], 1), numbers([3, 2], 2)],
    program: (v: A, xs: A) => {
      type Carry = { n: A; on: A; v: A; w: A };
      const body = (c: Carry, x: { a: A; i: A }): [Carry, [A, A]] => [
        { n: c.n.add(x.i), on: jnp.logicalNot(c.on), v: jnp.where(c.on, c.v.mul(x.a), c.v.add(c.w)), w: c.w },
        [c.v.mul(c.n), c.n],
      ];
      const init = { n: 0, on: true, v, w: v.mul(2) };
      return lax.scan(body, init, { a: xs, i: jnp.arange(3) });
    },
    plain: (v: A, xs: A) => {
      let [n, on, u] = [0, true, v];
      const w = v.mul(2);
      const ys: A[] = [];
      const ns: number[] = [];
      for (let i = 0; i < 3; i++) {
        ys.push(u.mul(n));
        ns.push(n);
        u = on ? u.mul(xs.get(i)) : u.add(w);
        n += i;
        on = !on;
      }
      return [{ n: jnp.int32(n), on: jnp.array(on), v: u, w }, [jnp.stack(ys), jnp.int32(ns)]];
    },
  },
  "nothing to carry": {
    args: () => [numbers([], 3), numbers([4, 2], 4)],
    program: (k: A, xs: A) => lax.map((x: A) => jnp.cos(x.mul(k)), xs),
    plain: (k: A, xs: A) => jnp.cos(xs.mul(k)),
  },
  "nothing to scan": {
    args: () => [numbers([2], 5)],
    program: (x: A) => lax.scan((c: A, _: null) => [jnp.sin(c).mul(2), null], x, null, { length: 3 })[0],
    plain: (x: A) => [1, 2, 3].reduce((c) => jnp.sin(c).mul(2), x),
  },
  "no steps": {
    args: () => [numbers([2], 5), numbers([0, 2], 6)],
    program: (c: A, xs: A) => lax.scan((c: A, x: A) => [c.mul(x), c.add(x)], c, xs),
    plain: (c: A, xs: A) => [c, xs],
  },
  "one step": {
    args: () => [numbers([2], 5), numbers([1, 2], 6)],
    program: (c: A, xs: A) => lax.scan((c: A, x: A) => [c.mul(x), c.div(x)], c, xs),
    plain: (c: A, xs: A) => [c.mul(xs.get(0)), c.get(null).div(xs)],
  },
  "a scan within a scan": {
    args: () => [numbers([], 7), numbers([3, 2], 8)],
    program: (c: A, xs: A) => {
      const inner =
        (row: A) =>
        (c: A, x: A): [A, A] => [c.mul(x).add(jnp.cos(row.sum())), c];
      return lax.scan((c: A, row: A) => lax.scan(inner(row), c, row), c, xs);
    },
    plain: (c: A, xs: A) => {
      let carry = c;
      const rows: A[] = [];
      for (let i = 0; i < 3; i++) {
        const row = xs.get(i);
        const ys: A[] = [];
        for (let j = 0; j < 2; j++) {
          ys.push(carry);
          carry = carry.mul(row.get(j)).add(jnp.cos(row.sum()));
        }
        rows.push(jnp.stack(ys));
      }
      return [carry, jnp.stack(rows)];
    },
  },
  "carries that swap, of which one is not differentiable": {
    args: () => [numbers([], 9), numbers([], 10)],
    program: (a: A, b: A) =>
      lax.scan(
        ([a, b, k]: [A, A, A], _: null) => [[b.mul(k), a.add(b), k.mul(3).mod(7)], a],
        [a, b, 2],
        null,
        4,
      ),
    plain: (a: A, b: A) => {
      let [p, q, k] = [a, b, 2];
      const ys: A[] = [];
      for (let i = 0; i < 4; i++) {
        ys.push(p);
        [p, q, k] = [q.mul(k), p.add(q), (k * 3) % 7];
      }
      return [[p, q, jnp.int32(k)], jnp.stack(ys)];
    },
  },
  "random numbers from a key that is carried": {
    args: () => [numbers([3], 11)],
    program: (x: A) => {
      const body = ([key, x]: [A, A], _: null): [[A, A], A] => {
        const [next, sub] = random.split(key);
        return [[next, x.mul(random.uniform(sub, [3]))], x];
      };
      const [[, last], ys] = lax.scan(body, [random.key(3), x], null, { length: 3 });
      return [last, ys];
    },
    plain: (x: A) => {
      let [key, u] = [random.key(3), x];
      const ys: A[] = [];
      for (let i = 0; i < 3; i++) {
        const [next, sub] = random.split(key);
        ys.push(u);
        u = u.mul(random.uniform(sub, [3]));
        key = next;
      }
      return [u, jnp.stack(ys)];
    },
  },
  "updates in place": {
    args: () => [numbers([4], 12), numbers([4], 13)],
    program: (x: A, v: A) =>
      lax.foriLoop(0, 4, (i: A, x: A) => x.at(i).set(x.get(jnp.subtract(3, i)).mul(v.get(i))), x),
    plain: (x: A, v: A) => {
      let y = x;
      for (let i = 0; i < 4; i++) y = y.at(i).set(y.get(3 - i).mul(v.get(i)));
      return y;
    },
  },
  "a gradient in the body": {
    args: () => [numbers([2], 14)],
    program: (x: A) => {
      const energy = (p: A) => jnp.sum(jnp.cos(p).mul(x));
      return lax.scan((p: A, _: null) => [p.sub(grad(energy)(p).mul(0.1)), energy(p)], x, null, {
        length: 3,
      });
    },
    plain: (x: A) => {
      let p = x;
      const es: A[] = [];
      for (let i = 0; i < 3; i++) {
        es.push(jnp.sum(jnp.cos(p).mul(x)));
        p = p.add(jnp.sin(p).mul(x).mul(0.1));
      }
      return [p, jnp.stack(es)];
    },
  },
  "vmap and jit in the body": {
    args: () => [numbers([3], 15), numbers([2, 3], 16)],
    program: (c: A, xs: A) => {
      const step = jit((c: A, x: A) => jnp.sin(c).mul(x));
      return lax.scan((c: A, x: A) => [vmap(step)(c, x), x.sum()], c, xs);
    },
    plain: (c: A, xs: A) => [jnp.sin(jnp.sin(c).mul(xs.get(0))).mul(xs.get(1)), xs.sum(1)],
  },
};

const branchesOf = (x: A, y: A) => [
  () => x.mul(y),
  () => jnp.sin(x).add(y.sum()),
  () => jnp.exp(x.mul(0.5)).mul(y.mean()),
];

const branches: Record<string, Case> = {
  "both ways of a cond": {
    args: () => [numbers([3], 1), numbers([3], 2)],
    program: (x: A, y: A) =>
      [0.5, -5].map((t) =>
        lax.cond(
          x.sum().lt(t),
          (x: A, y: A) => [x.mul(y), y],
          (x: A, y: A) => [jnp.cos(x), y],
          x,
          y,
        ),
      ),
    plain: (x: A, y: A) => [
      [jnp.where(x.sum().lt(0.5), x.mul(y), jnp.cos(x)), y],
      [jnp.where(x.sum().lt(-5), x.mul(y), jnp.cos(x)), y],
    ],
  },
  "a branch that ignores its operands": {
    args: () => [numbers([2], 3), numbers([2], 4)],
    program: (x: A, y: A) =>
      lax.cond(
        x.sum().gt(y.sum()),
        () => [jnp.ones([2]), x],
        () => [y.mul(x), jnp.zeros([2])],
      ),
    plain: (x: A, y: A) => {
      const on = x.sum().gt(y.sum());
      return [jnp.where(on, 1, y.mul(x)).astype("float32"), jnp.where(on, x, 0)];
    },
  },
  "all branches of a switch": {
    args: () => [numbers([3], 5), numbers([3], 6)],
    program: (x: A, y: A) =>
      [-1, 0, 1, 2, 9].map((k) =>
        lax.switch(jnp.int32(k).add(jnp.floor(x.get(0)).astype("int32").mul(0)), branchesOf(x, y)),
      ),
    plain: (x: A, y: A) => [0, 0, 1, 2, 2].map((k) => branchesOf(x, y)[k]()),
  },
  "a cond in a scan in a cond": {
    args: () => [numbers([], 7), numbers([4], 8)],
    program: (c: A, xs: A) => {
      const body = (c: A, x: A): [A, A] => [
        lax.cond(
          x.gt(0),
          (c: A) => c.mul(x),
          (c: A) => jnp.sin(c).sub(x),
          c,
        ),
        c,
      ];
      return lax.cond(
        c.lt(2),
        () => lax.scan(body, c, xs),
        () => [c, xs],
      );
    },
    plain: (c: A, xs: A) => {
      const body = (c: A, x: A): [A, A] => [jnp.where(x.gt(0), c.mul(x), jnp.sin(c).sub(x)), c];
      const [last, ys] = unrolled(body, c, 4, (i) => xs.get(i));
      return [last, jnp.stack(ys)];
    },
  },
  "a branch where the other would be NaN": {
    args: () => [jnp.array([0.5, -0.5, 0])],
    program: vmap((x: A) =>
      lax.cond(
        x.gt(0),
        (x: A) => jnp.log(x),
        (x: A) => x.mul(2),
        x,
      ),
    ),
    plain: (x: A) => jnp.where(x.gt(0), jnp.log(jnp.where(x.gt(0), x, 1)), x.mul(2)),
  },
};

const loops: Record<string, Case> = {
  "doubling until large": {
    args: () => [numbers([3], 1), numbers([], 2)],
    forwardOnly: true,
    program: (x: A, k: A) =>
      lax.whileLoop(
        ([, n]: [A, A]) => n.lt(4),
        ([x, n]: [A, A]) => [jnp.sin(x).mul(2).add(k), n.add(1)],
        [x, 0],
      ),
    plain: (x: A, k: A) => [[1, 2, 3, 4].reduce((c) => jnp.sin(c).mul(2).add(k), x), jnp.int32(4)],
  },
  "a condition that depends on the data": {
    args: () => [jnp.array([0.3, 0.7]), jnp.float32(1.5)],
    forwardOnly: true,
    program: (x: A, k: A) =>
      lax.whileLoop(
        (c: A) => jnp.max(c).lt(k.mul(2)),
        (c: A) => c.mul(k.add(0.75)),
        x,
      ),
    plain: (x: A, k: A) => {
      // Enough masked steps for every batch of the tests.
      let c = x;
      for (let i = 0; i < 12; i++) c = jnp.where(jnp.max(c).lt(k.mul(2)), c.mul(k.add(0.75)), c);
      return c;
    },
  },
  "a traced number of steps": {
    args: () => [jnp.int32(3), numbers([2], 4)],
    forwardOnly: true,
    program: (n: A, x: A) => lax.foriLoop(0, n, (i: A, c: A) => jnp.cos(c).mul(i.add(1)), x),
    plain: (_n: A, x: A) => [1, 2, 3].reduce((c, i) => jnp.cos(c).mul(i), x),
  },
  "a while in a scan": {
    args: () => [numbers([], 5), numbers([3], 6)],
    forwardOnly: true,
    program: (c: A, xs: A) => {
      const twice = (c: A, x: A) =>
        lax.whileLoop(
          ([, n]: [A, A]) => n.lt(2),
          ([c, n]: [A, A]) => [c.mul(x).add(1), n.add(1)],
          [c, 0],
        )[0];
      return lax.scan((c: A, x: A) => [twice(c, x), c], c, xs);
    },
    plain: (c: A, xs: A) => {
      const body = (c: A, x: A): [A, A] => [c.mul(x).add(1).mul(x).add(1), c];
      const [last, ys] = unrolled(body, c, 3, (i) => xs.get(i));
      return [last, jnp.stack(ys)];
    },
  },
};

describe("scan", () => agree(scans));
describe("cond and switch", () => agree(branches));
describe("while", () => agree(loops));
