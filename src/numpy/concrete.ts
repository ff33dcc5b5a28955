import { ArrayImpl, type NDArray } from "../core/array.ts";
import type { Scalar } from "../core/values.ts";
import { Complex, scalarFromHost } from "../dtypes/index.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";

/** The value of a real scalar that is known now (eagerly, or under jvp and grad), or null for one that is being traced. */
export function concreteScalar(x: NDArray): number | bigint | boolean | null {
  if (x.ndim !== 0) return null;
  const array = concreteValue(x);
  if (array === null) return null;
  const known = array instanceof ArrayImpl ? array.literal : undefined;
  const value = known ?? (scalarFromHost(array.toHost(), 0, array.dtype) as Scalar);
  return value instanceof Complex ? null : value;
}
