// package.json lists the modules that do something on import; the others are nothing but definitions, so that bundlers drop what is not used.

import { readdirSync, readFileSync } from "node:fs";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { hasSideEffects, root } from "./bundle.ts";

/** Folders that every page needs nearly whole. */
const everywhere = /^(backends|compiler|core|dtypes|tree)\//;

const modules = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith("/index.ts") && !everywhere.test(path))
  .filter((path) => !hasSideEffects(`${root}src/${path}`))
  .map((path) => `${root}src/${path}`);

test("nine in ten modules leave nothing in a bundle of a page that imports nothing from them", async () => {
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
  // The others keep a part that a page does not use beside one that it uses: rules attached by a statement, classes that are registered.
  expect(kept.length, `left something: ${kept.join(", ")}`).toBeLessThan(modules.length / 10);
});
