import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import { IndexError, ValueError } from "../../src/errors.ts";
import * as lax from "../../src/lax/index.ts";
import { array } from "./host.ts";

// What the shape, indexing and key functions say about arguments that do not fit, in JAX's words.

const x = array([1, 2, 3, 4, 5, 6], [2, 3]);
const v = array([1, 2, 3], [3]);
const i = array([0, 1, 2], [3], "int32");
const index = array([1], [1], "int32");
const window = { offsetDims: [0], collapsedSliceDims: [], startIndexMap: [0] };
const update = { updateWindowDims: [0], insertedWindowDims: [], scatterDimsToOperandDims: [0] };

type Case = [name: string, f: () => unknown, message: string];

const typeErrors: Case[] = [
  [
    "broadcastInDim: too few dimensions",
    () => lax.broadcastInDim(v, [3, 3], []),
    "broadcast_in_dim broadcast_dimensions must have length equal to operand ndim; got broadcast_dimensions () for operand ndim 1.",
  ],
  [
    "broadcastInDim: size",
    () => lax.broadcastInDim(v, [2, 2], [1]),
    "broadcast_in_dim operand dimension sizes must either be 1, or be equal to their corresponding dimensions in the target broadcast shape; got operand of shape (3,), target broadcast shape (2, 2), broadcast_dimensions (1,) ",
  ],
  [
    "broadcastInDim: repeated",
    () => lax.broadcastInDim(x, [2, 3], [1, 1]),
    "broadcast_in_dim operand dimension sizes must either be 1, or be equal to their corresponding dimensions in the target broadcast shape; got operand of shape (2, 3), target broadcast shape (2, 3), broadcast_dimensions (1, 1) ",
  ],
  [
    "broadcastInDim: out of range",
    () => lax.broadcastInDim(v, [3], [1]),
    "broadcast_in_dim broadcast_dimensions must be a subset of output dimensions, got (1,) for operand ndim 1 and shape (3,).",
  ],
  ["reshape: negative", () => lax.reshape(v, [-1]), "reshape new_sizes must all be positive, got (-1,)."],
  [
    "reshape: size",
    () => lax.reshape(v, [2]),
    "reshape total size must be unchanged, got new_sizes (2,) (product 2) for shape (3,) (product 3).",
  ],
  [
    "reshape: dimensions",
    () => lax.reshape(x, [6], [0, 0]),
    "reshape dimensions must be a permutation of operand dimensions, got dimensions (0, 0) for shape (2, 3).",
  ],
  [
    "transpose",
    () => lax.transpose(x, [0, 0]),
    "transpose permutation isn't a permutation of operand dimensions, got permutation (0, 0) for operand shape (2, 3).",
  ],
  [
    "rev: out of range",
    () => lax.rev(v, [1]),
    "rev dimensions must all be less than operand ndim, got dimensions (1,) for operand ndim 1.",
  ],
  [
    "rev: negative",
    () => lax.rev(v, [-1]),
    "rev dimensions must have every element be nonnegative, got (-1,).",
  ],
  [
    "slice: limit",
    () => lax.slice(v, [0], [4]),
    "slice limit_indices must be less than or equal to operand shape, got limit_indices (4,) for operand shape (3,).",
  ],
  [
    "slice: order",
    () => lax.slice(v, [2], [1]),
    "slice limit_indices must be greater than or equal to start_indices, got start_indices (2,) and limit_indices (1,).",
  ],
  ["slice: stride", () => lax.slice(v, [0], [3], [0]), "slice strides must be positive, got (0,)"],
  [
    "concatenate: dtypes",
    () => lax.concatenate([v, i], 0),
    "lax.concatenate requires arguments to have the same dtypes, got float32, int32. (Tip: jnp.concatenate is a similar function that does automatic type promotion on inputs).",
  ],
  [
    "concatenate: ranks",
    () => lax.concatenate([v, x], 0),
    "Cannot concatenate arrays with different numbers of dimensions: got (3,), (2, 3).",
  ],
  [
    "concatenate: shapes",
    () => lax.concatenate([x, array([1, 2], [1, 2])], 0),
    "Cannot concatenate arrays with shapes that differ in dimensions other than the one being concatenated: concatenating along dimension 0 for shapes (2, 3), (1, 2).",
  ],
  [
    "concatenate: dimension",
    () => lax.concatenate([v, v], 1),
    "concatenate dimension out of bounds: dimension 1 for shapes (3,), (3,).",
  ],
  [
    "pad: dtypes",
    () => lax.pad(v, array([1], [], "int32"), [[0, 0, 0]]),
    "pad operand and padding_value must be same dtype: got float32 and int32.",
  ],
  [
    "full: not a scalar",
    () => lax.full([2], v),
    "full must be called with scalar fill_value, got fill_value.shape (3,).",
  ],
  [
    "iota: dtype",
    () => lax.iota("bool", 3),
    "iota does not accept dtype bool. Accepted dtypes are subtypes of integer, floating, complexfloating.",
  ],
  [
    "dynamicSlice: size",
    () => lax.dynamicSlice(v, [1], [4]),
    "slice slice_sizes must be less than or equal to operand shape, got slice_sizes (4,) for operand shape (3,).",
  ],
  [
    "dynamicSlice: index dtype",
    () => lax.dynamicSlice(v, [array([1], [])], [2]),
    "index arguments to dynamic_slice must be integers of the same type, got: float32",
  ],
  [
    "dynamicUpdateSlice: size",
    () => lax.dynamicUpdateSlice(v, array([1, 2, 3, 4], [4]), [1]),
    "dynamic_update_slice update shape must be smaller than operand shape, got update shape (4,) for operand shape (3,).",
  ],
  [
    "dynamicUpdateSlice: rank",
    () => lax.dynamicUpdateSlice(v, x, [1]),
    "dynamic_update_slice update must have the same rank as operand, got update shape (2, 3) for operand shape (3,).",
  ],
  [
    "dynamicUpdateSlice: dtypes",
    () => lax.dynamicUpdateSlice(v, i, [1]),
    "lax.dynamic_update_slice requires arguments to have the same dtypes, got float32, int32.",
  ],
  [
    "gather: slice size",
    () => lax.gather(v, index, window, [4]),
    "Slice size at index 0 in gather op is out of range, must be within [0, 3 + 1), got 4.",
  ],
  [
    "gather: index vectors",
    () => lax.gather(v, array([1, 2], [2], "int32"), window, [2]),
    "Gather op has 1 elements in start_index_map and the bound of dimension index_vector_dim=0 of indices is 2. These two numbers must be equal.",
  ],
  [
    "scatter: window",
    () => lax.scatter(v, index, array([1, 2, 3, 4], [4]), update),
    "Bounds of the window dimensions of updates must not exceed the bounds of the corresponding dimensions of operand. For dimension 0, updates bound is 4, operand bound is 3.",
  ],
  [
    "scatter: dtypes",
    () => lax.scatter(v, index, i, update),
    "lax.scatter requires arguments to have the same dtypes, got float32, int32.",
  ],
  [
    "tile",
    () => lax.tile(v, [1, 2]),
    "reps length must be equal to the ndim of x, got len(reps)=2 and x.ndim=1.",
  ],
  [
    "randomWrap: shape",
    () => lax.randomWrap(array([1, 2, 3], [3], "uint32")),
    "JAX encountered invalid PRNG key data: expected key_data.shape to end with (2,); got shape=(3,)",
  ],
  [
    "randomWrap: dtype",
    () => lax.randomWrap(array([1, 2], [2], "int32")),
    "JAX encountered invalid PRNG key data: expected key_data.dtype = uint32; got dtype=int32",
  ],
  [
    "randomBits of an ordinary array",
    () => lax.randomBits(array([1, 2], [2], "uint32"), 32, [3]),
    "random_bits takes an array of random keys (dtype key<fry>), got uint32(2,). Make a key with random.key(seed).",
  ],
  [
    "randomBits: width",
    () => lax.randomBits(lax.randomSeed(0), 7, [3]),
    "requires 8-, 16-, 32- or 64-bit field width; got 7 bits.",
  ],
  [
    "randomSeed of a float",
    () => lax.randomSeed(v),
    "random_seed: PRNG key seed must be an integer; got float32[3]",
  ],
];

