/**
 * Formatting of single elements so that they line up within an array.
 */
import { type DType, float16, float32, float64 } from "./dtype.ts";
import { decodeFloat, encodeFloat, floatFormat } from "./floatFormat.ts";
import {
  type DigitOptions,
  formatPositional,
  formatScientific,
  formatShortG,
  type Trim,
} from "./printFloat.ts";
import type { PrintOptions } from "./printOptions.ts";
import { realDType } from "./promotion.ts";
import { type HostData, scalarFromHost } from "./typedArray.ts";

/** The text of the element at a flat position. */
export type ElementFormat = (index: number) => string;

/**
 * The formatter of an array's elements, widths measured over the positions that will be printed.
 *
 * @param scalar Whether the array has no dimensions (`True` is then not padded to the width of `False`).
 * @param asFloat64 Print each float with the digits of its float64 value.
 */
export function elementFormat(
  data: HostData,
  shown: readonly number[],
  scalar: boolean,
  dtype: DType,
  options: PrintOptions,
  asFloat64: boolean,
): ElementFormat {
  switch (dtype.kind) {
    case "bool":
      return (i) => (data[i] !== 0 ? (scalar ? "True" : " True") : "False");
    case "void":
      return () => "(b'',)";
    case "int":
    case "uint":
      // NumPy does not pad the integer types it does not define itself.
      return dtype.bits < 8 ? (i) => String(data[i]) : integerFormat(data, shown, options);
    case "complex":
      return complexFormat(data as Float32Array | Float64Array, shown, dtype, options, asFloat64);
    case "key":
      return integerFormat(data, shown, options);
    case "float": {
      const value = (i: number) => scalarFromHost(data, i, dtype) as number;
      if (!isNumPyFloat(dtype)) return (i) => formatShortG(value(i));
      const format = floatingFormat(shown.map(value), dtype, options, options.sign, asFloat64);
      return (i) => format(value(i));
    }
  }
}

function isNumPyFloat(dtype: DType): boolean {
  return dtype === float16 || dtype === float32 || dtype === float64;
}

function integerFormat(data: HostData, shown: readonly number[], options: PrintOptions): ElementFormat {
  const values = shown.map((i) => data[i] as number | bigint);
  const sign = options.sign === " " && values.some((v) => v < 0) ? "-" : options.sign;
  const marked = (v: number | bigint) => (v >= 0 && sign !== "-" ? sign : "") + String(v);
  const width = longest(values.map(marked));
  return (i) => marked(data[i] as number | bigint).padStart(width);
}

function complexFormat(
  data: Float32Array | Float64Array,
  shown: readonly number[],
  dtype: DType,
  options: PrintOptions,
  asFloat64: boolean,
): ElementFormat {
  const real = realDType(dtype);
  const part = (offset: number, sign: PrintOptions["sign"]) =>
    floatingFormat(
      shown.map((i) => data[2 * i + offset] as number),
      real,
      options,
      sign,
      asFloat64,
    );
  const re = part(0, options.sign);
  const im = part(1, "+");
  return (i) => {
    const imaginary = im(data[2 * i + 1] as number);
    const text = imaginary.trimEnd();
    return `${re(data[2 * i] as number)}${text}j${imaginary.slice(text.length)}`;
  };
}

/** Decimal digits that any value of the type keeps: beyond 10^digits NumPy prints floats with an exponent. */
function decimalPrecision(dtype: DType): number {
  return Math.floor(floatFormat(dtype).nmant * Math.log10(2));
}

/** A function that rounds to a dtype, for comparisons that NumPy makes in the array's own type. */
function rounding(dtype: DType): (x: number) => number {
  if (dtype === float64) return (x) => x;
  if (dtype === float32) return Math.fround;
  const f = floatFormat(dtype);
  return (x) => decodeFloat(encodeFloat(x, f), f);
}

