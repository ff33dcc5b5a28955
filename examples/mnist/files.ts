import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { FileError, systemReason } from "./errors.ts";

/**
 * Writes a file so that a failure at any moment leaves either the old one or the new one, whole: the bytes go to a file beside it, which then
 * takes its name.
 */
export function writeAtomically(file: string, content: string | Uint8Array): void {
  const part = `${file}.${process.pid}.part`;
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  try {
    const handle = openSync(part, "w");
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw new FileError(`cannot write ${file}: ${systemReason(error)}`);
  }
}

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new FileError(`cannot make the folder ${folder}: ${systemReason(error)}`);
  }
}
