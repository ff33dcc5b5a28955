import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import {
  type BatchDim,
  definePrimitive,
  notDifferentiable,
  type Params,
  type Primitive,
  type Tangent,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { bind, type NamedAxis } from "../core/trace.ts";
import { float0 } from "../dtypes/index.ts";
import { placeBatchDim } from "../lax/batching.ts";
import { ops } from "../lax/ops.ts";
import { batchedAval, batchJaxpr, mappedAxes, runBatched } from "./batchTrace.ts";
import { type CustomCallParams, programOf, rejectPerturbedClosure } from "./customCall.ts";
import { setName } from "./functionName.ts";
import { backwardPass } from "./transposeJaxpr.ts";

/** Residuals and cotangents of the results to cotangents of the operands, all flat. */
export type FlatBackward = (residuals: readonly NDArray[], cotangents: readonly Tangent[]) => Tangent[];

/** The forward half of a rule: results and residuals at some operands, and the backward half that takes those residuals. */
export type FlatForward = ((
  primals: readonly NDArray[],
  perturbed: readonly boolean[],
) => { outs: NDArray[]; residuals: NDArray[]; backward: FlatBackward }) & { name: string };

export interface CustomVjpParams extends CustomCallParams {
  readonly fwd: FlatForward;
  /** How the backward half of the rule is printed. */
  readonly bwdName: string;
  /** The rule is told of zero cotangents, and which operands are differentiated. */
  readonly symbolicZeros: boolean;
}

/** A call of a function whose backward derivative the user defined. */
export const customVjpCallP: Primitive<CustomVjpParams> = definePrimitive<CustomVjpParams>({
  name: "custom_vjp_call",
  abstractEval: (_avals, params) => programOf(params).outAvals,
  reference: () => {
    throw new Error("custom_vjp_call is evaluated through its program");
  },
  inlineAs: (params) => programOf(params),
  lowering: { kind: "inline" },
  // A linear function, in a linear program: nobody asks for its derivative any more.
  transpose: (cotangents, operands, params) => {
    const { jaxpr, consts } = programOf(params);
    return backwardPass(jaxpr, consts, operands, cotangents);
  },
  printParams: ({ name, callJaxpr, fwd, bwdName, numLifted, symbolicZeros }) => ({
    name,
    bwd: setName(() => {}, bwdName),
    call_jaxpr: callJaxpr,
    fwd,
    ...(numLifted > 0 && { num_consts: numLifted }),
    symbolic_zeros: symbolicZeros,
  }),
  jvp: (primals, tangents, params) => {
    const { primalsOut, linear } = runForward(
      primals,
      tangents.map((t) => !(t instanceof Zero)),
      params,
    );
    return [primalsOut, linear(tangents)];
  },
  linearize: (primals, nonzeros, params) => runForward(primals, nonzeros, params),
  batching: (operands, dims, params, axisSize) => {
    const { closed, dimsOut } = batchJaxpr(programOf(params), dims, axisSize, "mapped");
    const fwd = batchedForward(params, dims.slice(params.numLifted), dimsOut, axisSize);
    return [bind(customVjpCallP, operands, { ...params, callJaxpr: closed, fwd }), dimsOut];
  },
});

/** Runs the forward half in place of the function; tangents go through a linear operation that can only be transposed. */
function runForward(
  primals: readonly NDArray[],
  nonzeros: readonly boolean[],
  params: CustomVjpParams,
): { primalsOut: NDArray[]; linear: (tangents: readonly Tangent[]) => Tangent[] } {
  rejectPerturbedClosure(nonzeros, params, "custom_vjp");
  const perturbed = nonzeros.slice(params.numLifted);
  const { outs, residuals, backward } = params.fwd(primals.slice(params.numLifted), perturbed);
  const outAvals = outs.map((x) => x.aval.toTangent());
  const linear = (tangents: readonly Tangent[]): Tangent[] => {
    const given = tangents.filter((t): t is NDArray => !(t instanceof Zero));
    const results = bind(customLinP, [...residuals, ...given], {
      backward,
      bwdName: params.bwdName,
      numResiduals: residuals.length,
      perturbed,
      outAvals,
      symbolicZeros: params.symbolicZeros,
    });
    let next = 0;
    return outs.map((x, i) => (outAvals[i].dtype === float0 ? zeroTangent(x) : results[next++]));
  };
  return { primalsOut: outs, linear };
}

interface CustomLinParams extends Params {
  readonly backward: FlatBackward;
  readonly bwdName: string;
  readonly numResiduals: number;
  /** Which operands of the function have a tangent among the operands. */
  readonly perturbed: readonly boolean[];
  /** Types of the tangents of all results of the function; those of dtype float0 are no results of the operation. */
  readonly outAvals: readonly ShapedArray[];
  readonly symbolicZeros: boolean;
}

const forwardModeText = "can't apply forward-mode autodiff (jvp) to a custom_vjp function.";

/** Tangents of the operands to tangents of the results, known only by its transpose: the backward half of the rule. */
const customLinP: Primitive<CustomLinParams> = definePrimitive<CustomLinParams>({
  name: "custom_lin",
  abstractEval: (_avals, { outAvals }) => outAvals.filter((a) => a.dtype !== float0),
  reference: () => {
    throw new TypeError(forwardModeText);
  },
  lowering: { kind: "none", reason: forwardModeText, error: () => new TypeError(forwardModeText) },
  jvp: /* @__PURE__ */ notDifferentiable(forwardModeText),
  batching: () => {
    throw new TypeError(forwardModeText);
  },
  transpose: (cotangents, operands, params) => {
    const residuals = operands.slice(0, params.numResiduals);
    if (residuals.some((x) => x instanceof UndefinedPrimal)) {
      throw new Error("the residuals of a custom_vjp function are not linear");
    }
    let next = 0;
    const cts = params.outAvals.map((a) => (a.dtype === float0 ? new Zero(a) : cotangents[next++]));
    const out = params.backward(residuals as NDArray[], params.symbolicZeros ? cts : cts.map(instantiate));
    return [...residuals.map(() => null), ...out.filter((_, i) => params.perturbed[i])];
  },
  printParams: ({ bwdName, perturbed, numResiduals, symbolicZeros }) => ({
    bwd: setName(() => {}, bwdName),
    in_zeros: { toString: () => `[${perturbed.map((p) => (p ? "False" : "True")).join(", ")}]` },
    num_res: numResiduals,
    symbolic_zeros: symbolicZeros,
  }),
});

/** The forward half of the rule of the batched call; its results are mapped as those of the program are. */
function batchedForward(
  { fwd, name }: CustomVjpParams,
  dims: readonly BatchDim[],
  dimsOut: readonly BatchDim[],
  axisSize: number,
): FlatForward {
  const axes = mappedAxes();
  const forward = (primals: readonly NDArray[], perturbed: readonly boolean[]) => {
    let inner!: ReturnType<FlatForward>;
    const [values, valueDims] = runBatched(
      (xs) => {
        inner = fwd(xs, perturbed);
        return [...inner.outs, ...inner.residuals];
      },
      primals,
      dims,
      axisSize,
      `mapping the fwd rule of ${name}`,
      axes,
    );
    const n = inner.outs.length;
    const outs = values.slice(0, n).map((x, i) => placeBatchDim(x, valueDims[i], dimsOut[i], axisSize));
    const inAvals = inner.outs.map((x) => x.aval.toTangent());
    const backward = batchedBackward(inner.backward, {
      name,
      dims,
      dimsOut,
      residualDims: valueDims.slice(n),
      cotangentAvals: inAvals,
      axisSize,
      axes,
    });
    return { outs, residuals: values.slice(n), backward };
  };
  return setName(forward as FlatForward, fwd.name);
}

interface BatchedBackward {
  readonly name: string;
  /** Mapped axes of the operands, the results and the residuals of the function. */
  readonly dims: readonly BatchDim[];
  readonly dimsOut: readonly BatchDim[];
  readonly residualDims: readonly BatchDim[];
  /** Types of the cotangents of one example. */
  readonly cotangentAvals: readonly ShapedArray[];
  readonly axisSize: number;
  readonly axes: readonly NamedAxis[];
}

/** The backward half: the cotangent of an operand that was not mapped is the sum over the examples. */
function batchedBackward(backward: FlatBackward, context: BatchedBackward): FlatBackward {
  const { name, dims, dimsOut, residualDims, cotangentAvals, axisSize, axes } = context;
  return (residuals, cotangents) => {
    const nonzero = cotangents.map((ct) => !(ct instanceof Zero));
    let zerosOut: (Zero | null)[] = [];
    const [outs, outDims] = runBatched(
      (values) => {
        let next = residuals.length;
        const cts = cotangentAvals.map((a, i) => (nonzero[i] ? values[next++] : new Zero(a)));
        const own = backward(values.slice(0, residuals.length), cts);
        zerosOut = own.map((ct) => (ct instanceof Zero ? ct : null));
        return own.filter((ct): ct is NDArray => !(ct instanceof Zero));
      },
      [...residuals, ...cotangents.filter((ct): ct is NDArray => !(ct instanceof Zero))],
      [...residualDims, ...dimsOut.filter((_, i) => nonzero[i])],
      axisSize,
      `mapping the bwd rule of ${name}`,
      axes,
    );
    let next = 0;
    return zerosOut.map((zero, i) => {
      if (zero !== null) return new Zero(batchedAval(zero.aval, dims[i], axisSize));
      const [x, from] = [outs[next], outDims[next++]];
      if (dims[i] !== null) return placeBatchDim(x, from, dims[i], axisSize);
      return from === null ? x : ops.reduceSum(x, [from]);
    });
  };
}
