import { jnp, type NDArray } from "fluxion";
import { arg, type OpRow, of, testOps } from "./opRows.ts";

// Convolution, polynomials, windows, packing, functions of functions.

const products: OpRow[] = [
  ...(["full", "same", "valid"] as const).flatMap((mode): OpRow[] => [
    { name: `convolve ${mode}`, fn: (x, y) => jnp.convolve(x, y, mode), args: [arg([7]), arg([3])] },
    { name: `correlate ${mode}`, fn: (x, y) => jnp.correlate(x, y, mode), args: [arg([2]), arg([5])] },
  ]),
  { name: "convolve int32", fn: (x, y) => jnp.convolve(x, y), args: [of("int32", [4]), of("int32", [2])] },
  {
    name: "correlate complex64",
    fn: (x, y) => jnp.correlate(x, y, "full"),
    args: [of("complex64", [3]), of("complex64", [2])],
    atol: 4e-6,
    wrt: [],
  },
];

const polynomials: OpRow[] = [
  { name: "polyadd", fn: (x, y) => jnp.polyadd(x, y), args: [arg([2]), arg([4])] },
  { name: "polysub", fn: (x, y) => jnp.polysub(x, y), args: [arg([4]), of("int32", [3])] },
  { name: "polymul", fn: (x, y) => jnp.polymul(x, y), args: [arg([4]), arg([3])] },
  {
    name: "polydiv",
    fn: (x, y) => jnp.polydiv(x, y),
    args: [arg([5]), { shape: [3], values: [2, -1, 0.5] }],
    atol: 4e-6,
  },
  { name: "polyder", fn: (x) => jnp.polyder(x, 2), args: [arg([5])] },
  { name: "polyint", fn: (x, k) => jnp.polyint(x, 2, k), args: [arg([3]), arg([2])] },
  { name: "polyval", fn: (p, x) => jnp.polyval(p, x), args: [arg([4]), arg([3])], atol: 1e-5 },
  {
    name: "polyval of many coefficients",
    fn: (p, x) => jnp.polyval(p, x),
    args: [arg([19]), arg([2], [-1, 1])],
    atol: 1e-5,
  },
  { name: "poly", fn: (x) => jnp.poly(x), args: [arg([4])], atol: 1e-5 },
  { name: "vander", fn: (x) => jnp.vander(x, 3), args: [arg([4], [0.5, 2])] },
  { name: "vander int32", fn: (x) => jnp.vander(x, { increasing: true }), args: [of("int32", [3])] },
  {
    name: "polyfit",
    fn: (x, y) => jnp.polyfit(x, y, 1),
    args: [{ shape: [5], values: [0, 1, 2.5, 3, 4.5] }, arg([5])],
    rtol: 1e-4,
    atol: 1e-5,
    order: 1,
    gradTolerance: 1e-4,
    vmap: false,
  },
];

const sequences: OpRow[] = [
  {
    name: "geomspace",
    fn: (x, y) => jnp.geomspace(x, y, 5, { axis: -1 }),
    args: [arg([2], [0.5, 2]), arg([2], [4, 8])],
    rtol: 1e-5,
  },
  { name: "kaiser", fn: (beta) => jnp.kaiser(6, beta), args: [arg([], [1, 4])], rtol: 1e-5 },
  { name: "i0", fn: (x) => jnp.i0(x), args: [arg([9], [-4, 4])], rtol: 1e-5, gradTolerance: 1e-4 },
];

const integers: OpRow[] = [
  {
    name: "gcd",
    fn: (x, y) => jnp.gcd(x, y),
    args: [of("int32", [3, 1], [-60, 60]), of("int32", [4], [-60, 60])],
  },
  { name: "lcm", fn: (x, y) => jnp.lcm(x, y), args: [of("uint8", [5], [0, 15]), of("uint8", [5], [0, 15])] },
  { name: "packbits", fn: (x) => jnp.packbits(x, 0), args: [of("bool", [11, 2])] },
  {
    name: "packbits little",
    fn: (x) => jnp.packbits(x, { bitorder: "little" }),
    args: [of("int32", [3, 5], [0, 2])],
  },
  { name: "unpackbits", fn: (x) => jnp.unpackbits(x, 1, 5), args: [of("uint8", [2, 1], [0, 256])] },
  {
    name: "unpackbits more",
    fn: (x) => jnp.unpackbits(x, { count: 20 }),
    args: [of("uint8", [2], [0, 256])],
  },
  {
    name: "ravelMultiIndex",
    fn: (i, j) => jnp.ravelMultiIndex([i, j], [3, 4], "wrap", "F"),
    args: [of("int32", [5]), of("int32", [5])],
  },
];

const square = (x: NDArray): NDArray => x.mul(x);
const functions: OpRow[] = [
  {
    name: "piecewise",
    fn: (x) => jnp.piecewise(x, [x.lt(0), x.gt(1)], [square, jnp.exp, -1]),
    args: [arg([3, 4])],
  },
  {
    name: "applyAlongAxis",
    fn: (x) => jnp.applyAlongAxis((v: NDArray) => jnp.outer(v, v).get(0), 1, x),
    args: [arg([2, 3, 2])],
  },
  { name: "applyOverAxes", fn: (x) => jnp.applyOverAxes(jnp.sum, x, [0, -1]), args: [arg([2, 3, 2])] },
  {
    name: "vectorize",
    fn: (x, y) => jnp.vectorize((a: NDArray, b: NDArray) => jnp.sin(a).mul(b))(x, y),
    args: [arg([2, 1]), arg([3])],
  },
  {
    name: "vectorize with a signature",
    fn: (x, y) =>
      jnp.vectorize(jnp.matmul as (a: NDArray, b: NDArray) => NDArray, { signature: "(n,m),(m)->(n)" })(x, y),
    args: [arg([3, 1, 2, 4]), arg([2, 4])],
  },
  {
    name: "putAlongAxis",
    fn: (x, v) => jnp.putAlongAxis(x, jnp.int32([[0], [2]]), v, 1),
    args: [arg([2, 3]), arg([2, 1])],
  },
];

testOps([...products, ...polynomials, ...sequences, ...integers, ...functions]);
