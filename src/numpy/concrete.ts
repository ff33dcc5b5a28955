import { ArrayImpl, type NDArray } from "../core/array.ts";
import { scalarFromHost } from "../dtypes/index.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";

/** The value of a scalar that is known now (eagerly, or under jvp and grad), or null for one that is being traced. */
export function concreteScalar(x: NDArray): number | bigint | boolean | null {
  if (x.ndim !== 0) return null;
  const array = concreteValue(x);
  if (array === null) return null;
  if (array instanceof ArrayImpl && array.literal !== undefined) return array.literal;
  return scalarFromHost(array.toHost(), 0, array.dtype) as number | bigint | boolean;
}
