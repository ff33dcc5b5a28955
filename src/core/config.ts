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
};

type Config = typeof config;
const allowed: { [K in keyof Config]: readonly Config[K][] } = {
  debugNans: [true, false],
  checkPurity: ["off", "warn", "error"],
  evaluator: ["wasm", "reference"],
  enableChecks: [true, false],
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
    throw new ValueError(
      `config.${name} must be one of ${values.map((v) => JSON.stringify(v)).join(", ")}, got ${JSON.stringify(value)}.`,
    );
  }
  config[name] = value;
}
