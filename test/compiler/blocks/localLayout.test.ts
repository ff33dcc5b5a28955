import { expect, it } from "vitest";
import { LocalLayout } from "../../../src/compiler/blocks/localLayout.ts";

it("a stride is as long backwards as forwards", () => {
  // Rows of 6 x 7 elements, of which a block keeps 6 x 1.
  const layout = new LocalLayout([1], [7], [{ kept: 1 } as never]);
  expect(layout.stride(7)).toBe(1);
  expect(layout.stride(-7)).toBe(-1);
  expect(layout.stride(-1)).toBe(-1);
  // From the last row to the first: the offset and five steps back.
  expect(layout.offset(5 * 7) + 5 * layout.stride(-7)).toBe(0);
});
