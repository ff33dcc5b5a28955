/**
 * Printing of arrays, character by character as NumPy and JAX print them.
 */
import { Complex } from "./complex.ts";
import { bool, type DType, float16, float32, float64, isFloating, uint32 } from "./dtype.ts";
import { type ElementFormat, elementFormat, scalarFloatText } from "./formatElement.ts";
import { formatShortG } from "./printFloat.ts";
import { getPrintOptions, type PrintOptions, withPrintOptions } from "./printOptions.ts";
import { realDType } from "./promotion.ts";
import { type HostData, scalarFromHost } from "./typedArray.ts";

interface Layout {
  readonly separator: string;
  /** Characters before the text on its first line; later lines are indented by as many. */
  readonly prefix: string;
  /** Characters that follow the text on its last line. */
  readonly suffix: string;
  /** Digits of each element are those of its float64 value, whatever the dtype. */
  readonly elementsAsFloat64?: boolean;
}

/** A shape as Python prints a tuple: `()`, `(3,)`, `(2, 3)`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/**
 * What Python's `print(x)` shows of an array.
 *
 * @example
 * formatStr(Float32Array.of(1, 2, 3), [3], float32) // => "[1. 2. 3.]"
 */
export function formatStr(data: HostData, shape: readonly number[], dtype: DType): string {
  if (dtype.kind === "key") return formatKeys(data, shape, dtype);
  if (shape.length === 0) return formatElementOf(data, dtype);
  return arrayText(data, shape, dtype, getPrintOptions(), { separator: " ", prefix: "", suffix: "" });
}

/**
 * What Python's `repr(x)` shows of a JAX array: elements, dtype and weak type.
 *
 * @example
 * formatRepr(Float32Array.of(2), [], float32, true) // => "Array(2., dtype=float32, weak_type=True)"
 */
export function formatRepr(
  data: HostData,
  shape: readonly number[],
  dtype: DType,
  weakType: boolean,
): string {
  if (dtype.kind === "key") return formatKeys(data, shape, dtype);
  const options = getPrintOptions();
  const prefix = "Array(";
  const text = shape.includes(0)
    ? `[], shape=${formatShape(shape)}`
    : arrayText(data, shape, dtype, options, { separator: ", ", prefix, suffix: "," });
  const described = `dtype=${dtype.name}${weakType ? ", weak_type=True" : ""}`;
  const lastLine = text.length - text.lastIndexOf("\n") + 1;
  const gap = lastLine + described.length + 2 > options.linewidth ? " ".repeat(prefix.length) : " ";
  return `${prefix}${text},${gap}${described})`;
}

function formatKeys(data: HostData, shape: readonly number[], dtype: DType): string {
  const layout: Layout = { separator: " ", prefix: "", suffix: "" };
  const wordsText = arrayText(data, [...shape, 2], uint32, getPrintOptions(), layout);
  return `Array(${formatShape(shape)}, dtype=${dtype.name}) overlaying:\n${wordsText}`;
}

/** Options of {@link formatArrayStr} and {@link formatArrayRepr}; the defaults are the print options. */
export interface ArrayTextOptions {
  readonly maxLineWidth?: number | undefined;
  readonly precision?: number | undefined;
  readonly suppressSmall?: boolean | undefined;
}

/**
 * `jnp.arrayStr`: as {@link formatStr}, with options. As in JAX the elements of narrower floats are
 * printed with the digits of their float64 value, up to the precision.
 *
 * @example
 * formatArrayStr(Int32Array.of(1, 20, 3), [3], int32, { maxLineWidth: 6 }) // => "[ 1\n 20\n  3]"
 */
export function formatArrayStr(
  data: HostData,
  shape: readonly number[],
  dtype: DType,
  options: ArrayTextOptions = {},
): string {
  if (dtype.kind === "key" || shape.length === 0) return formatStr(data, shape, dtype);
  const layout: Layout = { separator: " ", prefix: "", suffix: "", elementsAsFloat64: true };
  return arrayText(data, shape, dtype, textOptions(options), layout);
}

/**
 * `jnp.arrayRepr`: NumPy's `array_repr` of an array, which names the class `ArrayImpl` and leaves out
 * the dtypes that NumPy takes for granted (bool, int64, float64, complex128).
 *
 * @example
 * formatArrayRepr(Float32Array.of(1, 2), [2], float32) // => "ArrayImpl([1., 2.], dtype=float32)"
 */
export function formatArrayRepr(
  data: HostData,
  shape: readonly number[],
  dtype: DType,
  options: ArrayTextOptions = {},
): string {
  if (dtype.kind === "key") return formatKeys(data, shape, dtype);
  const settings = textOptions(options);
  const prefix = "ArrayImpl(";
  const layout: Layout = { separator: ", ", prefix, suffix: ")", elementsAsFloat64: shape.length > 0 };
  const text = prefix + arrayText(data, shape, dtype, settings, layout);
  const size = shape.reduce((a, b) => a * b, 1);
  const extras: string[] = [];
  if ((size === 0 && !(shape.length === 1 && shape[0] === 0)) || size > settings.threshold) {
    extras.push(`shape=${formatShape(shape)}`);
  }
  const implied = dtype === bool || (dtype.bits === 64 && dtype.kind !== "uint" && dtype.kind !== "complex");
  if (!(implied || dtype.name === "complex128") || size === 0) extras.push(`dtype=${dtype.name}`);
  if (extras.length === 0) return `${text})`;
  const tail = `${extras.join(", ")})`;
  const lastLine = text.length + 1 - (text.lastIndexOf("\n") + 1);
  const gap = lastLine + tail.length + 1 > settings.linewidth ? `\n${" ".repeat(prefix.length)}` : " ";
  return `${text},${gap}${tail}`;
}

