import type { NDArray } from "../../core/array.ts";
import { shapedArray } from "../../core/aval.ts";
import { leafToArray, literal } from "../../core/values.ts";
import { type DType, isWideInteger } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { describeType } from "../../transforms/flatFunction.ts";
import { functionName, setName } from "../../transforms/functionName.ts";
import { concreteValue } from "../../transforms/jvpTrace.ts";
import { checkOptions } from "../../transforms/options.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { constLike } from "../operands.ts";
import { ops } from "../ops.ts";
import { scan } from "./scan.ts";
import type { ParameterAt, TreeWithNumbers } from "./types.ts";
import { whileLoop } from "./whileLoop.ts";

/**
 * A loop over the integers from `lower` to `upper - 1`: `val = bodyFun(i, val)` for each.
 *
 * Where both bounds are known it is a `scan`, and differentiable in both modes; where one is traced it is a `whileLoop`, and differentiable in
 * forward mode only.
 *
 * @param bodyFun maps an index and a value to the next value, of the same structure, shapes and dtypes
 * @param initVal the first value, a tree of arrays; lone numbers in it take the dtype of what `bodyFun` returns
 * @param options.unroll as for `scan`, where the bounds are known
 * @throws TypeError when the bounds have different dtypes, or the body changes the structure or a type of the value
 * @example
 * ```ts
 * String(lax.foriLoop(0, 5, (i: NDArray, x: NDArray) => x.add(i), 0)); // => "10"
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: the value's type is that of the body's parameter
export function foriLoop<F extends (i: NDArray, value: any) => unknown>(
  lower: NDArray | number | bigint,
  upper: NDArray | number | bigint,
  bodyFun: F,
  initVal: TreeWithNumbers<ParameterAt<F, 1>>,
  options: { unroll?: number | boolean | null } = {},
): ParameterAt<F, 1> {
  if (typeof bodyFun !== "function")
    throw new TypeError("lax.foriLoop: bodyFun argument should be callable.");
  checkOptions("lax.foriLoop", options, ["unroll"]);
  const unroll = options.unroll ?? null;
  const [from, to] = [bound(lower, "lower"), bound(upper, "upper")];
  const dtype = commonDType(from, to);
  const [first, end] = [knownInteger(from), knownInteger(to)];
  if (first !== null && end !== null) return scanFrom(first, end, dtype, bodyFun, initVal, unroll ?? false);
  if (unroll !== null && unroll !== false && unroll !== 1) {
    throw new ValueError("Can only use `unroll` in `foriLoop` if the loop bounds are statically known.");
  }
  const step = setName(
    ([i, stop, value]: [NDArray, NDArray, unknown]) => [ops.add(i, constLike(i, 1)), stop, bodyFun(i, value)],
    functionName(bodyFun),
  );
  const init = [inDType(from, dtype), inDType(to, dtype), initVal];
  return whileLoop(([i, stop]: [NDArray, NDArray]) => ops.lt(i, stop), step as AnyFunction, init as never)[2];
}

function scanFrom(
  first: bigint,
  end: bigint,
  dtype: DType,
  bodyFun: AnyFunction,
  initVal: unknown,
  unroll: number | boolean,
): unknown {
  const step = setName(
    ([i, value]: [NDArray, unknown]) => [[ops.add(i, constLike(i, 1)), bodyFun(i, value)], null] as const,
    functionName(bodyFun),
  );
  const length = Math.max(Number(end - first), 0);
  // The index is a weak int32, unless the bounds have 64 bits.
  const index = isWideInteger(dtype) ? literal(first, shapedArray([], dtype, true)) : first;
  const [[, value]] = scan(step as AnyFunction, [index, initVal], null, { length, unroll });
  return value;
}

function bound(x: unknown, which: string): NDArray {
  const array = leafToArray(x);
  if (array === null)
    throw new TypeError(
      `lax.foriLoop: ${which} must be an integer or an integer scalar, got ${describeType(x)}.`,
    );
  return array;
}

/** The dtype of both bounds. A lone number takes that of the other. */
function commonDType(lower: NDArray, upper: NDArray): DType {
  if (lower.dtype === upper.dtype) return lower.dtype;
  if (lower.dtype.kind === "int" && upper.dtype.kind === "int" && lower.weakType !== upper.weakType)
    return lower.weakType ? upper.dtype : lower.dtype;
  throw new TypeError(
    `lower and upper arguments to foriLoop must have equal types, got ${lower.dtype} and ${upper.dtype}`,
  );
}

/** The value of a bound that is known, or null. Like JAX, rounds towards zero. */
function knownInteger(x: NDArray): bigint | null {
  const array = x.ndim === 0 ? concreteValue(x) : null;
  if (array === null) return null;
  const value = array.item();
  if (typeof value === "bigint") return value;
  const whole = Math.trunc(Number(value));
  if (!Number.isFinite(whole)) throw new ValueError(`lax.foriLoop: cannot loop to or from ${whole}.`);
  return BigInt(whole);
}

function inDType(x: NDArray, dtype: DType): NDArray {
  return x.dtype === dtype ? x : ops.convertElementType(x, dtype);
}
