import { bestJavaScript, summarize, versusJax } from "./compare.ts";
import { formatTime, threeDigits } from "./format.ts";
import type { Outcome } from "./measure.ts";
import type { RowResult } from "./results.ts";

const titleWidth = 44;
const width = 17;
const ratioWidth = 8;

/** The median and half the distance of the quartiles, starred if measured with fewer threads than the row's; or why there is none. */
function formatOutcome(outcome: Outcome | undefined, { unit, threads }: RowResult): string {
  if (outcome === undefined || outcome.kind === "missing") return "-";
  if (outcome.kind === "wrong") return "wrong";
  if (outcome.kind === "failed") return "failed";
  const shown = formatTime(outcome.median, unit);
  const star = outcome.threads < threads ? "*" : "";
  if (outcome.samples === 1) return `${shown} once${star}`;
  const [low, high] = outcome.quartiles;
  return `${shown} ±${Math.round((50 * (high - low)) / outcome.median)}%${star}`;
}

export function heading(title: string, threads: number, peers: readonly string[]): string {
  const label = `${title}, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
  const columns = peers.map((name) => name.padStart(width)).join("");
  return `\n${label.padEnd(titleWidth)}${columns}${"best JS".padStart(ratioWidth)}${"JAX".padStart(ratioWidth)}`;
}

export function line(row: RowResult, peers: readonly string[]): string {
  const columns = peers.map((name) => formatOutcome(row.outcomes[name], row).padStart(width));
  const ratios = [bestJavaScript(row), versusJax(row)].map((r) =>
    (r === null ? "-" : threeDigits(r.value)).padStart(ratioWidth),
  );
  return `${row.title.padEnd(titleWidth)}${columns.join("")}${ratios.join("")}`;
}

/** Geometric means, the rows lost, and everything that went wrong. */
export function summary(rows: readonly RowResult[]): string {
  const lines = ["", "Ratios are the peer's median time over Fluxion's: above 1, Fluxion is faster."];
  const starred = (row: RowResult) =>
    Object.values(row.outcomes).some((o) => o.kind === "timed" && o.threads < row.threads);
  if (rows.some(starred)) lines.push("* with fewer threads: the peer has none, or is slower with them.");
  for (const threads of [...new Set(rows.map((r) => r.threads))]) {
    const these = rows.filter((r) => r.threads === threads);
    for (const [name, ratio] of [
      ["the best JavaScript peer", bestJavaScript],
      ["JAX", versusJax],
    ] as const) {
      const { ratios, mean, losses } = summarize(these, ratio);
      if (mean === null) continue;
      const label = threads === 1 ? "1 thread" : `${threads} threads`;
      lines.push(
        "",
        `${label}, against ${name}: geometric mean ${threeDigits(mean)} over ${ratios.length} rows, ${losses.length} behind.`,
        ...losses.map(({ row, peer, value }) => `  behind ${peer}: ${row.id} (${threeDigits(value)})`),
      );
    }
  }
  const faults = rows.flatMap((row) =>
    Object.entries(row.outcomes).flatMap(([name, o]) =>
      o.kind === "failed"
        ? [`  ${name} failed on ${row.id}: ${o.message}`]
        : o.kind === "wrong"
          ? [`  ${name} is wrong on ${row.id}: error ${o.error.toExponential(1)}`]
          : [],
    ),
  );
  return [...lines, ...(faults.length > 0 ? ["", "Not timed:", ...new Set(faults)] : [])].join("\n");
}
