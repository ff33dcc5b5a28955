import type { NDArray } from "../core/array.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import type { Tangent } from "../core/primitive.ts";
import { instantiate } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { callWithRule, type ResultTree } from "./customCall.ts";
import { customVjpCallP, type FlatForward } from "./customVjpCall.ts";
import { cotangentLeaves } from "./customVjpRule.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

/**
 * {@link customVjp} in one piece: the function returns `[value, vjp]`, where `vjp(cotangent)` gives the cotangents of the arguments, as a list
 * or, for one argument, alone. What `vjp` closes over is kept for the backward pass.
 *
 * @throws TypeError when the function does not return such a pair, or the cotangents do not fit the arguments
 * @example
 * ```ts
 * const f = customGradient((x: NDArray) => [x.mul(x), (ct: NDArray) => ct.mul(x)]);
 * String(valueAndGrad(f)(3)); // => "9.0,3.0"
 * ```
 */
export function customGradient<F extends (...args: never[]) => readonly [unknown, AnyFunction]>(
  f: F,
): (...args: ArgsOf<F>) => ReturnType<F>[0] {
  requireCallable(f);
  const name = functionName(f);
  const pairOf = (args: unknown[]): [unknown, AnyFunction] => {
    const pair: unknown = (f as AnyFunction)(...args);
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[1] !== "function") {
      throw new TypeError(
        `customGradient: function ${name} must return a pair [value, vjp] of a value and a function of its cotangent.`,
      );
    }
    return pair as [unknown, AnyFunction];
  };

  const call = (...args: unknown[]): unknown => {
    const { leaves, treedef } = flattenArrays(args, `Argument of ${name} is`);
    const result: ResultTree = {};
    const valueAt = (xs: readonly NDArray[]): { leaves: NDArray[]; treedef: PyTreeDef; vjp: AnyFunction } => {
      const [value, vjp] = pairOf(treedef.unflatten(xs) as unknown[]);
      const flat = flattenArrays(value, `function ${name} given to customGradient returned`);
      result.treedef = flat.treedef;
      return { ...flat, vjp };
    };
    const fwd = setName(
      ((primals: readonly NDArray[]) => {
        const inAvals = primals.map((x) => x.aval);
        const out = valueAt(primals);
        let ctTree!: PyTreeDef;
        // The rule becomes a program, so that what it closes over can be kept, mapped and differentiated.
        const { jaxpr, consts } = traceToJaxpr(
          (cts) => {
            const flat = flattenArrays(out.vjp(out.treedef.unflatten(cts)), `the vjp of ${name} returned`);
            ctTree = flat.treedef;
            return flat.leaves;
          },
          out.leaves.map((x) => x.aval.toTangent()),
          `tracing the vjp of ${name}`,
        );
        const backward = (residuals: readonly NDArray[], cotangents: readonly Tangent[]): Tangent[] => {
          const cts = evalJaxpr(jaxpr, residuals, cotangents.map(instantiate));
          // One for each leaf may come in any structure; with nulls among them it must be that of the arguments.
          const returned = (cts.length === inAvals.length ? treedef : ctTree).unflatten(cts);
          return cotangentLeaves(Array.isArray(returned) ? returned : [returned], treedef, inAvals);
        };
        return { outs: out.leaves, residuals: consts, backward };
      }) as FlatForward,
      "fwd",
    );
    const outs = callWithRule(
      leaves,
      (xs) => valueAt(xs).leaves,
      (callJaxpr, operands, numLifted) =>
        bind(customVjpCallP, operands, {
          name: "wrapped_fun",
          callJaxpr,
          fwd,
          bwdName: "bwd",
          numLifted,
          symbolicZeros: false,
        }),
      `tracing the function ${name} given to customGradient`,
    );
    return (result.treedef as PyTreeDef).unflatten(outs);
  };
  return setName(call, name) as (...args: ArgsOf<F>) => ReturnType<F>[0];
}
