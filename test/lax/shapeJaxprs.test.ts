import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import { ShapeDtypeStruct } from "../../src/core/aval.ts";
import { asDType, type DTypeName } from "../../src/dtypes/index.ts";
import { delta, eye, tri } from "../../src/lax/creation.ts";
import * as lax from "../../src/lax/index.ts";
import { grad } from "../../src/transforms/grad.ts";
import { jvp } from "../../src/transforms/jvp.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { readGolden } from "../support/goldens.ts";

// Programs of the shape, indexing and key primitives and of their derivatives and batches, printed as JAX prints them.

interface Case {
  readonly id: string;
  readonly python: string;
  readonly args: readonly { readonly dtype: DTypeName; readonly shape: readonly number[] }[];
  readonly expected: string;
}
const { cases } = await readGolden<{ cases: Case[] }>("lax_shape_jaxprs");

type A = NDArray;
// biome-ignore lint/suspicious/noExplicitAny: programs of every signature
type Program = (...args: any[]) => unknown;

const sum = (x: A): A =>
  lax.reduceSum(
    x,
    x.shape.map((_, i) => i),
  );
const padConfig = [
  [1, 0, 1],
  [0, -1, 0],
];
const pad = (x: A, v: A | number = 0): A => lax.pad(x, v, padConfig);

const rows = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] };
const gather =
  (options: lax.GatherOptions = {}): Program =>
  (x: A, i: A) =>
    lax.gather(x, i, rows, [1, 3], options);
const summed =
  (f: Program): Program =>
  (...args) =>
    sum(f(...args) as A);

