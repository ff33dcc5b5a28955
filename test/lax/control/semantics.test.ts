// Carries of weak type, forms of options, closures, leaks, sizes at the edge, and misuse.

import { grad, jit, jnp, jvp, lax, makeJaxpr, type NDArray, random, valueAndGrad, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { mistakes } from "../../misuse/table.ts";

type A = NDArray;
const f32 = (x: number) => jnp.float32(x);
const add = (c: A, x: A): [A, A] => [c.add(x), c];
const typeOf = (x: A) => x.aval.strWeak();

describe("carries that start as lone numbers", () => {
  test("take the type that the body gives them", () => {
    const [last, ys] = lax.scan(add, 0, jnp.array([1.5, 2]));
    expect([typeOf(last), typeOf(ys), String(ys)]).toEqual(["float32[]", "float32[2]", "[0.  1.5]"]);
    expect(typeOf(lax.scan(add, 0, jnp.int32([1, 2]))[0])).toBe("int32[]");
    const double = jnp.ones([2], { dtype: "float64" });
    expect(typeOf(lax.scan(add, 0.5, double)[0])).toBe("float64[]");
  });
  test("stay weak where nothing strong meets them", () => {
    expect(typeOf(lax.foriLoop(0, 3, (_i: A, c: A) => c.mul(2), 1))).toBe("~int32[]");
    expect(typeOf(lax.foriLoop(0, 3, (_i: A, c: A) => c.mul(1.5), 1.5))).toBe("~float32[]");
    expect(typeOf(lax.foriLoop(0, 3, (_i: A, c: A) => c.mul(1.5), 1))).toBe("float32[]");
    expect(`${lax.foriLoop(0, 3, (_i: A, c: A) => c.mul(1.5), 1)}`).toBe("3.375");
  });
  test("a strong carry of another type is an error", () => {
    expect(() => lax.scan(add, jnp.int32(0), jnp.ones([2]))).toThrow(/int32\[\].*float32\[\], so the dtypes/);
  });
});

describe("options of scan", () => {
  const xs = jnp.array([1, 2, 3]);
  const forms: [string, () => [A, A]][] = [
    ["by name", () => lax.scan(add, 0, xs, { reverse: true })],
    ["by position", () => lax.scan(add, 0, xs, 3, true)],
    ["with the array", () => lax.scan(add, 0, { xs, reverse: true })],
    ["unrolled", () => lax.scan(add, 0, xs, { reverse: true, unroll: true, _splitTranspose: true })],
  ];
  test.each(forms)("%s", (_, run) => {
    const [last, ys] = run();
    expect(`${last} ${ys}`).toBe("6.0 [5. 3. 0.]");
  });
  test("a length alone in the place of the array", () => {
    expect(`${lax.scan((c: A, _: null) => [c.mul(2), null], 1, { length: 5 })[0]}`).toBe("32");
  });
  test("an object of arrays is scanned", () => {
    const ys = lax.scan((c: A, x: { length: A }) => [c, x.length.mul(2)], 0, { length: xs })[1];
    expect(String(ys)).toBe("[2. 4. 6.]");
  });
});

describe("closures", () => {
  test("a body sees the tracers of every transformation around it", () => {
    const f = (a: A, b: A) =>
      vmap(
        (row: A) =>
          jvp(
            (t: A) => lax.scan((c: A, x: A) => [c.mul(x).add(a).add(t), null], b, row)[0],
            [b],
            [f32(1)],
          )[1],
      )(
        jnp.array([
          [1, 2],
          [3, 4],
        ]),
      );
    // d/dt of ((b x0 + a + t) x1 + a + t) is x1 + 1, and the carry starts with b itself.
    expect(String(f(f32(5), f32(7)))).toBe("[3. 5.]");
    expect(String(jit(f)(f32(5), f32(7)))).toBe("[3. 5.]");
    const g = (a: A) => lax.foriLoop(0, 2, (_i: A, c: A) => c.mul(a).add(f(a, c).sum()), a);
    expect(`${grad(g)(1.5)} ${jit(grad(g))(f32(1.5))}`).toBe("14.75 14.75");
  });

  test("perturbations are not confused", () => {
    const inner = (x: A) =>
      grad((y: A) => lax.foriLoop(0, 3, (_i: A, c: A) => c.add(x.mul(y)), f32(0)))(f32(2));
    expect(`${grad((x: A) => x.mul(inner(x)))(5)}`).toBe("30.0");
    const body =
      (x: A) =>
      (c: A, _: null): [A, null] => [c.add(grad((y: A) => x.mul(y).mul(y))(x)), null];
    // 2 x^2 in each of two steps.
    expect(`${grad((x: A) => lax.scan(body(x), f32(0), null, { length: 2 })[0])(3)}`).toBe("24.0");
  });

  test("a tracer that leaves its body is an error that names it", () => {
    let leaked: A | undefined;
    lax.foriLoop(
      0,
      2,
      function step(_i: A, c: A) {
        leaked = c;
        return c.add(1);
      },
      f32(0),
    );
    expect(() => leaked?.add(1)).toThrow(/scan body step/);
  });

  test("known bounds under grad and jvp make a scan, traced ones a while loop", () => {
    const f = (n: A, x: A) => lax.foriLoop(0, n, (_i: A, c: A) => c.mul(2), x);
    expect(`${grad(f, { argnums: 1 })(jnp.int32(3), f32(1))}`).toBe("8.0");
    expect(String(makeJaxpr(f)(jnp.int32(3), f32(1)))).toContain("while");
    expect(() => jit(grad(f, { argnums: 1 }))(jnp.int32(3), f32(1))).toThrow(/foriLoop with dynamic/);
  });
});

describe("edges", () => {
  test("empty arrays in carries, slices and results", () => {
    const [last, ys] = lax.scan((c: A, x: A) => [c.mul(2), x.add(1)], jnp.zeros([0, 2]), jnp.zeros([3, 0]));
    expect([last.shape, ys.shape]).toEqual([
      [0, 2],
      [3, 0],
    ]);
    const g = grad((x: A) => lax.scan((c: A, x: A) => [c.add(x.sum()), null], f32(1), x)[0]);
    expect(g(jnp.zeros([3, 0])).shape).toEqual([3, 0]);
    expect(`${grad((c: A) => lax.scan((c: A, x: A) => [c.mul(x), c], c, jnp.zeros([0]))[0])(3)}`).toBe("1.0");
  });
  test("loops that do not run", () => {
    expect(`${lax.foriLoop(3, 1, (_i: A, c: A) => c.mul(2), f32(7))}`).toBe("7.0");
    expect(
      `${lax.whileLoop(
        (c: A) => c.lt(0),
        (c: A) => c.mul(2),
        f32(7),
      )}`,
    ).toBe("7.0");
    expect(`${jit((n: A) => lax.foriLoop(n, 1, (_i: A, c: A) => c.mul(2), 7))(jnp.int32(4))}`).toBe("7");
  });
  test("NaN as a condition is false, infinities go on", () => {
    expect(
      `${lax.whileLoop(
        (c: A) => c.lt(10),
        (c: A) => c.mul(2),
        f32(Number.NaN),
      )}`,
    ).toBe("nan");
    expect(
      `${lax.whileLoop(
        (c: A) => c.lt(Number.POSITIVE_INFINITY),
        (c: A) => c.mul(1e30),
        f32(1),
      )}`,
    ).toBe("inf");
  });
  test("a predicate that is a number", () => {
    const f = (p: number | bigint | A) =>
      String(
        lax.cond(
          p,
          () => 1,
          () => 2,
        ),
      );
    expect([f(0), f(-0.5), f(Number.NaN), f(3n), f(jnp.uint8(0))]).toEqual(["2", "1", "1", "1", "2"]);
  });
  test("one branch, and indices of other types", () => {
    expect(`${lax.switch(7, [(x: A) => x.add(1)], f32(1))}`).toBe("2.0");
    const f = (i: A) => lax.switch(i, [() => 10, () => 20, () => 30]);
    expect(
      ["uint8", "int32", "uint32"].map((dtype) => `${f(jnp.array(1, { dtype: dtype as "uint8" }))}`),
    ).toEqual(["20", "20", "20"]);
  });
  test("a million steps", () => {
    expect(`${lax.foriLoop(0, 1_000_000, (i: A, c: A) => c.add(i.mod(3)), 0)}`).toBe("999999");
  });
  test("keys as carries, slices and results", () => {
    const keys = random.split(random.key(1), 3);
    const f = (keys: A) =>
      lax.scan((k: A, x: A) => [random.foldIn(k, 1), [x, random.uniform(x), k]], random.key(2), keys);
    const [last, [same, draws, stack]] = f(keys);
    const expected = [0, 1, 2].map((i) => random.uniform(keys.get(i)).item());
    expect(draws.tolist()).toEqual(expected);
    expect(`${random.keyData(same)}`).toBe(`${random.keyData(keys)}`);
    expect([stack.shape, String(stack.dtype), last.shape]).toEqual([[3], "key<fry>", []]);
    expect(`${jit(f)(keys)[1][1]}`).toBe(`${draws}`);
  });
  test("associativeScan: axes, reverse, trees of one and no element", () => {
    const x = jnp.reshape(jnp.arange(6), [2, 3]);
    expect(`${lax.associativeScan(jnp.add, x, { axis: -1 }).tolist()}`).toBe("0,1,3,3,7,12");
    expect(`${lax.associativeScan(jnp.add, x, true, 1).tolist()}`).toBe("3,3,2,12,9,5");
    expect(lax.associativeScan(jnp.add, jnp.zeros([0])).shape).toEqual([0]);
    const [v, g] = valueAndGrad((x: A) => lax.associativeScan((a: A, b: A) => a.mul(b), x).sum())(
      jnp.array([2, 3, 4]),
    );
    expect(`${v} ${g}`).toBe("32.0 [16. 10.  6.]");
  });
  test("map: batches that divide and that do not, all at once", () => {
    const x = jnp.arange(5).astype("float32");
    for (const batchSize of [null, 0, 1, 2, 5, 7]) {
      expect(String(lax.map((v: A) => v.mul(v), x, { batchSize }))).toBe("[ 0.  1.  4.  9. 16.]");
    }
    expect(
      `${grad((x: A) => lax.map((v: A) => jnp.sin(v), x, { batchSize: 2 }).sum())(jnp.zeros([5]))}`,
    ).toBe("[1. 1. 1. 1. 1.]");
  });
});

const ones = (n: number) => jnp.ones([n]);
type Bad = never;
describe("misuse", () => {
  mistakes([
    ["a body that is no function", () => lax.scan(3 as Bad, 0 as Bad, ones(2)), "TypeError", /callable/],
    [
      "a body that returns no pair",
      () => lax.scan(((c: A) => c) as Bad, 0.5 as Bad, ones(2)),
      "TypeError",
      /pair/,
      /~float32\[\]/,
    ],
    [
      "three results",
      () => lax.scan(((c: A, x: A) => [c, x, x]) as Bad, 0 as Bad, ones(2)),
      "TypeError",
      /pair/,
      /\*, \*, \*/,
    ],
    [
      "another structure",
      () => lax.scan((c: A, x: A) => [[c, c] as unknown as A, x], 0.5, ones(2)),
      "TypeError",
      /input carry c is a pytree leaf/,
      /list/,
      /types differ/,
    ],
    [
      "missing keys",
      () => lax.scan((c: { a: A }, x: A) => [{ b: c.a } as unknown as { a: A }, x], { a: 0 }, ones(2)),
      "TypeError",
      /scan body function carry input/,
      /metadata/,
    ],
    [
      "one of several carries",
      () =>
        lax.scan((c: { a: A; b: A }, x: A) => [{ a: c.a, b: ones(2) }, x], { a: 0.5, b: ones(3) }, ones(2)),
      "TypeError",
      /component c\['b'\] has type float32\[3\]/,
      /float32\[2\]/,
      /shapes do not match/,
    ],
    [
      "a destructured carry",
      () => lax.scan(([a, b]: [A, A], _: null) => [[a, b.gt(0)], null], [ones(1), ones(1)], null, 2),
      "TypeError",
      /input carry at path \[1\]/,
      /bool\[1\]/,
    ],
    [
      "a negative length",
      () => lax.scan(add as Bad, 0 as Bad, null, { length: -1 }),
      "ValueError",
      /non-negative/,
      "-1",
    ],
    [
      "a length with a fraction",
      () => lax.scan(add as Bad, 0 as Bad, null, { length: 2.5 }),
      "ValueError",
      "2.5",
    ],
    [
      "a traced length",
      () =>
        jit((n: A) => lax.scan((c: A, _: null) => [c, null], 0, null, { length: n as Bad }))(jnp.int32(3)),
      "ConcretizationTypeError",
      /length/,
      /whileLoop/,
    ],
    [
      "an unknown option",
      () => lax.scan(add, 0, ones(2), { backwards: true } as Bad),
      "TypeError",
      /backwards/,
      /reverse/,
    ],
    ["a negative unroll", () => lax.scan(add, 0, ones(2), { unroll: -1 }), "ValueError", /unroll/],
    ["a string as carry", () => lax.scan(add as Bad, "abc" as Bad, ones(2)), "TypeError", /init/, /string/],
    [
      "a condition that is no function",
      () => lax.whileLoop(true as Bad, (c: A) => c, 0),
      "TypeError",
      /callable/,
    ],
    [
      "a condition with two results",
      () => lax.whileLoop(((c: A) => [c, c]) as Bad, (c: A) => c, 0),
      "TypeError",
      /boolean scalar/,
      /\*, \*/,
    ],
    [
      "a condition for each element",
      () =>
        lax.whileLoop(
          (c: A) => ones(2).lt(c),
          (c: A) => c.add(1),
          0,
        ),
      "TypeError",
      /bool\[2\]/,
    ],
    [
      "a body of while that changes the shape",
      () =>
        lax.whileLoop(
          (c: A) => c.sum().lt(3),
          (_c: A) => ones(2),
          0.5,
        ),
      "TypeError",
      /while_loop body/,
      /float32\[2\]/,
    ],
    [
      "bounds of two types",
      () => lax.foriLoop(0, jnp.uint8(3), (_i: A, c: A) => c, 0),
      "TypeError",
      /int32/,
      /uint8/,
    ],
    [
      "an infinite bound",
      () => lax.foriLoop(0.5, Number.POSITIVE_INFINITY, (_i: A, c: A) => c, 0),
      "ValueError",
      /Infinity/,
    ],
    [
      "unrolling a loop of unknown length",
      () => jit((n: A) => lax.foriLoop(0, n, (_i: A, c: A) => c, 0, { unroll: 4 }))(jnp.int32(3)),
      "ValueError",
      /unroll/,
    ],
    [
      "a predicate for each element",
      () =>
        lax.cond(
          ones(2),
          () => 1,
          () => 2,
        ),
      "TypeError",
      /scalar/,
      /\(2\)/,
    ],
    [
      "no predicate",
      () =>
        lax.cond(
          null as Bad,
          () => 1,
          () => 2,
        ),
      "TypeError",
      /null/,
    ],
    ["a branch that is no function", () => lax.cond(true, 1 as Bad, () => 2), "TypeError", /callable/],
    [
      "branches of different structure",
      () =>
        lax.cond(
          true,
          () => ({ a: 1 }),
          () => ({ a: 1, b: 2 }),
        ),
      "TypeError",
      /trueFun output/,
      /1 child/,
      /2 children/,
      /'b'/,
    ],
    [
      "branches of different types",
      () =>
        lax.cond(
          true,
          () => ({ a: ones(2), b: 1 }),
          () => ({ a: ones(3), b: 1.5 }),
        ),
      "TypeError",
      /at path \['a'\] has type float32\[2\]/,
      /at path \['b'\] has type int32\[\]/,
    ],
    [
      "branches of a switch",
      () => lax.switch(1, [() => 1, () => 2, () => 2.5]),
      "TypeError",
      /branch 2/,
      /float32\[\]/,
    ],
    ["no branches", () => lax.switch(1, []), "ValueError", /[Ee]mpty/],
    ["a boolean index", () => lax.switch(true as Bad, [() => 1, () => 2]), "TypeError", /integer/, /bool/],
    [
      "an index for each element",
      () => lax.switch(jnp.int32([0, 1]), [() => 1, () => 2]),
      "TypeError",
      /scalar/,
    ],
    [
      "arrays of different length to map",
      () => lax.map(([x, y]: [A, A]) => x.add(y), [ones(2), ones(3)]),
      "ValueError",
      "2, 3",
    ],
    ["a scalar to map", () => lax.map((x: A) => x, f32(3)), "ValueError", /leading axis/],
    ["a negative batch", () => lax.map((x: A) => x, ones(3), { batchSize: -2 }), "ValueError", /batchSize/],
    [
      "an axis that is not there",
      () => lax.associativeScan(jnp.add, ones(3), { axis: 1 }),
      "ValueError",
      /axis 1/,
    ],
    [
      "arrays of different length to associativeScan",
      () => lax.associativeScan((a: A[], _b: A[]) => a, [ones(3), ones(4)]),
      "ValueError",
      /same first dimension/,
    ],
    [
      "another structure from associativeScan's function",
      () => lax.associativeScan(((a: A, b: A) => [a, b]) as Bad, ones(4)),
      "ValueError",
      /structure/,
    ],
  ]);
});
