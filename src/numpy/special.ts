import type { ArrayLike, NDArray } from "../core/array.ts";
import { isFloating } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { customJvp } from "../transforms/customJvp.ts";
import { jit } from "../transforms/jit.ts";
import { promoteArgsInexact, toArray } from "./promote.ts";

/* @__NO_SIDE_EFFECTS__ */
function makeI0(): (x: NDArray) => NDArray {
  const f = customJvp(
    (x: NDArray): NDArray => {
      const size = lax.abs(x);
      return lax.mul(lax.exp(size), lax.besselI0e(size));
    },
    { name: "_i0" },
  );
  // The derivative is the function of order 1, which is smooth where |x| is not.
  f.defjvp(([x], [t]) => [f(x), lax.mul(lax.mul(lax.exp(lax.abs(x)), lax.besselI1e(x)), t)]);
  return f;
}
const i0Smooth = makeI0();
const i0Jit = jit(
  (x0: NDArray): NDArray => {
    const [x] = promoteArgsInexact("i0", x0);
    if (!isFloating(x.dtype)) throw new ValueError(`Unsupported input type to jax.numpy.i0: ${x.dtype}`);
    return i0Smooth(x);
  },
  { name: "i0" },
);
/** The modified Bessel function of the first kind of order 0. @throws ValueError for complex numbers. @example `String(jnp.i0(0)); // => "1.0"` */
export const i0 = (x: ArrayLike): NDArray => i0Jit(toArray(x, "i0"));
