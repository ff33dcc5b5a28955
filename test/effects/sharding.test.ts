// Drawings of shardings.

import { config, debug, devicePut, jit, jnp, makeMesh, NamedSharding, P } from "fluxion";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, having, printed } from "./helpers.ts";

const { numCpuDevices } = config;
beforeAll(() => config.update("numCpuDevices", 4));
afterAll(() => config.update("numCpuDevices", numCpuDevices));

test("which device has which part", () => {
  const mesh = makeMesh([2, 2], ["a", "b"]);
  const draw = (shape: number[], ...spec: (string | string[] | null)[]) => {
    const x = devicePut(jnp.zeros(shape), new NamedSharding(mesh, P(...spec)));
    return printed(() => debug.visualizeArraySharding(x))[0];
  };
  expect(draw([8, 8], "a", "b")).toBe(
    [
      "┌──────────┬──────────┐",
      "│          │          │",
      "│  CPU 0   │  CPU 1   │",
      "│          │          │",
      "│          │          │",
      "├──────────┼──────────┤",
      "│          │          │",
      "│  CPU 2   │  CPU 3   │",
      "│          │          │",
      "│          │          │",
      "└──────────┴──────────┘",
      "",
    ].join("\n"),
  );
  expect(draw([8], "b")).toBe("┌───────┬───────┐\n│CPU 0,2│CPU 1,3│\n└───────┴───────┘\n");
});

test("what cannot be drawn, and what is not known", () => {
  expect(errorOf(() => debug.visualizeArraySharding(jnp.zeros([2, 2, 2]))).message).toMatch(
    /1 and 2 dimensions/,
  );
  expect(errorOf(() => jit((x) => having(debug.visualizeArraySharding(x), x))(jnp.ones(2))).name).toBe(
    "AttributeError",
  );
});
