// Reading the golden files, and saying what was left out.

import { afterAll } from "vitest";
import { readGolden } from "../support/goldens.ts";

/** A value as the golden files write it; see test/goldens/README.md. */
export type GoldenValue = null | boolean | number | string | GoldenValue[] | { [key: string]: GoldenValue };

export interface GoldenArray {
  dtype: string;
  shape: number[];
  data: (number | boolean | string | (number | string)[])[];
  weak?: boolean;
}

export interface Raises {
  raises: string;
  message: string;
}

export interface CallCase {
  id: string;
  fn: string;
  args: GoldenValue[];
  kwargs?: { [key: string]: GoldenValue };
  factory?: GoldenValue[];
  factoryKwargs?: { [key: string]: GoldenValue };
  expected: GoldenValue;
  rtol: number;
  atol: number;
  fields?: string[];
  note?: string;
  upTo?: string;
}

export interface ProgramCase {
  id: string;
  program: string;
  transform: string;
  inputs: GoldenValue[];
  expected: GoldenValue;
  rtol: number;
  atol: number;
  note?: string;
}

export interface JaxprCase {
  id: string;
  python: string;
  args: GoldenValue[];
  expected: string;
}

/** The cases of `test/goldens/<name>.json`. */
export async function readCases<T>(name: string): Promise<T[]> {
  return (await readGolden<{ cases: T[] }>(name)).cases;
}

export function isGoldenArray(value: unknown): value is GoldenArray {
  return (
    typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value
  );
}

export function isRaises(value: unknown): value is Raises {
  return typeof value === "object" && value !== null && "raises" in value;
}

/** Splits cases into those to run and those left out, and prints the count per reason after the run. */
export function partition<T extends { id: string }>(
  title: string,
  cases: T[],
  whyExcluded: (golden: T) => string | undefined,
): T[] {
  const counts = new Map<string, number>();
  const run = cases.filter((golden) => {
    const reason = whyExcluded(golden);
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return reason === undefined;
  });
  afterAll(() => {
    const lines = [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `  ${count} x ${reason}`);
    console.info([`${title}: ${run.length} of ${cases.length} cases run`, ...lines].join("\n"));
  });
  return run;
}
