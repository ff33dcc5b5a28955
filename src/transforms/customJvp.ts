import type { NDArray } from "../core/array.ts";
import { typeMatch } from "../core/aval.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import { definePrimitive, type Params, type Primitive, Zero } from "../core/primitive.ts";
import { addTangents, instantiate, zerosLikeAval } from "../core/tangents.ts";
import { bind, isEager } from "../core/trace.ts";
import { AttributeError, UnexpectedTracerError } from "../errors.ts";
import { broadcastBatchDim, moveBatchDim } from "../lax/batching.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { batchJaxpr, runBatched } from "./batchTrace.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { closeOverConcrete, traceToJaxpr } from "./traceToJaxpr.ts";
import { backwardPass } from "./transposeJaxpr.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

/** A derivative rule on flat arrays: primals and instantiated tangents to primal results and tangents. */
type FlatRule = ((primals: readonly NDArray[], tangents: readonly NDArray[]) => [NDArray[], NDArray[]]) & {
  name: string;
};

interface CustomJvpParams extends Params {
  readonly name: string;
  readonly callJaxpr: ClosedJaxpr;
  readonly jvp: FlatRule;
  /** Leading operands that the function closed over; its rule does not see them. */
  readonly numLifted: number;
}

/** A call of a function whose forward derivative the user defined. */
const customJvpCallP: Primitive<CustomJvpParams> = definePrimitive<CustomJvpParams>({
  name: "custom_jvp_call",
  abstractEval: (_avals, { callJaxpr }) => callJaxpr.outAvals,
  reference: () => {
    throw new Error("custom_jvp_call is evaluated through its program");
  },
  inlineAs: ({ callJaxpr }) => ({ jaxpr: callJaxpr.jaxpr, consts: callJaxpr.consts }),
  lowering: { kind: "inline" },
  // A linear function with a rule of its own, applied to a tangent.
  transpose: (cotangents, operands, { callJaxpr }) =>
    backwardPass(callJaxpr.jaxpr, callJaxpr.consts, operands, cotangents),
  printParams: ({ name, callJaxpr, jvp }) => ({ name, call_jaxpr: callJaxpr, jvp, symbolic_zeros: false }),
  jvp: (primals, tangents, { jvp, numLifted }) => {
    if (tangents.slice(0, numLifted).some((t) => !(t instanceof Zero))) {
      throw new UnexpectedTracerError(
        "Detected differentiation of a customJvp function with respect to a closed-over value. " +
          "That is not supported: make the value an explicit argument of the function.",
      );
    }
    const [outs, outTangents] = jvp(primals.slice(numLifted), tangents.slice(numLifted).map(instantiate));
    return [outs, outTangents];
  },
  batching: (operands, dims, params, axisSize) => {
    const { closed, dimsOut } = batchJaxpr(params.callJaxpr, dims, axisSize);
    const dynamicDims = dims.slice(params.numLifted);
    const rule: FlatRule = setName(
      ((primals, tangents) => {
        const n = primals.length;
        // Tangents of unmapped operands may be mapped or not; both are laid out as their primals are.
        const [outs, outDims] = runBatched(
          (xs) => {
            const [ys, ts] = params.jvp(xs.slice(0, n), xs.slice(n));
            return [...ys, ...ts];
          },
          [...primals, ...tangents],
          [...dynamicDims, ...dynamicDims],
          axisSize,
          `mapping the jvp rule of ${params.name}`,
        );
        const place = (x: NDArray, from: number | null, to: number | null): NDArray => {
          if (to === null || from === to) return x;
          return from === null ? broadcastBatchDim(x, axisSize, to) : moveBatchDim(x, from, to);
        };
        const half = outs.length / 2;
        const want = dimsOut.map((d, i) => d ?? outDims[i] ?? outDims[half + i]);
        return [
          outs.slice(0, half).map((y, i) => place(y, outDims[i], want[i])),
          outs.slice(half).map((t, i) => place(t, outDims[half + i], want[i])),
        ];
      }) as FlatRule,
      params.jvp.name,
    );
    return [bind(customJvpCallP, operands, { ...params, callJaxpr: closed, jvp: rule }), dimsOut];
  },
});

/** @throws TypeError when a tangent does not have the shape and dtype of the value it belongs to */
function checkTangents(values: readonly NDArray[], tangents: readonly NDArray[], name: string): void {
  values.forEach((x, i) => {
    const expected = x.aval.toTangent();
    if (typeMatch(tangents[i].aval, expected)) return;
    throw new TypeError(
      `Custom JVP rule of ${name} must produce primal and tangent outputs with corresponding shapes and dtypes, but got a tangent of type ` +
        `${tangents[i].aval} for a value of type ${x.aval}, which needs ${expected}.`,
    );
  });
}