const programs: Record<string, Program> = {
  "squeeze/vmap": vmap((x: A) => lax.squeeze(x, [0])),
  "squeeze/vmap_last": vmap((x: A) => lax.squeeze(x, [0]), 2),
  "squeeze/grad": grad((x: A) => sum(lax.squeeze(x, [0, 2]))),
  "broadcast_in_dim/vmap2": vmap(vmap((x: A) => lax.broadcastInDim(x, [4, 3], [1]))),
  "broadcast_in_dim/grad": grad((x: A) => sum(lax.broadcastInDim(x, [1, 3], [1]))),
  "broadcast_in_dim/grad_unit": grad((x: A) => sum(lax.broadcastInDim(x, [1, 3], [0, 1]))),
  "broadcast_in_dim/jvp": (x: A) => jvp((y: A) => lax.broadcastInDim(y, [2, 3], [1]), [x], [x]),
  "broadcast/plain": (x: A) => lax.broadcast(x, [2, 4]),
  "expand_dims/plain": (x: A) => lax.expandDims(x, [0, -1]),
  "reshape/dims": (x: A) => lax.reshape(x, [6], [1, 0]),
  "reshape/vmap": vmap((x: A) => lax.reshape(x, [6]), 1),
  "reshape/vmap_dims": vmap((x: A) => lax.reshape(x, [6], [1, 0])),
  "reshape/grad": grad((x: A) => sum(lax.reshape(x, [6]))),
  "reshape/grad_dims": grad((x: A) => sum(lax.reshape(x, [6], [1, 0]))),
  "collapse/plain": (x: A) => lax.collapse(x, 1, 3),
  "transpose/vmap": vmap((x: A) => lax.transpose(x, [1, 0]), 1),
  "transpose/grad": grad((x: A) => sum(lax.transpose(x, [2, 0, 1]))),
  "pad/grad": grad((x: A) => sum(pad(x))),
  "pad/vmap": vmap((x: A) => pad(x)),
  "pad/vmap_both": vmap((x: A, v: A) => pad(x, v)),
  "pad/vmap_value": vmap((x: A, v: A) => pad(x, v), [null, 0]),
  "slice/grad": grad((x: A) => sum(lax.slice(x, [0, 1], [4, 3]))),
  "slice/grad_strided": grad((x: A) => sum(lax.slice(x, [0, 1], [4, 3], [2, 1]))),
  "slice/vmap": vmap((x: A) => lax.slice(x, [0, 1], [1, 3], [2, 1])),
  "slice/vmap_nostride": vmap((x: A) => lax.slice(x, [0, 1], [1, 3]), 1),
  "slice/in_dim": (x: A) => lax.sliceInDim(x, 1, -1),
  "slice/index_in_dim": (x: A) => lax.indexInDim(x, -1, { axis: 1, keepdims: false }),
  "slice/grad_grad": grad((x: A) => sum(grad((y: A) => sum(lax.integerPow(lax.slice(y, [1], [3]), 2)))(x))),
  "rev/vmap": vmap((x: A) => lax.rev(x, [0])),
  "rev/grad": grad((x: A) => sum(lax.rev(x, [0]))),
  "concatenate/vmap": vmap((x: A, y: A) => lax.concatenate([x, y], 0), [1, null]),
  "concatenate/jvp": (x: A, y: A) => jvp((z: A) => lax.concatenate([z, y], 0), [x], [x]),
  "stack/vmap": vmap((x: A) => lax.stack([x, x])),
  "stack/vmap_one": vmap((x: A, y: A) => lax.stack([x, y]), [0, null]),
  "stack/grad": grad((x: A) => sum(lax.slice(lax.stack([x, x]), [0, 0], [1, 3]))),
  "unstack/plain": (x: A) => lax.unstack(x, 1),
  "unstack/vmap": vmap((x: A) => lax.unstack(x)),
  "unstack/grad": grad((x: A) => sum(lax.unstack(x)[1])),
  "split/plain": (x: A) => lax.split(x, [1, 2]),
  "split/vmap": vmap((x: A) => lax.split(x, [1, 2]), 1),
  "split/grad": grad((x: A) => sum(lax.split(x, [1, 2])[1])),
  "tile/plain": (x: A) => lax.tile(x, [2, 3]),
  "tile/vmap": vmap((x: A) => lax.tile(x, [2, 3]), 1),
  "tile/grad": grad((x: A) => sum(lax.tile(x, [2, 3]))),
  "full/plain": (x: A) => [
    lax.full([2], x),
    lax.full([2], x, "int32"),
    lax.fullLike(x, 2),
    lax.iota("int32", 3),
  ],
  "creation/eye": () => eye("float32", [2, 3], 1),
  "creation/tri": () => tri("float32", [2, 3], 0),
  "creation/delta": () => delta("float32", [2, 2, 2], [0, 2]),
  "dynamic_slice/literals": (x: A) => lax.dynamicSlice(x, [-1], [2]),
  "dynamic_slice/mixed": (x: A, i: A) => lax.dynamicSlice(x, [i, 0], [1, 2]),
  "dynamic_slice/unsigned": (x: A, i: A) => lax.dynamicSlice(x, [i], [2]),
  "dynamic_slice/array": (x: A, i: A) => lax.dynamicSlice(x, i, [1, 2]),
  "dynamic_slice/grad": grad((x: A, i: A) => sum(lax.dynamicSlice(x, [i], [2]))),
  "dynamic_slice/jvp": (x: A, i: A) => jvp((y: A) => lax.dynamicSlice(y, [i], [2]), [x], [x]),
  "dynamic_slice/vmap_x": vmap((x: A, i: A) => lax.dynamicSlice(x, [i], [2]), [0, null]),
  "dynamic_slice/vmap_i": vmap((x: A, i: A) => lax.dynamicSlice(x, [i], [2]), [null, 0]),
  "dynamic_slice/vmap_2d": vmap((x: A, i: A) => lax.dynamicSlice(x, [i, 0], [1, 2]), [1, 0]),
  "dynamic_slice/grad_vmap": grad((x: A, i: A) =>
    sum(vmap((y: A, j: A) => lax.dynamicSlice(y, [j], [2]))(x, i)),
  ),
  "dynamic_slice/in_dim": (x: A, i: A) => lax.dynamicSliceInDim(x, i, 2, 1),
  "dynamic_slice/in_dim_literal": (x: A) => lax.dynamicSliceInDim(x, -2, 2, 1),
  "dynamic_slice/index_in_dim": (x: A, i: A) => lax.dynamicIndexInDim(x, i, 1),
  "dynamic_slice/index_literal": (x: A) => lax.dynamicIndexInDim(x, -1, { axis: 1, keepdims: false }),
  "dynamic_slice/index_no_negative": (x: A, i: A) =>
    lax.dynamicIndexInDim(x, i, { axis: 1, allowNegativeIndices: false }),
  "dynamic_update_slice/plain": (x: A, u: A, i: A) => lax.dynamicUpdateSlice(x, u, [i]),
  "dynamic_update_slice/grad": grad((x: A, u: A, i: A) => sum(lax.dynamicUpdateSlice(x, u, [i])), {
    argnums: [0, 1],
  }),
  "dynamic_update_slice/grad_update": grad((u: A, x: A, i: A) => sum(lax.dynamicUpdateSlice(x, u, [i]))),
  "dynamic_update_slice/vmap": vmap((x: A, u: A, i: A) => lax.dynamicUpdateSlice(x, u, [i])),
  "dynamic_update_slice/vmap_update": vmap(
    (x: A, u: A, i: A) => lax.dynamicUpdateSlice(x, u, [i]),
    [null, 0, null],
  ),
  "dynamic_update_slice/in_dim": (x: A, u: A, i: A) => lax.dynamicUpdateSliceInDim(x, u, i, 1),
  "dynamic_update_slice/index": (x: A, u: A, i: A) => lax.dynamicUpdateIndexInDim(x, u, i, 1),
  "dynamic_update_slice/index_literal": (x: A, u: A) => lax.dynamicUpdateIndexInDim(x, u, -1, 1),
  "gather/plain": gather(),
  "gather/fill": gather({ mode: "fill" }),
  "gather/fill_value": gather({ mode: "fill", fillValue: 2.5 }),
  "gather/fill_int": gather({ mode: "fill" }),
  "gather/fill_uint": gather({ mode: "fill" }),
  "gather/fill_bool": gather({ mode: "fill" }),
  "gather/clip": gather({ mode: "clip", uniqueIndices: true, indicesAreSorted: true }),
  "gather/grad": grad(summed(gather())),
  "gather/grad_fill": grad(summed(gather({ mode: "fill" }))),
  "gather/jvp_fill": (x: A, i: A) => jvp((y: A) => gather({ mode: "fill" })(y, i), [x], [x]),
  "gather/vmap_x": vmap(gather(), [0, null]),
  "gather/vmap_i": vmap(gather(), [null, 0]),
  "gather/vmap_xi": vmap(gather(), [1, 2]),
  "gather/vmap_vmap": vmap(vmap(gather(), [1, 1])),
  "gather/grad_vmap": grad(summed(vmap(gather()))),
  "keys/seed": lax.randomSeed,
  "keys/seed_vmap": vmap(lax.randomSeed),
  "keys/fold_in": lax.randomFoldIn,
  "keys/fold_in_vmap": vmap(lax.randomFoldIn),
  "keys/fold_in_vmap_key": vmap(lax.randomFoldIn, [0, null]),
  "keys/fold_in_vmap_data": vmap(lax.randomFoldIn, [null, 0]),
  "keys/split_vmap": vmap((k: A) => lax.randomSplit(k, [3])),
  "keys/bits_vmap": vmap((k: A) => lax.randomBits(k, 32, [3])),
  "keys/bits8": (k: A) => lax.randomBits(k, 8, [2, 3]),
  "keys/data_vmap": vmap(lax.randomUnwrap),
  "keys/wrap_vmap": vmap(lax.randomWrap, 1),
  "keys/clone": lax.randomClone,
  "keys/threefry": lax.threefry2x32,
  "keys/threefry_vmap": vmap(lax.threefry2x32, [0, 0, 1, 1]),
};

