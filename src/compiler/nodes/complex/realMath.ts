import { type DType, float32, int32 } from "../../../dtypes/index.ts";
import type { Node } from "../../ir.ts";
import type { NodeBuilder } from "../builder.ts";

/** Arithmetic on real nodes of one dtype, in which the functions of complex numbers are written. */
export class RealMath {
  readonly b: NodeBuilder;
  readonly dtype: DType;
  /** The largest power of two of the dtype is `2 ** maxExponent`. */
  readonly maxExponent: number;

  constructor(b: NodeBuilder, dtype: DType) {
    this.b = b;
    this.dtype = dtype;
    this.maxExponent = dtype === float32 ? 127 : 1023;
  }

  c(value: number): Node {
    return this.b.const(value, this.dtype);
  }
  add(...xs: Node[]): Node {
    return xs.reduce((sum, x) => this.b.op("add", sum, x));
  }
  sub(x: Node, y: Node): Node {
    return this.b.op("sub", x, y);
  }
  mul(...xs: Node[]): Node {
    return xs.reduce((product, x) => this.b.op("mul", product, x));
  }
  div(x: Node, y: Node): Node {
    return this.b.op("div", x, y);
  }
  neg(x: Node): Node {
    return this.b.op("neg", x);
  }
  abs(x: Node): Node {
    return this.b.op("abs", x);
  }
  sqrt(x: Node): Node {
    return this.b.op("sqrt", x);
  }
  max(x: Node, y: Node): Node {
    return this.b.op("max", x, y);
  }
  min(x: Node, y: Node): Node {
    return this.b.op("min", x, y);
  }
  /** A function of scalarOps.ts by its name. */
  call(name: string, ...xs: Node[]): Node {
    return this.b.op(name, ...xs);
  }
  half(x: Node): Node {
    return this.mul(x, this.c(0.5));
  }
  twice(x: Node): Node {
    return this.add(x, x);
  }
  square(x: Node): Node {
    return this.mul(x, x);
  }

  // Conditions.

  eq(x: Node, y: Node | number): Node {
    return this.b.op("eq", x, this.node(y));
  }
  lt(x: Node, y: Node | number): Node {
    return this.b.op("lt", x, this.node(y));
  }
  gt(x: Node, y: Node | number): Node {
    return this.b.op("gt", x, this.node(y));
  }
  ge(x: Node, y: Node | number): Node {
    return this.b.op("ge", x, this.node(y));
  }
  le(x: Node, y: Node | number): Node {
    return this.b.op("le", x, this.node(y));
  }
  isNaN(x: Node): Node {
    return this.b.op("ne", x, x);
  }
  isInfinite(x: Node): Node {
    return this.eq(this.abs(x), Number.POSITIVE_INFINITY);
  }
  and(...xs: Node[]): Node {
    return xs.reduce((all, x) => this.b.op("and", all, x));
  }
  or(...xs: Node[]): Node {
    return xs.reduce((any, x) => this.b.op("or", any, x));
  }
  not(x: Node): Node {
    return this.b.op("not", x);
  }
  select(condition: Node, onTrue: Node, onFalse: Node): Node {
    return this.b.select(condition, onTrue, onFalse);
  }
  private node(x: Node | number): Node {
    return typeof x === "number" ? this.c(x) : x;
  }

  // Signs, those of zeros included.

  /** `magnitude`, which is not negative, with the sign of `x`. */
  copySign(magnitude: Node, x: Node): Node {
    const { b } = this;
    if (this.dtype === float32)
      return this.fromBits(
        b.op("or", this.bits(magnitude), b.op("and", this.bits(x), this.word(0x80000000))),
      );
    const isNegative = this.or(this.lt(x, 0), this.lt(this.div(this.c(1), x), 0));
    return this.select(isNegative, this.neg(magnitude), magnitude);
  }

  // Bits of float32.

  private bits(x: Node): Node {
    return this.b.bitcast(x, int32);
  }
  private fromBits(x: Node): Node {
    return this.b.bitcast(x, float32);
  }
  private word(bits: number): Node {
    return this.b.const(bits | 0, int32);
  }

  /**
   * A power of two that brings a number of that size (not negative) to the middle of the range, where squares neither overflow nor vanish, and its
   * inverse.
   */
  rangeScale(size: Node): { readonly by: Node; readonly back: Node } {
    if (this.dtype === float32) {
      // The power of two below the number, whose inverse is a normal number too.
      const inside = this.max(this.min(size, this.c(2 ** 126)), this.c(2 ** -125));
      const exponent = this.b.op("and", this.bits(inside), this.word(0x7f800000));
      return {
        by: this.fromBits(this.b.op("sub", this.word(0x7f000000), exponent)),
        back: this.fromBits(exponent),
      };
    }
    const [isLarge, isSmall] = [this.gt(size, 2 ** 500), this.lt(size, 2 ** -400)];
    const choose = (whenLarge: number, whenSmall: number) =>
      this.select(isLarge, this.c(2 ** whenLarge), this.select(isSmall, this.c(2 ** whenSmall), this.c(1)));
    return { by: choose(-520, 600), back: choose(520, -600) };
  }
  /** sqrt(x^2 + y^2) without overflow on the way. */
  hypot(x: Node, y: Node): Node {
    const { by, back } = this.rangeScale(this.max(this.abs(x), this.abs(y)));
    const squares = this.add(this.square(this.mul(x, by)), this.square(this.mul(y, by)));
    return this.mul(this.sqrt(squares), back);
  }

  // Sums and products with their rounding errors.

  /** `x + y` and what rounding took from it. */
  twoSum(x: Node, y: Node): readonly [Node, Node] {
    const sum = this.add(x, y);
    const part = this.sub(sum, x);
    return [sum, this.add(this.sub(x, this.sub(sum, part)), this.sub(y, part))];
  }
  /** `x * y` and what rounding took from it, for factors of moderate size. */
  twoProduct(x: Node, y: Node): readonly [Node, Node] {
    const product = this.mul(x, y);
    const [xh, xl] = this.split(x);
    const [yh, yl] = this.split(y);
    const error = this.add(
      this.sub(this.mul(xh, yh), product),
      this.mul(xh, yl),
      this.mul(xl, yh),
      this.mul(xl, yl),
    );
    return [product, error];
  }
  /** A number as a sum of two of half the digits (Veltkamp). */
  private split(x: Node): readonly [Node, Node] {
    const big = this.mul(x, this.c(this.dtype === float32 ? 4097 : 134217729));
    const high = this.sub(big, this.sub(big, x));
    return [high, this.sub(x, high)];
  }
  /** A sum of numbers and products, each rounded only at the end. */
  exactSum(terms: readonly (readonly [Node, Node])[]): Node {
    let [sum, error] = terms[0];
    for (const [x, e] of terms.slice(1)) {
      const [next, lost] = this.twoSum(sum, x);
      sum = next;
      error = this.add(error, lost, e);
    }
    return this.add(sum, error);
  }
}
