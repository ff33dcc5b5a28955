import type { Row } from "../rows/row.ts";
import type { PeerProcess } from "./peerProcess.ts";
import { median, quantile } from "./statistics.ts";
import type { Workspace } from "./workspace.ts";

/** How long to measure; seconds. */
export interface Effort {
  /** Length of a sample: as many runs as fill it. */
  readonly sample: number;
  readonly warmUp: number;
  readonly rounds: number;
  /** Time for all samples of a peer whose single runs are longer than a sample, and the fewest samples all the same. */
  readonly budget: number;
  readonly fewest: number;
  /** A peer whose first run takes longer is timed by that run, though it is not warm. */
  readonly patience: number;
}
/** A peer that took longer is not measured again with more threads. */
export const tooLong = ({ patience }: Effort): number => Math.min(longRun, patience);

export const fullEffort: Effort = { sample: 0.2, warmUp: 0.5, rounds: 7, budget: 3, fewest: 3, patience: 60 };
export const quickEffort: Effort = {
  sample: 0.03,
  warmUp: 0.1,
  rounds: 5,
  budget: 0.3,
  fewest: 1,
  patience: 5,
};

/** A run longer than this is timed once; seconds. */
const longRun = 10;

/** What became of one peer on one row. Times in seconds. */
export type Outcome =
  | {
      readonly kind: "timed";
      readonly median: number;
      readonly quartiles: readonly [number, number];
      readonly range: readonly [number, number];
      readonly samples: number;
      readonly runsPerSample: number;
      readonly threads: number;
      /** Error of the answers against the reference, as the row measures it. */
      readonly error: number;
    }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "wrong"; readonly error: number }
  | { readonly kind: "failed"; readonly message: string };

interface Contestant {
  readonly process: PeerProcess;
  readonly error: number;
  readonly runs: number;
  readonly rounds: number;
  readonly samples: number[];
}

/** Verifies every peer, then times those that are right in turn, round after round, so that drift of the machine meets all alike. */
export async function measureRow(
  row: Row,
  processes: readonly PeerProcess[],
  workspace: Workspace,
  effort: Effort,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const contestants: Contestant[] = [];
  for (const process of processes) {
    const entered = await enter(row, process, workspace, effort);
    if ("kind" in entered) outcomes.set(process.peer.name, entered);
    else contestants.push(entered);
  }
  const failed = new Set<Contestant>();
  for (let round = 0; round < effort.rounds; round++) {
    for (const contestant of contestants) {
      if (failed.has(contestant) || contestant.samples.length >= contestant.rounds) continue;
      const time = await sample(contestant.process, contestant.runs);
      if (typeof time === "number") {
        contestant.samples.push(time / contestant.runs);
        continue;
      }
      failed.add(contestant);
      outcomes.set(contestant.process.peer.name, time);
    }
  }
  for (const contestant of contestants) {
    if (!failed.has(contestant)) outcomes.set(contestant.process.peer.name, summary(contestant));
  }
  return outcomes;
}

/** Prepares, verifies and warms up; then decides how many runs make a sample and how many samples are taken. */
async function enter(
  row: Row,
  process: PeerProcess,
  workspace: Workspace,
  effort: Effort,
): Promise<Contestant | Outcome> {
  const { inputs } = workspace.prepare(row);
  const reply = await process.ask({
    kind: "prepare",
    kernel: row.kernel,
    inputs,
    parameters: row.parameters,
    answers: workspace.answersOf(row),
  });
  if (reply.kind === "missing") return reply;
  if (reply.kind !== "prepared") return failure(reply);
  let error: number;
  try {
    const verdict = workspace.judge(row, reply.answers);
    if (!verdict.correct) return { kind: "wrong", error: verdict.error };
    error = verdict.error;
  } catch (problem) {
    return { kind: "failed", message: (problem as Error).message };
  }
  if (reply.seconds > effort.patience) {
    return { process, error, runs: 1, rounds: 1, samples: [reply.seconds] };
  }
  if (reply.seconds > longRun) {
    const time = await sample(process, 1);
    if (typeof time !== "number") return time;
    if (time > longRun / 2) return { process, error, runs: 1, rounds: 1, samples: [time] };
  }
  const began = performance.now();
  let runs = 1;
  for (let tries = 1; ; tries++) {
    const time = await sample(process, runs);
    if (typeof time !== "number") return time;
    const warm = performance.now() - began > 1000 * effort.warmUp;
    if (time < effort.sample / 2) {
      const factor = time > 0 ? effort.sample / time : 16;
      runs = Math.ceil(runs * Math.min(16, Math.max(1.5, factor)));
    } else if (warm && (tries > 1 || time > 5 * effort.sample)) {
      const affordable = Math.floor(effort.budget / time);
      const rounds = Math.min(effort.rounds, Math.max(effort.fewest, affordable));
      return { process, error, runs, rounds: time > longRun ? 1 : rounds, samples: [] };
    }
  }
}

/** Seconds of so many runs. */
async function sample(process: PeerProcess, runs: number): Promise<number | Outcome> {
  const reply = await process.ask({ kind: "time", runs });
  return reply.kind === "time" ? reply.seconds : failure(reply);
}

const failure = (reply: { kind: string; message?: string }): Outcome => ({
  kind: "failed",
  message: reply.message ?? `unexpected reply ${reply.kind}`,
});

function summary({ process, samples, runs, error }: Contestant): Outcome {
  return {
    kind: "timed",
    threads: process.hello.threads,
    median: median(samples),
    quartiles: [quantile(samples, 0.25), quantile(samples, 0.75)],
    range: [Math.min(...samples), Math.max(...samples)],
    samples: samples.length,
    runsPerSample: runs,
    error,
  };
}