const updated = { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
const scatters = {
  scatter: lax.scatter,
  scatter_add: lax.scatterAdd,
  scatter_sub: lax.scatterSub,
  scatter_mul: lax.scatterMul,
  scatter_min: lax.scatterMin,
  scatter_max: lax.scatterMax,
};
for (const [name, f] of Object.entries(scatters)) {
  const plain = (x: A, i: A, u: A): A => f(x, i, u, updated);
  const unique = (x: A, i: A, u: A): A => f(x, i, u, updated, { uniqueIndices: true });
  Object.assign(programs, {
    [`${name}/plain`]: plain,
    [`${name}/clip`]: (x: A, i: A, u: A) => f(x, i, u, updated, { mode: "clip", indicesAreSorted: true }),
    [`${name}/grad`]: grad(summed(plain)),
    [`${name}/grad_u`]: grad((u: A, x: A, i: A) => sum(unique(x, i, u))),
    [`${name}/grad_xu`]: grad((x: A, u: A, i: A) => sum(unique(x, i, u)), { argnums: [0, 1] }),
    [`${name}/jvp_unique`]: (x: A, i: A, u: A) => jvp((y: A, v: A) => unique(y, i, v), [x, u], [x, u]),
    [`${name}/jvp`]: (x: A, i: A, u: A) => jvp((y: A, v: A) => plain(y, i, v), [x, u], [x, u]),
    [`${name}/jvp_x`]: (x: A, i: A, u: A) => jvp((y: A) => plain(y, i, u), [x], [x]),
    [`${name}/vmap`]: vmap(plain),
    [`${name}/vmap_u`]: vmap(plain, [null, null, 0]),
    [`${name}/vmap_x`]: vmap(plain, [1, null, null]),
    [`${name}/vmap_i`]: vmap(plain, [null, 0, null]),
  });
}

describe("printed as JAX prints", () => {
  test.each(cases.map((c) => [c.id, c] as const))("%s", (id, { args, expected, python }) => {
    const program = programs[id];
    if (program === undefined) throw new Error(`not translated: ${python}`);
    const structs = args.map((a) => new ShapeDtypeStruct(a.shape, asDType(a.dtype)));
    expect(String(makeJaxpr(program)(...structs))).toBe(expected);
  });
});
