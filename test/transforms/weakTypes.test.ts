// Eager, jitted and mapped code agree on dtypes, weak types and values for every mixture of operands.

import { jit, jnp, jvp, makeJaxpr, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, values } from "./helpers.ts";

type Operand = A | number | boolean | bigint;
const operands: [name: string, make: () => Operand][] = [
  ["3", () => 3],
  ["-2.5", () => -2.5],
  ["2^31", () => 2 ** 31],
  ["true", () => true],
  ["5n", () => 5n],
  ["bool[]", () => jnp.array(true)],
  ["int32[2]", () => jnp.int32([1, -7])],
  ["uint32[]", () => jnp.uint32(9)],
  ["uint8[2]", () => jnp.uint8([200, 3])],
  ["float32[2]", () => jnp.array([0.5, -4])],
  ["weak float32[]", () => jnp.multiply(0.5, 3)],
  ["float64[]", () => jnp.array(0.25, { dtype: "float64" })],
];
const operations: [name: string, f: (x: A, y: A) => A][] = [
  ["add", (x, y) => jnp.add(x, y)],
  ["multiply", (x, y) => jnp.multiply(x, y)],
  ["divide", (x, y) => jnp.divide(x, y)],
  ["floorDivide", (x, y) => jnp.floorDivide(x, y)],
  ["remainder", (x, y) => jnp.remainder(x, y)],
  ["maximum", (x, y) => jnp.maximum(x, y)],
  ["where", (x, y) => jnp.where(jnp.greater(x, y), x, y)],
  ["less", (x, y) => jnp.less(x, y)],
  ["arctan2", (x, y) => jnp.arctan2(x, y)],
  ["sum of a stack", (x, y) => jnp.sum(jnp.concatenate([jnp.ravel(x), jnp.ravel(y)]))],
  ["clip", (x, y) => jnp.clip(x, 0, y)],
];

const describeValue = (x: A) => `${x.aval.repr()} ${JSON.stringify(values(x))}`;
/** The result, or the class of the error. */
function outcome(run: () => A): string {
  try {
    return describeValue(run());
  } catch (error) {
    return (error as Error).name;
  }
}

describe.each(operations)("%s", (_name, f) => {
  test.each(operands)("with %s on the left", (_left, makeX) => {
    for (const [right, makeY] of operands) {
      // Under jit a number is a traced scalar, so the eager function is given one too.
      const x = jnp.positive(makeX() as A);
      const y = jnp.positive(makeY() as A);
      const eager = outcome(() => f(x, y));
      expect(
        outcome(() => jit(f)(x, y)),
        `jit, ${right}`,
      ).toBe(eager);
      expect(
        outcome(() => jit(f)(makeX() as A, makeY() as A)),
        `jit of numbers, ${right}`,
      ).toBe(eager);
      const mapped = outcome(() => (vmap(() => f(x, y), { axisSize: 2 })() as A).get(1));
      expect(mapped, `vmap, ${right}`).toBe(eager);
      expect(
        outcome(() => jvp(() => f(x, y), [], [])[0] as A),
        `jvp, ${right}`,
      ).toBe(eager);
      if (eager.startsWith("Shaped")) {
        const [aval] = makeJaxpr(f)(x, y).outAvals;
        expect(eager.startsWith(aval?.repr() as string), `makeJaxpr, ${right}`).toBe(true);
      }
    }
  });
});

test("power is the exception, as in JAX: an integer exponent that is known multiplies", () => {
  const power = (x: A, y: A): A => jnp.power(x, y);
  const [x, y] = [jnp.uint8([200, 3]), jnp.uint32(9)];
  expect(describeValue(power(x, y))).toBe("ShapedArray(uint8[2]) [0,227]");
  expect(describeValue(jit(power)(x, y))).toBe("ShapedArray(uint32[2]) [3355443200,19683]");
  expect(describeValue(jit((z: A) => power(z, jnp.positive(9)))(x))).toBe("ShapedArray(uint8[2]) [0,227]");
});
