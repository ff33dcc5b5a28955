import { vi } from "vitest";

/** What a function prints with console.log, line by line. */
export function printed(run: () => unknown): string[] {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((text: unknown) => void lines.push(String(text)));
  try {
    run();
  } finally {
    log.mockRestore();
  }
  return lines;
}

/** The error that a function throws. */
export function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

/** A value, after something was done. */
export function having<T>(_effect: unknown, value: T): T {
  return value;
}
