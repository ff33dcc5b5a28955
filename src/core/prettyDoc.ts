/**
 * A small pretty printer after Wadler ("A prettier printer", 2003): a group is laid out on one line when it fits the width,
 * otherwise its breaks become newlines.
 */
export type Doc = string | Concat | Nest | Group | Break;

interface Concat {
  readonly kind: "concat";
  readonly parts: readonly Doc[];
}
interface Nest {
  readonly kind: "nest";
  readonly indent: number;
  readonly doc: Doc;
}
interface Group {
  readonly kind: "group";
  readonly doc: Doc;
}
interface Break {
  readonly kind: "break";
  /** What stands in place of the break when its group fits on the line. */
  readonly flat: string;
}

export const concat = (...parts: Doc[]): Doc => ({ kind: "concat", parts });
export const nest = (indent: number, doc: Doc): Doc => ({ kind: "nest", indent, doc });
export const group = (doc: Doc): Doc => ({ kind: "group", doc });
export const brk = (flat = " "): Doc => ({ kind: "break", flat });
export function join(separator: Doc, docs: readonly Doc[]): Doc {
  return concat(...docs.flatMap((d, i) => (i === 0 ? [d] : [separator, d])));
}

interface Item {
  readonly indent: number;
  readonly flat: boolean;
  readonly doc: Doc;
}

/** Lays out a document in lines of at most `width` columns where its breaks allow. */
export function render(doc: Doc, width = 80): string {
  let out = "";
  let column = 0;
  const stack: Item[] = [{ indent: 0, flat: false, doc }];
  while (stack.length > 0) {
    const { indent, flat, doc: d } = stack.pop() as Item;
    if (typeof d === "string") {
      out += d;
      column += d.length;
    } else if (d.kind === "concat") {
      for (let i = d.parts.length - 1; i >= 0; i--) stack.push({ indent, flat, doc: d.parts[i] });
    } else if (d.kind === "nest") {
      stack.push({ indent: indent + d.indent, flat, doc: d.doc });
    } else if (d.kind === "break") {
      if (flat) {
        out += d.flat;
        column += d.flat.length;
      } else {
        out = `${out}\n${" ".repeat(indent)}`;
        column = indent;
      }
    } else {
      stack.push({ indent, flat: flat || fits(d.doc, width - column), doc: d.doc });
    }
  }
  return out;
}

/** Whether a document, laid out flat, needs at most `room` columns. */
function fits(doc: Doc, room: number): boolean {
  const stack: Doc[] = [doc];
  let left = room;
  while (stack.length > 0) {
    if (left < 0) return false;
    const d = stack.pop() as Doc;
    if (typeof d === "string") left -= d.length;
    else if (d.kind === "concat") for (let i = d.parts.length - 1; i >= 0; i--) stack.push(d.parts[i]);
    else if (d.kind === "break") left -= d.flat.length;
    else stack.push(d.doc);
  }
  return left >= 0;
}
