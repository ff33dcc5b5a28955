import { pythonFloatRepr } from "../dtypes/index.ts";
import { OverflowError, ValueError } from "../errors.ts";
import { fixed, general, scientific } from "./formatNumber.ts";

/** A value that has formats of its own, as the Python type that it is like. */
export type Formattable =
  | { readonly kind: "str"; readonly value: string }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "complex"; readonly value: { readonly re: number; readonly im: number } };

/** `[[fill]align][sign][#][0][width][grouping][.precision][type]` */
interface Spec {
  readonly fill: string;
  readonly align: "<" | ">" | "=" | "^" | "";
  readonly sign: "+" | "-" | " ";
  readonly alternate: boolean;
  /** The width begins with a zero: numbers are filled with zeros after the sign. */
  readonly hasZero: boolean;
  readonly width: number;
  readonly grouping: "," | "_" | "";
  readonly precision: number | null;
  readonly type: string;
}

const pattern = /^(?:([\s\S])?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u;

function parseSpec(text: string, kind: string): Spec {
  const found = pattern.exec(text);
  if (found === null) {
    if (text.length === 1) throw unknownCode(text, kind);
    throw new ValueError(`Invalid format specifier '${text}' for object of type '${kind}'`);
  }
  const [, fill, align, sign, alternate, zero, width, grouping, precision, type] = found;
  return {
    fill: fill ?? (zero === undefined ? " " : "0"),
    align: (align ?? (zero === undefined ? "" : "=")) as Spec["align"],
    sign: (sign ?? "-") as Spec["sign"],
    alternate: alternate !== undefined,
    hasZero: zero !== undefined,
    width: Number(width ?? 0),
    grouping: (grouping ?? "") as Spec["grouping"],
    precision: precision === undefined ? null : Number(precision),
    type: type ?? "",
  };
}

function unknownCode(code: string, kind: string): ValueError {
  return new ValueError(`Unknown format code '${code}' for object of type '${kind}'`);
}

/**
 * A value by a format specification, as Python's `format(value, spec)`.
 * @throws ValueError for a specification that the type does not have
 */
export function formatValue(x: Formattable, text: string): string {
  if (text === "") return plain(x);
  const spec = parseSpec(text, x.kind);
  switch (x.kind) {
    case "str":
      return formatText(x.value, spec);
    case "bool":
      return formatInt(x.value ? 1n : 0n, spec, "bool");
    case "int":
      return formatInt(x.value, spec, "int");
    case "float":
      return formatFloat(x.value, spec, "float");
    case "complex":
      return formatComplex(x.value, spec);
  }
}

function plain(x: Formattable): string {
  switch (x.kind) {
    case "bool":
      return x.value ? "True" : "False";
    case "float":
      return pythonFloatRepr(x.value);
    case "complex":
      return formatComplex(x.value, parseSpec("", "complex"));
    default:
      return String(x.value);
  }
}

function formatText(value: string, spec: Spec): string {
  if (spec.type !== "" && spec.type !== "s") throw unknownCode(spec.type, "str");
  if (spec.align === "=" && !spec.hasZero)
    throw new ValueError("'=' alignment not allowed in string format specifier");
  const text = spec.precision === null ? value : [...value].slice(0, spec.precision).join("");
  return pad("", text, spec.hasZero && spec.align === "=" ? { ...spec, align: "<" } : spec, "<");
}

function formatInt(value: bigint, spec: Spec, kind: string): string {
  const { type, alternate } = spec;
  if ("eEfFgG%".includes(type) && type !== "") return formatFloat(Number(value), spec, kind);
  if (spec.precision !== null) throw new ValueError("Precision not allowed in integer format specifier");
  const magnitude = value < 0n ? -value : value;
  const sign = signText(value < 0n, spec);
  switch (type) {
    case "":
    case "d":
    case "n":
      return number(sign, magnitude.toString(), "", spec, 3);
    case "b":
      return number(sign + (alternate ? "0b" : ""), magnitude.toString(2), "", spec, 4);
    case "o":
      return number(sign + (alternate ? "0o" : ""), magnitude.toString(8), "", spec, 4);
    case "x":
      return number(sign + (alternate ? "0x" : ""), magnitude.toString(16), "", spec, 4);
    case "X":
      return number(sign + (alternate ? "0X" : ""), magnitude.toString(16).toUpperCase(), "", spec, 4);
    case "c":
      if (value < 0n || value > 0x10ffffn) throw new OverflowError("%c arg not in range(0x110000)");
      return pad("", String.fromCodePoint(Number(value)), spec, "<");
    default:
      throw unknownCode(type, kind);
  }
}

function formatFloat(value: number, spec: Spec, kind: string): string {
  const { type, alternate, precision } = spec;
  if (!"eEfFgGn%".includes(type)) throw unknownCode(type, kind);
  const sign = signText(value < 0 || Object.is(value, -0), spec);
  const isPercent = type === "%";
  const magnitude = Math.abs(isPercent ? value * 100 : value);
  let text: string;
  if (!Number.isFinite(magnitude)) text = Number.isNaN(magnitude) ? "nan" : "inf";
  else text = digitsOf(magnitude, type.toLowerCase(), precision, alternate);
  if (type === "E" || type === "F" || type === "G") text = text.toUpperCase();
  const [, whole, rest] = /^(\d*)(.*)$/.exec(text) as RegExpExecArray;
  return number(sign, whole, `${rest}${isPercent ? "%" : ""}`, spec, 3);
}

/** Both parts by the specification, the whole in the width; in parentheses where no type says how. */
function formatComplex({ re, im }: { readonly re: number; readonly im: number }, spec: Spec): string {
  if (spec.hasZero) throw new ValueError("Zero padding is not allowed in complex format specifier");
  if (spec.align === "=")
    throw new ValueError("'=' alignment flag is not allowed in complex format specifier");
  if (spec.type === "%") throw unknownCode("%", "complex");
  const part = (value: number, sign: Spec["sign"]): string => {
    const text = formatFloat(value, { ...spec, sign, width: 0 }, "complex");
    return spec.type === "" ? text.replace(/\.0$/, "") : text;
  };
  const both = `${part(re, spec.sign)}${part(im, "+")}j`;
  return pad("", spec.type === "" ? `(${both})` : both, spec, ">");
}

function digitsOf(value: number, type: string, precision: number | null, alternate: boolean): string {
  switch (type) {
    case "e":
      return scientific(value, precision ?? 6);
    case "f":
    case "%":
      return fixed(value, precision ?? 6);
    case "g":
    case "n":
      return general(value, precision ?? 6, alternate, false);
    default:
      return precision === null ? pythonFloatRepr(value) : general(value, precision, alternate, true);
  }
}

function signText(isNegative: boolean, { sign }: Spec): string {
  return isNegative ? "-" : sign === "-" ? "" : sign;
}

/** Sign, digits before the point in groups, and the rest. Zeros that fill the width are grouped too. */
function number(sign: string, digits: string, rest: string, spec: Spec, groupOfWords: 3 | 4): string {
  const { grouping, fill, align, width } = spec;
  const size = groupOfWords;
  const grouped = (text: string): string =>
    grouping === "" ? text : text.replace(new RegExp(`\\B(?=(?:[0-9a-fA-F]{${size}})+$)`, "g"), grouping);
  let whole = digits;
  if (fill === "0" && align === "=" && grouping !== "" && digits !== "") {
    const room = width - sign.length - rest.length;
    while (grouped(`0${whole}`).length <= room) whole = `0${whole}`;
    // A separator cannot come first: the number is one longer than it was to be.
    if (grouped(whole).length < room) whole = `0${whole}`;
  }
  return pad(sign, grouped(whole) + rest, spec, ">");
}

function pad(sign: string, text: string, { fill, align, width }: Spec, usual: "<" | ">"): string {
  const missing = width - [...sign].length - [...text].length;
  if (missing <= 0) return sign + text;
  switch (align === "" ? usual : align) {
    case "<":
      return sign + text + fill.repeat(missing);
    case ">":
      return fill.repeat(missing) + sign + text;
    case "=":
      return sign + fill.repeat(missing) + text;
    default: {
      const left = missing >> 1;
      return fill.repeat(left) + sign + text + fill.repeat(missing - left);
    }
  }
}
