import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { mnistFiles } from "./mnistFiles.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** All that the page may do. WebAssembly needs `wasm-unsafe-eval`. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** What a host sends so that threads may share memory. The page works without, on one thread. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The development server puts scripts and styles into the page itself, so only what is built is strict. */
function strictPolicy(): Plugin {
  return {
    name: "strict-policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: policy },
        injectTo: "head-prepend",
      },
    ],
  };
}

export default defineConfig(({ command }) => ({
  root: path("."),
  // Addresses are relative: the folder works at any address of any static host.
  base: "./",
  publicDir: false,
  server: { fs: { allow: [path("../..")] }, headers: isolation },
  plugins: [mnistFiles(), strictPolicy()],
  resolve: {
    // The server works on the sources; what is built contains the package as it is published.
    alias: [
      {
        find: /^fluxion$/,
        replacement: path(command === "serve" ? "../../src/index.ts" : "../../dist/index.js"),
      },
    ],
  },
  worker: { format: "es", plugins: () => [] },
  build: {
    target: "es2022",
    outDir: path("../../out/web"),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
}));
