import { ValueError } from "../errors.ts";

/** The environment of a Node process; nothing elsewhere. */
const environment =
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};

/** Debugging switches; read by the core, changed with {@link updateConfig}. */
export const config = {
  /** Raise FloatingPointError at the first operation that produces a NaN. */
  debugNans: false,
  /** Trace jitted functions again at each call and report what changed: "off", "warn" or "error". */
  checkPurity: "off" as "off" | "warn" | "error",
  /** Evaluate with compiled kernels ("wasm") or with the plain reference rules ("reference"). */
  evaluator: "wasm" as "wasm" | "reference",
  /** Validate the intermediate programs of the compiler after each pass. */
  enableChecks: false,
  /**
   * Threads that compute: a number, or "auto" for as many as the machine runs at once (in Node at most FLUXION_NUM_THREADS, where
   * that is set). Results do not depend on it.
   */
  numThreads: "auto" as "auto" | number,
  /** CPU devices that there are, for pmap, shardMap and sharded arrays. Results of other programs do not depend on it. */
  numCpuDevices: 1,
  /**
   * Let products use fused multiply-adds (relaxed SIMD) where the engine has them: faster, but with other last bits than elsewhere.
   * Holds for programs that are compiled from then on.
   */
  relaxedSimd: true,
  /**
   * How much is reported about programs, each level adding to the one before: 0 nothing; 1 a line for each program that is compiled, and why;
   * 2 the time of every kernel at each call; 3 the loops, vectors, tiles and pieces that were chosen; 4 the program after each pass of the
   * compiler; 5 the WebAssembly. Starts at FLUXION_DEBUG in Node.
   */
  debugLevel: levelOf(environment.FLUXION_DEBUG),
  /** Where the reports of `debugLevel` go. */
  debugWriter: (text: string): void => console.log(text),
};

function levelOf(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (/^[0-5]$/.test(text)) return Number(text);
  console.warn(
    `FLUXION_DEBUG must be a whole number from 0 to 5, got ${JSON.stringify(text)}; it is ignored.`,
  );
  return 0;
}

type Config = typeof config;
const threadCounts = Array.from({ length: 64 }, (_, i) => i + 1);
type Setting<T> = readonly T[] | "a function";
const allowed: { [K in keyof Config]: Setting<Config[K]> } = {
  debugNans: [true, false],
  checkPurity: ["off", "warn", "error"],
  evaluator: ["wasm", "reference"],
  enableChecks: [true, false],
  numThreads: ["auto", ...threadCounts],
  numCpuDevices: threadCounts,
  relaxedSimd: [true, false],
  debugLevel: [0, 1, 2, 3, 4, 5],
  debugWriter: "a function",
};

/**
 * Changes a setting.
 * @throws ValueError for an unknown name or value; the message lists the possible ones.
 */
export function updateConfig<K extends keyof Config>(name: K, value: Config[K]): void {
  const values: Setting<unknown> | undefined = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
  if (values === undefined) {
    throw new ValueError(
      `config has no setting ${JSON.stringify(name)}; there are ${Object.keys(allowed).join(", ")}.`,
    );
  }
  if (values === "a function" ? typeof value !== "function" : !values.includes(value)) {
    throw new ValueError(`config.${name} must be ${describe(values)}, got ${JSON.stringify(value)}.`);
  }
  config[name] = value;
}

function describe(values: Setting<unknown>): string {
  if (values === "a function") return values;
  const texts = values.map((v) => JSON.stringify(v));
  return texts.length > 8
    ? `one of ${texts[0]}, ${texts[1]}, ..., ${texts.at(-1)}`
    : `one of ${texts.join(", ")}`;
}
