import type { CompiledProgram } from "../../compiler/index.ts";
import type { Origin } from "../../core/backend.ts";
import { report, reports } from "../../core/debug.ts";
import { bytesText } from "../../core/profile.ts";
import type { ProgramCode } from "./codegen/program.ts";

/** The program after a step of the compiler, made into text when it is asked for. */
export interface Step {
  readonly step: string;
  readonly text: () => string;
}

/** How long the steps of making a program took, in milliseconds. */
export interface CompileTimes {
  /** From the jaxpr to kernels with a memory plan. */
  readonly lowering: number;
  /** From kernels to the bytes of a module. */
  readonly code: number;
  /** The engine's part: from bytes to machine code. */
  readonly engine: number;
}

/** Reports a program that was compiled, in as much detail as the debug ladder asks for. */
export function reportProgram(
  program: CompiledProgram,
  code: ProgramCode,
  origin: Origin,
  times: CompileTimes,
  passes: readonly Step[],
): void {
  report(summary(program, code, origin, times));
  if (reports("choices")) report(choicesText(code));
  if (reports("passes")) report(passesText(passes));
  if (reports("code")) report(code.module.toText());
}

/** What was chosen for each kernel, a line each. */
export function choicesText(code: ProgramCode): string {
  return code.kernels.map(({ name, describe }, i) => `kernel ${i}: ${name}: ${describe()}`).join("\n");
}

/** The program after each step of the compiler; only the name of a step that changed nothing. */
export function passesText(steps: readonly Step[]): string {
  let before = "";
  return steps
    .map(({ step, text }) => {
      const now = text();
      const shown = now === before ? "(unchanged)" : now;
      before = now;
      return `== ${step}\n${shown}`;
    })
    .join("\n");
}

function summary(
  program: CompiledProgram,
  code: ProgramCode,
  origin: Origin,
  { lowering, code: emitting, engine }: CompileTimes,
): string {
  const steps = { tracing: origin.tracing ?? 0, lowering, code: emitting, engine };
  const spent = Object.entries(steps).filter(([name]) => name !== "tracing" || origin.tracing !== undefined);
  const total = spent.reduce((sum, [, ms]) => sum + ms, 0);
  const counts = [
    plural(program.equations, "equation"),
    plural(program.kernels.length, "kernel"),
    bytesText(code.bytes.byteLength),
  ];
  const parts = spent.map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  return `compiled ${program.name}: ${counts.join(", ")} in ${total.toFixed(1)} ms (${parts.join(", ")}): ${origin.reason}`;
}

function plural(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
