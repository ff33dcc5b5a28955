import { debugEffect, orderedDebugEffect } from "../core/effects.ts";
import { keysUnused } from "../core/keyUse.ts";
import type { HostFunction } from "../core/lowering.ts";
import { definePrimitive, type Params, type Primitive } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import { describeType } from "../transforms/flatFunction.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { unrolledBatching } from "./batching.ts";
import { functionText, splitOptions } from "./flatCallback.ts";
import { callHost } from "./hostFunction.ts";
import { mergeLeaves, splitLeaves } from "./mixedLeaves.ts";
import { referenceOf } from "./reference.ts";

export interface DebugCallbackOptions {
  /** Keep the order of ordered callbacks. Callbacks happen in the order of the program in any case. Default false. */
  ordered?: boolean;
  /** Accepted for compatibility. */
  partitioned?: boolean;
}
export const debugOptions = ["ordered", "partitioned"];

interface DebugCallbackParams extends Params {
  /** Takes the arrays; what else the user passed it knows. */
  readonly callback: HostFunction;
  readonly ordered: boolean;
  readonly partitioned: boolean;
}

const effects = { true: new Set([orderedDebugEffect]), false: new Set([debugEffect]) };

/** What a program does while debugging: `ordered` says which of the two effects it is. */
export const debugEffects = ({ ordered }: { readonly ordered: boolean }) => effects[`${ordered}`];

/** A call of a function of JavaScript that looks at values. */
export const debugCallbackP: Primitive<DebugCallbackParams> = definePrimitive<DebugCallbackParams>({
  name: "debug_callback",
  keyUse: keysUnused,
  abstractEval: () => [],
  effects: debugEffects,
  reference: /* @__PURE__ */ referenceOf(({ callback }) => callback),
  lowering: { kind: "hostCall", call: ({ callback }) => callback },
  printParams: ({ ordered, partitioned }) => ({
    callback: functionText("debug_callback.<locals>._debug_callback.<locals>._flat_callback"),
    effect: ordered ? orderedDebugEffect : debugEffect,
    partitioned,
  }),
  // The primal program is looked at, as it would be without a derivative.
  jvp: (primals, _tangents, params) => [bind(debugCallbackP, primals, params), []],
  transpose: (_cotangents, operands) => operands.map(() => null),
  batching: /* @__PURE__ */ unrolledBatching(() => debugCallbackP),
});

type Call = (callback: AnyFunction, ...args: unknown[]) => void;

/**
 * Calls a function with values of a transformed or compiled function, to look at them. It happens in the order of the program and does not change
 * what the program computes: under `vmap` it is called for each example, in the forward pass of a derivative once, in a checkpointed
 * function again in the backward pass, and where code is dropped or repeated, so is the call.
 *
 * @param callback what to call; its result is ignored. Arrays and numbers among the arguments arrive as concrete arrays, other leaves as they are
 * @param args trees; after them may come `{ ordered: true }`. Given only such options, returns a function of callback and arguments
 * @throws TypeError when the callback is no function
 * @throws JaxRuntimeError when the callback throws; its cause is what was thrown
 * @example
 * ```ts
 * const seen: string[] = [];
 * const f = jit((x: NDArray) => {
 *   debug.callback((y: NDArray, name: string) => void seen.push(`${name} is ${y}`), x.mul(2), "y");
 *   return x;
 * });
 * f(3);
 * seen; // => ["y is 6"]
 * ```
 */
export function callback(callback: AnyFunction, ...args: unknown[]): void;
export function callback(options: DebugCallbackOptions): Call;
export function callback(first: AnyFunction | DebugCallbackOptions, ...args: unknown[]): Call | undefined {
  const { args: rest, options: only } = splitOptions<DebugCallbackOptions>([first], debugOptions);
  if (rest.length === 0 && args.length === 0) return (f, ...values) => bindCallback(f, values, only);
  const { args: values, options } = splitOptions<DebugCallbackOptions>(args, debugOptions);
  bindCallback(first, values, options);
  return undefined;
}

function bindCallback(f: unknown, args: readonly unknown[], options: DebugCallbackOptions): void {
  if (typeof f !== "function") {
    throw new TypeError(
      `first argument to debug.callback must be callable, but got an object of type ${describeType(f)}`,
    );
  }
  const { arrays, treedef, statics } = splitLeaves(args);
  bind(debugCallbackP, arrays, {
    callback: (concrete) => {
      const values = treedef.unflatten(mergeLeaves(concrete, statics)) as unknown[];
      callHost("debug.callback", () => void f(...values));
      return [];
    },
    ordered: options.ordered === true,
    partitioned: options.partitioned === true,
  });
}
