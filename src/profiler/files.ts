/** Files of Node, reached through the global object so that bundlers for the browser see no Node module. */
type Files = {
  mkdirSync(path: string, options: { recursive: true }): void;
  writeFileSync(path: string, data: string | Uint8Array): void;
};
type Path = { join(...parts: string[]): string };
const host = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
const nodeModule = <T>(name: string): T | undefined => host?.getBuiltinModule?.(name) as T | undefined;

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
