import { grad, jit, jnp, lax, nn, random, ValueError, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, errorOf, expectClose, f32 } from "./helpers.ts";

const x = jnp.array([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("axes", () => {
  test("in axes: a number, a list, null, negative, positional", () => {
    expectClose(vmap((r: A) => jnp.sum(r))(x), [6, 15]);
    expectClose(vmap((r: A) => jnp.sum(r), 1)(x), [5, 7, 9]);
    expectClose(vmap((r: A) => jnp.sum(r), { inAxes: -1 })(x), [5, 7, 9]);
    expectClose(vmap((r: A) => jnp.sum(r), { inAxes: -2 })(x), [6, 15]);
    expectClose(vmap((r: A, s: A) => jnp.sum(r).mul(s), [1, null])(x, f32(2)), [10, 14, 18]);
    expectClose(
      vmap((r: A, s: A) => jnp.sum(r).mul(s), { inAxes: [null, 0] })(x, jnp.array([1, 2])),
      [21, 42],
    );
    expectClose(vmap((r: A, s: A) => jnp.dot(r, s), { inAxes: [0, 1] })(x, x.T), [14, 77]);
  });

  test("in axes as trees, prefixes and mixed", () => {
    const f = (p: { a: A; b: [A, A] }, s: A): A => jnp.sum(p.a).add(jnp.sum(p.b[0])).add(p.b[1]).mul(s);
    const p = { a: x, b: [x, jnp.array([10, 20])] as [A, A] };
    const expected = [(6 + 6 + 10) * 2, (15 + 15 + 20) * 2];
    expectClose(vmap(f, { inAxes: [0, null] })(p, f32(2)), expected);
    expectClose(vmap(f, { inAxes: [{ a: 0, b: 0 }, null] })(p, f32(2)), expected);
    expectClose(vmap(f, { inAxes: [{ a: 0, b: [0, 0] }, null] })(p, f32(2)), expected);
    expectClose(vmap(f, { inAxes: [{ a: null, b: [0, null] }, null] })({ a: x, b: [x, f32(1)] }, f32(1)), [
      21 + 6 + 1,
      21 + 15 + 1,
    ]);
  });

  test("null leaves in arguments", () => {
    const f = (p: { a: A; n: null }): { y: A; n: null } => ({ y: p.a.mul(2), n: p.n });
    expectClose(vmap(f)({ a: jnp.array([1, 2]), n: null }), { n: null, y: [2, 4] });
  });

  test("out axes: a number, negative, a tree, null", () => {
    const f = (r: A): A => r.mul(10);
    expectClose(vmap(f, { outAxes: 1 })(x), [
      [10, 40],
      [20, 50],
      [30, 60],
    ]);
    expectClose(vmap(f, { outAxes: -1 })(x), [
      [10, 40],
      [20, 50],
      [30, 60],
    ]);
    expectClose(vmap(f, { outAxes: -2 })(x), [
      [10, 20, 30],
      [40, 50, 60],
    ]);
    expectClose(vmap(f, 0, 1)(x), [
      [10, 40],
      [20, 50],
      [30, 60],
    ]);
    const g = (r: A): { s: A; l: [A, A] } => ({ s: jnp.sum(r), l: [r, f32(7)] });
    expectClose(vmap(g, { outAxes: { s: 0, l: [1, null] } })(x), {
      l: [
        [
          [1, 4],
          [2, 5],
          [3, 6],
        ],
        7,
      ],
      s: [6, 15],
    });
    expectClose(vmap(g, { outAxes: 0 })(x).l[1], [7, 7]);
  });

  test("results that do not depend on the mapped arguments are repeated", () => {
    expectClose(vmap((_r: A) => jnp.array([1, 2]))(x), [
      [1, 2],
      [1, 2],
    ]);
    expectClose(vmap((_r: A) => jnp.array([1, 2]), { outAxes: 1 })(x), [
      [1, 1],
      [2, 2],
    ]);
    expectClose(vmap((_r: A) => 3)(x), [3, 3]);
    const [, constant] = vmap((r: A) => [r, 3 as unknown as A], { outAxes: [0, null] })(x);
    expectClose(constant, 3);
  });

  test("axisSize without mapped arguments, and as a check", () => {
    expectClose(vmap(() => jnp.ones([2]), { axisSize: 3 })(), [
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expectClose(vmap((s: A) => s, { inAxes: null, axisSize: 2 })(f32(5)), [5, 5]);
    expectClose(vmap((r: A) => jnp.sum(r), { axisSize: 2 })(x), [6, 15]);
  });

  test("axes of size 0 and 1", () => {
    expect(vmap((r: A) => r.mul(2))(jnp.zeros([0, 3])).shape).toEqual([0, 3]);
    expect(vmap((r: A) => jnp.sum(r))(jnp.zeros([0, 3])).shape).toEqual([0]);
    expectClose(vmap((r: A) => r.mul(2))(jnp.ones([1, 2])), [[2, 2]]);
  });

  test("the function sees one example", () => {
    vmap(
      (r: A, s: A) => {
        expect(r.shape).toEqual([2]);
        expect(r.ndim).toBe(1);
        expect(s.shape).toEqual([]);
        expect(r.size).toBe(2);
        expect(r.length).toBe(2);
        return r;
      },
      { inAxes: [1, null] },
    )(x, f32(1));
  });

  test("typed arrays and lists of arrays", () => {
    expectClose(vmap((r: A) => r.mul(2))(new Float32Array([1, 2]) as unknown as A), [2, 4]);
    expectClose(vmap((l: A[]) => l[0].add(l[1]))([jnp.array([1, 2]), jnp.array([3, 4])]), [4, 6]);
  });
});

// Every operation against a loop over the mapped axis, each operand mapped or not.
describe("against a loop", () => {
  const a = random.normal(random.key(0), [4, 3, 5]);
  const b = random.normal(random.key(1), [4, 3, 5]);
  const idx = jnp.int32([0, 2, 1, 2]);
  const rows = (v: A): A[] => [...v];
  const unary: Record<string, (v: A) => A> = {
    sum: (v) => jnp.sum(v, 0),
    mean: (v) => jnp.mean(v, { axis: 1, keepdims: true }),
    max: (v) => jnp.max(v),
    argmin: (v) => jnp.argmin(v, 1),
    cumsum: (v) => jnp.cumsum(v, 1),
    sort: (v) => jnp.sort(v, 0),
    argsort: (v) => jnp.argsort(v, 1),
    softmax: (v) => nn.softmax(v, { axis: 0 }),
    logsumexp: (v) => nn.logsumexp(v, { axis: 1 }),
    transpose: (v) => v.T,
    reshape: (v) => v.reshape(5, 3),
    ravel: (v) => v.ravel(),
    flip: (v) => jnp.flip(v, 1),
    roll: (v) => jnp.roll(v, 2, 1),
    pad: (v) =>
      jnp.pad(v, [
        [1, 0],
        [0, 2],
      ]),
    tile: (v) => jnp.tile(v, [2, 1]),
    repeat: (v) => jnp.repeat(v, 2, 0),
    broadcastTo: (v) => jnp.broadcastTo(v, [2, 3, 5]),
    slice: (v) => v.get("1:", "::2"),
    index: (v) => v.get(1),
    take: (v) => jnp.take(v, jnp.int32([2, 0]), 0),
    at: (v) => v.at(1, 2).set(9),
    atAdd: (v) => v.at(jnp.int32([0, 0])).add(1),
    stack: (v) => jnp.stack([v, v.mul(2)], 1),
    split: (v) => jnp.split(v, 3, 0)[1] as A,
    concatenate: (v) => jnp.concatenate([v, v], 1),
    squeeze: (v) => jnp.squeeze(v.get(":1"), 0),
    oneHot: (v) => nn.oneHot(jnp.argmax(v, 1), 5),
    dynamicSlice: (v) => lax.dynamicSlice(v, [jnp.int32(1), jnp.int32(2)], [2, 2]),
    topK: (v) => lax.topK(v, 2)[0],
    einsum: (v) => jnp.einsum("ij,kj->ik", v, v),
    var: (v) => jnp.var(v, 0),
    prod: (v) => jnp.prod(v, 1),
    any: (v) => jnp.any(v.gt(1), 0),
    astype: (v) => v.astype("int32"),
    clip: (v) => jnp.clip(v, -0.5, 0.5),
    grad: (v) => grad((u: A) => jnp.sum(jnp.sin(u)))(v),
    relu: (v) => nn.relu(v),
    bits: (v) => lax.bitcastConvertType(v, "int32"),
  };
  test.each(Object.entries(unary))("%s", (_name, f) => {
    const expected = jnp.stack(rows(a).map(f)).tolist();
    expectClose(vmap(f)(a), expected);
    expectClose(jit(vmap(f))(a), expected);
    expectClose(vmap(f, { inAxes: 1 })(jnp.moveaxis(a, 0, 1)), expected);
    expectClose(vmap(f, { inAxes: 2 })(jnp.moveaxis(a, 0, 2)), expected);
    // Two maps at once.
    const twice = jnp.stack([a, b]);
    expectClose(vmap(vmap(f))(twice), [expected, jnp.stack(rows(b).map(f)).tolist()]);
  });

  const binary: Record<string, (u: A, v: A) => A> = {
    add: (u, v) => u.add(v),
    sub: (u, v) => u.sub(v),
    div: (u, v) => u.div(v),
    pow: (u, v) => jnp.abs(u).pow(v),
    maximum: (u, v) => jnp.maximum(u, v),
    less: (u, v) => u.lt(v),
    where: (u, v) => jnp.where(u.gt(0), u, v),
    matmul: (u, v) => u.matmul(v.T),
    dot: (u, v) => jnp.dot(u.get(0), v.get(1)),
    outer: (u, v) => jnp.outer(u.get(0), v.get(0)),
    tensordot: (u, v) => jnp.tensordot(u, v, 2),
    einsum: (u, v) => jnp.einsum("ij,ij->i", u, v),
    concatenate: (u, v) => jnp.concatenate([u, v], 0),
    broadcast: (u, v) => u.add(v.get(0)),
    dynamicUpdateSlice: (u, v) => lax.dynamicUpdateSlice(u, v.get(":2", ":2"), [jnp.int32(1), jnp.int32(1)]),
    atSet: (u, v) => u.at(0).set(v.get(1)),
    select: (u, v) => lax.select(u.lt(v), u, v),
    clamp: (u, v) => lax.clamp(v.get(0, 0), u, v.get(0, 0).add(1)),
  };
  test.each(Object.entries(binary))("%s", (_name, f) => {
    const loop = (us: A[], vs: A[]) => jnp.stack(us.map((u, i) => f(u, vs[i] as A))).tolist();
    expectClose(vmap(f)(a, b), loop(rows(a), rows(b)));
    const fixed = b.get(0);
    expectClose(vmap(f, { inAxes: [0, null] })(a, fixed), loop(rows(a), Array(4).fill(fixed)));
    expectClose(vmap(f, { inAxes: [null, 0] })(fixed, a), loop(Array(4).fill(fixed), rows(a)));
    expectClose(
      vmap(f, { inAxes: [2, 1] })(jnp.moveaxis(a, 0, 2), jnp.moveaxis(b, 0, 1)),
      loop(rows(a), rows(b)),
    );
  });

  const indexed: Record<string, (v: A, i: A) => A> = {
    get: (v, i) => v.get(i),
    getTwo: (v, i) => v.get(i, 1),
    take: (v, i) => jnp.take(v, i, 1),
    set: (v, i) => v.at(i).set(0),
    add: (v, i) => v.at(i, "::2").add(1),
    dynamicSlice: (v, i) => lax.dynamicSlice(v, [i, 0], [1, 2]),
    dynamicUpdateSlice: (v, i) => lax.dynamicUpdateSlice(v, jnp.ones([1, 2]), [i, i]),
    max: (v, i) => v.at(i, jnp.int32([1, 1])).max(0.5),
    roll: (v, i) => v.get(jnp.mod(jnp.arange(3).add(i), 3)),
    where: (v, i) => jnp.where(jnp.arange(5).lt(i), v, 0),
    oneHot: (_v, i) => nn.oneHot(i, 3),
  };
  test.each(Object.entries(indexed))("index %s", (_name, f) => {
    const indices = rows(idx);
    const loop = (vs: A[], is: A[]) => jnp.stack(vs.map((v, i) => f(v, is[i] as A))).tolist();
    expectClose(vmap(f)(a, idx), loop(rows(a), indices));
    expectClose(vmap(f, { inAxes: [0, null] })(a, jnp.int32(2)), loop(rows(a), Array(4).fill(jnp.int32(2))));
    expectClose(vmap(f, { inAxes: [null, 0] })(a.get(0), idx), loop(Array(4).fill(a.get(0)), indices));
    expectClose(vmap(f, { inAxes: [1, 0] })(jnp.moveaxis(a, 0, 1), idx), loop(rows(a), indices));
  });

  test("random keys", () => {
    const keys = random.split(random.key(7), 3);
    const draw = (k: A): A => random.normal(k, [2]);
    expectClose(
      vmap(draw)(keys),
      [...keys].map((k) => draw(k).tolist()),
      0,
    );
    const raw = random.split(random.PRNGKey(7), 3);
    expectClose(
      vmap(draw)(raw),
      [...raw].map((k) => draw(k).tolist()),
      0,
    );
    expectClose(
      vmap((k: A) => random.keyData(random.foldIn(k, 3)))(keys),
      [...keys].map((k) => random.keyData(random.foldIn(k, 3)).tolist()),
      0,
    );
  });
});

describe("errors", () => {
  const cases: [string, () => unknown, typeof ValueError | typeof TypeError, RegExp][] = [
    [
      "sizes that differ",
      () => vmap((u: A, v: A) => u.add(v))(jnp.ones([2]), jnp.ones([3])),
      ValueError,
      /inconsistent sizes.*float32\[2\].*float32\[3\]/s,
    ],
    ["a scalar", () => vmap((u: A) => u)(f32(1)), ValueError, /axis 0.*rank.*at least 1.*\(\)/s],
    ["a lone number", () => vmap((u: A) => u)(3), ValueError, /axis 0/],
    [
      "an axis out of range",
      () => vmap((u: A) => u, { inAxes: 2 })(x),
      ValueError,
      /axis 2.*at least 3.*\(2, 3\)/s,
    ],
    ["a negative axis out of range", () => vmap((u: A) => u, { inAxes: -3 })(x), ValueError, /axis -3/],
    ["an out axis out of range", () => vmap((u: A) => u, { outAxes: 3 })(x), ValueError, /3.*out of bounds/],
    [
      "nothing mapped",
      () => vmap((u: A) => u, { inAxes: null })(x),
      ValueError,
      /at least one non-None.*inAxes/s,
    ],
    ["no arguments", () => vmap(() => f32(1))(), ValueError, /at least one|axisSize/],
    [
      "another number of axes than arguments",
      () => vmap((u: A) => u, { inAxes: [0, 0] })(x),
      ValueError,
      /len\(inAxes\)=2, len\(args\)=1/,
    ],
    [
      "axes that are no prefix",
      () => vmap((u: { b: A }) => u.b, { inAxes: [{ a: 0 }] })({ b: x }),
      ValueError,
      /inAxes/,
    ],
    ["out axes that are no prefix", () => vmap((u: A) => u, { outAxes: [0, 0] })(x), ValueError, /outAxes/],
    ["null for a mapped output", () => vmap((u: A) => u, { outAxes: null })(x), ValueError, /outAxes.*null/],
    [
      "a string as axis",
      () => vmap((u: A) => u, { inAxes: "0" as unknown as number })(x),
      TypeError,
      /inAxes.*int.*0/,
    ],
    ["a broken number as axis", () => vmap((u: A) => u, { inAxes: 0.5 })(x), TypeError, /inAxes.*0\.5/],
    [
      "a string as out axis",
      () => vmap((u: A) => u, { outAxes: "0" as unknown as number })(x),
      TypeError,
      /outAxes/,
    ],
    [
      "axisSize against the arguments",
      () => vmap((u: A) => u, { axisSize: 3 })(x),
      ValueError,
      /axisSize.*3.*2/s,
    ],
    ["a negative axisSize", () => vmap(() => f32(1), { axisSize: -1 })(), ValueError, /axisSize.*-1/],
    ["an unknown option", () => vmap((u: A) => u, { inAxis: 0 } as object)(x), TypeError, /inAxis.*inAxes/],
    ["no function", () => vmap(x as unknown as () => A), TypeError, /callable/],
    ["a string result", () => vmap((_u: A) => "a")(x), TypeError, /string/],
    ["a string argument", () => vmap((u: A) => u)("a" as unknown as A), TypeError, /string/],
  ];
  test.each(cases)("%s", (_name, run, cls, message) => {
    const error = errorOf(run);
    expect(error).toBeInstanceOf(cls);
    expect(error.message).toMatch(message);
  });
});
