import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { configDefaults, defineConfig } from "vitest/config";
import { chromiumFlags, chromiumMissing, findChromium } from "./test/support/chromium.ts";
import { nodeOnlyPaths } from "./test/support/nodeOnly.ts";
import { alias } from "./vitest.config.ts";

const executablePath = findChromium();
if (executablePath === null) throw new Error(chromiumMissing);

/** What a host sends for a page that may share memory between threads. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** A page without these headers, where everything runs on one thread, and one with them. */
const pages = [
  { name: "one thread", headers: {}, isolated: false },
  { name: "threads", headers: isolation, isolated: true },
];

/** The tests of the library in Chromium: all that need no Node, on both kinds of pages. */
export default defineConfig({
  resolve: {
    alias: [
      ...alias,
      {
        find: "node:util",
        replacement: fileURLToPath(new URL("./test/support/browserUtil.ts", import.meta.url)),
      },
    ],
  },
  // What Vite would otherwise find while tests run, and reload the page for.
  optimizeDeps: { include: ["@vitest/pretty-format", "fast-check"] },
  test: {
    projects: pages.map(({ name, headers, isolated }) => ({
      extends: true as const,
      server: { headers },
      test: {
        name,
        provide: { isolated },
        include: ["test/**/*.test.ts"],
        exclude: [
          ...configDefaults.exclude,
          ...nodeOnlyPaths.map((path) => `test/${path.endsWith("/") ? `${path}**` : path}`),
        ],
        testTimeout: 60_000,
        maxConcurrency: 2,
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          // Most of the time of a file would go into loading the library anew.
          isolate: false,
          provider: playwright({ launchOptions: { executablePath, args: chromiumFlags } }),
          instances: [{ browser: "chromium" as const }],
        },
      },
    })),
  },
});

declare module "vitest" {
  export interface ProvidedContext {
    /** Whether the page is cross-origin isolated. */
    isolated: boolean;
  }
}
