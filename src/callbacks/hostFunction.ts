import { ArrayImpl } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { HostFunction } from "../core/lowering.ts";
import { withEvaluation } from "../core/trace.ts";
import { withTransfers } from "../core/transferGuard.ts";
import { arrayFromHost, leafToArray } from "../core/values.ts";
import { scalarToHost } from "../dtypes/index.ts";
import { JaxRuntimeError, RuntimeError } from "../errors.ts";
import { leaves as treeLeaves } from "../tree/flatten.ts";

/**
 * Runs a function of the user's on behalf of a program: outside of every transformation, whatever is being traced around it.
 * @throws JaxRuntimeError whose cause is what the function threw
 */
export function callHost<T>(where: string, f: () => T): T {
  try {
    return withTransfers(() => withEvaluation(f));
  } catch (error) {
    throw new JaxRuntimeError(
      `INTERNAL: CpuCallback error calling callback: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)} (in ${where})`,
      { cause: error },
    );
  }
}

/** A function of flat arrays whose results are checked against what was announced. */
export function checkedHostFunction(
  where: string,
  f: (args: readonly ArrayImpl[]) => unknown,
  resultAvals: readonly ShapedArray[],
): HostFunction {
  return (args) =>
    callHost(where, () => {
      const out = f(args);
      if (out instanceof Promise) {
        throw new TypeError(
          "The callback returned a Promise. A compiled program runs to its end without returning to the event loop, so callbacks cannot be asynchronous.",
        );
      }
      // A function without a return statement returns what Python calls None, which has no leaves.
      const values = out === undefined ? [] : (treeLeaves(out) as unknown[]);
      if (values.length !== resultAvals.length) {
        throw new RuntimeError(
          `Mismatched number of outputs from callback. Expected: ${resultAvals.length}, Actual: ${values.length}`,
        );
      }
      return values.map((value, i) => expectedResult(value, resultAvals[i], i));
    });
}

function expectedResult(value: unknown, aval: ShapedArray, index: number): ArrayImpl {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    if (aval.ndim === 0 && fits(value, aval)) return arrayFromHost(scalarToHost(value, aval.dtype), aval);
  }
  const x = leafToArray(value);
  if (x === null) {
    throw new TypeError(
      `The callback returned a value of type ${typeof value}, which is not a valid JAX type, for return value #${index}.`,
    );
  }
  if (!(x instanceof ArrayImpl)) {
    throw new TypeError(`The callback returned a traced array, ${x}, for return value #${index}.`);
  }
  if (x.shape.join() !== aval.shape.join()) {
    throw new RuntimeError(
      `Incorrect output shape for return value #${index}: Expected: ${tuple(aval)}, Actual: ${tuple(x.aval)}`,
    );
  }
  if (x.dtype !== aval.dtype) {
    throw new RuntimeError(
      `Incorrect output dtype for return value #${index}: Expected: ${aval.dtype}, Actual: ${x.dtype}`,
    );
  }
  return x.aval === aval ? x : new ArrayImpl(aval, x.backend, x.requireBuffer());
}

/** Whether a lone JavaScript value is one of the dtype. */
function fits(value: number | boolean | bigint, { dtype }: ShapedArray): boolean {
  switch (dtype.kind) {
    case "float":
      return typeof value === "number";
    case "int":
    case "uint":
      return typeof value === "bigint" || Number.isSafeInteger(value);
    case "bool":
      return typeof value === "boolean";
    default:
      return false;
  }
}

function tuple({ shape }: ShapedArray): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
