// Finds the documentation examples of the sources and turns them into modules that check themselves.
//
// An example is what follows `@example` in a doc comment: one line of code in backticks, a fenced block, or plain lines. In it
//
//   expression // => text          the value of the expression prints as `text`
//   expression
//   // => text                     the same, for longer texts; more comment lines continue it
//   const x = expression; // => text
//   statement // throws Name: m    the statement throws an error of class Name, whose message begins with m (optional)
//
// A value prints as console.log shows it inside a list: strings in double quotes, arrays as `Array([1., 2.], dtype=float32)`, lists
// and objects as literals, instances of classes with their name. White space outside strings does not count. Code sees everything that
// the root exports, and what the file that holds the example exports. Examples without expectations only run; a fenced block of another
// language than `ts` is a sketch.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Example {
  readonly file: string;
  /** The line of `@example`, from 1. */
  readonly line: number;
  readonly code: readonly string[];
}

/** All TypeScript files below a folder. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
}

/** The examples in the doc comments of a file. */
export function examplesOf(file: string): Example[] {
  const text = readFileSync(file, "utf8");
  const examples: Example[] = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const first = text.slice(0, comment.index).split("\n").length;
    const lines = comment[0]
      .replace(/\*\/$/, "")
      .split("\n")
      .map((line, i) =>
        (i === 0 ? line.replace(/^\s*\/\*\* ?/, "") : line.replace(/^\s*\* ?/, "")).trimEnd(),
      );
    lines.forEach((line, i) => {
      const tag = /(?:^|\s)@example\b ?(.*)$/.exec(line);
      if (tag === null) return;
      const inline = /^`(.*)`/.exec((tag[1] as string).trim());
      const code = inline === null ? block(lines.slice(i + 1)) : [inline[1] as string];
      if (code.length > 0) examples.push({ file, line: first + i, code });
    });
  }
  return examples;
}

/** The lines of a fenced block, or those up to the next tag. */
function block(lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => line.trim() !== "");
  if (start < 0) return [];
  if ((lines[start] as string).startsWith("```")) {
    if (!(lines[start] as string).startsWith("```ts")) return [];
    const end = lines.findIndex((line, i) => i > start && line.startsWith("```"));
    return lines.slice(start + 1, end);
  }
  const end = lines.findIndex((line) => line.startsWith("@"));
  return lines.slice(start, end < 0 ? undefined : end).filter((line) => line.trim() !== "");
}

/** A function body that runs an example and hands every value with its expected text to `check`. */
export function checkingCode(example: Example): string {
  const out: string[] = [];
  let pending: string[] = [];
  const flush = (): void => {
    out.push(...pending);
    pending = [];
  };
  const lines = example.code.filter((line) => !/^import .* from "fluxion/.test(line));
  for (let i = 0; i < lines.length; i++) {
    const mark = splitMark(lines[i] as string);
    if (mark === null) {
      pending.push(lines[i] as string);
      continue;
    }
    if (mark.code.trim() !== "") pending.push(mark.code);
    const expected = [mark.text];
    while (mark.kind === "=>" && /^\s*\/\/ {3,}|^\s*\/\/ *[\])[]/.test(lines[i + 1] ?? "")) {
      expected.push((lines[++i] as string).replace(/^\s*\/\/ */, ""));
    }
    const { before, statement } = lastStatement(pending.join("\n"));
    pending = [];
    out.push(before);
    const at = `${example.line}, ${JSON.stringify(expected.join("\n"))}`;
    if (mark.kind === "throws") {
      out.push(`await throwsError(${at}, async () => { ${statement}; });`);
      continue;
    }
    const declared = /^(?:const|let) (\w+)\b/.exec(statement)?.[1];
    if (declared === undefined) out.push(`check(${at}, await (${statement}));`);
    else out.push(`${statement};`, `check(${at}, ${declared});`);
  }
  flush();
  return out.join("\n");
}

function splitMark(line: string): { code: string; kind: "=>" | "throws"; text: string } | null {
  const found = /^(.*?)(?:^|\s)\/\/ (=>|throws) ?(.*)$/.exec(line);
  if (found === null) return null;
  return { code: found[1] as string, kind: found[2] as "=>" | "throws", text: (found[3] as string).trim() };
}

/** Separates the last statement: what follows the last `;` or line end outside brackets, strings and continued lines. */
function lastStatement(code: string): { before: string; statement: string } {
  const text = code.trimEnd().replace(/;$/, "");
  let depth = 0;
  let quote = "";
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== "") {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if (c === '"' || c === "'" || c === "`") quote = c;
    else if (c === "/" && text[i + 1] === "/") while (i + 1 < text.length && text[i + 1] !== "\n") i++;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (depth === 0 && (c === ";" || (c === "\n" && !/^\s*[.?:&|+*/-]|^\s*$/.test(text.slice(i + 1))))) {
      if (c === "\n" && /(=|=>|,|\+|\()\s*$/.test(text.slice(0, i))) continue;
      start = i + 1;
    }
  }
  return { before: text.slice(0, start), statement: text.slice(start).trim() };
}