function textOptions(options: ArrayTextOptions): PrintOptions {
  return withPrintOptions(getPrintOptions(), {
    linewidth: options.maxLineWidth as number,
    precision: options.precision as number,
    suppress: options.suppressSmall as boolean,
  });
}

/**
 * One element as Python's `str` of a 0-d array: `2.0`, `1e-05`, `3`, `True`, `(1+2j)`.
 *
 * @param value A number, bigint or boolean, or a complex number, also as a [re, im] pair.
 * @example
 * formatScalar(Math.fround(0.1), float32) // => "0.1"
 */
export function formatScalar(
  value: number | bigint | boolean | Complex | readonly [number, number],
  dtype: DType,
): string {
  if (dtype.kind === "bool") return value ? "True" : "False";
  if (dtype.kind === "void") return "(b'',)";
  if (value instanceof Complex) return formatComplexScalar([value.re, value.im], realDType(dtype));
  if (typeof value === "object") return formatComplexScalar(value, realDType(dtype));
  if (!isFloating(dtype)) return String(typeof value === "boolean" ? Number(value) : value);
  const x = Number(value);
  if (dtype === float16 || dtype === float32 || dtype === float64) return scalarFloatText(x, dtype, "zero");
  return formatShortG(x);
}

function formatComplexScalar([re, im]: readonly [number, number], real: DType): string {
  const imaginary = `${scalarFloatText(im, real, "all")}j`;
  if (Object.is(re, 0)) return imaginary;
  const sign = imaginary.startsWith("-") ? "" : "+";
  return `(${scalarFloatText(re, real, "all")}${sign}${imaginary})`;
}

function formatElementOf(data: HostData, dtype: DType): string {
  return formatScalar(dtype.kind === "void" ? 0 : scalarFromHost(data, 0, dtype), dtype);
}

/** The bracketed elements of an array: NumPy's `array2string`. */
function arrayText(
  data: HostData,
  shape: readonly number[],
  dtype: DType,
  options: PrintOptions,
  layout: Layout,
): string {
  if (shape.includes(0)) return "[]";
  const size = shape.reduce((a, b) => a * b, 1);
  const summarise = size > options.threshold;
  const shown = shownIndices(shape, summarise ? options.edgeitems : Infinity);
  const format = elementFormat(
    data,
    shown,
    shape.length === 0,
    dtype,
    options,
    layout.elementsAsFloat64 ?? false,
  );
  const width = options.linewidth - layout.suffix.length;
  const edge = summarise ? options.edgeitems : undefined;
  return new ArrayWriter(shape, format, layout.separator, edge).write(
    0,
    0,
    " ".repeat(layout.prefix.length + 1),
    width,
  );
}

/** Flat positions of the elements that are printed: the corners when summarising. */
function shownIndices(shape: readonly number[], edge: number): number[] {
  let flat = [0];
  for (const n of shape) {
    const along: number[] = [];
    for (let i = 0; i < n; i++) {
      if (n > 2 * edge && i === edge) i = n - edge;
      if (i < n) along.push(i);
    }
    flat = flat.flatMap((base) => along.map((i) => base * n + i));
  }
  return flat;
}

/** Lays out elements in nested brackets and breaks long rows. */
class ArrayWriter {
  readonly #shape: readonly number[];
  readonly #format: ElementFormat;
  readonly #separator: string;
  /** Items at each end of a summarised dimension; undefined when everything is shown. */
  readonly #edge: number | undefined;

  constructor(shape: readonly number[], format: ElementFormat, separator: string, edge: number | undefined) {
    this.#shape = shape;
    this.#format = format;
    this.#separator = separator;
    this.#edge = edge;
  }

  write(axis: number, base: number, indent: string, width: number): string {
    if (axis === this.#shape.length) return this.#format(base);
    const n = this.#shape[axis] as number;
    const items = this.#items(n);
    const last = axis === this.#shape.length - 1;
    const text = last
      ? this.#row(base * n, items, indent, width)
      : this.#block(axis, base * n, items, indent, width);
    return `[${text.slice(indent.length)}]`;
  }

  /** Positions along an axis, null for the ellipsis. */
  #items(n: number): (number | null)[] {
    const edge = this.#edge;
    if (edge === undefined || n <= 2 * edge) return Array.from({ length: n }, (_, i) => i);
    const head = Array.from({ length: edge }, (_, i) => i);
    // With no edge items NumPy still prints the last one.
    const tail = Array.from({ length: Math.max(edge, 1) }, (_, i) => n - Math.max(edge, 1) + i);
    return [...head, null, ...tail];
  }

  #block(axis: number, base: number, items: (number | null)[], indent: string, width: number): string {
    const newlines = "\n".repeat(this.#shape.length - 1 - axis);
    const parts = items.map((i) =>
      i === null ? `${indent}...` : indent + this.write(axis + 1, base + i, `${indent} `, width - 1),
    );
    return parts.join(this.#separator.trimEnd() + newlines);
  }

  #row(base: number, items: (number | null)[], indent: string, width: number): string {
    const limit = width - Math.max(this.#separator.trimEnd().length, 1);
    let done = "";
    let line = indent;
    items.forEach((i, position) => {
      const word = i === null ? "..." : this.#format(base + i);
      if (line.length + word.length > limit && line.length > indent.length) {
        done += `${line.trimEnd()}\n`;
        line = indent;
      }
      line += word;
      if (position < items.length - 1) line += this.#separator;
    });
    return done + line;
  }
}
