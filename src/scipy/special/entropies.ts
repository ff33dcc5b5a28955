import type { ArrayLike, NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import { promoteArgsInexact } from "../../numpy/promote.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { customJvp } from "../../transforms/customJvp.ts";
import { realArguments } from "./arguments.ts";

const logit_ = customJvp((x: NDArray): NDArray => lax.log(x.div(bi.subtract(1, x))), { name: "logit" });
logit_.defjvps((dot, _value, x) => dot.div(x.mul(bi.subtract(1, x))));

/** `log(x / (1 - x))`, the inverse of {@link expit}. @example `String(scipy.special.logit(0.5)); // => "0.0"` */
export function logit(x: ArrayLike): NDArray {
  return logit_(promoteArgsInexact("logit", x)[0]);
}

/** The logistic function, `1 / (1 + exp(-x))`. @example `String(scipy.special.expit(0)); // => "0.5"` */
export function expit(x: ArrayLike): NDArray {
  return lax.logistic(promoteArgsInexact("expit", x)[0]);
}

const xlogy_ = customJvp(
  (x: NDArray, y: NDArray): NDArray => where(bi.logicalOr(x.ne(0), un.isnan(y)), x.mul(lax.log(y)), 0),
  { name: "xlogy" },
);
xlogy_.defjvp(([x, y], [xDot, yDot]) => [xlogy_(x, y), xDot.mul(lax.log(y)).add(yDot.mul(x).div(y))]);

/** `x log(y)`, which is 0 where x is 0. @example `String(scipy.special.xlogy(0, 0)); // => "0.0"` */
export function xlogy(x: ArrayLike, y: ArrayLike): NDArray {
  const [a, b] = promoteArgsInexact("xlogy", x, y);
  return xlogy_(a, b);
}

const xlog1py_ = customJvp(
  (x: NDArray, y: NDArray): NDArray => where(bi.logicalOr(x.ne(0), un.isnan(y)), x.mul(lax.log1p(y)), 0),
  { name: "xlog1py" },
);
xlog1py_.defjvp(([x, y], [xDot, yDot]) => [
  xlog1py_(x, y),
  xDot.mul(lax.log1p(y)).add(yDot.mul(x).div(y.add(1))),
]);

/** `x log(1 + y)`, which is 0 where x is 0. @example `String(scipy.special.xlog1py(0, -1)); // => "0.0"` */
export function xlog1py(x: ArrayLike, y: ArrayLike): NDArray {
  const [a, b] = promoteArgsInexact("xlog1py", x, y);
  return xlog1py_(a, b);
}

const xlogx = customJvp((x: NDArray): NDArray => xlogy_(x, x), { name: "xlogx" });
xlogx.defjvp(([x], [dot]) => [xlogx(x), dot.mul(lax.log(x).add(1))]);

/**
 * The terms of entropy, `-x log(x)`; 0 at 0 and minus infinity below.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.entr(jnp.array([0, 0.5]))); // => "[-0.         0.3465736]"`
 */
export function entr(x: ArrayLike): NDArray {
  const [a] = realArguments("entr", x);
  return where(a.lt(0), Number.NEGATIVE_INFINITY, xlogx(a).neg());
}

/**
 * The terms of relative entropy, `p log(p / q)`; 0 where p is 0, infinite outside of the domain.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.relEntr(jnp.array([0, 1]), jnp.array([1, 0]))); // => "[ 0. inf]"`
 */
export function relEntr(p: ArrayLike, q: ArrayLike): NDArray {
  const [a, b] = realArguments("rel_entr", p, q);
  const positive = bi.logicalAnd(a.gt(0), b.gt(0));
  const zero = bi.logicalAnd(a.eq(0), b.ge(0));
  const [x, y] = [where(positive, a, 1), where(positive, b, 1)];
  const value = xlogx(x).sub(xlogy(x, y));
  return where(positive, value, where(zero, lax.fullLike(value, 0), Number.POSITIVE_INFINITY));
}

/**
 * The terms of the Kullback-Leibler divergence, `p log(p / q) - p + q`.
 *
 * @throws ValueError for complex numbers
 * @example `String(scipy.special.klDiv(jnp.array([1]), jnp.array([2]))); // => "[0.30685282]"`
 */
export function klDiv(p: ArrayLike, q: ArrayLike): NDArray {
  const [a, b] = realArguments("kl_div", p, q);
  return relEntr(a, b).sub(a).add(b);
}

function power(logarithm: NDArray, lambda: NDArray): NDArray {
  const zero = lambda.eq(0);
  const safe = where(zero, 1, lambda);
  return where(zero, logarithm, lax.expm1(safe.mul(logarithm)).div(safe));
}

/**
 * The Box-Cox transformation, `(x ** lambda - 1) / lambda`, and `log(x)` for lambda 0.
 *
 * @example `String(scipy.special.boxcox(jnp.array([2, 3]), 2)); // => "[1.5 4. ]"`
 */
export function boxcox(x: ArrayLike, lambda: ArrayLike): NDArray {
  const [a, l] = promoteArgsInexact("boxcox", x, lambda);
  return power(lax.log(a), l);
}

/** {@link boxcox} of `1 + x`, accurate near 0. @example `String(scipy.special.boxcox1p(jnp.array([1]), 2)); // => "[1.5]"` */
export function boxcox1p(x: ArrayLike, lambda: ArrayLike): NDArray {
  const [a, l] = promoteArgsInexact("boxcox1p", x, lambda);
  return power(lax.log1p(a), l);
}
