import { convertHost, float32 } from "../dtypes/index.ts";
import { FloatingPointError } from "../errors.ts";
import { ArrayImpl, type NDArray } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import { defaultBackend, type Executable, type Origin } from "./backend.ts";
import { config } from "./config.ts";
import { reports } from "./debug.ts";
import { evalJaxpr } from "./evalJaxpr.ts";
import { ClosedJaxpr, Jaxpr, Var } from "./jaxpr.ts";
import { isControl } from "./lowering.ts";
import { paramsKey } from "./paramsKey.ts";
import { followPlacement, placeResults } from "./placement.ts";
import type { Params, Primitive } from "./primitive.ts";
import { tools } from "./tools.ts";
import { checkAlive, installEvalTrace, leakError, Trace, type Tracer } from "./trace.ts";

const maxEntries = 4096;

/** Evaluates each primitive at once, through the same lowering as compiled programs. */
class EvalTrace extends Trace {
  /** Executables of single equations, by primitive, then by parameters and avals. */
  private readonly cache = new Map<Primitive, Map<string, Map<number | string, Executable>>>();
  private entries = 0;

  processPrimitive(primitive: Primitive, args: readonly NDArray[], params: Params): NDArray[] {
    for (let i = 0; i < args.length; i++) {
      const x = args[i];
      if (!(x instanceof ArrayImpl)) {
        checkAlive(x);
        throw leakError((x as Tracer).tracedBy, x.aval, x);
      }
    }
    const inputs = args as readonly ArrayImpl[];
    const markKeys = config.debugKeyReuse ? tools().checkKeys(primitive, inputs, params) : null;
    const out = this.run(primitive, inputs, params);
    markKeys?.(out);
    if (primitive.placement === undefined) followPlacement(inputs, out);
    else placeResults(out, (i) => primitive.placement?.(params, i) ?? null);
    if (config.debugNans || config.debugInfs) checkValues(primitive, inputs, params, out);
    return out;
  }

  private run(primitive: Primitive, inputs: readonly ArrayImpl[], params: Params): ArrayImpl[] {
    const { lowering } = primitive;
    if (lowering.kind === "hostCall") return [...lowering.call(params)(inputs)];
    const program = primitive.inlineAs?.(params);
    if (program !== undefined) return compiled(program.jaxpr, program.consts as ArrayImpl[]).call(inputs);
    return this.executable(primitive, inputs, params).call(inputs);
  }

  private executable(primitive: Primitive, inputs: readonly ArrayImpl[], params: Params): Executable {
    // Loops and branches are traced anew at every call, so their code is found by what they compute.
    if (isControl(primitive.lowering)) return compileEquation(primitive, inputs, params, true);
    let byParams = this.cache.get(primitive);
    if (byParams === undefined) {
      byParams = new Map();
      this.cache.set(primitive, byParams);
    }
    const pkey = paramsKey(params);
    let byAvals = byParams.get(pkey);
    if (byAvals === undefined) {
      byAvals = new Map();
      byParams.set(pkey, byAvals);
    }
    const akey = avalsKey(inputs);
    let executable = byAvals.get(akey);
    if (executable === undefined) {
      executable = compileEquation(primitive, inputs, params, false);
      // A program that never repeats its shapes must not hold on to every kernel it ever needed.
      if (++this.entries > maxEntries) this.clear();
      byAvals.set(akey, executable);
    }
    return executable;
  }

  clear(): void {
    this.cache.clear();
    this.entries = 0;
  }
}

/** The program of one equation. */
function compileEquation(
  primitive: Primitive,
  inputs: readonly ArrayImpl[],
  params: Params,
  shareCode: boolean,
): Executable {
  const avals = inputs.map((x) => x.aval);
  const invars = avals.map((aval) => new Var(aval));
  const outputs = primitive.abstractEval(avals, params).map((aval) => new Var(aval));
  const jaxpr = new Jaxpr([], invars, [{ primitive, inputs: invars, outputs, params }], outputs);
  const origin = reports("programs") ? { reason: eagerReason(avals) } : undefined;
  return defaultBackend().compile(new ClosedJaxpr(jaxpr), { name: primitive.name, origin, shareCode });
}

function avalsKey(inputs: readonly ArrayImpl[]): number | string {
  switch (inputs.length) {
    case 1:
      return inputs[0].aval.id;
    case 2:
      return inputs[0].aval.id * 0x2000000 + inputs[1].aval.id;
    default:
      return inputs.map((x) => x.aval.id).join();
  }
}

function eagerReason(avals: readonly ShapedArray[]): string {
  return avals.length === 0 ? "an eager operation" : `an eager operation on ${avals.join(", ")}`;
}

const executables = new WeakMap<Jaxpr, Executable>();

/** The executable of a program held by an equation, compiled once. */
export function compiled(jaxpr: Jaxpr, consts: readonly ArrayImpl[], name = "jit"): Executable {
  let executable = executables.get(jaxpr);
  if (executable === undefined) {
    const origin = reports("programs") ? { reason: "a program inside another that is evaluated" } : undefined;
    executable = compileProgram(new ClosedJaxpr(jaxpr, consts), name, undefined, origin);
    executables.set(jaxpr, executable);
  }
  return executable;
}

export function compileProgram(
  closed: ClosedJaxpr,
  name: string,
  donated?: readonly boolean[],
  origin?: Origin,
): Executable {
  return defaultBackend().compile(closed, { name, donated, origin });
}

/** A call that made a NaN or infinity is run again, one operation at a time, to find the one that did. */
function checkValues(
  primitive: Primitive,
  inputs: readonly ArrayImpl[],
  params: Params,
  out: readonly ArrayImpl[],
): void {
  try {
    for (const x of out) assertNumbers(x, primitive.name);
  } catch (error) {
    const program = primitive.inlineAs?.(params);
    if (program !== undefined) evalJaxpr(program.jaxpr, program.consts, inputs);
    throw error;
  }
}

/** @throws FloatingPointError when a floating array holds a NaN (`config.debugNans`) or an infinity (`config.debugInfs`). */
export function assertNumbers(x: ArrayImpl, where: string): void {
  const { dtype } = x.aval;
  if (dtype.kind !== "float" && dtype.kind !== "complex") return;
  const data = x.toHost();
  const isWide = dtype.kind === "complex" || dtype.bits >= 32;
  const values = (isWide ? data : convertHost(data, dtype, float32)) as Float32Array;
  for (const v of values) {
    if (Number.isFinite(v) || (Number.isNaN(v) ? !config.debugNans : !config.debugInfs)) continue;
    throw new FloatingPointError(
      `invalid value (${Number.isNaN(v) ? "nan" : "inf"}) encountered in ${where}`,
    );
  }
}

const evalTrace = /* @__PURE__ */ new EvalTrace(null, "evaluating eagerly");
installEvalTrace(evalTrace);

/** Forgets compiled single operations. */
export function clearDispatchCache(): void {
  evalTrace.clear();
}
