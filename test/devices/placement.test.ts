// Meshes, shardings, and where arrays are.

import {
  deviceCount,
  devicePut,
  devices,
  grad,
  jit,
  jnp,
  lax,
  localDevices,
  makeJaxpr,
  makeMesh,
  NamedSharding,
  P,
  pmap,
  sharding,
  shardMap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(8);

const { Mesh, PartitionSpec, SingleDeviceSharding, AxisType } = sharding;
const mesh = makeMesh([2, 4], ["x", "y"]);
const line = makeMesh([4], ["i"]);
const table = jnp.arange(32).astype("float32").reshape([4, 8]);

describe("devices and meshes", () => {
  test("devices", () => {
    expect([deviceCount(), localDevices().length]).toEqual([8, 8]);
    expect(String(devices()[1])).toBe("CpuDevice(id=1)");
    expect(devices()[1]).toBe(devices()[1]);
    expect(() => devices("tpu")).toThrow("Platforms present are: cpu");
  });

  test("meshes", () => {
    expect(String(mesh)).toBe("Mesh('x': 2, 'y': 4, axis_types=(Auto, Auto))");
    expect([mesh.shape, mesh.size, mesh.axisNames]).toEqual([{ x: 2, y: 4 }, 8, ["x", "y"]]);
    expect(String(new Mesh(devices().slice(0, 2), "a"))).toBe("Mesh('a': 2, axis_types=(Auto,))");
    expect(() => makeMesh([3, 5], ["a", "b"])).toThrow(
      "Number of devices 8 must be >= the product of mesh_shape (3, 5)",
    );
    expect(() => new Mesh(devices(), ["a", "b"])).toThrow("devices.ndim == 1 and len(axis_names) == 2");
    expect(() => new Mesh([devices()[0], devices()[0]], ["a"])).toThrow("different");
    expect(() => new Mesh([[devices()[0]], [devices()[1], devices()[2]]], ["a", "b"])).toThrow(
      "equal lengths",
    );
    expect(() => makeMesh([2], ["a"], { axisTypes: [AxisType.Explicit] })).toThrow("AxisType.Auto");
  });

  test("specs", () => {
    expect(String(P("x", null, ["x", "y"]))).toBe("P('x', None, ('x', 'y'))");
    expect(String(P())).toBe("P()");
    expect(P("x").equals(P(["x"]))).toBe(true);
    expect(P(null).equals(P())).toBe(false);
    expect(P("x")).toBeInstanceOf(PartitionSpec);
    expect(() => P(3 as never)).toThrow(TypeError);
  });
});

describe("shardings", () => {
  const named = new NamedSharding(mesh, P("x", "y"));
  test("the parts of an array", () => {
    expect(String(named)).toBe(
      "NamedSharding(mesh=Mesh('x': 2, 'y': 4, axis_types=(Auto, Auto)), spec=P('x', 'y'), memory_kind=device)",
    );
    expect(named.shardShape([4, 8])).toEqual([2, 2]);
    expect(named.isFullyReplicated).toBe(false);
    expect(named.devicesIndicesMap([4, 8]).get(devices()[6])).toEqual([
      { start: 2, stop: 4 },
      { start: 4, stop: 6 },
    ]);
    const merged = new NamedSharding(mesh, P(null, ["y", "x"]));
    expect(merged.devicesIndicesMap([4, 8]).get(devices()[6])).toEqual([
      { start: 0, stop: 4 },
      { start: 5, stop: 6 },
    ]);
    expect(new NamedSharding(line, P("i")).isEquivalentTo(new NamedSharding(line, P("i", null)), 2)).toBe(
      true,
    );
    expect(new NamedSharding(line, P("i")).isEquivalentTo(new NamedSharding(line, P(null, "i")), 2)).toBe(
      false,
    );
  });

  test("misuse", () => {
    expect(() => new NamedSharding(line, P("q"))).toThrow(
      "Resource axis: q of P('q',) is not found in mesh: ('i',).",
    );
    expect(() => new NamedSharding(line, P("i", "i"))).toThrow("has duplicate entries for `i`");
    expect(() => devicePut(jnp.arange(6), new NamedSharding(line, P("i")))).toThrow(
      "implies that array axis 0 is partitioned 4 times, but the dimension size is 6",
    );
    expect(() => devicePut(1, new NamedSharding(line, P("i")))).toThrow(
      "is only valid for values of rank at least 1",
    );
    expect(() => devicePut(1, "cpu" as never)).toThrow("requires a device or a sharding");
  });

  test("devicePut", () => {
    const y = devicePut(table, named);
    expect(values(y)).toEqual(values(table));
    expect(y.sharding).toBe(named);
    expect([y.committed, y.isFullyReplicated, y.devices().size, y.addressableShards.length]).toEqual([
      true,
      false,
      8,
      8,
    ]);
    expect(values(y.addressableShards[5].data)).toEqual([
      [18, 19],
      [26, 27],
    ]);
    expect(String(y.addressableShards[0])).toContain(
      "Shard(device=CpuDevice(id=0), index=(slice(0, 2, None), slice(0, 2, None)), replica_id=0",
    );
    expect(y.addressableData(5).device).toBe(devices()[5]);
    const half = devicePut(table, new NamedSharding(mesh, P("x")));
    expect(half.addressableShards.map((s) => s.replicaId)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    const z = devicePut({ a: 1, b: [jnp.ones(2)] }, devices()[3]);
    expect([String(z.b[0].sharding), (z.a as unknown as A).device]).toEqual([
      "SingleDeviceSharding(device=CpuDevice(id=3), memory_kind=device)",
      devices()[3],
    ]);
    expect([table.committed, table.device]).toEqual([false, devices()[0]]);
    expect(table.toDevice(devices()[2]).device).toBe(devices()[2]);
  });

  test("results are where operands are", () => {
    const z = devicePut(jnp.ones(3), devices()[3]);
    expect([z.add(1).device, jit((a: A) => a.mul(2))(z).device]).toEqual([devices()[3], devices()[3]]);
    const other = devicePut(jnp.ones(3), devices()[1]);
    expect(() => z.add(other)).toThrow("Received incompatible devices for jitted computation");
    expect(() => jit((a: A, b: A) => a.add(b))(z, other)).toThrow("Received incompatible devices");
    const y = devicePut(table, named);
    expect(y.mul(2).sharding).toBe(named);
    expect(String((y.sum().sharding as NamedSharding).spec)).toBe("P()");
    expect(values(grad((a: A) => a.pow(2).sum())(y))).toEqual(values(table.mul(2)));
  });

  test("results of pmap, shardMap and jit with shardings", () => {
    const p = pmap((a: A) => a.mul(2), { axisName: "i", outAxes: 0 })(jnp.arange(8));
    expect(String((p.sharding as NamedSharding).spec)).toBe("P('i',)");
    expect(p.devices().size).toBe(8);
    const s = shardMap((a: A) => a, { mesh: line, inSpecs: P("i"), outSpecs: P("i") });
    expect(String(s(jnp.arange(8)).sharding)).toBe(String(new NamedSharding(line, P("i"))));
    expect(String(jit(s)(jnp.arange(8)).sharding)).toBe(String(new NamedSharding(line, P("i"))));
    const rows = new NamedSharding(line, P("i"));
    const whole = new NamedSharding(line, P());
    const f = jit((a: A) => a.add(1), { inShardings: rows, outShardings: whole });
    expect(f(jnp.arange(8)).sharding).toBe(whole);
    expect(String(makeJaxpr(f)(jnp.arange(8)))).toContain(
      "in_shardings=(NamedSharding(mesh=Mesh('i': 4, axis_types=(Auto,)), spec=P('i',), memory_kind=device),)",
    );
    expect(() => f(jnp.arange(6))).toThrow("should evenly divide the shape");
    const constrained = jit((a: A) => lax.withShardingConstraint(a.mul(2), rows));
    expect([values(constrained(jnp.arange(4))), constrained(jnp.arange(4)).sharding]).toEqual([
      [0, 2, 4, 6],
      rows,
    ]);
    expect(String(makeJaxpr((a: A) => lax.withShardingConstraint(a, rows))(jnp.arange(4)))).toContain(
      "sharding_constraint[",
    );
    expect(
      String(makeJaxpr((a: A) => devicePut(a, devices()[1]))(jnp.ones(4))).replace(/\s+/g, " "),
    ).toContain(
      "device_put[ copy_semantics=(ArrayCopySemantics.REUSE_INPUT,) devices=(CpuDevice(id=1),) srcs=(None,) ] a",
    );
  });

  test("where a traced array is is not known", () => {
    expect(() => jit((a: A) => a.mul(a.sharding.numDevices))(jnp.ones(2))).toThrow("has no sharding");
    expect(new SingleDeviceSharding(devices()[1]).shardShape([3])).toEqual([3]);
  });
});
