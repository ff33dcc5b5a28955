import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { configDefaults, defineConfig } from "vitest/config";
import { chromiumFlags, chromiumMissing, findChromium } from "./test/support/chromium.ts";
import { nodeOnlyPaths } from "./test/support/nodeOnly.ts";
import { alias } from "./vitest.config.ts";

const executablePath = findChromium();
if (executablePath === null) throw new Error(chromiumMissing);

/** The tests of the library in Chromium: all that need no Node. */
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
      provider: playwright({ launchOptions: { executablePath, args: chromiumFlags } }),
      instances: [{ browser: "chromium" }],
    },
  },
});
