import type { OpArg } from "../lax/opTable.ts";

export { type OpArg, type OpRow, testOps } from "../lax/opTable.ts";

/** A float32 argument. */
export const arg = (shape: readonly number[], domain?: readonly [number, number]): OpArg => ({
  shape,
  domain,
});
/** An argument of a dtype. */
export const of = (
  dtype: OpArg["dtype"],
  shape: readonly number[],
  domain?: readonly [number, number],
): OpArg => ({ shape, dtype, domain });

/** An odd shape, a scalar, nothing, and one that needs every path of a vector loop. */
export const awkward: readonly (readonly number[])[] = [[3, 5], [], [0, 2], [67]];
