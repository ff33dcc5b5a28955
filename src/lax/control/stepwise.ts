import type { NDArray } from "../../core/array.ts";
import { config } from "../../core/config.ts";
import { withTransfers } from "../../core/transferGuard.ts";
import { leafToArray } from "../../core/values.ts";
import { ValueError } from "../../errors.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import { concreteValue } from "../../transforms/jvpTrace.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import type { PyTreeDef } from "../../tree/treedef.ts";
import { concatenate } from "../concatenate.ts";
import { ops } from "../ops.ts";

/**
 * Loops and branches under `config.disableJit`: JavaScript's own, calling the user's functions with values as they are. What depends on values that
 * are not known (under `vmap`, in `makeJaxpr`) is staged as ever.
 */
export function runsStepwise(): boolean {
  return config.disableJit;
}

/** The value of a scalar, or null where it is not known. */
export function knownScalar(x: unknown): number | boolean | bigint | null {
  const array = leafToArray(x);
  const concrete = array === null ? null : concreteValue(array);
  if (concrete === null || concrete.ndim > 0) return null;
  return withTransfers(() => concrete.item() as number | boolean | bigint);
}

/** Calls the branch that is taken, with arrays for numbers. */
export function callBranch(branch: AnyFunction, operands: readonly unknown[]): unknown {
  const { leaves, treedef } = flattenArrays(operands, "an operand of a branch is");
  return branch(...(treedef.unflatten(leaves) as unknown[]));
}

/** `scan`, a step at a time. @throws ValueError without steps, because the types of the results are not known then */
export function scanStepwise(
  f: AnyFunction,
  init: unknown,
  xs: readonly NDArray[],
  xTree: PyTreeDef,
  { length, reverse }: { readonly length: number; readonly reverse: boolean },
): unknown {
  if (length === 0) {
    throw new ValueError(
      "zero-length scan is not supported in disableJit() mode because the output type is unknown.",
    );
  }
  let carry = init;
  const results: NDArray[][] = [];
  let tree: PyTreeDef | undefined;
  for (let step = 0; step < length; step++) {
    const at = reverse ? length - 1 - step : step;
    const [next, y] = f(carry, xTree.unflatten(xs.map((x) => slice(x, at)))) as [unknown, unknown];
    const flat = flattenArrays(y, "scan body returned");
    tree = flat.treedef;
    carry = next;
    results[at] = flat.leaves;
  }
  const stacks = results[0].map((_, i) =>
    concatenate(
      results.map((ys) => ops.expandDims(ys[i], [0])),
      0,
    ),
  );
  return [carry, (tree as PyTreeDef).unflatten(stacks)];
}

function slice(x: NDArray, at: number): NDArray {
  const start = x.shape.map((_, axis) => (axis === 0 ? at : 0));
  const limit = x.shape.map((n, axis) => (axis === 0 ? at + 1 : n));
  return ops.squeeze(
    ops.slice(
      x,
      start,
      limit,
      x.shape.map(() => 1),
    ),
    [0],
  );
}

/** `whileLoop`, a step at a time; null where the condition is not known. */
export function whileStepwise(
  condFun: AnyFunction,
  bodyFun: AnyFunction,
  init: unknown,
): { readonly value: unknown } | null {
  let value = init;
  for (;;) {
    const goesOn = knownScalar(condFun(value));
    if (goesOn === null) return null;
    if (!goesOn) return { value };
    value = bodyFun(value);
  }
}
