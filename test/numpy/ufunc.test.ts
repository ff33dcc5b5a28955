// Universal functions: their methods against each other and in every transformation.

import { jnp, type NDArray } from "fluxion";
import { describe, expect, expectTypeOf, test } from "vitest";
import { mistakes } from "../misuse/table.ts";
import { arg, type OpRow, of, testOps } from "./opRows.ts";

const blend = jnp.frompyfunc((x: NDArray, y: NDArray) => x.mul(0.5).add(jnp.sin(y)), 2, 1);
const rows: OpRow[] = [
  { name: "add.reduce", fn: (x) => jnp.add.reduce(x), args: [arg([3, 2])] },
  { name: "subtract.reduce", fn: (x) => jnp.subtract.reduce(x, 1), args: [arg([2, 4])] },
  { name: "own reduce", fn: (x, y) => blend.reduce(x, { initial: y }), args: [arg([4]), arg([])] },
  {
    name: "bitwiseXor.reduce",
    fn: (x, m) => jnp.bitwiseXor.reduce(x, { axis: null, where: m, keepdims: true }),
    args: [of("uint8", [3, 2]), of("bool", [3, 2])],
  },
  { name: "bitwiseAnd.reduce", fn: (x) => jnp.bitwiseAnd.reduce(x), args: [of("uint32", [3, 2])] },
  { name: "logaddexp.reduce", fn: (x) => jnp.logaddexp.reduce(x, -1), args: [arg([2, 3])], rtol: 1e-5 },
  { name: "own accumulate", fn: (x) => blend.accumulate(x, 1), args: [arg([2, 4])] },
  { name: "maximum.accumulate", fn: (x) => jnp.maximum.accumulate(x), args: [of("int32", [6])] },
  {
    name: "own at",
    fn: (x, b) => blend.at(x, jnp.int32([0, 2, 0]), b),
    args: [arg([3, 2]), arg([3, 2])],
  },
  {
    name: "at two axes",
    fn: (x) => jnp.multiply.at(x, [jnp.int32([0, 1, 0]), jnp.int32([1, 1, 1])], 2),
    args: [arg([2, 3])],
  },
  { name: "negative.at", fn: (x) => jnp.negative.at(x, jnp.int32([1, 1, 2])), args: [arg([4])] },
  { name: "reduceat", fn: (x) => jnp.add.reduceat(x, jnp.int32([0, 3, 1]), 1), args: [arg([2, 5])] },
  { name: "outer", fn: (x, y) => jnp.logaddexp.outer(x, y), args: [arg([2, 2]), arg([3])], rtol: 1e-5 },
  { name: "own function", fn: (x, y) => blend(x, y), args: [arg([2, 1]), arg([3])] },
];
testOps(rows);

test("what universal functions say about themselves", () => {
  const { add, negative, bitwiseAnd, maximum, subtract } = jnp;
  expect([add.nin, add.nout, add.nargs, add.identity]).toEqual([2, 1, 2, 0]);
  expect([negative.nin, bitwiseAnd.identity, maximum.identity, subtract.name]).toEqual([
    1,
    -1,
    null,
    "subtract",
  ]);
  expectTypeOf(jnp.add.reduce(jnp.ones(2))).toEqualTypeOf<NDArray>();
  // @ts-expect-error an option that does not exist
  expect(() => jnp.add.reduce(jnp.ones(2), { keepDims: true })).toThrow("did you mean 'keepdims'");
});

test("an empty axis gives the neutral value", () => {
  const none = jnp.zeros([0, 2]);
  expect(jnp.logaddexp.reduce(none).tolist()).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(jnp.subtract.reduce(none, { initial: 3 }).tolist()).toEqual([3, 3]);
  expect(blend.accumulate(none).shape).toEqual([0, 2]);
});

describe("mistakes", () => {
  // biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
  const u = (x: unknown): any => x;
  mistakes([
    ["reduce of one argument", () => jnp.negative.reduce([1]), "ValueError", /binary/],
    ["outer of one argument", () => jnp.negative.outer([1], [1]), "ValueError", /binary/],
    ["reduce nothing", () => jnp.subtract.reduce(jnp.zeros(0)), "ValueError", /subtract.*identity/],
    ["reduce an axis", () => jnp.add.reduce(jnp.ones(2), 1), "ValueError", /axis 1/],
    ["reduce with a mask", () => jnp.subtract.reduce([1], { where: true }), "ValueError", /initial/],
    ["reduce two axes", () => jnp.subtract.reduce(jnp.ones([2, 2]), [0, 1]), "TypeError", /one axis/],
    ["accumulate axes", () => jnp.add.accumulate([1], u(null)), "ValueError", /multiple axes/],
    [
      "at in place",
      () => jnp.add.at([1], jnp.int32([0]), 1, u({ inplace: true })),
      "ValueError",
      /immutable/,
    ],
    ["at a list of numbers", () => jnp.add.at([1, 2], u([0, 1]), 1), "TypeError", /say which/],
    ["at without values", () => jnp.add.at([1, 2], 0), "TypeError", /misses.*b/],
    ["at a mask", () => jnp.maximum.at([1, 2], jnp.array([true, false]), 1), "TypeError", /nonzero/],
    [
      "reduceat of a matrix",
      () => jnp.add.reduceat([1], jnp.int32([[0]] as never)),
      "ValueError",
      /\(1, 1\)/,
    ],
    ["reduceat at fractions", () => jnp.add.reduceat([1], [0.5]), "TypeError", /integers.*float32/],
    ["frompyfunc results", () => jnp.frompyfunc((x) => x, 1, 2), "ValueError", /nout=2/],
    ["frompyfunc of no function", () => jnp.frompyfunc(u(3), 1, 1), "TypeError", /function.*3/],
    ["arguments", () => blend(1), "TypeError", /2 arguments, got 1/],
  ]);
});
