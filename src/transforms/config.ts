import { type Config, config as settings, updateConfig } from "../core/config.ts";

/**
 * Debugging switches: `config.update("debugNans", true)`, `config.update("checkPurity", "warn")`, `config.update("evaluator", "reference")`, the number of
 * threads, `config.update("numThreads", 2)`, of devices, `config.update("numCpuDevices", 8)`, and how much is reported about programs, `config.update("debugLevel", 2)`, and to whom,
 * `config.update("debugWriter", (text) => ...)` (docs/architecture.md); read them as properties.
 *
 * @throws ValueError (from update) for an unknown name or value
 */
export const config: Readonly<Config> & { update: typeof updateConfig } = makeConfig();

function makeConfig(): Readonly<Config> & { update: typeof updateConfig } {
  const shown = { update: updateConfig };
  for (const name of Object.keys(settings) as (keyof Config)[]) {
    Object.defineProperty(shown, name, { enumerable: true, get: () => settings[name] });
  }
  return Object.freeze(shown) as Readonly<Config> & { update: typeof updateConfig };
}
