import type { NDArray } from "../core/array.ts";
import { type BatchDim, definePrimitive, type Primitive, type Tangent, Zero } from "../core/primitive.ts";
import { instantiate } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { placeBatchDim } from "../lax/batching.ts";
import { batchJaxpr, mappedAxes, runBatched } from "./batchTrace.ts";
import { type CustomCallParams, programOf, rejectPerturbedClosure } from "./customCall.ts";
import { setName } from "./functionName.ts";
import { backwardPass } from "./transposeJaxpr.ts";

/** A derivative rule on flat arrays: primals and tangents to primal results and tangents. */
export type FlatJvpRule = ((
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
) => [NDArray[], Tangent[]]) & {
  name: string;
};

export interface CustomJvpParams extends CustomCallParams {
  readonly jvp: FlatJvpRule;
  /** The rule is given zero tangents as they are; otherwise as arrays of zeros. */
  readonly symbolicZeros: boolean;
}

/** A call of a function whose forward derivative the user defined. */
export const customJvpCallP: Primitive<CustomJvpParams> = definePrimitive<CustomJvpParams>({
  name: "custom_jvp_call",
  abstractEval: (_avals, params) => programOf(params).outAvals,
  reference: () => {
    throw new Error("custom_jvp_call is evaluated through its program");
  },
  inlineAs: (params) => programOf(params),
  lowering: { kind: "inline" },
  // A linear function with a rule of its own, applied to a tangent.
  transpose: (cotangents, operands, params) => {
    const { jaxpr, consts } = programOf(params);
    return backwardPass(jaxpr, consts, operands, cotangents);
  },
  printParams: ({ name, callJaxpr, jvp, numLifted, symbolicZeros }) => ({
    name,
    call_jaxpr: callJaxpr,
    jvp,
    ...(numLifted > 0 && { num_consts: numLifted }),
    symbolic_zeros: symbolicZeros,
  }),
  jvp: (primals, tangents, params) => {
    const nonzeros = tangents.map((t) => !(t instanceof Zero));
    rejectPerturbedClosure(nonzeros, params, "custom_jvp");
    const own = tangents.slice(params.numLifted);
    return params.jvp(primals.slice(params.numLifted), params.symbolicZeros ? own : own.map(instantiate));
  },
  batching: (operands, dims, params, axisSize) => {
    const { closed, dimsOut } = batchJaxpr(programOf(params), dims, axisSize, "mapped");
    const rule = batchedRule(params, dims.slice(params.numLifted), dimsOut, axisSize);
    return [bind(customJvpCallP, operands, { ...params, callJaxpr: closed, jvp: rule }), dimsOut];
  },
});

/** The rule of the batched call. A tangent is mapped along the axis of its primal, among operands and results. */
function batchedRule(
  { jvp, name }: CustomJvpParams,
  dims: readonly BatchDim[],
  dimsOut: readonly BatchDim[],
  axisSize: number,
): FlatJvpRule {
  const axes = mappedAxes();
  const rule = (primals: readonly NDArray[], tangents: readonly Tangent[]): [NDArray[], Tangent[]] => {
    const given = tangents.filter((t): t is NDArray => !(t instanceof Zero));
    let nonzerosOut: boolean[] = [];
    const [outs, outDims] = runBatched(
      (values) => {
        const xs = values.slice(0, primals.length);
        let next = primals.length;
        const ts = tangents.map((t, i) =>
          t instanceof Zero ? new Zero(xs[i].aval.toTangent()) : values[next++],
        );
        const [ys, tangentsOut] = jvp(xs, ts);
        nonzerosOut = tangentsOut.map((t) => !(t instanceof Zero));
        return [...ys, ...tangentsOut.filter((t): t is NDArray => !(t instanceof Zero))];
      },
      [...primals, ...given],
      [...dims, ...dims.filter((_, i) => !(tangents[i] instanceof Zero))],
      axisSize,
      `mapping the jvp rule of ${name}`,
      axes,
    );
    const at = (k: number, i: number): NDArray => placeBatchDim(outs[k], outDims[k], dimsOut[i], axisSize);
    const ys = nonzerosOut.map((_, i) => at(i, i));
    let next = ys.length;
    return [ys, nonzerosOut.map((nz, i) => (nz ? at(next++, i) : new Zero(ys[i].aval.toTangent())))];
  };
  return setName(rule as FlatJvpRule, jvp.name);
}
