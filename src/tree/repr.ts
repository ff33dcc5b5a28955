/** Values and types as JAX's messages print them: strings quoted, `null` as None, objects as dicts. */

const MAX_LENGTH = 2000;

const NAMED_ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function escapeCharacter(char: string): string {
  const named = NAMED_ESCAPES[char];
  if (named !== undefined) return named;
  const code = char.codePointAt(0) as number;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

/** A string in quotes, in single ones unless only double ones avoid an escape. */
export function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/\\|(?! )[\p{C}\p{Z}]/gu, escapeCharacter);
  return mark + (mark === "'" ? body.replaceAll("'", "\\'") : body) + mark;
}

/** `str(x)`: as {@link repr}, save that a string stands for itself. */
export function str(value: unknown): string {
  return typeof value === "string" ? value : repr(value);
}

/** A short, readable form of any value; never throws and never runs on. */
export function repr(value: unknown): string {
  const text = render(value, 0);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
}

function render(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "boolean":
      return value ? "True" : "False";
    case "bigint":
    case "number":
    case "undefined":
    case "symbol":
      return String(value);
    case "function":
      return hasOwnText(value) ? safeText(value) : functionText(value);
    default:
      return value === null ? "None" : renderObject(value as object, depth);
  }
}

function functionText(value: { readonly name: string }): string {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  return isClass ? `<class '${value.name}'>` : `<function ${value.name || "<lambda>"}>`;
}

function renderObject(value: object, depth: number): string {
  if (depth > 20) return "...";
  if (Array.isArray(value)) return `[${limited(value, (x) => render(x, depth + 1))}]`;
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto === Object.prototype || proto === null) {
    const keys = Object.keys(value);
    const item = (key: string) =>
      `${quote(key)}: ${render((value as Record<string, unknown>)[key], depth + 1)}`;
    return `{${limited(keys, item)}}`;
  }
  if (proto === Map.prototype) {
    const item = ([k, v]: [unknown, unknown]) => `${render(k, depth + 1)}: ${render(v, depth + 1)}`;
    return `Map({${limited([...(value as Map<unknown, unknown>)], item)}})`;
  }
  if (hasOwnText(value)) return safeText(value);
  const name = className(value);
  const fields = Object.keys(value);
  const item = (key: string) => `${key}=${render((value as Record<string, unknown>)[key], depth + 1)}`;
  return `${name}(${limited(fields, item)})`;
}

function limited<T>(items: readonly T[], show: (item: T) => string): string {
  const shown: string[] = [];
  let length = 0;
  for (const item of items) {
    if (length > MAX_LENGTH) {
      shown.push("...");
      break;
    }
    const text = show(item);
    length += text.length;
    shown.push(text);
  }
  return shown.join(", ");
}

function hasOwnText(value: object): boolean {
  const text: unknown = (value as { toString?: unknown }).toString;
  return (
    typeof text === "function" && text !== Object.prototype.toString && text !== Function.prototype.toString
  );
}

function safeText(value: object): string {
  try {
    return String(value);
  } catch {
    // An array that cannot be read here (not ready, deleted) must not hide the message that mentions it.
    return `<${className(value)}>`;
  }
}

function className(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" ? name : "object";
}

/** The name of the type of a value: `list`, `dict`, `NoneType`, a class name, or what `typeof` says. */
export function typeName(value: unknown): string {
  if (value === null) return "NoneType";
  if (typeof value === "function" && Object.getPrototypeOf(value) !== Function.prototype)
    return className(value);
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value))
    return Object.getPrototypeOf(value) === Array.prototype ? "list" : className(value);
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null ? "dict" : className(value);
}

/** The type of a value as messages show it: `<class 'list'>`. */
export function typeText(value: unknown): string {
  return `<class '${typeName(value)}'>`;
}
