import { ArrayImpl, type NDArray } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import { config } from "./config.ts";
import { type Atom, type Eqn, Jaxpr, Literal, Var } from "./jaxpr.ts";
import type { Params, Primitive } from "./primitive.ts";
import { tools } from "./tools.ts";
import { bind, checkAlive, isFoldingConstants, Trace, Tracer, withEvaluation } from "./trace.ts";
import { varyingResults } from "./varying.ts";

/** A value of a program that is being written down. */
export class JaxprTracer extends Tracer {
  readonly atom: Atom;
  constructor(trace: StagingTrace, atom: Atom) {
    super(trace);
    this.atom = atom;
  }
  get aval(): ShapedArray {
    return this.atom.aval;
  }
  describe(): string {
    return `JitTracer(${this.aval.strWeak()})`;
  }
}

/** Writes down a jaxpr: each primitive becomes an equation. Values from outside become constants. */
export class StagingTrace extends Trace {
  readonly invars: Var[] = [];
  private readonly eqns: Eqn[] = [];
  private readonly constvars: Var[] = [];
  private readonly consts: NDArray[] = [];
  private readonly constTracers = new Map<NDArray, JaxprTracer>();

  newArg(aval: ShapedArray): JaxprTracer {
    const v = new Var(aval);
    this.invars.push(v);
    return new JaxprTracer(this, v);
  }

  /** The tracer for any value: its own tracers as they are, scalars as literals, the rest as constants. */
  lift(value: NDArray): JaxprTracer {
    if (value instanceof JaxprTracer && value.tracedBy === this) {
      if (!this.alive) checkAlive(value);
      return value;
    }
    const known = this.constTracers.get(value);
    if (known !== undefined) return known;
    checkAlive(value);
    let tracer: JaxprTracer;
    if (value instanceof ArrayImpl && value.literal !== undefined) {
      tracer = new JaxprTracer(this, new Literal(value.literal, value));
    } else {
      const v = new Var(value.aval);
      this.constvars.push(v);
      this.consts.push(value);
      tracer = new JaxprTracer(this, v);
    }
    this.constTracers.set(value, tracer);
    return tracer;
  }

  processPrimitive(primitive: Primitive, args: readonly NDArray[], params: Params): NDArray[] {
    // What has no code by itself (the index along a mapped axis) is traced in any case.
    const folds =
      isFoldingConstants() && primitive.lowering.kind !== "none" && primitive.collective === undefined;
    if (folds && args.every((x) => x instanceof ArrayImpl)) {
      return withEvaluation(() => bind(primitive, args, params));
    }
    const inputs = args.map((x) => this.lift(x).atom);
    const inAvals = inputs.map((a) => a.aval);
    const avals = primitive.abstractEval(inAvals, params);
    return this.emit(primitive, inputs, params, varyingResults(primitive, inAvals, params, avals));
  }

  emit(
    primitive: Primitive,
    inputs: readonly Atom[],
    params: Params,
    avals: readonly ShapedArray[],
  ): JaxprTracer[] {
    const outputs = avals.map((aval) => new Var(aval));
    this.eqns.push({ primitive, inputs, outputs, params });
    return outputs.map((v) => new JaxprTracer(this, v));
  }

  /** Ends the trace: the program that computes `outs`, and its constants in order of first use. */
  finish(outs: readonly NDArray[]): { jaxpr: Jaxpr; consts: NDArray[] } {
    const outvars = outs.map((x) => this.lift(x).atom);
    this.alive = false;
    const jaxpr = new Jaxpr(this.constvars, this.invars, this.eqns, outvars);
    if (config.enableChecks) tools().checkJaxpr(jaxpr);
    return { jaxpr, consts: this.consts };
  }
}
