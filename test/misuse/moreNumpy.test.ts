import { jit, jnp, type NDArray } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const A = (...shape: number[]) => jnp.ones(shape);
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;
const traced = (f: (x: NDArray) => unknown) => () => jit((x: NDArray) => f(x) as NDArray)(A(3));

describe("vectors and polynomials", () => {
  const rows: Mistake[] = [
    ["convolve of matrices", () => jnp.convolve(A(2, 2), A(2)), "ValueError", /1-dim.*\(2, 2\)/],
    ["convolve of nothing", () => jnp.convolve(A(0), A(2)), "ValueError", /empty.*\(0,\)/],
    ["a mode of correlate", () => jnp.correlate(A(2), A(2), u("half")), "ValueError", /half/],
    ["polyadd of a matrix", () => jnp.polyadd(A(2, 2), A(2)), "ValueError", /vector.*\(2, 2\)/],
    ["polydiv by nothing", () => jnp.polydiv(A(2), A(0)), "ValueError", /2 and 0/],
    ["polyder order", () => jnp.polyder(A(2), -1), "ValueError", /-1/],
    ["polyint constants", () => jnp.polyint(A(2), 2, A(3)), "ValueError", /m=2.*\(3,\)/],
    ["polyval of a scalar", () => jnp.polyval(1, A(2)), "ValueError", /scalar/],
    ["poly of a stack", () => jnp.poly(A(2, 3)), "ValueError", /square.*\(2, 3\)/],
    ["roots under jit", traced((x) => jnp.roots(x)), "ConcretizationTypeError", /stripZeros/],
    ["polyfit degree", () => jnp.polyfit(A(3), A(3), -1), "ValueError", /deg.*-1/],
    ["polyfit lengths", () => jnp.polyfit(A(3), A(2), 1), "TypeError", /3 and 2/],
    ["polyfit covariance", () => jnp.polyfit(A(2), A(2), 1, { cov: true }), "ValueError", /exceed/],
    ["vander of a matrix", () => jnp.vander(A(2, 2)), "ValueError", /\(2, 2\)/],
    ["vander columns", () => jnp.vander(A(2), -1), "ValueError", /-1/],
    ["geomspace number", () => jnp.geomspace(1, 2, 2.5), "TypeError", /2\.5/],
    ["a window of a fraction", () => jnp.hanning(2.5), "TypeError", /integer.*2\.5/],
    ["i0 of complex numbers", () => jnp.i0(jnp.complex64(1)), "ValueError", /complex64/],
  ];
  mistakes(rows);
});

describe("grids, positions and bits", () => {
  const rows: Mistake[] = [
    ["a range", () => jnp.mgrid("0:a"), "ValueError", /0:a/],
    ["a range without stop", () => jnp.ogrid(u({ start: 1 })), "TypeError", /stop/],
    ["a traced range", traced((x) => jnp.mgrid({ stop: jnp.sum(x) })), "TypeError", /known while tracing/],
    ["a directive", () => jnp.r_("x", A(2)), "ValueError", /directive.*x/],
    ["a late directive", () => jnp.c_(A(2), "r"), "ValueError", /first.*r/],
    ["frombuffer of a list", () => jnp.frombuffer(u([1])), "TypeError", /buffer/],
    ["frombuffer sizes", () => jnp.frombuffer(new Uint8Array(3)), "ValueError", /multiple.*3/],
    [
      "frombuffer count",
      () => jnp.frombuffer(new Uint8Array(4), { count: 2 }),
      "ValueError",
      /2 elements.*4/,
    ],
    ["fromfunction shape", () => jnp.fromfunction((i) => i, u("a")), "TypeError", /shape/i],
    ["diagIndicesFrom a vector", () => jnp.diagIndicesFrom(A(2)), "ValueError", /2-d.*\(2,\)/],
    ["triuIndicesFrom a vector", () => jnp.triuIndicesFrom(A(2)), "ValueError", /2-D.*\(2,\)/],
    ["ravelMultiIndex out of range", () => jnp.ravelMultiIndex([3n], [3]), "ValueError", /3.*size 3/],
    ["ravelMultiIndex of floats", () => jnp.ravelMultiIndex([A(1)], [3]), "ValueError", /float32/],
    ["ravelMultiIndex lengths", () => jnp.ravelMultiIndex([1n], [3, 3]), "ValueError", /1 indices.*2/],
    [
      "ravelMultiIndex under jit",
      traced((x) => jnp.ravelMultiIndex([x.astype("int32")], [3])),
      "ConcretizationTypeError",
      /wrap/,
    ],
    ["packbits of floats", () => jnp.packbits(A(2)), "TypeError", /float32/],
    ["packbits order", () => jnp.packbits(true, null, u("middle")), "ValueError", /middle/],
    ["unpackbits of int32", () => jnp.unpackbits(jnp.int32([1])), "TypeError", /int32/],
    ["gcd of floats", () => jnp.gcd(A(2), 1), "ValueError", /gcd.*integers.*float32/],
    ["trimZeros under jit", traced((x) => jnp.trimZeros(x)), "ConcretizationTypeError", /trimZeros/],
    [
      "putAlongAxis in place",
      () => jnp.putAlongAxis(A(2), [0n], 1, 0, u({ inplace: true })),
      "ValueError",
      /immutable/,
    ],
    ["putAlongAxis ranks", () => jnp.putAlongAxis(A(2, 2), [0n], 1, 0), "ValueError", /2 and 1/],
    ["putAlongAxis of floats", () => jnp.putAlongAxis(A(2), A(1), 1, 0), "TypeError", /float32/],
  ];
  mistakes(rows);
});

describe("functions of functions", () => {
  const id = (x: NDArray) => x;
  const rows: Mistake[] = [
    ["vectorize of no function", () => jnp.vectorize(u(3)), "TypeError", /function.*3/],
    ["a signature", () => jnp.vectorize(id, { signature: "n->n" }), "ValueError", /n->n/],
    ["too few axes", () => jnp.vectorize(id, { signature: "(n)->(n)" })(1), "ValueError", /\(\).*'n'/],
    ["another result", () => jnp.vectorize(id, { signature: "(n)->()" })(A(2)), "ValueError", /\(2,\)/],
    ["arguments", () => u(jnp.vectorize(id, { signature: "(n),(n)->()" }))(A(2)), "TypeError", /2, got 1/],
    [
      "sizes",
      () => jnp.vectorize((x: NDArray, _y: NDArray) => x, { signature: "(n),(n)->(n)" })(A(2), A(3)),
      "ValueError",
      /'n'.*3 vs 2/,
    ],
    ["excluded positions", () => jnp.vectorize(id, { excluded: [-1] }), "ValueError", /negative/],
    ["excluded names", () => jnp.vectorize(id, u({ excluded: ["x"] })), "TypeError", /positions.*x/],
    ["piecewise", () => jnp.piecewise(A(2), [true], [1, 2, 3]), "ValueError", /1 or 2.*got 3/],
    ["applyAlongAxis", () => jnp.applyAlongAxis(id, 1, A(2)), "ValueError", /axis 1/],
    [
      "applyOverAxes",
      () => jnp.applyOverAxes((x) => jnp.stack([x]), A(2), [0]),
      "ValueError",
      /\(1, 2\).*\(2,\)/,
    ],
    ["einsumPath", () => jnp.einsumPath("ij,jk", A(2, 3), A(2, 3)), "ValueError", /'j'|j/],
    [
      "einsumPath options",
      () => jnp.einsumPath("i", A(2), u({ optimise: true })),
      "TypeError",
      /did you mean 'optimize'/,
    ],
  ];
  mistakes(rows);
});
