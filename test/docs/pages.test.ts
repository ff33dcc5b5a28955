// Runs the pages whose blocks of code continue each other: what each block prints is the block of text below it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { format } from "node:util";
import { config } from "fluxion";
import { afterAll, afterEach, expect, test, vi } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "fluxion-pages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { debugWriter, numCpuDevices } = config;
afterEach(() => {
  config.update("debugWriter", debugWriter);
  config.update("numCpuDevices", numCpuDevices);
});

test.each(["inside", "debugging", "for-jax-users", "for-tfjs-users"])(
  "docs/%s.md shows what its program prints",
  async (name) => {
    const page = readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), "utf8");
    const steps = [...page.matchAll(/```ts\n([\s\S]*?)```\s*```text\n([\s\S]*?)```/g)];
    expect(steps.length).toBeGreaterThan(3);
    const printed: string[][] = steps.map(() => []);
    let present = -1;
    const log = vi.spyOn(console, "log").mockImplementation((...args: unknown[]) => {
      if (args[0] === "next step") present++;
      else printed[present].push(format(...args));
    });
    try {
      const file = join(folder, `${name}.ts`);
      writeFileSync(file, steps.map(([, code]) => `${code}console.log("next step");\n`).join(""));
      present = 0;
      await import(/* @vite-ignore */ pathToFileURL(file).href);
    } finally {
      log.mockRestore();
    }
    steps.forEach(([, , expected], i) => expect(`${printed[i].join("\n")}\n`).toBe(expected));
  },
);
