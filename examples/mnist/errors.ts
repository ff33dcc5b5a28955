/** A command line that cannot be understood: one line for the user, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A file that is missing, damaged or does not fit: one line for the user, exit code 1. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** A training run that cannot go on: one line for the user, exit code 1. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
}

/** What the operating system said about a file, without its stack. */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file or folder";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOTDIR" || code === "EEXIST") return "a file is in the way of the folder";
  if (code === "EISDIR") return "it is a folder";
  if (code === "ENOSPC") return "the disk is full";
  return code ?? message;
}
