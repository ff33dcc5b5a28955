/**
 * Decimal digits of floating point numbers, exactly as NumPy and Python print them.
 *
 * The digit generator is Steele and White's (Dragon4), in big integers: the shortest digits that identify a value
 * among those of its own type (so a float32 prints as 0.1, not 0.10000000149011612), or a fixed number of
 * correctly rounded ones.
 */
import { float64 } from "./dtype.ts";
import { type FloatFormat, floatFormat } from "./floatFormat.ts";

/** What to do with zeros at the end of the fraction. */
export type Trim =
  /** Keep them, and pad to the digits asked for. */
  | "keep"
  /** Drop them, keep the point: `1.` */
  | "point"
  /** Drop all but the first: `1.0` */
  | "zero"
  /** Drop them and the point: `1` */
  | "all";

/** How to print a float; digits are counted after the point. */
export interface DigitOptions {
  readonly format: FloatFormat;
  /** Stop as soon as the digits identify the value (default), or print `precision` digits. */
  readonly unique?: boolean;
  /** At most this many digits. */
  readonly precision?: number | undefined;
  /** At least this many digits, past those that identify the value. */
  readonly minDigits?: number | undefined;
  readonly trim?: Trim;
  /** Print a plus sign. */
  readonly plus?: boolean;
  /** Spaces until this many characters stand left of the point. */
  readonly padLeft?: number;
  /** Spaces until this many characters stand right of the point (positional only). */
  readonly padRight?: number;
  /** Digits of the exponent, at least 2 (scientific only). */
  readonly expDigits?: number;
}

interface Digits {
  /** Decimal digits, the first one at 10^exponent. */
  readonly digits: string;
  readonly exponent: number;
}

const doubles = /* @__PURE__ */ new Float64Array(1);
const words = /* @__PURE__ */ new BigUint64Array(doubles.buffer);

/** The integers m and e with x = m * 2^e that the format stores for a positive finite x. */
function decompose(x: number, format: FloatFormat): { mantissa: bigint; exponent: number } {
  doubles[0] = x;
  const bits = words[0] as bigint;
  const stored = Number(bits >> 52n);
  let mantissa = bits & ((1n << 52n) - 1n);
  let exponent = -1074;
  if (stored !== 0) {
    mantissa |= 1n << 52n;
    exponent = stored - 1075;
  }
  const leading = mantissa.toString(2).length - 1 + exponent;
  const wanted = Math.max(leading - format.nmant, 1 - format.bias - format.nmant);
  // Exact when x is a value of the format; callers pass only such values.
  const shift = wanted - exponent;
  return { mantissa: shift >= 0 ? mantissa >> BigInt(shift) : mantissa << BigInt(-shift), exponent: wanted };
}

/** Which digit to stop at: a total count of digits or a count after the point. */
interface Cutoff {
  readonly mode: "total" | "fraction";
  readonly max: number | undefined;
  readonly min: number | undefined;
}

function dragon4(x: number, format: FloatFormat, unique: boolean, cutoff: Cutoff): Digits {
  if (x === 0) return { digits: "0", exponent: 0 };
  const { mantissa, exponent } = decompose(x, format);
  // value / scale is the number; marginLow / scale and marginHigh / scale are half the gaps to its neighbours.
  const unequal = mantissa === 1n << BigInt(format.nmant) && exponent > 1 - format.bias - format.nmant;
  const factor = unequal ? 4n : 2n;
  let value = mantissa * factor;
  let scale = factor;
  let marginLow = 1n;
  if (exponent >= 0) {
    value <<= BigInt(exponent);
    marginLow <<= BigInt(exponent);
  } else {
    scale <<= BigInt(-exponent);
  }
  let marginHigh = unequal ? 2n * marginLow : marginLow;

  // The first digit stands at 10^(place - 1); the estimate may be one off either way.
  let place = Math.floor(Math.log10(x)) + 1;
  const { mode, max, min } = cutoff;
  const clamped = max !== undefined && mode === "fraction" && place <= -max;
  if (clamped) place = -max + 1;
  if (place > 0) {
    scale *= 10n ** BigInt(place);
  } else {
    const power = 10n ** BigInt(-place);
    value *= power;
    marginLow *= power;
    marginHigh *= power;
  }
  if (value >= scale) {
    place += 1;
  } else if (!clamped && value * 10n < scale) {
    place -= 1;
    value *= 100n;
    marginLow *= 100n;
    marginHigh *= 100n;
  } else {
    value *= 10n;
    marginLow *= 10n;
    marginHigh *= 10n;
  }

  const stopAt = max === undefined ? -Infinity : mode === "total" ? place - max : -max;
  const noStopBefore = min === undefined ? place : Math.min(place, mode === "total" ? place - min : -min);
  const first = place - 1;
  const even = (mantissa & 1n) === 0n;
  let digits = "";
  let low = false;
  let high = false;
  let digit = 0n;
  for (;;) {
    place -= 1;
    digit = value / scale;
    value -= digit * scale;
    if (unique) {
      low = even ? value <= marginLow : value < marginLow;
      const top = value + marginHigh;
      high = even ? top >= scale : top > scale;
      if ((low || high) && place <= noStopBefore) break;
    } else if (value === 0n) {
      break;
    }
    if (place === stopAt) break;
    digits += digit;
    value *= 10n;
    marginLow *= 10n;
    marginHigh *= 10n;
  }
  let roundDown = low;
  if (low === high) {
    const half = 2n * value - scale;
    roundDown = half === 0n ? (digit & 1n) === 0n : half < 0n;
  }
  if (roundDown) return { digits: digits + digit, exponent: first };
  if (digit < 9n) return { digits: digits + (digit + 1n), exponent: first };
  const kept = digits.replace(/9+$/, "");
  if (kept === "") return { digits: "1", exponent: first + 1 };
  return { digits: kept.slice(0, -1) + (Number(kept.at(-1)) + 1), exponent: first };
}

