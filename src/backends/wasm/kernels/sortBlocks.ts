import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import type { SortSpec } from "./sort.ts";
import { elementBytes, entryBytes, entryWriter, type KeyPart, keyOffset, keyParts } from "./sortKeys.ts";
import { COUNTS, countDigit, gatherRow, inChunks, moveByDigit, readPositions } from "./sortSteps.ts";

/** A step of the sort: its pieces can be done at the same time, and it ends before the next one begins. */
export interface SortPhase {
  readonly pieces: number;
  readonly emit: (mb: ModuleBuilder, f: FunctionBuilder, operands: SortOperands, piece: Local | null) => void;
}
export interface SortOperands {
  readonly inputs: readonly Local[];
  readonly outputs: readonly Local[];
  readonly scratch: Local;
}

/** One long row as the radix sort of sort.ts, block by block: the same result, in phases that threads can share. */
export interface BlockSort {
  readonly scratchBytes: number;
  readonly phases: readonly SortPhase[];
}

const MOST_BLOCKS = 16;
/** Words of state: where the entries are, where they go, whether the last digit moved them. */
const STATE = { from: 0, to: 4, moved: 8, bytes: 16 } as const;

/**
 * Each digit takes three phases: every block counts its keys; one piece turns the counts into the addresses at which each block puts the entries of each
 * digit, smaller digits first and then earlier blocks, which keeps equal keys in order; every block moves its entries. A digit that
 * all keys share moves nothing.
 *
 * @param least Fewest elements of a block.
 */
export function blockSort(spec: SortSpec, least: number): BlockSort | null {
  const { outer, n, operands, numKeys, descending = false } = spec;
  const blocks = Math.min(MOST_BLOCKS, Math.floor(n / least));
  if (outer !== 1 || blocks < 2) return null;
  const length = Math.ceil(n / blocks);
  const count = Math.ceil(n / length);
  const keys = operands
    .slice(0, numKeys)
    .flatMap((dtype, i) => keyParts(dtype).map((part) => ({ part, dtype, i })));
  const width = Math.max(8, ...keys.map(({ part }) => entryBytes(part)));

  let top = 0;
  const take = (bytes: number) => {
    const at = top;
    top = Math.ceil((top + bytes) / 64) * 64;
    return at;
  };
  const at = {
    state: take(STATE.bytes),
    tables: take(count * COUNTS),
    entries: take(n * width),
    other: take(n * width),
    permutations: [take(n * 4), take(keys.length > 1 ? n * 4 : 0)],
  };

  const inScratch = (f: FunctionBuilder, scratch: Local, offset: number) =>
    f.get(scratch).i32.const(offset).i32.add();
  const tableOf = (f: FunctionBuilder, scratch: Local, piece: Local) =>
    inScratch(f, scratch, at.tables).get(piece).i32.const(COUNTS).i32.mul().i32.add();
  const state = (f: FunctionBuilder, scratch: Local, word: number) =>
    f.get(scratch).i32.load(at.state + word);
  /** Where the entries are, once the last digit is done. */
  const present = (f: FunctionBuilder, scratch: Local) => {
    state(f, scratch, STATE.to);
    state(f, scratch, STATE.from);
    state(f, scratch, STATE.moved).select();
  };
  /** The short runs of a block. */
  const inBlock = (f: FunctionBuilder, piece: Local, body: (start: Local, end: Local) => void) => {
    const [from, to] = [f.temp("i32"), f.temp("i32")];
    f.get(piece).i32.const(length).i32.mul().tee(from).i32.const(length).i32.add().tee(to);
    f.i32.const(n).get(to).i32.const(n).i32.lt_u().select().set(to);
    inChunks(f, from, to, body);
    f.release(from, to);
  };
  const countBlock = (
    mb: ModuleBuilder,
    f: FunctionBuilder,
    scratch: Local,
    part: KeyPart,
    digit: number,
    piece: Local,
  ) => {
    const [entries, table] = [f.temp("i32"), f.temp("i32")];
    present(f, scratch);
    f.set(entries);
    tableOf(f, scratch, piece).tee(table).i32.const(0).i32.const(COUNTS).memory.fill();
    const step = countDigit(mb, entryBytes(part));
    inBlock(f, piece, (start, end) =>
      f
        .get(entries)
        .get(table)
        .i32.const(keyOffset(part) + digit)
        .get(start)
        .get(end)
        .call(step),
    );
    f.release(entries, table);
  };

  const phases: SortPhase[] = [];
  const parallel = (emit: (mb: ModuleBuilder, f: FunctionBuilder, o: SortOperands, piece: Local) => void) =>
    phases.push({ pieces: count, emit: (mb, f, o, piece) => emit(mb, f, o, piece as Local) });

  keys.toReversed().forEach(({ part, dtype, i }, round) => {
    const digits = part.kind.bytes;
    const [permutation, next] = [at.permutations[(round + 1) % 2], at.permutations[round % 2]];
    const last = round === keys.length - 1;
    // The first pieces of the phase set the state alike, and nothing else has it yet.
    parallel((mb, f, { inputs, scratch }, piece) => {
      const entries = f.temp("i32");
      inScratch(f, scratch, at.entries).set(entries);
      const write = entryWriter(mb, part, elementBytes(dtype), round > 0, descending);
      inBlock(f, piece, (start, end) => {
        f.get(inputs[i]);
        inScratch(f, scratch, permutation).get(entries).get(start).get(end).call(write);
      });
      f.get(piece).i32.eqz();
      f.if(() => {
        f.get(scratch)
          .get(entries)
          .i32.store(at.state + STATE.from);
        f.get(scratch);
        inScratch(f, scratch, at.other).i32.store(at.state + STATE.to);
        f.get(scratch)
          .i32.const(0)
          .i32.store(at.state + STATE.moved);
      });
      f.release(entries);
    });
    for (let digit = 0; digit < digits; digit++) {
      parallel((mb, f, { scratch }, piece) => countBlock(mb, f, scratch, part, digit, piece));
      phases.push({
        pieces: 1,
        emit: (_mb, f, { scratch }) => emitOffsets(f, scratch, at, { count, n, width: entryBytes(part) }),
      });
      parallel((mb, f, { scratch }, piece) => {
        const [from, table] = [f.temp("i32"), f.temp("i32")];
        state(f, scratch, STATE.from).set(from);
        tableOf(f, scratch, piece).set(table);
        const move = moveByDigit(mb, entryBytes(part));
        state(f, scratch, STATE.moved);
        f.if(() =>
          inBlock(f, piece, (start, end) =>
            f
              .get(from)
              .get(table)
              .i32.const(keyOffset(part) + digit)
              .get(start)
              .get(end)
              .call(move),
          ),
        );
        f.release(from, table);
      });
    }
    parallel((mb, f, { inputs, outputs, scratch }, piece) => {
      const entries = f.temp("i32");
      present(f, scratch);
      f.set(entries);
      const read = readPositions(mb, part, round > 0);
      inBlock(f, piece, (start, end) => {
        f.get(entries);
        // The first round writes the permutation, later ones compose it into the other.
        inScratch(f, scratch, round > 0 ? permutation : next);
        inScratch(f, scratch, next).get(start).get(end).call(read);
        if (!last) return;
        operands.forEach((operand, k) => {
          f.get(inputs[k]).get(outputs[k]);
          inScratch(f, scratch, next)
            .get(start)
            .get(end)
            .call(gatherRow(mb, elementBytes(operand)));
        });
      });
      f.release(entries);
    });
  });
  return { scratchBytes: top, phases };
}

