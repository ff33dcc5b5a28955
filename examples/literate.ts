import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NDArray } from "fluxion";

/** Prints values on one line. */
export type Print = (...values: unknown[]) => void;

export interface Literate {
  /** Registers the next piece of code to run. */
  cell(code: (print: Print) => void): void;
  /** Prints the document: its prose, its code, and what the code gives. */
  main(write: (line: string) => void): void;
}

/**
 * Makes a source file a document that prints itself, so that the code shown is the code that ran. From the first line `// # heading` on, comments at
 * the margin are prose, and everything else is code; a `cell((print) => {` ... `});` is run and followed by its output.
 */
export function literate(url: string): Literate {
  const cells: ((print: Print) => void)[] = [];
  return {
    cell: (code) => {
      cells.push(code);
    },
    main(write) {
      const queue = [...cells];
      for (const block of blocks(readFileSync(fileURLToPath(url), "utf8"))) {
        for (const line of block.lines) write(line);
        write("");
        const cell = block.runs ? queue.shift() : undefined;
        if (cell === undefined) continue;
        capturingWarnings(write, () => cell((...values) => write(values.map(top).join(" "))));
        write("");
      }
    },
  };
}

interface Block {
  lines: string[];
  /** Whether a cell ends here. */
  runs: boolean;
}

function blocks(source: string): Block[] {
  const lines = source.split("\n");
  const found: Block[] = [];
  let current: string[] = [];
  let inCell = false;
  const flush = (runs: boolean): void => {
    if (current.length > 0 || runs) found.push({ lines: current, runs });
    current = [];
  };
  for (const line of lines.slice(lines.findIndex((text) => text.startsWith("// # ")))) {
    if (line.startsWith("cell(")) inCell = true;
    else if (inCell && line === "});") {
      inCell = false;
      flush(true);
    } else if (inCell) current.push(line === "" ? "" : `  ${line}`);
    else if (line.startsWith("// # ")) {
      flush(false);
      const title = line.slice(5);
      found.push({ lines: ["", title, "=".repeat(title.length)], runs: false });
    } else if (line === "") flush(false);
    else if (line.startsWith("//")) current.push(line.slice(3));
    else current.push(`    ${line}`);
  }
  flush(false);
  return found;
}

function capturingWarnings(write: (line: string) => void, run: () => void): void {
  const { warn } = console;
  console.warn = (message: unknown) => write(`Warning: ${message}`);
  try {
    run();
  } finally {
    console.warn = warn;
  }
}

/** A printed value: text as it is, and scalars without the word Array, as `print` shows them. */
function top(value: unknown): string {
  return typeof value === "string" || (value instanceof NDArray && value.ndim === 0)
    ? String(value)
    : show(value);
}

/** A value inside others: `[1, {a: "x"}, Array([1., 2.], dtype=float32)]`. */
export function show(value: unknown): string {
  if (value instanceof NDArray) return inspectArray(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const proto = Object.getPrototypeOf(value);
  if (Object.hasOwn(proto, "toString") && proto !== Object.prototype) return String(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${show(field)}`);
  const name = proto === Object.prototype ? "" : `${proto.constructor.name} `;
  return `${name}{${fields.join(", ")}}`;
}

function inspectArray(x: NDArray): string {
  const inspect = (x as unknown as Record<symbol, () => string>)[Symbol.for("nodejs.util.inspect.custom")];
  return inspect.call(x);
}
