import { jnp, lax, type NDArray } from "fluxion";
import { arg, type OpArg, type OpRow, of, testOps } from "./opRows.ts";

// Shapes, products and indices.

const rows: OpRow[] = [];
const row = (name: string, fn: OpRow["fn"], args: readonly OpArg[], more: Partial<OpRow> = {}): void => {
  rows.push({ name, fn, args, ...more });
};
const a = arg;
const idx = (shape: readonly number[], values: readonly number[]): OpArg => ({
  shape,
  dtype: "int32",
  values,
});

// Shapes.

row("reshape", (x) => jnp.reshape(x, [3, -1]), [a([2, 6])]);
row("reshape of nothing", (x) => jnp.reshape(x, [0, 7]), [a([3, 0])]);
row("reshape to a scalar", (x) => jnp.reshape(x, []), [a([1, 1])]);
row("reshape in order F", (x) => jnp.reshape(x, [3, 2], { order: "F" }), [a([2, 3])]);
row("ravel", (x) => jnp.ravel(x), [a([2, 3, 2])]);
row("transpose", (x) => jnp.transpose(x), [a([2, 3, 4])]);
row("transpose of an order", (x) => jnp.transpose(x, [1, 2, 0]), [a([2, 3, 4])]);
row("matrixTranspose", (x) => jnp.matrixTranspose(x), [a([2, 3, 5])]);
row("swapaxes", (x) => jnp.swapaxes(x, 0, -1), [a([2, 1, 3])]);
row("moveaxis", (x) => jnp.moveaxis(x, [0, 1], [2, 0]), [a([2, 3, 4])]);
row("rollaxis", (x) => jnp.rollaxis(x, 2), [a([2, 3, 4])]);
row("squeeze", (x) => jnp.squeeze(x), [a([1, 3, 1])]);
row("squeeze an axis", (x) => jnp.squeeze(x, 0), [a([1, 3, 1])]);
row("expandDims", (x) => jnp.expandDims(x, [0, 2]), [a([3])]);
row("broadcastTo", (x) => jnp.broadcastTo(x, [2, 3, 4]), [a([3, 1])]);
row("broadcastTo nothing", (x) => jnp.broadcastTo(x, [0, 3]), [a([3])]);
row("broadcastArrays", (x, y) => jnp.broadcastArrays(x, y), [a([3, 1]), a([2])]);
for (const f of ["atleast1d", "atleast2d", "atleast3d"] as const)
  row(f, (x) => jnp[f](x) as NDArray, [a([3])]);

