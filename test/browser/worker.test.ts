// The tests that run on the page's main thread run once more in a Web Worker each.

/// <reference types="vite/types/importMeta.d.ts" />

import { expect, test } from "vitest";
import { nodeOnlyPaths } from "../support/nodeOnly.ts";
import type { Report } from "./suite.worker.ts";

const files = Object.keys(import.meta.glob(["../**/*.test.ts", "!./**"]));
const excluded = nodeOnlyPaths.map((path) => `../${path}`);
const run = files.filter((file) => !excluded.some((path) => file.startsWith(path)));

function runInWorker(file: string): Promise<Report> {
  const worker = new Worker(new URL("./suite.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Report>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`the worker stopped: ${message}`));
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}

test.concurrent.each(run.map((file) => [file.slice("../".length), file]))("%s", async (_name, file) => {
  const { passed, failures } = await runInWorker(file);
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
  expect(passed).toBeGreaterThan(0);
});
