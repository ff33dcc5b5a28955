import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import * as namespace from "../../src/lax/index.ts";
import { type OpArg, type OpRow, testOps } from "./opTable.ts";

const lax = { ...namespace };

const f = (shape: readonly number[], domain?: readonly [number, number]): OpArg => ({ shape, domain });
const of = (dtype: OpArg["dtype"], shape: readonly number[], domain?: readonly [number, number]): OpArg => ({
  shape,
  dtype,
  domain,
});
const matrix = [2, 3];

// Elementwise functions of one float, with domains where they are smooth.
const smooth: [keyof typeof lax, (readonly [number, number])?][] = [
  ["neg"],
  ["abs", [0.5, 2]],
  ["square"],
  ["exp"],
  ["exp2"],
  ["log", [0.5, 4]],
  ["expm1"],
  ["log1p", [-0.5, 4]],
  ["tanh"],
  ["logistic", [-6, 6]],
  ["sin", [-6, 6]],
  ["cos", [-6, 6]],
  ["tan", [-1, 1]],
  ["asin", [-0.9, 0.9]],
  ["acos", [-0.9, 0.9]],
  ["atan"],
  ["sinh"],
  ["cosh"],
  ["asinh"],
  ["acosh", [1.5, 4]],
  ["atanh", [-0.8, 0.8]],
  ["sqrt", [0.5, 4]],
  ["rsqrt", [0.5, 4]],
  ["cbrt", [0.5, 4]],
  ["erf"],
  ["erfc"],
  ["erfInv", [-0.9, 0.9]],
  ["lgamma", [0.5, 4]],
  ["digamma", [0.6, 4]],
  ["reciprocal", [0.5, 2]],
];
const unary: OpRow[] = smooth.map(([name, domain]) => ({
  name,
  fn: lax[name] as (x: NDArray) => NDArray,
  args: [f(matrix, domain)],
  rtol: 4e-6,
}));

const flat: OpRow[] = (["sign", "floor", "ceil", "round"] as const).map((name) => ({
  name,
  fn: (x: NDArray) => lax[name](x),
  args: [{ shape: matrix, values: [-1.5, 0.5, 2.5, -0.2, 1.3, -3.7] }],
  wrt: [],
}));

const binary: OpRow[] = (
  [
    ["add"],
    ["sub"],
    ["mul"],
    ["div", [0.5, 2]],
    ["rem", [0.5, 2]],
    ["max"],
    ["min"],
    ["atan2", [0.5, 2]],
    ["pow", [0.5, 2]],
    ["logaddexp"],
    ["logaddexp2"],
  ] as [keyof typeof lax, (readonly [number, number])?][]
).flatMap(([name, domain]) =>
  [
    [matrix, matrix],
    [matrix, []],
    [[], matrix],
    [
      [2, 1],
      [1, 3],
    ],
  ].map(([p, q]) => ({
    name: `${name} ${JSON.stringify(p)} ${JSON.stringify(q)}`,
    fn: lax[name] as (x: NDArray, y: NDArray) => NDArray,
    args: [f(p, domain), f(q, domain)],
    rtol: 4e-6,
  })),
);

const integerDtypes = ["int32", "uint32", "uint8", "int8", "uint16", "int16", "int64", "uint64"] as const;
const convertedDtypes = [
  "float32",
  "float64",
  "int32",
  "uint32",
  "uint8",
  "int64",
  "uint64",
  "bool",
] as const;

