/**
 * `npm run bench`: Fluxion against its peers. Each row is verified first, then timed in interleaved rounds, one process per peer, so that
 * drift of the machine meets all alike. Prints medians, their spread, and the ratio of the peer's median to Fluxion's (above 1: Fluxion is faster).
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Row, rows } from "./rows.ts";
import type { Reply, Request } from "./worker.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    json: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(
    "npm run bench -- [--only text] [--quick] [--json file]\n  --only   rows whose id contains the text\n  --quick  fewer rounds\n  --json   also write the figures to a file",
  );
  process.exit(0);
}

const peerNames = ["fluxion", "jax-js"];
const rounds = options.quick ? 5 : 15;
/** Length of one timed sample. */
const sampleSeconds = options.quick ? 0.05 : 0.2;

function ask(child: ChildProcess, request: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const done = (code: number | null): void =>
      reject(new Error(`the benchmark process ended with code ${code}`));
    child.once("exit", done);
    child.once("message", (reply) => {
      child.off("exit", done);
      resolve(reply as Reply);
    });
    child.send(request);
  });
}
const median = (xs: readonly number[]): number => {
  const s = [...xs].sort((a, b) => a - b);
  const k = s.length >> 1;
  return s.length % 2 === 1 ? s[k] : (s[k - 1] + s[k]) / 2;
};

async function start(name: string): Promise<ChildProcess> {
  const child = fork(new URL("./worker.ts", import.meta.url), [name], { execArgv: ["--import", "tsx"] });
  await new Promise((resolve) => child.once("message", resolve));
  return child;
}

interface Timing {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

async function measure(row: Row): Promise<Map<string, Timing | string>> {
  const children = new Map<string, ChildProcess>();
  const results = new Map<string, Timing | string>();
  const runs = new Map<string, number>();
  const samples = new Map<string, number[]>();
  for (const name of peerNames) {
    const child = await start(name);
    children.set(name, child);
    const reply = await ask(child, { kind: "prepare", row: row.id });
    if (reply.kind !== "prepared" || !(reply.error <= row.tolerance)) {
      results.set(
        name,
        reply.kind === "prepared"
          ? (reply.message ?? `wrong answer (relative error ${reply.error})`)
          : "no answer",
      );
      continue;
    }
    // Warm up (engines tier up), then choose how many runs make a sample.
    let n = 1;
    const began = performance.now();
    for (;;) {
      const t = (await ask(child, { kind: "time", runs: n })) as { seconds: number };
      if (t.seconds > sampleSeconds / 2 && performance.now() - began > 1000 * sampleSeconds * 3) break;
      if (t.seconds < sampleSeconds / 2) n *= 2;
    }
    runs.set(name, n);
    samples.set(name, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, n] of runs) {
      const t = (await ask(children.get(name) as ChildProcess, { kind: "time", runs: n })) as {
        seconds: number;
      };
      samples.get(name)?.push(t.seconds / n);
    }
  }
  for (const child of children.values()) child.kill();
  for (const [name, list] of samples) {
    const scale = row.unit === "ms" ? 1e3 : 1e6;
    results.set(name, {
      median: median(list) * scale,
      low: Math.min(...list) * scale,
      high: Math.max(...list) * scale,
    });
  }
  return results;
}

const show = (t: Timing | string, unit: string): string =>
  typeof t === "string"
    ? t
    : `${t.median.toPrecision(3)} ${unit} (${t.low.toPrecision(3)} - ${t.high.toPrecision(3)})`;

const record: Record<string, unknown> = {};
console.log(`${"row".padEnd(54)}${peerNames.map((n) => n.padEnd(32)).join("")}ratio`);
for (const row of rows.filter((r) => r.id.includes(options.only))) {
  const result = await measure(row);
  const [ours, theirs] = peerNames.map((n) => result.get(n) as Timing | string);
  const ratio =
    typeof ours === "string" || typeof theirs === "string" ? "" : (theirs.median / ours.median).toFixed(2);
  console.log(
    `${row.title.padEnd(54)}${[ours, theirs].map((t) => show(t, row.unit).padEnd(32)).join("")}${ratio}`,
  );
  record[row.id] = { unit: row.unit, ...Object.fromEntries(result) };
}
if (options.json !== "") {
  mkdirSync(new URL("./results/", import.meta.url), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(record, null, 2)}\n`);
}
