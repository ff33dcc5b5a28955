import type { NDArray } from "../core/array.ts";
import { ClosedJaxpr, Jaxpr } from "../core/jaxpr.ts";
import { definePrimitive, type Params, type Primitive } from "../core/primitive.ts";
import { instantiate } from "../core/tangents.ts";
import { bind, isEager } from "../core/trace.ts";
import { AttributeError, UnexpectedTracerError, ValueError } from "../errors.ts";
import { broadcastBatchDim, moveBatchDim } from "../lax/batching.ts";
import { flattenInto } from "../tree/flatten.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { jvpJaxpr, runJvp } from "./jvpTrace.ts";
import { closeOverConcrete, traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

/** A rule on flat arrays, mapped ones with their axis first: results, and which of them are mapped. */
type FlatVmapRule = (
  axisSize: number,
  batched: readonly boolean[],
  args: readonly NDArray[],
) => [NDArray[], readonly boolean[]];

interface CustomVmapParams extends Params {
  readonly name: string;
  readonly call: ClosedJaxpr;
  readonly rule: FlatVmapRule;
  /** Leading operands that the function closed over; its rule does not see them. */
  readonly numLifted: number;
}

/** A call of a function whose batching the user defined. */
const customVmapCallP: Primitive<CustomVmapParams> = definePrimitive<CustomVmapParams>({
  name: "custom_vmap_call",
  abstractEval: (_avals, { call }) => call.outAvals,
  reference: () => {
    throw new Error("custom_vmap_call is evaluated through its program");
  },
  inlineAs: ({ call }) => call,
  lowering: { kind: "inline" },
  printParams: ({ call, rule }) => ({ call, rule }),
  jvp: (primals, tangents, params) => {
    const { closed } = jvpJaxpr(
      params.call,
      primals.map(() => true),
      params.call.outAvals.map(() => true),
    );
    const n = params.numLifted;
    // Lifted primals and tangents come first, as the rule leaves them out.
    const own = [...primals.slice(n), ...tangents.slice(n).map(instantiate)];
    const outs = bind(
      customVmapCallP,
      [...primals.slice(0, n), ...tangents.slice(0, n).map(instantiate), ...own],
      {
        ...params,
        call: liftedFirst(closed, n, primals.length),
        rule: jvpRule(params.rule),
        numLifted: 2 * n,
      },
    );
    const half = outs.length / 2;
    return [outs.slice(0, half), outs.slice(half)];
  },
  linearize: (_primals, _nonzeros, { name }) => {
    throw new TypeError(
      `Reverse-mode differentiation of the custom_vmap function ${name} is not supported: its batching rule says nothing about transposition. ` +
        "Wrap the function in customVjp, with the customVjp on the outside.",
    );
  },
  // Never reached: reverse mode ends at linearization.
  transpose: () => {
    throw new TypeError("a custom_vmap function cannot be transposed");
  },
  batching: (operands, dims, { name, rule, numLifted }, axisSize) => {
    if (dims.slice(0, numLifted).some((d) => d !== null)) {
      throw new UnexpectedTracerError(
        `The custom_vmap function ${name} closes over a value that is mapped by vmap, which its rule does not see. Make the value an explicit argument.`,
      );
    }
    const own = operands.slice(numLifted);
    const ownDims = dims.slice(numLifted);
    const args = own.map((x, i) => (ownDims[i] === null ? x : moveBatchDim(x, ownDims[i], 0)));
    const batched = ownDims.map((d) => d !== null);
    const [outs, outBatched] = rule(axisSize, batched, args);
    return [outs, outBatched.map((b) => (b ? 0 : null))];
  },
});

/** The jvp program with the lifted primals and tangents before the others. */
function liftedFirst(closed: ClosedJaxpr, numLifted: number, numPrimals: number): ClosedJaxpr {
  if (numLifted === 0) return closed;
  const { jaxpr } = closed;
  const lifted = (i: number): boolean => i % numPrimals < numLifted;
  const invars = [...jaxpr.invars.filter((_, i) => lifted(i)), ...jaxpr.invars.filter((_, i) => !lifted(i))];
  return new ClosedJaxpr(new Jaxpr(jaxpr.constvars, invars, jaxpr.eqns, jaxpr.outvars), closed.consts);
}

/** The rule of the jvp of the function: the jvp of its rule. A primal and its tangent are mapped together. */
function jvpRule(rule: FlatVmapRule): FlatVmapRule {
  return (axisSize, batched, args) => {
    const n = args.length / 2;
    const both = Array.from({ length: n }, (_, i) => batched[i] || batched[n + i]);
    const all = args.map((x, i) => (both[i % n] && !batched[i] ? broadcastBatchDim(x, axisSize, 0) : x));
    let outBatched: readonly boolean[] = [];
    const [outs, tangents] = runJvp(
      (primals) => {
        const [ys, flags] = rule(axisSize, both, primals);
        outBatched = flags;
        return ys;
      },
      all.slice(0, n),
      all.slice(n),
      "differentiating the rule of a custom_vmap function",
    );
    return [
      [...outs, ...tangents.map(instantiate)],
      [...outBatched, ...outBatched],
    ];
  };
}

/** A function with a batching of its own; see {@link customVmap}. */
export type CustomVmapFunction<F extends AnyFunction> = ((...args: ArgsOf<F>) => ReturnType<F>) & {
  /**
   * Defines what `vmap` does: `rule(axisSize, inBatched, ...args)` gets for each argument whether its leaves are mapped (a tree of booleans), and
   * the arguments, with the mapped axis first; it returns `[out, outBatched]`. Returns the rule.
   */
  defVmap<
    R extends (axisSize: number, inBatched: never, ...args: Parameters<F>) => readonly [unknown, unknown],
  >(rule: R): R;
};

/**
 * Gives a function a batching of the caller's making: what {@link vmap} does with it. Forward mode differentiates the rule; for reverse mode,
 * wrap the result in {@link customVjp}.
 *
 * @throws AttributeError when the function is called before `defVmap`
 * @throws ValueError (from vmap) when the rule returns trees of other structures
 * @example
 * ```ts
 * const f = customBatching.customVmap((x: NDArray, y: NDArray) => x.add(y));
 * f.defVmap((axisSize, [xBatched, yBatched]: boolean[], xs, ys) => [xs.mul(ys), xBatched || yBatched]);
 * String(vmap(f)(jnp.array([1, 2]), jnp.array([3, 4]))); // => "[3. 8.]"
 * ```
 */
export function customVmap<F extends AnyFunction>(f: F): CustomVmapFunction<F> {
  requireCallable(f);
  const name = functionName(f);
  let rule: AnyFunction | undefined;
  const call = (...args: unknown[]): unknown => {
    if (rule === undefined) {
      throw new AttributeError(
        `No batching rule defined for custom_vmap function ${name} using def_vmap (defVmap).`,
      );
    }
    const { leaves, treedef } = flattenArrays(args, `Argument of ${name} is`);
    let outTree!: PyTreeDef;
    const run = (xs: NDArray[]): NDArray[] => {
      const out = f(...(treedef.unflatten(xs) as unknown[]));
      const flat = flattenArrays(out, `custom_vmap function ${name} returned`);
      outTree = flat.treedef;
      return flat.leaves;
    };
    if (isEager()) {
      const outs = run(leaves);
      return outTree.unflatten(outs);
    }
    const { jaxpr, consts } = traceToJaxpr(
      run,
      leaves.map((x) => x.aval),
      `tracing the custom_vmap function ${name}`,
    );
    const { closed, lifted } = closeOverConcrete(jaxpr, consts);
    const outs = bind(customVmapCallP, [...lifted, ...leaves], {
      name,
      call: closed,
      rule: flatRule(rule, treedef, outTree),
      numLifted: lifted.length,
    });
    return outTree.unflatten(outs);
  };
  const custom = setName(call, name) as unknown as CustomVmapFunction<F>;
  custom.defVmap = (r) => {
    requireCallable(r);
    rule = r as unknown as AnyFunction;
    return r;
  };
  return custom;
}

/** The user's rule as one on flat arrays, checked. */
function flatRule(rule: AnyFunction, inTree: PyTreeDef, outTree: PyTreeDef): FlatVmapRule {
  const name = functionName(rule);
  const flat: FlatVmapRule = (axisSize, batched, args) => {
    const pair: unknown = rule(axisSize, inTree.unflatten(batched), ...(inTree.unflatten(args) as unknown[]));
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(`custom vmap rule ${name} must return a pair [out, outBatched].`);
    }
    const out = flattenArrays(pair[0], `the custom vmap rule ${name} returned`);
    const flags: unknown[] = [];
    const flagTree = flattenInto(pair[1], flags);
    if (out.treedef !== flagTree) {
      throw new ValueError(
        `structure of output value and output batching specification returned by custom vmap rule (${name}) do not match.\n` +
          `Output values: ${out.treedef}\nBatching spec: ${flagTree}`,
      );
    }
    if (out.treedef !== outTree) {
      throw new ValueError(
        `structure of output returned by custom vmap rule (${name}) does not match that of original custom-vmapped function.\n` +
          `Original output: ${outTree}\nRule output: ${out.treedef}`,
      );
    }
    out.leaves.forEach((x, i) => {
      if (flags[i] !== true || x.shape[0] === axisSize) return;
      throw new ValueError(
        `custom vmap rule (${name}) returned an array of type ${x.aval} as batched, but its first axis is not of size ${axisSize}.`,
      );
    });
    return [out.leaves, flags.map((b) => b === true)];
  };
  return setName(flat, name);
}
