import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import * as un from "../numpy/unary.ts";
import { valueAndGrad } from "../transforms/grad.ts";
import type { OptState } from "./types.ts";

/** All values of fields of a name in a state, outermost first. */
function fields(state: unknown, name: string): unknown[] {
  if (typeof state !== "object" || state === null || "aval" in state) return [];
  const found = !Array.isArray(state) && name in state ? [(state as Record<string, unknown>)[name]] : [];
  return found.length > 0 ? found : Object.values(state).flatMap((child) => fields(child, name));
}

/**
 * Like `valueAndGrad`, but takes the value and the gradient from an optimizer's state when a line search has left them there.
 *
 * @param valueFn a function of the parameters and further arguments, which gives a scalar
 * @returns a function of the same arguments and a last one, `{ state }`
 * @throws ValueError when the state has no `value` or no `grad`, or several
 * @example
 * ```ts
 * const valueFn = (x) => jnp.sum(x.mul(x));
 * const optimizer = optim.lbfgs();
 * const params = jnp.array([1, 2]);
 * const [value] = optim.valueAndGradFromState(valueFn)(params, { state: optimizer.init(params) });
 * String(value); // => "5.0"
 * ```
 */
export function valueAndGradFromState<P, A extends readonly unknown[]>(
  valueFn: (params: P, ...args: A) => NDArray,
): (params: P, ...args: [...args: A, options: { state: OptState }]) => [value: NDArray, grad: P] {
  return (params, ...args) => {
    const { state } = args.at(-1) as { state: OptState };
    const rest = args.slice(0, -1) as unknown as A;
    const [values, gradients] = [fields(state, "value"), fields(state, "grad")];
    if (values.length !== 1 || gradients.length !== 1 || gradients[0] === null) {
      throw new ValueError(
        "Value or gradient not found in the state, or not once. Make sure that these values are stored in the state by the optimizer.",
      );
    }
    const value = values[0] as NDArray;
    const known = un.isfinite(value);
    const evaluate = valueAndGrad(valueFn as never) as unknown as (p: P, ...args: A) => [NDArray, P];
    return lax.cond(
      known,
      () => [value, gradients[0]] as [NDArray, P],
      () => evaluate(params, ...rest),
    );
  };
}
