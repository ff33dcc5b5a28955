import { config } from "./config.ts";

/** The rungs of the debug ladder: what is reported from which `config.debugLevel` on. */
const levels = { programs: 1, timings: 2, choices: 3, passes: 4, code: 5 } as const;

/** Whether the present level includes a kind of report. Reports are made only if it does. */
export function reports(kind: keyof typeof levels): boolean {
  return config.debugLevel >= levels[kind] || (kind === "programs" && config.logCompiles);
}

/** Hands a report to `config.debugWriter`. */
export function report(text: string): void {
  config.debugWriter(text);
}
