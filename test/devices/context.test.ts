// What holds for a while: a mesh that is set, another default device. As in JAX, save that its reprs of shardings made under a set mesh differ.

import {
  config,
  Device,
  debug,
  defaultBackend,
  defaultDevice,
  deviceCount,
  devicePut,
  devices,
  getMesh,
  grad,
  jit,
  jnp,
  lax,
  localDevices,
  makeJaxpr,
  NamedSharding,
  P,
  random,
  reshard,
  ShapeDtypeStruct,
  setMesh,
  sharding as shardings,
  shardMap,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(4);
const { AxisType, Mesh, makeSingleDeviceSharding, SingleDeviceSharding } = shardings;
const mesh = new Mesh(
  [
    [devices()[0], devices()[1]],
    [devices()[2], devices()[3]],
  ],
  ["x", "y"],
);
const rows = new NamedSharding(mesh, P("x"));
const whole = new NamedSharding(mesh, P());
const x = jnp.arange(8).astype("float32");
const specOf = (a: A): string => String((a.sharding as NamedSharding).spec);

test("devices", () => {
  expect(devices()[0]).toBeInstanceOf(Device);
  expect([defaultBackend(), deviceCount("cpu"), localDevices({ backend: "cpu" }).length]).toEqual([
    "cpu",
    4,
    4,
  ]);
  expect(() => devices("gpu")).toThrow(
    "Unknown backend: 'gpu' requested, but no platforms that are instances of gpu are present. Platforms present are: cpu",
  );
  expect(config.platforms).toBe(null);
  expect(() => config.update("platforms", "gpu" as never)).toThrow(
    'config.platforms must be one of null, "cpu"',
  );
  expect(makeSingleDeviceSharding(devices()[1])).toEqual(new SingleDeviceSharding(devices()[1]));
  expect(() => makeSingleDeviceSharding(1 as never)).toThrow("requires a device, got 1");
  expect(() => makeSingleDeviceSharding(devices()[0], { memoryKind: "pinned_host" as never })).toThrow(
    "memory kind",
  );
});

describe("defaultDevice", () => {
  test("new arrays and results are there, committed to nothing", () => {
    const placed = (a: A) => [a.device, a.committed];
    const there = [devices()[2], false];
    const before = jnp.ones(2);
    const inside = defaultDevice(devices()[2], () => {
      const a = jnp.ones(2);
      const made = [
        a,
        a.add(1),
        jnp.array([1]),
        jnp.float32(3),
        before.mul(2),
        jit((b: A) => b.mul(2))(before),
      ];
      expect(made.map(placed)).toEqual(made.map(() => there));
      expect(random.normal(random.key(0), [3]).device).toBe(devices()[2]);
      expect(placed(before)).toEqual([devices()[0], false]);
      // Arrays that somebody placed stay where they are, and others come to them.
      const other = devicePut(before, devices()[1]);
      expect([other.add(1).device, other.add(a).device]).toEqual([devices()[1], devices()[1]]);
      return a;
    });
    expect(placed(inside)).toEqual(there);
    expect(placed(inside.add(1))).toEqual([devices()[0], false]);
    expect(values(inside.add(devicePut(before, devices()[1])))).toEqual([2, 2]);
  });

  test("as a setting, by name, and wrong ones", () => {
    expect(config.defaultDevice).toBe(null);
    config.update("defaultDevice", devices()[1]);
    expect(jnp.zeros(1).device).toBe(devices()[1]);
    expect(defaultDevice("cpu", () => jnp.zeros(1).device)).toBe(devices()[0]);
    config.update("defaultDevice", null);
    expect(jnp.zeros(1).device).toBe(devices()[0]);
    const message = "must be either a Device object (e.g. `devices('cpu')[0]`) or a platform name string";
    expect(() => defaultDevice(3 as never, () => 0)).toThrow(message);
    expect(() => config.update("defaultDevice", "foo" as never)).toThrow(message);
  });
});

describe("setMesh", () => {
  test("the mesh that is set", () => {
    const none = getMesh();
    expect([none.empty, none.size, String(none)]).toEqual([true, 0, "Mesh()"]);
    expect(setMesh(mesh, () => getMesh())).toBe(mesh);
    expect(() => setMesh(mesh, () => jit(() => getMesh().size)())).toThrow(
      "can only be used outside of `jit`",
    );
    expect(() => jit(() => setMesh(mesh, () => 1))()).toThrow("`setMesh` can only be used outside of `jit`.");
    expect(() => setMesh(3 as never)).toThrow("Expected mesh of type `sharding.Mesh`. Got 3");
    const restore = setMesh(mesh) as unknown as Record<symbol, () => void>;
    expect(getMesh()).toBe(mesh);
    const outer = new Mesh(devices(), ["i"]);
    expect(setMesh(outer, () => getMesh())).toBe(outer);
    restore[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
    expect(getMesh().empty).toBe(true);
  });

  test("arrays that nobody places are whole on its devices", () => {
    setMesh(mesh, () => {
      const a = jnp.ones(2);
      const results = [a, a.add(1), x.add(1), jit((b: A) => b.add(1))(x), random.normal(random.key(0), [3])];
      expect(results.map((b) => [String(b.sharding), b.committed])).toEqual(
        results.map(() => [String(whole), true]),
      );
      expect(() => devicePut(a, devices()[1]).add(1)).toThrow(
        "Received incompatible devices for jitted computation. Got an operand with shape float32[2] and with device ids [1] on platform CPU " +
          "and jit's context mesh with device ids [0, 1, 2, 3] on platform CPU",
      );
      expect(devicePut(x, rows).add(1).sharding).toBe(rows);
      return a;
    });
    expect(jnp.ones(2).sharding).toBeInstanceOf(SingleDeviceSharding);
  });

  test("specs alone", () => {
    const double = (): unknown => shardMap((a: A) => a.mul(2), { inSpecs: P("x"), outSpecs: P("x") })(x);
    setMesh(mesh, () => {
      expect(specOf(devicePut(x, P("x")))).toBe("P('x',)");
      expect(specOf(lax.withShardingConstraint(x, P("x")))).toBe("P('x',)");
      const host = Float32Array.from({ length: 8 }, (_, i) => i);
      expect(specOf(jit((a: A) => a, { inShardings: P("x"), outShardings: P("y") })(host as never))).toBe(
        "P('y',)",
      );
      expect(values(double() as A)).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
      expect(String(new ShapeDtypeStruct([4], "float32", { sharding: P("x") as never }))).toBe(
        `ShapeDtypeStruct(shape=(4,), dtype=float32, sharding=${rows})`,
      );
      const other = new Mesh(devices(), ["i"]);
      expect(() => shardMap((a: A) => a, { mesh: other, inSpecs: P("i"), outSpecs: P("i") })(x)).toThrow(
        "should match the mesh passed to shardMap Mesh('i': 4, axis_types=(Auto,))",
      );
    });
    expect(() => devicePut(x, P("x"))).toThrow("Please set a mesh via `setMesh`");
    expect(() => lax.withShardingConstraint(x, P("x"))).toThrow(
      "withShardingConstraint requires a non-empty mesh in context if you are passing `PartitionSpec`s to shardings.",
    );
    expect(() => jit((a: A) => a, { inShardings: P("x") })(x)).toThrow(
      "jit requires a non-empty mesh in context if you are passing `PartitionSpec`s to inShardings.",
    );
    expect(double).toThrow(
      "The context mesh cannot be empty. Use `setMesh(mesh)` to enter into a mesh context",
    );
    expect(() => new ShapeDtypeStruct([4], "float32", { sharding: P("x") as never })).toThrow(
      "When specifying PartitionSpec to `ShapeDtypeStruct`, the context mesh cannot be empty.",
    );
  });

  test("functions are traced for the mesh that is set", () => {
    const f = jit((a: A) =>
      shardMap((b: A) => b.mul(lax.axisSize("x")), { inSpecs: P("x"), outSpecs: P("x") })(a),
    );
    const line = new Mesh(devices(), ["x"]);
    expect(values(setMesh(mesh, () => f(x)))).toEqual(values(x.mul(2)));
    expect(values(setMesh(line, () => f(x)))).toEqual(values(x.mul(4)));
    expect(() => f(x)).toThrow("The context mesh cannot be empty");
  });
});

test("arguments that were placed otherwise than inShardings say", () => {
  const f = jit((a: A) => a.add(1), { inShardings: rows });
  expect(() => f(devicePut(x, new NamedSharding(mesh, P("y"))))).toThrow(
    `Sharding passed to jit does not match the sharding on the respective arg. Got jit sharding: ${rows},\n` +
      `arg sharding: ${new NamedSharding(mesh, P("y"))} for arg type: float32[8]`,
  );
  expect(values(f(devicePut(x, rows)))).toEqual(values(x.add(1)));
  // Results of which nothing is known are where the operands are.
  const [a, b] = jit((c: A) => [lax.withShardingConstraint(c, whole), c.add(1)])(devicePut(x, rows));
  expect([a.sharding, b.sharding]).toEqual([whole, rows]);
});

describe("types that hold shardings", () => {
  test("reshard: only to shardings that divide nothing", () => {
    expect(String(reshard(x, whole).sharding)).toBe(String(whole));
    expect(reshard(devicePut(x, rows), whole).sharding).toBe(rows);
    expect(values(setMesh(mesh, () => reshard({ a: x, b: 1 }, P())) as never)).toEqual({
      a: values(x),
      b: 1,
    });
    const f = (a: A): A => reshard(a, whole);
    expect(String(makeJaxpr(f)(x))).toBe("{ lambda ; a:f32[8]. let b:f32[8] = reshard a in (b,) }");
    expect(String(makeJaxpr(vmap(f))(x))).toBe("{ lambda ; a:f32[8]. let b:f32[8] = reshard a in (b,) }");
    expect(String(makeJaxpr(grad((a: A) => f(a).sum()))(x)).match(/ = reshard /g)).toHaveLength(2);
    expect(values(jit(grad((a: A) => f(a).mul(a).sum()))(x))).toEqual(values(x.mul(2)));
    expect(() => reshard(x, rows)).toThrow(
      "PartitionSpec passed to reshard cannot contain axis names that are of type Auto or Manual. Got PartitionSpec: P('x',) with axis name: " +
        "x of type: AxisType.Auto.",
    );
    expect(() => reshard(x, P())).toThrow(
      "Using PartitionSpec when you are not under a mesh context is not allowed.",
    );
    expect(() => reshard(x, new SingleDeviceSharding(devices()[0]))).toThrow(
      "`outSharding` argument of reshard only supports instances of `NamedSharding` or `PartitionSpec`. Got SingleDeviceSharding",
    );
    expect(() => reshard(x, 3 as never)).toThrow("Got 3.");
  });

  test("outSharding", () => {
    const a = jnp.ones([4, 4]);
    const dims = [
      [[1], [0]],
      [[], []],
    ] as const;
    expect(values(a.at(0).get({ outSharding: whole }))).toEqual([1, 1, 1, 1]);
    expect(values(a.at(0).set(2, { outSharding: whole }).get(0))).toEqual([2, 2, 2, 2]);
    expect(lax.dotGeneral(a, a, dims, { outSharding: whole }).shape).toEqual([4, 4]);
    const message = "cannot contain axis names that are of type Auto or Manual. Got PartitionSpec: P('x',)";
    expect(() => a.at(0).get({ outSharding: rows })).toThrow(`passed to .get ${message}`);
    expect(() => a.at(0).add(2, { outSharding: rows })).toThrow(`passed to .at ${message}`);
    expect(() => lax.dotGeneral(a, a, dims, { outSharding: rows })).toThrow(
      `passed to dot_general ${message}`,
    );
    expect(() => a.at(0).get({ outSharding: P("x") })).toThrow("when you are not under a mesh context");
    expect(() => a.at(0).get({ outSharding: 3 })).toThrow(
      "argument of .get only supports instances of `NamedSharding`",
    );
  });

  test("axes that are Explicit are refused", () => {
    expect(() => new Mesh(devices(), ["x"], { axisTypes: [AxisType.Explicit] })).toThrow(
      "Mesh axes other than AxisType.Auto are not supported",
    );
    expect(() => new Mesh(devices(), ["x"], { axisTypes: [] })).toThrow(
      "Number of axis names should match the number of axisTypes.",
    );
  });

  test("ShapeDtypeStruct.sharding", () => {
    const s = new ShapeDtypeStruct([4], "float32", { sharding: rows });
    expect([s.sharding, s.update({ shape: [2] }).sharding, s.update({ sharding: null }).sharding]).toEqual([
      rows,
      rows,
      null,
    ]);
    expect(ShapeDtypeStruct.like(s).sharding).toBe(rows);
    expect(new ShapeDtypeStruct([4], "float32").sharding).toBe(null);
    expect(() => new ShapeDtypeStruct([4], "float32", { sharding: 3 as never })).toThrow(
      "sharding should be an instance of `sharding.Sharding`",
    );
    expect(jit((a: A) => a.mul(2)).lower(s).outInfo).toEqual(new ShapeDtypeStruct([4], "float32"));
  });
});

test("debug.inspectArraySharding", () => {
  const seen: string[] = [];
  const look = (a: A): A => {
    debug.inspectArraySharding(a, { callback: (s) => void seen.push(String(s)) });
    return a.mul(2);
  };
  const told = (): string[] => seen.splice(0);
  const y = devicePut(x, rows);
  const first = String(new SingleDeviceSharding(devices()[0]));
  look(y);
  expect(told()).toEqual([String(rows)]);
  const f = jit(look);
  f(y);
  f(y);
  expect(told()).toEqual([String(rows)]);
  f(x);
  expect(told()).toEqual([first]);
  expect(values(grad((a: A) => look(a).sum())(x))).toEqual(values(jnp.full(8, 2)));
  expect(told()).toEqual([first]);
  expect(values(vmap(look)(x))).toEqual(values(x.mul(2)));
  expect(told()).toEqual([first]);
  jit(vmap(look))(y);
  expect(told()).toEqual([String(rows)]);
  expect(String(makeJaxpr(look)(x))).toContain(
    "inspect_sharding[callback=<function callback at 0xXXXXXXXXXXXX>] a",
  );
  expect(() => debug.inspectArraySharding(x, { callback: 3 as never })).toThrow(
    "the callback must be a function, got number",
  );
});
