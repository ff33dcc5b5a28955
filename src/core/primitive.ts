import type { HostData } from "../dtypes/index.ts";
import type { NDArray } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import type { Effects } from "./effects.ts";
import type { HostArray } from "./hostArray.ts";
import type { Jaxpr } from "./jaxpr.ts";
import type { KeyUseRule } from "./keyUse.ts";
import type { Lowering } from "./lowering.ts";
import type { Placement } from "./placement.ts";
import type { NamedAxis } from "./trace.ts";

// biome-ignore lint/suspicious/noExplicitAny: each primitive narrows its own parameters
export type Params = Record<string, any>;

/** A tangent or cotangent that is zero and was never materialised. */
export class Zero {
  readonly aval: ShapedArray;
  constructor(aval: ShapedArray) {
    this.aval = aval;
  }
}

/** Stands in a transpose rule for an operand that is linear, hence unknown. */
export class UndefinedPrimal {
  readonly aval: ShapedArray;
  constructor(aval: ShapedArray) {
    this.aval = aval;
  }
}

export type Tangent = NDArray | Zero;
export type LinearOperand = NDArray | UndefinedPrimal;
/** A batching rule's dimension: where the mapped axis is, or null when the operand is not mapped. */
export type BatchDim = number | null;

export type JvpRule<P extends Params = Params> = (
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: P,
) => [NDArray[], Tangent[]];

/** Cotangents of the linear operands; entries for the others are ignored (null). */
export type TransposeRule<P extends Params = Params> = (
  cotangents: readonly Tangent[],
  operands: readonly LinearOperand[],
  params: P,
) => readonly (Tangent | null)[];

export type BatchingRule<P extends Params = Params> = (
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  params: P,
  axisSize: number,
) => [NDArray[], BatchDim[]];

/**
 * How an operation between the members of named axes becomes operations on whole arrays: the batching rule for a trace that maps over
 * `axes`, of which the operation names at least one. The mapped dimension counts the members in row-major order of `axes`.
 */
export type CollectiveRule<P extends Params = Params> = (
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  params: P,
  axes: readonly NamedAxis[],
) => [NDArray[], BatchDim[]];

/**
 * Linearization of a primitive that holds programs (jit, control flow): the primal results, which of the results have
 * a nonzero tangent, and a function that stages the linear part on tangent tracers.
 */
export type LinearizeRule<P extends Params = Params> = (
  primals: readonly NDArray[],
  nonzeros: readonly boolean[],
  params: P,
) => { primalsOut: NDArray[]; linear: (tangents: readonly Tangent[]) => Tangent[] };

/**
 * Partial evaluation of a primitive that holds programs: what depends only on the operands that are known is computed now, and `rest` stages
 * the other results, which are null in `known`, on the unknown operands.
 */
export type PartialEvalRule<P extends Params = Params> = (
  operands: readonly NDArray[],
  unknown: readonly boolean[],
  params: P,
) => { known: (NDArray | null)[]; rest: (operands: readonly NDArray[]) => NDArray[] };

/** What is left of a call that some results are not wanted of. */
export interface PrunedCall {
  readonly params: Params;
  readonly usedInputs: readonly boolean[];
  /** Results that it still has, where these are more than the wanted ones (a loop needs all that its carries depend on). */
  readonly keptOutputs?: readonly boolean[];
}

/** Declares that a rule does not exist, and why: the reason is part of the error that asks for it. */
export class NoRule {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}
/** The result does not depend smoothly on the operands: its tangents are zero. */
export const zeroDerivative = /* @__PURE__ */ new NoRule("zero derivative");
export const notDifferentiable = /* @__NO_SIDE_EFFECTS__ */ (reason: string): NoRule => new NoRule(reason);
/** The primitive is not linear in any operand, so it never reaches a transposition. */
export const notLinear = /* @__PURE__ */ new NoRule("not linear in its operands");

/** Everything the system knows about one operation, declared in one block beside its siblings. */
export interface Primitive<P extends Params = Params> {
  readonly name: string;
  /** Shape-and-dtype rule: the avals of the results, or a TypeError / ValueError that names the operand at fault. */
  readonly abstractEval: (avals: readonly ShapedArray[], params: P) => readonly ShapedArray[];
  /** Plain evaluation, loops over host arrays with float64 inside: the oracle of the tests. */
  readonly reference: (inputs: readonly HostArray[], params: P, out: readonly ShapedArray[]) => HostData[];
  readonly jvp: JvpRule<P> | NoRule;
  readonly transpose: TransposeRule<P> | NoRule;
  readonly batching: BatchingRule<P>;
  readonly lowering: Lowering<P>;
  /** For operations between the members of named axes: which these are, and what becomes of them where one is mapped. */
  readonly collective?: {
    readonly names: (params: P) => readonly string[];
    readonly batching: CollectiveRule<P>;
    /**
     * Over which axes the result varies, given those of the operand and those named: the same (the default: the operand must vary over those
     * named), these no longer, or these too.
     */
    readonly varying?: "same" | "drops" | "adds";
    /** Whether it is the sum over all members of the axes named, and nothing else. */
    readonly isSum?: (params: P) => boolean;
  };
  /** The sum of the results along a dimension over which all operands are mapped, where that is a single operation too. */
  readonly summedBatching?: (operands: readonly NDArray[], dims: readonly number[], params: P) => NDArray;
  /** Where result `output` is placed, for primitives that say so. */
  readonly placement?: (params: P, output: number) => Placement | null;
  /** For primitives whose programs see named axes of their own. */
  readonly bindsAxes?: (params: P) => readonly NamedAxis[];
  /** What it does besides computing; default: nothing, or what the programs in its parameters do. */
  readonly effects?: (params: P) => Effects;
  /** What it does with random keys; default: it consumes all that it takes. */
  readonly keyUse?: KeyUseRule<P>;
  readonly linearize?: LinearizeRule<P>;
  readonly partialEval?: PartialEvalRule<P>;
  /** The parameters as JAX prints them, by Python name (the printer sorts); default: all, in snake_case. */
  readonly printParams?: (params: P) => Record<string, unknown>;
  /** A parameter `name` is printed where the alphabet has it, not first. */
  readonly printsNameInOrder?: boolean;
  /** The program in the parameters is printed with the names of the call's operands and results. */
  readonly printsWithOuterNames?: boolean;
  /**
   * For primitives that hold programs: the call that computes only the results marked in `usedOutputs`, and which operands it still
   * takes. Returns the same `params` when nothing can be dropped.
   */
  readonly prune?: (params: P, usedOutputs: readonly boolean[]) => PrunedCall;
  /** For primitives that hold programs: the program to run in place of a call (jit, custom_jvp_call), if it is always one. */
  readonly inlineAs?: (params: P) => { jaxpr: Jaxpr; consts: readonly NDArray[] } | undefined;
}

const byName = new Map<string, Primitive>();

/** Registers a primitive; names are unique. */
/* @__NO_SIDE_EFFECTS__ */
export function definePrimitive<P extends Params>(primitive: Primitive<P>): Primitive<P> {
  if (byName.has(primitive.name)) throw new Error(`primitive ${primitive.name} is defined twice`);
  byName.set(primitive.name, primitive as unknown as Primitive);
  return primitive;
}

/** All primitives, for tests and tables. */
export function allPrimitives(): readonly Primitive[] {
  return [...byName.values()];
}
