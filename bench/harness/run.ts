import { peerCommands } from "../peers/registry.ts";
import type { Group } from "../rows/row.ts";
import { type Effort, measureRow, type Outcome } from "./measure.ts";
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
        try {
          reporter.group(group, count);
          for (const row of group.rows) {
            const processes = await team.ready();
            for (const process of processes) reporter.started(process);
            const known = (name: string) => outcomeOf(results, row.id, name);
            const measured = processes.filter(
              ({ peer, hello }) => hello.threads >= count || !known(peer.name),
            );
            const outcomes = await measureRow(row, measured, workspace, effort);
            // A peer without threads is as fast as it was with one.
            for (const { peer } of processes) {
              const before = known(peer.name);
              if (!outcomes.has(peer.name) && before !== undefined) outcomes.set(peer.name, before);
            }
            const { id, title, unit } = row;
            const all = Object.fromEntries([...outcomes, ...team.failures]);
            const result = { id, title, unit, group: group.id, threads: count, outcomes: all };
            results.push(result);
            reporter.row(result);
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

const outcomeOf = (results: readonly RowResult[], id: string, peer: string): Outcome | undefined =>
  results.find((r) => r.id === id)?.outcomes[peer];
