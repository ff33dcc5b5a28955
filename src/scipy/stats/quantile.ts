import type { NDArray } from "../../core/array.ts";
import * as bi from "../../numpy/binary.ts";
import * as un from "../../numpy/unary.ts";

/** Where a number is no probability. */
export function outsideUnit(q: NDArray): NDArray {
  return bi.logicalOr(un.isnan(q), bi.logicalOr(q.lt(0), q.gt(1)));
}
