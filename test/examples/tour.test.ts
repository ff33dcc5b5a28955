import { expect, test } from "vitest";
import { main } from "../../examples/tour.ts";

test("the tour prints what it promises", async () => {
  const lines: string[] = [];
  main((line) => lines.push(line));
  const text = `${lines.join("\n")}\n`;
  await expect(text).toMatchFileSnapshot("tour.txt");
  expect(lines).toContain("{ lambda ; . let  in (1:i32[],) }");
  expect(lines).toContain("2.0 2.0 2.0 2.0");
  expect(lines).toContain("[{a: 9}, [1, 4, 9], [1, 4], [1, 4, 9, 16]]");
  expect(lines).toContain("Array([1, 2, 3], dtype=int32) has 1 leaf: [Array([1, 2, 3], dtype=int32)]");
  expect(text).toContain("ValueError: List arity mismatch: 5 != 4; list: ");
  expect(text).toContain("a literal 1 that became 2");
  expect(text).toContain("a constant 0 that became 10");
});
