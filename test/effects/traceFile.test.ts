// Files of the profiler, in Node.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jit, jnp, type NDArray, profiler } from "fluxion";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "fluxion-profile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a trace is written to the folder", () => {
  const trace = profiler.trace(folder, () => jit((x: NDArray) => x.mul(2), { name: "doubled" })(jnp.ones(3)));
  expect(trace.file).toMatch(/plugins.profile.*fluxion\.trace\.json$/);
  const { traceEvents } = JSON.parse(readFileSync(trace.file as string, "utf8"));
  expect(traceEvents.filter((event: { name: string }) => event.name === "doubled")).toHaveLength(1);
});

test("so is the profile of the memory", () => {
  const file = join(folder, "memory.prof");
  profiler.saveDeviceMemoryProfile(file);
  expect([...readFileSync(file).subarray(0, 2)]).toEqual([10, 4]);
});
