/** Files of Node, reached through the global object so that bundlers for the browser see no Node module. */
interface Files {
  readFileSync(path: string): Uint8Array;
  writeFileSync(path: string, data: string | Uint8Array): void;
}
const host = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;

/** A module of Node, or undefined elsewhere. */
export const nodeModule = <T>(name: string): T | undefined => host?.getBuiltinModule?.(name) as T | undefined;

/** The files of the host, or null in browsers. */
export const hostFiles = (): Files | null => nodeModule<Files>("node:fs") ?? null;
