import { sizeOf } from "../../src/core/aval.ts";

export type DTypeText =
  | "bool"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float32"
  | "float64"
  | "complex64"
  | "complex128"
  | "key<fry>";

/** A value of the program; prints as its name. */
export class Value {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DTypeText;
  /** Whether every correct implementation computes the same bits. */
  readonly exact: boolean;
  /** Whether the dtype is only that of a number that was mixed in. */
  readonly weakType: boolean;
  constructor(id: number, shape: readonly number[], dtype: DTypeText, exact: boolean, weakType = false) {
    this.weakType = weakType;
    this.id = id;
    this.shape = shape;
    this.dtype = dtype;
    this.exact = exact;
  }
  get size(): number {
    return sizeOf(this.shape);
  }
  get ndim(): number {
    return this.shape.length;
  }
  get isFloat(): boolean {
    return this.dtype.startsWith("float");
  }
  get isComplex(): boolean {
    return this.dtype.startsWith("complex");
  }
  get isInteger(): boolean {
    return this.dtype.includes("int");
  }
  get isNumber(): boolean {
    return this.isFloat || this.isInteger;
  }
  toString(): string {
    return `v${this.id}`;
  }
}

/** What an operation makes of the choices; see operations.ts. */
export interface Draft {
  readonly args: readonly Value[];
  readonly text: string;
  /** Number of results, when the expression is a list. */
  readonly several?: boolean;
  readonly inexact?: boolean;
}

export class NoOperand extends Error {}

/** The stream of choices and the values there are so far. */
export class Chooser {
  private readonly numbers: readonly number[];
  private at = 0;
  readonly values: readonly Value[];
  constructor(numbers: readonly number[], values: readonly Value[]) {
    this.numbers = numbers;
    this.values = values;
  }
  /** 0 <= result < n */
  nat(n: number): number {
    return (this.numbers[this.at++] ?? 0) % n;
  }
  /** low <= result <= high */
  int(low: number, high: number): number {
    return low + this.nat(high - low + 1);
  }
  flag(): boolean {
    return this.nat(2) === 1;
  }
  one<T>(options: readonly T[]): T {
    if (options.length === 0) throw new NoOperand();
    return options[this.nat(options.length)];
  }
  /** A value with a property; later ones are likelier. */
  value(has: (v: Value) => boolean = () => true): Value {
    const fitting = this.values.filter(has);
    if (fitting.length === 0) throw new NoOperand();
    const [i, j] = [this.nat(fitting.length), this.nat(fitting.length)];
    return fitting[fitting.length - 1 - Math.min(i, j)];
  }
  /** An axis, negative or not. */
  axis(v: Value): number {
    if (v.ndim === 0) throw new NoOperand();
    const axis = this.nat(v.ndim);
    return this.flag() ? axis - v.ndim : axis;
  }
  /** Distinct axes, at least `min`. */
  axes(v: Value, min = 0): number[] {
    const all = v.shape.map((_, i) => i);
    const chosen = all.filter(() => this.flag());
    while (chosen.length < min) {
      if (all.length < min) throw new NoOperand();
      const rest = all.filter((i) => !chosen.includes(i));
      chosen.push(rest[this.nat(rest.length)]);
    }
    return chosen;
  }
  permutation(n: number): number[] {
    const rest = Array.from({ length: n }, (_, i) => i);
    return Array.from({ length: n }, () => rest.splice(this.nat(rest.length), 1)[0]);
  }
}
