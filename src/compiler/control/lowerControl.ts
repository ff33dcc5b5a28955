import { type ShapedArray, shapedArray } from "../../core/aval.ts";
import type { ControlLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { bool, int32 } from "../../dtypes/index.ts";
import type { FlatEqn, FlatProgram } from "../flat.ts";
import { hasEffects } from "../hostCall.ts";
import type { Binding, Carry, ControlKernel, InnerProgram, Kernel, Program } from "../ir.ts";
import { partsPerElement } from "../lowering/draft.ts";
import type { Lowering } from "../lowering/lower.ts";
import type { Source } from "../lowering/source.ts";
import type { ControlWriters } from "../templates/template.ts";
import { boundBuffer, controlAccess } from "./access.ts";
import { unrolledBody, unrollFactor } from "./unroll.ts";

/** Compiles the program of a loop or branch; `ties` says which argument's memory a result may take. */
export type CompileInner = (flat: FlatProgram, name: string, ties: readonly number[]) => Program;

const none: Binding = { kind: "none" };
const fixed = (buffer: number): Binding => ({ kind: "fixed", buffer });

/** Loops and branches: operands and results in memory, the programs inside compiled on their own. */
export function lowerControl(l: Lowering, eqn: FlatEqn, lowering: ControlLowering<Params>): void {
  const { writers } = lowering.template;
  switch (lowering.kind) {
    case "forLoop":
      lowerForLoop(l, eqn, lowering.loop(eqn.params), writers);
      break;
    case "whileLoop":
      lowerWhileLoop(l, eqn, lowering.loop(eqn.params), writers);
      break;
    case "branch":
      lowerBranch(l, eqn, writers);
      break;
  }
}

function lowerForLoop(
  l: Lowering,
  eqn: FlatEqn,
  loop: ReturnType<Extract<ControlLowering<Params>, { kind: "forLoop" }>["loop"]>,
  writers: ControlWriters,
): void {
  const { reverse, numConsts, numCarry, parallel = false } = loop;
  const { operands, consts } = split(l, eqn);
  const [flat] = eqn.programs as readonly FlatProgram[];
  const inits = operands.slice(numConsts, numConsts + numCarry);
  if (loop.length === 0) {
    eqn.outputs.forEach((v, i) => {
      l.define(v, i < numCarry ? inits[i] : l.draft.empty(v.aval));
    });
    return;
  }
  const factor = parallel ? 1 : unrollFactor(flat, loop);
  const length = Math.floor(loop.length / factor);
  const left = loop.length % factor;
  const { name } = eqn.primitive;
  const flats = [unrolled(flat, factor, loop), ...(left > 0 ? [flat] : [])];
  const [body, rest] = compileParts(l, flats, `${name}_body`, numConsts, numCarry);
  const state = new Carries(l, inits, body, numConsts);
  const stacked = eqn.outputs
    .slice(numCarry)
    .map((v) => inMemory(l, l.draft.stored(v.aval, l.draft.newBuffer(v.aval))));
  /** A program that does `count` steps at a time, from step `first` of the loop on. */
  const bound = (program: Program, first: number, count: number): InnerProgram => ({
    program,
    args: operands.flatMap((x, i) => {
      if (i < numConsts) return inMemory(l, x);
      if (i < numConsts + numCarry) return state.argument(i - numConsts);
      return slices(inMemory(l, x), stepOf(x.aval, loop.length), first, count);
    }),
    consts: consts[0].map((x) => inMemory(l, x)),
    results: eqn.outputs.flatMap((v, i) => {
      if (i < numCarry) return state.result(i);
      return slices(stacked[i - numCarry], stepOf(v.aval, loop.length), first, count);
    }),
  });
  const carries = state.list;
  add(l, {
    kind: "forLoop",
    writers,
    name,
    length,
    reverse,
    carries,
    body: bound(body, reverse ? left : 0, factor),
    rest: left > 0 ? { length: left, body: bound(rest, reverse ? 0 : length * factor, 1) } : undefined,
    parallel: parallel && carries.length === 0,
  });
  eqn.outputs.forEach((v, i) => {
    if (i < numCarry) l.define(v, state.final(i));
    else l.define(v, result(l, v.aval, stacked[i - numCarry]));
  });
}

function lowerWhileLoop(
  l: Lowering,
  eqn: FlatEqn,
  loop: ReturnType<Extract<ControlLowering<Params>, { kind: "whileLoop" }>["loop"]>,
  writers: ControlWriters,
): void {
  const { condConsts, bodyConsts } = loop;
  const { operands, consts } = split(l, eqn);
  const [cond, body] = eqn.programs as readonly FlatProgram[];
  const name = eqn.primitive.name;
  const inits = operands.slice(condConsts + bodyConsts);
  const condProgram = l.compileInner(cond, `${name}_cond`, [-1]);
  const bodyProgram = l.compileInner(body, `${name}_body`, tiesOf(body, bodyConsts, inits.length));
  const state = new Carries(l, inits, bodyProgram, bodyConsts);
  const carried = inits.map((_, i) => state.argument(i));
  const predicate = l.draft.newBuffer(shapedArray([], bool));
  const inMemoryAll = (list: readonly Source[]) => list.map((x) => inMemory(l, x));
  add(l, {
    kind: "whileLoop",
    writers,
    name,
    carries: state.list,
    cond: {
      program: condProgram,
      args: [...inMemoryAll(operands.slice(0, condConsts)), ...carried],
      consts: inMemoryAll(consts[0]),
      results: [fixed(predicate)],
    },
    body: {
      program: bodyProgram,
      args: [...inMemoryAll(operands.slice(condConsts, condConsts + bodyConsts)), ...carried],
      consts: inMemoryAll(consts[1]),
      results: inits.map((_, i) => state.result(i)),
    },
    predicate,
  });
  eqn.outputs.forEach((v, i) => {
    l.define(v, state.final(i));
  });
}

function lowerBranch(l: Lowering, eqn: FlatEqn, writers: ControlWriters): void {
  const { operands, consts } = split(l, eqn);
  const [selector, ...others] = operands;
  if (selector.aval.dtype !== int32) throw new Error("the selector of a branch is an int32");
  const { programs, ties } = compileBranches(l, eqn);
  const carries: Carry[] = [];
  const args = others.map((x) => inMemory(l, x));
  const results = eqn.outputs.map((v, k) => {
    const bound = ties[k] < 0 ? none : args[ties[k]];
    if (bound.kind !== "fixed") return inMemory(l, l.draft.stored(v.aval, l.draft.newBuffer(v.aval)));
    carries.push({ init: bound.buffer, out: l.draft.newBuffer(v.aval), spare: null });
    args[ties[k]] = { kind: "carry", carry: carries.length - 1 };
    return args[ties[k]];
  });
  const branches = programs.map(
    (program, i): InnerProgram => ({
      program,
      args,
      consts: consts[i].map((x) => inMemory(l, x)),
      results: results.map((bound, k) => (program.results[k].kind === "argument" ? none : bound)),
    }),
  );
  const index = l.draft.contiguous(selector);
  add(l, { kind: "branch", writers, name: eqn.primitive.name, selector: index, carries, branches });
  eqn.outputs.forEach((v, k) => {
    const bound = results[k];
    const buffer = bound.kind === "carry" ? carries[bound.carry].out : boundBuffer(bound);
    l.define(v, buffer === null ? l.draft.empty(v.aval) : l.draft.stored(v.aval, buffer));
  });
}

/**
 * The programs of a branch, and for each result the operand in whose memory all of them leave it, or -1. That is tried for operands which a
 * program returns as they are, so that a branch which updates some elements, or none, copies nothing.
 */
function compileBranches(
  l: Lowering,
  eqn: FlatEqn,
): { programs: readonly Program[]; ties: readonly number[] } {
  const flats = eqn.programs as readonly FlatProgram[];
  const compile = (ties: readonly number[]) =>
    flats.map((flat, i) => l.compileInner(flat, `${eqn.primitive.name}_${i}`, ties));
  let ties = eqn.outputs.map((_, k) => returnedOperand(flats, k));
  ties = ties.map((j, k) => (ties.indexOf(j) === k ? j : -1));
  for (;;) {
    const programs = compile(ties);
    const kept = ties.map((j, k) => {
      const stays = programs.every(({ results }) => {
        const source = results[k];
        return source.kind === "argument" || (source.kind === "buffer" && source.donatedArg === j);
      });
      return j >= 0 && stays ? j : -1;
    });
    if (kept.every((j, k) => j === ties[k])) return { programs, ties };
    ties = kept;
  }
}

/** An operand that some program returns as result `k`, or -1. */
function returnedOperand(flats: readonly FlatProgram[], k: number): number {
  for (const { results } of flats) {
    const { source } = results[k];
    if (source.kind === "argument") return source.index;
  }
  return -1;
}

/** The programs of the parts of a loop, which agree on what becomes of each carry: passed on, updated in place, or written to a second place. */
function compileParts(
  l: Lowering,
  flats: readonly FlatProgram[],
  name: string,
  numConsts: number,
  numCarry: number,
): Program[] {
  let ties = tiesOf(flats[0], numConsts, numCarry);
  const fates = (program: Program): string[] =>
    program.results.slice(0, numCarry).map((source, i) => {
      if (source.kind !== "buffer") return "passed on";
      return source.donatedArg === numConsts + i ? "in place" : "in turn";
    });
  for (;;) {
    const programs = flats.map((flat) =>
      l.compileInner(
        flat,
        name,
        flat.results.map((_, i) => (i < numCarry ? ties[i] : -1)),
      ),
    );
    const [first, ...others] = programs.map(fates);
    const agreed = first.map((fate, i) => others.every((other) => other[i] === fate));
    if (agreed.every((same) => same)) return programs;
    ties = ties.map((tie, i) => (i < numCarry && !agreed[i] ? -1 : tie));
  }
}

/** What the loop carries: values that every step passes on unchanged have no memory of their own. */
class Carries {
  readonly list: Carry[] = [];
  private readonly l: Lowering;
  private readonly inits: readonly Source[];
  /** By carry of the equation: the position in `list`, or -1. */
  private readonly position: number[] = [];
  private readonly kept: boolean[] = [];

  constructor(l: Lowering, inits: readonly Source[], body: Program, first: number) {
    this.l = l;
    this.inits = inits;
    inits.forEach((init, i) => {
      const source = body.results[i];
      const passedOn = source.kind === "argument";
      this.kept.push(passedOn);
      if (passedOn || init.isEmpty) {
        this.position.push(-1);
        return;
      }
      const inPlace = source.kind === "buffer" && source.donatedArg === first + i;
      this.position.push(this.list.length);
      this.list.push({
        init: l.draft.contiguous(init),
        out: l.draft.newBuffer(init.aval),
        spare: inPlace ? null : l.draft.newBuffer(init.aval),
      });
    });
  }

  argument(i: number): Binding {
    if (this.kept[i]) return inMemory(this.l, this.inits[i]);
    return this.result(i);
  }
  result(i: number): Binding {
    return this.position[i] < 0 ? none : { kind: "carry", carry: this.position[i] };
  }
  final(i: number): Source {
    const at = this.position[i];
    return at < 0 ? this.inits[i] : this.l.draft.stored(this.inits[i].aval, this.list[at].out);
  }
}

/** Result i of a body may take the memory of the carry that it replaces. */
function tiesOf(flat: FlatProgram, numConsts: number, numCarry: number): number[] {
  return flat.results.map((_, i) => (i < numCarry ? numConsts + i : -1));
}

/** The operands of the equation, and the constants of each of its programs, which follow them among the inputs. */
function split(l: Lowering, { inputs, programs = [] }: FlatEqn) {
  const sources = inputs.map((v) => l.source(v));
  const counts = programs.map((p) => p.consts.length);
  const operands = sources.splice(0, sources.length - counts.reduce((sum, n) => sum + n, 0));
  return { operands, consts: counts.map((n) => sources.splice(0, n)) };
}

function inMemory(l: Lowering, x: Source): Binding {
  return x.isEmpty ? none : fixed(l.draft.contiguous(x));
}

/** Elements of a buffer for each index of a leading axis. */
function stepOf({ size, dtype }: ShapedArray, length: number): number {
  return (size * partsPerElement(dtype)) / length;
}

/** What `count` steps in a row see of what is bound, `step` elements each, from step `first` on. */
function slices(whole: Binding, step: number, first: number, count: number): Binding[] {
  return Array.from({ length: count }, (_, i) =>
    whole.kind === "fixed"
      ? { kind: "slice", buffer: whole.buffer, step: count * step, offset: (first + i) * step }
      : whole,
  );
}

const unrolledBodies = new WeakMap<FlatProgram, FlatProgram>();

/** The body of so many steps, one object however often it is compiled. */
function unrolled(flat: FlatProgram, factor: number, loop: Parameters<typeof unrolledBody>[2]): FlatProgram {
  if (factor === 1) return flat;
  const body = unrolledBodies.get(flat) ?? unrolledBody(flat, factor, loop);
  unrolledBodies.set(flat, body);
  return body;
}

function result(l: Lowering, aval: Source["aval"], binding: Binding): Source {
  const buffer = boundBuffer(binding);
  return buffer === null ? l.draft.empty(aval) : l.draft.stored(aval, buffer);
}

function add(l: Lowering, kernel: ControlKernel): void {
  const { reads, writes } = controlAccess(kernel);
  l.draft.addTemplate([...reads], writes, (): Kernel => kernel, hasEffects(kernel));
}
