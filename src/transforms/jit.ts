import { ArrayImpl, type NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { Executable, Origin } from "../core/backend.ts";
import { config, traceContext } from "../core/config.ts";
import { reports } from "../core/debug.ts";
import { assertNumbers, compileProgram } from "../core/dispatch.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { ClosedJaxpr } from "../core/jaxpr.ts";
import { evalWithoutCalls, nestingOf } from "../core/nesting.ts";
import {
  followPlacement,
  isSpec,
  type Placement,
  placementFrom,
  placementsOf,
  placeResults,
  runWith,
  specAlone,
} from "../core/placement.ts";
import type { Primitive } from "../core/primitive.ts";
import { isRecording, record } from "../core/timeline.ts";
import { tools } from "../core/tools.ts";
import { bind, boundAxesKey, isEager, withEvaluation } from "../core/trace.ts";
import { freshLiteral } from "../core/values.ts";
import { RuntimeError, ValueError } from "../errors.ts";
import type { PartitionSpec } from "../sharding/partitionSpec.ts";
import { checkPlacements, isSharding } from "../sharding/placement.ts";
import type { Sharding } from "../sharding/sharding.ts";
import { flattenInto } from "../tree/flatten.ts";
import { broadcastPrefix } from "../tree/rearrange.ts";
import { staticKey } from "../tree/statics.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { abstractLeaves, flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { jitP } from "./jitPrimitive.ts";
import { checkOptions, resolvePositions } from "./options.ts";
import { type Lowered, markWrapped, Traced } from "./stages.ts";
import { closeOverConcrete, traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

export interface JitOptions {
  /** Positions of arguments that are compile-time constants (from the end when negative); see {@link jit} for when two are equal. */
  staticArgnums?: number | readonly number[];
  /** Positions of arguments whose memory the call may reuse; their arrays are deleted by it. */
  donateArgnums?: number | readonly number[];
  /** Expand the function in place when it is traced inside another. */
  inline?: boolean;
  /** Keep arguments that the function does not use. */
  keepUnused?: boolean;
  /** Where arguments are to be: shardings in a pytree that is a prefix of the list of arguments; null where it is not said. */
  inShardings?: ShardingTree;
  /** Where results are to be: shardings in a pytree that is a prefix of what the function returns. */
  outShardings?: ShardingTree;
  /** The name that jaxprs print; default: the function's. */
  name?: string;
}

/** Shardings, or specs where a mesh is set, in a pytree; null where nothing is said. */
export type ShardingTree =
  | Sharding
  | PartitionSpec
  | null
  | readonly ShardingTree[]
  | { readonly [key: string]: ShardingTree };

/** Specialisations of one function that are kept. */
const maxEntries = 1024;
const jitOptions = [
  "staticArgnums",
  "donateArgnums",
  "inline",
  "keepUnused",
  "inShardings",
  "outShardings",
  "name",
];

/** A compiled function: call it, or look at its stages. */
export type JitFunction<F extends AnyFunction> = ((...args: ArgsOf<F>) => ReturnType<F>) & {
  /** Traces for these arguments (arrays or ShapeDtypeStructs) without running. */
  trace(...args: unknown[]): Traced;
  /** `trace(...args).lower()`. */
  lower(...args: unknown[]): Lowered;
  /** Shapes and dtypes of the result for these arguments. */
  evalShape(...args: unknown[]): unknown;
  /** Forgets compiled programs. */
  clearCache(): void;
};

/** A traced and, once it has run, compiled specialisation. */
interface Entry {
  readonly closed: ClosedJaxpr;
  readonly outTree: PyTreeDef;
  /** Values closed over that belong to outer transformations: leading arguments of the program. */
  readonly lifted: readonly NDArray[];
  readonly donated: readonly boolean[];
  executable: Executable | null;
  /** What a call within a program holds: `closed`, unless that is nested too deeply. */
  callable: ClosedJaxpr | null;
  readonly inTree: PyTreeDef;
  /** The static arguments and the settings that it was traced for. */
  readonly statics: readonly unknown[];
  readonly context: number;
  /** What the debug ladder says of the program, where it asks. */
  readonly origin: Origin | undefined;
  /** Shardings that the caller asked for, by leaf. */
  readonly inShardings: readonly (Sharding | null)[] | undefined;
  readonly outShardings: readonly (Sharding | null)[] | undefined;
  /** Where results are placed, when that is known: by those shardings, or by what computes the results. */
  readonly placements: readonly (Placement | null)[] | null;
}

/**
 * Compiles a function: traced once per combination of abstract arguments (tree structure, shapes, dtypes, weak types) and
 * static arguments, and compiled into one program.
 *
 * The function must be pure: it runs once per specialisation, and what it reads from outside is frozen into the program
 * (`config.update("checkPurity", "warn")` finds such reads).
 *
 * Static arguments are equal when they are the same primitive value, the same function or instance, arrays or plain objects of equal
 * values, or instances whose `equals` method says so.
 *
 * @throws TypeError when `f` is not a function or returns something that is not an array or scalar.
 * @throws ValueError for a static argument that is an array, or positions out of range.
 * @example
 * ```ts
 * const f = jit((x: NDArray) => x.mul(x).sum());
 * String(f(jnp.arange(4))); // => "14"
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function jit<F extends AnyFunction>(f: F, options: JitOptions = {}): JitFunction<F> {
  requireCallable(f);
  const name = options.name ?? functionName(f);
  checkOptions("jit", options, jitOptions);
  const staticPositions = argnums(options.staticArgnums, "staticArgnums");
  const donatePositions = argnums(options.donateArgnums, "donateArgnums");
  for (const i of staticPositions) {
    if (donatePositions.includes(i))
      throw new ValueError(
        `jit: argument ${i} is in staticArgnums and in donateArgnums; static arguments have no memory to donate.`,
      );
  }
  const donates = donatePositions.length > 0;
  const cache = new Map<unknown, Entry>();
  const nested = new Map<PyTreeDef, Map<number | string, Entry>>();
  const plain = staticPositions.length === 0;
  let entries = 0;
  const forget = (): void => {
    cache.clear();
    nested.clear();
    entries = 0;
  };
  const staticsOf = (args: readonly unknown[]): readonly number[] => {
    if (plain) return staticPositions;
    const statics = resolvePositions(staticPositions, args.length);
    checkStatics(args, statics, staticPositions, name);
    return statics;
  };

  const reasonFor = (
    args: readonly unknown[],
    statics: readonly number[],
    avals: readonly ShapedArray[],
    treedef: PyTreeDef,
  ): string => {
    const known = [cache, ...nested.values()].flatMap((entries) => [...entries.values()]);
    return tools().missReason(
      plain ? args : dynamicArgs(args, statics),
      { treedef, avals, statics: statics.map((i) => args[i]), context: traceContext() },
      statics,
      known.map(({ closed, inTree, statics, context }) => ({
        treedef: inTree,
        avals: closed.inAvals,
        statics,
        context,
      })),
    );
  };

  const trace = (
    args: readonly unknown[],
    statics: readonly number[],
    avals: readonly ShapedArray[],
    treedef: PyTreeDef,
  ): Entry => {
    const reason = reports("programs") ? reasonFor(args, statics, avals, treedef) : null;
    const start = performance.now();
    let outTree!: PyTreeDef;
    const { jaxpr, consts } = traceToJaxpr(
      (leaves) => {
        const out = f(...restore(args, statics, treedef.unflatten(leaves) as unknown[]));
        const flat = flattenArrays(out, `function ${name} traced for jit returned`);
        outTree = flat.treedef;
        return flat.leaves;
      },
      avals,
      `tracing the function ${name} for jit`,
    );
    if (isRecording()) {
      record({ name: `trace ${name}`, track: "host", start, duration: performance.now() - start });
    }
    const { closed, lifted } = closeOverConcrete(jaxpr, consts);
    const donate = resolvePositions(donatePositions, args.length);
    const donated = [...lifted.map(() => false), ...donatedLeaves(args, statics, donate)];
    const origin = reason === null ? undefined : { reason, tracing: performance.now() - start };
    const inShardings = shardingsOf(options.inShardings, treedef, "inShardings", avals);
    const outShardings = shardingsOf(options.outShardings, outTree, "outShardings", closed.outAvals);
    const placements = placementsOf(closed.jaxpr).map((p, i) => outShardings?.[i] ?? p);
    return {
      ...{ closed, outTree, lifted, donated, executable: null, callable: null, inTree: treedef, origin },
      inShardings: inShardings && [...lifted.map(() => null), ...inShardings],
      outShardings,
      placements: placements.every((p) => p === null) ? null : placements,
      ...{ statics: statics.map((i) => args[i]), context: traceContext() },
    };
  };

  const lookup = (
    args: readonly unknown[],
    statics: readonly number[],
    leaves: readonly NDArray[],
    treedef: PyTreeDef,
  ): Entry => {
    let byAvals: Map<unknown, Entry>;
    let key: unknown;
    if (plain) {
      let found = nested.get(treedef);
      if (found === undefined) {
        found = new Map();
        nested.set(treedef, found);
      }
      byAvals = found;
      key = boundKey(avalsKey(leaves));
    } else {
      byAvals = cache;
      key = staticKey([treedef.id, boundKey(avalsKey(leaves)), args.length, ...statics.map((i) => args[i])]);
    }
    let entry = byAvals.get(key);
    if (entry === undefined) {
      entry = trace(
        args,
        statics,
        leaves.map((x) => x.aval),
        treedef,
      );
      if (entry.lifted.length === 0) {
        // A program whose shapes never repeat must not hold on to everything it ever compiled.
        if (++entries > maxEntries) {
          forget();
          byAvals.clear();
          if (plain) nested.set(treedef, byAvals as Map<number | string, Entry>);
          entries = 1;
        }
        byAvals.set(key, entry);
      }
    } else if (config.checkPurity !== "off") {
      tools().checkPurity(
        name,
        entry.closed,
        () =>
          trace(
            args,
            statics,
            leaves.map((x) => x.aval),
            treedef,
          ).closed,
      );
    }
    return entry;
  };

  const call = (...args: unknown[]): unknown => {
    const statics = staticsOf(args);
    const { leaves, treedef } = flattenArrays(
      plain ? args : dynamicArgs(args, statics),
      `Argument of ${name} is`,
    );
    if (config.disableJit) return f(...restore(args, statics, treedef.unflatten(leaves) as unknown[]));
    const entry = lookup(args, statics, leaves, treedef);
    return entry.outTree.unflatten(run(entry, leaves));
  };

  const run = (entry: Entry, leaves: NDArray[]): NDArray[] => {
    const inputs = entry.lifted.length === 0 ? leaves : [...entry.lifted, ...leaves];
    if (options.inline === true) return evalJaxpr(entry.closed.jaxpr, entry.closed.consts, inputs);
    if (!isEager() || config.evaluator === "reference") {
      return bind(jitP, inputs, {
        name,
        jaxpr: (entry.callable ??= withoutDeepCalls(entry.closed, name)),
        donatedInvars: entry.donated,
        keepUnused: options.keepUnused === true,
        ...(entry.inShardings && { inShardings: entry.inShardings }),
        ...(entry.outShardings && { outShardings: entry.outShardings }),
      });
    }
    const executable = (entry.executable ??= compileProgram(entry.closed, name, entry.donated, entry.origin));
    if (donates) {
      protectLiterals(inputs, entry.donated);
      checkDonated(inputs, entry.donated, name);
    }
    if (entry.inShardings !== undefined) checkPlacements(inputs, entry.inShardings);
    const concrete = requireConcrete(inputs);
    const markKeys = config.debugKeyReuse
      ? tools().checkKeys(jitP as unknown as Primitive, inputs, { jaxpr: entry.closed })
      : null;
    const run = () => executable.call(concrete);
    const outs = entry.closed.jaxpr.effects.size === 0 ? run() : runWith(concrete, run);
    markKeys?.(outs);
    const { placements } = entry;
    if (placements !== null) placeResults(outs, (i) => placements[i]);
    if (placements === null || placements.includes(null)) followPlacement(inputs as ArrayImpl[], outs);
    if (config.debugNans || config.debugInfs) reportValues(entry.closed, inputs, outs, name, donates);
    return outs;
  };

  const jitted = setName(call, name) as unknown as JitFunction<F>;
  jitted.trace = (...args: unknown[]) => {
    const statics = staticsOf(args);
    const { avals, treedef } = abstractLeaves(
      plain ? args : dynamicArgs(args, statics),
      `Argument of ${name} is`,
    );
    const { closed, outTree, donated, origin } = trace(args, statics, avals, treedef);
    return new Traced({ name, closed, inTree: treedef, outTree, donated, origin });
  };
  jitted.lower = (...args: unknown[]) => jitted.trace(...args).lower();
  jitted.evalShape = (...args: unknown[]) => jitted.trace(...args).outInfo;
  markWrapped(jitted);
  jitted.clearCache = forget;
  return jitted;
}

/** The sharding of each leaf. @throws ValueError when an array cannot be divided so; TypeError for something else than a sharding */
function shardingsOf(
  tree: ShardingTree | undefined,
  treedef: PyTreeDef,
  option: string,
  avals: readonly ShapedArray[],
): readonly (Sharding | null)[] | undefined {
  if (tree === undefined || tree === null) return undefined;
  const placeholder = treedef.unflatten(new Array(treedef.numLeaves).fill(0));
  const isLeaf = (x: unknown): boolean => x === null || isSharding(x) || isSpec(x);
  const shardings = broadcastPrefix(tree, placeholder, isLeaf, `jit ${option}`).map((given) => {
    const sharding = placementFrom(given, () => specAlone("jit", option)) as Sharding | null;
    if (given !== null && sharding === null)
      throw new TypeError(`jit: ${option} must be shardings, got ${String(given)}.`);
    return sharding;
  });
  shardings.forEach((sharding, i) => {
    sharding?.shardShape(avals[i].shape);
  });
  return shardings;
}

export function requireCallable(f: unknown): void {
  if (typeof f !== "function") throw new TypeError(`Expected a callable value, got ${String(f)}`);
}

function argnums(value: number | readonly number[] | undefined, option: string): readonly number[] {
  const list = value === undefined ? [] : typeof value === "number" ? [value] : [...value];
  for (const i of list) {
    if (!Number.isInteger(i)) throw new TypeError(`jit: ${option} must be integers, got ${String(i)}.`);
  }
  return list.sort((a, b) => a - b);
}

function avalsKey(leaves: readonly NDArray[]): number | string {
  if (leaves.length === 1) return leaves[0].aval.id;
  if (leaves.length === 2) return leaves[0].aval.id * 0x2000000 + leaves[1].aval.id;
  let key = "";
  for (let i = 0; i < leaves.length; i++) key += `${leaves[i].aval.id},`;
  return key;
}

/** What is traced may depend on the named axes that are bound, and on settings. */
function boundKey(key: number | string): number | string {
  const axes = boundAxesKey();
  const context = traceContext();
  return axes === "" && context === 0 ? key : `${axes}|${context}|${key}`;
}

function dynamicArgs(args: readonly unknown[], statics: readonly number[]): unknown[] {
  return args.filter((_, i) => !statics.includes(i));
}
function restore(args: readonly unknown[], statics: readonly number[], dynamic: unknown[]): unknown[] {
  if (statics.length === 0) return dynamic;
  let next = 0;
  return args.map((x, i) => (statics.includes(i) ? x : dynamic[next++]));
}

function checkStatics(
  args: readonly unknown[],
  statics: readonly number[],
  given: readonly number[],
  name: string,
): void {
  for (const i of statics) {
    if (i < 0 || i >= args.length) {
      throw new ValueError(
        `jit of ${name} has staticArgnums ${given.join(", ")}, but was called with only ${args.length} positional arguments.`,
      );
    }
    if (hasArray(args[i])) {
      throw new ValueError(
        `Non-hashable static arguments are not supported: argument ${i} of ${name} holds an array. ` +
          "Pass arrays as ordinary arguments, and only plain values through staticArgnums.",
      );
    }
  }
}
function hasArray(x: unknown): boolean {
  const leaves: unknown[] = [];
  flattenInto(x, leaves);
  return leaves.some((leaf) => typeof leaf === "object" && leaf !== null && "aval" in leaf);
}

function donatedLeaves(
  args: readonly unknown[],
  statics: readonly number[],
  donate: readonly number[],
): boolean[] {
  return args.flatMap((x, i) => {
    if (statics.includes(i)) return [];
    const leaves: unknown[] = [];
    flattenInto(x, leaves);
    return leaves.map(() => donate.includes(i));
  });
}

/** Scalars given as numbers are shared; a donated one needs memory of its own. */
function protectLiterals(inputs: NDArray[], donated: readonly boolean[]): void {
  inputs.forEach((x, i) => {
    if (donated[i] && x instanceof ArrayImpl && x.literal !== undefined)
      inputs[i] = freshLiteral(x.literal, x.aval);
  });
}

/** @throws RuntimeError when the memory of a donated array is passed in a second place */
function checkDonated(inputs: readonly NDArray[], donated: readonly boolean[], name: string): void {
  inputs.forEach((x, i) => {
    if (!donated[i]) return;
    const again = inputs.indexOf(x) === i ? inputs.indexOf(x, i + 1) : inputs.indexOf(x);
    if (again < 0) return;
    throw new RuntimeError(
      `Attempt to donate the same array twice, or to donate and use it, in a call of ${name}: argument leaves ${Math.min(i, again)} and ` +
        `${Math.max(i, again)} are one array of shape ${x.aval}. Pass a copy (x.copy()) in one of the places.`,
    );
  });
}

/**
 * Transformations recur into programs within programs, so the stack bounds the nesting. What is nested deeper, and not too long, is written
 * out; once per this many levels, so that the work stays in proportion to them.
 */
const maxNesting = 48;
const maxWrittenOut = 100_000;

function withoutDeepCalls(closed: ClosedJaxpr, name: string): ClosedJaxpr {
  const { depth, equations } = nestingOf(closed.jaxpr);
  if (depth < maxNesting || equations > maxWrittenOut) return closed;
  const { jaxpr, consts } = traceToJaxpr(
    (args) => evalWithoutCalls(closed.jaxpr, closed.consts, args, jitP as unknown as Primitive),
    closed.inAvals,
    `writing out the calls in ${name}`,
  );
  return new ClosedJaxpr(jaxpr, consts);
}

function requireConcrete(inputs: readonly NDArray[]): readonly ArrayImpl[] {
  for (const x of inputs) if (!(x instanceof ArrayImpl)) return bindLeaked(inputs);
  return inputs as readonly ArrayImpl[];
}
/** Outside every transformation a tracer can only be a leaked one; binding raises the error that says so. */
function bindLeaked(inputs: readonly NDArray[]): never {
  bind(jitP, inputs, { name: "", jaxpr: null as never, donatedInvars: [], keepUnused: false });
  throw new Error("unreachable");
}

/** Finds the operation that made a NaN or infinity by running the program again, one operation at a time. */
function reportValues(
  closed: ClosedJaxpr,
  inputs: readonly NDArray[],
  outs: readonly ArrayImpl[],
  name: string,
  donated: boolean,
): void {
  try {
    for (const x of outs) assertNumbers(x, `jit(${name})`);
  } catch (error) {
    if (!donated) withEvaluation(() => evalJaxpr(closed.jaxpr, closed.consts, inputs));
    throw error;
  }
}
