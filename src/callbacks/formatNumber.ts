/** The digits of numbers, rounded half to even from their exact values, as C and Python print them. */

/** `value` times a power of ten, exactly, rounded to an integer. `value` is finite and not negative. */
function scaled(value: number, powerOfTen: number): bigint {
  if (value === 0) return 0n;
  const words = new DataView(new ArrayBuffer(8));
  words.setFloat64(0, value);
  const bits = words.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  const two = (exponent === 0 ? 1 : exponent) - 1075;
  let numerator = mantissa;
  let denominator = 1n;
  if (two >= 0) numerator <<= BigInt(two);
  else denominator <<= BigInt(-two);
  if (powerOfTen >= 0) numerator *= 10n ** BigInt(powerOfTen);
  else denominator *= 10n ** BigInt(-powerOfTen);
  const quotient = numerator / denominator;
  const twice = 2n * (numerator - quotient * denominator);
  const up = twice > denominator || (twice === denominator && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

/** Fixed point, as `%.{precision}f`. */
export function fixed(value: number, precision: number): string {
  const digits = scaled(value, precision)
    .toString()
    .padStart(precision + 1, "0");
  const point = digits.length - precision;
  return precision === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The decimal exponent and the digits of a value rounded to `count` significant ones. */
function significant(value: number, count: number): { exponent: number; digits: string } {
  if (value === 0) return { exponent: 0, digits: "0".repeat(count) };
  let exponent = Number(value.toExponential().split("e")[1]);
  let digits = scaled(value, count - 1 - exponent).toString();
  if (digits.length > count) {
    exponent++;
    digits = digits.slice(0, count);
  }
  return { exponent, digits };
}

/** Scientific, as `%.{precision}e`. */
export function scientific(value: number, precision: number): string {
  const { exponent, digits } = significant(value, precision + 1);
  const mantissa = precision === 0 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** As `%.{precision}g`: fixed or scientific by size, without trailing zeros unless `alternate`. `pointed`: with a digit after the point. */
export function general(value: number, precision: number, alternate: boolean, pointed: boolean): string {
  const count = Math.max(precision, 1);
  const { exponent } = significant(value, count);
  const isFixed = exponent >= -4 && exponent < (pointed ? count - 1 : count);
  const text = isFixed ? fixed(value, count - 1 - exponent) : scientific(value, count - 1);
  if (alternate) return text;
  const [mantissa, power] = text.split("e");
  let short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (pointed && power === undefined && !short.includes(".")) short += ".0";
  return power === undefined ? short : `${short}e${power}`;
}
