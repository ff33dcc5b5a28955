import type { ArrayLike, NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import { isOptions, readOptions } from "./arguments.ts";
import { missing } from "./method.ts";
import type { NonzeroOptions } from "./sortingNonzero.ts";
import { where as select } from "./where.ts";

type Positions = (condition: ArrayLike, options?: NonzeroOptions) => NDArray[];

/** `nonzero`, which few pages need that select: moreMethods.ts brings it. */
let nonzero: Positions = () => {
  throw missing("jnp.where with one argument, which is jnp.nonzero");
};
export function installNonzero(f: Positions): void {
  nonzero = f;
}

/**
 * Elements of `x` where `condition` holds, of `y` elsewhere; all three broadcast together. With one argument the positions where it
 * holds, one vector per axis, as `nonzero` gives them.
 *
 * The gradient flows only through the chosen branch, but a NaN in the derivative of the other still becomes NaN: make its argument safe with a second
 * `where` inside.
 *
 * @param options.size without x and y: the number of positions, required under jit; missing ones are `fillValue` (0)
 * @throws ValueError when only one of x and y is given, TypeError when shapes do not broadcast, ConcretizationTypeError for positions in
 *   a traced array without `size`
 * @example
 * ```ts
 * String(jnp.where(jnp.array([true, false]), 1, jnp.zeros(2))); // => "[1. 0.]"
 * jnp.where(jnp.array([0, 5, 7])).map(String); // => ["[1 2]"]
 * ```
 */
export function where(condition: ArrayLike, options?: NonzeroOptions): NDArray[];
export function where(condition: ArrayLike, x: ArrayLike, y: ArrayLike): NDArray;
export function where(
  condition: ArrayLike,
  x?: ArrayLike | NonzeroOptions | null,
  y?: ArrayLike | null,
  ...rest: unknown[]
): NDArray | NDArray[] {
  const none = (v: unknown): v is null | undefined => v === undefined || v === null;
  if (isOptions(x) && none(y)) return nonzero(condition, x as NonzeroOptions);
  if (none(x) && none(y)) return nonzero(condition, rest[0] as NonzeroOptions | undefined);
  if (none(x) || none(y)) {
    throw new ValueError(
      "Either both or neither of the x and y arguments should be provided to jax.numpy.where, got one of them.",
    );
  }
  const o = readOptions<NonzeroOptions>("where", [], rest, ["size", "fillValue"]);
  if (!none(o.size) || !none(o.fillValue)) {
    throw new ValueError("size and fillValue arguments cannot be used in three-term where function.");
  }
  return select(condition, x as ArrayLike, y);
}
