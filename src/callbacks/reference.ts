import { type ShapedArray, shapedArray } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import type { HostFunction } from "../core/lowering.ts";
import type { Params } from "../core/primitive.ts";
import { arrayFromHost } from "../core/values.ts";
import type { HostData } from "../dtypes/index.ts";

/** The reference rule of a primitive that calls JavaScript: the call. */
/* @__NO_SIDE_EFFECTS__ */
export function referenceOf<P extends Params>(hostFunction: (params: P) => HostFunction) {
  return (inputs: readonly HostArray[], params: P, _out: readonly ShapedArray[]): HostData[] => {
    const args = inputs.map(({ shape, dtype, data }) => arrayFromHost(data, shapedArray(shape, dtype)));
    return hostFunction(params)(args).map((x) => x.toHost());
  };
}
