import { ArrayImpl, type NDArray } from "../core/array.ts";
import { traceContext } from "../core/config.ts";
import { ClosedJaxpr, Jaxpr } from "../core/jaxpr.ts";
import { bind } from "../core/trace.ts";
import { ConcretizationTypeError, ValueError } from "../errors.ts";
import { staticKey } from "../tree/statics.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import type { CheckpointPolicy } from "./checkpointPolicies.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { checkOptions, resolvePositions } from "./options.ts";
import { rematP } from "./remat.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

export interface CheckpointOptions {
  /** Which intermediate results are kept all the same; default: none. See `checkpointPolicies`. */
  policy?: CheckpointPolicy | null;
  /**
   * Keep the compiler from finding that what is computed again was computed before, which would undo the checkpoint; default true. Where the
   * forward and the backward pass are programs of their own anyhow, false allows a little more optimisation.
   */
  preventCse?: boolean;
  /** Positions of arguments that the function needs as they are (from the end when negative). */
  staticArgnums?: number | readonly number[];
}

/** A traced specialisation. */
interface Entry {
  readonly program: ClosedJaxpr;
  /** What the function closed over: leading operands. */
  readonly consts: readonly NDArray[];
  readonly outTree: PyTreeDef;
}

/** Specialisations of one function that are kept. */
const maxEntries = 256;

/**
 * Trades time for memory: when the result of the function is differentiated in reverse mode, its intermediate results are not kept for the
 * backward pass, but computed there again. Values and derivatives are the same.
 *
 * @throws TypeError for a policy that is no function, ConcretizationTypeError when the function asks for the value of an argument that is not
 * static, ValueError for static positions out of range
 * @example
 * ```ts
 * const layer = checkpoint((w: NDArray, x: NDArray) => jnp.tanh(w.mul(x)));
 * String(grad((w) => layer(w, layer(w, jnp.float32(1))))(0.5)); // => "0.81125355"
 * ```
 */
export function checkpoint<F extends AnyFunction>(
  f: F,
  options: CheckpointOptions = {},
): (...args: ArgsOf<F>) => ReturnType<F> {
  requireCallable(f);
  checkOptions("checkpoint", options, ["policy", "preventCse", "staticArgnums"]);
  const { policy = null, preventCse = true } = options;
  if (policy !== null && typeof policy !== "function") {
    throw new TypeError(`checkpoint: policy must be a function or null, got ${String(policy)}.`);
  }
  if (typeof preventCse !== "boolean") {
    throw new TypeError(`checkpoint: preventCse must be true or false, got ${String(preventCse)}.`);
  }
  const positions = options.staticArgnums === undefined ? [] : [options.staticArgnums].flat();
  const name = functionName(f);
  const entries = new Map<unknown, Entry>();

  const trace = (
    args: readonly unknown[],
    statics: readonly number[],
    leaves: readonly NDArray[],
    treedef: PyTreeDef,
  ): Entry => {
    let outTree!: PyTreeDef;
    const { jaxpr, consts } = withAdvice(() =>
      traceToJaxpr(
        (xs) => {
          const dynamic = treedef.unflatten(xs) as unknown[];
          let next = 0;
          const out = f(...args.map((x, i) => (statics.includes(i) ? x : dynamic[next++])));
          const flat = flattenArrays(out, `checkpointed function ${name} returned`);
          outTree = flat.treedef;
          return flat.leaves;
        },
        leaves.map((x) => x.aval),
        `tracing the function ${name} for checkpoint`,
      ),
    );
    const program = new Jaxpr([], [...jaxpr.constvars, ...jaxpr.invars], jaxpr.eqns, jaxpr.outvars);
    return { program: new ClosedJaxpr(program), consts, outTree };
  };

  const call = (...args: unknown[]): unknown => {
    const statics = resolvePositions(positions, args.length);
    for (const i of statics) {
      if (i >= 0 && i < args.length) continue;
      throw new ValueError(
        `checkpoint of ${name} has staticArgnums ${positions.join(", ")}, but was called with only ${args.length} positional arguments.`,
      );
    }
    const { leaves, treedef } = flattenArrays(
      statics.length === 0 ? args : args.filter((_, i) => !statics.includes(i)),
      `Argument of ${name} is`,
    );
    const avals = leaves.map((x) => x.aval.id).join();
    const key = staticKey([treedef.id, traceContext(), avals, args.length, ...statics.map((i) => args[i])]);
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = trace(args, statics, leaves, treedef);
      // What closes over values of an outer transformation is good for this call alone.
      if (entry.consts.every((x) => x instanceof ArrayImpl)) {
        if (entries.size >= maxEntries) entries.clear();
        entries.set(key, entry);
      }
    }
    const outs = bind(rematP, [...entry.consts, ...leaves], {
      jaxpr: entry.program,
      preventCse,
      differentiated: false,
      policy,
    });
    return entry.outTree.unflatten(outs);
  };
  return setName(call, name) as (...args: ArgsOf<F>) => ReturnType<F>;
}

/** {@link checkpoint} by its other name. */
export const remat = checkpoint;

function withAdvice<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ConcretizationTypeError && !error.message.includes("staticArgnums of checkpoint")) {
      error.message +=
        "\n\nConsider the staticArgnums of checkpoint for arguments whose values the function needs.";
    }
    throw error;
  }
}
