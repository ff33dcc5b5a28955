import { jit, jnp, type NDArray } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const A = (...shape: number[]) => jnp.ones(shape);
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;

describe("sets", () => {
  const traced = (f: (x: NDArray) => unknown) => () => jit((x: NDArray) => f(x) as NDArray)(A(3));
  const rows: Mistake[] = [
    ["unique under jit", traced((x) => jnp.unique(x)), "ConcretizationTypeError", /unique.*size/s],
    ["uniqueAll under jit", traced((x) => jnp.uniqueAll(x)), "ConcretizationTypeError", /uniqueAll.*size/s],
    ["union1d under jit", traced((x) => jnp.union1d(x, x)), "ConcretizationTypeError", /union1d.*size/s],
    ["intersect1d under jit", traced((x) => jnp.intersect1d(x, 1)), "ConcretizationTypeError", /size/],
    ["setdiff1d under jit", traced((x) => jnp.setdiff1d(x, 1)), "ConcretizationTypeError", /size/],
    ["setxor1d under jit", traced((x) => jnp.setxor1d(x, 1)), "ConcretizationTypeError", /size/],
    ["where under jit", traced((x) => jnp.where(x)), "ConcretizationTypeError", /size/],
    ["unique along an axis", () => jnp.unique(A(2), { axis: 1 }), "ValueError", /axis 1/],
    ["a negative size", () => jnp.unique(A(2), { size: -1 }), "TypeError", /nonnegative.*-1/],
    ["a fraction of a size", () => jnp.unique(A(2), { size: 1.5 }), "TypeError", /integer.*1\.5/],
    ["unique of nothing", () => jnp.unique(A(0), { size: 2 }), "ValueError", /fill_value/],
    ["unique of no array", () => jnp.unique(u("a")), "TypeError", /unique.*string/],
    [
      "an option",
      () => jnp.unique(A(2), u({ returnCount: true })),
      "TypeError",
      /did you mean 'returnCounts'/,
    ],
    ["an option of union1d", () => jnp.union1d(A(2), A(2), u({ fill: 0 })), "TypeError", /'fill'.*fillValue/],
    ["a method of isin", () => jnp.isin(A(2), A(2), u({ method: "hash" })), "ValueError", /hash.*sort/],
    ["where with one branch", () => u(jnp.where)(A(2), A(2)), "ValueError", /x and y/],
    ["where with a size", () => u(jnp.where)(A(2), 1, 2, { size: 2 }), "ValueError", /size and fill/],
    ["where of a scalar", () => jnp.where(true), "ValueError", /0d/],
    ["topK of too many", () => jnp.topK(A(3), 4), "ValueError", /3; got 4/],
    ["topK of a fraction", () => jnp.topK(A(3), 1.5), "TypeError", /integer.*1\.5/],
    ["topK of complex numbers", () => jnp.topK(jnp.complex64([1]), 1), "ValueError", /complex/],
    ["topK of an axis", () => jnp.topK(A(3), 1, { axis: 1 }), "ValueError", /axis 1/],
    ["topK mode", () => jnp.topK(A(3), 1, u({ mode: "least" })), "ValueError", /least/],
  ];
  mistakes(rows);
});
