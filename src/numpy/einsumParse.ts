import { shapeStr } from "../core/aval.ts";
import { ValueError } from "../errors.ts";

/** Subscripts with the ellipses written out: one letter per axis. */
export interface EinsumSubscripts {
  readonly inputs: readonly string[];
  readonly output: string;
  /** The size of each letter. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** The i-th letter that subscripts do not use. */
function* unusedLetters(used: string): Generator<string> {
  for (const first of ["a", "A"]) {
    for (let i = 0; i < 26; i++) {
      const letter = String.fromCharCode(first.charCodeAt(0) + i);
      if (!used.includes(letter)) yield letter;
    }
  }
  for (let i = 0; ; i++) {
    const letter = String.fromCharCode(0xc0 + i);
    if (!used.includes(letter)) yield letter;
  }
}

/**
 * Understands the subscripts of einsum for operands of these shapes.
 * @throws ValueError for subscripts that are malformed or do not fit the shapes
 */
export function parseSubscripts(text: string, shapes: readonly (readonly number[])[]): EinsumSubscripts {
  const compact = text.replace(/\s+/g, "");
  const sides = compact.split("->");
  if (sides.length > 2 || (sides.length === 1 && /[->]/.test(compact))) {
    throw new ValueError("Subscripts can only contain one '->'.");
  }
  const terms = sides[0].split(",");
  if (terms.length !== shapes.length) {
    throw new ValueError(
      `Number of einsum subscripts, ${terms.length}, must be equal to the number of operands, ${shapes.length}.`,
    );
  }
  [...terms, sides[1] ?? ""].forEach(checkTerm);

  const letters = unusedLetters(compact);
  const ranks = terms.map((term, i) => (term.includes("...") ? shapes[i].length - (term.length - 3) : 0));
  ranks.forEach((rank, i) => {
    if (rank < 0) throw wrongRank(terms[i], i, shapes[i]);
  });
  const ellipsis = Array.from({ length: Math.max(0, ...ranks) }, () => letters.next().value as string).join(
    "",
  );
  const inputs = terms.map((term, i) => term.replace("...", ellipsis.slice(ellipsis.length - ranks[i])));
  const output = sides.length === 2 ? sides[1].replace("...", ellipsis) : implicitOutput(inputs, ellipsis);
  for (const c of output) {
    if (output.indexOf(c) !== output.lastIndexOf(c)) {
      throw new ValueError(`Output character '${c}' appeared more than once in the output.`);
    }
    if (!inputs.some((term) => term.includes(c))) {
      throw new ValueError(`Output character '${c}' did not appear in the input`);
    }
  }
  return { inputs, output, sizes: labelSizes(inputs, shapes) };
}

function checkTerm(term: string): void {
  const dots = term.split(".").length - 1;
  if (dots > 0 && (dots !== 3 || !term.includes("..."))) throw new ValueError("Invalid Ellipses.");
  const odd = term.replace("...", "").match(/[^\p{L}]/u);
  if (odd !== null)
    throw new ValueError(
      `Character ${odd[0]} is not a valid einsum subscript: use letters, ",", "..." and "->".`,
    );
}

/** Without an output: the ellipsis, then all letters that appear once, in alphabetical order. */
function implicitOutput(inputs: readonly string[], ellipsis: string): string {
  const all = inputs.join("");
  const once = [...new Set(all)].filter(
    (c) => !ellipsis.includes(c) && all.indexOf(c) === all.lastIndexOf(c),
  );
  return ellipsis + once.sort().join("");
}

function labelSizes(inputs: readonly string[], shapes: readonly (readonly number[])[]): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((term, i) => {
    if (term.length !== shapes[i].length) throw wrongRank(term, i, shapes[i]);
    [...term].forEach((c, k) => {
      const n = shapes[i][k];
      const known = sizes.get(c);
      if (known === undefined || known === 1) sizes.set(c, n);
      else if (n !== 1 && n !== known) {
        throw new ValueError(
          `Size of label '${c}' for operand ${i} (${known}) does not match previous terms (${n}).`,
        );
      }
    });
  });
  return sizes;
}

function wrongRank(term: string, i: number, shape: readonly number[]): ValueError {
  return new ValueError(
    `Einstein sum subscript '${term}' does not contain the correct number of indices for operand ${i} of shape ${shapeStr(shape)}.`,
  );
}
