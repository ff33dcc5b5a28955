import type { disassemble } from "../backends/wasm/asm/disassembler.ts";
import type { choicesText, passesText, reportProgram } from "../backends/wasm/reportProgram.ts";
import type { TimedProgram } from "../backends/wasm/timedProgram.ts";
import type { printKernels, printProgram } from "../compiler/print.ts";
import type { printFlat } from "../compiler/printFlat.ts";
import type { printGroups } from "../compiler/printGroups.ts";
import type { validateProgram } from "../compiler/validate.ts";
import type { missReason } from "../transforms/missReason.ts";
import type { checkPurity } from "../transforms/purity.ts";
import type { checkJaxpr } from "./checkJaxpr.ts";
import type { checkKeys } from "./keyReuse.ts";

/** What prints, checks and times programs. Programs run without it, so bundles have it only where they ask for it. */
export interface Tools {
  readonly checkJaxpr: typeof checkJaxpr;
  readonly missReason: typeof missReason;
  readonly checkPurity: typeof checkPurity;
  readonly checkKeys: typeof checkKeys;
  readonly validateProgram: typeof validateProgram;
  readonly printFlat: typeof printFlat;
  readonly printGroups: typeof printGroups;
  readonly printKernels: typeof printKernels;
  readonly printProgram: typeof printProgram;
  readonly choicesText: typeof choicesText;
  readonly passesText: typeof passesText;
  readonly reportProgram: typeof reportProgram;
  readonly disassemble: typeof disassemble;
  readonly TimedProgram: typeof TimedProgram;
}

let installed: Tools | null = null;

export function installTools(all: Tools): void {
  installed = all;
}

/** @throws Error in a bundle that does not have them. */
export function tools(): Tools {
  if (installed !== null) return installed;
  throw new Error(
    "This bundle does not have the tools that print, check and time programs: bundlers keep what a page imports. " +
      'Add `import "fluxion/tools";`.',
  );
}
