import { ValueError } from "../errors.ts";

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
};

type Config = typeof config;
const threadCounts = Array.from({ length: 64 }, (_, i) => i + 1);
const allowed: { [K in keyof Config]: readonly Config[K][] } = {
  debugNans: [true, false],
  checkPurity: ["off", "warn", "error"],
  evaluator: ["wasm", "reference"],
  enableChecks: [true, false],
  numThreads: ["auto", ...threadCounts],
};

/**
 * Changes a setting.
 * @throws ValueError for an unknown name or value; the message lists the possible ones.
 */
export function updateConfig<K extends keyof Config>(name: K, value: Config[K]): void {
  const values: readonly unknown[] | undefined = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
  if (values === undefined) {
    throw new ValueError(
      `config has no setting ${JSON.stringify(name)}; there are ${Object.keys(allowed).join(", ")}.`,
    );
  }
  if (!values.includes(value)) {
    throw new ValueError(`config.${name} must be ${describe(values)}, got ${JSON.stringify(value)}.`);
  }
  config[name] = value;
}

function describe(values: readonly unknown[]): string {
  const texts = values.map((v) => JSON.stringify(v));
  return texts.length > 8
    ? `one of ${texts[0]}, ${texts[1]}, ..., ${texts.at(-1)}`
    : `one of ${texts.join(", ")}`;
}
