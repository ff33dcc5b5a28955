import { jnp, type NDArray } from "fluxion";
import { arg, awkward, type OpRow, of, testOps } from "./opRows.ts";

// Elementwise functions of jnp: see test/lax/opTable.ts for what each row buys.

type Unary = (x: NDArray) => NDArray;
type Binary = (x: NDArray, y: NDArray) => NDArray;
type Domain = readonly [number, number];
const functions = jnp as unknown as Record<string, Unary & Binary>;

const smooth: [string, Domain?][] = [
  ["exp"],
  ["exp2"],
  ["expm1"],
  ["log", [0.5, 4]],
  ["log1p", [-0.5, 4]],
  ["log2", [0.5, 4]],
  ["log10", [0.5, 4]],
  ["sqrt", [0.5, 4]],
  ["cbrt", [0.5, 4]],
  ["sin", [-6, 6]],
  ["cos", [-6, 6]],
  ["tan", [-1, 1]],
  ["arcsin", [-0.9, 0.9]],
  ["arccos", [-0.9, 0.9]],
  ["arctan"],
  ["sinh"],
  ["cosh"],
  ["tanh"],
  ["arcsinh"],
  ["arccosh", [1.5, 4]],
  ["arctanh", [-0.8, 0.8]],
  ["negative"],
  ["positive"],
  ["absolute", [0.5, 2]],
  ["fabs", [0.5, 2]],
  ["square"],
  ["reciprocal", [0.5, 2]],
  ["deg2rad", [-180, 180]],
  ["rad2deg"],
  ["sinc"],
  ["conjugate"],
];

const unary: OpRow[] = smooth.flatMap(([name, domain]) =>
  awkward.map((shape) => ({
    name: `${name} [${shape}]`,
    fn: functions[name],
    args: [arg(shape, domain)],
    rtol: 4e-6,
    // Derivatives of long arrays say nothing new.
    wrt: shape.includes(67) ? [] : undefined,
  })),
);

// Functions with steps: their derivative is zero or not asked for.
const values = [-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 3.7, -3.2, Number.NaN, Number.POSITIVE_INFINITY, -0];
const steps: OpRow[] = [
  "floor",
  "ceil",
  "trunc",
  "rint",
  "sign",
  "isnan",
  "isfinite",
  "isinf",
  "isposinf",
  "isneginf",
  "signbit",
  "logicalNot",
  "nanToNum",
].map((name) => ({ name, fn: functions[name], args: [{ shape: [12], values }], wrt: [], vmap: true }));

const pairs: [readonly number[], readonly number[]][] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 1], [3]],
  [[], [5]],
  [
    [3, 0],
    [1, 1],
  ],
];
const binary: OpRow[] = (
  [
    ["add"],
    ["subtract"],
    ["multiply"],
    ["divide", [0.5, 2]],
    ["maximum"],
    ["minimum"],
    ["fmax"],
    ["fmin"],
    ["power", [0.5, 2]],
    ["floatPower", [0.5, 2]],
    ["arctan2", [0.5, 2]],
    ["hypot", [0.5, 2]],
    ["logaddexp"],
    ["logaddexp2"],
    ["copysign", [0.5, 2]],
    ["fmod", [0.6, 0.9]],
    ["remainder", [0.6, 0.9]],
  ] as [string, Domain?][]
).flatMap(([name, domain]) =>
  pairs.map(([p, q]) => ({
    name: `${name} [${p}] [${q}]`,
    fn: (x: NDArray, y: NDArray) => functions[name](x, y),
    args: [arg(p, domain), arg(q, domain === undefined ? undefined : [domain[0] + 0.5, domain[1] + 0.5])],
    rtol: 4e-6,
  })),
);

const comparisons: OpRow[] = ["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"].flatMap(
  (name) =>
    (["float32", "int32", "uint8", "int16", "int64", "uint64", "float64"] as const).map((dtype) => ({
      name: `${name} ${dtype}`,
      fn: functions[name],
      args: [
        { shape: [3, 3], dtype, values: [1, 2, 3] },
        { shape: [3, 1], dtype, values: [2, 3, 1] },
      ],
      wrt: [],
    })),
);

const integers: OpRow[] = (
  ["int32", "uint32", "uint8", "int8", "uint16", "int16", "int64", "uint64"] as const
).flatMap((dtype) => {
  const signed = dtype === "int32";
  const x = {
    shape: [8],
    dtype,
    values: signed ? [7, -7, 7, -7, -2147483648, 0, 5, -1] : [7, 200, 255, 0, 9, 1, 2, 3],
  };
  const y = {
    shape: [8],
    dtype,
    values: signed ? [2, 2, -2, -2, -1, 3, 0, 7] : [2, 100, 255, 3, 0, 1, 7, 2],
  };
  const few = { shape: [8], dtype, values: [0, 1, 2, 3, 31, 32, 40, 7] };
  return [
    ...["add", "subtract", "multiply", "maximum", "minimum", "floorDivide", "remainder", "fmod"].map(
      (name) => ({
        name: `${name} ${dtype}`,
        fn: functions[name],
        args: [x, y],
      }),
    ),
    ...["bitwiseAnd", "bitwiseOr", "bitwiseXor", "logicalAnd", "logicalOr", "logicalXor"].map((name) => ({
      name: `${name} ${dtype}`,
      fn: functions[name],
      args: [x, y],
    })),
    ...["leftShift", "rightShift"].map((name) => ({
      name: `${name} ${dtype}`,
      fn: functions[name],
      args: [x, few],
    })),
    ...["invert", "absolute", "negative", "sign", "square", "bitwiseCount", "exp", "sqrt"].map((name) => ({
      name: `${name} ${dtype}`,
      fn: functions[name],
      args: [name === "exp" || name === "sqrt" ? few : x],
      rtol: 4e-6,
    })),
    { name: `divide ${dtype}`, fn: functions.divide, args: [x, y] },
    { name: `divmod ${dtype}`, fn: (p: NDArray, q: NDArray) => jnp.divmod(p, q), args: [x, y] },
    { name: `power ${dtype}`, fn: (p: NDArray) => jnp.power(p, 3), args: [x] },
  ] as OpRow[];
});

