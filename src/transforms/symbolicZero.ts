import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { type Tangent, Zero } from "../core/primitive.ts";
import { leafToArray } from "../core/values.ts";
import type { DType } from "../dtypes/index.ts";
import { map } from "../tree/map.ts";

/**
 * A tangent or cotangent that is zero, as custom rules defined with `symbolicZeros` see it. A rule may return one, too.
 *
 * @example
 * ```ts
 * const f = customJvp((x: NDArray, y: NDArray) => x.mul(y));
 * const isZero = (t: unknown) => t instanceof customDerivatives.SymbolicZero;
 * f.defjvp(([x, y], [dx, dy]) => [f(x, y), isZero(dy) ? dx.mul(y) : dx.mul(y).add(dy.mul(x))], { symbolicZeros: true });
 * String(grad(f)(2, 3)); // => "3.0"
 * ```
 */
export class SymbolicZero {
  readonly aval: ShapedArray;
  /** @internal Made by transformations and {@link zeroFromPrimal}. */
  constructor(aval: ShapedArray) {
    this.aval = aval;
  }
  get shape(): readonly number[] {
    return this.aval.shape;
  }
  get dtype(): DType {
    return this.aval.dtype;
  }
  toString(): string {
    return `SymbolicZero(${this.aval})`;
  }
}

/** How a rule sees a tangent: zeros as objects of their own. */
export function revealZero(t: Tangent): NDArray | SymbolicZero {
  return t instanceof Zero ? new SymbolicZero(t.aval) : t;
}

/**
 * A tree of {@link SymbolicZero}s: the zero tangent of a tree of values.
 *
 * @example
 * ```ts
 * String(customDerivatives.zeroFromPrimal([jnp.ones(2)])); // => "SymbolicZero(float32[2])"
 * ```
 */
export function zeroFromPrimal(values: unknown): unknown {
  return map((leaf: unknown) => {
    const array = leafToArray(leaf);
    if (array === null) {
      throw new TypeError(`zeroFromPrimal: every leaf must be an array or a number, got ${typeof leaf}.`);
    }
    return new SymbolicZero(array.aval.toTangent());
  }, values);
}
