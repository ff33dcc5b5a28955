// shardMap: values, derivatives, maps of it, jaxprs and errors, as JAX has them.

import {
  checkpoint,
  grad,
  jit,
  jnp,
  jvp,
  lax,
  makeJaxpr,
  makeMesh,
  P,
  type ShardMapOptions,
  shardMap,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, expectClose, values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(8);

const mesh = makeMesh([4], ["i"]);
const grid = makeMesh([2, 4], ["x", "y"]);
const x = jnp.arange(8).astype("float32");
const rows = jnp.arange(24).astype("float32").reshape([8, 3]);
const w = jnp.ones([3]);
const loss = (w: A, x: A): A => x.matmul(w).pow(2).sum();
const on = <F extends (...args: never[]) => unknown>(
  f: F,
  inSpecs: ShardMapOptions["inSpecs"],
  outSpecs: ShardMapOptions["outSpecs"],
  options: Partial<ShardMapOptions> = {},
) => shardMap(f as never, { mesh, inSpecs, outSpecs, ...options }) as unknown as (...args: A[]) => A;

describe("values", () => {
  test("a function sees its shard", () => {
    const shapes: (readonly number[])[] = [];
    const f = on(
      (a: A, b: A) => {
        shapes.push(a.shape, b.shape);
        return a.mul(2).add(b.sum());
      },
      [P("y", "x"), P()],
      P("y", "x"),
      { mesh: grid },
    );
    const a = jnp.arange(32).astype("float32").reshape([8, 4]);
    expect(values(f(a, jnp.array([1, 2])))).toEqual(values(a.mul(2).add(3)));
    expect(shapes).toEqual([[2, 2], [2]]);
  });

  test("specs of several axes, and of none", () => {
    const shifted = on((a: A) => a.add(lax.axisIndex(["y", "x"])), P(["y", "x"]), P(["y", "x"]), {
      mesh: grid,
    });
    expect(values(shifted(x))).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
    const transposed = on((a: A) => a, P("x"), P(null, "x"), { mesh: grid });
    expect(values(transposed(jnp.array([[1], [2]])))).toEqual([[1, 2]]);
    // The results of devices that are not told apart are those of the first.
    const first = on((a: A) => a, P("i"), P(), { checkVma: false });
    expect(values(first(x))).toEqual([0, 1]);
    expect(values(on((a: A) => a, P(), P("i"))(jnp.array([1, 2])))).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  });

  test("axes that are not mapped over leave arrays whole", () => {
    const f = on((a: A) => lax.psum(a, "x"), P("x"), P(), { mesh: grid, axisNames: ["x"] });
    expect(values(f(x))).toEqual([4, 6, 8, 10]);
  });

  test("trees, and what the function closes over", () => {
    const shift = jnp.array([10, 20]);
    const f = shardMap((t: { a: A; b: A }) => ({ s: t.a.add(shift), n: [lax.psum(t.b, "i")] }), {
      mesh,
      inSpecs: [{ a: P("i"), b: P("i") }],
      outSpecs: { s: P("i"), n: P() },
    });
    expect(values(f({ a: x, b: x }))).toEqual({ s: [10, 21, 12, 23, 14, 25, 16, 27], n: [[12, 16]] });
    expect(values(grad((s: A) => on((a: A) => a.mul(s), P("i"), P("i"))(x).sum())(jnp.float32(2)))).toBe(28);
  });

  test("collectives in loops and branches", () => {
    const ring = on(
      (a: A) => {
        const step = ([sum, passed]: [A, A]): [A, A] => {
          const next = lax.ppermute(
            passed,
            "i",
            [0, 1, 2, 3].map((k) => [k, (k + 1) % 4] as const),
          );
          return [sum.add(next), next];
        };
        return lax.foriLoop(0, 3, (_: A, c: [A, A]) => step(c), [a, a])[0];
      },
      P("i"),
      P("i"),
    );
    expect(values(ring(x))).toEqual([12, 16, 12, 16, 12, 16, 12, 16]);
    const chosen = on(
      (a: A) =>
        lax.cond(
          lax.axisIndex("i").gt(1),
          () => lax.psum(a, "i"),
          () => a,
        ),
      P("i"),
      P("i"),
      { checkVma: false },
    );
    expect(values(chosen(x))).toEqual([0, 1, 2, 3, 12, 16, 12, 16]);
    const counted = on(
      (a: A) =>
        lax.whileLoop(
          (c: A) => c.sum().lt(20),
          (c: A) => c.mul(2).add(1),
          a,
        ),
      P("i"),
      P("i"),
    );
    expect(values(counted(x))).toEqual([7, 15, 11, 15, 9, 11, 13, 15]);
  });
});

describe("derivatives", () => {
  test.each([true, false])("taken outside (checkVma %s)", (checkVma) => {
    const total = on((w: A, x: A) => lax.psum(loss(w, x), "i"), [P(), P("i")], P(), { checkVma });
    const expected = values(grad(loss)(w, rows));
    expect(values(grad((v: A) => total(v, rows))(w))).toEqual(expected);
    expect(values(grad((v: A) => jit(total)(v, rows))(w))).toEqual(expected);
    const tangent = jnp.array([1, -2, 3]);
    expectClose(
      jvp((w: A) => total(w, rows), [w], [tangent])[1],
      values(jvp((w: A) => loss(w, rows), [w], [tangent])[1]),
    );
    const second = (f: (w: A) => A) => values(grad((w: A) => grad(f)(w).mul(tangent).sum())(w));
    expectClose(
      second((w) => total(w, rows)),
      second((w) => loss(w, rows)),
    );
  });

  test("taken inside: types say that the gradient of a shared value is a sum", () => {
    const inside = (w: A, x: A): A => grad(loss)(w, x);
    expect(values(on(inside, [P(), P("i")], P())(w, rows))).toEqual([8064, 8616, 9168]);
    const own = on(inside, [P(), P("i")], P("i"), { checkVma: false })(w, rows);
    expect(values(own.reshape([4, 3]))).toEqual([
      [72, 102, 132],
      [792, 894, 996],
      [2376, 2550, 2724],
      [4824, 5070, 5316],
    ]);
  });

  test("with checkpoints, scans and residuals that are scalars", () => {
    const f = on((a: A) => jnp.sin(lax.psum(a, "i")), P("i"), P());
    const expected = [0.843854, -0.9576595, 0.843854, -0.9576595, 0.843854, -0.9576595, 0.843854, -0.9576595];
    expectClose(grad((a: A) => checkpoint((b: A) => f(b))(a).sum())(x), expected);
    const scanned = on(
      (a: A) =>
        lax
          .scan((c: A, b: A) => [c.mul(b.add(2)), c], lax.psum(a.sum(), "i").add(a.get(0)), a)[0]
          .reshape([1]),
      P("i"),
      P("i"),
    );
    const plain = (a: A): A => {
      const parts = a.reshape([4, 2]);
      return parts.get(":", 0).add(a.sum()).mul(parts.add(2).prod(1));
    };
    expectClose(grad((a: A) => scanned(a).sum())(x), values(grad((a: A) => plain(a).sum())(x)));
  });
});

describe("maps", () => {
  test("vmap of shardMap, shardMap of vmap, and their names", () => {
    const share = on((a: A) => a.div(lax.psum(a.sum(), "i")), P("i"), P("i"));
    const columns = vmap(share, { inAxes: 1, outAxes: 1 })(rows);
    expectClose(columns, values(rows.div(rows.sum(0))));
    const inside = on(
      (a: A) => vmap((r: A) => r.sub(lax.pmean(r, "rows")), { axisName: "rows" })(a),
      P("i"),
      P("i"),
    );
    expectClose(inside(rows).get("0:2"), [
      [-1.5, -1.5, -1.5],
      [1.5, 1.5, 1.5],
    ]);
    const outside = vmap(
      on((a: A) => lax.psum(lax.psum(a, "b"), "i"), P("i"), P()),
      { axisName: "b" },
    );
    expect(values(outside(jnp.stack([x, x.mul(10)])))).toEqual([
      [132, 176],
      [132, 176],
    ]);
  });

  test("spmdAxisName divides the mapped axis too", () => {
    const f = vmap(
      on((a: A) => a.mul(2), P("x"), P("x"), { mesh: grid }),
      { spmdAxisName: "y" },
    );
    const a = jnp.arange(32).astype("float32").reshape([4, 8]);
    expect(values(f(a))).toEqual(values(a.mul(2)));
    expect(String(makeJaxpr(f)(a))).toContain("in_specs=(P('y', 'x'),)");
  });
});

describe("jaxprs", () => {
  test("types say over which axes values vary, and pvary stands where they meet others", () => {
    const total = on((w: A, x: A) => lax.psum(loss(w, x), "i"), [P(), P("i")], P());
    expect(String(makeJaxpr(total)(w, rows))).toBe(`{ lambda ; a:f32[3] b:f32[8,3]. let
    c:f32[] = shard_map[
      check_vma=True
      in_specs=(P(), P('i',))
      jaxpr={ lambda ; d:f32[3] e:f32[2,3]{V:i}. let
          f:f32[3]{V:i} = pvary[axes=('i',)] d
          g:f32[2]{V:i} = dot_general[
            dimension_numbers=(([1], [0]), ([], []))
            preferred_element_type=float32
          ] e f
          h:f32[2]{V:i} = integer_pow[y=2] g
          i:f32[]{V:i} = reduce_sum[axes=(0,) out_sharding=None] h
          j:f32[] = psum_invariant[axes=('i',)] i
        in (j,) }
      mesh=Mesh('i': 4, axis_types=(Auto,))
      newly_manual_axes=frozenset({'i'})
      out_specs=(P(),)
    ] a b
  in (c,) }`);
  });

  test.each([
    [
      () => on((a: A) => lax.psum(a, "x").add(lax.axisIndex("y")), P(["x", "y"]), P("y"), { mesh: grid }),
      "d:f32[1]{V:y} = psum_invariant[axes=('x',)] c",
    ],
    [
      () => on((a: A) => lax.psum(a, ["x", "y"]), P(["x", "y"]), P(), { mesh: grid }),
      "jaxpr={ lambda ; c:f32[1]{V:(x,y)}. let",
    ],
    [() => on((a: A) => lax.psum(a, "i"), P(), P()), "d:f32[8]{V:i} = pvary[axes=('i',)] c"],
    [() => on((a: A) => a, P(), P("i")), "d:f32[8]{V:i} = pvary[axes=('i',)] c"],
    [
      () => on((a: A) => lax.pmax(a, "i"), P("i"), P()),
      "d:f32[2] = pmax[axes=('i',) axis_index_groups=None] c",
    ],
    [
      () =>
        on(
          jit((a: A) => a.mul(2)),
          P("i"),
          P("i"),
        ),
      "e:f32[]{V:i} = pvary[axes=('i',)] 2.0:f32[]",
    ],
  ])("%#", (f, text) => {
    expect(String(makeJaxpr(f())(x))).toContain(text);
  });
});

describe("misuse", () => {
  test.each([
    [
      () => on((a: A) => a, P("i"), P())(x),
      "outSpecs is P() which implies that the corresponding output value is replicated across mesh axis 'i', but could not infer replication over any axes",
    ],
    [
      () => on((a: A) => a.mul(1), P("x"), P(), { mesh: grid })(x),
      "but could only infer replication over {'y'}, which is missing the required axes {'x'}",
    ],
    [
      () => on((a: A) => a, P("i", null), P())(x),
      "inSpecs is P('i', None) which has length 2, but the passed argument leaf 0 has shape float32[8], which has rank 1 (and 1 < 2)",
    ],
    [
      () => on((a: A) => a, P("i"), P("i"))(jnp.arange(6)),
      "maps array axis 0 (of size 6) to mesh axis 'i' (of size 4), but 4 does not evenly divide 6",
    ],
    [() => on((a: A) => a, P("q"), P("i")), "inSpecs refers to 'q'"],
    [() => on((a: A) => a, P("i"), P("q")), "outSpecs refers to 'q'"],
    [() => on((a: A) => a, [P("i"), P()], P("i"))(x), "pytree structure error"],
    [
      () => on((a: A) => a.sum(), P("i"), P("i"))(x),
      "For scalar values (rank 0), consider using an outSpecs entry of `P()`",
    ],
    [
      () => on((a: A) => a, "i" as never, P("i")),
      "inSpecs argument must be a pytree of PartitionSpec instances",
    ],
    [() => shardMap((a: A) => a, { inSpecs: P(), outSpecs: P() })(x), "shardMap requires a mesh"],
    [
      () => shardMap((a: A) => a, { mesh: 3 as never, inSpecs: P(), outSpecs: P() }),
      "shardMap requires a mesh, got 3",
    ],
    [() => on((a: A) => lax.psum(a, "j"), P("i"), P("i"))(x), "unbound axis name: j"],
    [
      () =>
        on(
          (a: A) =>
            lax
              .scan((c: A, _: null) => [c.add(a.sum()), null], jnp.float32(0), null, { length: 3 })[0]
              .reshape([1]),
          P("i"),
          P("i"),
        )(x),
      "has type float32[] but the corresponding output carry component has type float32[]{V:i}, so the manual axis types do not match",
    ],
  ])("%#", (f, message) => {
    expect(f).toThrow(message);
  });

  test("a carry that becomes varying is made so first", () => {
    const f = on(
      (a: A) =>
        lax
          .scan(
            (c: A, _: null) => [c.add(a.sum()), null],
            lax.pcast(jnp.float32(0), "i", { to: "varying" }),
            null,
            { length: 3 },
          )[0]
          .reshape([1]),
      P("i"),
      P("i"),
    );
    expect(values(f(x))).toEqual([3, 15, 27, 39]);
  });
});
