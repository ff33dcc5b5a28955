// Collectives under vmap with an axis name. Expected values and jaxprs are JAX's.

import {
  checkpoint,
  customJvp,
  customVjp,
  grad,
  jit,
  jnp,
  jvp,
  lax,
  makeJaxpr,
  NameError,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, expectClose, values } from "./helpers.ts";

const vector = jnp.arange(0, 4).astype("float32");
const matrix = jnp.arange(0, 16).astype("float32").reshape([4, 4]);
const overI = (f: (x: A) => A) => vmap(f, { axisName: "i" });

interface Row {
  readonly f: (x: A) => A;
  readonly x: A;
  readonly expected: unknown;
  /** The gradient of the sum of results, weighted by 1, 2, ... in row-major order. */
  readonly gradient?: unknown;
}
const table: Record<string, Row> = {
  psum: { f: (x) => lax.psum(x, "i"), x: vector, expected: [6, 6, 6, 6], gradient: [10, 10, 10, 10] },
  pmean: {
    f: (x) => lax.pmean(x, "i"),
    x: vector,
    expected: [1.5, 1.5, 1.5, 1.5],
    gradient: [2.5, 2.5, 2.5, 2.5],
  },
  pmax: { f: (x) => lax.pmax(x, "i"), x: vector, expected: [3, 3, 3, 3] },
  pmin: { f: (x) => lax.pmin(x, "i"), x: vector, expected: [0, 0, 0, 0] },
  ppermute: {
    f: (x) =>
      lax.ppermute(
        x,
        "i",
        [0, 1, 2, 3].map((i) => [i, (i + 1) % 4] as const),
      ),
    x: vector,
    expected: [3, 0, 1, 2],
    gradient: [2, 3, 4, 1],
  },
  "ppermute to some": {
    f: (x) =>
      lax.ppermute(x.add(1), "i", [
        [3, 0],
        [0, 2],
      ]),
    x: vector,
    expected: [4, 0, 1, 0],
    gradient: [3, 0, 0, 1],
  },
  pshuffle: {
    f: (x) => lax.pshuffle(x, "i", [1, 2, 3, 0]),
    x: vector,
    expected: [1, 2, 3, 0],
    gradient: [4, 1, 2, 3],
  },
  pbroadcast: {
    f: (x) => lax.pbroadcast(x, "i", 2),
    x: vector,
    expected: [2, 2, 2, 2],
    gradient: [0, 0, 10, 0],
  },
  axisIndex: {
    f: (x) => x.mul(lax.axisIndex("i")),
    x: vector,
    expected: [0, 1, 4, 9],
    gradient: [0, 2, 6, 12],
  },
  axisSize: {
    f: (x) => x.mul(lax.axisSize("i")),
    x: vector,
    expected: [0, 4, 8, 12],
    gradient: [4, 8, 12, 16],
  },
  allGather: {
    f: (x) => lax.allGather(x, "i"),
    x: vector,
    expected: [0, 1, 2, 3].map(() => [0, 1, 2, 3]),
    gradient: [28, 32, 36, 40],
  },
  "allGather along another axis": {
    f: (x) => lax.allGather(x, "i", { axis: 1 }).sum(0),
    x: matrix,
    expected: [0, 1, 2, 3].map(() => [6, 22, 38, 54]),
    gradient: [28, 32, 36, 40].map((g) => [g, g, g, g]),
  },
  "allGather tiled": {
    f: (x) => lax.allGather(x.get("0:2"), "i", { tiled: true }),
    x: matrix,
    expected: [0, 1, 2, 3].map(() => [0, 1, 4, 5, 8, 9, 12, 13]),
    gradient: [
      [52, 56, 0, 0],
      [60, 64, 0, 0],
      [68, 72, 0, 0],
      [76, 80, 0, 0],
    ],
  },
  psumScatter: {
    f: (x) => lax.psumScatter(x, "i"),
    x: matrix,
    expected: [24, 28, 32, 36],
    gradient: [0, 1, 2, 3].map(() => [1, 2, 3, 4]),
  },
  "psumScatter tiled": {
    f: (x) => lax.psumScatter(x, "i", { tiled: true }),
    x: matrix,
    expected: [[24], [28], [32], [36]],
    gradient: [0, 1, 2, 3].map(() => [1, 2, 3, 4]),
  },
  allToAll: {
    f: (x) => lax.allToAll(x, "i", 0, 0),
    x: matrix,
    expected: [0, 1, 2, 3].map((i) => [i, i + 4, i + 8, i + 12]),
    gradient: [0, 1, 2, 3].map((i) => [i + 1, i + 5, i + 9, i + 13]),
  },
  pswapaxes: {
    f: (x) => lax.pswapaxes(x, "i", 0),
    x: matrix,
    expected: [0, 1, 2, 3].map((i) => [i, i + 4, i + 8, i + 12]),
    gradient: [0, 1, 2, 3].map((i) => [i + 1, i + 5, i + 9, i + 13]),
  },
};

