import { nodeModule } from "../core/hostFiles.ts";

type Files = {
  mkdirSync(path: string, options: { recursive: true }): void;
  writeFileSync(path: string, data: string | Uint8Array): void;
};
type Path = { join(...parts: string[]): string };

export function hasFiles(): boolean {
  return nodeModule("node:fs") !== undefined;
}

export function makeFolder(...parts: string[]): string {
  const path = (nodeModule<Path>("node:path") as Path).join(...parts);
  (nodeModule<Files>("node:fs") as Files).mkdirSync(path, { recursive: true });
  return path;
}

/** @returns the path of the file */
export function writeFile(folder: string, name: string, data: string | Uint8Array): string {
  const path = (nodeModule<Path>("node:path") as Path).join(folder, name);
  (nodeModule<Files>("node:fs") as Files).writeFileSync(path, data);
  return path;
}