const valueErrors: Case[] = [
  ["expandDims: repeated", () => lax.expandDims(v, [0, 0]), "repeated axis in lax.expand_dims: (0, 0)"],
  ["expandDims: range", () => lax.expandDims(v, [2]), "axis 2 is out of bounds for array of dimension 2"],
  [
    "squeeze: size",
    () => lax.squeeze(x, [0]),
    "cannot select an axis to squeeze out which has size not equal to one, got shape=(2, 3) and dimensions=(0,)",
  ],
  ["collapse", () => lax.collapse(x, 1, 0), "Invalid dimension range passed to collapse: (2, 3)[1:0]"],
  [
    "broadcastShapes",
    () => lax.broadcastShapes([2], [3]),
    "Incompatible shapes for broadcasting: shapes=[(2,), (3,)]",
  ],
  [
    "concatenate of nothing",
    () => lax.concatenate([], 0),
    "concatenate requires a non-empty sequences of arrays",
  ],
  ["split", () => lax.split(v, [1]), "Sum of sizes 1 must be equal to dimension 0 of the operand shape [3]"],
  [
    "stack",
    () => lax.stack([v, array([1], [1])]),
    "All input arrays must have the same shape. Got (3,), (1,).",
  ],
  [
    "pad: too little",
    () => lax.pad(v, 0, [[-4, 0, 0]]),
    "Dimension size after padding is not at least 0, got result shape (-1,), for padding_config ((-4, 0, 0),) and operand shape (3,)",
  ],
  [
    "pad: interior",
    () => lax.pad(v, 0, [[0, 0, -1]]),
    "interior padding in padding_config must be nonnegative, got padding_config ((0, 0, -1),)",
  ],
  [
    "iota: dimension",
    () => lax.broadcastedIota("int32", [2], 1),
    "iota dimension must be between 0 and len(shape), got dimension=1 for shape=(2,)",
  ],
  [
    "dynamicSlice: number of indices",
    () => lax.dynamicSlice(v, [1, 2], [2]),
    "Length of slice indices must match number of operand dimensions (2 vs (3,))",
  ],
  ["gather: float indices", () => lax.gather(v, v, window, [2]), "indices must have an integer type"],
  [
    "gather: mode",
    // @ts-expect-error an unknown mode
    () => lax.gather(v, index, window, [2], { mode: "x" }),
    'Unknown gather mode "x"',
  ],
];

describe("TypeError", () => {
  test.each(typeErrors)("%s", (_name, f, message) => {
    expect(f).toThrow(new TypeError(message));
  });
});
describe("ValueError", () => {
  test.each(valueErrors)("%s", (_name, f, message) => {
    expect(f).toThrow(new ValueError(message));
    expect(f).toThrow(ValueError);
  });
});
test("indexInDim raises IndexError", () => {
  expect(() => lax.indexInDim(v, 3)).toThrow(
    new IndexError("index 3 is out of bounds for axis 0 with size 3"),
  );
});
