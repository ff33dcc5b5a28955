import type { NDArray } from "../../core/array.ts";
import { leafToArray, scalar } from "../../core/values.ts";
import { int32 } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { ops } from "../ops.ts";
import { clamp } from "../select.ts";
import { chooseBranch, valueText } from "./branches.ts";
import { range } from "./programs.ts";
import { callBranch, knownScalar, runsStepwise } from "./stepwise.ts";

/**
 * Calls one of several functions: `branches[index](...operands)`, with an index out of range moved to the nearest. Like `cond` otherwise.
 *
 * @param index an integer scalar
 * @throws TypeError when the index is not an integer scalar, or the results of the branches differ in structure or types
 * @throws ValueError without branches
 * @example
 * ```ts
 * const f = (i: number) => lax.switch(i, [(x: NDArray) => x, (x: NDArray) => x.mul(10), (x: NDArray) => x.neg()], jnp.float32(2));
 * `${f(1)} ${f(7)}`; // => "20.0 -2.0"
 * ```
 */
export function switchBranches<F extends AnyFunction>(
  index: NDArray | number | bigint,
  branches: readonly F[],
  ...operands: unknown[]
): ReturnType<F> {
  if (!Array.isArray(branches) || !branches.every((f) => typeof f === "function"))
    throw new TypeError("lax.switch: branches argument should be a list of callables.");
  const i = branchIndex(index);
  if (branches.length === 0) throw new ValueError("Empty branch sequence");
  if (branches.length === 1) return branches[0](...operands) as ReturnType<F>;
  const known = runsStepwise() ? knownScalar(i) : null;
  if (known !== null) {
    const at = Math.min(Math.max(Number(known), 0), branches.length - 1);
    return callBranch(branches[at], operands) as ReturnType<F>;
  }
  const last = scalar(branches.length - 1, int32);
  const clamped = clamp(scalar(0, int32), ops.convertElementType(i, int32), last);
  const roles = branches.map((_, k) => `branch ${k}`);
  return chooseBranch(
    "switch",
    clamped,
    branches,
    range(0, branches.length),
    roles,
    operands,
  ) as ReturnType<F>;
}

function branchIndex(index: unknown): NDArray {
  const x = leafToArray(index);
  if (x === null) throw new TypeError(`Index type must be an integer, got ${valueText(index)}.`);
  if (x.ndim !== 0)
    throw new TypeError(`Branch index must be scalar, got ${valueText(x)} of shape (${x.shape.join(", ")}).`);
  if (x.dtype.kind !== "int" && x.dtype.kind !== "uint")
    throw new TypeError(`Index type must be an integer, got ${valueText(x)} as ${x.dtype}`);
  return x;
}
