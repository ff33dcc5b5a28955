import { ArrayImpl, type NDArray } from "../core/array.ts";
import { type ShapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import { type Tangent, Zero } from "../core/primitive.ts";
import { instantiate } from "../core/tangents.ts";
import { literal } from "../core/values.ts";
import { float0 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { floatScalars } from "./differentiable.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { runJvp } from "./jvpTrace.ts";
import { checkOptions } from "./options.ts";
import type { AnyFunction } from "./types.ts";

/**
 * Forward-mode derivative: the value of `f` at `primals` and its directional derivative along `tangents`.
 *
 * @param primals the arguments of `f`, as a list
 * @param tangents a list of the same structure; tangents of integer arguments have dtype float0
 * @returns `[value, tangent]`, or `[value, tangent, aux]` with `hasAux`
 * @throws TypeError / ValueError when structures, shapes or dtypes of primals and tangents differ
 * @example
 * ```ts
 * const [y, dy] = jvp((x) => x.mul(x), [3], [1]);
 * `${y} ${dy}`; // => "9.0 6.0"
 * ```
 */
export function jvp<F extends AnyFunction>(
  f: F,
  primals: readonly unknown[],
  tangents: readonly unknown[],
  options: { hasAux?: boolean } = {},
): [ReturnType<F>, ReturnType<F>] & { 2?: unknown } {
  requireCallable(f);
  checkOptions("jvp", options, ["hasAux"]);
  if (!Array.isArray(primals) || !Array.isArray(tangents)) {
    throw new TypeError(
      "primal and tangent arguments to jax.jvp must be tuples or lists (arrays of the arguments of f).",
    );
  }
  const p = flattenArrays(floatScalars(primals), "jvp was called with");
  const t = flattenArrays(floatScalars(tangents), "jvp was called with");
  if (p.treedef !== t.treedef) {
    throw new TypeError(
      `primal and tangent arguments to jax.jvp must have the same tree structure; primals have tree structure ${p.treedef} ` +
        `whereas tangents have tree structure ${t.treedef}.`,
    );
  }
  const given = t.leaves.map((x, i) => checkedTangent(p.leaves[i].aval, x));
  let outTree!: PyTreeDef;
  let aux: unknown;
  let auxLeaves: { leaves: NDArray[]; treedef: PyTreeDef } | undefined;
  const [outs, outTangents] = runJvp(
    (args) => {
      let out: unknown = f(...(p.treedef.unflatten(args) as unknown[]));
      if (options.hasAux === true) {
        [out, aux] = auxPair(out, "jvp");
        auxLeaves = flattenArrays(aux, "jvp's function returned as aux");
      }
      const flat = flattenArrays(out, `function ${functionName(f)} differentiated by jvp returned`);
      outTree = flat.treedef;
      return [...flat.leaves, ...(auxLeaves?.leaves ?? [])];
    },
    p.leaves,
    given,
    `differentiating the function ${functionName(f)} with jvp`,
  );
  const n = outTree.numLeaves;
  const result = [
    outTree.unflatten(outs.slice(0, n)),
    outTree.unflatten(outTangents.slice(0, n).map(instantiate)),
  ];
  if (auxLeaves !== undefined) result.push(auxLeaves.treedef.unflatten(outs.slice(n)));
  return result as unknown as [ReturnType<F>, ReturnType<F>];
}

function checkedTangent(primal: ShapedArray, tangent: NDArray): Tangent {
  const expected = primal.toTangent();
  if (tangent.dtype !== expected.dtype) {
    throw new TypeError(
      "primal and tangent arguments to jax.jvp do not match; dtypes must be equal, or in case of int/bool primal dtype the tangent dtype must be " +
        `float0.Got primal dtype ${primal.dtype} and so expected tangent dtype ${expected.dtype}, but got tangent dtype ${tangent.dtype} instead.`,
    );
  }
  if (!shapesEqual(primal.shape, tangent.shape)) {
    throw new ValueError(
      "jvp called with different primal and tangent shapes;" +
        `Got primal shape ${shapeStr(primal.shape)} and tangent shape as ${shapeStr(tangent.shape)}`,
    );
  }
  if (tangent.dtype === float0) return new Zero(expected);
  // A lone number as tangent is as weak as its primal.
  if (tangent instanceof ArrayImpl && tangent.literal !== undefined)
    return literal(tangent.literal, expected);
  return tangent;
}

/** Splits the result of a function with hasAux. */
export function auxPair(out: unknown, where: string): [unknown, unknown] {
  if (!Array.isArray(out) || out.length !== 2) {
    throw new TypeError(
      `${where} with hasAux expects the function to return a pair [output, aux], got ${Array.isArray(out) ? `a list of ${out.length}` : typeof out}.`,
    );
  }
  return [out[0], out[1]];
}
