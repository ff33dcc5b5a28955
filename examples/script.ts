import { pathToFileURL } from "node:url";

/** Whether a module is the program that was started, and not one that others import. */
export function isScript(url: string): boolean {
  return process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === url;
}