/** A function with a forward derivative of its own; see {@link customJvp}. */
export type CustomJvpFunction<F extends AnyFunction> = ((...args: ArgsOf<F>) => ReturnType<F>) & {
  /** Defines the rule: `(primals, tangents) => [value, tangent]`, both lists of the arguments. */
  defjvp(rule: (primals: Parameters<F>, tangents: Parameters<F>) => [ReturnType<F>, ReturnType<F>]): void;
  /** Defines the rule argument by argument: `(tangent, value, ...primals) => tangent`; null for a zero derivative. */
  defjvps(...rules: (((tangent: NDArray, value: NDArray, ...primals: NDArray[]) => NDArray) | null)[]): void;
};

/**
 * Gives a function a forward derivative of the caller's making, for every transformation: for numerical stability, or where the derivative
 * of what is computed is not what is meant.
 *
 * @throws AttributeError when the function is called before `defjvp`
 * @example
 * ```ts
 * const f = customJvp((x: NDArray) => x.mul(x));
 * f.defjvp(([x], [t]) => [f(x), t.mul(10)]);
 * String(grad(f)(3)); // => "10.0"
 * ```
 */
export function customJvp<F extends AnyFunction>(
  f: F,
  options: { name?: string } = {},
): CustomJvpFunction<F> {
  requireCallable(f);
  const name = options.name ?? functionName(f);
  let rule: ((primals: never, tangents: never) => [unknown, unknown]) | undefined;
  const call = (...args: unknown[]): unknown => {
    if (rule === undefined)
      throw new AttributeError(`No JVP defined for custom_jvp function ${name} using defjvp.`);
    const defined = rule as (primals: unknown, tangents: unknown) => [unknown, unknown];
    const { leaves, treedef } = flattenArrays(args, `Argument of ${name} is`);
    if (isEager()) {
      // Evaluated at once there is nothing to differentiate.
      const out = f(...(treedef.unflatten(leaves) as unknown[]));
      const flat = flattenArrays(out, `custom_jvp function ${name} returned`);
      return flat.treedef.unflatten(flat.leaves);
    }
    let outTree!: PyTreeDef;
    const { jaxpr, consts } = traceToJaxpr(
      (xs) => {
        const flat = flattenArrays(
          f(...(treedef.unflatten(xs) as unknown[])),
          `custom_jvp function ${name} returned`,
        );
        outTree = flat.treedef;
        return flat.leaves;
      },
      leaves.map((x) => x.aval),
      `tracing the custom_jvp function ${name}`,
    );
    const { closed, lifted } = closeOverConcrete(jaxpr, consts);
    const flatRule: FlatRule = setName(
      ((primals, tangents) => {
        const pair = defined(treedef.unflatten(primals), treedef.unflatten(tangents));
        if (!Array.isArray(pair) || pair.length !== 2) {
          throw new TypeError(`Custom JVP rule of ${name} must return a pair [value, tangent].`);
        }
        const out = flattenArrays(pair[0], `the JVP rule of ${name} returned`);
        const tangent = flattenArrays(pair[1], `the JVP rule of ${name} returned`);
        if (out.treedef !== tangent.treedef) {
          throw new TypeError(
            `Custom JVP rule of ${name} must produce primal and tangent outputs with equal container (pytree) structures, but got ${out.treedef} and ${tangent.treedef} respectively.`,
          );
        }
        if (out.treedef !== outTree) {
          throw new TypeError(
            `Custom JVP rule of ${name} must return as its first item a value of the structure that the function returns, ${outTree}, but got ${out.treedef}.`,
          );
        }
        checkTangents(out.leaves, tangent.leaves, name);
        return [out.leaves, tangent.leaves];
      }) as FlatRule,
      functionName(defined),
    );
    const outs = bind(customJvpCallP, [...lifted, ...leaves], {
      name,
      callJaxpr: closed,
      jvp: flatRule,
      numLifted: lifted.length,
    });
    return outTree.unflatten(outs);
  };
  const custom = setName(call, name) as unknown as CustomJvpFunction<F>;
  custom.defjvp = (r) => {
    requireCallable(r);
    rule = r as typeof rule;
  };
  custom.defjvps = (...rules) => {
    rule = function jvp(primals: NDArray[], tangents: NDArray[]): [unknown, unknown] {
      const value = call(...primals) as NDArray;
      const terms = rules.flatMap((r, i) => (r === null ? [] : [r(tangents[i], value, ...primals)]));
      const zero = new Zero(value.aval.toTangent());
      const sum = terms.reduce<NDArray | Zero>((a, b) => addTangents(a, b), zero);
      return [value, sum instanceof Zero ? zerosLikeAval(zero.aval) : sum];
    } as typeof rule;
  };
  return custom;
}
