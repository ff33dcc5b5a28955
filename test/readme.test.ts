// Runs the README's programs: what each console.log prints is the comment behind it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { format } from "node:util";
import { afterAll, expect, test, vi } from "vitest";

const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code as string);
const folder = mkdtempSync(join(tmpdir(), "fluxion-readme-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the README has programs", () => {
  expect(programs.length).toBeGreaterThan(3);
});

test.each(programs.map((code, i) => ({ code, i })))("program $i", async ({ code, i }) => {
  const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  expect(expected.length).toBeGreaterThan(0);
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...args: unknown[]) => {
    printed.push(format(...args));
  });
  try {
    const file = join(folder, `program${i}.ts`);
    writeFileSync(file, code);
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    log.mockRestore();
  }
  expect(printed).toEqual(expected);
});
