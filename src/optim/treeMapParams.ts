import { readOptions } from "../numpy/arguments.ts";
import { map } from "../tree/map.ts";
import { ParamsPlaceholder } from "./paramsPlaceholder.ts";
import type { GradientTransformation, OptState } from "./types.ts";

export interface TreeMapParamsOptions {
  /** For the parts of the state that are not like parameters, such as counters; default: they stay. */
  transformNonParams?: (value: never) => unknown;
  /** Where `f` is called inside the parameters, as in `tree.map`. */
  isLeaf?: (node: unknown) => boolean;
}

/**
 * Maps a function over those parts of an optimizer's state that have the structure of the parameters, such as moments.
 *
 * @param initable the optimizer that made the state, or its `init`
 * @param rest further trees in the structure of the parameters, whose leaves `f` gets too
 * @example
 * ```ts
 * const optimizer = optim.adam(0.1);
 * const params = { w: jnp.ones(2) };
 * const state = optim.treeMapParams(optimizer, (x) => x.add(1), optimizer.init(params));
 * String(state[0].mu.w); // => "[1. 1.]"
 * String(state[0].count); // => "0"
 * ```
 */
export function treeMapParams(
  initable: GradientTransformation | GradientTransformation["init"],
  f: (...leaves: never[]) => unknown,
  state: OptState,
  ...rest: [...trees: unknown[], options: TreeMapParamsOptions] | unknown[]
): OptState {
  const last = rest.at(-1);
  const names = ["transformNonParams", "isLeaf"];
  const hasOptions =
    typeof last === "object" && last !== null && Object.keys(last).some((key) => names.includes(key));
  const o = hasOptions ? readOptions<TreeMapParamsOptions>("treeMapParams", [], [last], names) : {};
  const trees = hasOptions ? rest.slice(0, -1) : rest;
  const init = typeof initable === "function" ? initable : initable.init;
  const { isLeaf } = o;
  const atLeaf = isLeaf === undefined ? [] : [{ isLeaf }];
  return map(
    (part: unknown, value: unknown) => {
      if (part instanceof ParamsPlaceholder) return map(f as never, value, ...trees, ...atLeaf);
      return o.transformNonParams === undefined ? value : o.transformNonParams(value as never);
    },
    init(new ParamsPlaceholder()),
    state,
    { isLeaf: (node: unknown) => node instanceof ParamsPlaceholder },
  );
}
