import type { ArrayLike, NDArray } from "../core/array.ts";
import { evalReference, hostArrayOf } from "../core/evalReference.ts";
import { keysConsumed } from "../core/keyUse.ts";
import { definePrimitive, notLinear, type Params, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { type DType, finfo, isKey } from "../dtypes/index.ts";
import { batchDimAtFront } from "../lax/batching.ts";
import { standardJvp } from "../lax/families.ts";
import * as lax from "../lax/index.ts";
import { asProgram } from "../lax/programLowering.ts";
import { readOptions } from "../numpy/arguments.ts";
import { broadcastTo } from "../numpy/manipulationBroadcast.ts";
import { jit } from "../transforms/jit.ts";
import { vmap } from "../transforms/vmap.ts";
import { checkKey, split } from "./keys.ts";
import { checkShape, floatDType, type SampleOptions, shapeOf, toFloat } from "./parameters.ts";
import { exponential, normal, uniform } from "./samplers.ts";

interface GammaParams extends Params {
  /** Whether the logarithm of the sample is wanted. */
  readonly logSpace: boolean;
}

/**
 * One sample, by the rejection method of Marsaglia and Tsang ("A simple method for generating gamma variables", 2000). It needs a >= 1; for
 * smaller a, Gamma(a) is Gamma(a + 1) U^(1 / a), whose second factor may underflow but not its logarithm.
 */
function sampleOne(key: NDArray, a: NDArray, logSpace: boolean): NDArray {
  const { dtype } = a;
  const isLarge = lax.ge(a, 1);
  const third = lax.fullLike(a, 1 / 3);
  const d = lax.sub(lax.select(isLarge, a, lax.add(a, 1)), third);
  const c = lax.div(third, lax.sqrt(d));

  const isRejected = ([, x, v, u]: NDArray[]): NDArray => {
    const bound = lax.add(lax.mul(x, 0.5), lax.mul(d, lax.add(lax.sub(1, v), lax.log(v))));
    return lax.bitwiseAnd(lax.ge(u, lax.sub(1, lax.mul(0.0331, lax.mul(x, x)))), lax.ge(lax.log(u), bound));
  };
  const draw = ([key]: NDArray[]): NDArray[] => {
    const [next, xKey, uKey] = split(key, 3);
    const positive = lax.whileLoop(
      ([, , v]: NDArray[]) => lax.le(v, 0),
      ([key]: NDArray[]) => {
        const [next, own] = split(key);
        const x = normal(own, [], dtype);
        return [next, x, lax.add(1, lax.mul(x, c))];
      },
      [xKey, lax.fullLike(a, 0), lax.fullLike(a, -1)],
    ) as NDArray[];
    const [, x, v] = positive;
    return [next, lax.mul(x, x), lax.mul(lax.mul(v, v), v), uniform(uKey, [], dtype)];
  };
  const [next, boostKey] = split(key);
  // Begins with a proposal that is rejected.
  const start = [next, lax.fullLike(a, 0), lax.fullLike(a, 1), lax.fullLike(a, 2)];
  const [, , v] = lax.whileLoop(isRejected, draw, start) as NDArray[];
  const inverse = lax.div(1, a);
  if (logSpace) {
    const log = lax.neg(exponential(boostKey, [], dtype));
    const none = lax.bitwiseOr(isLarge, lax.eq(log, 0));
    const boost = lax.select(none, lax.fullLike(a, 0), lax.mul(log, inverse));
    return lax.add(lax.add(lax.log(d), lax.log(v)), boost);
  }
  const u = lax.sub(1, uniform(boostKey, [], dtype));
  return lax.mul(lax.mul(d, v), lax.select(isLarge, lax.fullLike(a, 1), lax.pow(u, inverse)));
}

/** Each key gives samples for as many trailing elements of `a`. */
function sampleAll(keys: NDArray, a: NDArray, logSpace: boolean): NDArray {
  if (a.size === 0) return a;
  const each = a.size / keys.size;
  const own = lax.reshape(lax.randomSplit(lax.reshape(keys, [keys.size]), [each]), [a.size]);
  const flat = vmap((key: NDArray, x: NDArray) => sampleOne(key, x, logSpace))(own, lax.reshape(a, [a.size]));
  return lax.reshape(flat as NDArray, a.shape);
}

/** The derivative of a sample by `a` with the random numbers unchanged: that of the inverse of the distribution function. */
function sampleDerivative(sample: NDArray, a: NDArray, logSpace: boolean): NDArray {
  if (!logSpace) return lax.randomGammaGrad(a, sample);
  const x = lax.exp(sample);
  const positive = lax.select(lax.eq(x, 0), lax.fullLike(x, Number(finfo(x.dtype).tiny)), x);
  return lax.div(lax.randomGammaGrad(a, positive), positive);
}

const lowering = asProgram<GammaParams>(([keys, a], { logSpace }) => [sampleAll(keys, a, logSpace)]);

const gammaPrimitive: Primitive<GammaParams> = definePrimitive<GammaParams>({
  name: "random_gamma",
  keyUse: keysConsumed,
  abstractEval: ([keys, a]) => {
    if (!isKey(keys.dtype)) throw new TypeError(`random_gamma takes random keys, got ${keys}.`);
    const prefix = a.shape.slice(0, keys.ndim);
    if (keys.shape.join() !== prefix.join())
      throw new TypeError(
        `random_gamma: the shape of the keys, ${keys}, must begin that of the parameters, ${a}.`,
      );
    return [a.update({ weakType: false })];
  },
  reference: (inputs, params, [out]) => {
    const avals = [out.update({ shape: inputs[0].shape, dtype: inputs[0].dtype }), out];
    const { jaxpr, consts } = lowering.program(params, avals);
    return [evalReference(jaxpr, consts.map(hostArrayOf), inputs)[0].data];
  },
  jvp: /* @__PURE__ */ standardJvp(
    () => gammaPrimitive,
    [null, (g, ans, [, a], { logSpace }) => lax.mul(g, sampleDerivative(ans, a, logSpace))],
  ),
  transpose: notLinear,
  batching: ([keys, a], [keysDim, aDim], params, size) => {
    const operands = [batchDimAtFront(keys, keysDim, size), batchDimAtFront(a, aDim, size)];
    return [[bind1(gammaPrimitive, operands, params)], [0]];
  },
  lowering,
  printParams: ({ logSpace }) => ({ log_space: logSpace }),
});

const gammaJit = jit(
  (key: NDArray, a: NDArray, given: readonly number[] | null, dtype: DType, logSpace: boolean): NDArray => {
    const shape = given ?? a.shape;
    checkShape("gamma", shape, a);
    const parameters = broadcastTo(lax.convertElementType(a, dtype), shape);
    return bind1(gammaPrimitive, [key, parameters], { logSpace });
  },
  { name: "_gamma", staticArgnums: [2, 3, 4] },
);

type GammaArguments = [(number | readonly number[] | SampleOptions)?, ...unknown[]];

function sample(name: string, key: NDArray, a: ArrayLike, args: GammaArguments, logSpace: boolean): NDArray {
  const o = readOptions<SampleOptions>(name, ["shape", "dtype"], args);
  const { typed } = checkKey(name, key);
  const shape = o.shape === undefined ? null : shapeOf(name, o.shape);
  return gammaJit(typed, toFloat(a), shape, floatDType("gamma", o.dtype), logSpace);
}

/**
 * Samples of the gamma distribution with density proportional to `x^(a - 1) e^-x`; their derivatives by `a` are those of the samples with the
 * random numbers unchanged.
 *
 * @param a the parameter, positive; it broadcasts to `shape`
 * @param args the shape, default that of `a`, and the dtype, default float32; or an object with these
 * @throws ValueError when `a` does not broadcast to the shape, or for a dtype that is not floating
 * @example
 * ```ts
 * random.gamma(random.key(0), jnp.array([1, 10])).shape; // => [2]
 * ```
 */
export function gamma(key: NDArray, a: ArrayLike, ...args: GammaArguments): NDArray {
  return sample("gamma", key, a, args, false);
}

/**
 * Logarithms of samples of the gamma distribution: exact where `a` is small, and the samples of {@link gamma} would underflow to 0.
 *
 * @param a the parameter, positive; it broadcasts to `shape`
 * @param args the shape, default that of `a`, and the dtype, default float32; or an object with these
 * @throws ValueError when `a` does not broadcast to the shape, or for a dtype that is not floating
 * @example
 * ```ts
 * Number.isFinite(random.loggamma(random.key(0), 1e-3).item()); // => true
 * ```
 */
export function loggamma(key: NDArray, a: ArrayLike, ...args: GammaArguments): NDArray {
  return sample("loggamma", key, a, args, true);
}
