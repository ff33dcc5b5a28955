import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import { type EinsumSubscripts, parseSubscripts } from "./einsumParse.ts";
import { toArray } from "./promote.ts";

/**
 * The arguments of an einsum: a text of subscripts and operands, or operands each followed by a list of integers.
 * @throws ValueError for malformed subscripts and sizes that do not agree, TypeError for other arguments
 */
export function readEinsum(
  name: string,
  args: readonly unknown[],
): { subscripts: EinsumSubscripts; operands: NDArray[] } {
  const { text, operands } =
    typeof args[0] === "string" ? { text: args[0], operands: args.slice(1) } : interleaved(args);
  if (operands.length === 0) throw new ValueError(`${name} requires at least one operand.`);
  const arrays = operands.map((x, i) => toArray(x, name, i));
  const shapes = arrays.map((x) => x.shape);
  return { subscripts: parseSubscripts(text, shapes), operands: arrays };
}

/** Subscripts given as lists of integers, as text. */
function interleaved(args: readonly unknown[]): { text: string; operands: unknown[] } {
  const operands: unknown[] = [];
  const terms: (readonly unknown[])[] = [];
  let i = 0;
  for (; i + 1 < args.length; i += 2) {
    operands.push(args[i]);
    terms.push(args[i + 1] as readonly unknown[]);
  }
  const output = i < args.length ? (args[i] as readonly unknown[]) : null;
  const symbols = new Map<unknown, string>();
  const all = [...terms, ...(output === null ? [] : [output])];
  if (!all.every((t) => Array.isArray(t) && t.every((k) => k === "..." || Number.isInteger(k)))) {
    throw new TypeError(
      'einsum: pass a text of subscripts first, or follow each operand by a list of integers (and "...").',
    );
  }
  const labels = [...new Set(all.flat())]
    .filter((k) => k !== "...")
    .sort((a, b) => (a as number) - (b as number));
  labels.forEach((k, n) => {
    symbols.set(
      k,
      n < 26
        ? String.fromCharCode(97 + n)
        : n < 52
          ? String.fromCharCode(39 + n)
          : String.fromCharCode(140 + n),
    );
  });
  const term = (t: readonly unknown[]): string =>
    t.map((k) => (k === "..." ? "..." : symbols.get(k))).join("");
  const text = terms.map(term).join(",");
  return { text: output === null ? text : `${text}->${term(output)}`, operands };
}
