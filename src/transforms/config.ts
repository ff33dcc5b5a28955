import { config as settings, updateConfig } from "../core/config.ts";

/**
 * Debugging switches: `config.update("debugNans", true)`, `config.update("checkPurity", "warn")`, `config.update("evaluator", "reference")`, the number of
 * threads, `config.update("numThreads", 2)`, of devices, `config.update("numCpuDevices", 8)`, and how much is reported about programs, `config.update("debugLevel", 2)`, and to whom,
 * `config.update("debugWriter", (text) => ...)` (docs/architecture.md); read them as properties.
 *
 * @throws ValueError (from update) for an unknown name or value
 */
export const config: Readonly<typeof settings> & { update: typeof updateConfig } = Object.freeze({
  get debugNans() {
    return settings.debugNans;
  },
  get checkPurity() {
    return settings.checkPurity;
  },
  get evaluator() {
    return settings.evaluator;
  },
  get enableChecks() {
    return settings.enableChecks;
  },
  get numThreads() {
    return settings.numThreads;
  },
  get numCpuDevices() {
    return settings.numCpuDevices;
  },
  get relaxedSimd() {
    return settings.relaxedSimd;
  },
  get debugLevel() {
    return settings.debugLevel;
  },
  get debugWriter() {
    return settings.debugWriter;
  },
  update: updateConfig,
});
