import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { type Atom, type Eqn, type Jaxpr, Literal, type Var } from "../core/jaxpr.ts";
import type { Primitive } from "../core/primitive.ts";
import { float0 } from "../dtypes/index.ts";
import { reducePrecisionPrimitive } from "../lax/reducePrecision.ts";
import { keystr } from "../tree/keys.ts";
import { flattenWithPath } from "../tree/paths.ts";
import { namePrimitive } from "./checkpointName.ts";
import { floatScalars } from "./differentiable.ts";
import { flattenArrays } from "./flatFunction.ts";
import { requireCallable } from "./jit.ts";
import { linearizeFlat } from "./linearizeTrace.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction } from "./types.ts";

/** A value that is kept between the forward and the backward pass. */
export interface SavedResidual {
  readonly aval: ShapedArray;
  /** Where it comes from, in words. */
  readonly source: string;
}

/**
 * What reverse-mode differentiation of a function keeps for the backward pass: arguments first, then results of operations in order.
 *
 * @example
 * ```ts
 * const kept = adCheckpoint.savedResiduals((x) => jnp.sin(jnp.sin(x)), jnp.ones(3));
 * kept.map((r) => `${r.aval} ${r.source}`); // => ["float32[3] output of cos", "float32[3] output of cos"]
 * ```
 */
export function savedResiduals(f: AnyFunction, ...args: unknown[]): SavedResidual[] {
  requireCallable(f);
  const floats = floatScalars(args);
  const { leaves, treedef } = flattenArrays(floats, "savedResiduals was called with");
  const nonzeros = leaves.map((x) => x.aval.toTangent().dtype !== float0);
  const run = (xs: NDArray[]): NDArray[] =>
    flattenArrays(f(...(treedef.unflatten(xs) as unknown[])), "the function given to savedResiduals returned")
      .leaves;
  const description = "finding the saved residuals of a function";
  const { jaxpr } = traceToJaxpr(
    (xs) => linearizeFlat(run, xs, nonzeros, description).residuals,
    leaves.map((x) => x.aval),
    description,
  );
  const names = flattenWithPath(floats)[0].map(([path]) => keystr(path));
  return describe(jaxpr, names);
}

/**
 * Prints {@link savedResiduals}, one in a line.
 *
 * @example
 * ```ts
 * adCheckpoint.printSavedResiduals((x) => jnp.sin(x), jnp.ones(3)); // f32[3] output of cos
 * ```
 */
export function printSavedResiduals(f: AnyFunction, ...args: unknown[]): void {
  for (const { aval, source } of savedResiduals(f, ...args)) console.log(`${aval.strShort()} ${source}`);
}

function describe(jaxpr: Jaxpr, names: readonly string[]): SavedResidual[] {
  const rounded = new Map<Atom, Atom>();
  for (const { primitive, inputs, outputs } of jaxpr.eqns) {
    if (primitive === (reducePrecisionPrimitive as unknown as Primitive)) rounded.set(outputs[0], inputs[0]);
  }
  // A value counts as made by the operation whose rounding it is.
  const kept = new Set<Atom>(jaxpr.outvars.map((a) => rounded.get(a) ?? a));
  const list: SavedResidual[] = [];
  const add = (v: Atom, source: string): void => {
    list.push({ aval: v.aval, source });
  };
  for (const a of kept) if (a instanceof Literal) add(a, "from a literal");
  for (const v of jaxpr.constvars) if (kept.has(v)) add(v, "from a constant");
  jaxpr.invars.forEach((v, i) => {
    if (kept.has(v)) add(v, `from the argument ${names[i]}`);
  });
  for (const eqn of jaxpr.eqns) for (const v of eqn.outputs) if (kept.has(v as Var)) add(v, origin(eqn));
  return list;
}

function origin({ primitive, params }: Eqn): string {
  if (primitive === (namePrimitive as unknown as Primitive)) return `named '${params.name}'`;
  if (primitive.printsWithOuterNames === true) return `output of jitted function '${params.name}'`;
  return `output of ${primitive.name}`;
}
