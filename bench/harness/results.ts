import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import type { Row } from "../rows/row.ts";
import type { Outcome } from "./measure.ts";

/** One row with so many threads: what became of every peer. */
export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  readonly unit: Row["unit"];
  readonly threads: number;
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export interface Results {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly effort: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly RowResult[];
}

export const describeMachine = (): string => {
  const cores = cpus();
  return `${cores.length} x ${cores[0]?.model.trim() ?? "unknown processor"}`;
};

export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

/** Results of several runs, such as one per group, as one: rows of all, in order; the rest from the last. */
export function joinResults(runs: readonly Results[]): Results {
  const versions = Object.assign({}, ...runs.map((run) => run.versions)) as Results["versions"];
  return { ...runs[runs.length - 1], versions, rows: runs.flatMap((run) => run.rows) };
}

/** @throws SyntaxError if a file is not JSON. */
export const readResults = (files: readonly string[]): Results =>
  joinResults(files.map((file) => JSON.parse(readFileSync(file, "utf8")) as Results));
