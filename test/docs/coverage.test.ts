import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { coveragePage } from "../api/coveragePage.ts";
import { missingNames } from "../api/missing.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const { names } = JSON.parse(read("test/goldens/jax_api.json")) as { names: string[] };

test("docs/coverage.md is what `npm run docs:coverage` writes", () => {
  expect(read("docs/coverage.md")).toBe(coveragePage(names, missingNames));
});

test("the page counts a name that is missing, and gives the reason", () => {
  const page = coveragePage(names, { "for a reason": ["ops.segmentSum"] });
  const all = names.filter((name) => name.startsWith("ops.")).length;
  expect(page).toContain(
    `| ops | jax.ops | ${all} | ${all - 1} | ${Math.floor((100 * (all - 1)) / all)} % |`,
  );
  expect(page).toContain("- **for a reason**: `ops.segmentSum`");
  expect(/### ops\n\n(.*)\n/.exec(page)?.[1]).not.toContain("segmentSum");
});
