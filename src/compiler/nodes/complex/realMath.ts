import { type DType, float32 } from "../../../dtypes/index.ts";
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

  isNegative(x: Node): Node {
    return this.or(this.lt(x, 0), this.lt(this.div(this.c(1), x), 0));
  }
  /** `magnitude`, which is not negative, with the sign of `x`. */
  copySign(magnitude: Node, x: Node): Node {
    return this.select(this.isNegative(x), this.neg(magnitude), magnitude);
  }

  /** sqrt(x^2 + y^2) without overflow on the way. */
  hypot(x: Node, y: Node): Node {
    const [p, q] = [this.abs(x), this.abs(y)];
    const high = this.max(p, q);
    const low = this.min(p, q);
    const ratio = this.div(low, high);
    const length = this.mul(high, this.sqrt(this.add(this.c(1), this.square(ratio))));
    const special = this.or(this.eq(high, 0), this.eq(p, Number.POSITIVE_INFINITY));
    // An infinite part wins over NaN; of zeros the ratio is none.
    const whole = this.select(special, p, length);
    return this.select(this.eq(q, Number.POSITIVE_INFINITY), q, whole);
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
