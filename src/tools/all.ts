/**
 * What prints, checks and times programs. Imported for its effect, but package.json says that there is none: every program has these tools, save
 * bundles that do not ask for them (`import "fluxion/tools"`).
 */
import { disassemble } from "../backends/wasm/asm/disassembler.ts";
import { choicesText, passesText, reportProgram } from "../backends/wasm/reportProgram.ts";
import { TimedProgram } from "../backends/wasm/timedProgram.ts";
import { printKernels, printProgram } from "../compiler/print.ts";
import { printFlat } from "../compiler/printFlat.ts";
import { printGroups } from "../compiler/printGroups.ts";
import { validateProgram } from "../compiler/validate.ts";
import "../core/printing.ts";
import { checkJaxpr } from "../core/checkJaxpr.ts";
import { checkKeys } from "../core/keyReuse.ts";
import { installTools } from "../core/tools.ts";
import { missReason } from "../transforms/missReason.ts";
import { checkPurity } from "../transforms/purity.ts";

/** Makes the tools available. */
export function installAllTools(): void {
  installTools({
    checkJaxpr,
    missReason,
    checkPurity,
    checkKeys,
    validateProgram,
    printFlat,
    printGroups,
    printKernels,
    printProgram,
    choicesText,
    passesText,
    reportProgram,
    disassemble,
    TimedProgram,
  });
}
installAllTools();
