/**
 * Imported for its effect: in a bundle, programs can be printed (`asText`), checked (`enableChecks`) and timed (`profile`, `debugLevel`,
 * `profiler`).
 */
import { installAllTools } from "./all.ts";

installAllTools();
