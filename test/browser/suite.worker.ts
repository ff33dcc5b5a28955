// Runs the tests of one file in a Web Worker and posts what became of them.

/// <reference types="vite/types/importMeta.d.ts" />

import { format } from "@vitest/pretty-format";
import { type File, startTests, type VitestRunner } from "@vitest/runner";
import { getNames, getTests } from "@vitest/runner/utils";
import { expect } from "vitest";

/** What became of a file of tests. */
export interface Report {
  passed: number;
  /** Each with its name and the error. */
  failures: string[];
}

const files = import.meta.glob(["../**/*.test.ts", "!../browser/**"]);

const runner: VitestRunner = {
  config: {
    root: "/",
    name: undefined,
    setupFiles: [],
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 60_000,
    hookTimeout: 10_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
  importFile: (path) => files[path](),
};

/** The matcher of Vitest asks its server about the file of the test; this one compares with what the test says. */
function installInlineSnapshots(): void {
  expect.extend({
    toMatchInlineSnapshot(received: unknown, expected: string) {
      const lines = expected.split("\n");
      const indent = /^ */.exec(lines[1] ?? "")?.[0].length ?? 0;
      const inner = lines.slice(1, -1).map((line) => line.slice(indent));
      const text = lines.length === 1 ? expected : inner.join("\n");
      const shown = format(received, { escapeString: false, printBasicPrototype: false });
      return { pass: shown === text, message: () => `expected:\n${text}\nreceived:\n${shown}` };
    },
  });
}

function report(file: File): Report {
  const tests = getTests(file);
  const broken = file.result?.errors?.map((error) => `${error.stack ?? error.message}`) ?? [];
  const failures = tests
    .filter((test) => test.result?.state === "fail")
    .map((test) => `${getNames(test).slice(1).join(" > ")}: ${test.result?.errors?.[0]?.stack}`);
  return {
    passed: tests.filter((test) => test.result?.state === "pass").length,
    failures: [...broken, ...failures],
  };
}

addEventListener("message", async ({ data }: MessageEvent<string>) => {
  installInlineSnapshots();
  expect.setState({ testPath: data });
  const [file] = await startTests([data], runner);
  postMessage(report(file));
});
