import { UnexpectedTracerError } from "../errors.ts";
import { type ArrayImpl, NDArray } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import { config } from "./config.ts";
import type { Params, Primitive } from "./primitive.ts";

/** A mapped axis that collectives refer to by name: the `axisName` of a vmap or pmap, or an axis of a mesh. */
export interface NamedAxis {
  readonly name: string;
  readonly size: number;
  /** Types say over which of these axes a value varies (`ShapedArray.varying`): those of shardMap with checkVma. */
  readonly checked?: boolean;
}
export const noAxes: readonly NamedAxis[] = [];

/**
 * An interpreter of primitives. One trace is current at any time; a transformation makes a new one whose parent is the
 * trace it was called under, runs the user's function under it, and runs the rules of the primitives under the parent.
 */
export abstract class Trace {
  readonly parent: Trace | null;
  /** False once the transformation has finished: its tracers must not be used any more. */
  alive = true;
  /** What was traced, for the message about a leak. */
  readonly description: string;
  /** The named axes that are bound here, in addition to those of the parents: collectives below may refer to them. */
  readonly axes: readonly NamedAxis[];
  constructor(parent: Trace | null, description: string, axes: readonly NamedAxis[] = noAxes) {
    this.parent = parent;
    this.description = description;
    this.axes = axes;
  }
  abstract processPrimitive(primitive: Primitive, args: readonly NDArray[], params: Params): NDArray[];
  /** Whether any of the values has a derivative that this trace follows. */
  differentiates(_values: readonly NDArray[]): boolean {
    return false;
  }
}

/** Where the program is; engines show ten frames unless told otherwise, which the library alone would fill. */
function longStack(): string {
  const limits = Error as { stackTraceLimit?: number };
  const saved = limits.stackTraceLimit;
  limits.stackTraceLimit = 50;
  const { stack = "" } = new Error();
  limits.stackTraceLimit = saved;
  return stack;
}

/** Where tracers were made, under `config.checkTracerLeaks`. */
const origins = new WeakMap<NDArray, string>();

/** Stands for an array while a function is transformed. */
export abstract class Tracer extends NDArray {
  /** The interpreter that it belongs to. (`x.trace()` is the sum of the diagonal.) */
  readonly tracedBy: Trace;
  constructor(trace: Trace) {
    super();
    this.tracedBy = trace;
    if (config.checkTracerLeaks) origins.set(this, longStack());
  }
  /** What printing shows: the kind of tracer and its type, as JAX prints them. */
  abstract describe(): string;
  /** The concrete array behind the tracer, where the transformation keeps one (jvp, grad); null otherwise. */
  concrete(): ArrayImpl | null {
    return null;
  }
}

/** The trace at the bottom: evaluates on the device. Set up by dispatch.ts. */
let bottom: Trace | null = null;
let current: Trace | null = null;

export function installEvalTrace(trace: Trace): void {
  bottom = trace;
  current = trace;
}
export function currentTrace(): Trace {
  if (current === null) throw new Error("the evaluation trace is not installed; import the package's root");
  return current;
}
/** True where operations are evaluated at once: no transformation is in progress. */
export function isEager(): boolean {
  return current === bottom;
}

/** Runs `f` with `trace` as the current trace. */
export function withTrace<T>(trace: Trace, f: () => T): T {
  const saved = current;
  current = trace;
  try {
    return f();
  } finally {
    current = saved;
  }
}
/** Runs `f` outside every transformation. */
export function withEvaluation<T>(f: () => T): T {
  return withTrace(bottom as Trace, f);
}

/** The innermost axis of this name that is bound where the program is; undefined when there is none. */
export function boundAxis(name: string): NamedAxis | undefined {
  for (let trace = current; trace !== null; trace = trace.parent) {
    for (const axis of trace.axes) if (axis.name === name) return axis;
  }
  return undefined;
}
export function boundAxisSize(name: string): number | undefined {
  return boundAxis(name)?.size;
}
/** All named axes that are bound, as part of a key: what is traced may depend on their sizes. */
export function boundAxesKey(): string {
  let key = "";
  for (let trace = current; trace !== null; trace = trace.parent) key += axesKey(trace.axes);
  return key;
}
/** Named axes as part of a key. */
export function axesKey(axes: readonly NamedAxis[]): string {
  let key = "";
  for (const { name, size, checked } of axes) key += `${JSON.stringify(name)}:${size}${checked ? "!" : ""};`;
  return key;
}

