import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { definePrimitive, type Params, type Primitive } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import { NotImplementedError, ValueError } from "../errors.ts";
import { moveBatchDim } from "../lax/batching.ts";
import { ops } from "../lax/ops.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { batchedAvals, mapUnbatched } from "./batching.ts";
import { type FlatCallback, flatArguments, flatCallback, resultSpec, splitOptions } from "./flatCallback.ts";
import { checkedHostFunction } from "./hostFunction.ts";
import { referenceOf } from "./reference.ts";

const vmapMethods = [
  "sequential",
  "sequential_unrolled",
  "expand_dims",
  "broadcast_all",
  "legacy_vectorized",
] as const;
/** How `vmap` treats a callback; see {@link pureCallback}. */
export type VmapMethod = (typeof vmapMethods)[number];

export interface PureCallbackOptions {
  /** How the callback is mapped by `vmap`; without it, mapping is an error. */
  vmapMethod?: VmapMethod | null;
  /** Accepted for compatibility: callbacks run on the host. */
  sharding?: null;
}

interface PureCallbackParams extends Params {
  readonly callback: FlatCallback;
  readonly resultAvals: readonly ShapedArray[];
  readonly vmapMethod: VmapMethod | null;
}

const hostFunction = ({ callback, resultAvals }: PureCallbackParams) =>
  checkedHostFunction("pureCallback", (args) => callback.call(args), resultAvals);

/** A call of a function of JavaScript without side effects. */
export const pureCallbackP: Primitive<PureCallbackParams> = definePrimitive<PureCallbackParams>({
  name: "pure_callback",
  abstractEval: (_avals, { resultAvals }) => resultAvals,
  reference: /* @__PURE__ */ referenceOf(hostFunction),
  lowering: { kind: "hostCall", call: hostFunction },
  printParams: ({ callback, resultAvals, vmapMethod }) => ({
    callback,
    result_avals: resultAvals.map((aval) => `ShapedArray(${aval})`),
    sharding: null,
    vmap_method: vmapMethod,
  }),
  jvp: () => {
    throw new ValueError(
      "Pure callbacks do not support JVP. Please use `customJvp` to use callbacks while taking gradients.",
    );
  },
  transpose: () => {
    throw new ValueError(
      "Pure callbacks do not support transpose. Please use `customVjp` to use callbacks while taking gradients.",
    );
  },
  batching: (operands, dims, params, size) => {
    const { vmapMethod } = params;
    const front = operands.map((x, i) => (dims[i] === null ? x : moveBatchDim(x, dims[i], 0)));
    const call = (args: readonly NDArray[], resultAvals: readonly ShapedArray[]) =>
      bind(pureCallbackP, args, { ...params, resultAvals });
    switch (vmapMethod) {
      case "sequential":
      case "sequential_unrolled": {
        const isUnrolled = vmapMethod === "sequential_unrolled";
        return mapUnbatched((args) => call(args, params.resultAvals), front, dims, isUnrolled);
      }
      case "expand_dims":
      case "broadcast_all": {
        const newSize = vmapMethod === "broadcast_all" ? size : 1;
        const args = front.map((x, i) => (dims[i] === null ? broadcast(x, newSize) : x));
        const outs = call(args, batchedAvals(params.resultAvals, size));
        return [outs, outs.map(() => 0)];
      }
      case "legacy_vectorized": {
        const outs = call(front, batchedAvals(params.resultAvals, size));
        return [outs, outs.map(() => 0)];
      }
      default:
        throw new NotImplementedError(
          "vmap is only supported for the pure_callback primitive when vmapMethod is one of 'sequential', 'sequential_unrolled', " +
            `'expand_dims', 'broadcast_all', or 'legacy_vectorized'. Got vmapMethod=${vmapMethod}.`,
        );
    }
  },
});

function broadcast(x: NDArray, size: number): NDArray {
  return ops.broadcastInDim(
    x,
    [size, ...x.shape],
    x.shape.map((_, i) => i + 1),
  );
}

/**
 * Calls a function of JavaScript from a transformed or compiled function. The function must be pure: it may be called several times for one
 * result, or not at all when nobody needs it.
 *
 * It is given concrete arrays, in the structure of `args`, and returns arrays (or, for scalars, numbers) of the announced types, at once: it cannot
 * be asynchronous. It may call jitted functions. Give it a derivative with `customJvp` or `customVjp`.
 *
 * @param callback the function
 * @param resultShapeDtypes a tree of {@link ShapeDtypeStruct}s, which the result will have the structure, shapes and dtypes of
 * @param args its arguments, trees of arrays; after them may come `{ vmapMethod }`, how `vmap` treats the call: "sequential" calls once for each
 * example, in a loop ("sequential_unrolled": written out); "expand_dims" calls once with batches, in which arguments without a mapped
 * axis have a first axis of size 1; "broadcast_all" repeats those along it; "legacy_vectorized" leaves them as they are
 * @throws ValueError for an unknown method, and where it is differentiated
 * @throws NotImplementedError when it is mapped and no method is given
 * @throws JaxRuntimeError when the function throws, which is the cause, or returns something else than announced
 * @example
 * ```ts
 * const scale = (x: NDArray) => jnp.array(Array.from(x.dataSync() as Float32Array, (v) => v * 10));
 * const f = jit((x: NDArray) => pureCallback(scale, new ShapeDtypeStruct(x.shape, x.dtype), x));
 * String(f(jnp.array([1, 2]))); // => "[10. 20.]"
 * ```
 */
export function pureCallback<T = NDArray>(
  callback: AnyFunction,
  resultShapeDtypes: unknown,
  ...args: unknown[]
): T {
  const { args: own, options } = splitOptions<PureCallbackOptions>(args, ["vmapMethod", "sharding"]);
  const vmapMethod = options.vmapMethod ?? null;
  if (vmapMethod !== null && !vmapMethods.includes(vmapMethod)) {
    const list = vmapMethods.map((m) => `'${m}'`).join(", ");
    throw new ValueError(
      `vmapMethod must be one of the allowed methods [${list}, null], but got: ${String(vmapMethod)}`,
    );
  }
  const { leaves, treedef } = flatArguments("pureCallback", own);
  const { avals, treedef: outTree } = resultSpec("pureCallback", resultShapeDtypes);
  const outs = bind(pureCallbackP, leaves, {
    callback: flatCallback("pureCallback", callback, treedef),
    resultAvals: avals,
    vmapMethod,
  });
  return outTree.unflatten(outs) as T;
}
