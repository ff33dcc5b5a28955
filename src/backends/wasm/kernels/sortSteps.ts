import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { entryBytes, type KeyPart, keyOffset, positionOffset } from "./sortKeys.ts";

/** The steps of a radix sort, each over a range of positions. */

/** Elements handled by one call, so that an engine can swap in optimised code while a long sort runs. */
const CHUNK = 8192;
/** Bytes of the counts of one 8-bit digit. */
export const COUNTS = 1024;

/** Calls the body for short runs [start, end) of [from, to). */
export function inChunks(
  f: FunctionBuilder,
  from: number | Local,
  to: number | Local,
  body: (start: Local, end: Local) => void,
): void {
  const start = f.temp("i32");
  const end = f.temp("i32");
  f.for(start, from, to, CHUNK, () => {
    f.get(start).i32.const(CHUNK).i32.add().tee(end).push(to).get(end).push(to).i32.lt_u().select().set(end);
    body(start, end);
  });
  f.release(start, end);
}

/** (entries, counts, start, end): counts every digit of the keys of [start, end). */
export function countDigits(mb: ModuleBuilder, part: KeyPart): FuncRef {
  const width = entryBytes(part);
  const digits = part.kind.bytes;
  const name = `sort_count_${width}_${digits}`;
  return mb.shared(name, () =>
    mb.function(name, ["i32", "i32", "i32", "i32"], [], (f, entries, counts, start, end) => {
      const i = f.local("i32", "i");
      const entry = f.local("i32", "entry");
      const slot = f.local("i32", "slot");
      f.get(entries).get(start).i32.const(width).i32.mul().i32.add().set(entry);
      f.for(i, start, end, 1, () => {
        for (let digit = 0; digit < digits; digit++) {
          f.get(counts)
            .get(entry)
            .i32.load8_u(keyOffset(part) + digit)
            .i32.const(4)
            .i32.mul()
            .i32.add()
            .set(slot);
          f.get(slot)
            .get(slot)
            .i32.load(digit * COUNTS)
            .i32.const(1)
            .i32.add()
            .i32.store(digit * COUNTS);
        }
        f.get(entry).i32.const(width).i32.add().set(entry);
      });
    }),
  );
}

/** (entries, counts, byte of the digit, start, end): counts one digit of the keys of [start, end). */
export function countDigit(mb: ModuleBuilder, width: 8 | 16): FuncRef {
  const name = `sort_count_one_${width}`;
  return mb.shared(name, () =>
    mb.function(name, ["i32", "i32", "i32", "i32", "i32"], [], (f, entries, counts, digit, start, end) => {
      const i = f.local("i32", "i");
      const key = f.local("i32", "key");
      const slot = f.local("i32", "slot");
      f.get(entries).get(start).i32.const(width).i32.mul().i32.add().get(digit).i32.add().set(key);
      f.for(i, start, end, 1, () => {
        f.get(counts).get(key).i32.load8_u().i32.const(4).i32.mul().i32.add().tee(slot);
        f.get(slot).i32.load().i32.const(1).i32.add().i32.store();
        f.get(key).i32.const(width).i32.add().set(key);
      });
    }),
  );
}

/** (entries, addresses by digit, byte of the digit, start, end): moves the entries of [start, end) in order. */
export function moveByDigit(mb: ModuleBuilder, width: 8 | 16): FuncRef {
  const name = `sort_move_${width}`;
  return mb.shared(name, () =>
    mb.function(name, ["i32", "i32", "i32", "i32", "i32"], [], (f, entries, table, digit, start, end) => {
      const i = f.local("i32", "i");
      const entry = f.local("i32", "entry");
      const slot = f.local("i32", "slot");
      const to = f.local("i32", "to");
      f.get(entries).get(start).i32.const(width).i32.mul().i32.add().set(entry);
      f.for(i, start, end, 1, () => {
        f.get(table).get(entry).get(digit).i32.add().i32.load8_u().i32.const(4).i32.mul().i32.add().tee(slot);
        f.i32.load().tee(to).get(entry);
        if (width === 16) f.v128.load().v128.store();
        else f.i64.load().i64.store();
        f.get(slot).get(to).i32.const(width).i32.add().i32.store();
        f.get(entry).i32.const(width).i32.add().set(entry);
      });
    }),
  );
}

/**
 * (entries, permutation, next permutation, start, end): the positions of the sorted entries. On the first key they are the
 * permutation; later they select from it, into the next.
 */
export function readPositions(mb: ModuleBuilder, part: KeyPart, compose: boolean): FuncRef {
  const width = entryBytes(part);
  const name = `sort_positions_${width}${compose ? "_compose" : ""}`;
  return mb.shared(name, () =>
    mb.function(
      name,
      ["i32", "i32", "i32", "i32", "i32"],
      [],
      (f, entries, permutation, next, start, end) => {
        const i = f.local("i32", "i");
        const entry = f.local("i32", "entry");
        f.get(entries).get(start).i32.const(width).i32.mul().i32.add().set(entry);
        f.for(i, start, end, 1, () => {
          f.get(compose ? next : permutation)
            .get(i)
            .i32.const(4)
            .i32.mul()
            .i32.add();
          if (compose) f.get(permutation);
          f.get(entry).i32.load(positionOffset(part));
          if (compose) f.i32.const(4).i32.mul().i32.add().i32.load();
          f.i32.store();
          f.get(entry).i32.const(width).i32.add().set(entry);
        });
      },
    ),
  );
}

/** (input, output, permutation, start, end): output[i] = input[permutation[i]] for elements of a size. */
export function gatherRow(mb: ModuleBuilder, bytes: number): FuncRef {
  const name = `sort_gather_${bytes}`;
  return mb.shared(name, () =>
    mb.function(
      name,
      ["i32", "i32", "i32", "i32", "i32"],
      [],
      (f, input, output, permutation, start, end) => {
        const i = f.local("i32", "i");
        f.for(i, start, end, 1, () => {
          f.get(output).get(i).i32.const(bytes).i32.mul().i32.add();
          f.get(input).get(permutation).get(i).i32.const(4).i32.mul().i32.add().i32.load();
          f.i32.const(bytes).i32.mul().i32.add();
          if (bytes === 1) f.i32.load8_u().i32.store8();
          else if (bytes === 2) f.i32.load16_u().i32.store16();
          else if (bytes === 4) f.i32.load().i32.store();
          else if (bytes === 8) f.i64.load().i64.store();
          else f.v128.load(0, 3).v128.store(0, 3);
        });
      },
    ),
  );
}
