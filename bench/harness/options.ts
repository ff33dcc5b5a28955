import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { jaxPython, peerIsJavaScript, peerNames, pythonVariable } from "../peers/registry.ts";

export interface Options {
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly threads: readonly number[];
  readonly peers: readonly string[];
  readonly json: string | undefined;
  readonly chart: string | undefined;
  readonly from: readonly string[];
}

export const help = `npm run bench -- [options]

Fluxion against its peers: every answer is verified against a float64 reference first, then all are timed in
interleaved rounds, one process per peer. Prints medians, half the distance of the quartiles, and ratios.

  --only TEXT     only the group "w3", say, or rows whose id contains the text; a list is joined by commas
  --quick         shorter samples and fewer rounds
  --threads LIST  numbers of threads, "1,2" by default
  --peers LIST    some of ${peerNames.join(",")}; all by default
  --json FILE     write every figure to a file
  --chart FILE    draw the ratios, as SVG
  --from FILE     measure nothing, show what --json has written; several files are joined
  --help          this text

JAX and NumPy take part when the environment variable ${pythonVariable} is the path of a Python that has them.`;

/** Wrong arguments; the message is for the user. */
export class UsageError extends Error {}

const list = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => text.split(",")).filter((text) => text !== "");

/** @throws UsageError; null if help was asked for. */
export function parseOptions(args: readonly string[]): Options | null {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    throw new UsageError((error as Error).message.split("\n")[0]);
  }
  if (values.help) return null;
  const threads = list([values.threads]).map(Number);
  if (threads.length === 0 || threads.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new UsageError(`--threads takes positive integers such as 1,2, got "${values.threads}"`);
  }
  const peers = list(values.peers);
  const absent = values.from.find((file) => !existsSync(file));
  if (absent !== undefined) throw new UsageError(`--from: there is no file "${absent}"`);
  const unknown = peers.find((name) => !peerNames.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--peers: there is no "${unknown}", only ${peerNames.join(", ")}`);
  }
  const python = peers.find((name) => !peerIsJavaScript(name));
  if (python !== undefined && jaxPython() === null) {
    throw new UsageError(
      `--peers ${python} needs the environment variable ${pythonVariable}: the path of a Python with it`,
    );
  }
  return {
    only: list(values.only),
    quick: values.quick,
    threads,
    peers: peers.length === 0 ? peerNames : peerNames.filter((name) => peers.includes(name)),
    json: values.json,
    chart: values.chart,
    from: values.from,
  };
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      threads: { type: "string", default: "1,2" },
      peers: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
      chart: { type: "string" },
      from: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  }).values;
