import { peerIsJavaScript } from "../peers/registry.ts";
import type { RowResult } from "./results.ts";
import { geometricMean } from "./statistics.ts";

export const ours = "fluxion";

/** The fastest of some peers on a row, Fluxion excepted; null if none has a time. */
function fastest(row: RowResult, among: (name: string) => boolean): { name: string; median: number } | null {
  let best: { name: string; median: number } | null = null;
  for (const [name, outcome] of Object.entries(row.outcomes)) {
    if (name === ours || !among(name) || outcome.kind !== "timed") continue;
    if (best === null || outcome.median < best.median) best = { name, median: outcome.median };
  }
  return best;
}

/** A peer's time over ours: above 1, Fluxion is faster. */
export interface Ratio {
  readonly row: RowResult;
  readonly peer: string;
  readonly value: number;
}

export function ratioTo(row: RowResult, among: (name: string) => boolean): Ratio | null {
  const mine = row.outcomes[ours];
  const best = fastest(row, among);
  if (mine?.kind !== "timed" || best === null) return null;
  return { row, peer: best.name, value: best.median / mine.median };
}

export const bestJavaScript = (row: RowResult): Ratio | null => ratioTo(row, peerIsJavaScript);
export const versusJax = (row: RowResult): Ratio | null => ratioTo(row, (name) => name === "jax");

/** Ratios of the rows that have one, their geometric mean, and the rows that Fluxion loses. */
export function summarize(rows: readonly RowResult[], ratio: (row: RowResult) => Ratio | null) {
  const ratios = rows.map(ratio).filter((r) => r !== null);
  const mean = ratios.length === 0 ? null : geometricMean(ratios.map(({ value }) => value));
  return { ratios, mean, losses: ratios.filter(({ value }) => value < 1) };
}
