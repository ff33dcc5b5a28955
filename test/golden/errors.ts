// Comparing errors with those that JAX raises: the class, and the facts that the message must give.

import { expect } from "vitest";
import type { Raises } from "./cases.ts";

/** Part of a message, or several spellings of it. */
export type Fact = string | RegExp;

/** The names of an error and of the classes that it extends. */
export function classNames(error: unknown): string[] {
  const found = error instanceof Error ? [error.name] : [];
  for (let at = error; at !== null && at !== undefined; at = Object.getPrototypeOf(at)) {
    found.push((at as object).constructor?.name ?? "");
  }
  return [...new Set(found)].filter((name) => name !== "" && name !== "Object");
}

/** A shape in a message, as Python or as JavaScript prints it. */
export function shapeText(...shape: number[]): RegExp {
  const python = shape.length === 1 ? `\\(${shape[0]},?\\)` : `\\(${shape.join(", ?")}\\)`;
  return new RegExp(`${python}|\\[${shape.join(", ?")}\\]`);
}

/** Checks that `run` throws an error of the class that JAX raises, and that the message gives the facts. */
export function expectError(run: () => unknown, { raises, message }: Raises, facts: Fact[] = []): void {
  let error: unknown;
  let result: unknown;
  try {
    result = run();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined)
    throw new Error(`no error was raised, the result was ${result}; JAX: ${raises}: ${message}`);
  const text = error instanceof Error ? error.message : String(error);
  expect(classNames(error), `"${text}" should be a ${raises} (JAX: ${message})`).toContain(raises);
  expect(text.length, "length of the message").toBeGreaterThan(0);
  for (const fact of facts) expect(text).toMatch(fact);
}