/** Turns the counts of the blocks into addresses, unless one digit has all entries, which are then left where they are. */
function emitOffsets(
  f: FunctionBuilder,
  scratch: Local,
  at: { readonly state: number; readonly tables: number },
  { count, n, width }: { readonly count: number; readonly n: number; readonly width: number },
): void {
  const [slot, end, block, next, total, found] = Array.from({ length: 6 }, () => f.temp("i32"));
  const swap = f.temp("i32");
  // Where the last digit moved the entries is where this one finds them.
  f.get(scratch).i32.load(at.state + STATE.moved);
  f.if(() => {
    f.get(scratch)
      .i32.load(at.state + STATE.from)
      .set(swap);
    f.get(scratch)
      .get(scratch)
      .i32.load(at.state + STATE.to)
      .i32.store(at.state + STATE.from);
    f.get(scratch)
      .get(swap)
      .i32.store(at.state + STATE.to);
  });
  f.get(scratch)
    .i32.load(at.state + STATE.to)
    .set(next);
  f.i32.const(0).set(found);
  f.get(scratch).i32.const(at.tables).i32.add().tee(slot).i32.const(COUNTS).i32.add().set(end);
  const address = f.temp("i32");
  const counted = f.temp("i32");
  f.for(slot, slot, end, 4, () => {
    f.i32.const(0).set(total);
    f.get(slot).set(address);
    f.for(block, 0, count, 1, () => {
      f.get(address).i32.load().set(counted);
      f.get(address).get(next).i32.store();
      f.get(next).get(counted).i32.const(width).i32.mul().i32.add().set(next);
      f.get(total).get(counted).i32.add().set(total);
      f.get(address).i32.const(COUNTS).i32.add().set(address);
    });
    f.get(total).i32.const(n).i32.eq().get(found).i32.or().set(found);
  });
  f.get(scratch)
    .get(found)
    .i32.eqz()
    .i32.store(at.state + STATE.moved);
  f.release(slot, end, block, next, total, found, swap, address, counted);
}
