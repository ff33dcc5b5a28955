// Arrays made of parts, one for each device. Messages are JAX's.

import {
  devicePut,
  devices,
  jnp,
  makeArrayFromCallback,
  makeArrayFromSingleDeviceArrays,
  makeMesh,
  NamedSharding,
  type NDArray,
  P,
  sharding as shardings,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(4);
const mesh = makeMesh([2, 2], ["x", "y"]);
const rows = new NamedSharding(mesh, P("x"));
const grid = new NamedSharding(mesh, P("y", "x"));

describe("makeArrayFromCallback", () => {
  test("the part of each device", () => {
    const seen: unknown[] = [];
    const x = makeArrayFromCallback([8], rows, ([part]) => {
      seen.push(part);
      return Float32Array.from({ length: 4 }, (_, i) => part.start + i);
    });
    expect(values(x)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([x.sharding, x.dtype.name]).toEqual([rows, "float32"]);
    const [low, high] = [
      { start: 0, stop: 4 },
      { start: 4, stop: 8 },
    ];
    expect(seen).toEqual([low, low, high, high]);
    const table = jnp.arange(24).reshape([4, 6]);
    const y = makeArrayFromCallback([4, 6], grid, ([i, j]) =>
      table.get(`${i.start}:${i.stop}`, `${j.start}:${j.stop}`),
    );
    expect([values(y), y.dtype.name]).toEqual([values(table), "int32"]);
    expect(y.addressableShards.map(({ data }) => values(data))[1]).toEqual(values(table.get("2:", ":3")));
    expect(values(makeArrayFromCallback([], new NamedSharding(mesh, P()), () => 3))).toBe(3);
    expect(values(makeArrayFromCallback([4, 6], grid, () => new Int32Array(6)))).toEqual(
      values(jnp.zeros([4, 6])),
    );
    const one = new shardings.SingleDeviceSharding(devices()[1]);
    expect(makeArrayFromCallback([2], one, () => jnp.ones(2), { dtype: "float32" }).device).toBe(
      devices()[1],
    );
    expect(makeArrayFromCallback([0], rows, () => jnp.ones(0)).shape).toEqual([0]);
  });

  test.each([
    [
      () => makeArrayFromCallback([8], rows, () => jnp.zeros(3)),
      "Expected shard shape (4,) doesn't match the single device array shape (3,). Shape of Array is float32[8] with sharding NamedSharding",
    ],
    [
      () =>
        makeArrayFromCallback([8], rows, ([{ start }]) =>
          jnp.zeros(4, { dtype: start > 0 ? "int32" : "float32" }),
        ),
      "Input buffers to `Array` must have matching dtypes. Got int32, expected float32 for buffer: [0 0 0 0]",
    ],
    [
      () => makeArrayFromCallback([8], rows, () => jnp.zeros(4), { dtype: "int32" }),
      "it must match the dtype of the addressable shards. Got dtype=int32 and shard dtype=float32.",
    ],
    [() => makeArrayFromCallback([8], rows, () => "a"), "the callback must return arrays"],
    [() => makeArrayFromCallback([8], rows, 3 as never), "the callback must be a function"],
    [
      () => makeArrayFromCallback([8], devices()[0] as never, () => jnp.zeros(8)),
      "requires a sharding, got CpuDevice(id=0)",
    ],
    [() => makeArrayFromCallback([7], rows, () => jnp.zeros(4)), "evenly divide"],
  ])("misuse %#", (f, message) => {
    expect(f).toThrow(message);
  });
});

describe("makeArrayFromSingleDeviceArrays", () => {
  const parts = devices().map((d, i): NDArray => devicePut(jnp.arange(2).add(2 * (i >> 1)), d));

  test("each part is where its device is, in any order", () => {
    for (const list of [parts, parts.toReversed()]) {
      const x = makeArrayFromSingleDeviceArrays([4], rows, list);
      expect([values(x), x.sharding, x.dtype.name]).toEqual([[0, 1, 2, 3], rows, "int32"]);
    }
    expect(values(parts[3])).toEqual([2, 3]);
  });

  test.each([
    [
      () => makeArrayFromSingleDeviceArrays([4], rows, parts.slice(2)),
      "Expected 4 per-device arrays (this is how many devices are addressable by the sharding), but got 2",
    ],
    [
      () => makeArrayFromSingleDeviceArrays([8], rows, parts),
      "Expected shard shape (4,) doesn't match the single device array shape (2,)",
    ],
    [
      () =>
        makeArrayFromSingleDeviceArrays(
          [4],
          rows,
          [0, 0, 0, 0].map((i) => parts[i]),
        ),
      "the input arrays must be from distinct devices, but got device IDs [0, 0, 0, 0]",
    ],
    [
      () =>
        makeArrayFromSingleDeviceArrays([4], rows, [
          parts[0].toDevice(devices()[0]).astype("float32"),
          ...parts.slice(1),
        ]),
      "must have matching dtypes. Got int32, expected float32",
    ],
    [() => makeArrayFromSingleDeviceArrays([4], rows, parts[0] as never), "`arrays` argument must be a list"],
    [() => makeArrayFromSingleDeviceArrays([4], rows, [1, 2, 3, 4] as never), "requires arrays, got 1"],
    [
      () =>
        makeArrayFromSingleDeviceArrays(
          [4],
          rows,
          parts.map((x) => devicePut(x, rows)),
        ),
      "an array is on 4 devices",
    ],
    [
      () =>
        makeArrayFromSingleDeviceArrays([2], new shardings.SingleDeviceSharding(devices()[0]), [parts[1]]),
      "the arrays are on devices with ids [1], those of the sharding have ids [0]",
    ],
  ])("misuse %#", (f, message) => {
    expect(f).toThrow(message);
  });
});
