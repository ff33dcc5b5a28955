/**
 * `npx tsx bench/kernels.ts [--only text] [--threads n] [--unverified]`: Fluxion's rows alone, in this process, for work on the compiler.
 * Prints the median, the spread and the rate of each row; answers are verified.
 */
import { parseArgs } from "node:util";
import { formatTime } from "./harness/format.ts";
import { median, quantile } from "./harness/statistics.ts";
import { peer } from "./peers/fluxion/index.ts";
import { selectGroups } from "./rows/index.ts";
import type { Row } from "./rows/row.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    threads: { type: "string", default: "1" },
    unverified: { type: "boolean", default: false },
  },
});

/** Samples of at least `length` seconds each, after as much warm-up. */
async function time(run: (n: number) => Promise<void>, length = 0.05, rounds = 7): Promise<number[]> {
  const seconds = async (n: number): Promise<number> => {
    const start = performance.now();
    await run(n);
    return (performance.now() - start) / 1000;
  };
  let n = 1;
  const began = performance.now();
  for (
    let t = await seconds(n);
    t < length || performance.now() - began < 3000 * length;
    t = await seconds(n)
  ) {
    if (t < length) n = Math.ceil(n * Math.min(16, Math.max(1.5, length / t)));
    else if (t > 3 * length) break;
  }
  const samples: number[] = [];
  for (let k = 0; k < rounds; k++) samples.push((await seconds(n)) / n);
  return samples;
}

function rate(row: Row, seconds: number): string {
  if (row.work === null) return "";
  const [amount, unit] = "flops" in row.work ? [row.work.flops, "GFLOP/s"] : [row.work.bytes, "GB/s"];
  return `${(amount / seconds / 1e9).toPrecision(3)} ${unit}`;
}

const { kernels } = await peer.start(Number(options.threads));

async function measure(row: Row): Promise<string> {
  const kernel = kernels[row.kernel];
  if ("missing" in kernel) return kernel.missing;
  const inputs = row.inputs();
  const prepared = await kernel(inputs, row.parameters);
  let verdict = "";
  if (!options.unverified) {
    const { error, correct } = row.reference(inputs)(await prepared.answers());
    verdict = correct ? `error ${error.toExponential(1)}` : `WRONG, error ${error.toExponential(1)}`;
  }
  const samples = await time((n) => prepared.run(n));
  prepared.release?.();
  const middle = median(samples);
  const spread = (quantile(samples, 0.75) - quantile(samples, 0.25)) / middle / 2;
  const shown = `${formatTime(middle, row.unit)} ±${Math.round(100 * spread)}%`;
  return `${shown.padEnd(20)}${rate(row, middle).padEnd(16)}${verdict}`;
}

for (const { rows } of selectGroups(options.only)) {
  for (const row of rows) {
    let line: string;
    try {
      line = await measure(row);
    } catch (error) {
      line = String(error);
    }
    console.log(`${row.id.padEnd(30)}${line}`);
  }
}