/** Only binds axes. */
class ScopeTrace extends Trace {
  processPrimitive(primitive: Primitive, args: readonly NDArray[], params: Params): NDArray[] {
    return (this.parent as Trace).processPrimitive(primitive, args, params);
  }
}
/** Makes the operands of an operation vary over the same axes; installed by varying.ts, in effect while axes are checked. */
type Align = (primitive: Primitive, args: readonly NDArray[], params: Params) => readonly NDArray[];
let installedAlign: Align | null = null;
let align: Align | null = null;
type Vary = (x: NDArray, axes: readonly string[]) => NDArray;
let vary: Vary | null = null;
/** Called by what makes types that tell over which axes of a mesh values vary: how operands are aligned, and a value made to vary. */
export function installAlignment(f: Align, g: Vary): void {
  installedAlign = f;
  vary = g;
}
/** A new value as one that varies over the axes over which another does. */
export function varyingLike(x: NDArray, { varying }: ShapedArray): NDArray {
  return varying.length === 0 || vary === null ? x : vary(x, varying);
}

/** Runs `f` with named axes bound. */
export function withAxes<T>(axes: readonly NamedAxis[], f: () => T): T {
  if (axes.length === 0) return f();
  const saved = align;
  align = axes.some((axis) => axis.checked) ? installedAlign : null;
  try {
    return withTrace(new ScopeTrace(current, "binding named axes", axes), f);
  } finally {
    align = saved;
  }
}

let foldsConstants = false;
/** True inside {@link ensureCompileTimeEval}. */
export function isFoldingConstants(): boolean {
  return foldsConstants;
}

/**
 * Runs `f` so that operations on known values are evaluated now rather than traced: inside `jit` and the other transformations their
 * results are arrays with values, which may decide about shapes and branches. Operations on traced values are traced as ever.
 *
 * @example
 * ```ts
 * const f = jit((x: NDArray) => {
 *   const n = ensureCompileTimeEval(() => jnp.arange(4).sum().item());
 *   return x.mul(n);
 * });
 * String(f(2)); // => "12"
 * ```
 */
export function ensureCompileTimeEval<T>(f: () => T): T {
  const saved = foldsConstants;
  foldsConstants = true;
  try {
    return f();
  } finally {
    foldsConstants = saved;
  }
}

/** Applies a primitive under the current trace. */
export function bind<P extends Params>(
  primitive: Primitive<P>,
  operands: readonly NDArray[],
  params: P,
): NDArray[] {
  const args = align === null ? operands : align(primitive as unknown as Primitive, operands, params);
  return (current as Trace).processPrimitive(primitive as unknown as Primitive, args, params);
}
/** {@link bind} for primitives with one result. */
export function bind1<P extends Params>(
  primitive: Primitive<P>,
  operands: readonly NDArray[],
  params: P,
): NDArray {
  const args = align === null ? operands : align(primitive as unknown as Primitive, operands, params);
  return (current as Trace).processPrimitive(primitive as unknown as Primitive, args, params)[0];
}

/** Raises for a tracer whose transformation has ended. */
export function checkAlive(value: NDArray): void {
  if (value instanceof Tracer && !value.tracedBy.alive) throw leakError(value.tracedBy, value.aval, value);
}

export function leakError(trace: Trace, aval: ShapedArray, value?: NDArray): UnexpectedTracerError {
  const stack = value === undefined ? undefined : origins.get(value);
  // The first lines are the message and the constructors.
  const origin = stack === undefined ? "" : `\nIt was made here:\n${stack.split("\n").slice(3).join("\n")}`;
  return new UnexpectedTracerError(
    "Encountered an unexpected tracer. A function transformed by JAX had a side effect, allowing for a reference to " +
      `an intermediate value with type ${aval.strShort()} to escape the scope of the transformation.\n` +
      `The leaked value was made while ${trace.description}. Transformed functions must not store intermediate values ` +
      "in globals, closures or object fields: return them as results instead (with hasAux where a transformation " +
      `expects a single output).${origin}`,
  );
}
