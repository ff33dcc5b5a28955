// Collectives between the devices of a mesh of two axes, over one of them, both, and groups. Results are JAX's.

import { jit, jnp, lax, makeMesh, P, shardMap } from "fluxion";
import { expect, test } from "vitest";
import { type A, values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(6);

const groups = {
  axisIndexGroups: [
    [0, 2],
    [1, 5],
    [4, 3],
  ],
};
const both = ["x", "y"];
const yx = ["y", "x"];
const programs: Record<string, (a: A) => A> = {
  "psum x": (a) => lax.psum(a, "x"),
  "psum y": (a) => lax.psum(a, "y"),
  "psum yx": (a) => lax.psum(a, yx),
  "psum groups": (a) => lax.psum(a, both, groups),
  "psum uneven": (a) => lax.psum(a, both, { axisIndexGroups: [[0, 3, 4], [1, 2], [5]] }),
  "pmax x": (a) => lax.pmax(a, "x"),
  "pmin groups": (a) => lax.pmin(a, both, groups),
  "all_gather x": (a) => lax.allGather(a, "x", { axis: 1 }),
  "all_gather yx": (a) => lax.allGather(a, yx, { axis: 2 }),
  "all_gather y tiled": (a) => lax.allGather(a, "y", { axis: 1, tiled: true }),
  "all_gather groups": (a) => lax.allGather(a, both, { ...groups, axis: -1 }),
  "psum_scatter x": (a) => lax.psumScatter(a, "x", { scatterDimension: 1, tiled: true }),
  "psum_scatter y": (a) => lax.psumScatter(a.get("0:3"), "y"),
  "psum_scatter yx": (a) => lax.psumScatter(a, yx, { tiled: true }),
  "psum_scatter groups": (a) => lax.psumScatter(a, both, { ...groups, tiled: true }),
  "all_to_all x": (a) => lax.allToAll(a, "x", 0, 1, { tiled: true }),
  "all_to_all y": (a) => lax.allToAll(a, "y", 0, 1, { tiled: true }),
  "all_to_all y untiled": (a) => lax.allToAll(a.get("0:3"), "y", 0, 1),
  "all_to_all y untiled2": (a) => lax.allToAll(a.get("...", "0:3"), "y", 1, 0),
  "all_to_all yx": (a) => lax.allToAll(a, yx, 0, 1, { tiled: true }),
  "all_to_all groups": (a) => lax.allToAll(a, both, 1, 0, { ...groups, tiled: true }),
  "ppermute x": (a) => lax.ppermute(a, "x", [[0, 1]]),
  "ppermute y": (a) =>
    lax.ppermute(a, "y", [
      [0, 1],
      [1, 2],
      [2, 0],
    ]),
  "ppermute yx": (a) =>
    lax.ppermute(a, yx, [
      [0, 5],
      [4, 1],
      [1, 2],
    ]),
  "axis_index y": (a) => lax.axisIndex("y").add(a.mul(0)),
  "axis_index yx": (a) => lax.axisIndex(yx).add(a.mul(0)),
};

/** The shape of the result, and for each device the sum of its elements, weighted by 1, 2, ..., 13, 1, ... */
const expected: Record<string, { shape: number[]; sums: number[] }> = {
  "psum x": { shape: [6, 6, 4], sums: [1664, 1703, 1232, 1664, 1703, 1232] },
  "psum y": { shape: [6, 6, 4], sums: [2063, 2063, 2063, 2536, 2536, 2536] },
  "psum yx": { shape: [6, 6, 4], sums: [4599, 4599, 4599, 4599, 4599, 4599] },
  "psum groups": { shape: [6, 6, 4], sums: [1143, 1612, 1143, 1844, 1844, 1612] },
  "psum uneven": { shape: [6, 6, 4], sums: [2447, 1460, 1460, 2447, 2447, 692] },
  "pmax x": { shape: [6, 6, 4], sums: [1191, 1368, 1056, 1191, 1368, 1056] },
  "pmin groups": { shape: [6, 6, 4], sums: [204, 230, 204, 251, 251, 230] },
  "all_gather x": { shape: [6, 6, 2, 4], sums: [1391, 1866, 1253, 1391, 1866, 1253] },
  "all_gather yx": { shape: [6, 6, 4, 6], sums: [4759, 4759, 4759, 4759, 4759, 4759] },
  "all_gather y tiled": { shape: [6, 6, 12], sums: [2260, 2260, 2260, 2237, 2237, 2237] },
  "all_gather groups": { shape: [6, 6, 4, 2], sums: [1252, 1491, 1252, 1840, 1840, 1491] },
  "psum_scatter x": { shape: [6, 6, 2], sums: [637, 1015, 526, 677, 817, 804] },
  "psum_scatter y": { shape: [6, 4], sums: [112, 130, 131, 130, 131, 200] },
  "psum_scatter yx": { shape: [6, 1, 4], sums: [242, 331, 267, 261, 367, 252] },
  "psum_scatter groups": { shape: [6, 3, 4], sums: [544, 909, 529, 879, 877, 690] },
  "all_to_all x": { shape: [6, 3, 8], sums: [831, 978, 462, 454, 958, 901] },
  "all_to_all y": { shape: [6, 2, 12], sums: [697, 814, 761, 594, 1153, 539] },
  "all_to_all y untiled": { shape: [6, 4, 3], sums: [326, 332, 321, 332, 321, 514] },
  "all_to_all y untiled2": { shape: [6, 3, 6], sums: [610, 631, 584, 507, 545, 515] },
  "all_to_all yx": { shape: [6, 1, 24], sums: [609, 896, 588, 897, 844, 774] },
  "all_to_all groups": { shape: [6, 12, 2], sums: [690, 617, 834, 749, 860, 744] },
  "ppermute x": { shape: [6, 6, 4], sums: [0, 0, 0, 603, 920, 540] },
  "ppermute y": { shape: [6, 6, 4], sums: [540, 603, 920, 692, 1061, 783] },
  "ppermute yx": { shape: [6, 6, 4], sums: [0, 783, 920, 0, 0, 603] },
  "axis_index y": { shape: [6, 6, 4], sums: [0, 157, 314, 0, 157, 314] },
  "axis_index yx": { shape: [6, 6, 4], sums: [0, 314, 628, 157, 471, 785] },
};

const x = jnp.arange(144).mod(17).sub(3).astype("float32").reshape([6, 6, 4]);

test.each(Object.entries(programs))("%s", (name, f) => {
  const run = (checkVma: boolean) =>
    shardMap((a: A) => jnp.expandDims(f(jnp.squeeze(a, 0)), 0), {
      mesh: makeMesh([2, 3], ["x", "y"]),
      inSpecs: P(both),
      outSpecs: P(both),
      checkVma,
    });
  const weighed = (y: A): unknown => {
    const flat = y.reshape([6, -1]);
    return values(flat.mul(jnp.arange(flat.shape[1]).mod(13).add(1)).sum(1));
  };
  const y = run(false)(x);
  expect(y.shape).toEqual(expected[name].shape);
  expect(weighed(y)).toEqual(expected[name].sums);
  expect(values(jit(run(false))(x))).toEqual(values(y));
  // Types that tell over which axes values vary know no groups.
  if (!name.startsWith("psum ") || !/groups|uneven/.test(name))
    expect(values(run(true)(x))).toEqual(values(y));
});
