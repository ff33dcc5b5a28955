// Every call of the golden files that is in scope, eagerly and under jit.

import { describe, expect, test } from "vitest";
import { type CallCase, type GoldenValue, isRaises, partition, readCases } from "./cases.ts";
import { expectError } from "./errors.ts";
import { canJit, runEagerly, runJitted } from "./harness.ts";
import { laterCases, laterFunctions, looserCases, looserFunctions, whyExcluded } from "./scope.ts";
import { expectMatchUpTo } from "./values.ts";

const files = [
  "creation",
  "fft",
  "image_ops",
  "indexing",
  "initializers",
  "lax_elementwise",
  "lax_structural",
  "linalg",
  "manipulation",
  "nn",
  "printing",
  "products",
  "promotion",
  "random",
  "reductions",
  "scipy_linalg",
  "scipy_misc",
  "scipy_signal",
  "scipy_special",
  "scipy_stats",
  "sorting",
  "ufuncs_binary",
  "ufuncs_unary",
  "wide_integers",
];

const all = await Promise.all(files.map(async (file) => [file, await readCases<CallCase>(file)] as const));

/** What a case expects: where JAX gives a named tuple, an object with its fields. */
function expectedOf({ expected, fields, upTo }: CallCase): GoldenValue {
  if (fields === undefined || upTo !== undefined || !Array.isArray(expected)) return expected;
  return Object.fromEntries(fields.map((field, i) => [field, expected[i] as GoldenValue]));
}

for (const [file, cases] of all) {
  describe(file, () => {
    const tolerance = ({ id, fn, rtol, atol, upTo }: CallCase) => ({
      rtol: looserCases[`${file} ${id}`] ?? looserFunctions[fn] ?? rtol,
      atol,
      upTo,
    });
    const run = partition(file, cases, (golden) => whyExcluded(file, golden));
    const rows = (some: CallCase[]) => some.map((golden) => [golden.id, golden] as const);

    test.each(rows(run))("%s", (_id, golden) => {
      if (isRaises(golden.expected)) {
        expectError(() => runEagerly(golden), golden.expected);
      } else {
        expectMatchUpTo(runEagerly(golden), expectedOf(golden), tolerance(golden));
      }
    });

    const jittable = run.filter(canJit);
    if (jittable.length > 0) {
      test.each(rows(jittable))("jit %s", (_id, golden) => {
        expectMatchUpTo(runJitted(golden), expectedOf(golden), tolerance(golden));
      });
    }
  });
}

test("the list of what is left out names only functions and cases that exist", async () => {
  const functions = new Set(all.flatMap(([, cases]) => cases.map((golden) => golden.fn)));
  for (const { fn } of await readCases<CallCase>("errors")) functions.add(fn);
  const ids = new Set(all.flatMap(([file, cases]) => cases.map((golden) => `${file} ${golden.id}`)));
  const keys = [...Object.values(laterCases).flatMap(Object.keys), ...Object.keys(looserCases)];
  expect(keys.filter((key) => !ids.has(key))).toEqual([]);
  const names = Object.values(laterFunctions).flat();
  expect(names.filter((name) => !functions.has(name))).toEqual([]);
});
