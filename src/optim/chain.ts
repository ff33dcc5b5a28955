import { ValueError } from "../errors.ts";
import type { GradientTransformation, OptState } from "./types.ts";

/**
 * {@link chain} of transformations with names, by which the state keeps theirs.
 *
 * @throws ValueError when two names are the same
 * @example
 * ```ts
 * const optimizer = optim.namedChain(["clip", optim.clip(1)], ["adam", optim.scaleByAdam()]);
 * Object.keys(optimizer.init(jnp.zeros(2))); // => ["clip", "adam"]
 * ```
 */
export function namedChain(
  ...transforms: readonly (readonly [name: string, transform: GradientTransformation])[]
): GradientTransformation<Record<string, OptState>> {
  const names = transforms.map(([name]) => name);
  if (new Set(names).size !== names.length) {
    throw new ValueError(`Named transformations must have unique names, but got ${names.join(", ")}`);
  }
  return {
    init: (params) => Object.fromEntries(transforms.map(([name, t]) => [name, t.init(params)])),
    update(updates, state, params, extra) {
      let next = updates;
      const states: Record<string, OptState> = {};
      for (const [name, t] of transforms) {
        [next, states[name]] = t.update(next, state[name], params, extra);
      }
      return [next, states];
    },
  };
}

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
    update(updates, state, params, extra) {
      if (!Array.isArray(state) || state.length !== transforms.length) {
        throw new ValueError(
          "The number of updates and states has to be the same in chain! Make sure you have called init first!",
        );
      }
      let next = updates;
      const states = transforms.map((t, i) => {
        const [u, s] = t.update(next, state[i], params, extra);
        next = u;
        return s;
      });
      return [next, states];
    },
  };
}
