import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { literal, scalar } from "../core/values.ts";
import { float32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { clip, split } from "../numpy/manipulation.ts";
import { promoteArgsInexact, toArray } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { customJvp } from "../transforms/customJvp.ts";
import { jit } from "../transforms/jit.ts";

/** A function that JAX compiles under its own name. */
/* @__NO_SIDE_EFFECTS__ */
function compiled(name: string, f: (x: NDArray) => NDArray): (x: ArrayLike) => NDArray {
  const jitted = jit(f, { name });
  return (x) => jitted(toArray(x, name));
}
const zeroLike = (g: NDArray): NDArray => lax.full(g.shape, 0, g.dtype);

const reluCustom = customJvp(
  jit((x: NDArray) => bi.maximum(x, 0), { name: "relu" }),
  { name: "relu" },
);
reluCustom.defjvps((g, _ans, x) => lax.select(bi.greater(x, 0), g, zeroLike(g)));
/** max(x, 0); its derivative at 0 is 0. @example `String(nn.relu(jnp.array([-1, 2]))); // => "[0. 2.]"` */
export const relu = (x: ArrayLike): NDArray => reluCustom(toArray(x, "relu"));

const relu6Custom = customJvp(
  jit((x: NDArray) => bi.minimum(bi.maximum(x, 0), float(6)), { name: "relu6" }),
  { name: "relu6" },
);
relu6Custom.defjvps((g, _ans, x) =>
  lax.select(bi.bitwiseAnd(bi.greater(x, 0), bi.less(x, 6)), g, zeroLike(g)),
);
/** min(max(x, 0), 6). @example `String(nn.relu6(jnp.array([-1, 9]))); // => "[0. 6.]"` */
export const relu6 = (x: ArrayLike): NDArray => relu6Custom(toArray(x, "relu6"));

/** 1 / (1 + e^-x). @example `String(nn.sigmoid(jnp.array(0))); // => "0.5"` */
export const sigmoid = (x: ArrayLike): NDArray => lax.logistic(toArray(x, "sigmoid"));
/** log(1 + e^x), without overflow. */
export const softplus = compiled("softplus", (x) => bi.logaddexp(x, 0));
/** x / (1 + |x|). @example `String(nn.softSign(jnp.array(1))); // => "0.5"` */
export const softSign = compiled("soft_sign", (x) => bi.divide(x, bi.add(un.abs(x), 1)));
/** x * sigmoid(x). @example `String(nn.silu(jnp.array(0))); // => "0.0"` */
export const silu = compiled("silu", (x) => bi.multiply(x, sigmoid(x)));
export { silu as swish };
/** x * tanh(softplus(x)). */
export const mish = compiled("mish", (x) => bi.multiply(x, un.tanh(softplus(x))));
/** log(sigmoid(x)), without underflow. */
export const logSigmoid = compiled("log_sigmoid", (x) => un.negative(softplus(un.negative(x))));
/** x itself. */
export const identity = compiled("identity", (x) => x);
/** Zero below -1, x above 1, a parabola between. */
export const sparsePlus = compiled("sparse_plus", (x) =>
  where(
    bi.lessEqual(x, float(-1)),
    float(0),
    where(bi.greaterEqual(x, float(1)), x, bi.divide(bi.power(bi.add(x, float(1)), 2), 4)),
  ),
);
/** Zero below -1, one above 1, a line between. */
export const sparseSigmoid = compiled("sparse_sigmoid", (x) =>
  bi.multiply(0.5, clip(bi.add(x, float(1)), float(0), float(2))),
);

const squareplusJit = jit(
  (x: NDArray, b: NDArray) => bi.divide(bi.add(x, un.sqrt(bi.add(un.square(x), b))), 2),
  { name: "squareplus" },
);
/** (x + sqrt(x^2 + b)) / 2. */
export const squareplus = (x: ArrayLike, b: ArrayLike = 4): NDArray =>
  squareplusJit(toArray(x, "squareplus"), toArray(b, "squareplus", 1));

const eluJit = jit(
  (x: NDArray, alpha: NDArray) =>
    where(bi.greater(x, 0), x, bi.multiply(alpha, un.expm1(where(bi.greater(x, 0), float(0), x)))),
  { name: "elu" },
);
const eluOnes = compiled("elu", (x) =>
  where(bi.greater(x, 0), x, bi.multiply(float(1), un.expm1(where(bi.greater(x, 0), float(0), x)))),
);
/** x above 0, alpha * (e^x - 1) below. @example `String(nn.elu(jnp.array(2))); // => "2.0"` */
export const elu = (x: ArrayLike, alpha?: ArrayLike): NDArray =>
  alpha === undefined ? eluOnes(x) : eluJit(toArray(x, "elu"), toFloat(alpha, "elu"));

const leakyJit = jit((x: NDArray, slope: NDArray) => where(bi.greaterEqual(x, 0), x, bi.multiply(slope, x)), {
  name: "leaky_relu",
});
const leakyDefault = compiled("leaky_relu", (x) => where(bi.greaterEqual(x, 0), x, bi.multiply(0.01, x)));
/** x above 0, negativeSlope * x below (0.01 by default). @example `String(nn.leakyRelu(jnp.array(-1))); // => "-0.01"` */
export const leakyRelu = (x: ArrayLike, negativeSlope?: ArrayLike): NDArray =>
  negativeSlope === undefined
    ? leakyDefault(x)
    : leakyJit(toArray(x, "leakyRelu"), toFloat(negativeSlope, "leakyRelu"));

const celuBody = (x: NDArray, alpha: ArrayLike): NDArray =>
  bi.add(bi.maximum(x, float(0)), bi.multiply(alpha, un.expm1(bi.divide(bi.minimum(x, float(0)), alpha))));
const celuJit = jit((x: NDArray, alpha: NDArray) => celuBody(x, alpha), { name: "celu" });
const celuDefault = compiled("celu", (x) => celuBody(x, float(1)));
/** max(x, 0) + alpha * (e^(min(x, 0) / alpha) - 1). */
export const celu = (x: ArrayLike, alpha?: ArrayLike): NDArray =>
  alpha === undefined ? celuDefault(x) : celuJit(toArray(x, "celu"), toFloat(alpha, "celu"));

/** Self-normalising {@link elu} (Klambauer et al., 2017). */
export const selu = compiled("selu", (x) => bi.multiply(1.0507009873554805, elu(x, 1.6732632423543772)));
/** x clipped to [-1, 1]. */
export const hardTanh = compiled("hard_tanh", (x) =>
  where(bi.greater(x, 1), 1, where(bi.less(x, -1), -1, x)),
);
/** relu6(x + 3) / 6. */
export const hardSigmoid = compiled("hard_sigmoid", (x) => bi.divide(relu6(bi.add(x, float(3))), float(6)));
/** x * hardSigmoid(x). */
export const hardSilu = compiled("hard_silu", (x) => bi.multiply(x, hardSigmoid(x)));
export { hardSilu as hardSwish };

/**
 * Gaussian error linear unit: x * P(X <= x) for a standard normal X, by the tanh approximation unless `approximate` is false.
 * Source: Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).
 *
 * @example `String(nn.gelu(jnp.array(0))); // => "0.0"`
 */
export function gelu(x: ArrayLike, approximate: boolean | { approximate?: boolean } = true): NDArray {
  const approx = typeof approximate === "boolean" ? approximate : (approximate.approximate ?? true);
  const [v] = promoteArgsInexact("gelu", x);
  if (approx) {
    const inner = bi.add(v, bi.multiply(0.044715, bi.power(v, 3)));
    const cdf = bi.multiply(
      0.5,
      bi.add(1.0, un.tanh(bi.multiply(scalar(Math.fround(Math.sqrt(2 / Math.PI)), v.dtype), inner))),
    );
    return bi.multiply(v, cdf);
  }
  const half = scalar(Math.sqrt(0.5), v.dtype);
  return bi.multiply(bi.multiply(0.5, v), lax.erfc(bi.multiply(un.negative(v), half)));
}

const gluJit = jit(
  (x: NDArray, axis: number) => {
    const [a, b] = split(x, 2, axis);
    return bi.multiply(a, sigmoid(b));
  },
  { name: "glu", staticArgnums: 1 },
);
/** Gated linear unit: the first half of an axis times the sigmoid of the second. @throws ValueError for an odd axis size */
export function glu(x: ArrayLike, axis: number | { axis?: number } = -1): NDArray {
  const k = typeof axis === "number" ? axis : (axis.axis ?? -1);
  const v = toArray(x, "glu");
  const size = v.shape[k < 0 ? k + v.ndim : k];
  if (size === undefined || size % 2 !== 0)
    throw new ValueError(`axis size must be divisible by 2, got ${size} on axis ${k}`);
  return gluJit(v, k);
}

const log1mexpCustom = customJvp(
  jit(
    (x: NDArray) => {
      // Two forms, each accurate on its side of log 2 (Mächler, "Accurately computing log(1 - exp(-|a|))", 2012).
      const c = bi.less(x, Math.LN2);
      return where(
        c,
        un.log(un.negative(un.expm1(un.negative(x)))),
        un.log1p(un.negative(un.exp(un.negative(x)))),
      );
    },
    { name: "log1mexp" },
  ),
  { name: "log1mexp" },
);
log1mexpCustom.defjvps((g, _ans, x) => bi.divide(g, un.expm1(x)));
/** log(1 - e^-x) for positive x, accurately. */
export const log1mexp = (x: ArrayLike): NDArray => log1mexpCustom(promoteArgsInexact("log1mexp", x)[0]);

/** Hyperbolic tangent. */
export const tanh = un.tanh;

/** A weakly typed float, also for whole numbers: what JAX's defaults such as 1.0 are. */
function float(x: number): NDArray {
  return literal(x, weakFloat);
}
function toFloat(x: ArrayLike, name: string): NDArray {
  if (typeof x === "number") return Number.isInteger(x) ? float(x) : literal(x);
  return toArray(x, name, 1);
}
const weakFloat = shapedArray([], float32, true);
