import { expect, test } from "vitest";
import "../../src/backends/install.ts";
import { ValueError } from "../../src/errors.ts";
import * as lax from "../../src/lax/index.ts";
import { array } from "./host.ts";

// What lax says about operands that do not fit, in JAX's words.

const x = array([1, 2, 3, 4, 5, 6], [2, 3]);
const v = array([1, 2, 3], [3]);
const two = array([1, 2], [2]);
const i = array([0, 1, 2], [3], "int32");
const u = array([0, 1, 2], [3], "uint32");
const b = array([1, 0, 1], [3], "bool");
const none = [[], []] as const;

const type: [string, () => unknown, string][] = [
  ["ranks", () => lax.add(v, x), "add: arrays must have the same number of dimensions, got {1, 2}"],
  ["sizes", () => lax.add(v, two), "add got incompatible shapes for broadcasting: (3,), (2,)."],
  [
    "dtypes",
    () => lax.mul(v, i),
    "lax.mul requires arguments to have the same dtypes, got float32, int32. (Tip: jnp.multiply is a similar function that does automatic type promotion on inputs).",
  ],
  [
    "fraction beside integers",
    () => lax.add(i, 1.5),
    "lax.add requires arguments to have the same dtypes, got int32, float32. (Tip: jnp.add is a similar function that does automatic type promotion on inputs).",
  ],
  [
    "and of floats",
    () => lax.bitwiseAnd(v, v),
    "and does not accept dtype float32 at position 0. Accepted dtypes at position 0 are subtypes of integer, bool.",
  ],
  [
    "and of mixed",
    () => lax.bitwiseAnd(i, b),
    "lax.and requires arguments to have the same dtypes, got int32, bool.",
  ],
  [
    "difference of bools",
    () => lax.sub(b, b),
    "sub does not accept dtype bool at position 0. Accepted dtypes at position 0 are subtypes of integer, floating, complexfloating.",
  ],
  [
    "sin",
    () => lax.sin(i),
    "sin does not accept dtype int32. Accepted dtypes are subtypes of floating, complexfloating.",
  ],
  [
    "neg",
    () => lax.neg(b),
    "neg does not accept dtype bool. Accepted dtypes are subtypes of integer, floating, complexfloating.",
  ],
  [
    "abs",
    () => lax.abs(u),
    "abs does not accept dtype uint32. Accepted dtypes are subtypes of floating, complexfloating, signedinteger.",
  ],
  [
    "isFinite",
    () => lax.isFinite(i),
    "is_finite does not accept dtype int32. Accepted dtypes are subtypes of floating.",
  ],
  [
    "pow of integers",
    () => lax.pow(i, i),
    "pow does not accept dtype int32 at position 0. Accepted dtypes at position 0 are subtypes of floating, complexfloating.",
  ],
  [
    "pow to bools",
    () => lax.pow(v, b),
    "pow does not accept dtype bool at position 1. Accepted dtypes at position 1 are subtypes of integer, floating, complexfloating.",
  ],
  [
    "negative power",
    () => lax.integerPow(i, -1),
    "Integers cannot be raised to negative powers, got integer_pow(int32[3], -1)",
  ],
  [
    "select by floats",
    () => lax.select(v, v, v),
    "select `which` must be boolean or integer type, got float32.",
  ],
  ["select shapes", () => lax.select(b, v, two), "select cases must have the same shapes, got [(2,), (3,)]."],
  [
    "select which",
    () => lax.select(array([1, 0], [2], "bool"), v, v),
    "select `which` must be scalar or have the same shape as cases, got `which` shape (2,) but case shape (3,).",
  ],
  [
    "select dtypes",
    () => lax.select(b, v, i),
    "lax.select requires arguments to have the same dtypes, got int32, float32. (Tip: jnp.where is a similar function that does automatic type promotion on inputs).",
  ],
  [
    "clamp",
    () => lax.clamp(two, v, v),
    "clamp requires min.shape == operand.shape or min.shape == (), got min.shape=(2,), operand.shape=(3,).",
  ],
  [
    "sum of bools",
    () => lax.reduceSum(b, [0]),
    "reduce_sum does not accept dtype bool. Accepted dtypes are subtypes of number.",
  ],
  [
    "or of floats",
    () => lax.reduceOr(v, [0]),
    "logical reduction requires operand dtype bool or int, got float32.",
  ],
  ["index dtype", () => lax.argmax(x, 0, "float32"), "index_dtype must be an integer type, but got float32"],
  [
    "running sum of bools",
    () => lax.cumsum(b),
    "cumsum does not accept dtype bool. Accepted dtypes are subtypes of number.",
  ],
  ["sort shapes", () => lax.sort([v, two]), "Arguments to sort must have equal shapes, got: (3,) (2,)"],
  ["sort nothing", () => lax.sort([]), "Sort requires at least one operand"],
  [
    "contracting sizes",
    () => lax.dotGeneral(x, x, [[[1], [0]], none]),
    "dot_general requires contracting dimensions to have the same shape, got (3,) and (2,).",
  ],
  [
    "contracting range",
    () => lax.dotGeneral(x, x, [[[2], [0]], none]),
    "dot_general requires lhs dimension numbers to be nonnegative and less than the number of axes of the lhs value, got lhs_batch of () and lhs_contracting of (2,) for lhs of rank 2",
  ],
  [
    "batch counts",
    () =>
      lax.dotGeneral(x, x, [
        [[1], [1]],
        [[0], []],
      ]),
    "dot_general requires equal numbers of lhs_batch and rhs_batch dimensions, got lhs_batch (0,) and rhs_batch ().",
  ],
  [
    "repeated contracting",
    () =>
      lax.dotGeneral(x, x, [
        [
          [1, 1],
          [1, 1],
        ],
        none,
      ]),
    "dot_general requires lhs contracting dimensions to be distinct, got lhs_contracting (1, 1).",
  ],
  [
    "batch and contracting",
    () =>
      lax.dotGeneral(x, x, [
        [[1], [1]],
        [[1], [1]],
      ]),
    "dot_general requires lhs batch dimensions to be disjoint from contracting dimensions, got lhs_batch (1,) and lhs_contracting (1,).",
  ],
  [
    "bitcast to bool",
    () => lax.bitcastConvertType(v, "bool"),
    "lax.bitcast_convert_type does not support bool or complex values unless the operand and destination types match. Got operand dtype=float32, new_dtype=dtype('bool'). Consider using the arr.view() method instead.",
  ],
  ["unknown dtype", () => lax.convertElementType(v, "nope" as "int32"), "data type 'nope' not understood"],
  [
    "a list",
    () => lax.sin([1, 2] as never),
    "Error interpreting argument to sin as a JAX value. The problematic value is of type Array and was passed to sin at position 0.",
  ],
  [
    "a string",
    () => lax.add(v, "a" as never),
    "Error interpreting argument to add as a JAX value. The problematic value is of type string and was passed to add at position 1.",
  ],
];

