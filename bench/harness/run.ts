import { peerCommands } from "../peers/registry.ts";
import type { Group, Row } from "../rows/row.ts";
import { ours } from "./compare.ts";
import { type Effort, measureRow, type Outcome, tooLong } from "./measure.ts";
import type { PeerProcess } from "./peerProcess.ts";
import type { RowResult } from "./results.ts";
import { Team } from "./team.ts";
import { Workspace } from "./workspace.ts";

export interface Plan {
  readonly groups: readonly Group[];
  readonly threads: readonly number[];
  readonly peers: readonly string[];
  readonly effort: Effort;
}

/** Hears of everything as it happens. */
export interface Reporter {
  group(group: Group, threads: number): void;
  row(result: RowResult): void;
  started(process: PeerProcess): void;
}

/** Measures all rows, group by group: fresh processes for each group and number of threads. */
export async function run(
  { groups, threads, peers, effort }: Plan,
  reporter: Reporter,
): Promise<RowResult[]> {
  const results: RowResult[] = [];
  for (const group of groups) {
    const workspace = new Workspace();
    try {
      for (const count of threads) {
        const team = new Team(peerCommands(peers, count));
        reporter.group(group, count);
        try {
          for (const row of group.rows) {
            const known = (peer: string) => results.findLast((r) => r.id === row.id)?.outcomes[peer];
            const outcomes = await measureWith(team, count, row, workspace, effort, known, reporter);
            const { id, title, unit } = row;
            results.push({ id, title, unit, group: group.id, threads: count, outcomes });
            reporter.row(results[results.length - 1]);
          }
        } finally {
          team.stop();
        }
      }
    } finally {
      workspace.remove();
    }
  }
  return results;
}

/** What becomes of every peer on a row, given what is `known` of it with fewer threads. */
async function measureWith(
  team: Team,
  threads: number,
  row: Row,
  workspace: Workspace,
  effort: Effort,
  known: (peer: string) => Outcome | undefined,
  reporter: Reporter,
): Promise<Record<string, Outcome>> {
  const processes = await team.ready();
  for (const process of processes) reporter.started(process);
  const measured = processes.filter((process) => needed(process, known(process.peer.name), threads, effort));
  const outcomes = await measureRow(row, measured, workspace, effort);
  for (const { peer } of processes) {
    const best = fastestSetting(peer.name, known(peer.name), outcomes.get(peer.name));
    if (best !== undefined) outcomes.set(peer.name, best);
  }
  return Object.fromEntries([...outcomes, ...team.failures]);
}

/** Whether a peer, known with fewer threads perhaps, has to be measured with so many: not if it has none, or takes too long. */
function needed(
  { hello }: PeerProcess,
  known: Outcome | undefined,
  threads: number,
  effort: Effort,
): boolean {
  if (known === undefined) return true;
  return hello.threads >= threads && !(known.kind === "timed" && known.median > tooLong(effort));
}

/** A peer without threads, or slower with them, is as fast as it was with fewer. Ours has to be measured with what was asked for. */
function fastestSetting(peer: string, before: Outcome | undefined, now: Outcome | undefined) {
  if (now === undefined) return before;
  if (peer === ours || before?.kind !== "timed" || now.kind !== "timed") return now;
  return before.median < now.median ? before : now;
}