const integer: OpRow[] = [
  ...(["add", "sub", "mul", "div", "rem", "max", "min"] as const).flatMap((name) =>
    integerDtypes.map((dtype) => ({
      name: `${name} ${dtype}`,
      fn: (x: NDArray, y: NDArray) => lax[name](x, y),
      args: [
        {
          shape: [6],
          dtype,
          values:
            dtype === "int32" || dtype === "int64"
              ? [7, -7, -2147483648, 2147483647, 5, 0]
              : [7, 250, 200, 255, 5, 0],
        },
        {
          shape: [6],
          dtype,
          values:
            dtype === "int32" || dtype === "int64" ? [2, 2, -1, 2147483647, 0, -3] : [2, 100, 255, 255, 0, 3],
        },
      ],
    })),
  ),
  ...(
    [
      "bitwiseAnd",
      "bitwiseOr",
      "bitwiseXor",
      "shiftLeft",
      "shiftRightLogical",
      "shiftRightArithmetic",
    ] as const
  ).flatMap((name) =>
    integerDtypes.map((dtype) => ({
      name: `${name} ${dtype}`,
      fn: (x: NDArray, y: NDArray) => lax[name](x, y),
      args: [
        {
          shape: [8],
          dtype,
          values: dtype === "int32" ? [-8, 8, 1, -1, 5, 6, -3, 2147483647] : [8, 200, 1, 255, 5, 6, 3, 127],
        },
        { shape: [8], dtype, values: [0, 1, 7, 8, 31, 32, 40, 3] },
      ],
    })),
  ),
  ...(["bitwiseNot", "populationCount", "clz", "square"] as const).flatMap((name) =>
    integerDtypes.map((dtype) => ({
      name: `${name} ${dtype}`,
      fn: (x: NDArray) => lax[name](x),
      args: [{ shape: [5], dtype, values: [0, 1, 3, 128, 255] }],
    })),
  ),
  ...integerDtypes.map((dtype) => ({
    name: `mulhi ${dtype}`,
    fn: (x: NDArray, y: NDArray) => lax.mulhi(x, y),
    args: [
      {
        shape: [6],
        dtype,
        values:
          dtype === "int32" ? [-2147483648, 2147483647, -3, 65537, -65536, 7] : [255, 200, 3, 128, 17, 254],
      },
      {
        shape: [6],
        dtype,
        values: dtype === "int32" ? [-1, 2147483647, 5, -65537, 65536, 1 << 30] : [255, 255, 100, 2, 16, 1],
      },
    ],
  })),
  {
    name: "optimizationBarrier",
    fn: (x, y) => lax.optimizationBarrier([lax.sin(x), y]) as NDArray[],
    args: [f([3]), f([2, 2])],
  },
  { name: "neg int32", fn: (x) => lax.neg(x), args: [of("int32", [4])] },
  { name: "abs int32", fn: (x) => lax.abs(x), args: [of("int32", [4])] },
  { name: "sign int32", fn: (x) => lax.sign(x), args: [of("int32", [4])] },
  { name: "sign uint8", fn: (x) => lax.sign(x), args: [of("uint8", [4])] },
  { name: "or bool", fn: (x, y) => lax.bitwiseOr(x, y), args: [of("bool", [4]), of("bool", [])] },
  { name: "not bool", fn: (x) => lax.bitwiseNot(x), args: [of("bool", [4])] },
  { name: "max bool", fn: (x, y) => lax.max(x, y), args: [of("bool", [4]), of("bool", [4])] },
];

const specials = [0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 2.5];
const edges: OpRow[] = [
  ...(
    [
      "add",
      "sub",
      "mul",
      "div",
      "rem",
      "max",
      "min",
      "pow",
      "atan2",
      "eq",
      "ne",
      "lt",
      "le",
      "gt",
      "ge",
      "nextafter",
    ] as const
  ).map((name) => ({
    name: `${name} at special values`,
    fn: (x: NDArray, y: NDArray) => lax[name](x, y),
    args: [
      { shape: [64], values: specials.flatMap((v) => specials.map(() => v)) },
      { shape: [64], values: specials },
    ],
    wrt: [],
    vmap: false,
  })),
  ...smooth.map(([name]) => ({
    name: `${name} at special values`,
    fn: lax[name] as (x: NDArray) => NDArray,
    args: [{ shape: [12], values: [...specials, 0.5, 30, -30, 1e-8] }],
    wrt: [],
    vmap: false,
    rtol: 4e-6,
  })),
  ...[-3, -1, 0, 1, 2, 3, 7].map((y) => ({
    name: `integerPow ${y}`,
    fn: (x: NDArray) => lax.integerPow(x, y),
    args: [f(matrix, [0.5, 2])],
  })),
  { name: "integerPow int32", fn: (x) => lax.integerPow(x, 5), args: [of("int32", [5])] },
  {
    name: "pow to an integer",
    fn: (x, y) => lax.pow(x, y),
    args: [f(matrix, [-2, 2]), of("int32", matrix, [-2, 4])],
    wrt: [0],
    gradTolerance: 1e-3,
  },
  {
    name: "zeta",
    fn: (x, q) => lax.zeta(x, q),
    args: [f([4], [1.5, 5]), f([4], [0.5, 4])],
    wrt: [],
    rtol: 1e-5,
  },
  {
    name: "polygamma",
    fn: (m, x) => lax.polygamma(m, x),
    args: [{ shape: [4], values: [0, 1, 2, 3] }, f([4], [0.5, 4])],
    wrt: [1],
    rtol: 2e-5,
  },
];

