import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Report } from "./scenarios.ts";

// Nothing leaks, whether a program yields to the event loop or not. Each program runs in a process of its own; resident memory is
// measured five times, and counts as flat when it grows by less than `growth` MiB between the second measurement and the last.

interface Expectation {
  readonly rounds: number;
  /** MiB between two fifths of the way and the end; default 60. */
  readonly growth?: number;
  /** MiB of the process, at most. */
  readonly rss: number;
  /** MiB of arrays on the device, at most; default 257: the soft limit, and one array that was just made. */
  readonly resident?: number;
  readonly values: (v: Readonly<Record<string, number>>) => void;
}

const learnt = (v: Readonly<Record<string, number>>): void => {
  expect(v.finite).toBe(1);
  // From 19 at the start. Adam oscillates at its learning rate, differently with every last digit.
  expect(v.loss).toBeLessThan(1e-2);
};

const programs: Record<string, Expectation> = {
  // Without finalizers arrays are moved off the device once there are 8,192 of them.
  "training without yielding": { rounds: 10_000, rss: 320, resident: 16, values: learnt },
  "training with donation": { rounds: 10_000, rss: 280, growth: 30, resident: 1, values: learnt },
  "training with awaits": { rounds: 10_000, rss: 340, resident: 16, values: learnt },
  "training with turns of the event loop": { rounds: 10_000, rss: 340, resident: 16, values: learnt },
  "eager operations on a megabyte": {
    rounds: 10_000,
    rss: 1100,
    growth: 150,
    values: (v) => expect(v).toEqual({ last: 10_000, kept: 1001 }),
  },
  "arrays made from typed arrays": {
    rounds: 5_000,
    rss: 1100,
    growth: 150,
    values: (v) => expect(v.total).toBe(5e8),
  },
  // The caches of compiled programs are bounded: they were full, and emptied, before the second measurement.
  "shapes that never repeat": { rounds: 4_000, rss: 500, values: (v) => expect(v.total).toBe(4_000) },
  "a jitted function of shapes that never repeat": {
    rounds: 4_000,
    rss: 450,
    values: (v) => expect(v.total).toBe(4_000),
  },
  "closures that are differentiated and mapped": {
    rounds: 2_000,
    rss: 300,
    values: (v) =>
      expect(v.total).toBe(Array.from({ length: 2_000 }, (_, i) => (i % 7) + 1).reduce((a, b) => a + b)),
  },
  "closures that are jitted": { rounds: 2_000, rss: 350, values: (v) => expect(v.total).toBeCloseTo(0) },
};

function run(name: string, rounds: number): Promise<Report> {
  const script = fileURLToPath(new URL("./scenarios.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--expose-gc", "--import", "tsx", script, name, String(rounds)],
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as Report);
        else reject(new Error(`${error.message}\n${stderr}`));
      },
    );
  });
}

describe("nothing leaks", () => {
  test.each(Object.entries(programs))("%s", async (name, expected) => {
    const report = await run(name, expected.rounds);
    expected.values(report.values);
    const text = JSON.stringify(report);
    expect(report.resident, text).toBeLessThanOrEqual(expected.resident ?? 257);
    expect(Math.max(...report.rss), text).toBeLessThan(expected.rss);
    expect(report.rss[4] - report.rss[1], text).toBeLessThan(expected.growth ?? 60);
  });
});
