// Loops and branches that contain collectives, under vmap with an axis name: values and derivatives are those of JAX 0.10.2.

import { checkpoint, customVjp, grad, jit, jnp, jvp, lax, type NDArray, tree, vmap } from "fluxion";
import { beforeAll, describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";
import { type A, expectClose, values } from "./helpers.ts";

type Results = number[] | number[][] | string;
type Golden = Record<string, Record<string, Results>>;
let golden: Golden;
beforeAll(async () => {
  golden = await readGolden<Golden>("collective_loops");
});

const x = jnp.array([1, 2, 3, 4]).mul(0.25);
const m = jnp.arange(12).reshape([4, 3]).div(10).astype("float32");
const sum = <T>(a: T): T => lax.psum(a, "i");
const ring = [0, 1, 2, 3].map((k) => [k, (k + 1) % 4] as const);
const zero = jnp.float32(0);
const cv = customVjp((a: A) => sum(a));
cv.defvjp(
  (a) => [cv(a), a],
  (r, g) => [sum((g as A).mul(r as A))],
);

const programs: Record<string, [(a: A) => unknown, A]> = {
  scan1: [
    (a) => lax.scan((c: A, b: A) => [jnp.sin(c.add(sum(c).mul(0.1))).add(b), c.mul(sum(b))], a.sum(), a),
    m,
  ],
  scan_un: [
    (a) =>
      lax.scan((c: A, _: null) => [c.add(sum(a)), sum(jnp.float32(1)).mul(c)], zero, null, { length: 3 }),
    x,
  ],
  scan_rev: [
    (a) =>
      lax.scan(
        (c: A, b: A) => [lax.ppermute(c, "i", ring).mul(0.5).add(b), lax.axisIndex("i").mul(c)],
        a,
        m.get(":", 0),
        { reverse: true },
      ),
    x,
  ],
  while_ps: [
    (a) =>
      lax.whileLoop(
        (c: A) => sum(c).lt(50),
        (c: A) => c.mul(2).add(lax.pmean(c, "i")),
        a,
      ),
    x,
  ],
  while_b: [
    (a) =>
      lax.whileLoop(
        (c: A) => c.lt(3),
        (c: A) => c.add(sum(c).mul(0.2)),
        a,
      ),
    x,
  ],
  while_idx: [
    (a) =>
      lax.whileLoop(
        (c: A[]) => c[0].lt(lax.axisIndex("i")),
        (c: A[]) => [c[0].add(1), c[1].mul(2).add(sum(c[1]))],
        [jnp.int32(0), a],
      ),
    x,
  ],
  cond_b: [
    (a) =>
      lax.cond(
        a.gt(0.6),
        (v: A) => v.mul(sum(v)),
        (v: A) => v.sub(lax.pmax(v, "i")),
        a,
      ),
    x,
  ],
  cond_u: [
    (a) =>
      lax.cond(
        sum(a).gt(2),
        (v: A) => v.mul(sum(v)),
        (v: A) => v.neg(),
        a,
      ),
    x,
  ],
  switch: [
    (a) =>
      lax.switch(
        lax.axisIndex("i").mod(3),
        [(v: A) => sum(v), (v: A) => v, (v: A) => lax.ppermute(v, "i", ring)],
        a,
      ),
    x,
  ],
  fori_g: [(a) => lax.foriLoop(0, 3, (k: A, c: A) => lax.allGather(c, "i").mean().mul(k).add(c), a), x],
  map: [(a) => lax.map((b: A) => sum(b).mul(b), jnp.stack([a, a.mul(2)])), x],
  nested: [
    (a) =>
      vmap(
        (b: A) =>
          lax.scan(
            (c: A, _: null) => [c.add(lax.psum(c.mul(b), ["i", "j"]).mul(0.1)), lax.psum(c, "j")],
            b,
            null,
            { length: 2 },
          ),
        { axisName: "j" },
      )(jnp.stack([a, a.add(1)])),
    x,
  ],
  assoc: [
    (a) =>
      lax.associativeScan((p: A, q: A) => p.add(q.mul(sum(p)).mul(0.1)), jnp.stack([a, a.mul(2), a.mul(3)])),
    x,
  ],
  scan_cv: [(a) => lax.scan((c: A, _: null) => [c.add(cv(c).mul(0.1)), null], a, null, { length: 3 })[0], x],
  remat: [
    (a) =>
      lax.scan(checkpoint((c: A, _: null) => [jnp.sin(c.add(sum(c))), null]) as never, a, null, {
        length: 3,
      })[0],
    x,
  ],
};

const leaves = (t: unknown): A[] => (tree.leaves(t) as A[]).filter((y) => y.dtype.name !== "float0");
const squares =
  (g: (v: A) => unknown) =>
  (v: A): A =>
    leaves(g(v))
      .map((u) => u.astype("float32").pow(2).sum())
      .reduce((p, q) => p.add(q));

const transformed: Record<string, (g: (v: A) => unknown, a: A) => unknown> = {
  value: (g, a) => g(a),
  grad: (g, a) => grad(squares(g))(a),
  jvp: (g, a) => jvp(g as (v: A) => A, [a], [jnp.cos(a)])[1],
  hess: (g, a) => grad((w: A) => jnp.vdot(jnp.cos(a), grad(squares(g))(w)))(a),
  out: (g, a) => vmap(g as (v: A) => A)(jnp.stack([a, a.mul(0.5)])),
};

/**
 * The backward rule of a customVjp function sees the cotangent of each member, as under pmap. In JAX's vmap it sees the sum of all members where the
 * result is one that they share, and a rule that sums over members counts them twice.
 */
const otherwise = ["scan_cv grad", "scan_cv hess"];

for (const [name, [f, a]] of Object.entries(programs)) {
  describe(name, () => {
    test.each(Object.keys(transformed))("%s", (how) => {
      if (otherwise.includes(`${name} ${how}`)) return;
      const expected = golden[name][how];
      const run = (v: A): unknown => transformed[how](vmap(f, { axisName: "i" }) as (v: A) => unknown, v);
      if (typeof expected === "string") {
        expect(() => run(a)).toThrow();
        return;
      }
      for (const g of [run, jit(run as (v: A) => NDArray)]) {
        const results = leaves(g(a));
        expect(results).toHaveLength(expected.length);
        results.forEach((y, k) => {
          const wanted = expected[k] as never;
          const size = Math.max(1, ...[wanted].flat(9).map((v) => Math.abs(v)));
          expectClose(y.div(size), values(jnp.array(wanted).div(size)) as number[], 2e-5);
        });
      }
    });
  });
}

test("rules of custom derivatives see the cotangent of each member", () => {
  const f = (a: A): A => a.add(cv(a).mul(0.1));
  const own = x.add(x.sum().mul(0.1)).mul(2);
  const expected = own.add(own.mul(0.1).mul(x).sum());
  expectClose(grad(squares(vmap(f, { axisName: "i" })))(x), values(expected) as number[], 1e-5);
});
