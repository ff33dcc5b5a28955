import { controlAccess } from "../../../compiler/control/access.ts";
import { hostBuffers } from "../../../compiler/hostCall.ts";
import type { ControlStep, KernelFunction, ProgramFunctions, ProgramStep } from "./kernelFunctions.ts";
import type { PointerSource } from "./program.ts";

/** Where the memory of a program is, in bytes from the beginning of the arena of the call. */
export interface Layout {
  readonly functions: ProgramFunctions;
  /** The program's temporaries. */
  readonly temporaries: number;
  /** The addresses that come from outside, and where the table of them is. */
  readonly pointers: readonly PointerSource[];
  readonly table: number;
  /** Where the operands are that are prepared before the loop that runs the program. */
  readonly prepared: ReadonlyMap<KernelFunction, number>;
  /** By control step: the layouts of its programs. */
  readonly inner: ReadonlyMap<ControlStep, readonly Layout[]>;
  readonly end: number;
}

export const align = (n: number) => Math.ceil(n / 64) * 64;

/**
 * Puts a program's memory at `start`: temporaries, the table of addresses, if there is one, prepared operands, the memory of the programs inside it.
 * Those that run one after the other are in the same place; condition and body of a loop are not.
 */
export function layOut(functions: ProgramFunctions, start: number, hasTable = true): Layout {
  const pointers = pointersOf(functions);
  const table = align(start + functions.program.arenaBytes);
  const prepared = new Map<KernelFunction, number>();
  let own = align(table + (hasTable ? 4 * pointers.length : 0));
  for (const step of functions.steps) {
    if (step.kind !== "function" || step.prepared === null) continue;
    prepared.set(step, own);
    own = align(own + step.prepared.bytes);
  }
  const inner = new Map<ControlStep, readonly Layout[]>();
  let end = own;
  for (const step of functions.steps) {
    if (step.kind !== "control") continue;
    let at = own;
    const layouts: Layout[] = [];
    for (const program of step.programs) {
      const layout = layOut(program, step.kernel.kind === "whileLoop" ? at : own);
      layouts.push(layout);
      at = Math.max(at, layout.end);
    }
    inner.set(step, layouts);
    end = Math.max(end, at);
  }
  return { functions, temporaries: start, pointers, table, prepared, inner, end };
}

function buffersOfStep(step: ProgramStep): Iterable<number> {
  if (step.kind === "function") return step.buffers;
  if (step.kind === "hostCall") return hostBuffers([...step.kernel.inputs, ...step.kernel.outputs]);
  const { reads, writes } = controlAccess(step.kernel);
  return [...reads, ...writes];
}

/** The arguments, constants and results whose addresses the kernels need. */
export function pointersOf({ program, steps }: ProgramFunctions): PointerSource[] {
  const found = new Map<string, PointerSource>();
  const rank = { argument: 0, const: 1, result: 2 };
  for (const step of steps) {
    for (const buffer of buffersOfStep(step)) {
      const at = program.placements[buffer];
      if (at.kind === "arena" || at.kind === "scratch") continue;
      found.set(`${at.kind}${at.index}`, { kind: at.kind, index: at.index });
    }
  }
  return [...found.values()].sort((a, b) => rank[a.kind] - rank[b.kind] || a.index - b.index);
}
