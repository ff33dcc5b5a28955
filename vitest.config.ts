import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests import the package by its public names, resolved to the sources.
    alias: [
      { find: /^fluxion$/, replacement: source("index.ts") },
      { find: /^fluxion\/(.+)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // Leak tests collect garbage explicitly.
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
    typecheck: { enabled: false },
  },
});
