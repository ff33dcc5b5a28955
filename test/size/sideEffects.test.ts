// package.json lists the modules that do something on import; the others are nothing but definitions, so that bundlers drop what is not used.

import { readdirSync, readFileSync } from "node:fs";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { hasSideEffects, root } from "./bundle.ts";

/** Folders that every page needs nearly whole. */
const everywhere = /^(backends|compiler|core|dtypes|tree)\//;

/** Where a part of a module that a page uses brings a little more of it along: no new ones, and fewer with time. */
const known: Readonly<Record<string, string>> = {
  "callbacks/debugPrint.ts": "a list of names is spread",
  "lax/collectives/permute.ts": "its rules are calls",
  "lax/convPadding.ts": "static members",
  "lax/fftLines.ts": "its rules are calls",
  "lax/incompleteGammaMath.ts": "functions are destructured",
  "lax/logaddexp.ts": "defjvp is a statement",
  "lax/precision.ts": "static members",
  "nn/activations.ts": "defjvp is a statement",
  "numpy/floatParts.ts": "defjvp is a statement",
  "numpy/grids.ts": "a regular expression is put together",
  "numpy/linalg/decompositions.ts": "functions are destructured",
  "numpy/linalg/determinants.ts": "defjvp is a statement",
  "numpy/linalg/eigenvalues.ts": "functions are destructured",
  "numpy/linalg/solving.ts": "functions are destructured",
  "numpy/reductions.ts": "every page has its methods",
  "optim/adamRelatives.ts": "lists of names are spread",
  "optim/losses/classification.ts": "defjvp is a statement",
  "optim/masked.ts": "registers a class",
  "optim/paramsPlaceholder.ts": "registers a class",
  "profiler/annotations.ts": "defines a method by its symbol",
  "profiler/files.ts": "reads a global",
  "sharding/arrayMethods.ts": "installs methods",
  "transforms/config.ts": "a function is called",
  "transforms/fwdAndBwd.ts": "registers a class",
};

const modules = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith("/index.ts") && !everywhere.test(path))
  .filter((path) => !hasSideEffects(`${root}src/${path}`))
  .map((path) => `${root}src/${path}`);

test("a module that nothing is imported from leaves nothing in a bundle", async () => {
  // Each module is imported as a copy of its own that may have effects; what it imports may not.
  const copy = "?copy";
  const page = `${root}test/size/page.ts`;
  const build = await rolldown({
    input: page,
    cwd: root,
    platform: "browser",
    logLevel: "silent",
    treeshake: { moduleSideEffects: (id) => id === page || id.endsWith(copy) },
    plugins: [
      {
        name: "copies",
        resolveId(id, importer) {
          if (id === page || id.endsWith(copy)) return id;
          return importer?.endsWith(copy) === true
            ? this.resolve(id, importer.slice(0, -copy.length), { skipSelf: true })
            : null;
        },
        load(id) {
          if (id === page) return modules.map((path) => `import "${path}${copy}";`).join("\n");
          if (!id.endsWith(copy)) return null;
          return { code: readFileSync(id.slice(0, -copy.length), "utf8"), moduleType: "ts" };
        },
      },
    ],
  });
  const { output } = await build.generate({ format: "esm" });
  await build.close();
  const kept = Object.entries(output[0].modules)
    .filter(([id, { code }]) => id.endsWith(copy) && code !== null && code.trim() !== "")
    .map(([id]) => id.slice(`${root}src/`.length, -copy.length));
  const imported = ["kernels/complex.ts", "numpy/moreMethods.ts", "tools/all.ts"]; // For their effect, where it is wanted.
  expect(kept.filter((path) => !imported.includes(path) && !(path in known))).toEqual([]);
});
