import type { Complex, DType, HostData } from "../dtypes/index.ts";
import { RuntimeError } from "../errors.ts";
import type { ArrayMethods } from "./arrayMethods.ts";
import type { ShapedArray } from "./aval.ts";
import type { Backend, Buffer } from "./backend.ts";
import { ambientPlacement, type Placement } from "./placement.ts";

/**
 * An array: concrete ({@link ArrayImpl}) or, inside a transformation, a tracer that stands for one.
 * Immutable; its methods are those of NumPy and the operators (`x.add(y)`, `x.matmul(w)`, `x.sum(0)`).
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: numpy/methods.ts installs every method that the interface declares
export abstract class NDArray {
  /** Shape, dtype and weak type. */
  abstract readonly aval: ShapedArray;
  get shape(): readonly number[] {
    return this.aval.shape;
  }
  get dtype(): DType {
    return this.aval.dtype;
  }
  get ndim(): number {
    return this.aval.shape.length;
  }
  get size(): number {
    return this.aval.size;
  }
  get weakType(): boolean {
    return this.aval.weakType;
  }
}
// Methods are installed by numpy/methods.ts, above this layer; their types are declared in arrayMethods.ts.
export interface NDArray extends ArrayMethods {}

/** What array functions accept where they accept an array. */
export type ArrayLike = NDArray | number | bigint | boolean | Complex | ArrayBufferView | NestedList;
export interface NestedList
  extends ReadonlyArray<NestedList | number | bigint | boolean | Complex | NDArray | ArrayBufferView> {}

/** A concrete array whose bytes live in a device's memory. */
export class ArrayImpl extends NDArray {
  readonly aval: ShapedArray;
  readonly backend: Backend;
  /** The device buffer; null once deleted or donated. */
  buffer: Buffer | null;
  /** A scalar made from a JavaScript number while tracing: printed and compiled as a literal. */
  readonly literal: number | bigint | boolean | Complex | undefined;
  /** The sharding with which somebody placed it; otherwise the device that was the default, or null for the first one. */
  placement: Placement | null = ambientPlacement();
  constructor(
    aval: ShapedArray,
    backend: Backend,
    buffer: Buffer,
    literal?: number | bigint | boolean | Complex,
  ) {
    super();
    this.aval = aval;
    this.backend = backend;
    this.buffer = buffer;
    this.literal = literal;
  }
  /** The buffer, or JAX's error when the array was deleted or donated. */
  requireBuffer(): Buffer {
    if (this.buffer === null) {
      throw new RuntimeError(
        `Array has been deleted with shape=${this.aval}. It was donated to a jitted function ` +
          "(donateArgnums) or deleted with x.delete(); use the function's result, or pass a copy.",
      );
    }
    return this.buffer;
  }
  /** A fresh host copy of the elements, row-major. */
  toHost(): HostData {
    return this.backend.toHost(this.requireBuffer(), this.aval);
  }
}