function signOf(x: number, plus: boolean): string {
  return x < 0 || Object.is(x, -0) ? "-" : plus ? "+" : "";
}

/** The fraction after trimming and padding, with its point if it keeps one. */
function finishFraction(fraction: string, trim: Trim, wanted: number): string {
  if (trim === "keep") return `.${fraction.padEnd(wanted, "0")}`;
  const kept = fraction.replace(/0+$/, "");
  if (kept !== "") return `.${kept}`;
  return trim === "point" ? "." : trim === "zero" ? ".0" : "";
}

/**
 * A finite number in positional notation: `12345.678`.
 *
 * @example
 * formatPositional(Math.fround(0.1), { format: floatFormat(float32), trim: "zero" }) // => "0.1"
 */
export function formatPositional(x: number, options: DigitOptions): string {
  const { format, unique = true, precision, minDigits, trim = "keep" } = options;
  const cutoff: Cutoff = { mode: "fraction", max: precision, min: minDigits };
  const { digits, exponent } = dragon4(Math.abs(x), format, unique, cutoff);
  const whole = exponent < 0 ? "0" : digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  let fraction = exponent < 0 ? "0".repeat(-exponent - 1) + digits : digits.slice(exponent + 1);
  if (precision !== undefined) fraction = fraction.slice(0, precision);
  const wanted = (unique ? minDigits : precision) ?? 0;
  let right = finishFraction(fraction, trim, wanted);
  if (options.padRight !== undefined) right = right.padEnd(options.padRight + 1);
  return (signOf(x, options.plus ?? false) + whole).padStart(options.padLeft ?? 0) + right;
}

/**
 * A finite number in scientific notation: `1.2345678e+04`.
 *
 * @example
 * formatScientific(1e20, { format: floatFormat(float64), trim: "all" }) // => "1e+20"
 */
export function formatScientific(x: number, options: DigitOptions): string {
  const { format, unique = true, precision, minDigits, trim = "keep" } = options;
  const cutoff: Cutoff = {
    mode: "total",
    max: precision === undefined ? undefined : precision + 1,
    min: minDigits === undefined ? undefined : minDigits + 1,
  };
  const { digits, exponent } = dragon4(Math.abs(x), format, unique, cutoff);
  const wanted = (unique ? minDigits : precision) ?? 0;
  const fraction = finishFraction(digits.slice(1), trim, wanted);
  const left = (signOf(x, options.plus ?? false) + digits.charAt(0)).padStart(options.padLeft ?? 0);
  return `${left}${fraction}e${exponentText(exponent, options.expDigits ?? 2)}`;
}

function exponentText(exponent: number, digits: number): string {
  return (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(digits, "0");
}

/**
 * Six significant digits as C's `%g` prints them; how the narrow floats (bfloat16, float8) are printed.
 *
 * @example
 * formatShortG(0.10009765625) // => "0.100098"
 */
export function formatShortG(x: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const { digits, exponent } = dragon4(Math.abs(x), floatFormat(float64), false, {
    mode: "total",
    max: 6,
    min: undefined,
  });
  const kept = digits.replace(/0+$/, "") || "0";
  return signOf(x, false) + layOutDigits(kept, exponent, 6, "");
}

/** Digits placed positionally where -4 <= exponent < limit, else with an exponent. */
function layOutDigits(digits: string, exponent: number, limit: number, integerSuffix: string): string {
  if (exponent < -4 || exponent >= limit) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${digits.charAt(0)}${fraction}e${exponentText(exponent, 2)}`;
  }
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, "0") + integerSuffix;
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function nonFinite(x: number): string {
  return Number.isNaN(x) ? "nan" : x < 0 ? "-inf" : "inf";
}

/**
 * A number as Python's `repr(float)` prints it.
 *
 * @example
 * pythonFloatRepr(2) // => "2.0"
 * pythonFloatRepr(1e-8) // => "1e-08"
 * pythonFloatRepr(1e16) // => "1e+16"
 */
export function pythonFloatRepr(x: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const [mantissa, exponent] = Math.abs(x).toExponential().split("e") as [string, string];
  return signOf(x, false) + layOutDigits(mantissa.replace(".", ""), Number(exponent), 16, ".0");
}
