import type { NDArray } from "../core/array.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { Tracer } from "../core/trace.ts";
import { float0 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { BatchTracer } from "./batchTrace.ts";
import { abstractLeaves, flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction } from "./types.ts";

/**
 * Makes what a function closes over, and may be differentiated, explicit: returns the function with those values as further arguments, and the
 * values. For functions with custom rules that take functions: their rules do not see closures.
 *
 * @param exampleArgs arguments of the types that the function will be called with
 * @returns `[converted, values]`, where `converted(...args, ...values)` is `f(...args)`
 * @throws TypeError (from the converted function) for arguments of another structure
 * @example
 * ```ts
 * const f = (c: NDArray) => {
 *   const [converted, values] = closureConvert((x: NDArray) => x.mul(c), jnp.float32(0));
 *   return converted(jnp.float32(2), ...values);
 * };
 * String(grad(f)(3)); // => "2.0"
 * ```
 */
export function closureConvert<F extends AnyFunction>(
  f: F,
  ...exampleArgs: unknown[]
): [(...args: unknown[]) => ReturnType<F>, NDArray[]] {
  requireCallable(f);
  const name = functionName(f);
  const { avals, treedef: inTree } = abstractLeaves(exampleArgs, "closureConvert was called with");
  let outTree!: PyTreeDef;
  const { jaxpr, consts } = traceToJaxpr(
    (leaves) => {
      const out = f(...(inTree.unflatten(leaves) as unknown[]));
      const flat = flattenArrays(out, `function ${name} given to closureConvert returned`);
      outTree = flat.treedef;
      return flat.leaves;
    },
    avals,
    `tracing the function ${name} for closureConvert`,
  );
  const isHoisted = consts.map(mayBePerturbed);
  const values = consts.filter((_, i) => isHoisted[i]);
  const converted = (...all: unknown[]): unknown => {
    if (all.length < values.length) {
      throw new ValueError(
        `a function made by closureConvert needs the ${values.length} values that were hoisted from its closure after its own arguments.`,
      );
    }
    const numArgs = all.length - values.length;
    const args = flattenArrays(all.slice(0, numArgs), `Argument of ${name} is`);
    if (args.treedef !== inTree) {
      throw new TypeError(
        "The inputs to the closure produced by closure_convert must have the same Pytree structure as the example arguments passed when " +
          `closure_convert was called. Expected ${inTree}, but got ${args.treedef}`,
      );
    }
    const given = flattenArrays(all.slice(numArgs), `Argument of ${name} is`).leaves;
    let next = 0;
    const allConsts = consts.map((c, i) => (isHoisted[i] ? given[next++] : c));
    return outTree.unflatten(evalJaxpr(jaxpr, allConsts, args.leaves));
  };
  return [setName(converted, name) as (...args: unknown[]) => ReturnType<F>, values];
}

/** Whether a value can carry a derivative: arrays do not, and neither do integers. */
function mayBePerturbed(x: NDArray): boolean {
  if (!(x instanceof Tracer) || x.aval.toTangent().dtype === float0) return false;
  return x instanceof BatchTracer ? mayBePerturbed(x.value) : true;
}
