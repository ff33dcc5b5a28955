import { ArrayImpl, type NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { ClosedJaxpr } from "../core/jaxpr.ts";
import {
  type JvpRule,
  NoRule,
  type Params,
  type Primitive,
  type Tangent,
  Zero,
  zeroDerivative,
} from "../core/primitive.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { checkAlive, currentTrace, Trace, Tracer, withTrace } from "../core/trace.ts";
import { maskKey, ProgramCache } from "./programCache.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";

/** A primal value and its tangent. */
export class JvpTracer extends Tracer {
  readonly primal: NDArray;
  readonly tangent: Tangent;
  constructor(trace: JvpTrace, primal: NDArray, tangent: Tangent) {
    super(trace);
    this.primal = primal;
    this.tangent = tangent;
  }
  get aval(): ShapedArray {
    return this.primal.aval;
  }
  describe(): string {
    const tangent = this.tangent instanceof Zero ? `Zero(${this.tangent.aval})` : describeValue(this.tangent);
    return `JVPTracer(primal=${describeValue(this.primal)}, tangent=${tangent})`;
  }
  override concrete(): ArrayImpl | null {
    return concreteValue(this.primal);
  }
}

/** A value inside the text of a tracer. */
export function describeValue(x: NDArray): string {
  return x instanceof Tracer ? x.describe() : String(x);
}

/** The concrete array behind a value, through the tracers of jvp and grad. */
export function concreteValue(x: NDArray): ArrayImpl | null {
  return x instanceof ArrayImpl ? x : x instanceof Tracer ? x.concrete() : null;
}

/** The jvp rule of a primitive, or the error that says why there is none. `null`: the derivative is zero. */
export function jvpRuleOf(primitive: Primitive): JvpRule | null {
  const rule = primitive.jvp;
  if (!(rule instanceof NoRule)) return rule;
  if (rule === zeroDerivative) return null;
  throw new TypeError(`Differentiation rule for '${primitive.name}' not implemented: ${rule.reason}`);
}

/** Forward mode: every primitive applies its jvp rule to primals and tangents, under the parent trace. */
export class JvpTrace extends Trace {
  split(x: NDArray): [NDArray, Tangent] {
    if (x instanceof JvpTracer && x.tracedBy === this) {
      if (!this.alive) checkAlive(x);
      return [x.primal, x.tangent];
    }
    return [x, zeroTangent(x)];
  }
  override differentiates(values: readonly NDArray[]): boolean {
    return values.some((x) => !(this.split(x)[1] instanceof Zero));
  }
  join(primal: NDArray, tangent: Tangent): NDArray {
    if (tangent instanceof Zero || primal.aval.toTangent() !== primal.aval) return primal;
    return new JvpTracer(this, primal, tangent);
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
    const rule = active ? jvpRuleOf(primitive) : null;
    if (rule === null) return parent.processPrimitive(primitive, primals, params);
    const [outs, outTangents] = withTrace(parent, () => rule(primals, tangents, params));
    return outs.map((p, i) => this.join(p, outTangents[i]));
  }
}

/** Runs `f` on primals and tangents in forward mode; tangents of the results may be symbolic zeros. */
export function runJvp(
  f: (args: NDArray[]) => readonly NDArray[],
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  description: string,
): [NDArray[], Tangent[]] {
  const trace = new JvpTrace(currentTrace(), description);
  try {
    const outs = withTrace(trace, () => f(primals.map((p, i) => trace.join(p, tangents[i]))));
    const pairs = outs.map((x) => trace.split(x));
    return [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
  } finally {
    trace.alive = false;
  }
}

const jvpCache = /* @__PURE__ */ new ProgramCache<{ closed: ClosedJaxpr; nonzerosOut: boolean[] }>();

/**
 * The program that computes primals and tangents: inputs are all primals, then the tangents marked in `nonzeros`;
 * outputs all primals, then the tangents marked in the result's `nonzerosOut`, those marked in `force` among them.
 */
export function jvpJaxpr(
  program: ClosedJaxpr,
  nonzeros: readonly boolean[],
  force?: readonly boolean[],
): { closed: ClosedJaxpr; nonzerosOut: boolean[] } {
  const key = `${maskKey(nonzeros)},${maskKey(force ?? [])}`;
  return jvpCache.get(program.jaxpr, key, () => {
    const inAvals = program.inAvals;
    const tangentAvals = inAvals.filter((_, i) => nonzeros[i]).map((a) => a.toTangent());
    let nonzerosOut: boolean[] = [];
    const { jaxpr, consts } = traceToJaxpr(
      (args) => {
        const primals = args.slice(0, inAvals.length);
        let next = inAvals.length;
        const tangents = inAvals.map((a, i) => (nonzeros[i] ? args[next++] : new Zero(a.toTangent())));
        const [outs, outTangents] = runJvp(
          (xs) => evalJaxpr(program.jaxpr, program.consts, xs),
          primals,
          tangents,
          "differentiating a program",
        );
        nonzerosOut = outTangents.map((t, i) => force?.[i] === true || !(t instanceof Zero));
        return [...outs, ...outTangents.filter((_, i) => nonzerosOut[i]).map(instantiate)];
      },
      [...inAvals, ...tangentAvals],
      "differentiating a program",
    );
    return { closed: new ClosedJaxpr(jaxpr, consts), nonzerosOut };
  });
}
