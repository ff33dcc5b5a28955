import type { ArrayImpl, NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { deadCodeElimination } from "../core/dce.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import type { Jaxpr } from "../core/jaxpr.ts";
import { type Params, type PartialEvalRule, type Primitive, type Tangent, Zero } from "../core/primitive.ts";
import { StagingTrace } from "../core/staging.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { checkAlive, currentTrace, Trace, Tracer, withTrace } from "../core/trace.ts";
import { concreteValue, describeValue, jvpRuleOf } from "./jvpTrace.ts";

/** A primal value, evaluated or staged under the parent, and its tangent, a value of the linear program. */
export class LinearizeTracer extends Tracer {
  readonly primal: NDArray;
  readonly tangent: Tangent;
  constructor(trace: LinearizeTrace, primal: NDArray, tangent: Tangent) {
    super(trace);
    this.primal = primal;
    this.tangent = tangent;
  }
  get aval(): ShapedArray {
    return this.primal.aval;
  }
  describe(): string {
    return `GradTracer(primal=${describeValue(this.primal)}, typeof(tangent)=${this.tangent.aval.strShort()})`;
  }
  override concrete(): ArrayImpl | null {
    return concreteValue(this.primal);
  }
}

/**
 * Partial evaluation by what an operation touches: those on tangents of the linear program are staged into it, all others run
 * under the trace the user called from. Running a jvp rule under it separates the rule into its two halves.
 */
export class PartialTrace extends Trace {
  readonly linear: StagingTrace;
  constructor(parent: Trace, linear: StagingTrace) {
    super(parent, linear.description);
    this.linear = linear;
  }
  processPrimitive(primitive: Primitive, args: readonly NDArray[], params: Params): NDArray[] {
    let linearArgs = 0;
    for (const x of args) if (x instanceof Tracer && x.tracedBy === this.linear) linearArgs++;
    if (linearArgs === 0) return (this.parent as Trace).processPrimitive(primitive, args, params);
    if (linearArgs < args.length && primitive.partialEval !== undefined)
      return this.partialEval(primitive.partialEval, args, params);
    // A program on both kinds of values is taken apart, so that its primal half runs now.
    const program = linearArgs < args.length ? primitive.inlineAs?.(params) : undefined;
    if (program !== undefined) return withTrace(this, () => evalJaxpr(program.jaxpr, program.consts, args));
    return this.linear.processPrimitive(primitive, args, params);
  }

  private partialEval(rule: PartialEvalRule, args: readonly NDArray[], params: Params): NDArray[] {
    const unknown = args.map((x) => x instanceof Tracer && x.tracedBy === this.linear);
    const { known, rest } = withTrace(this.parent as Trace, () => rule(args, unknown, params));
    const staged = withTrace(this.linear, () => rest(args.filter((_, i) => unknown[i])));
    let next = 0;
    return known.map((x) => x ?? staged[next++]);
  }
}

/** Linearization: primals run under the parent, tangents are staged into a linear program. */
class LinearizeTrace extends Trace {
  readonly linear: StagingTrace;
  private readonly partial: PartialTrace;
  constructor(parent: Trace, linear: StagingTrace) {
    super(parent, linear.description);
    this.linear = linear;
    this.partial = new PartialTrace(parent, linear);
  }
  split(x: NDArray): [NDArray, Tangent] {
    if (x instanceof LinearizeTracer && x.tracedBy === this) {
      if (!this.alive) checkAlive(x);
      return [x.primal, x.tangent];
    }
    return [x, zeroTangent(x)];
  }
  override differentiates(values: readonly NDArray[]): boolean {
    return values.some((x) => !(this.split(x)[1] instanceof Zero));
  }
  join(primal: NDArray, tangent: Tangent): NDArray {
    // A tangent that did not come to depend on the linear inputs is a constant zero in disguise only when symbolic.
    if (tangent instanceof Zero || primal.aval.toTangent() !== primal.aval) return primal;
    if (!(tangent instanceof Tracer && tangent.tracedBy === this.linear)) return primal;
    return new LinearizeTracer(this, primal, tangent);
  }
  processPrimitive(primitive: Primitive, args: readonly NDArray[], params: Params): NDArray[] {
    const primals: NDArray[] = [];
    const tangents: Tangent[] = [];
    let active = false;
    for (const x of args) {
      const [p, t] = this.split(x);
      primals.push(p);
      tangents.push(t);
      active ||= !(t instanceof Zero);
    }
    const parent = this.parent as Trace;
    if (!active) return parent.processPrimitive(primitive, primals, params);
    if (primitive.linearize !== undefined) {
      const rule = primitive.linearize;
      const nonzeros = tangents.map((t) => !(t instanceof Zero));
      const { primalsOut, linear } = withTrace(parent, () => rule(primals, nonzeros, params));
      const tangentsOut = withTrace(this.linear, () => linear(tangents));
      return primalsOut.map((p, i) => this.join(p, tangentsOut[i]));
    }
    const rule = jvpRuleOf(primitive);
    if (rule === null) return parent.processPrimitive(primitive, primals, params);
    const [outs, outTangents] = withTrace(this.partial, () => rule(primals, tangents, params));
    return outs.map((p, i) => this.join(p, outTangents[i]));
  }
}

/** A function linearized at a point. */
export interface Linearized {
  readonly primalsOut: NDArray[];
  /** Which results have a tangent that depends on the inputs. */
  readonly nonzerosOut: boolean[];
  /** The linear program: inputs are the tangents marked in `nonzeros`, outputs those marked in `nonzerosOut`. */
  readonly jaxpr: Jaxpr;
  /** Values of the program's constants, in order of first use: the residuals. */
  readonly residuals: NDArray[];
}

/** Linearizes a function of flat arrays at `primals`, in the inputs marked in `nonzeros`. Results marked in `force` have a tangent always. */
export function linearizeFlat(
  f: (args: NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
  nonzeros: readonly boolean[],
  description: string,
  force?: readonly boolean[],
): Linearized {
  const parent = currentTrace();
  const linear = new StagingTrace(parent, description);
  const trace = new LinearizeTrace(parent, linear);
  try {
    const args = primals.map((p, i) => (nonzeros[i] ? trace.join(p, linear.newArg(p.aval.toTangent())) : p));
    const outs = withTrace(trace, () => f(args)).map((x) => trace.split(x));
    const nonzerosOut = outs.map(([, t], i) => force?.[i] === true || !(t instanceof Zero));
    const staged = withTrace(linear, () =>
      outs.filter((_, i) => nonzerosOut[i]).map(([, t]) => instantiate(t)),
    );
    const { jaxpr, consts } = linear.finish(staged);
    // Tangents that no result needs go, and with them residuals that would be kept for nothing.
    const live = deadCodeElimination(jaxpr);
    return {
      primalsOut: outs.map(([p]) => p),
      nonzerosOut,
      jaxpr: live.jaxpr,
      residuals: consts.filter((_, i) => live.usedConsts[i]),
    };
  } finally {
    trace.alive = false;
    linear.alive = false;
  }
}
