/** `npm run bench`: Fluxion against its peers; see `--help`. */
import { writeChart } from "./harness/chart.ts";
import { fullEffort, quickEffort } from "./harness/measure.ts";
import { help, type Options, parseOptions, UsageError } from "./harness/options.ts";
import { describeMachine, writeResults } from "./harness/results.ts";
import { run } from "./harness/run.ts";
import { heading, line, summary } from "./harness/table.ts";
import { peerCommands, pythonVariable } from "./peers/registry.ts";
import { selectGroups } from "./rows/index.ts";

async function main(options: Options): Promise<void> {
  const groups = selectGroups(options.only);
  if (groups.length === 0) throw new UsageError(`--only: no row's id contains ${options.only.join(" or ")}`);
  const effort = options.quick ? quickEffort : fullEffort;
  const peers = peerCommands(options.peers, 1).map(({ name }) => name);
  const versions: Record<string, string> = {};
  const rows = await run(
    { groups, threads: options.threads, peers, effort },
    {
      group: ({ id, title }, threads) => console.log(heading(`${id.toUpperCase()} ${title}`, threads, peers)),
      row: (result) => console.log(line(result, peers)),
      started: ({ peer, hello }) => {
        versions[peer.name] = hello.version;
      },
    },
  );
  console.log(summary(rows));
  if (!peers.includes("jax") && options.peers.includes("jax")) {
    console.log(`\nJAX took no part: ${pythonVariable} does not name a Python.`);
  }
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    node: process.version,
    effort: options.quick ? "quick" : "full",
    versions,
    rows,
  };
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
