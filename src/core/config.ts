import { ValueError } from "../errors.ts";

/** The environment of a Node process; nothing elsewhere. */
const environment =
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};

/** A device, as settings see it. */
export interface DeviceSetting {
  readonly id: number;
  readonly platform: string;
  readonly deviceKind: string;
}

const precisions = ["default", "high", "highest", "fastest", "bfloat16", "tensorfloat32", "float32"] as const;

/** Settings; read by the core, changed with {@link updateConfig}. */
export const config = {
  /** Raise FloatingPointError at the first operation that produces a NaN. */
  debugNans: false,
  /** Raise FloatingPointError at the first operation that produces an infinity. */
  debugInfs: false,
  /** Raise KeyReuseError where a random key is used a second time. */
  debugKeyReuse: false,
  /** Run jitted functions as they are, one operation at a time, and the bodies of loops and branches on concrete values. */
  disableJit: false,
  /** Report every program that is compiled and why, as `debugLevel` 1 does. */
  logCompiles: false,
  /** Record where every traced value is made, so that an error about a leaked one says it. Slow. */
  checkTracerLeaks: false,
  /** What happens when `jnp` functions broadcast arrays of different ranks: "allow", "warn" or "raise". */
  numpyRankPromotion: "allow" as "allow" | "warn" | "raise",
  /** Whether `jnp` functions convert dtypes implicitly: "standard", or "strict", which raises save for lone numbers of the same kind. */
  numpyDtypePromotion: "standard" as "standard" | "strict",
  /** The precision of products that do not say one. On the CPU all compute in the operands' own precision. */
  defaultMatmulPrecision: null as null | (typeof precisions)[number],
  /**
   * What happens when values pass between host and device without being asked to: typed arrays and lists given where arrays are expected,
   * `item()`, `Number(x)`, `tolist()` and `dataSync()`. "allow", "log" or "disallow". `devicePut`, `jnp.array`, `await x.data()` and printing ask.
   */
  transferGuard: "allow" as "allow" | "log" | "disallow",
  /** The generator of random numbers that keys are for. There is one. */
  defaultPrngImpl: "threefry2x32" as const,
  /** Whether random bits do not depend on how a shape is cut. They never do. */
  threefryPartitionable: true as const,
  /** Whether raw words are accepted as keys. */
  legacyPrngKey: "allow" as const,
  /** Whether softmax has a derivative rule of its own. It does. */
  softmaxCustomJvp: true as const,
  /** JAX hides its own frames from tracebacks. JavaScript's are as they are. */
  tracebackFiltering: "off" as const,
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
  /** Where arrays are that nobody places: a device, "cpu" for the first one, or null, which is the same here. */
  defaultDevice: null as null | "cpu" | DeviceSetting,
  /** The back ends to use; null for all. There is one. */
  platforms: null as null | "cpu",
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

export type Config = typeof config;
const threadCounts = Array.from({ length: 64 }, (_, i) => i + 1);
/** The values that a setting may have: a list, or a test and what it asks for. */
type Setting<T> =
  | readonly T[]
  | "a function"
  | { readonly test: (value: unknown) => boolean; readonly asked: string };
const allowed: { [K in keyof Config]: Setting<Config[K]> } = {
  debugNans: [true, false],
  debugInfs: [true, false],
  debugKeyReuse: [true, false],
  disableJit: [true, false],
  logCompiles: [true, false],
  checkTracerLeaks: [true, false],
  numpyRankPromotion: ["allow", "warn", "raise"],
  numpyDtypePromotion: ["standard", "strict"],
  defaultMatmulPrecision: [null, ...precisions],
  transferGuard: ["allow", "log", "disallow"],
  defaultPrngImpl: ["threefry2x32"],
  threefryPartitionable: [true],
  legacyPrngKey: ["allow"],
  softmaxCustomJvp: [true],
  tracebackFiltering: ["off"],
  checkPurity: ["off", "warn", "error"],
  evaluator: ["wasm", "reference"],
  enableChecks: [true, false],
  numThreads: ["auto", ...threadCounts],
  numCpuDevices: threadCounts,
  defaultDevice: {
    test: (value) => value === null || value === "cpu" || isDevice(value),
    asked:
      "either a Device object (e.g. `devices('cpu')[0]`) or a platform name string like 'cpu' or 'gpu' of a back end that there is ('cpu')",
  },
  platforms: [null, "cpu"],
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
  if (!isAllowed(values, value)) {
    throw new ValueError(`config.${name} must be ${describe(values)}, got ${JSON.stringify(value)}.`);
  }
  config[name] = value;
  if (name in tracedSettings()) context = contextNow();
}

function isAllowed(values: Setting<unknown>, value: unknown): boolean {
  if (values === "a function") return typeof value === "function";
  return "test" in values ? values.test(value) : values.includes(value);
}

function isDevice(value: unknown): boolean {
  return typeof value === "object" && value !== null && "deviceKind" in value && "platform" in value;
}

/** The settings that decide what tracing writes down. */
function tracedSettings() {
  const { numpyRankPromotion, numpyDtypePromotion, defaultMatmulPrecision } = config;
  return { numpyRankPromotion, numpyDtypePromotion, defaultMatmulPrecision };
}

/** What else decides it and is no setting, by name: a mesh that is set. */
const otherTraced = new Map<string, string>();
export function setTraceSetting(name: string, value: string): void {
  if (value === "") otherTraced.delete(name);
  else otherTraced.set(name, value);
  context = contextNow();
}

const contexts = new Map<string, number>();
function contextNow(): number {
  const key = JSON.stringify([Object.values(tracedSettings()), ...otherTraced]);
  let number = contexts.get(key);
  if (number === undefined) {
    number = contexts.size;
    contexts.set(key, number);
  }
  return number;
}
let context = contextNow();

/** A number that stands for the settings which decide what tracing writes down: a part of the keys of traced functions. */
export function traceContext(): number {
  return context;
}

function describe(values: Setting<unknown>): string {
  if (values === "a function") return values;
  if ("test" in values) return values.asked;
  const texts = values.map((v) => JSON.stringify(v));
  return texts.length > 8
    ? `one of ${texts[0]}, ${texts[1]}, ..., ${texts.at(-1)}`
    : `one of ${texts.join(", ")}`;
}
