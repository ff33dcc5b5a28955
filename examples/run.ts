// `npm run example NAME` runs examples/NAME.ts; without a name it lists them.

import { readdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const helpers = ["literate.ts", "run.ts", "script.ts"];
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && !helpers.includes(file))
  .map((file) => file.slice(0, -".ts".length));
const [name] = process.argv.slice(2);

if (name !== undefined && names.includes(name)) {
  process.stdout.on("error", () => {}); // a reader that stops early, as `head` does
  process.argv[1] = `${folder}${name}.ts`;
  await import(pathToFileURL(process.argv[1]).href);
} else {
  if (name !== undefined) console.error(`There is no example ${JSON.stringify(name)}.`);
  console.error(`npm run example <name>, one of: ${names.join(", ")}`);
  process.exitCode = 2;
}
