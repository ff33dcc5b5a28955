// The package as it is published, in Node: built, installed into an empty project, and imported by its name.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fluxion-package-"));
const packaged = join(folder, "node_modules/fluxion");

const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: packaged, encoding: "utf8" });

/** Runs a module in the project and returns what it printed. */
function run(code: string): string {
  const file = join(folder, "main.mjs");
  writeFileSync(file, code);
  return execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
}

beforeAll(() => {
  mkdirSync(packaged, { recursive: true });
  cpSync(join(root, "package.json"), join(packaged, "package.json"));
  const tool = (path: string) => join(root, "node_modules", path);
  node(
    tool("typescript/bin/tsc"),
    "-p",
    join(root, "tsconfig.build.json"),
    "--outDir",
    join(packaged, "dist"),
  );
  // rolldown writes below the folder it runs in.
  symlinkSync(join(root, "node_modules"), join(packaged, "node_modules"));
  node(tool("rolldown/bin/cli.mjs"), "-c", join(root, "rolldown.config.ts"), "--logLevel", "warn");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("Node loads few files, and every entry the same library", () => {
  const out = run(`
    import { jnp, random, lax, nn, optim, tree } from "fluxion";
    const spaces = { numpy: jnp, random, lax, nn, optim, tree };
    for (const [name, space] of Object.entries(spaces)) {
      const own = await import("fluxion/" + name);
      const names = Object.keys(own);
      if (names.length === 0 || names.some((n) => !Object.is(own[n], space[n]))) console.log("differs:", name);
    }
    if (String(jnp.array([2, 1]).sort()) !== "[1. 2.]") console.log("no methods");
    console.log(import.meta.resolve("fluxion").split("/").slice(-3).join("/"));
    console.log(import.meta.resolve("fluxion/numpy").split("/").slice(-4).join("/"));
  `);
  expect(out).toBe("dist/node/index.js\ndist/node/numpy/index.js\n");
});

test("the entries of each condition exist, with types", () => {
  const { exports } = JSON.parse(node("-p", "JSON.stringify(require('./package.json'))"));
  const files = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry as Record<string, string>),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(join(packaged, file)))).toEqual([]);
});

test("large programs find their threads", () => {
  const out = run(`
    import { createRequire } from "node:module";
    const threads = createRequire(import.meta.url)("node:worker_threads");
    const { Worker } = threads;
    const started = [];
    threads.Worker = class extends Worker {
      constructor(...args) {
        super(...args);
        started.push(new Promise((resolve, reject) => this.on("online", resolve).on("error", reject)));
      }
    };
    const { config, jit, jnp } = await import("fluxion");
    config.update("numThreads", 2);
    const x = jnp.ones([600, 600]);
    console.log(jit((x) => x.matmul(x).sum())(x).item());
    // Workers do not keep the process alive.
    const alive = setInterval(() => {}, 1000);
    await Promise.all(started);
    clearInterval(alive);
    console.log(started.length);
  `);
  expect(out).toBe("216000000\n1\n");
});
