import { ValueError } from "../errors.ts";
import type { GradientTransformation, OptState } from "./types.ts";

/**
 * Applies transformations one after the other; the state is the list of their states.
 *
 * @throws ValueError from `update` for a state of another length
 * @example
 * ```ts
 * const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.sgd(0.1));
 * ```
 */
export function chain(...transforms: readonly GradientTransformation[]): GradientTransformation<OptState[]> {
  return {
    init: (params) => transforms.map((t) => t.init(params)),
    update(updates, state, params) {
      if (!Array.isArray(state) || state.length !== transforms.length) {
        throw new ValueError(
          "The number of updates and states has to be the same in chain! Make sure you have called init first!",
        );
      }
      let next = updates;
      const states = transforms.map((t, i) => {
        const [u, s] = t.update(next, state[i], params);
        next = u;
        return s;
      });
      return [next, states];
    },
  };
}
