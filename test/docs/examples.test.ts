// Runs every example of the documentation. The conventions are described in extract.ts.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import * as fluxion from "fluxion";
import { afterAll, describe, expect, test } from "vitest";
import { classNames } from "../golden/errors.ts";
import { checkingCode, type Example, examplesOf, sourceFiles } from "./extract.ts";

/** Folders whose functions the examples call as `jnp.sum`. */
const namespaces = new Set(["numpy", "lax", "nn", "optim", "random", "tree"]);
/** Names of exports that cannot be variables. */
const reserved = new Set([
  "default",
  "delete",
  "static",
  "var",
  "switch",
  "typeof",
  "while",
  "if",
  "in",
  "is",
]);
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fluxion-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A value as the examples write it. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[Function ${value.name}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof fluxion.NDArray) return inspect(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name} [${Array.from(value as Float32Array, show).join(", ")}]`;
  }
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Map)
    return `Map { ${[...value].map(([k, v]) => `${show(k)} => ${show(v)}`).join(", ")} }`;
  const { toString } = value as { toString?: unknown };
  if (typeof toString === "function" && toString !== Object.prototype.toString) return String(value);
  const name =
    value.constructor === Object || value.constructor === undefined ? "" : `${value.constructor.name} `;
  const fields = Object.entries(value).map(
    ([k, v]) => `${/^\w+$/.test(k) ? k : JSON.stringify(k)}: ${show(v)}`,
  );
  return fields.length === 0 ? `${name}{}` : `${name}{ ${fields.join(", ")} }`;
}

/** Without the white space outside strings. */
function squeeze(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : ""));
}

function check(line: number, expected: string, value: unknown): void {
  const shown = show(value);
  if (squeeze(shown) !== squeeze(expected)) expect(shown, `example at line ${line}`).toBe(expected);
}

async function throwsError(line: number, expected: string, run: () => Promise<unknown>): Promise<void> {
  let thrown: unknown;
  try {
    await run();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined)
    throw new Error(`example at line ${line}: no error was raised, expected ${expected}`);
  const [, name, message] = /^(\w+):? ?(.*)$/s.exec(expected) as RegExpExecArray;
  expect(classNames(thrown)).toContain(name);
  expect((thrown as Error).message.startsWith(message as string), (thrown as Error).message).toBe(true);
}

async function exportsOf(file: string): Promise<object> {
  return existsSync(file) ? await import(/* @vite-ignore */ pathToFileURL(file).href) : {};
}

/** A module with one function for each example of a file. */
function moduleOf(examples: readonly Example[], names: readonly string[]): string {
  const scope = `const { ${names.join(", ")} } = scope;`;
  const body = (e: Example) =>
    `export async function line${e.line}(scope: any, check: any, throwsError: any) {\n${scope}\n{\n${checkingCode(e)}\n}\n}`;
  return examples.map(body).join("\n\n");
}

type Run = (scope: object, checker: typeof check, thrower: typeof throwsError) => Promise<void>;

for (const file of sourceFiles(join(root, "src"))) {
  const examples = examplesOf(file);
  if (examples.length === 0) continue;
  const name = relative(root, file);
  describe(name, async () => {
    const scope: Record<string, unknown> = {
      ...fluxion,
      ...(namespaces.has(name.split("/")[1] as string)
        ? {}
        : await exportsOf(join(dirname(file), "index.ts"))),
      ...(await exportsOf(file)),
    };
    const names = Object.keys(scope).filter((key) => !reserved.has(key));
    const path = join(folder, `${name.replace(/\W/g, "_")}.ts`);
    writeFileSync(path, moduleOf(examples, names));
    let module: Record<string, Run> | undefined;
    let failure: unknown;
    try {
      module = await import(/* @vite-ignore */ pathToFileURL(path).href);
    } catch (error) {
      failure = error;
    }
    test.each(examples.map((e) => [`line ${e.line}`, e] as const))("%s", async (_line, e) => {
      if (module === undefined) throw failure;
      const { config, jnp } = fluxion;
      const options = jnp.getPrintoptions();
      try {
        await (module[`line${e.line}`] as Run)(scope, check, throwsError);
      } finally {
        jnp.setPrintoptions(options);
        config.update("debugNans", false);
        config.update("checkPurity", "off");
      }
    });
  });
}
