import type { FunctionBuilder, Local } from "../asm/index.ts";
import type { KernelContext } from "./context.ts";

/**
 * Kernels are cut into pieces that threads take one by one. How a kernel is cut depends on the kernel alone, never on the number of
 * threads: so results do not either.
 */
export const splitting = {
  /** Estimated time of a piece: long beside the microsecond that taking one costs, short beside a kernel that is worth cutting. */
  pieceNanoseconds: 25_000,
  /** Enough for any number of threads, unless pieces would be longer than a tenth of a second. */
  mostPieces: 64,
  longestNanoseconds: 1e8,
  /** Kernels ask for no more units in a piece than this; lowered by tests of cutting. */
  leastUnits: Number.POSITIVE_INFINITY,
};

/** Into how many runs of how many units to cut work of `units` steps; one run when cutting does not pay. */
export interface Cut {
  readonly pieces: number;
  /** Units of each piece; the last may have fewer. */
  readonly each: number;
  readonly units: number;
}

/** In loops kernels follow each other, so threads are awake and looking for work: pieces may be so many times shorter. */
const SHORTER_IN_LOOPS = 3;

let whole = 0;
let loops = 0;

/** Plans the code of kernels that are parts of a larger one, in one piece each. */
export function uncut<T>(plan: () => T): T {
  whole++;
  try {
    return plan();
  } finally {
    whole--;
  }
}

/** Plans the code of kernels that run in a loop. */
export function inLoop<T>(plan: () => T): T {
  loops++;
  try {
    return plan();
  } finally {
    loops--;
  }
}

/** Whether what is planned now is part of something that is done in one piece. */
export function isUncut(): boolean {
  return whole > 0;
}

/**
 * @param least Fewest units that a piece should have.
 * @param step All pieces but the last have a multiple of so many units.
 */
export function cutInto(nanoseconds: number, units: number, least = 1, step = 1): Cut {
  if (whole > 0) return { pieces: 1, each: units, units };
  const wanted = Math.min(
    Math.floor((nanoseconds * (loops > 0 ? SHORTER_IN_LOOPS : 1)) / splitting.pieceNanoseconds),
    Math.max(splitting.mostPieces, Math.ceil(nanoseconds / splitting.longestNanoseconds)),
    Math.floor(units / Math.min(least, splitting.leastUnits)),
  );
  if (wanted < 2) return { pieces: 1, each: units, units };
  const each = Math.min(units, Math.ceil(units / wanted / step) * step);
  return { pieces: Math.ceil(units / each), each, units };
}

/** The numbers of units that pieces have: `each`, and fewer for the last if they do not divide. */
export function sizesOf({ pieces, each, units }: Cut): number[] {
  const last = units - (pieces - 1) * each;
  return last === each ? [each] : [each, last];
}

/** A cut in words: "16 pieces of 8 rows". */
export function describeCut({ pieces, each }: Cut, units: string): string {
  return pieces === 1 ? "one piece" : `${pieces} pieces of ${each} ${units}`;
}

/** The units of one piece: from `start` up to `stop`. */
export interface Range {
  readonly start: Local;
  readonly stop: Local;
}

/** Computes the units of a piece into temporaries of the function. */
export function pieceRange(f: FunctionBuilder, piece: Local, { each, units }: Cut): Range {
  const start = f.temp("i32");
  const stop = f.temp("i32");
  f.get(piece).i32.const(each).i32.mul().tee(start).i32.const(each).i32.add().tee(stop);
  f.i32.const(units).get(stop).i32.const(units).i32.lt_u().select().set(stop);
  return { start, stop };
}

/** Writes the code of a piece for each number of units that pieces have. */
export function emitSized(
  f: FunctionBuilder,
  piece: Local | null,
  cut: Cut,
  emit: (units: number) => void,
): void {
  const [each, last] = sizesOf(cut);
  if (piece === null || last === undefined) {
    emit(each);
    return;
  }
  f.get(piece)
    .i32.const(cut.pieces - 1)
    .i32.lt_u();
  f.if(
    () => emit(each),
    () => emit(last),
  );
}

/** Pushes the address of an element of a buffer, `step` elements further on for each piece before this one. */
export function pushPieceStart(
  { f, pointers, log2Of }: KernelContext,
  buffer: number,
  offset: number,
  piece: Local | null,
  step: number,
): void {
  const log2 = log2Of(buffer);
  f.get(pointers.get(buffer) as Local);
  if (offset !== 0) f.i32.const(offset << log2).i32.add();
  if (piece === null || step === 0) return;
  f.get(piece)
    .i32.const(step << log2)
    .i32.mul()
    .i32.add();
}