row("concatenate", (x, y) => jnp.concatenate([x, y, x], 1), [a([2, 3]), a([2, 1])]);
row("concatenate with nothing", (x, y) => jnp.concatenate([x, y]), [a([0, 2]), a([3, 2])]);
row("concatenate of dtypes", (x, y) => jnp.concatenate([x, y]), [of("int32", [3]), a([2])]);
row("concatenate flat", (x, y) => jnp.concatenate([x, y], null), [a([2, 2]), a([3])]);
row("stack", (x, y) => jnp.stack([x, y], -1), [a([2, 3]), a([2, 3])]);
row("stack of scalars", (x, y) => jnp.stack([x, y]), [a([]), a([])]);
row("vstack", (x, y) => jnp.vstack([x, y]), [a([3]), a([2, 3])]);
row("hstack", (x, y) => jnp.hstack([x, y]), [a([3]), a([2])]);
row("dstack", (x, y) => jnp.dstack([x, y]), [a([2, 3]), a([2, 3])]);
row("columnStack", (x, y) => jnp.columnStack([x, y]), [a([3]), a([3, 2])]);
row("append", (x, y) => jnp.append(x, y), [a([2, 2]), a([3])]);
row(
  "block",
  (x, y) =>
    jnp.block([
      [x, y],
      [y, x],
    ]),
  [a([2, 2]), a([2, 2])],
);
row("split", (x) => jnp.split(x, 3, 1), [a([2, 6])]);
row("split at places", (x) => jnp.split(x, [1, 1, 4]), [a([5])]);
row("arraySplit", (x) => jnp.arraySplit(x, 3), [a([7, 2])]);
row("unstack", (x) => jnp.unstack(x, 1), [a([2, 3])]);
row("tile", (x) => jnp.tile(x, [2, 1, 3]), [a([2, 2])]);
row("repeat", (x) => jnp.repeat(x, 3, 1), [a([2, 3])]);
row("repeat of each its own", (x) => jnp.repeat(x, jnp.int32([0, 2, 1]), 0), [a([3, 2])]);
row("resize", (x) => jnp.resize(x, [3, 4]), [a([5])]);
row("flip", (x) => jnp.flip(x), [a([2, 3])]);
row("fliplr", (x) => jnp.fliplr(x), [a([2, 3])]);
row("rot90", (x) => jnp.rot90(x), [a([2, 3])]);
row("roll", (x) => jnp.roll(x, 2), [a([5])]);
row("roll axes", (x) => jnp.roll(x, [1, -4], [0, 1]), [a([2, 3])]);
row("roll by an array", (x, n) => jnp.roll(x, n), [a([5]), idx([], [7])]);
for (const mode of [
  "constant",
  "edge",
  "reflect",
  "symmetric",
  "wrap",
  "linear_ramp",
  "mean",
  "maximum",
  "empty",
] as const) {
  if (mode === "empty") continue;
  row(`pad ${mode}`, (x) => jnp.pad(x, [[1, 2], [0, 3]], { mode }), [a([3, 4])]); // biome-ignore format: widths
}
row("pad with a value", (x) => jnp.pad(x, 1, { constantValues: 2.5 }), [a([3])]);
row("pad nothing", (x) => jnp.pad(x, 2), [a([0])]);
row("lax.pad negative", (x) => lax.pad(x, 0, [[-1, 2, 0], [1, -1, 2]]), [a([3, 4])]); // biome-ignore format: config
row("tril", (x) => jnp.tril(x, -1), [a([3, 4])]);
row("triu", (x) => jnp.triu(x, 1), [a([2, 3, 3])]);
row("diagonal", (x) => jnp.diagonal(x, -1), [a([4, 3])]);
row("diagonal of axes", (x) => jnp.diagonal(x, 0, 2, 0), [a([3, 2, 4])]);
row("diag of a vector", (x) => jnp.diag(x, 1), [a([3])]);
row("diag of a matrix", (x) => jnp.diag(x), [a([3, 4])]);
row("diagflat", (x) => jnp.diagflat(x), [a([2, 2])]);
row("fillDiagonal", (x, v) => jnp.fillDiagonal(x, v, { inplace: false }), [a([3, 4]), a([])]);
row("insert", (x) => jnp.insert(x, 1, 7, 1), [a([2, 3])]);
row("delete", (x) => jnp.delete(x, [0, 2], 1), [a([2, 4])]);
row("meshgrid", (x, y) => jnp.meshgrid(x, y), [a([2]), a([3])]);
row("view", (x) => x.view("int32"), [a([3])], { wrt: [] });
row("astype", (x) => x.astype("float64"), [a([3])]);
row(
  "astype int32",
  (x) => x.astype("int32"),
  [{ shape: [6], values: [1.7, -1.7, 3e9, -3e9, Number.NaN, 255.9] }],
  { wrt: [] },
);
row(
  "astype uint8",
  (x) => x.astype("uint8"),
  [{ shape: [6], values: [1.7, -1.7, 3e9, 256.2, Number.NaN, 255.9] }],
  { wrt: [] },
);
row("astype bool", (x) => x.astype("bool"), [{ shape: [4], values: [0, -0, 0.1, Number.NaN] }], { wrt: [] });

// Products.

const sizes: [readonly number[], readonly number[]][] = [
  [[3, 5], [5, 2]],
  [[5], [5]],
  [[3, 5], [5]],
  [[5], [5, 3]],
  [[1, 1], [1, 1]],
  [[2, 0], [0, 3]],
  [[0, 3], [3, 2]],
  [[4, 3, 2], [2, 5]],
  [[4, 1, 3, 2], [5, 2, 3]],
  [[2, 1, 3], [2, 3, 4]],
]; // biome-ignore format: one pair to a line
for (const [p, q] of sizes) row(`matmul [${p}] [${q}]`, (x, y) => jnp.matmul(x, y), [a(p), a(q)]);
for (const [m, k, n] of [
  [17, 31, 13],
  [1, 65, 33],
  [64, 1, 5],
  [9, 130, 1],
]) {
  row(`matmul ${m} ${k} ${n}`, (x, y) => jnp.matmul(x, y), [a([m, k]), a([k, n])], {
    wrt: [],
    rtol: 1e-5,
    atol: 1e-5,
  });
  row(
    `matmul transposed ${m} ${k} ${n}`,
    (x, y) => jnp.matmul(x.T as unknown as NDArray, y),
    [a([k, m]), a([k, n])],
    {
      wrt: [],
      rtol: 1e-5,
      atol: 1e-5,
    },
  );
}
row("matmul int32", (x, y) => jnp.matmul(x, y), [of("int32", [3, 5]), of("int32", [5, 2])]);
row("matmul uint8", (x, y) => jnp.matmul(x, y), [of("uint8", [3, 5]), of("uint8", [5, 2])]);
row("matmul of dtypes", (x, y) => jnp.matmul(x, y), [of("int32", [3, 5]), a([5, 2])]);
row("dot", (x, y) => jnp.dot(x, y), [a([2, 3, 4]), a([2, 4, 3])]);
row("dot of a scalar", (x, y) => jnp.dot(x, y), [a([]), a([3])]);
row("vdot", (x, y) => jnp.vdot(x, y), [a([2, 3]), a([3, 2])]);
row("inner", (x, y) => jnp.inner(x, y), [a([2, 3]), a([4, 3])]);
row("outer", (x, y) => jnp.outer(x, y), [a([2, 2]), a([3])]);
row("tensordot", (x, y) => jnp.tensordot(x, y, 2), [a([2, 3, 4]), a([3, 4, 5])]);
row("tensordot of axes", (x, y) => jnp.tensordot(x, y, [[0, 2], [1, 0]]), [a([2, 3, 4]), a([4, 2])]); // biome-ignore format: axes
row("vecdot", (x, y) => jnp.vecdot(x, y), [a([2, 3]), a([3])]);
row("matvec", (x, y) => jnp.matvec(x, y), [a([4, 2, 3]), a([3])]);
row("vecmat", (x, y) => jnp.vecmat(x, y), [a([3]), a([4, 3, 2])]);
row("kron", (x, y) => jnp.kron(x, y), [a([2, 3]), a([2, 1])]);
row("cross", (x, y) => jnp.cross(x, y), [a([2, 3]), a([3])]);
for (const [spec, ...shapes] of [
  ["ij,jk->ik", [2, 3], [3, 4]],
  ["ij,ik->jk", [5, 2], [5, 3]],
  ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
  ["bhid,bhjd->bhij", [2, 2, 3, 4], [2, 2, 5, 4]],
  ["ii->i", [3, 3]],
  ["ii", [3, 3]],
  ["ij->ji", [2, 3]],
  ["ij->", [2, 3]],
  ["i,j,k->ijk", [2], [3], [2]],
  ["...i,i->...", [2, 3, 4], [4]],
  ["ij,jk,kl->il", [2, 3], [3, 4], [4, 2]],
  ["ijk,ij->k", [2, 3, 4], [2, 3]],
  ["ij,ij->i", [3, 0], [3, 0]],
] as [string, ...number[][]][]) {
  row(
    `einsum ${spec}`,
    (...xs) => jnp.einsum(spec, ...xs),
    shapes.map((s) => a(s)),
    { atol: 2e-6 },
  );
}

