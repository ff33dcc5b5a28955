import { affineOf } from "../affine.ts";
import type { Node } from "../ir.ts";
import type { Alignment } from "./alignment.ts";
import type { LoopGroup } from "./groups.ts";
import { fewRows, maxRowBytes, maxScattered, maxStridedBytes, maxUnsharedPoints } from "./limits.ts";

/**
 * Whether passes over rows are better than loops over everything: a row must stay in the cache from pass to pass, and there must be
 * rows enough for threads to share.
 */
export function worthRows(early: LoopGroup, late: LoopGroup, alignment: Alignment): boolean {
  const product = (sizes: readonly number[]) => sizes.reduce((n, x) => n * x, 1);
  const rows = product(alignment.space);
  if (rows < fewRows && rows * product(alignment.reduceAxes) > maxUnsharedPoints) return false;
  const spans = new Map<number, Span>();
  for (const group of [early, late]) {
    const { move } = alignment;
    const moves = alignment.kind === "elements" && group === (alignment.moved === "early" ? early : late);
    const note = (buffer: number, offset: Node, bytes: number) => {
      const span = spanOf(offset, bytes, alignment, moves ? move : null);
      const known = spans.get(buffer);
      if (span !== null && (known === undefined || known.bytes < span.bytes)) spans.set(buffer, span);
    };
    for (const load of group.loads) note(load.buffer, load.offset, load.dtype.itemsize);
    for (const s of group.stores) note(s.buffer, s.offset, s.value.dtype.itemsize);
  }
  if (product(alignment.reduceAxes) <= maxScattered) return true;
  let total = 0;
  for (const { bytes, contiguous } of spans.values()) {
    if (!contiguous && bytes > maxStridedBytes) return false;
    total += bytes;
  }
  return total <= maxRowBytes;
}

/** The memory over which one row of an access spreads. */
interface Span {
  readonly bytes: number;
  /** Whether neighbours along the last inner axis are neighbours in memory. */
  readonly contiguous: boolean;
}

/** Null for what is one element per row, or at places known only at run time. */
function spanOf(
  offset: Node,
  itemsize: number,
  alignment: Alignment,
  move: readonly number[] | null,
): Span | null {
  const place = affineOf(offset);
  if (place === null) return null;
  const first = alignment.space.length;
  const step = (axis: number) => {
    const from = move === null ? first + axis : move.indexOf(first + axis);
    return Math.abs(place.coefficients[from] ?? 0);
  };
  const { reduceAxes } = alignment;
  const bytes = reduceAxes.reduce((most, n, axis) => Math.max(most, n * step(axis) * itemsize), 0);
  return bytes === 0 ? null : { bytes, contiguous: step(reduceAxes.length - 1) <= 1 };
}
