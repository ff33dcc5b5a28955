import type { NDArray } from "../core/array.ts";
import { isEager } from "../core/trace.ts";
import { isComplex, isInexact } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { customJvp } from "../transforms/customJvp.ts";
import { abs, max } from "./arithmetic.ts";
import { ne } from "./compare.ts";
import { complex, imag } from "./complex.ts";
import { constLike, sameDTypeOperands } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { exp, exp2, log1p } from "./transcendental.ts";

type Pair = (x: NDArray, y: NDArray) => NDArray;

/** The tangents weighted by the share that each operand has in the sum. */
function defineRule(
  f: ReturnType<typeof customJvp<Pair>>,
  plain: Pair,
  power: (x: NDArray) => NDArray,
  name: string,
): void {
  const finite = (x: NDArray) => ops.select(ops.eq(x, constLike(x, Infinity)), ops.fullLike(x, 0), x);
  const rule = ([x, y]: [NDArray, NDArray], [s, t]: [NDArray, NDArray]): [NDArray, NDArray] => {
    const ans = (isEager() ? plain : f)(x, y);
    const part = (g: NDArray, v: NDArray) => ops.mul(g, power(ops.sub(finite(v), finite(ans))));
    return [ans, ops.add(part(s, x), part(t, y))];
  };
  Object.defineProperty(rule, "name", { value: name });
  f.defjvp(rule);
}

/** An angle brought between -pi and pi. */
function wrapped(angle: NDArray): NDArray {
  const [turn, half] = [constLike(angle, 2 * Math.PI), constLike(angle, Math.PI)];
  const shifted = ops.add(angle, half);
  return ops.sub(ops.sub(shifted, ops.mul(ops.floor(ops.div(shifted, turn)), turn)), half);
}

/** The same of complex numbers, with `base` times as much as the natural logarithm in between. */
function complexSum(x: NDArray, y: NDArray, base: number): NDArray {
  const most = max(x, y);
  const delta = ops.mul(ops.sub(ops.add(x, y), ops.mul(most, constLike(most, 2))), constLike(most, 1 / base));
  const out = ops.add(most, ops.mul(log1p(exp(delta)), constLike(most, base)));
  return complex(ops.real(out), wrapped(imag(out)));
}

const natural: Pair = (x, y) => {
  if (isComplex(x.dtype)) return complexSum(x, y, 1);
  const most = max(x, y);
  const delta = ops.sub(x, y);
  // The difference is NaN for NaNs and for infinities of one sign, where the sum is right.
  return ops.select(ne(delta, delta), ops.add(x, y), ops.add(most, log1p(exp(ops.neg(abs(delta))))));
};
const naturalRule = customJvp(natural, { name: "logaddexp" });
defineRule(naturalRule, natural, (x) => exp(x), "_logaddexp_jvp");

const binaryLog: Pair = (x, y) => {
  if (isComplex(x.dtype)) return complexSum(x, y, Math.LOG2E);
  const most = max(x, y);
  const delta = ops.sub(x, y);
  return ops.select(
    ne(delta, delta),
    ops.add(x, y),
    ops.add(most, ops.mul(constLike(most, Math.LOG2E), log1p(exp2(ops.neg(abs(delta)))))),
  );
};
const binaryRule = customJvp(binaryLog, { name: "logaddexp2" });
defineRule(binaryRule, binaryLog, (x) => exp2(x), "_logaddexp2_jvp");

function apply(x: LaxOperand, y: LaxOperand, name: string, plain: Pair, withRule: Pair): NDArray {
  const [a, b] = sameDTypeOperands([x, y], name);
  for (const { dtype } of [a, b]) {
    if (!isInexact(dtype))
      throw new ValueError(`${name} requires floating-point or complex inputs; got ${dtype.name}`);
  }
  return (isEager() ? plain : withRule)(a, b);
}

/**
 * Elementwise `log(exp(x) + exp(y))` without overflow; operands as for `lax.add`.
 * @throws ValueError unless the dtype is floating.
 * @example
 * lax.logaddexp(jnp.array([0, 1000]), jnp.array([0, 1000])) // => Array([6.9314718e-01, 1.0006932e+03], dtype=float32)
 */
export function logaddexp(x: LaxOperand, y: LaxOperand): NDArray {
  return apply(x, y, "logaddexp", natural, naturalRule);
}

/**
 * Elementwise `log2(2 ** x + 2 ** y)` without overflow; operands as for `lax.add`.
 * @example
 * lax.logaddexp2(jnp.array([3]), jnp.array([3])) // => Array([4.], dtype=float32)
 */
export function logaddexp2(x: LaxOperand, y: LaxOperand): NDArray {
  return apply(x, y, "logaddexp2", binaryLog, binaryRule);
}
