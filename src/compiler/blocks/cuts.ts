import { blocking } from "./tuning.ts";

/** How a digit of the shared index is cut: the block `i` has the values from `base + i * kept` on, `kept` of them. */
export interface DigitCut {
  readonly blocks: number;
  readonly kept: number;
  readonly base: number;
}

/** Cuts of all digits: of most of the index space, and of what is left over at the end of the digit that is cut. */
export interface Cuts {
  readonly main: readonly DigitCut[];
  readonly rest: readonly DigitCut[] | null;
}

const whole = (size: number): DigitCut => ({ blocks: 1, kept: size, base: 0 });
const single = (size: number): DigitCut => ({ blocks: size, kept: 1, base: 0 });

/** Rows of a block are a multiple of this where they do not divide the digit: whole register tiles. */
const ROW_UNIT = 8;

/**
 * Blocks of so many shared indices that intermediates of `bytesPerPoint` stay in the cache: inner digits stay whole as far as there is
 * room, one is cut, and the outer ones count blocks. Null when there is no room. `rowsPerPoint`: how many rows of products there are at
 * a shared index, at least.
 */
export function chooseCuts(
  sizes: readonly number[],
  bytesPerPoint: number,
  rowsPerPoint: number,
): Cuts | null {
  const points = sizes.reduce((n, size) => n * size, 1);
  const [good, least] = [blocking.goodRows, blocking.leastRows].map((rows) =>
    Math.max(1, Math.ceil(rows / rowsPerPoint)),
  );
  const room = Math.floor(blocking.blockBytes / bytesPerPoint);
  const wanted = Math.min(
    Math.max(least, Math.min(room, Math.max(points / blocking.enoughBlocks, good))),
    points,
  );
  if (wanted * bytesPerPoint > (least > 1 ? blocking.mostBytes : blocking.blockBytes)) return null;
  return cutAll(sizes, Math.floor(wanted));
}

function cutAll(sizes: readonly number[], wanted: number): Cuts {
  const main: DigitCut[] = [];
  let rest: DigitCut[] | null = null;
  let room = wanted;
  for (const size of sizes.toReversed()) {
    const cut = room >= size ? whole(size) : room < 2 ? single(size) : cutDigit(size, room);
    main.unshift(cut);
    if (rest !== null) rest.unshift(cut);
    const left = size - cut.blocks * cut.kept;
    if (left > 0) {
      rest = main.slice();
      rest[0] = { blocks: 1, kept: left, base: size - left };
    }
    room = cut.blocks > 1 ? 1 : Math.floor(room / size);
  }
  return { main, rest };
}

/** Blocks of one length: the largest divisor if there is a good one, else whole units. */
function cutDigit(size: number, room: number): DigitCut {
  for (let kept = room; 2 * kept > room; kept--) {
    if (size % kept === 0) return { blocks: size / kept, kept, base: 0 };
  }
  const even = Math.ceil(size / Math.ceil(size / room));
  const kept = Math.min(room, Math.ceil(even / ROW_UNIT) * ROW_UNIT);
  return { blocks: Math.floor(size / kept), kept, base: 0 };
}