describe("collectives under vmap", () => {
  test.each(Object.entries(table))("%s", (_name, { f, x, expected, gradient }) => {
    const mapped = overI(f);
    expect(values(mapped(x))).toEqual(expected);
    expect(values(jit(mapped)(x))).toEqual(expected);
    expect(values(overI(jit(f))(x))).toEqual(expected);
    // Inside a loop.
    const looped = overI((a) => lax.scan((c: A, _: null) => [c, f(a)], 0, null, { length: 2 })[1].get(1));
    expect(values(looped(x))).toEqual(expected);
    // Another map around it, or within.
    const twice = jnp.stack([x, x.mul(2)]);
    expect(values(vmap(mapped)(twice).get(0))).toEqual(expected);
    expect(values(overI((a: A) => vmap(f)(jnp.stack([a, a])).get(1))(x))).toEqual(expected);
    const weigh = (y: A): A => jnp.arange(1, y.size + 1).reshape(y.shape);
    const loss = (a: A): A => {
      const y = mapped(a);
      return y.mul(weigh(y)).sum();
    };
    if (gradient === undefined) {
      expect(() => grad(loss)(x)).toThrow("Differentiation rule for 'p");
      return;
    }
    expect(values(grad(loss)(x))).toEqual(gradient);
    expect(values(grad(jit(loss))(x))).toEqual(gradient);
    expect(values(grad((a: A) => loss(checkpoint((b: A) => b)(a)))(x))).toEqual(gradient);
    // Linear, so the derivative along x is the value at x less the value at 0.
    const [y, tangent] = jvp(mapped, [x], [x]);
    const atZero = mapped(jnp.zerosLike(x));
    expectClose(tangent, values(y.sub(atZero)));
  });

  test("values that members share", () => {
    const shared = jnp.array([1, 2]);
    const both = vmap((_: A) => [lax.psum(shared, "i"), lax.pmax(shared, "i"), lax.allGather(shared, "i")], {
      axisName: "i",
    })(vector);
    expect(both.map((y) => values(y.get(0)))).toEqual([[4, 8], [1, 2], [0, 1, 2, 3].map(() => [1, 2])]);
    const sum = vmap((x: A, y: A) => [lax.psum(y, "i"), x], { inAxes: [0, null], axisName: "i" });
    expect(values(sum(vector, jnp.array(3))[0])).toEqual([12, 12, 12, 12]);
    expect(values(overI((x) => lax.psum(x.gt(0), "i"))(vector))).toEqual([3, 3, 3, 3]);
    expect(values(overI((x) => lax.pmean(x.astype("int32"), "i"))(vector))).toEqual([1.5, 1.5, 1.5, 1.5]);
  });

  test("trees", () => {
    const f = vmap((t: { a: A; b: [A] }) => lax.psum(t, "i"), { axisName: "i" });
    expect(values(f({ a: vector, b: [vector.mul(2)] }))).toEqual({ a: [6, 6, 6, 6], b: [[12, 12, 12, 12]] });
  });

  test("groups of members", () => {
    const groups = {
      axisIndexGroups: [
        [0, 2],
        [3, 1],
      ],
    };
    expect(values(overI((x) => lax.psum(x, "i", groups))(vector))).toEqual([2, 4, 2, 4]);
    expect(values(overI((x) => lax.pmax(x, "i", groups))(vector))).toEqual([2, 3, 2, 3]);
    expect(values(overI((x) => lax.pmean(x, "i", groups))(vector))).toEqual([1, 2, 1, 2]);
    expect(values(overI((x) => lax.allGather(x, "i", groups))(vector))).toEqual([
      [0, 2],
      [3, 1],
      [0, 2],
      [3, 1],
    ]);
    const parts = overI((x) => lax.psumScatter(x, "i", { ...groups, tiled: true }));
    expect(values(parts(matrix))).toEqual([
      [8, 10],
      [20, 22],
      [12, 14],
      [16, 18],
    ]);
    expect(() => overI((x) => lax.psum(x, "i", { axisIndexGroups: [[0], [1, 1, 3]] }))(vector)).toThrow(
      "must cover all indices exactly once",
    );
  });

  test("axes of several maps", () => {
    const f = (g: (x: A) => A) => vmap(vmap(g, { axisName: "j" }), { axisName: "i" });
    const x = jnp.arange(0, 6).astype("float32").reshape([2, 3]);
    const all = [
      [15, 15, 15],
      [15, 15, 15],
    ];
    expect(values(f((a) => lax.psum(a, ["i", "j"]))(x))).toEqual(all);
    expect(values(f((a) => lax.psum(lax.psum(a, "j"), "i"))(x))).toEqual(all);
    expect(values(f((a) => lax.psum(a, "i"))(x))).toEqual([
      [3, 5, 7],
      [3, 5, 7],
    ]);
    expect(values(f((a) => lax.psum(a, "j"))(x))).toEqual([
      [3, 3, 3],
      [12, 12, 12],
    ]);
    expect(values(f((a) => lax.axisIndex(["i", "j"]).add(a.mul(0)))(x))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(values(f((a) => lax.axisIndex(["j", "i"]).add(a.mul(0)))(x))).toEqual([
      [0, 2, 4],
      [1, 3, 5],
    ]);
    expect(values(f((a) => lax.allGather(a, ["i", "j"]))(x).get(1, 2))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(values(f((a) => lax.allGather(a, ["j", "i"]))(x).get(1, 0))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(values(f((a) => lax.ppermute(a, "i", [[0, 1]]))(x))).toEqual([
      [0, 0, 0],
      [0, 1, 2],
    ]);
    expect(() => f((a) => lax.ppermute(a, ["i", "j"], [[0, 1]]))(x)).toThrow("axes of different maps");
  });

  test("a name means the innermost axis that has it", () => {
    const f = vmap(
      vmap((x: A) => lax.psum(x, "i"), { axisName: "i" }),
      { axisName: "i" },
    );
    expect(
      values(
        f(
          jnp.array([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toEqual([
      [3, 3],
      [7, 7],
    ]);
  });

  test("the program of a jitted function depends on the sizes of bound axes", () => {
    const f = jit((x: A) => x.mul(lax.axisSize("i")));
    expect(values(overI(f)(jnp.ones(2)))).toEqual([2, 2]);
    expect(values(overI(f)(jnp.ones(3)))).toEqual([3, 3, 3]);
    expect(() => f(jnp.ones([]))).toThrow(NameError);
  });

  test("in programs without a mapped operand", () => {
    const index = jit(() => lax.axisIndex("i"));
    expect(values(overI((x) => index().add(x))(vector))).toEqual([0, 2, 4, 6]);
    const counted = overI((x) =>
      lax.foriLoop(0, 3, (_: A, c: A) => c.add(lax.axisIndex("i")), jnp.int32(0)).add(x),
    );
    expect(values(counted(vector))).toEqual([0, 4, 8, 12]);
    const chosen = overI((x) =>
      lax.cond(
        x.gt(1),
        () => lax.psum(x, "i"),
        () => lax.pmax(x, "i"),
      ),
    );
    expect(values(chosen(vector))).toEqual([3, 3, 6, 6]);
  });

  test("in rules of custom derivatives", () => {
    const f = customVjp((x: A) => lax.psum(x, "i"));
    f.defvjp(
      (x: A) => [f(x), x],
      (x: A, ct: A) => [lax.psum(ct.mul(x), "i")],
    );
    const loss = (x: A): A => overI((a) => f(a.mul(2)))(x).sum();
    expect(values(grad(loss)(vector))).toEqual([24, 24, 24, 24]);
    const g = customJvp((x: A) => x.mul(lax.axisIndex("i")));
    g.defjvp(([x]: [A], [t]: [A]) => [g(x), lax.psum(t, "i")]);
    expect(values(jvp(overI(g), [vector], [vector])[1])).toEqual([6, 6, 6, 6]);
  });

  test("second derivatives and their mixture with maps", () => {
    const f = (x: A): A => overI((a) => lax.psum(a.mul(a), "i").mul(a))(x).sum();
    const [y, pull] = vjp(grad(f), vector);
    // f = (sum of squares) * (sum), so its gradient is 2 x * sum + sum of squares.
    expect(values(y)).toEqual([14, 26, 38, 50]);
    // Its Hessian times ones: 2 sum + 2 n x + 2 sum.
    expect(values(pull(jnp.ones(4))[0])).toEqual([24, 32, 40, 48]);
  });
});

describe("jaxprs of collectives", () => {
  const printed = (f: (x: A) => A, x: A) => String(makeJaxpr(f, { axisEnv: [["i", 4]] })(x));
  test.each([
    [(x: A) => lax.psum(x, "i"), jnp.float32(1), "psum[axes=('i',) axis_index_groups=None]"],
    [(x: A) => lax.pmax(x, "i"), jnp.float32(1), "pmax[axes=('i',) axis_index_groups=None]"],
    [
      (x: A) =>
        lax.psum(x, "i", {
          axisIndexGroups: [
            [0, 1],
            [2, 3],
          ],
        }),
      jnp.float32(1),
      "psum[axes=('i',) axis_index_groups=((0, 1), (2, 3))]",
    ],
    [
      (x: A) =>
        lax.ppermute(x, "i", [
          [0, 1],
          [1, 2],
        ]),
      jnp.float32(1),
      "ppermute[axis_name=('i',) perm=((0, 1), (1, 2))]",
    ],
    [(x: A) => lax.pbroadcast(x, "i", 2), jnp.float32(1), "pbroadcast[axis_name=i source=2]"],
    [() => lax.axisIndex("i"), jnp.float32(1), "axis_index[axis_name=i]"],
    [
      (x: A) => lax.allGather(x, "i"),
      jnp.float32(1),
      "all_gather[ all_gather_dimension=0 axis_index_groups=None axis_name=('i',) axis_size=4 tiled=False ]",
    ],
    [
      (x: A) => lax.psumScatter(x, "i", { tiled: true }),
      vector,
      "reduce_scatter[ axis_index_groups=None axis_name=('i',) axis_size=4 scatter_dimension=0 tiled=True ]",
    ],
    [
      (x: A) => lax.allToAll(x, "i", 0, 0),
      vector,
      "all_to_all[ axis_index_groups=None axis_name=i concat_axis=0 split_axis=0 tiled=False ]",
    ],
  ] as [(x: A) => A, A, string][])("%s", (f, x, expected) => {
    expect(printed(f, x).replace(/\s+/g, " ")).toContain(expected);
  });

  test("under vmap a name becomes a position", () => {
    expect(String(makeJaxpr(overI((x) => lax.pmean(x, "i")))(vector))).toBe(`{ lambda ; a:f32[4]. let
    b:f32[] = psum[axes=(0,) axis_index_groups=None] a
    c:f32[] = div b 4.0:f32[]
    d:f32[4] = broadcast_in_dim c
  in (d,) }`);
    expect(
      String(makeJaxpr(overI((x) => lax.psumScatter(x, "i", { tiled: true })))(matrix)),
    ).toBe(`{ lambda ; a:f32[4,4]. let
    b:f32[4] = reduce_sum[axes=(0,) out_sharding=None] a
    c:f32[4,1] = reshape[dimensions=None new_sizes=(4, 1) sharding=None] b
  in (c,) }`);
  });
});

describe("misuse of collectives", () => {
  test.each([
    [() => lax.psum(vector, "i"), NameError, "unbound axis name: i"],
    [() => lax.pmean(vector, "i"), NameError, "unbound axis name: i"],
    [() => lax.axisSize("i"), NameError, "unbound axis name: i"],
    [() => lax.allGather(vector, "i"), NameError, "unbound axis name: i"],
    [() => lax.psumScatter(vector, "i"), NameError, "unbound axis name: i"],
    [() => lax.allToAll(vector, "i", 0, 0), NameError, "unbound axis name: i"],
    [() => lax.pmax(vector, "i"), NameError, "Found an unbound axis name: i."],
    [() => lax.axisIndex("i"), NameError, "Found an unbound axis name: i."],
    [() => lax.ppermute(vector, "i", []), NameError, "Found an unbound axis name: i."],
    [() => jit((x: A) => lax.psum(x, "i"))(vector), NameError, "unbound axis name: i"],
    [() => vmap((x: A) => lax.psum(x, "j"), { axisName: "i" })(vector), NameError, "unbound axis name: j"],
    [() => overI((x) => lax.psum(x, 0 as never))(vector), TypeError, "axis name"],
    [
      () =>
        overI((x) =>
          lax.ppermute(x, "i", [
            [0, 1],
            [2, 1],
          ]),
        )(vector),
      Error,
      "sources and destinations must be unique",
    ],
    [() => overI((x) => lax.ppermute(x, "i", [[0, 4]]))(vector), Error, "members from 0 to 3"],
    [
      () => overI((x) => lax.pshuffle(x, "i", [0, 0, 1, 2]))(vector),
      Error,
      "does not represent a permutation",
    ],
    [() => overI((x) => lax.pbroadcast(x, "i", 4))(vector), Error, "pbroadcast source"],
    [() => overI((x) => lax.allGather(x, "i", { axis: 3 }))(vector), Error, "out of bounds"],
    [
      () => overI((x) => lax.psumScatter(x, "i"))(matrix.get("...", "0:3")),
      Error,
      "must match shard count 4",
    ],
    [
      () => overI((x) => lax.psumScatter(x, "i", { tiled: true }))(matrix.get("...", "0:3")),
      Error,
      "must be divisible by shard_count 4",
    ],
    [
      () => overI((x) => lax.allToAll(x, "i", 0, 0))(matrix.get("...", "0:3")),
      Error,
      "they are 4 and 3 respectively",
    ],
    [() => vmap((x: A) => x, { axisName: 3 as never })(vector), TypeError, "axisName must be a string"],
  ] as const)("%s", (f, errorClass, message) => {
    expect(f).toThrow(errorClass);
    expect(f).toThrow(message);
  });
});
