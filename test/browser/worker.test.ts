// The tests that run on the page's main thread run once more in Web Workers.

/// <reference types="vite/types/importMeta.d.ts" />

import { afterAll, expect, test } from "vitest";
import { nodeOnlyPaths } from "../support/nodeOnly.ts";
import type { Report } from "./suite.worker.ts";

const files = Object.keys(import.meta.glob(["../**/*.test.ts", "!./**"]));
const excluded = nodeOnlyPaths.map((path) => `../${path}`);
/** The long tests of the compiler and of generated code: the engine runs the same bytes in a worker as on the page, where they have run. */
const sameInWorkers = ["../backends/wasm/kernels/", "../backends/codegen", "../compiler/", "../fuzz/"];
const skipped = [...excluded, ...sameInWorkers];
const run = files.filter((file) => !skipped.some((path) => file.startsWith(path)));

/** A worker runs so many files before another takes its place: most of the time of a file goes into loading the library. */
const filesPerWorker = 48;
interface Used {
  readonly worker: Worker;
  files: number;
}
const idle: Used[] = [];

async function runInWorker(file: string): Promise<Report> {
  const used = idle.pop() ?? {
    worker: new Worker(new URL("./suite.worker.ts", import.meta.url), { type: "module" }),
    files: 0,
  };
  const { worker } = used;
  let lives = false;
  try {
    const report = await new Promise<Report>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Report>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(`the worker stopped: ${message}`));
      worker.postMessage(file);
    });
    lives = ++used.files < filesPerWorker;
    return report;
  } finally {
    if (lives) idle.push(used);
    else worker.terminate();
  }
}

afterAll(() => {
  for (const { worker } of idle.splice(0)) worker.terminate();
});

test.concurrent.each(run.map((file) => [file.slice("../".length), file]))("%s", async (_name, file) => {
  const { passed, failures } = await runInWorker(file);
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
  expect(passed).toBeGreaterThan(0);
});
