import type { FunctionBuilder, Local } from "../asm/index.ts";
import type { Copy } from "./scopes.ts";

/** The vectors that hold some elements from the loop index on; the last may be partly filled. */
export function makeCopies(elements: number, lanes: number): Copy[] {
  const copies: Copy[] = [];
  for (let offset = 0; offset < elements; offset += lanes) {
    const index = copies.length;
    copies.push({ index, column: index, offset, row: 0, active: Math.min(lanes, elements - offset) });
  }
  return copies;
}

/** One vector, which may be partly filled, in each of some rows. */
export function makeRows(rows: number, active: number): Copy[] {
  return Array.from({ length: rows }, (_, row) => ({ index: row, column: 0, offset: 0, row, active }));
}

/** A loop over `size` elements: whole iterations of `unroll` vectors, then what is left in one straight piece. */
export function vectorLoop(
  f: FunctionBuilder,
  counter: Local,
  size: number,
  lanes: number,
  unroll: number,
  body: (copies: readonly Copy[]) => void,
  loop: (end: number, step: number, body: () => void) => void = (end, step, inner) =>
    f.for(counter, 0, end, step, inner),
): void {
  const width = lanes * unroll;
  const whole = size - (size % width);
  if (whole > 0) {
    const copies = makeCopies(width, lanes);
    loop(whole, width, () => body(copies));
  }
  if (whole < size) {
    f.i32.const(whole).set(counter);
    body(makeCopies(size - whole, lanes));
  }
}
