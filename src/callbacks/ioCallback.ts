import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { ioEffect, orderedIoEffect } from "../core/effects.ts";
import { definePrimitive, type Params, type Primitive } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import { ValueError } from "../errors.ts";
import { moveBatchDim } from "../lax/batching.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { mapUnbatched } from "./batching.ts";
import { type FlatCallback, flatArguments, flatCallback, resultSpec, splitOptions } from "./flatCallback.ts";
import { checkedHostFunction } from "./hostFunction.ts";
import { referenceOf } from "./reference.ts";

export interface IoCallbackOptions {
  /** Keep ordered callbacks in order under all transformations; what cannot keep it, `vmap`, is an error. Default false. */
  ordered?: boolean;
  /** Accepted for compatibility: callbacks run on the host. */
  sharding?: null;
}

interface IoCallbackParams extends Params {
  readonly callback: FlatCallback;
  readonly ordered: boolean;
  readonly resultAvals: readonly ShapedArray[];
}

const effects = { true: new Set([orderedIoEffect]), false: new Set([ioEffect]) };
const hostFunction = ({ callback, resultAvals }: IoCallbackParams) =>
  checkedHostFunction("ioCallback", (args) => callback.call(args), resultAvals);

/** A call of a function of JavaScript with side effects. */
export const ioCallbackP: Primitive<IoCallbackParams> = definePrimitive<IoCallbackParams>({
  name: "io_callback",
  abstractEval: (_avals, { resultAvals }) => resultAvals,
  effects: ({ ordered }) => effects[`${ordered}`],
  reference: /* @__PURE__ */ referenceOf(hostFunction),
  lowering: { kind: "hostCall", call: hostFunction },
  printParams: ({ callback, ordered, resultAvals }) => ({
    callback,
    ordered,
    result_avals: resultAvals.map((aval) => `ShapedArray(${aval})`),
    sharding: null,
  }),
  jvp: () => {
    throw new ValueError("IO callbacks do not support JVP.");
  },
  transpose: () => {
    throw new ValueError("IO callbacks do not support transpose.");
  },
  batching: (operands, dims, params) => {
    if (params.ordered) throw new ValueError("Cannot `vmap` ordered IO callback.");
    const front = operands.map((x, i) => (dims[i] === null ? x : moveBatchDim(x, dims[i], 0)));
    return mapUnbatched((args) => bind(ioCallbackP, args, params), front, dims, false);
  },
});

/**
 * Calls a function of JavaScript with side effects from a transformed or compiled function: each time that it is reached, in the order of the
 * program, whether its result is used or not.
 *
 * It is given concrete arrays, in the structure of `args`, and returns arrays (or, for scalars, numbers) of the announced types, at once: it cannot
 * be asynchronous. It may call jitted functions.
 *
 * @param callback the function
 * @param resultShapeDtypes a tree of {@link ShapeDtypeStruct}s that the result corresponds to; null for none
 * @param args its arguments, trees of arrays; after them may come `{ ordered: true }`
 * @throws ValueError where it is differentiated, and where it is ordered and mapped by `vmap`
 * @throws JaxRuntimeError when the function throws, which is the cause, or returns something else than announced
 * @example
 * ```ts
 * const queue = [3, 5];
 * const draw = jit(() => ioCallback(() => queue.shift(), new ShapeDtypeStruct([], "int32")).mul(2));
 * [Number(draw()), Number(draw())]; // => [6, 10]
 * ```
 */
export function ioCallback<T = NDArray>(
  callback: AnyFunction,
  resultShapeDtypes: unknown,
  ...args: unknown[]
): T {
  const { args: own, options } = splitOptions<IoCallbackOptions>(args, ["ordered", "sharding"]);
  const { leaves, treedef } = flatArguments("ioCallback", own);
  const { avals, treedef: outTree } = resultSpec("ioCallback", resultShapeDtypes);
  const outs = bind(ioCallbackP, leaves, {
    callback: flatCallback("ioCallback", callback, treedef),
    ordered: options.ordered === true,
    resultAvals: avals,
  });
  return outTree.unflatten(outs) as T;
}