const value: [string, () => unknown, string][] = [
  ["repeated axes", () => lax.reduceSum(x, [0, 0]), "duplicate value in 'axes' of reduction: (0, 0)"],
  [
    "axes out of range",
    () => lax.reduceSum(x, [2]),
    "reduction axes (2,) contains out-of-bounds indices for float32[2,3].",
  ],
  ["argmax axis", () => lax.argmax(x, 2, "int32"), "Invalid axis 2 for operand shape (2, 3)"],
  [
    "argmax of nothing",
    () => lax.argmax(array([], [0]), 0, "int32"),
    "argmin and argmax require non-empty reduced dimension. operand.shape=(0,) axis=0",
  ],
  ["cumsum axis", () => lax.cumsum(v, 1), "axis 1 is out of bounds for array of shape (3,)"],
  ["negative cumsum axis", () => lax.cumsum(v, -1), "XLA operations do not allow negative axes"],
  ["sort keys", () => lax.sort([v, v], { numKeys: 3 }), "num_keys=3 must be between 1 and len(operand)=2"],
  [
    "topK",
    () => lax.topK(v, 4),
    "k argument to top_k must be no larger than size along axis; got k=4 with shape=[3] and axis=0",
  ],
  [
    "topK of a scalar",
    () => lax.topK(array([1], []), 1),
    "axis -1 is out of bounds for array of dimension 0",
  ],
  [
    "dot",
    () => lax.dot(x, x),
    "jax.lax.dot: dimension_numbers must be specified when not performing simple un-batched matrix-matrix, matrix-vector, or vector-vector products; got lhs_shape=(2, 3) rhs_shape=(2, 3)",
  ],
  ["batchMatmul", () => lax.batchMatmul(v, v), "Arguments to batch_matmul must be at least 2D, got 1, 1"],
  [
    "bitcast sizes",
    () => lax.bitcastConvertType(array([1, 2, 3], [3], "uint8"), "float32"),
    "Attempting to convert array of shape (3,) from uint8 of size 8 bits to float32 of size 32, bits but 3 * 8 != 32",
  ],
  [
    "reducePrecision",
    () => lax.reducePrecision(v, 0, 1),
    "reduce_precision: exponent_bits must be positive; got 0",
  ],
];

test.each(type)("TypeError: %s", (_name, call, message) => {
  expect(call).toThrow(new TypeError(message));
});
test.each(value)("ValueError: %s", (_name, call, message) => {
  expect(call).toThrow(new ValueError(message));
});