// Indices.

row("get of slices", (x) => x.get("1:", "::-2"), [a([3, 5])]);
row("get of an integer", (x) => x.get(-1), [a([3, 5])]);
row("get of a new axis", (x) => x.get("...", null, 0), [a([3, 5])]);
row("get of an array", (x, i) => x.get(i), [a([4, 2]), idx([3], [2, -1, 0])]);
row("get out of bounds", (x, i) => x.get(i), [a([4, 2]), idx([3], [2, -7, 9])], { wrt: [] });
row("get of two arrays", (x, i, j) => x.get(i, j), [a([4, 3]), idx([2, 1], [2, -1]), idx([3], [0, 2, 1])]);
row("get of arrays apart", (x, i, j) => x.get(i, ":", j), [a([4, 2, 3]), idx([2], [2, 0]), idx([2], [1, 1])]);
row("get behind an ellipsis", (x, i) => x.get("...", i), [a([2, 3, 4]), idx([2], [1, 3])]);
row("get of a computed scalar", (x, i) => x.get(i), [a([4, 2]), idx([], [3])]);
row("take", (x, i) => jnp.take(x, i, 1), [a([2, 4]), idx([2, 2], [0, 3, 1, -1])]);
row("take out of bounds", (x, i) => jnp.take(x, i, 0), [a([3]), idx([3], [0, 7, -9])], { wrt: [] });
row("take clipping", (x, i) => jnp.take(x, i, 0, { mode: "clip" }), [a([3]), idx([3], [0, 7, -9])]);
row("takeAlongAxis", (x, i) => jnp.takeAlongAxis(x, i, 1), [a([2, 4]), idx([2, 3], [0, 3, 1])]);
row("set", (x, v) => x.at("1:3").set(v), [a([4, 2]), a([2])]);
row("set by an array", (x, i, v) => x.at(i).set(v), [a([4, 2]), idx([2], [2, 0]), a([2, 2])], {
  wrt: [0, 2],
});
row("add with repetition", (x, i, v) => x.at(i).add(v), [a([4]), idx([5], [2, 0, 2, 2, 9]), a([5])]);
row("add to rows", (x, i, v) => x.at(i).add(v), [a([4, 3]), idx([3], [1, 1, -1]), a([3, 3])]);
row("mul", (x, i, v) => x.at(i).mul(v, { uniqueIndices: true }), [a([4]), idx([2], [2, 0]), a([2])]);
for (const how of ["min", "max"] as const) {
  row(how, (x, i, v) => x.at(i)[how](v), [a([4]), idx([3], [2, 0, 2]), a([3])], { wrt: [] });
}
row("apply", (x, i) => x.at(i).apply((v) => jnp.sin(v)), [a([4]), idx([2], [2, 0])], { wrt: [] });
row("set of a computed place", (x, i) => x.at(i, 1).set(5), [a([3, 2]), idx([], [2])]);
row("dynamicSlice", (x, i) => lax.dynamicSlice(x, [i, 1], [2, 2]), [a([4, 3]), idx([], [3])]);
row("dynamicUpdateSlice", (x, u, i) => lax.dynamicUpdateSlice(x, u, [0, i]), [
  a([3, 4]),
  a([2, 2]),
  idx([], [9]),
]);
row("choose", (i, x, y) => jnp.choose(i, [x, y], { mode: "clip" }), [idx([3], [0, 1, 5]), a([3]), a([3])]);

testOps(rows);
