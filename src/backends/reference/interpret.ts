import { evalReference, hostArrayOf } from "../../core/evalReference.ts";
import type { HostArray } from "../../core/hostArray.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import type { HostData } from "../../dtypes/index.ts";

export { hostArrayOf };

/**
 * Evaluates a program equation by equation with the reference rules of its primitives. Slow and plain: what compiled
 * programs are compared with.
 */
export function interpretReference(closed: ClosedJaxpr, args: readonly HostArray[]): HostData[] {
  return evalReference(closed.jaxpr, closed.consts.map(hostArrayOf), args).map((x) => x.data);
}
