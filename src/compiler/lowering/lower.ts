import { isControl, type PointwiseLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import type { CompileInner } from "../control/lowerControl.ts";
import type { FlatEqn, FlatProgram, Value } from "../flat.ts";
import type { Node, View } from "../ir.ts";
import { lowerDot } from "../templates/dot.ts";
import { lowerHostCall } from "../templates/hostCall.ts";
import { lowerReduction } from "../templates/reduction.ts";
import { lowerTiles } from "../templates/tiles.ts";
import { Draft } from "./draft.ts";
import {
  cheapScalar,
  cheapToBroadcast,
  cheapToRepeat,
  maxDepth,
  maxExpression,
  maxSelected,
} from "./limits.ts";
import type { Reads, Source } from "./source.ts";

/**
 * From equations to groups: decides which values get a buffer and which are written into the expressions of their consumers.
 * Elementwise results and views are inlined unless that would repeat real work:
 * - results of the program, of reductions and of templates have buffers, and so have operands of templates that are no strided view;
 * - a value used in several places is stored when it is not cheap;
 * - so is one that a consumer reads more often than it has elements (a broadcast, a window, a gather with repeats);
 * - and operands of an expression that would become too large.
 * What was stored too eagerly, fusion undoes: a value that only its own kernel reads is never written.
 */
export class Lowering {
  readonly draft = new Draft();
  /** Inputs of convolutions that were copied with padding, by what is copied. */
  readonly paddedInputs = new Map<Source, Map<string, View>>();
  readonly compileInner: CompileInner;
  private readonly sources: Source[] = [];
  private readonly outputs: Uint8Array;
  private readonly uses: Float64Array;
  /** Values that templates read through strides. */
  private readonly wanted: Uint8Array;
  /** By value: the equation that reads it, if there is only one. */
  private readonly consumers: (FlatEqn | null | undefined)[] = [];

  /** @param compileInner Compiles the programs of loops and branches. */
  constructor(program: FlatProgram, compileInner: CompileInner) {
    this.compileInner = compileInner;
    this.outputs = new Uint8Array(program.valueCount);
    this.uses = countUses(program);
    for (const eqn of program.eqns) {
      for (const v of eqn.inputs) this.consumers[v.id] = this.consumers[v.id] === undefined ? eqn : null;
    }
    this.wanted = wantedInMemory(program);
    for (const v of program.results) this.outputs[v.id] = 1;
    for (const v of [...program.args, ...program.consts]) {
      const buffer = this.draft.newBuffer(v.aval, v.source.kind === "const" ? "const" : "input");
      this.sources[v.id] = this.draft.stored(v.aval, buffer);
    }
    for (const eqn of program.eqns) this.lowerEqn(eqn);
  }

  /** What consumers read of a value. */
  source(value: Value): Source {
    let source = this.sources[value.id];
    if (source === undefined) {
      if (value.source.kind !== "literal") throw new Error("a value is used before it is computed");
      source = this.draft.constant(value.aval, this.draft.b.const(value.source.value, value.aval.dtype));
      this.sources[value.id] = source;
    }
    return source;
  }
  usesOf(value: Value): number {
    return this.uses[value.id];
  }
  /** The equation that reads a value, when it is the only one and the value is no result. */
  onlyConsumer(value: Value): FlatEqn | null {
    return this.outputs[value.id] === 1 ? null : (this.consumers[value.id] ?? null);
  }
  define(value: Value, source: Source): void {
    this.sources[value.id] = source;
    if (this.outputs[value.id] === 1 && source.isInlined) this.draft.materialize(source);
  }

  private lowerEqn(eqn: FlatEqn): void {
    if (eqn.hasEffects !== true && eqn.outputs.every((v) => this.isEmpty(v))) {
      for (const v of eqn.outputs) this.sources[v.id] = this.draft.empty(v.aval);
      return;
    }
    const { lowering } = eqn.primitive;
    switch (lowering.kind) {
      case "pointwise":
        if (lowering.corners !== undefined && eqn.inputs.length > maxSelected)
          lowerTiles(this, eqn, lowering.corners);
        else this.lowerPointwise(eqn, lowering);
        break;
      case "reduction":
        lowerReduction(this, eqn, lowering);
        break;
      case "dot":
        lowerDot(this, eqn, lowering);
        break;
      case "scan":
      case "conv":
      case "sort":
      case "routine":
      case "fourier":
      case "scatter":
        lowering.template.lower(this, eqn, lowering as never);
        break;
      case "forLoop":
      case "whileLoop":
      case "branch":
        lowering.template.lower(this, eqn, lowering as never);
        break;
      case "hostCall":
        lowerHostCall(this, eqn, lowering);
        break;
      case "barrier":
        this.draft.fence();
        eqn.outputs.forEach((v, i) => this.define(v, this.source(eqn.inputs[i])));
        break;
      case "inline":
      case "program":
        throw new Error(`primitive ${eqn.primitive.name} is to be inlined but gave no program`);
      case "none":
        throw (
          lowering.error?.() ??
          new Error(`primitive ${eqn.primitive.name} cannot be compiled: ${lowering.reason}`)
        );
    }
  }
  /** Whether a value has no bytes. */
  isEmpty(value: Value): boolean {
    return value.aval.size === 0 || value.aval.dtype.kind === "void";
  }

  private lowerPointwise(eqn: FlatEqn, lowering: PointwiseLowering<Params>): void {
    const { b } = this.draft;
    const operands = eqn.inputs.map((v) => this.source(v));
    const avals = eqn.outputs.map((v) => v.aval);
    eqn.outputs.forEach((value, k) => {
      if (this.isEmpty(value)) {
        this.sources[value.id] = this.draft.empty(value.aval);
        return;
      }
      const emit = (index: readonly Node[]) =>
        lowering.emit(b, operands, index, eqn.params, avals, k) as Node;
      const source = this.draft.inlined(value.aval, this.uses[value.id], emit);
      for (const x of operands) {
        if (!x.isInlined) continue;
        x.addUser(source);
        source.depth = Math.max(source.depth, x.depth + 1);
      }
      this.settleReads(operands, value.aval.size, () => source.expression());
      source.settle();
      if (source.isInlined) {
        this.limitSize(operands, source);
        const { cost, nodes, loads } = source.measure();
        // What is read again for many elements, a number per row, costs next to nothing.
        const shared = loads.filter((load) => 8 * this.draft.buffers[load.buffer].size <= value.aval.size);
        const repeated = (cost - shared.length) * (source.uses - 1) > cheapToRepeat;
        const long = nodes > maxExpression || source.depth > maxDepth;
        if (repeated || long || this.wanted[value.id] === 1) this.draft.materialize(source);
      }
      this.define(value, source);
    });
  }

  /**
   * Writes a consumer down and checks how often it reads each inlined value; those it would compute over and over get a buffer, and
   * the consumer is written down again.
   */
  settleReads<T>(operands: readonly Source[], points: number, write: () => T): T {
    if (!operands.some((x) => x.isInlined)) return write();
    for (;;) {
      const { result, reads } = this.draft.tracker.during(write);
      const offender = wasteful(reads, points);
      if (offender === undefined) return result;
      this.draft.materialize(offender);
    }
  }

  /** Cuts an expression that is too large: the largest inlined operands get buffers. */
  private limitSize(operands: readonly Source[], source: Source): void {
    while (source.measure().nodes > maxExpression) {
      let largest: Source | undefined;
      for (const x of operands) {
        if (x.isInlined && (largest === undefined || x.measure().nodes > largest.measure().nodes))
          largest = x;
      }
      if (largest === undefined || largest.measure().nodes < 4) return;
      this.draft.materialize(largest);
    }
  }
}

/** An inlined value that costs more to repeat, as often as it was read, than to store. */
function wasteful(reads: Reads, points: number): Source | undefined {
  let found: Source | undefined;
  for (const [source, keys] of reads) {
    if (!source.isInlined || keys.size * points <= source.aval.size) continue;
    const free = source.aval.size === 1 ? cheapScalar : cheapToBroadcast;
    // The consumer closest to the result: what feeds it may then be read once.
    if (source.measure().cost > free) {
      found = source;
      break;
    }
  }
  return found;
}

/** The operands of templates that read memory themselves, and what they are views of. */
function wantedInMemory(program: FlatProgram): Uint8Array {
  const wanted = new Uint8Array(program.valueCount);
  for (let i = program.eqns.length - 1; i >= 0; i--) {
    const { primitive, inputs, outputs } = program.eqns[i];
    const { lowering } = primitive;
    const inMemory = ["dot", "sort", "routine", "fourier", "hostCall"].includes(lowering.kind);
    if (inMemory || isControl(lowering)) for (const v of inputs) wanted[v.id] = 1;
    // The input of a convolution is copied with its padding, or else stored when it is reached.
    if (lowering.kind === "conv") wanted[inputs[1].id] = 1;
    const isView = lowering.kind === "pointwise" && lowering.cost === "view" && inputs.length === 1;
    const passed = isView ? 1 : lowering.kind === "barrier" ? inputs.length : 0;
    for (let k = 0; k < passed; k++) if (wanted[outputs[k].id] === 1) wanted[inputs[k].id] = 1;
  }
  return wanted;
}

/** In how many places each value is needed, seen through views: a view adds no use of its own. */
function countUses(program: FlatProgram): Float64Array {
  const uses = new Float64Array(program.valueCount);
  for (const v of program.results) uses[v.id]++;
  for (let i = program.eqns.length - 1; i >= 0; i--) {
    const { primitive, inputs, outputs } = program.eqns[i];
    const { lowering } = primitive;
    if (lowering.kind === "barrier") {
      inputs.forEach((v, k) => {
        uses[v.id] += uses[outputs[k].id];
      });
      continue;
    }
    let places = 1;
    if (lowering.kind === "pointwise" && lowering.cost === "view") {
      places = 0;
      for (const v of outputs) places += uses[v.id];
    }
    for (const v of new Set(inputs)) uses[v.id] += places;
  }
  return uses;
}
