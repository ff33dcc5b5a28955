import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapesEqual, typeMatch } from "../core/aval.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { Jaxpr } from "../core/jaxpr.ts";
import { type Tangent, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { instantiate } from "../core/tangents.ts";
import { float0 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { isPlainObject } from "../tree/descend.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { floatScalars } from "./differentiable.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { auxPair } from "./jvp.ts";
import { type Linearized, linearizeFlat } from "./linearizeTrace.ts";
import { backwardPass } from "./transposeJaxpr.ts";
import type { AnyFunction, CotangentsOf } from "./types.ts";

/** A function of pytrees linearized at a point; shared by linearize, vjp and grad. */
export interface LinearizedTree extends Linearized {
  readonly inAvals: readonly ShapedArray[];
  readonly inTree: PyTreeDef;
  readonly outTree: PyTreeDef;
  /** The auxiliary output, when the function has one. */
  readonly aux: unknown;
}

/** Linearizes `f` at a list of arguments. */
export function linearizeTree(
  f: AnyFunction,
  primals: readonly unknown[],
  hasAux: boolean,
  where: string,
): LinearizedTree {
  const { leaves, treedef: inTree } = flattenArrays(floatScalars(primals), `${where} was called with`);
  let outTree!: PyTreeDef;
  let auxTree: PyTreeDef | undefined;
  const nonzeros = leaves.map((x) => x.aval.toTangent().dtype !== float0);
  const lin = linearizeFlat(
    (args) => {
      let out: unknown = f(...(inTree.unflatten(args) as unknown[]));
      let auxLeaves: NDArray[] = [];
      if (hasAux) {
        let aux: unknown;
        [out, aux] = auxPair(out, where);
        const flat = flattenArrays(aux, `${where}'s function returned as aux`);
        auxTree = flat.treedef;
        auxLeaves = flat.leaves;
      }
      const flat = flattenArrays(out, `function ${functionName(f)} differentiated by ${where} returned`);
      outTree = flat.treedef;
      return [...flat.leaves, ...auxLeaves];
    },
    leaves,
    nonzeros,
    `differentiating the function ${functionName(f)} with ${where}`,
  );
  const n = outTree.numLeaves;
  const aux = auxTree?.unflatten(lin.primalsOut.slice(n));
  const kept = lin.nonzerosOut.slice(0, n);
  // Aux outputs may carry tangents; the linear program's results for them are not wanted.
  const wanted = kept.filter((nz) => nz).length;
  const { constvars, invars, eqns, outvars } = lin.jaxpr;
  const jaxpr =
    outvars.length === wanted ? lin.jaxpr : new Jaxpr(constvars, invars, eqns, outvars.slice(0, wanted));
  return {
    primalsOut: lin.primalsOut.slice(0, n),
    nonzerosOut: kept,
    jaxpr,
    residuals: lin.residuals,
    inAvals: leaves.map((x) => x.aval),
    inTree,
    outTree,
    aux,
  };
}

/** What is needed of a linearized function for its backward pass. */
export type Pullback = Pick<LinearizedTree, "jaxpr" | "inAvals" | "inTree" | "outTree"> & {
  readonly residuals: readonly NDArray[];
  readonly nonzerosOut: readonly boolean[];
};

/** Cotangents of the inputs from those of the outputs. */
export function pullback(lin: Pullback, cotangents: readonly Tangent[]): Tangent[] {
  const linear = lin.inAvals.map((a) => a.toTangent().dtype !== float0);
  const operands = lin.jaxpr.invars.map((v) => new UndefinedPrimal(v.aval));
  const cts = backwardPass(
    lin.jaxpr,
    lin.residuals,
    operands,
    cotangents.filter((_, i) => lin.nonzerosOut[i]),
  );
  let next = 0;
  return lin.inAvals.map((a, i) => (linear[i] ? cts[next++] : new Zero(a.toTangent())));
}

/**
 * The value of `f` at `primals` and its derivative there as a linear function of the tangents, computed once.
 *
 * @returns `[value, fJvp]` with `fJvp(...tangents)`; with an options object `{ hasAux: true }` as the last argument `[value, fJvp, aux]`
 * @example
 * ```ts
 * const [y, df] = linearize((x) => x.mul(x), 3);
 * `${y} ${df(1)} ${df(2)}`; // => "9.0 6.0 12.0"
 * ```
 */
export function linearize<F extends AnyFunction>(
  f: F,
  ...primals: unknown[]
): [ReturnType<F>, (...tangents: unknown[]) => ReturnType<F>] & { 2?: unknown } {
  requireCallable(f);
  const { args, hasAux } = splitAuxOption(f, primals);
  const lin = linearizeTree(f, args, hasAux === true, "linearize");
  const fJvp = (...tangents: unknown[]): unknown => {
    const t = flattenArrays(floatScalars(tangents), "a linearized function was called with");
    if (t.treedef !== lin.inTree) {
      throw new TypeError(
        `linearized function called with tangents of structure ${t.treedef}, but the primals had ${lin.inTree}.`,
      );
    }
    const dynamic = t.leaves.filter((x, i) => {
      const expected = lin.inAvals[i].toTangent();
      if (!typeMatch(x.aval, expected)) {
        throw new ValueError(
          `linearized function called on tangent values inconsistent with the original primal values: Got tangent aval ${x.aval} for primal aval ${lin.inAvals[i]} but expected ${expected}.`,
        );
      }
      return expected.dtype !== float0;
    });
    const outs = evalJaxpr(lin.jaxpr, lin.residuals, dynamic);
    let next = 0;
    const all = lin.nonzerosOut.map((nz, i) =>
      nz ? outs[next++] : instantiate(new Zero(lin.primalsOut[i].aval.toTangent())),
    );
    return lin.outTree.unflatten(all);
  };
  const result = [lin.outTree.unflatten(lin.primalsOut), fJvp] as unknown[];
  if (hasAux === true) result.push(lin.aux);
  return result as [ReturnType<F>, (...tangents: unknown[]) => ReturnType<F>] & { 2?: unknown };
}

/**
 * The value of `f` and the function that maps a cotangent of the value to cotangents of the arguments (reverse mode).
 *
 * @returns `[value, pullback]`; `pullback(ct)` returns a list with one entry per argument. With an options object
 * `{ hasAux: true }` as the last argument: `[value, pullback, aux]`.
 * @throws ValueError when the cotangent's structure, shapes or dtypes are not those of the value
 * @example
 * ```ts
 * const [y, back] = vjp((x, y) => x.mul(y), 3, 4);
 * String(back(1)); // => "4.0,3.0"
 * ```
 */
export function vjp<F extends AnyFunction>(
  f: F,
  ...primals: unknown[]
): [ReturnType<F>, (ct: unknown) => CotangentsOf<F>] & { 2?: unknown } {
  requireCallable(f);
  const { args, hasAux } = splitAuxOption(f, primals);
  const lin = linearizeTree(f, args, hasAux === true, "vjp");
  const outAvals = lin.primalsOut.map((x) => x.aval);
  const back = (ct: unknown): unknown => pullbackTree({ ...lin, outAvals }, ct);
  const result = [lin.outTree.unflatten(lin.primalsOut), back] as unknown[];
  if (hasAux === true) result.push(lin.aux);
  return result as [ReturnType<F>, (ct: unknown) => CotangentsOf<F>];
}

/** {@link pullback} on pytrees: a list with the cotangents of each argument. */
export function pullbackTree(
  lin: Pullback & { readonly outAvals: readonly ShapedArray[] },
  ct: unknown,
): unknown {
  const flat = flattenArrays(floatLike(ct, lin.outTree), "a vjp function was called with");
  if (flat.treedef !== lin.outTree) {
    throw new ValueError(
      `unexpected tree structure of argument to vjp function: got ${flat.treedef}, but expected to match ${lin.outTree}`,
    );
  }
  const cts = flat.leaves.map((x, i) => checkedCotangent(x, lin.outAvals[i]));
  return lin.inTree.unflatten(pullback(lin, cts).map(instantiate));
}

/** Separates a trailing `{ hasAux }`, which is more than the function takes, from the primals. */
function splitAuxOption(
  f: AnyFunction,
  primals: readonly unknown[],
): { args: readonly unknown[]; hasAux?: boolean } {
  const last = primals[primals.length - 1];
  if (primals.length <= f.length || !isPlainObject(last)) return { args: primals };
  if (Object.keys(last).join() !== "hasAux" || typeof last.hasAux !== "boolean") return { args: primals };
  return { args: primals.slice(0, -1), hasAux: last.hasAux };
}

/** A lone number as cotangent of a float output is a float. */
function floatLike(ct: unknown, outTree: PyTreeDef): unknown {
  return outTree.numLeaves === 1 && typeof ct === "number" ? floatScalars(ct) : ct;
}

function checkedCotangent(ct: NDArray, primal: ShapedArray): Tangent {
  const expected = primal.toTangent();
  // The cotangent of an integer is of no account, whatever its dtype.
  if (expected.dtype === float0 && shapesEqual(ct.shape, expected.shape)) return new Zero(expected);
  if (!typeMatch(ct.aval, expected)) {
    throw new ValueError(
      `unexpected JAX type (e.g. shape/dtype) for argument to VJP function: got ${ct.aval}, but expected ${expected} because the ` +
        `corresponding output of the differentiated function had JAX type ${primal}`,
    );
  }
  return ct;
}
