// Programs on several devices against JAX 0.10.2 on four CPU devices: values, dtypes, shardings of results, printed jaxprs, and errors.

import {
  checkpoint,
  customVjp,
  devicePut,
  devices,
  grad,
  jit,
  jnp,
  jvp,
  lax,
  makeJaxpr,
  makeMesh,
  NamedSharding,
  P,
  pmap,
  type ShardMapOptions,
  sharding,
  shardMap,
  tree,
  valueAndGrad,
  vmap,
} from "fluxion";
import { beforeAll, describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";
import { type A, expectClose } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

interface Golden {
  programs: Record<
    string,
    {
      results: { shape: number[]; dtype: string; values: number[] | boolean[]; sharding: string }[];
      jaxpr: string | null;
    }
  >;
  errors: Record<string, { type: string; message: string } | null>;
}
let golden: Golden;
beforeAll(async () => {
  golden = await readGolden<Golden>("devices");
});

withDevices(4);
const line = makeMesh([4], ["i"]);
const grid = makeMesh([2, 2], ["x", "y"]);
const range = (n: number): A => jnp.arange(n).astype("float32");
const x = range(8);
const rows = range(24).reshape([8, 3]);
const tab = range(16).reshape([4, 4]);
const w = jnp.array([1, 2, 3]);
const ring = [0, 1, 2, 3].map((k) => [k, (k + 1) % 4] as const);
const I = P("i");
const N = P();
type Specs = ShardMapOptions["inSpecs"];
// biome-ignore lint/suspicious/noExplicitAny: programs of all shapes
type F = (...args: any[]) => any;
const on = (f: F, inSpecs: Specs, outSpecs: Specs, options: Partial<ShardMapOptions> = {}): F =>
  shardMap(f, { mesh: line, inSpecs, outSpecs, ...options });
const loss = (w: A, x: A): A => x.matmul(w).pow(2).sum();
const cv = customVjp(function cv(a: A) {
  return lax.psum(a.mul(a), "i");
});
cv.defvjp(
  (a) => [cv(a), a],
  (r, g) => [jnp.multiply(2, r as A).mul(g as A)],
);

const scanned = (a: A): unknown => {
  const step = ([s, p]: [A, A]): [[A, A], A] => {
    const n = lax.ppermute(p, "i", ring);
    return [[s.add(n), n], n.sum()];
  };
  const [[s], ys] = lax.scan(step as never, [a, a], null, { length: 3 }) as unknown as [[A, A], A];
  return [s, ys];
};
const whiled = (a: A): A =>
  lax.whileLoop(
    (c: A) => lax.psum(c.sum(), "i").lt(100),
    (c: A) => c.mul(2).add(1),
    a,
  );
const branched = (a: A): A =>
  lax.cond(
    lax.psum(a.sum(), "i").gt(20),
    (v: A) => v.mul(2),
    (v: A) => v.sub(1),
    a,
  );
const total = (w: A, a: A): A => lax.psum(loss(w, a), "i");

const programs: Record<string, [F, ...unknown[]]> = {
  psum: [on((a: A) => lax.psum(a, "i"), I, N), x],
  pmean_pmax: [on((a: A) => [lax.pmean(a, "i"), lax.pmax(a, "i")], I, [N, N]), x],
  all_gather: [on((a: A) => lax.allGather(a, "i", { axis: 1 }), I, I), rows],
  all_gather_tiled: [on((a: A) => lax.allGather(a, "i", { tiled: true }), I, I), x],
  all_gather_invarying: [on((a: A) => lax.allGather(a, "i", { tiled: true, to: "invarying" }), I, N), x],
  psum_scatter: [
    on((a: A) => lax.psumScatter(a, "i", { scatterDimension: 0, tiled: true }), P(null, "i"), I),
    tab,
  ],
  all_to_all: [on((a: A) => lax.allToAll(a, "i", 1, 0, { tiled: true }), I, P(null, "i")), tab],
  ppermute: [on((a: A) => lax.ppermute(a, "i", ring), I, I), x],
  axis_index: [on((a: A) => a.add(lax.axisIndex("i")), I, I), x],
  two_axes: [
    on((a: A) => a.mul(lax.axisSize("x")).add(lax.axisIndex(["y", "x"])), P(["y", "x"]), P(["y", "x"]), {
      mesh: grid,
    }),
    x,
  ],
  grid_psum: [on((a: A) => lax.psum(a, "y"), P("x", "y"), P("x"), { mesh: grid }), tab],
  transposed_specs: [on((a: A) => a.T, P("x", "y"), P("y", "x"), { mesh: grid }), tab],
  axis_names: [on((a: A) => lax.psum(a, "x"), P("x"), N, { mesh: grid, axisNames: ["x"] }), x],
  scan: [on(scanned, I, [I, P(null)], { checkVma: false }), x],
  while: [on(whiled, I, I), x],
  cond: [on(branched, I, I), x],
  closure: [on((a: A) => a.add(w.sum()), I, I), x],
  grad_outside: [grad((v: A) => on(total, [N, I], N)(v, rows)), w],
  grad_inside: [on((w: A, a: A) => grad(loss)(w, a), [N, I], N), w, rows],
  grad_inside_unchecked: [
    on((w: A, a: A) => jnp.expandDims(grad(loss)(w, a), 0), [N, I], I, { checkVma: false }),
    w,
    rows,
  ],
  value_and_grad: [valueAndGrad((v: A) => on(total, [N, I], N)(v, rows)), w],
  jvp: [
    (v: A, t: A) =>
      jvp(
        on((a: A) => lax.psum(jnp.sin(a), "i"), I, N),
        [v],
        [t],
      ),
    x,
    x.add(1),
  ],
  grad_sin: [grad((a: A) => on((b: A) => jnp.sin(lax.psum(b, "i")), I, N)(a).sum()), x],
  grad_all_gather: [
    grad((a: A) =>
      on(
        (b: A) => lax.allGather(b, "i", { tiled: true }),
        I,
        I,
      )(a)
        .mul(jnp.arange(32, { dtype: "float32" }))
        .sum(),
    ),
    x,
  ],
  grad_ppermute: [
    grad((a: A) =>
      on(
        (b: A) => lax.ppermute(b, "i", ring).mul(b),
        I,
        I,
      )(a)
        .mul(x)
        .sum(),
    ),
    x,
  ],
  grad_scatter: [
    grad((a: A) =>
      on(
        (b: A) => lax.psumScatter(b, "i", { scatterDimension: 0, tiled: true }).pow(2),
        P(null, "i"),
        I,
      )(a).sum(),
    ),
    tab,
  ],
  vmap_of: [
    vmap(
      on((a: A) => a.div(lax.psum(a.sum(), "i")), I, I),
      { inAxes: 1, outAxes: 1 },
    ),
    rows.add(1),
  ],
  spmd_axis_name: [
    vmap(
      on((a: A) => a.mul(2), P("x"), P("x"), { mesh: grid }),
      { spmdAxisName: "y" },
    ),
    tab,
  ],
  spmd_grad: [
    grad((v: A) =>
      vmap((a: A) => on((u: A, b: A) => b.mul(u), [N, P("x")], P("x"), { mesh: grid })(v, a), {
        spmdAxisName: "y",
      })(tab).sum(),
    ),
    jnp.float32(2),
  ],
  vmap_constraint: [
    vmap((a: A) => lax.withShardingConstraint(a.mul(2), new NamedSharding(grid, P("x")))),
    tab,
  ],
  vmap_constraint_1: [
    jit(
      vmap((a: A) => lax.withShardingConstraint(a.mul(2), new NamedSharding(grid, P("x"))), {
        inAxes: 1,
        outAxes: 1,
      }),
    ),
    tab,
  ],
  constraint_uneven: [
    jit((a: A) => lax.withShardingConstraint(a, new NamedSharding(line, I)).add(1)),
    range(6),
  ],
  constraint_grad: [
    grad((a: A) =>
      lax
        .withShardingConstraint(a.mul(a), new NamedSharding(grid, P("x")))
        .mul(a)
        .sum(),
    ),
    x,
  ],
  jit_inside: [
    on(
      jit((a: A) => lax.psum(a.mul(2), "i")),
      I,
      N,
    ),
    x,
  ],
  jit_outside: [jit(on((a: A) => lax.psum(a.mul(2), "i"), I, N)), x],
  remat: [
    grad((a: A) =>
      on(
        checkpoint((b: A) => jnp.sin(lax.psum(jnp.sin(b), "i"))),
        I,
        N,
      )(a).sum(),
    ),
    x,
  ],
  custom_vjp: [on((a: A) => cv(a), I, N, { checkVma: false }), x],
  pcast: [on((a: A) => a.add(lax.pcast(w.get(0), "i", { to: "varying" })), I, I), x],
  int_mean: [on((a: A) => lax.pmean(a, "i"), I, N), jnp.arange(8)],
  bool_sum: [on((a: A) => lax.psum(a, "i"), I, N), x.gt(2)],
  psum_number: [on((a: A) => a.add(lax.psum(1, "i")), I, I), x],
  tree: [
    on((t: { a: A; b: A }) => ({ s: t.a.add(1), n: lax.psum(t.b, "i") }), [{ a: I, b: I }], { s: I, n: N }),
    { a: x, b: x },
  ],
  pmap: [pmap((a: A) => a.mul(2)), tab],
  pmap_psum: [pmap((a: A) => lax.psum(a, "b"), { axisName: "b" }), tab],
  pmap_axes: [
    pmap((a: A, b: A) => [a.mul(b), b], { inAxes: [1, null], outAxes: [1, 0], axisName: "b" }),
    tab,
    w.get(":1"),
  ],
  pmap_out_none: [pmap((a: A) => lax.psum(a, "b"), { axisName: "b", outAxes: null }), tab],
  pmap_grad: [pmap(grad((a: A) => a.pow(3).sum())), tab],
  grad_pmap: [grad((a: A) => pmap((b: A) => lax.psum(b.pow(2), "b"), { axisName: "b" })(a).sum()), tab],
  vmap_pmap: [vmap(pmap((a: A) => lax.psum(a, "b"), { axisName: "b" })), jnp.stack([tab, tab.mul(2)])],
  pmap_vmap: [
    pmap(
      vmap((a: A) => a.add(lax.psum(a, ["b", "c"])), { axisName: "c" }),
      { axisName: "b" },
    ),
    tab,
  ],
  pmap_static: [pmap((a: A, n: number) => a.mul(n), { staticBroadcastedArgnums: 1 }), tab, 3],
  pmap_jit: [jit(pmap((a: A) => a.sub(lax.pmean(a, "b")), { axisName: "b" })), tab],
};

/**
 * A printed program without the operation `reshard`, which JAX puts before cotangents of results that have a mesh, and with variables named in
 * the order in which they are bound.
 */
function canonical(printed: string): string {
  const text = printed.replace(/\{V:[^}]*\}/g, (axes) => axes.toUpperCase());
  const bare = text.replace(/^ *\w+:\S+ = reshard 1\.0:f32\[\]\n/gm, "");
  const gone = /^ *(\w+):\S+ = reshard 1\.0:f32\[\]$/m.exec(text)?.[1];
  const names = new Map<string, string>();
  for (const [, name] of bare.matchAll(/\b([a-z]{1,2}):(?:f32|i32|bool)\[/g)) {
    if (!names.has(name)) names.set(name, `v${names.size}`);
  }
  return bare.replace(/(?<![\w'.])[a-z]{1,2}(?![\w'=])/g, (word) =>
    word === gone ? "1.0:f32[]" : (names.get(word) ?? word),
  );
}

/** A result of another shape than any operand is taken for whole, though XLA follows divisions through transpositions. */
const otherShardings: Readonly<Record<string, string>> = { vmap_of: "P()" };

describe("programs", () => {
  for (const [name, [f, ...args]] of Object.entries(programs)) {
    test(name, () => {
      const { results, jaxpr } = golden.programs[name];
      const leaves = tree.leaves(f(...args)) as A[];
      leaves.forEach((y, k) => {
        const expected = results[k];
        expect([y.shape, y.dtype.name]).toEqual([expected.shape, expected.dtype]);
        expectClose(y.ravel(), expected.values as number[], 1e-5);
        const s = y.sharding;
        const own = s instanceof NamedSharding ? String(s.spec) : "single";
        expect(own).toBe(otherShardings[name] ?? expected.sharding);
      });
      expect(leaves).toHaveLength(results.length);
      if (jaxpr !== null) expect(canonical(String(makeJaxpr(f)(...args)))).toBe(canonical(jaxpr));
    });
  }
});

const same = (a: A): A => a;
/** What raises an error, and words of JAX's message that ours must have; names are in our spelling. */
const errors: Record<string, [() => unknown, ...string[]]> = {
  "not replicated": [
    () => on(same, I, N)(x),
    "was given outSpecs which require replication which can't be statically inferred given the mesh",
    "outSpecs is P() which implies that the corresponding output value is replicated across mesh axis 'i', but could not infer replication over any axes",
  ],
  "not replicated sum": [() => on((a: A) => a.sum(), I, N)(x), "could not infer replication over any axes"],
  "not replicated grid": [
    () => on((a: A) => a.mul(1), P("x"), N, { mesh: grid })(x),
    "The mesh given has shape (2, 2) with corresponding axis names ('x', 'y').",
  ],
  "rank in": [
    () => on(same, P("i", null), I)(x),
    "inSpecs is P('i', None) which has length 2",
    "which has rank 1 (and 1 < 2)",
  ],
  "rank out": [
    () => on((a: A) => a.sum(), I, I)(x),
    "outSpecs is P('i',) which has length 1",
    "which has rank 0 (and 0 < 1)",
    "For scalar values (rank 0), consider using an outSpecs entry of `P()`",
  ],
  divide: [
    () => on(same, I, I)(range(6)),
    "which maps array axis 0 (of size 6) to mesh axis 'i' (of size 4), but 4 does not evenly divide 6",
  ],
  "axis in": [() => on(same, P("q"), I)(x), "inSpecs refers to 'q'"],
  "axis out": [() => on(same, I, P("q"))(x), "outSpecs refers to 'q'"],
  "tree in": [() => on(same, [I, N], I)(x), "pytree structure error"],
  "tree out": [() => on(same, I, [I, N])(x), "pytree structure error"],
  "unbound outside": [() => lax.psum(x, "i"), "unbound axis name: i"],
  carry: [
    () =>
      on(
        (a: A) =>
          jnp.expandDims(
            lax.scan((c: A, _: null) => [c.add(a.sum()), null], jnp.float32(0), null, { length: 3 })[0],
            0,
          ),
        I,
        I,
      )(x),
    "scan body function carry input and carry output must have equal types, but they differ",
    "has type float32[] but the corresponding output carry component has type float32[]{V:i}, so the manual axis types do not match",
  ],
  "while carry": [
    () =>
      on(
        (a: A) =>
          lax
            .whileLoop(
              (c: A[]) => c[0].lt(3),
              (c: A[]) => [c[0].add(1), c[1].add(a.sum())],
              [jnp.float32(0), jnp.float32(0)],
            )[1]
            .reshape([1]),
        I,
        I,
      )(x),
    "has type float32[] but the corresponding output carry component has type float32[]{V:i}, so the manual axis types do not match",
  ],
  "cond types": [
    () =>
      on(
        (a: A) =>
          lax
            .cond(
              true,
              () => a.sum(),
              () => jnp.float32(0),
            )
            .reshape([1]),
        I,
        I,
      )(x),
    "has type float32[]{V:i} but the corresponding output of",
    "has type float32[], so the manual axis types do not match",
  ],
  "ppermute twice": [
    () =>
      on(
        (a: A) =>
          lax.ppermute(a, "i", [
            [0, 1],
            [0, 2],
          ]),
        I,
        I,
      )(x),
    "ppermute sources and destinations must be unique, got ((0, 1), (0, 2)).",
  ],
  "scatter size": [
    () => on((a: A) => lax.psumScatter(a, "i"), I, I)(x),
    "reduce_scatter operand scatter dimension size 2 must match shard count 4",
  ],
  "scatter tiled": [
    () => on((a: A) => lax.psumScatter(a, "i", { tiled: true }), I, I)(x),
    "tiled reduce_scatter operand scatter dimension size 2 must be divisible by shard_count 4",
  ],
  all_to_all: [() => on((a: A) => lax.allToAll(a, "i", 0, 0), I, I)(x), "they are 4 and 2 respectively"],
  "pcast to": [
    () => on((a: A) => lax.pcast(a, "i", { to: "foo" as "varying" }), I, I)(x),
    "Got unexpected `to` value. Allowed `to` values are: {'varying'",
  ],
  "pcast again": [
    () => on((a: A) => lax.pcast(a, "i", { to: "varying" }), I, I)(x),
    "Unsupported pcast from=varying, to='varying'",
  ],
  "mesh names": [
    () => new sharding.Mesh(devices(), ["x", "y"]),
    "to equal the length of its second argument (`axis_names`), but got devices.ndim == 1 and len(axis_names) == 2.",
  ],
  make_mesh: [() => makeMesh([8], ["x"]), "Number of devices 4 must be >= the product of mesh_shape (8"],
  "sharding axis": [
    () => new NamedSharding(line, P("x")),
    "Resource axis: x of P('x',) is not found in mesh: ('i',).",
  ],
  "sharding twice": [
    () => new NamedSharding(grid, P("x", "x")),
    "but P('x', 'x') has duplicate entries for `x`",
  ],
  device_put: [
    () => devicePut(range(6), new NamedSharding(line, I)),
    "spec=P('i',), memory_kind=device) implies that array axis 0 is partitioned 4 times, but the dimension size is 6 (full shape: (6,), " +
      "per-dimension tiling factors: [4] should evenly divide the shape)",
  ],
  "device_put rank": [
    () => devicePut(jnp.float32(1), new NamedSharding(line, I)),
    "is only valid for values of rank at least 1, but was applied to a value of rank 0. For scalars the PartitionSpec should be P()",
  ],
  incompatible: [
    () => devicePut(x, devices()[1]).add(devicePut(x, devices()[2])),
    "Received incompatible devices for jitted computation. Got",
    "with shape float32[8] and with device ids [1] on platform CPU and",
    "with shape float32[8] and with device ids [2] on platform CPU",
  ],
  "pmap nothing": [
    () => pmap(same, { inAxes: null })(x),
    "pmap requires at least one argument with a mapped axis.",
  ],
  "pmap axis_size": [
    () => pmap(same, { axisSize: 2 })(tab),
    "Specified axis_size 2 doesn't match received axis_size 4.",
  ],
  "pmap no args": [() => pmap(() => 1)(), "pmap requires at least one argument with a mapped axis."],
  "pmap tree": [() => pmap(same, { inAxes: [[0, 0]] })(tab), "pytree structure error"],
  "gather axis": [
    () => on((a: A) => lax.allGather(a, "i", { axis: 3 }), I, I)(x),
    "axis 3 is out of bounds for array of dimension 2",
  ],
};

/** Errors of JAX that are not of its public classes. */
const classes: Readonly<Record<string, string>> = {
  DuplicateSpecError: "ValueError",
  IndivisibleError: "ValueError",
};

describe("errors", () => {
  for (const [name, [f, ...words]] of Object.entries(errors)) {
    test(name, () => {
      const { type, message } = golden.errors[name] as { type: string; message: string };
      const spelled = message.replaceAll("out_specs", "outSpecs").replaceAll("in_specs", "inSpecs");
      let error: Error | null = null;
      try {
        f();
      } catch (e) {
        error = e as Error;
      }
      expect(error?.name).toBe(classes[type] ?? type);
      for (const text of words) {
        expect(spelled).toContain(text);
        expect(error?.message).toContain(text);
      }
    });
  }
  // As pmax is differentiated in JAX: not at all.
  test("pmax has no derivative", () => {
    expect(golden.errors["pmax grad"]?.message).toContain("Differentiation rule for 'pmax' not implemented");
    expect(() => grad((a: A) => on((b: A) => lax.pmax(b, "i"), I, N)(a).sum())(x)).toThrow("pmax");
  });
});