const mixed: OpRow[] = [
  { name: "add int32 float32", fn: (x, y) => jnp.add(x, y), args: [of("int32", [3]), arg([3])] },
  {
    name: "multiply bool float64",
    fn: (x, y) => jnp.multiply(x, y),
    args: [of("bool", [3]), of("float64", [3])],
  },
  { name: "add uint8 int32", fn: (x, y) => jnp.add(x, y), args: [of("uint8", [3]), of("int32", [2, 3])] },
  { name: "add uint32 int32", fn: (x, y) => jnp.add(x, y), args: [of("uint32", [3]), of("int32", [3])] },
  { name: "maximum of a number", fn: (x) => jnp.maximum(x, 0.25), args: [arg([7])] },
  { name: "a number to a power", fn: (x) => jnp.power(2, x), args: [arg([7])], rtol: 4e-6 },
  { name: "power 2.5", fn: (x) => jnp.power(x, 2.5), args: [arg([7], [0.5, 2])], rtol: 4e-6 },
  { name: "power -2", fn: (x) => jnp.power(x, -2), args: [arg([7], [0.5, 2])], rtol: 4e-6 },
  { name: "power 0", fn: (x) => jnp.power(x, 0), args: [arg([7])] },
  {
    name: "heaviside",
    fn: (x, y) => jnp.heaviside(x, y),
    args: [{ shape: [3], values: [-1, 0, 2] }, arg([3])],
    wrt: [],
  },
  { name: "nextafter", fn: (x, y) => jnp.nextafter(x, y), args: [arg([5]), arg([5])], wrt: [] },
  { name: "floorDivide", fn: (x, y) => jnp.floorDivide(x, y), args: [arg([9]), arg([9], [0.5, 2])], wrt: [] },
  {
    name: "frexp",
    fn: (x) => jnp.frexp(x),
    args: [{ shape: [6], values: [0, 1, -3.5, 1e-40, 1e30, 0.1] }],
    wrt: [],
  },
  { name: "ldexp", fn: (x, n) => jnp.ldexp(x, n), args: [arg([5]), of("int32", [5])], wrt: [] },
  { name: "modf", fn: (x) => jnp.modf(x), args: [arg([5])], wrt: [] },
  { name: "where", fn: (c, x, y) => jnp.where(c, x, y), args: [of("bool", [2, 3]), arg([3]), arg([2, 1])] },
  { name: "where of numbers", fn: (c, x) => jnp.where(c, x, 0), args: [of("bool", [5]), arg([5])] },
  {
    name: "where of mixed dtypes",
    fn: (c, x, y) => jnp.where(c, x, y),
    args: [of("bool", [5]), of("int32", [5]), arg([])],
  },
  { name: "clip", fn: (x) => jnp.clip(x, -1.05, 1.05), args: [arg([3, 5])] },
  { name: "clip below", fn: (x) => jnp.clip(x, 0.1), args: [arg([7])] },
  {
    name: "clip by arrays",
    fn: (x, l, h) => jnp.clip(x, l, h),
    args: [arg([3, 5]), arg([5], [-1.5, -0.5]), arg([3, 1], [0.5, 1.5])],
  },
  { name: "clip int32", fn: (x) => jnp.clip(x, -2, 3), args: [of("int32", [9])] },
  { name: "round", fn: (x) => jnp.round(x, 1), args: [arg([7])], wrt: [] },
  {
    name: "isclose",
    fn: (x, y) => jnp.isclose(x, y),
    args: [
      { shape: [3], values: [1, 2, Number.NaN] },
      { shape: [3], values: [1.000001, 2.1, Number.NaN] },
    ],
    wrt: [],
  },
  {
    name: "select",
    fn: (c, d, x, y) => jnp.select([c, d], [x, y], 0.5),
    args: [of("bool", [5]), of("bool", [5]), arg([5]), arg([5])],
  },
  {
    name: "nanToNum with values",
    fn: (x) => jnp.nanToNum(x, { nan: 7 }),
    args: [{ shape: [3], values: [1, Number.NaN, 3] }],
    wrt: [],
  },
];

testOps([...unary, ...steps, ...binary, ...comparisons, ...integers, ...mixed]);
