import { cpSync } from "node:fs";
import { defineConfig } from "rolldown";
import manifest from "./package.json" with { type: "json" };

const entries = Object.values(manifest.exports).flatMap((entry) =>
  typeof entry === "string" ? [] : [entry.default.replace("./dist/", "").replace(/\.js$/, "")],
);

/**
 * The package for Node in one file that the entries share, made of what `tsc` wrote. Node opens and links every module by itself, and
 * for three hundred that takes five times as long as for one. Bundlers for the web get the modules, to leave out what a page does not use.
 */
export default defineConfig({
  input: Object.fromEntries(entries.map((entry) => [entry, `dist/${entry}.js`])),
  platform: "node",
  // Node has all of it; what `sideEffects` of package.json says is for bundlers.
  treeshake: { moduleSideEffects: () => true },
  output: {
    dir: "dist/node",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    codeSplitting: { groups: [{ name: "fluxion" }] },
  },
  plugins: [
    {
      name: "worker beside the module that starts it",
      writeBundle: () => cpSync("dist/backends/wasm/threads/poolWorker.js", "dist/node/poolWorker.js"),
    },
  ],
});
