import type { NDArray } from "../core/array.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import { definePrimitive, type Params, type Primitive, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { NotImplementedError } from "../errors.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { closeOverConcrete, traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction } from "./types.ts";

/** A program, and the tracers of outer transformations that are its leading operands. */
interface Callee {
  readonly closed: ClosedJaxpr;
  readonly lifted: readonly NDArray[];
}

interface LinearCallParams extends Params {
  readonly callee: ClosedJaxpr;
  readonly numCalleeConsts: number;
  readonly numRes: number;
  /** The transposed program, traced when it is first needed. */
  readonly transposeThunk: () => Callee;
}

/** A call `f(residuals, x)` that is linear in `x`, with a transpose of the caller's making. Operands: lifted, residuals, linear. */
const linearCallP: Primitive<LinearCallParams> = definePrimitive<LinearCallParams>({
  name: "linear_call",
  abstractEval: (_avals, { callee }) => callee.outAvals,
  reference: () => {
    throw new Error("linear_call is evaluated through its program");
  },
  inlineAs: ({ callee }) => callee,
  lowering: { kind: "inline" },
  printParams: ({ callee, numCalleeConsts, numRes, transposeThunk }) => ({
    callee,
    num_callee_consts: numCalleeConsts,
    num_res: numRes,
    transpose_thunk: transposeThunk,
  }),
  jvp: (primals, tangents, params) => {
    const first = params.numCalleeConsts + params.numRes;
    if (tangents.slice(0, first).some((t) => !(t instanceof Zero))) {
      throw new TypeError(
        "linear_call: only its linear arguments can be differentiated with respect to, not the residual ones, nor values that the function " +
          "closes over. Use stopGradient on them, or customVjp for a function of both.",
      );
    }
    const outs = bind(linearCallP, primals, params);
    if (!tangents.some((t) => !(t instanceof Zero))) return [outs, outs.map(zeroTangent)];
    const linear = tangents.slice(first).map(instantiate);
    return [outs, bind(linearCallP, [...primals.slice(0, first), ...linear], params)];
  },
  // Never taken apart: its transpose is that of the whole.
  partialEval: (operands, unknown, params) => ({
    known: params.callee.outAvals.map(() => null),
    rest: (staged) => {
      let next = 0;
      return bind(
        linearCallP,
        operands.map((x, i) => (unknown[i] ? staged[next++] : x)),
        params,
      );
    },
  }),
  transpose: (cts, operands, params) => {
    const first = params.numCalleeConsts + params.numRes;
    const none = operands.map(() => null);
    if (!cts.some((ct) => !(ct instanceof Zero))) return none;
    const { closed, lifted } = params.transposeThunk();
    const back = { closed: params.callee, lifted: operands.slice(0, params.numCalleeConsts) as NDArray[] };
    const residuals = operands.slice(params.numCalleeConsts, first) as NDArray[];
    const results = bind(linearCallP, [...lifted, ...residuals, ...cts.map(instantiate)], {
      callee: closed,
      numCalleeConsts: lifted.length,
      numRes: params.numRes,
      transposeThunk: () => back,
    });
    return operands.map((x, i) => (i >= first && x instanceof UndefinedPrimal ? results[i - first] : null));
  },
  batching: () => {
    throw new NotImplementedError("Batching rule for 'linear_call' not implemented");
  },
});

/**
 * Calls a linear function that has a transpose of the caller's making: reverse-mode derivatives, and `linearTranspose`, use it.
 *
 * The transpose of the call is a call of `funTranspose` whose own transpose is `fun`.
 *
 * @param fun `(residuals, x) => y`, linear in `x`
 * @param funTranspose `(residuals, ct) => cotangents of x`, linear in `ct`
 * @param residualArgs a pytree that `fun` need not be linear in; cannot be differentiated with respect to
 * @param linearArgs a pytree
 * @throws TypeError when the transpose does not return what the linear arguments are; NotImplementedError under vmap
 * @example
 * ```ts
 * const half = (x: NDArray) =>
 *   customDerivatives.linearCall((r: NDArray, x: NDArray) => x.div(r), (r: NDArray, ct: NDArray) => ct.div(r), 2, x);
 * String(grad(half)(3)); // => "0.5"
 * ```
 */
export function linearCall(
  fun: AnyFunction,
  funTranspose: AnyFunction,
  residualArgs: unknown,
  linearArgs: unknown,
): unknown {
  requireCallable(fun);
  requireCallable(funTranspose);
  const residuals = flattenArrays(residualArgs, "linearCall was given as residualArgs");
  const linear = flattenArrays(linearArgs, "linearCall was given as linearArgs");
  const callee = traceCallee(fun, [residuals, linear], "fun");
  const outTree = callee.outTree;
  const outAvals = callee.closed.outAvals;
  let transposed: Callee | undefined;
  const transposeThunk = (): Callee => {
    if (transposed === undefined) {
      const cts = { leaves: outAvals.map((aval) => ({ aval })), treedef: outTree };
      const traced = traceCallee(funTranspose, [residuals, cts], "funTranspose");
      if (traced.outTree !== linear.treedef) {
        throw new TypeError(
          `transpose output pytree structure must match that of linear inputs, got output structure ${traced.outTree} and input structure ${linear.treedef}.`,
        );
      }
      transposed = traced;
    }
    return transposed;
  };
  const outs = bind(linearCallP, [...callee.lifted, ...residuals.leaves, ...linear.leaves], {
    callee: callee.closed,
    numCalleeConsts: callee.lifted.length,
    numRes: residuals.leaves.length,
    transposeThunk: setName(transposeThunk, functionName(funTranspose)),
  });
  return outTree.unflatten(outs);
}

interface Typed {
  readonly leaves: readonly Pick<NDArray, "aval">[];
  readonly treedef: PyTreeDef;
}

/** Traces a function of two pytrees. */
function traceCallee(
  f: AnyFunction,
  [first, second]: readonly [Typed, Typed],
  role: string,
): Callee & { readonly outTree: PyTreeDef } {
  const name = functionName(f);
  let outTree!: PyTreeDef;
  const { jaxpr, consts } = traceToJaxpr(
    (xs) => {
      const n = first.leaves.length;
      const out = f(first.treedef.unflatten(xs.slice(0, n)), second.treedef.unflatten(xs.slice(n)));
      const flat = flattenArrays(out, `function ${name}, the ${role} of linearCall, returned`);
      outTree = flat.treedef;
      return flat.leaves;
    },
    [...first.leaves, ...second.leaves].map((x) => x.aval),
    `tracing the function ${name} for linearCall`,
  );
  return { ...closeOverConcrete(jaxpr, consts), outTree };
}