function usesExponent(finite: readonly number[], dtype: DType, options: PrintOptions): boolean {
  const sizes = finite.filter((x) => x !== 0).map(Math.abs);
  if (sizes.length === 0) return false;
  const max = sizes.reduce((a, b) => Math.max(a, b));
  const min = sizes.reduce((a, b) => Math.min(a, b));
  const round = rounding(dtype);
  if (max >= 10 ** Math.min(8, decimalPrecision(dtype))) return true;
  return !options.suppress && (min < round(0.0001) || round(max / min) > 1000);
}

/** The common format of the floats of an array: notation, digits and padding chosen from all of them. */
function floatingFormat(
  values: readonly number[],
  dtype: DType,
  options: PrintOptions,
  sign: PrintOptions["sign"],
  asFloat64: boolean,
): (x: number) => string {
  const finite = values.filter(Number.isFinite);
  const plus = sign === "+";
  const fixed = options.floatmode === "fixed";
  const unique = !fixed;
  const precision = options.floatmode === "unique" ? undefined : options.precision;
  const measure: DigitOptions = {
    format: floatFormat(dtype),
    precision,
    unique,
    trim: fixed ? "keep" : "point",
    plus,
  };
  const digitFormat = floatFormat(asFloat64 ? float64 : dtype);
  const exponential = usesExponent(finite, dtype, options);

  let padLeft = 0;
  let padRight = 0;
  let print: (x: number) => string = () => "";
  if (finite.length > 0) {
    const texts = finite.map((x) =>
      exponential ? formatScientific(x, measure) : formatPositional(x, measure),
    );
    const wholes = texts.map((t) => t.slice(0, t.indexOf(".")));
    const fractions = texts.map((t) => t.slice(t.indexOf(".") + 1).split("e") as [string, string?]);
    padLeft = longest(wholes);
    const digits = longest(fractions.map(([fraction]) => fraction));
    if (sign === " " && !finite.some((x) => x < 0 || Object.is(x, -0))) padLeft += 1;
    const base = { format: digitFormat, unique, plus };
    if (exponential) {
      const expDigits = longest(fractions.map(([, exponent]) => exponent ?? "")) - 1;
      padRight = expDigits + 2 + digits;
      print = (x) =>
        formatScientific(x, {
          ...base,
          precision: digits,
          minDigits: digits,
          trim: "keep",
          padLeft,
          expDigits,
        });
    } else {
      padRight = digits;
      const equal = fixed || options.floatmode === "maxprec_equal";
      print = (x) =>
        formatPositional(x, {
          ...base,
          precision: equal ? digits : precision,
          minDigits: equal ? digits : 0,
          trim: equal ? "keep" : "point",
          padLeft,
          padRight,
        });
    }
  }
  if (finite.length < values.length) {
    const signed = sign !== "-" || values.includes(-Infinity);
    const offset = padRight + 1;
    padLeft = Math.max(
      padLeft,
      options.nanstr.length - offset,
      options.infstr.length + (signed ? 1 : 0) - offset,
    );
  }
  return (x) => {
    if (Number.isFinite(x)) return print(x);
    const mark = x === -Infinity ? "-" : plus ? "+" : "";
    return (mark + (Number.isNaN(x) ? options.nanstr : options.infstr)).padStart(padLeft + padRight + 1);
  };
}

function longest(texts: readonly string[]): number {
  return texts.reduce((n, t) => Math.max(n, t.length), 0);
}

/** A float alone, as `str` of a NumPy scalar prints it. */
export function scalarFloatText(x: number, dtype: DType, trim: Trim): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x < 0 ? "-inf" : "inf";
  const format = floatFormat(dtype);
  const size = Math.abs(x);
  const limit = dtype === float64 ? 1e16 : 10 ** decimalPrecision(dtype);
  return size === 0 || (size >= 1e-4 && size < limit)
    ? formatPositional(x, { format, trim })
    : formatScientific(x, { format, trim: "all" });
}
