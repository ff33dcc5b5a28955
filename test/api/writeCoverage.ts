// npm run docs:coverage

import { readFileSync, writeFileSync } from "node:fs";
import { coveragePage } from "./coveragePage.ts";
import { missingNames } from "./missing.ts";

const { names } = JSON.parse(readFileSync(new URL("../goldens/jax_api.json", import.meta.url), "utf8")) as {
  names: string[];
};
writeFileSync(new URL("../../docs/coverage.md", import.meta.url), coveragePage(names, missingNames));
