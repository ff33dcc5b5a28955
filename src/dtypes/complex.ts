/**
 * A complex number: what `item()` and `tolist()` give for complex arrays, and what stands for a complex number wherever one is accepted
 * (`x.mul(new Complex(0, 1))`). Immutable; as an operand it is weakly typed, as a lone number is.
 *
 * @example
 * jnp.complex64([1, new Complex(0, 2)]) // => Array([1.+0.j, 0.+2.j], dtype=complex64)
 */
export class Complex {
  readonly re: number;
  readonly im: number;
  constructor(re: number, im = 0) {
    this.re = re;
    this.im = im;
  }
  /** As Python writes it: `(1+2j)`, or `2j` where the real part is zero. */
  toString(): string {
    const im = `${numberText(this.im)}j`;
    if (Object.is(this.re, 0)) return im;
    const plus = im.startsWith("-") || im.startsWith("+") ? "" : "+";
    return `(${numberText(this.re)}${plus}${im})`;
  }
  /** Node's `console.log` prints the number. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A number as Python's `complex` writes its parts. */
function numberText(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x < 0 ? "-inf" : "inf";
  if (Object.is(x, -0)) return "-0";
  const text = Math.abs(x) >= 1e16 ? x.toExponential() : String(x);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
