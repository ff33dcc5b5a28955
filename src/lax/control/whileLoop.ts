import type { NDArray } from "../../core/array.ts";
import { pruneClosed } from "../../core/dce.ts";
import { bind } from "../../core/trace.ts";
import { bool } from "../../dtypes/index.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import type { PyTreeDef } from "../../tree/treedef.ts";
import { checkCarry, promoteWeakCarries } from "./carryTypes.ts";
import { count, marked, merged, unmarked } from "./lists.ts";
import { forwarding, range, rearranged } from "./programs.ts";
import { runsStepwise, whileStepwise } from "./stepwise.ts";
import { avalTree, resultsOf, type TracedFunction, traceFunction } from "./traceFunction.ts";
import type { ParameterAt, TreeWithNumbers } from "./types.ts";
import { whileP } from "./whilePrimitive.ts";

/**
 * Repeats `bodyFun` on a value while `condFun` of it is true.
 *
 * Both functions are traced once, and the loop is compiled into a native one. Differentiable in forward mode only: reverse mode would have
 * to keep values of every step, and how many there are is not known.
 *
 * @param condFun maps the value to a boolean scalar
 * @param bodyFun maps the value to the next one, of the same structure, shapes and dtypes
 * @param initVal the first value, a tree of arrays; lone numbers in it take the dtype of what `bodyFun` returns
 * @throws TypeError when the condition is not a boolean scalar, or the body changes the structure or a type of the value
 * @throws ValueError in reverse mode
 * @example
 * ```ts
 * String(lax.whileLoop((x: NDArray) => x.lt(10), (x: NDArray) => x.mul(2), 1)); // => "16"
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: the value's type is that of the body's parameter
export function whileLoop<F extends (value: any) => unknown>(
  condFun: (value: ParameterAt<F, 0>) => NDArray | boolean,
  bodyFun: F,
  initVal: TreeWithNumbers<ParameterAt<F, 0>>,
): ParameterAt<F, 0>;
export function whileLoop(condFun: AnyFunction, bodyFun: AnyFunction, initVal: unknown): unknown {
  if (typeof condFun !== "function" || typeof bodyFun !== "function")
    throw new TypeError("lax.whileLoop: condFun and bodyFun arguments should be callable.");
  const { leaves, treedef } = flattenArrays(initVal, "lax.whileLoop: initVal is");
  if (runsStepwise()) {
    const done = whileStepwise(condFun, bodyFun, treedef.unflatten(leaves));
    if (done !== null) return done.value;
  }
  const trace = (carries: readonly NDArray[]) => {
    const value = [avalTree(carries, treedef)];
    return { cond: traceCondition(condFun, value), body: traceFunction(bodyFun, value, "while_loop body") };
  };
  let init: readonly NDArray[] = leaves;
  let { cond, body } = trace(init);
  if (body.outTree.numLeaves === treedef.numLeaves) {
    const promoted = promoteWeakCarries(init, body.program.outAvals);
    if (promoted !== null) {
      init = promoted;
      ({ cond, body } = trace(init));
    }
  }
  checkCarry("while_loop body", bodyFun, avalTree(init, treedef), resultsOf(body));
  return treedef.unflatten(bindWhile(cond, body, init));
}

function traceCondition(condFun: AnyFunction, value: Parameters<typeof traceFunction>[1]): TracedFunction {
  const cond = traceFunction(condFun, value, "while_loop condition");
  const { outTree, program } = cond;
  if (outTree.kind !== "leaf")
    throw new TypeError(
      `condFun must return a boolean scalar, but got pytree ${outTree satisfies PyTreeDef}.`,
    );
  const [aval] = program.outAvals;
  if (aval.dtype !== bool || aval.ndim > 0)
    throw new TypeError(`condFun must return a boolean scalar, but got output type ${aval.repr()}.`);
  return cond;
}

/** Binds the primitive. A carry that the body passes on and the condition does not read is a constant of the body. */
function bindWhile(cond: TracedFunction, body: TracedFunction, init: readonly NDArray[]): NDArray[] {
  const [condConsts, bodyConsts] = [cond.consts.length, body.consts.length];
  const passedOn = forwarding(body.program.jaxpr).map((from, i) => from === bodyConsts + i);
  const { closed, usedInputs } = pruneClosed(cond.program);
  const fixed = passedOn.map((p, i) => p && !usedInputs[condConsts + i]);
  const anyFixed = fixed.includes(true);

  const places = range(0, init.length);
  const condIn = (i: number) => condConsts + i;
  const bodyIn = (i: number) => bodyConsts + i;
  const condJaxpr = anyFixed
    ? rearranged(closed, [...range(0, condConsts), ...unmarked(places, fixed).map(condIn)])
    : cond.program;
  const bodyJaxpr = anyFixed
    ? rearranged(
        body.program,
        [
          ...marked(places, fixed).map(bodyIn),
          ...range(0, bodyConsts),
          ...unmarked(places, fixed).map(bodyIn),
        ],
        unmarked(places, fixed),
      )
    : body.program;
  const operands = [...cond.consts, ...marked(init, fixed), ...body.consts, ...unmarked(init, fixed)];
  const outs = bind(whileP, operands, {
    condJaxpr,
    condNconsts: condConsts,
    bodyJaxpr,
    bodyNconsts: bodyConsts + count(fixed),
  });
  return merged(fixed, outs, marked(init, fixed));
}
