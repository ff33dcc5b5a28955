import type { NDArray } from "../core/array.ts";
import { config } from "../core/config.ts";
import { pruneClosed } from "../core/dce.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import { isControl } from "../core/lowering.ts";
import { checkPositions, maxPositions } from "../core/positions.ts";
import { tools } from "../core/tools.ts";
import { blockKernels } from "./blocks/blockKernels.ts";
import { type Plan, planBuffers } from "./bufferPlan.ts";
import { chunkReductions } from "./chunkReductions.ts";
import { complexNumbers } from "./complexNumbers.ts";
import { fuseEpilogues } from "./epilogues/fuseEpilogues.ts";
import type { FlatProgram, Value } from "./flat.ts";
import { flatten } from "./inline.ts";
import type { BufferInfo, Program, ResultSource } from "./ir.ts";
import { finishKernels } from "./lowering/finish.ts";
import { Lowering } from "./lowering/lower.ts";
import { deadCode } from "./passes/deadCode.ts";
import { narrowProducts } from "./passes/narrowProducts.ts";
import { singlePrecision } from "./passes/singlePrecision.ts";
import { writesOf } from "./writes.ts";

/** A program with the arrays behind its constants: those of the jaxpr and of the programs inside it. */
export interface CompiledProgram extends Program {
  readonly constants: readonly NDArray[];
  /** Equations that became kernels. */
  readonly equations: number;
}

export interface CompileToProgramOptions {
  readonly name: string;
  /** Arguments whose memory the program may reuse. */
  readonly donated?: readonly boolean[];
  /**
   * For the programs of loops and branches: the argument whose memory each result may take, or -1. A result that is that argument itself is
   * passed on; all others are written to memory of their own.
   */
  readonly ties?: readonly number[];
  /** Told of the program after each step; the text is made when it is asked for. */
  readonly observe?: ((step: string, text: () => string) => void) | undefined;
}

/**
 * The front end of the compiler: from a jaxpr to kernels with a memory plan.
 *
 * flatten -> dead code -> lowering and fusion -> canonical loops -> chunks -> blocks -> epilogues -> buffer plan
 *
 * @throws Error for a primitive that cannot be compiled; the message names it and says why.
 */
export function compileToProgram(closed: ClosedJaxpr, options: CompileToProgramOptions): CompiledProgram {
  return compileFlat(flatProgram(closed, options.observe), options);
}

/** The first steps of {@link compileToProgram}: one list of equations, all different and all needed. */
export function flatProgram(closed: ClosedJaxpr, observe?: CompileToProgramOptions["observe"]): FlatProgram {
  // Of loops and branches only what is used is kept: their programs are pruned while they are jaxprs.
  return optimize(flatten(pruneClosed(closed).closed), observe);
}

/** A program without unused equations; so are the programs of its loops and branches. */
function optimize(whole: FlatProgram, observe?: CompileToProgramOptions["observe"]): FlatProgram {
  const real = singlePrecision(narrowProducts(deadCode(whole)));
  const flat = hasComplex(real) ? complexNumbers().complexTemplates(real) : real;
  observe?.("flattened", () => tools().printFlat(whole));
  observe?.("dead code", () => tools().printFlat(flat));
  const control = flat.eqns.map(({ primitive }) => primitive.lowering).find(isControl);
  if (control === undefined) return flat;
  const eqns = flat.eqns.map((eqn) =>
    eqn.programs === undefined ? eqn : { ...eqn, programs: eqn.programs.map((p) => optimize(p)) },
  );
  return control.template.optimize(
    { ...flat, eqns },
    observe && ((step, program) => observe(step, () => tools().printFlat(program))),
  );
}

function hasComplex({ eqns }: FlatProgram): boolean {
  const isComplex = ({ aval }: Value): boolean => aval.dtype.kind === "complex";
  return eqns.some(({ inputs, outputs }) => outputs.some(isComplex) || inputs.some(isComplex));
}

