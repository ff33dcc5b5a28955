import type { NDArray } from "../../core/array.ts";
import { leafToArray, scalar } from "../../core/values.ts";
import { bool, int32 } from "../../dtypes/index.ts";
import { describeType } from "../../transforms/flatFunction.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { ne } from "../compare.ts";
import { ops } from "../ops.ts";
import { chooseBranch, valueText } from "./branches.ts";
import { callBranch, knownScalar, runsStepwise } from "./stepwise.ts";

/**
 * Calls one of two functions: `trueFun(...operands)` where `pred` is true, else `falseFun(...operands)`. Only one of them is computed, but both
 * are traced. Under `vmap` with a mapped predicate, both are computed and the results selected.
 *
 * @param pred a scalar; numbers are true unless they are zero
 * @param operands trees of arrays; what the functions close over works as well
 * @returns what the functions return: the same structure, shapes and dtypes
 * @throws TypeError when the results of the functions differ in structure or types, or `pred` is not a scalar
 * @example
 * ```ts
 * const abs = (x: NDArray) => lax.cond(x.lt(0), (v: NDArray) => v.neg(), (v: NDArray) => v, x);
 * String(abs(jnp.float32(-3))); // => "3.0"
 * ```
 */
export function cond<F extends AnyFunction>(
  pred: NDArray | number | bigint | boolean,
  trueFun: F,
  falseFun: (...operands: Parameters<F>) => unknown,
  ...operands: unknown[]
): ReturnType<F>;
export function cond(pred: unknown, trueFun: unknown, falseFun: unknown, ...operands: unknown[]): unknown {
  if (typeof trueFun !== "function" || typeof falseFun !== "function")
    throw new TypeError("lax.cond: trueFun and falseFun arguments should be callable.");
  const functions = [trueFun, falseFun] as AnyFunction[];
  const taken = predicate(pred);
  const known = runsStepwise() ? knownScalar(taken) : null;
  if (known !== null) return callBranch(functions[known ? 0 : 1], operands);
  const index = ops.convertElementType(taken, int32);
  return chooseBranch("cond", index, functions, [1, 0], ["trueFun", "falseFun"], operands);
}

function predicate(pred: unknown): NDArray {
  if (pred === null || pred === undefined) throw new TypeError("cond predicate is null");
  const x = leafToArray(pred);
  if (x === null)
    throw new TypeError(`Pred must be a scalar, got ${valueText(pred)} of type ${describeType(pred)}`);
  if (x.ndim !== 0)
    throw new TypeError(`Pred must be a scalar, got ${valueText(x)} of shape (${x.shape.join(", ")}).`);
  if (x.dtype === bool) return x;
  if (!["int", "uint", "float"].includes(x.dtype.kind))
    throw new TypeError(`Pred type must be either boolean or number, got ${x.dtype}.`);
  return ne(x, scalar(0, x.dtype, x.weakType));
}