const conversions: OpRow[] = convertedDtypes.flatMap((from) =>
  convertedDtypes.map((to) => ({
    name: `convert ${from} to ${to}`,
    fn: (x: NDArray) => lax.convertElementType(x, to),
    args: [
      {
        shape: [8],
        dtype: from,
        values: from.startsWith("float")
          ? [0, -1.7, 3.9, 300, -5e9, Number.NaN, Infinity, 0.25]
          : [0, 1, 2, 3, 200, 255, 7, 9],
      },
    ],
    wrt: [],
  })),
);

const data: OpRow[] = [
  { name: "select", fn: (c, x, y) => lax.select(c, x, y), args: [of("bool", matrix), f(matrix), f(matrix)] },
  {
    name: "select by a scalar",
    fn: (c, x, y) => lax.select(c, x, y),
    args: [of("bool", []), f(matrix), f(matrix)],
  },
  { name: "select scalars", fn: (c, x, y) => lax.select(c, x, y), args: [of("bool", []), f([]), f([])] },
  {
    name: "selectN",
    fn: (w, x, y, z) => lax.selectN(w, x, y, z),
    args: [of("int32", [4], [0, 3]), f([4]), f([4]), f([4])],
  },
  {
    name: "clamp",
    fn: (a, x, b) => lax.clamp(a, x, b),
    args: [f([], [-1, -0.5]), f(matrix), f([], [0.5, 1])],
  },
  {
    name: "clamp by arrays",
    fn: (a, x, b) => lax.clamp(a, x, b),
    args: [f(matrix, [-1, -0.5]), f(matrix), f(matrix, [0.5, 1])],
  },
  {
    name: "clamp scalars",
    fn: (a, x, b) => lax.clamp(a, x, b),
    args: [f([], [-1, -0.5]), f([]), f([], [0.5, 1])],
  },
  { name: "clamp int32", fn: (x) => lax.clamp(-1, x, 2), args: [of("int32", [5])] },
  { name: "bitcast to uint32", fn: (x) => lax.bitcastConvertType(x, "uint32"), args: [f([4])], wrt: [] },
  { name: "bitcast to bytes", fn: (x) => lax.bitcastConvertType(x, "uint8"), args: [f([3])], wrt: [] },
  {
    name: "bitcast from bytes",
    fn: (x) => lax.bitcastConvertType(x, "int32"),
    args: [of("uint8", [3, 4], [0, 255])],
  },
  {
    name: "reducePrecision",
    fn: (x) => lax.reducePrecision(x, 5, 10),
    args: [{ shape: [10], values: [1.1, -2.3456, 1e-5, 70000, 1e38, Number.NaN, Infinity, 1 / 3, 0, 65519] }],
    wrt: [],
  },
  {
    name: "reducePrecision of small numbers",
    fn: (x) => lax.reducePrecision(x, 8, 3),
    args: [{ shape: [6], values: [1e-39, -1.3e-40, 1e-45, 1.1754944e-38, 3e38, 3.4e38] }],
    wrt: [],
    atol: 0,
  },
  { name: "stopGradient", fn: (x) => lax.stopGradient(x), args: [f(matrix)], wrt: [] },
  { name: "copy", fn: (x) => lax.copy(x), args: [f(matrix)] },
];

