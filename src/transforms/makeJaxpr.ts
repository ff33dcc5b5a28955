import { ShapeDtypeStruct } from "../core/aval.ts";
import { ClosedJaxpr } from "../core/jaxpr.ts";
import "../core/printing.ts";
import { abstractLeaves, flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { checkOptions, resolvePositions } from "./options.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction } from "./types.ts";

/**
 * Makes a function that returns the program of `f` for its arguments (arrays, scalars or {@link ShapeDtypeStruct}s), printed as JAX prints it.
 *
 * @param options.staticArgnums positions of arguments passed through as they are
 * @param options.returnShape also return the shapes of the result
 * @param options.axisEnv names and sizes of axes that collectives in `f` may refer to
 * @example
 * ```ts
 * String(makeJaxpr((x) => x.mul(2))(jnp.float32(1))); // => "{ lambda ; a:f32[]. let b:f32[] = mul a 2.0:f32[] in (b,) }"
 * ```
 */
export function makeJaxpr(
  f: AnyFunction,
  options: {
    staticArgnums?: number | readonly number[];
    returnShape?: boolean;
    axisEnv?: readonly (readonly [string, number])[];
  } = {},
): (...args: unknown[]) => ClosedJaxpr {
  requireCallable(f);
  checkOptions("makeJaxpr", options, ["staticArgnums", "returnShape", "axisEnv"]);
  const positions = options.staticArgnums === undefined ? [] : [options.staticArgnums].flat();
  const make = (...args: unknown[]): unknown => {
    const statics = resolvePositions(positions, args.length);
    const { avals, treedef } = abstractLeaves(
      args.filter((_, i) => !statics.includes(i)),
      `Argument of ${functionName(f)} is`,
    );
    let shape: unknown;
    const { jaxpr, consts } = traceToJaxpr(
      (leaves) => {
        const dynamic = treedef.unflatten(leaves) as unknown[];
        let next = 0;
        const out = f(...args.map((x, i) => (statics.includes(i) ? x : dynamic[next++])));
        const flat = flattenArrays(out, `function ${functionName(f)} traced for makeJaxpr returned`);
        shape = flat.treedef.unflatten(flat.leaves.map((x) => struct(x.aval)));
        return flat.leaves;
      },
      avals,
      `tracing the function ${functionName(f)} for makeJaxpr`,
      options.axisEnv?.map(([name, size]) => ({ name, size })),
    );
    const closed = new ClosedJaxpr(jaxpr, consts);
    return options.returnShape === true ? [closed, shape] : closed;
  };
  return setName(make, `makeJaxpr(${functionName(f)})`) as (...args: unknown[]) => ClosedJaxpr;
}

/**
 * Shapes and dtypes of `f`'s result, without computing anything.
 *
 * @example
 * ```ts
 * String(evalShape((x) => x.sum(0), jnp.ones([2, 3]))); // => "ShapeDtypeStruct(shape=(3,), dtype=float32)"
 * ```
 */
export function evalShape(f: AnyFunction, ...args: unknown[]): unknown {
  requireCallable(f);
  const { avals, treedef } = abstractLeaves(args, `Argument of ${functionName(f)} is`);
  let shape: unknown;
  traceToJaxpr(
    (leaves) => {
      const out = f(...(treedef.unflatten(leaves) as unknown[]));
      const flat = flattenArrays(out, `function ${functionName(f)} traced for evalShape returned`);
      shape = flat.treedef.unflatten(flat.leaves.map((x) => struct(x.aval)));
      return flat.leaves;
    },
    avals,
    `tracing the function ${functionName(f)} for evalShape`,
  );
  return shape;
}

function struct(aval: {
  shape: readonly number[];
  dtype: ShapeDtypeStruct["dtype"];
  weakType: boolean;
}): ShapeDtypeStruct {
  return new ShapeDtypeStruct(aval.shape, aval.dtype, { weakType: aval.weakType });
}
