import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { browserOnlyPath } from "./test/support/nodeOnly.ts";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Tests import the package by its public names, resolved to the sources. */
export const alias = [
  { find: /^fluxion$/, replacement: source("index.ts") },
  { find: /^fluxion\/(.+)$/, replacement: source("$1/index.ts") },
];

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, `test/${browserOnlyPath}**`],
    pool: "forks",
    // By default vitest leaves a core free: on two cores, half of the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The files of a process share the library: loading it anew takes longer than most of them run.
    isolate: false,
    // Leak tests collect garbage explicitly.
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    typecheck: { enabled: false },
  },
});
