import type { NDArray } from "../core/array.ts";
import { type ShapedArray, typeMatch } from "../core/aval.ts";
import { deadCodeElimination } from "../core/dce.ts";
import { UndefinedPrimal, Zero } from "../core/primitive.ts";
import { zerosLikeAval } from "../core/tangents.ts";
import { Partial } from "../tree/partial.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { floatScalars } from "./differentiable.ts";
import { abstractLeaves, flattenArrays } from "./flatFunction.ts";
import { functionName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import { backwardPass } from "./transposeJaxpr.ts";
import type { AnyFunction, CotangentsOf } from "./types.ts";

/**
 * The transpose of a function that is linear in its arguments: {@link vjp} without a forward pass. Only the types of `primals` matter
 * (arrays, numbers or ShapeDtypeStructs).
 *
 * @returns a function from a cotangent, of the type of the result, to a list with one entry for each argument
 * @throws TypeError when the function mixes integers and floats, is not linear, or (from the result) for a cotangent of another type
 * @example
 * ```ts
 * const f = (x: NDArray, y: NDArray) => x.mul(0.5).sub(y.mul(0.25));
 * String(linearTranspose(f, jnp.float32(0), jnp.float32(0))(1)); // => "0.5,-0.25"
 * ```
 */
export function linearTranspose<F extends AnyFunction>(
  f: F,
  ...primals: unknown[]
): (cotangent: unknown) => CotangentsOf<F> {
  requireCallable(f);
  const name = functionName(f);
  const { avals, treedef: inTree } = abstractLeaves(floatScalars(primals), "linearTranspose was called with");
  let outTree!: PyTreeDef;
  const traced = traceToJaxpr(
    (leaves) => {
      const out = f(...(inTree.unflatten(leaves) as unknown[]));
      const flat = flattenArrays(out, `function ${name} transposed by linearTranspose returned`);
      outTree = flat.treedef;
      return flat.leaves;
    },
    avals,
    `tracing the function ${name} for linearTranspose`,
  );
  const { jaxpr, usedConsts } = deadCodeElimination(traced.jaxpr);
  const outAvals = jaxpr.outvars.map((v) => v.aval);
  checkDtypes(avals, outAvals);
  const transposed = (consts: readonly NDArray[], cotangent: unknown): unknown => {
    const flat = flattenArrays(floatLike(cotangent, outAvals), "a transposed function was called with");
    if (flat.treedef !== outTree) {
      throw new TypeError(
        `cotangent tree does not match function output, expected ${outTree} but got ${flat.treedef}`,
      );
    }
    if (!flat.leaves.every((ct, i) => typeMatch(ct.aval, outAvals[i]))) {
      throw new TypeError(
        `cotangent type does not match function output, expected ${outAvals.join(", ")} but got ${flat.leaves.map((ct) => ct.aval).join(", ")}`,
      );
    }
    const operands = avals.map((a) => new UndefinedPrimal(a));
    const cts = backwardPass(jaxpr, consts, operands, flat.leaves);
    return inTree.unflatten(cts.map((ct, i) => (ct instanceof Zero ? zerosLikeAval(avals[i]) : ct)));
  };
  const consts = traced.consts.filter((_, i) => usedConsts[i]);
  return Partial(transposed, consts) as unknown as (cotangent: unknown) => CotangentsOf<F>;
}

/** @throws TypeError unless all dtypes are inexact, or all are integers */
function checkDtypes(inAvals: readonly ShapedArray[], outAvals: readonly ShapedArray[]): void {
  const all = [...inAvals, ...outAvals];
  const isInexact = ({ dtype }: ShapedArray): boolean => dtype.kind === "float" || dtype.kind === "complex";
  const isInteger = ({ dtype }: ShapedArray): boolean => dtype.kind === "int" || dtype.kind === "uint";
  if (all.every(isInexact) || all.every(isInteger)) return;
  const names = (avals: readonly ShapedArray[]): string => avals.map((a) => a.dtype.name).join(", ");
  throw new TypeError(
    "linear_transpose only supports [float or complex] -> [float or complex], and integer -> integer functions, but got " +
      `[${names(inAvals)}] -> [${names(outAvals)}].`,
  );
}

/** A lone number as cotangent of a float is a float. */
function floatLike(cotangent: unknown, outAvals: readonly ShapedArray[]): unknown {
  return outAvals.length === 1 && outAvals[0].dtype.kind === "float" ? floatScalars(cotangent) : cotangent;
}
