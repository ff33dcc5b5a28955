import type { ArrayLike, NDArray } from "../core/array.ts";
import { scalar } from "../core/values.ts";
import { bool } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { broadcastToShape, checkBroadcast, promoteDTypes, toArray } from "./promote.ts";

const whereJit = jit(
  (condition: NDArray, x: NDArray, y: NDArray): NDArray => {
    const cond = condition.dtype === bool ? condition : lax.ne(condition, scalar(0, condition.dtype));
    const [a, b] = promoteDTypes([x, y]);
    const shape = checkBroadcast([cond.shape, a.shape, b.shape], "where");
    // A scalar condition selects whole arrays; all other operands are brought to the common shape.
    const full = cond.ndim === 0 ? cond : broadcastToShape(cond, shape);
    const [onTrue, onFalse] = [broadcastToShape(a, shape), broadcastToShape(b, shape)];
    return lax.selectN(full, onFalse, onTrue);
  },
  { name: "_where" },
);

/** Elements of `x` where `condition` holds, of `y` elsewhere: `jnp.where` with three arguments. */
export function where(condition: ArrayLike, x: ArrayLike, y: ArrayLike): NDArray {
  return whereJit(toArray(condition, "where", 0), toArray(x, "where", 1), toArray(y, "where", 2));
}