/** The other steps of {@link compileToProgram}. */
export function compileFlat(flat: FlatProgram, options: CompileToProgramOptions): CompiledProgram {
  const { observe, ties } = options;
  for (const { outputs } of flat.eqns) {
    for (const { aval } of outputs) if (aval.size > maxPositions) checkPositions(aval.shape);
  }
  const lowering = new Lowering(flat, compileInner);
  const { draft } = lowering;
  const results = placeResults(lowering, flat, options.donated ?? [], ties);
  observe?.("groups after fusion", () => tools().printGroups(draft));
  const finished = finishKernels(draft);
  const chunked = chunkReductions(draft, finished);
  const kernels = fuseEpilogues(draft, blockKernels(draft, chunked));
  const written = new Set(kernels.flatMap(writesOf));
  const buffers = draft.buffers.map((b): BufferInfo => {
    // What fusion made superfluous is never written and takes no memory.
    const size = b.role === "temp" && !written.has(b.id) ? 0 : b.size;
    return { ...b, size, byteLength: size * b.dtype.itemsize };
  });
  const args = flat.args.map((_, i) => i);
  const consts = flat.consts.map((_, i) => args.length + i);
  const passed = new Set(results.map((r) => (r.kind === "argument" ? r.index : -1)));
  const planWith = (donated: readonly boolean[]) =>
    planBuffers({
      kernels,
      byteLengths: buffers.map((b) => b.byteLength),
      args,
      consts,
      results: results.map((r) => (r.kind === "buffer" ? r.buffer : -1)),
      donated: donated.map((d, i) => d && !passed.has(i)),
      ...(ties === undefined ? {} : { ties }),
    });
  const plan =
    ties === undefined
      ? planWith(args.map((i) => options.donated?.[i] === true))
      : planTied(planWith, ties, args);
  const program: CompiledProgram = {
    name: options.name,
    buffers,
    placements: plan.placements.map((at, id) => (isOwn(buffers[id]) ? { kind: "scratch" } : at)),
    kernels,
    args,
    consts,
    results: results.map((r, i) =>
      r.kind === "buffer" && plan.donatedArgs[i] >= 0 ? { ...r, donatedArg: plan.donatedArgs[i] } : r,
    ),
    arenaBytes: plan.arenaBytes,
    constants: flat.arrays,
    equations: flat.eqns.length,
  };
  observe?.("kernels", () => tools().printKernels(program, finished));
  observe?.("chunks and buffer plan", () => tools().printProgram(program));
  if (config.enableChecks && ties === undefined) tools().validateProgram(program, options.donated);
  return program;
}

const innerPrograms = new WeakMap<FlatProgram, Map<string, Program>>();

/**
 * The program of a loop or branch. Branches are compiled again when a guess where results lie was wrong; what they contain is not, or the
 * time would double with each level.
 */
function compileInner(flat: FlatProgram, name: string, ties: readonly number[]): Program {
  let byTies = innerPrograms.get(flat);
  if (byTies === undefined) {
    byTies = new Map();
    innerPrograms.set(flat, byTies);
  }
  const key = ties.join();
  let program = byTies.get(key);
  if (program === undefined) {
    program = compileFlat(flat, { name, ties });
    byTies.set(key, program);
  }
  return program;
}

/** A plan in which only those arguments are overwritten whose memory their result takes: a loop may then read the others in place. */
function planTied(
  planWith: (donated: readonly boolean[]) => Plan,
  ties: readonly number[],
  args: readonly number[],
): Plan {
  let donated = args.map((i) => ties.includes(i));
  for (;;) {
    const plan = planWith(donated);
    const taken = donated.map((d, i) => d && plan.donatedArgs.includes(i));
    if (taken.every((d, i) => d === donated[i])) return plan;
    donated = taken;
  }
}

/** Whether a buffer is known to one kernel only. */
function isOwn({ role }: BufferInfo): boolean {
  return role === "local" || role === "slice";
}

/**
 * Where each result comes from. A result has a buffer of its own, unless it is an argument or a constant passed through; what is
 * needed twice is copied.
 */
function placeResults(
  lowering: Lowering,
  flat: FlatProgram,
  donated: readonly boolean[],
  ties: readonly number[] | undefined,
): ResultSource[] {
  const { draft } = lowering;
  const taken = new Set<number>();
  return flat.results.map((value, i): ResultSource => {
    const source = lowering.source(value);
    let buffer = source.isEmpty ? null : draft.wholeBuffer(source);
    if (buffer !== null) {
      const { role } = draft.buffers[buffer];
      const passable = ties === undefined || ties[i] === buffer;
      if (role === "const" && passable) return { kind: "const", index: buffer - flat.args.length };
      if (role === "input" && passable && !(donated[buffer] === true && taken.has(buffer))) {
        taken.add(buffer);
        return { kind: "argument", index: buffer };
      }
      if (taken.has(buffer) || role === "const" || role === "input") buffer = null;
    }
    buffer ??= draft.copy(source);
    taken.add(buffer);
    draft.buffers[buffer].role = "output";
    return { kind: "buffer", buffer };
  });
}
