// Tables of mistakes: each must raise the class that JAX raises, with a message that gives the facts.

import { expect, test } from "vitest";
import { classNames } from "../golden/errors.ts";

/** What is done, how, the class of the error, and what its message must say. */
export type Mistake = [name: string, run: () => unknown, raises: string, ...facts: (RegExp | string)[]];

/** One test for each mistake. */
export function mistakes(rows: readonly Mistake[]): void {
  test.each(rows.map((row) => [row[0], row] as const))("%s", (_name, [, run, raises, ...facts]) => {
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      expect(error, "an Error, not a trap").toBeInstanceOf(Error);
      const { message } = error as Error;
      expect(classNames(error), `class of "${message}"`).toContain(raises);
      expect(error instanceof RangeError || error instanceof ReferenceError, message).toBe(false);
      for (const fact of facts) expect(message).toMatch(fact);
      expect(message).not.toMatch(/is not a function|Cannot read propert|is not iterable/);
      return;
    }
    throw new Error(`no error was raised; the result was ${String(result)}`);
  });
}
