import { tree } from "fluxion";
import { expect, test } from "vitest";

test("a pytree round trip", () => {
  const [leaves, treedef] = tree.flatten({ b: [1, 2], a: null });
  expect(leaves).toEqual([1, 2]);
  expect(tree.unflatten(treedef, leaves)).toEqual({ a: null, b: [1, 2] });
});
