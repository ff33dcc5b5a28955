import { IndexError, KeyError, ValueError } from "../errors.ts";

/** A replacement field of a format string: `{name!conversion:spec}`. */
export interface Field {
  /** The argument: a position, or a name. */
  readonly argument: number | string;
  /** Attributes and items of it, in order: `.shape`, `[0]`. */
  readonly path: readonly { readonly kind: "attribute" | "item"; readonly name: string }[];
  readonly conversion: "r" | "s" | "a" | null;
  /** May contain fields. */
  readonly spec: FormatString;
}

/** A format string taken apart: text, and fields between it. */
export type FormatString = readonly (string | Field)[];

/** Gives fields without a name the next position; a format string has either such fields, or only numbers. */
class Numbering {
  private next = 0;
  private mode: "automatic" | "manual" | null = null;

  automatic(): number {
    this.use("automatic");
    return this.next++;
  }
  manual(position: number): number {
    this.use("manual");
    return position;
  }
  private use(mode: "automatic" | "manual"): void {
    if (this.mode !== null && this.mode !== mode) {
      const [from, to] =
        mode === "manual"
          ? ["automatic field numbering", "manual field specification"]
          : ["manual field specification", "automatic field numbering"];
      throw new ValueError(`cannot switch from ${from} to ${to}`);
    }
    this.mode = mode;
  }
}

/**
 * Takes a format string of Python's `str.format` apart.
 * @throws ValueError for braces that do not match, and for an unknown conversion
 */
export function parseFormat(text: string): FormatString {
  return parse(text, new Numbering());
}

function parse(text: string, numbering: Numbering): FormatString {
  const parts: (string | Field)[] = [];
  let literal = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c !== "{" && c !== "}") {
      literal += c;
      continue;
    }
    if (text[i + 1] === c) {
      literal += c;
      i++;
      continue;
    }
    if (c === "}" || i + 1 === text.length)
      throw new ValueError(`Single '${c}' encountered in format string`);
    const end = closingBrace(text, i + 1);
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(parseField(text.slice(i + 1, end), numbering));
    i = end;
  }
  if (literal !== "") parts.push(literal);
  return parts;
}

/** Where the field that begins at `start` ends; fields in its spec come with their braces. */
function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i;
  }
  throw new ValueError("expected '}' before end of string");
}

function parseField(text: string, numbering: Numbering): Field {
  const [, name, , conversion, , spec] = /^([^!:]*)(!([^:]*))?(:([\s\S]*))?$/.exec(text) as RegExpExecArray;
  if (conversion !== undefined && !["r", "s", "a"].includes(conversion)) {
    throw new ValueError(
      conversion === ""
        ? "end of string while looking for conversion specifier"
        : `Unknown conversion specifier ${conversion}`,
    );
  }
  const [, first, rest] = /^([^.[]*)([\s\S]*)$/.exec(name) as RegExpExecArray;
  const argument =
    first === "" ? numbering.automatic() : /^\d+$/.test(first) ? numbering.manual(Number(first)) : first;
  const path = [...rest.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)].map(([, attribute, item]) =>
    attribute === undefined
      ? { kind: "item" as const, name: item }
      : { kind: "attribute" as const, name: attribute },
  );
  return {
    argument,
    path,
    conversion: (conversion ?? null) as Field["conversion"],
    spec: parse(spec ?? "", numbering),
  };
}

/** All fields, those in specs included. */
export function fieldsOf(format: FormatString): Field[] {
  return format.flatMap((part) => (typeof part === "string" ? [] : [part, ...fieldsOf(part.spec)]));
}

/** How many positional arguments the fields need. */
export function positionsNeeded(format: FormatString): number {
  return fieldsOf(format).reduce(
    (most, { argument }) => (typeof argument === "number" ? Math.max(most, argument + 1) : most),
    0,
  );
}

/** The argument of a field. @throws IndexError or KeyError as Python has them */
export function argumentOf<T>(
  { argument }: Field,
  args: readonly T[],
  named: Readonly<Record<string, T>>,
): T {
  if (typeof argument === "number") {
    if (argument < args.length) return args[argument];
    throw new IndexError(
      `Replacement index ${argument} out of range: the format string needs more positional arguments than the ${args.length} that were given.`,
    );
  }
  if (Object.hasOwn(named, argument)) return named[argument];
  throw new KeyError(`'${argument}': the format string names an argument that was not given.`);
}
