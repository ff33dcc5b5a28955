/** `npm run bench`: Fluxion against its peers; see `--help`. */
import { writeChart } from "./harness/chart.ts";
import { fullEffort, quickEffort } from "./harness/measure.ts";
import { help, type Options, parseOptions, UsageError } from "./harness/options.ts";
import { describeMachine, type Results, readResults, writeResults } from "./harness/results.ts";
import { run } from "./harness/run.ts";
import { heading, line, summary } from "./harness/table.ts";
import { peerCommands, peerNames, pythonVariable } from "./peers/registry.ts";
import { groups, selectGroups } from "./rows/index.ts";
import type { Group } from "./rows/row.ts";

const label = ({ id, title }: Group): string => `${id.toUpperCase()} ${title}`;

/** Measures and prints rows as they come. */
async function measure(options: Options): Promise<Results> {
  const selected = selectGroups(options.only);
  if (selected.length === 0)
    throw new UsageError(`--only: no row's id contains ${options.only.join(" or ")}`);
  const effort = options.quick ? quickEffort : fullEffort;
  const peers = peerCommands(options.peers, 1).map(({ name }) => name);
  const versions: Record<string, string> = {};
  const rows = await run(
    { groups: selected, threads: options.threads, peers, effort },
    {
      group: (group, threads) => console.log(heading(label(group), threads, peers)),
      row: (result) => console.log(line(result, peers)),
      started: ({ peer, hello }) => {
        versions[peer.name] = hello.version;
      },
    },
  );
  if (!peers.includes("jax") && options.peers.includes("jax")) {
    console.log(`\nJAX took no part: ${pythonVariable} does not name a Python.`);
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    node: process.version,
    effort: options.quick ? "quick" : "full",
    versions,
    rows,
  };
}

/** Prints the rows of earlier results. */
function show({ rows, versions }: Results): void {
  const peers = peerNames.filter((name) => name in versions);
  for (const group of groups) {
    for (const threads of new Set(rows.map((row) => row.threads))) {
      const these = rows.filter((row) => row.group === group.id && row.threads === threads);
      if (these.length === 0) continue;
      console.log(heading(label(group), threads, peers));
      for (const row of these) console.log(line(row, peers));
    }
  }
}

async function main(options: Options): Promise<void> {
  let results: Results;
  if (options.from.length === 0) results = await measure(options);
  else {
    results = readResults(options.from);
    show(results);
  }
  console.log(summary(results.rows));
  if (options.json !== undefined) writeResults(options.json, results);
  if (options.chart !== undefined) await writeChart(options.chart, results);
}

// A reader that has seen enough, as `head`, and Ctrl-C end the run; the temporary folder goes with it, and the peers' input ends.
process.stdout.on("error", () => process.exit(1));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) console.log(help);
  else await main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
