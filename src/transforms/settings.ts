import { type Config, config, updateConfig } from "../core/config.ts";
import { scoped } from "../core/scope.ts";

/**
 * A setting for a while. With a function: runs it under the setting (until its promise is settled, where it returns one) and returns its result.
 * Without: changes the setting and returns what restores it, for `using`.
 */
export interface SettingScope<T> {
  (value?: T): Disposable;
  <R>(value: T, body: () => R): R;
  <R>(body: () => R): R;
}

/* @__NO_SIDE_EFFECTS__ */
function scopeOf<K extends keyof Config>(name: K, usual?: Config[K]): SettingScope<Config[K]> {
  const scope = (...args: unknown[]): unknown => {
    const body = typeof args[args.length - 1] === "function" ? (args.pop() as () => unknown) : null;
    const value = args.length === 0 ? usual : (args[0] as Config[K]);
    if (value === undefined) {
      throw new TypeError(
        `${name}: requires an argument representing the new value for the config option ${name}.`,
      );
    }
    const restore = change(name, value);
    return scoped(restore, body);
  };
  return scope as SettingScope<Config[K]>;
}

function change<K extends keyof Config>(name: K, value: Config[K]): () => void {
  const before = config[name];
  updateConfig(name, value);
  return () => updateConfig(name, before);
}

/**
 * Raises an error at the first operation that makes a NaN, for a while. A compiled program that made one is run again, an operation at a time,
 * to find it.
 *
 * @example
 * ```ts
 * debugNans(true, () => jnp.log(jnp.array([-1]))); // throws FloatingPointError: invalid value (nan) encountered in log
 * ```
 */
export const debugNans = scopeOf("debugNans", true);

/**
 * Raises an error at the first operation that makes an infinity, for a while.
 *
 * @example
 * ```ts
 * debugInfs(true, () => jnp.log(jnp.array([0]))); // throws FloatingPointError: invalid value (inf) encountered in log
 * ```
 */
export const debugInfs = scopeOf("debugInfs", true);

/**
 * Raises an error where a key is used a second time, for a while: by two samplers, or by a sampler after a split. Keys are typed ones
 * (`random.key`); raw words are not followed.
 *
 * @example
 * ```ts
 * const key = random.key(0);
 * debugKeyReuse(true, () => [random.uniform(key), random.normal(key)]); // throws KeyReuseError: Previously-consumed key passed to jit-compiled function
 * ```
 */
export const debugKeyReuse = scopeOf("debugKeyReuse", true);

/**
 * Runs jitted functions without tracing them, for a while, and the bodies of `scan`, `whileLoop`, `cond` and their like on concrete values, so that
 * they can be stepped through and print.
 *
 * @example
 * ```ts
 * const seen: string[] = [];
 * const f = jit((x: NDArray) => (seen.push(String(x)), x.mul(2)));
 * disableJit(() => f(3));
 * seen; // => ["3"]
 * ```
 */
export const disableJit = scopeOf("disableJit", true);

/**
 * Reports every program that is compiled and why, for a while: what changed since the function was compiled before.
 *
 * @example
 * ```ts
 * const f = jit((x: NDArray) => x.mul(2));
 * logCompiles(() => String(f(jnp.ones(2)))); // => "[2. 2.]"
 * ```
 */
export const logCompiles = scopeOf("logCompiles", true);

/**
 * Records where every traced value is made, for a while, so that the error about one that is used after its transformation ended says it.
 *
 * @example
 * ```ts
 * let leaked: NDArray | undefined;
 * checkTracerLeaks(true, () => jit((x: NDArray) => (leaked = x.mul(2)))(1));
 * leaked?.add(1); // throws UnexpectedTracerError
 * ```
 */
export const checkTracerLeaks = scopeOf("checkTracerLeaks", true);

/** {@link checkTracerLeaks}, switched on. */
export const checkingLeaks = checkTracerLeaks;

/**
 * Validates programs after each pass of the compiler, and jaxprs as they are made, for a while.
 *
 * @example
 * ```ts
 * enableChecks(true, () => String(jit((x: NDArray) => x.mul(2))(3))); // => "6"
 * ```
 */
export const enableChecks = scopeOf("enableChecks", true);

/**
 * What happens when `jnp` functions broadcast arrays of different ranks, for a while: "allow", "warn" or "raise".
 *
 * @example
 * ```ts
 * numpyRankPromotion("raise", () => jnp.ones([2, 3]).add(jnp.ones(3))); // throws ValueError: Operands could not be broadcast together for add
 * ```
 */
export const numpyRankPromotion = scopeOf("numpyRankPromotion");

/**
 * Whether `jnp` functions convert dtypes implicitly, for a while: "standard" or "strict".
 *
 * @example
 * ```ts
 * numpyDtypePromotion("strict", () => jnp.ones(3).add(jnp.int32([1, 2, 3]))); // throws TypePromotionError: Input dtypes ('float32', 'int32')
 * ```
 */
export const numpyDtypePromotion = scopeOf("numpyDtypePromotion");

/**
 * The precision of products that do not say one, for a while.
 *
 * @example
 * ```ts
 * const program = defaultMatmulPrecision("float32", () => makeJaxpr((a: NDArray) => a.matmul(a))(jnp.ones([2, 2])));
 * String(program).includes("Precision.HIGHEST"); // => true
 * ```
 */
export const defaultMatmulPrecision = scopeOf("defaultMatmulPrecision");

/**
 * What happens when values pass between host and device without being asked to, for a while: "allow", "log" or "disallow".
 *
 * @example
 * ```ts
 * transferGuard("disallow", () => jnp.ones(2).sum().item()); // throws JaxRuntimeError: INVALID_ARGUMENT: Disallowed device-to-host transfer
 * ```
 */
export const transferGuard = scopeOf("transferGuard");

/** The generator of random numbers that new keys are for: "threefry2x32" is the only one. */
export const defaultPrngImpl = scopeOf("defaultPrngImpl");

/** Whether random bits do not depend on how a shape is cut: true is the only value. */
export const threefryPartitionable = scopeOf("threefryPartitionable", true);

/** Whether raw words are accepted as keys: "allow" is the only value. */
export const legacyPrngKey = scopeOf("legacyPrngKey");

/** Whether softmax has a derivative rule of its own: true is the only value. */
export const softmaxCustomJvp = scopeOf("softmaxCustomJvp", true);

/**
 * Another default device, for a while: new arrays, and results of operations on arrays that nobody placed, are there.
 *
 * @example
 * ```ts
 * config.update("numCpuDevices", 2);
 * const x = defaultDevice(devices()[1], () => jnp.ones(2));
 * [String(x.device), x.committed]; // => ["CpuDevice(id=1)", false]
 * config.update("numCpuDevices", 1);
 * ```
 */
export const defaultDevice = scopeOf("defaultDevice");
