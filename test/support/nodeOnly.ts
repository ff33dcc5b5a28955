/** Tests that only Node can run: folders and files below test/, and why. */
const nodeOnly: Readonly<Record<string, string>> = {
  "bench/": "the harness works with files and processes",
  "docs/": "read the sources and run examples from disk",
  "examples/": "command line programs: files, child processes, signals",
  "memory/": "measure the resident memory of processes",
  "effects/traceFile.test.ts": "writes files",
  "numpy/ioFiles.test.ts": "writes files",
  "package.test.ts": "builds the package and imports it in processes",
  "size/": "bundles pages and runs them in processes",
  "readme.test.ts": "reads the README and runs its programs from disk",
  "web/": "build a page and drive a browser from outside",
  "backends/wasm/threads/process.test.ts": "starts processes and watches how they end",
  "backends/wasm/memory/deviceMemory.test.ts": "measures the resident memory of the process",
};

/** Paths below test/, as folders with a slash at their end or files. */
export const nodeOnlyPaths = Object.keys(nodeOnly);

/** Runs the others once more in workers. */
export const browserOnlyPath = "browser/";
