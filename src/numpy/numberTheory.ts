import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { floorDivide } from "./binary.ts";
import { broadcastArrays } from "./manipulationBroadcast.ts";
import { promoteArgs, toArray } from "./promote.ts";
import { any } from "./reductions.ts";
import { absolute } from "./unary.ts";
import { where } from "./where.ts";

/** Magnitudes of one shape and dtype. @throws ValueError for other dtypes than integers */
function magnitudes(name: string, x1: NDArray, x2: NDArray): NDArray[] {
  const promoted = promoteArgs(name, x1, x2);
  if (!isInteger(promoted[0].dtype)) {
    throw new ValueError(`Arguments to jax.numpy.${name} must be integers, got ${x1.dtype} and ${x2.dtype}.`);
  }
  return broadcastArrays(...promoted.map(absolute));
}

/** Euclid's algorithm, until all remainders are 0. */
function euclid(a: NDArray, b: NDArray): NDArray {
  const zero = scalar(0, a.dtype);
  const [result] = lax.whileLoop(
    ([, y]: [NDArray, NDArray]) => any(lax.ne(y, zero)),
    ([x, y]: [NDArray, NDArray]): [NDArray, NDArray] => {
      const isDone = lax.eq(y, zero);
      const divisor = where(isDone, scalar(1, a.dtype), y);
      return [where(isDone, x, y), where(isDone, zero, lax.rem(x, divisor))];
    },
    [a, b],
  );
  return result;
}

const gcdJit = jit(
  (x1: NDArray, x2: NDArray): NDArray => {
    const [a, b] = magnitudes("gcd", x1, x2);
    return euclid(a, b);
  },
  { name: "gcd" },
);
/** The greatest common divisor, elementwise with broadcasting; that of 0 and x is |x|. @throws ValueError for other dtypes than integers. @example `String(jnp.gcd(12n, 18n)); // => "6"` */
export function gcd(x1: ArrayLike, x2: ArrayLike): NDArray {
  return gcdJit(toArray(x1, "gcd", 0), toArray(x2, "gcd", 1));
}

const lcmJit = jit(
  (x1: NDArray, x2: NDArray): NDArray => {
    const [a, b] = magnitudes("lcm", x1, x2);
    const divisor = euclid(a, b);
    const zero = scalar(0, a.dtype);
    const isZero = lax.eq(divisor, zero);
    const safe = where(isZero, scalar(1, a.dtype), divisor);
    return where(isZero, zero, lax.mul(a, floorDivide(b, safe)));
  },
  { name: "lcm" },
);
/** The least common multiple, elementwise with broadcasting; that of 0 and x is 0. @throws ValueError for other dtypes than integers. @example `String(jnp.lcm(4n, 6n)); // => "12"` */
export function lcm(x1: ArrayLike, x2: ArrayLike): NDArray {
  return lcmJit(toArray(x1, "lcm", 0), toArray(x2, "lcm", 1));
}