const reductions: OpRow[] = [
  ...(["reduceSum", "reduceProd", "reduceMax", "reduceMin"] as const).flatMap((name) =>
    [[], [0], [1], [0, 2], [2, 1, 0]].map((axes) => ({
      name: `${name} over ${JSON.stringify(axes)}`,
      fn: (x: NDArray) => lax[name](x, axes),
      args: [f([2, 3, 2])],
    })),
  ),
  ...(
    ["reduceSum", "reduceProd", "reduceMax", "reduceMin", "reduceAnd", "reduceOr", "reduceXor"] as const
  ).flatMap((name) =>
    (["int32", "uint8", "int64", "uint64"] as const).map((dtype) => ({
      name: `${name} ${dtype}`,
      fn: (x: NDArray) => lax[name](x, [0]),
      args: [of(dtype, [5, 2], [0, 100])],
    })),
  ),
  ...(["reduceSum", "reduceProd", "reduceMax", "reduceMin"] as const).map((name) => ({
    name: `${name} over nothing`,
    fn: (x: NDArray) => lax[name](x, [0]),
    args: [f([0, 2])],
    wrt: [],
    vmap: false,
  })),
  {
    name: "reduceProd with zeros",
    fn: (x) => lax.reduceProd(x, [0]),
    args: [{ shape: [5], values: [2, 0, 3, 1.5, -1] }],
  },
  { name: "reduceAnd bool", fn: (x) => lax.reduceAnd(x, [1]), args: [of("bool", [3, 2])] },
  { name: "reduceMax bool", fn: (x) => lax.reduceMax(x, [1]), args: [of("bool", [3, 2])] },
  { name: "argmax", fn: (x) => lax.argmax(x, 1, "int32"), args: [f([3, 4])], wrt: [] },
  { name: "argmin", fn: (x) => lax.argmin(x, 0, "int32"), args: [f([3, 4])], wrt: [] },
  ...(["cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"] as const).flatMap((name) => [
    { name, fn: (x: NDArray) => lax[name](x, 0), args: [f([5])] },
    { name: `${name} reverse`, fn: (x: NDArray) => lax[name](x, 1, true), args: [f([2, 4])] },
    { name: `${name} of one`, fn: (x: NDArray) => lax[name](x, 0), args: [f([1, 2])] },
  ]),
  ...(["cumsum", "cumprod", "cummax", "cummin"] as const).map((name) => ({
    name: `${name} int32`,
    fn: (x: NDArray) => lax[name](x, 0),
    args: [of("int32", [5])],
  })),
];

type Dims = Parameters<typeof lax.dotGeneral>[2];
const products: OpRow[] = (
  [
    [
      [2, 3],
      [3, 4],
      [
        [[1], [0]],
        [[], []],
      ],
    ],
    [
      [3, 2],
      [4, 3],
      [
        [[0], [1]],
        [[], []],
      ],
    ],
    [
      [2, 2, 3],
      [2, 3, 2],
      [
        [[2], [1]],
        [[0], [0]],
      ],
    ],
    [
      [2, 3],
      [3, 2],
      [
        [
          [0, 1],
          [1, 0],
        ],
        [[], []],
      ],
    ],
    [
      [3],
      [3],
      [
        [[0], [0]],
        [[], []],
      ],
    ],
    [
      [2],
      [3],
      [
        [[], []],
        [[], []],
      ],
    ],
    [
      [2, 3, 2, 4],
      [4, 2, 2],
      [
        [[3], [0]],
        [
          [0, 2],
          [2, 1],
        ],
      ],
    ],
    [
      [3],
      [3, 2],
      [
        [[], []],
        [[0], [0]],
      ],
    ],
    [
      [2, 0],
      [0, 3],
      [
        [[1], [0]],
        [[], []],
      ],
    ],
  ] as [number[], number[], Dims][]
).map(([p, q, dims]) => ({
  name: `dotGeneral ${JSON.stringify(p)} ${JSON.stringify(q)} ${JSON.stringify(dims)}`,
  fn: (x: NDArray, y: NDArray) => lax.dotGeneral(x, y, dims),
  args: [f(p), f(q)],
}));

const sorts: OpRow[] = [
  { name: "sort", fn: (x) => lax.sort(x, 0), args: [f([5])] },
  { name: "sort along an axis", fn: (x) => lax.sort(x, 0), args: [f([4, 2])] },
  {
    name: "sort with NaN",
    fn: (x) => lax.sort(x),
    args: [{ shape: [6], values: [2, Number.NaN, -1, 0, Infinity, -0] }],
    wrt: [],
  },
  { name: "sort int32", fn: (x) => lax.sort(x), args: [of("int32", [3, 5])] },
  { name: "sort two", fn: (x, y) => lax.sort([x, y]), args: [f([4]), f([4])] },
  {
    name: "sort by two keys",
    fn: (x, y, z) => lax.sort([x, y, z], 0, true, 2),
    args: [of("int32", [6], [0, 2]), f([6]), f([6])],
  },
  { name: "topK", fn: (x) => lax.topK(x, 2), args: [f([2, 5])] },
  { name: "topK along an axis", fn: (x) => lax.topK(x, 2, { axis: 0 }), args: [f([5, 2])] },
  { name: "topK int32", fn: (x) => lax.topK(x, 3), args: [of("int32", [6])] },
];

testOps([
  ...unary,
  ...flat,
  ...binary,
  ...integer,
  ...edges,
  ...conversions,
  ...data,
  ...reductions,
  ...products,
  ...sorts,
]);
