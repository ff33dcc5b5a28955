import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import type { KeyPart, SortDtype } from "./sortKeys.ts";
import { elementBytes, entryBytes, entryWriter, keyOffset, keyParts } from "./sortKeys.ts";
import { COUNTS, countDigits, gatherRow, inChunks, moveByDigit, readPositions } from "./sortSteps.ts";

export type { SortDtype } from "./sortKeys.ts";

/**
 * A stable sort of contiguous rows. The first `numKeys` operands are compared, in turn; all are reordered together. Floats
 * compare as in JAX: -0 equals 0, NaNs are equal and come last; complex numbers by real, then imaginary part.
 */
export type SortSpec = {
  /** Rows, each sorted on its own. */
  readonly outer: number;
  /** Length of a row. */
  readonly n: number;
  readonly operands: readonly SortDtype[];
  readonly numKeys: number;
  /** Largest first (NaNs before all); equal keys still keep their order. */
  readonly descending?: boolean | undefined;
};

/** Longest row sorted by insertion; beyond, counting digits costs less. */
const INSERTION = 40;

type Layout = {
  readonly entries: number;
  readonly other: number;
  readonly permutation: number;
  readonly nextPermutation: number;
  readonly counts: number;
  readonly bytes: number;
};

function layout({ n, operands, numKeys }: SortSpec): Layout {
  const parts = operands.slice(0, numKeys).flatMap(keyParts);
  const width = Math.max(8, ...parts.map(entryBytes));
  let top = 0;
  const take = (bytes: number) => {
    const at = top;
    top = Math.ceil((top + bytes) / 16) * 16;
    return at;
  };
  const long = n > INSERTION;
  return {
    entries: take(n * width),
    other: take(long ? n * width : 0),
    permutation: take(n * 4),
    nextPermutation: take(parts.length > 1 ? n * 4 : 0),
    counts: take(long ? 8 * COUNTS : 0),
    bytes: top,
  };
}

/** Bytes that the sort may write at `scratch`, which must be 16-byte aligned. */
export function sortScratchBytes(spec: SortSpec): number {
  return isTrivial(spec) ? 0 : layout(spec).bytes;
}

function isTrivial({ outer, n }: SortSpec): boolean {
  return outer === 0 || n <= 1;
}

/**
 * Emits a sort: a function (operand addresses..., result addresses..., scratch). Results must not overlap operands.
 *
 * Each key, from the last to the first, is turned into unsigned integers and sorted together with positions, by insertion
 * for short rows and digit by digit (radix sort) for long ones; then every operand is gathered through the permutation. The
 * time is proportional to n for long rows.
 *
 * @example
 * ```text
 * const sort = emitSort(mb, { outer: 1, n: 5, operands: ["float32", "int32"], numKeys: 1 });
 * f.get(x).get(indices).get(sortedX).get(sortedIndices).get(scratch).call(sort);
 * ```
 */
export function emitSort(mb: ModuleBuilder, spec: SortSpec): FuncRef {
  const { outer, n, operands, numKeys } = spec;
  if (!Number.isInteger(numKeys) || numKeys < 1 || numKeys > operands.length) {
    throw new Error(
      `sort: numKeys must be between 1 and the number of operands (${operands.length}), got ${numKeys}`,
    );
  }
  const params: ValType[] = [
    ...operands.map(() => "i32" as const),
    ...operands.map(() => "i32" as const),
    "i32",
  ];
  return mb.function(`sort_${operands.join("_")}_${outer}x${n}`, params, [], (f, ...all) => {
    const inputs = all.slice(0, operands.length);
    const outputs = all.slice(operands.length, 2 * operands.length);
    const scratch = all[2 * operands.length] as Local;
    if (isTrivial(spec)) {
      operands.forEach((dtype, i) => {
        f.get(outputs[i] as Local).get(inputs[i] as Local);
        f.i32.const(outer * n * elementBytes(dtype)).memory.copy();
      });
      return;
    }
    const row = f.local("i32", "row");
    f.for(row, 0, outer, 1, () => {
      const permutation = emitPermutation(mb, f, spec, inputs, scratch);
      operands.forEach((dtype, i) => {
        const gather = gatherRow(mb, elementBytes(dtype));
        inChunks(f, 0, n, (start, end) => {
          f.get(inputs[i] as Local)
            .get(outputs[i] as Local)
            .get(permutation)
            .get(start)
            .get(end)
            .call(gather);
        });
      });
      f.release(permutation);
      operands.forEach((dtype, i) => {
        for (const pointer of [inputs[i], outputs[i]] as [Local, Local]) {
          f.get(pointer)
            .i32.const(n * elementBytes(dtype))
            .i32.add()
            .set(pointer);
        }
      });
    });
  });
}

/** Sorts the keys of the current row; returns a scratch local with the address of the permutation. */
function emitPermutation(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  spec: SortSpec,
  inputs: readonly Local[],
  scratch: Local,
): Local {
  const { n, operands, numKeys, descending = false } = spec;
  const at = layout(spec);
  const [entries, permutation, next] = ["i32", "i32", "i32"].map(() => f.temp("i32")) as [
    Local,
    Local,
    Local,
  ];
  const address = (offset: number) => f.get(scratch).i32.const(offset).i32.add();
  address(at.permutation).set(permutation);
  address(at.nextPermutation).set(next);
  const keys = operands
    .slice(0, numKeys)
    .flatMap((dtype, i) => keyParts(dtype).map((part) => ({ part, dtype, i })));
  keys.toReversed().forEach(({ part, dtype, i }, round) => {
    const write = entryWriter(mb, part, elementBytes(dtype), round > 0, descending);
    address(at.entries).set(entries);
    inChunks(f, 0, n, (start, end) => {
      f.get(inputs[i] as Local)
        .get(permutation)
        .get(entries)
        .get(start)
        .get(end)
        .call(write);
    });
    if (n <= INSERTION) {
      f.get(entries).i32.const(n).call(insertionSort(mb, part));
    } else {
      f.get(entries);
      address(at.other);
      address(at.counts);
      f.i32.const(n).call(radixSort(mb, part)).set(entries);
    }
    const read = readPositions(mb, part, round > 0);
    inChunks(f, 0, n, (start, end) => {
      f.get(entries).get(permutation).get(next).get(start).get(end).call(read);
    });
    if (round === 0) return;
    const swap = f.temp("i32");
    f.get(permutation).set(swap).get(next).set(permutation).get(swap).set(next);
    f.release(swap);
  });
  f.release(entries, next);
  return permutation;
}

/** (entries, n): sorts in place. */
function insertionSort(mb: ModuleBuilder, part: KeyPart): FuncRef {
  const width = entryBytes(part);
  const name = `sort_insertion_${width}`;
  return mb.shared(name, () =>
    mb.function(name, ["i32", "i32"], [], (f, entries, n) => {
      const end = f.local("i32", "end");
      const next = f.local("i32", "next");
      const hole = f.local("i32", "hole");
      const key = f.local("i64", "key");
      const position = f.local("i32", "position");
      f.get(entries).get(n).i32.const(width).i32.mul().i32.add().set(end);
      f.get(entries).i32.const(width).i32.add().set(next);
      f.for(next, next, end, width, () => {
        f.get(next).tee(hole).i64.load().set(key);
        if (width === 16) f.get(next).i32.load(8).set(position);
        f.block((placed) => {
          f.loop((again) => {
            f.get(hole).get(entries).i32.eq().brIf(placed);
            f.get(hole).i32.const(width).i32.sub().i64.load().get(key).i64.le_u().brIf(placed);
            f.get(hole);
            if (width === 16) f.get(hole).i32.const(width).i32.sub().v128.load().v128.store();
            else f.get(hole).i32.const(width).i32.sub().i64.load().i64.store();
            f.get(hole).i32.const(width).i32.sub().set(hole).br(again);
          });
        });
        f.get(hole).get(key).i64.store();
        if (width === 16) f.get(hole).get(position).i32.store(8);
      });
    }),
  );
}

/**
 * (entries, other, counts, n) -> address of the sorted entries, one of the two. All digits are counted in one sweep; a digit
 * that all keys share is skipped.
 */
function radixSort(mb: ModuleBuilder, part: KeyPart): FuncRef {
  const width = entryBytes(part);
  const digits = part.kind.bytes;
  const name = `sort_radix_${width}_${digits}`;
  const count = countDigits(mb, part);
  const move = moveByDigit(mb, width);
  return mb.shared(name, () =>
    mb.function(name, ["i32", "i32", "i32", "i32"], ["i32"], (f, entries, other, counts, n) => {
      const digit = f.local("i32", "digit");
      const table = f.local("i32", "table");
      const swap = f.local("i32", "swap");
      f.get(counts)
        .i32.const(0)
        .i32.const(digits * COUNTS)
        .memory.fill();
      inChunks(f, 0, n, (start, end) => f.get(entries).get(counts).get(start).get(end).call(count));
      f.get(counts).set(table);
      f.for(digit, keyOffset(part), keyOffset(part) + digits, 1, () => {
        // Does the first key's digit hold all n entries?
        f.get(table)
          .get(entries)
          .get(digit)
          .i32.add()
          .i32.load8_u()
          .i32.const(4)
          .i32.mul()
          .i32.add()
          .i32.load();
        f.get(n).i32.ne();
        f.if(() => {
          emitOffsets(f, table, other, width);
          inChunks(f, 0, n, (start, end) =>
            f.get(entries).get(table).get(digit).get(start).get(end).call(move),
          );
          f.get(entries).set(swap).get(other).set(entries).get(swap).set(other);
        });
        f.get(table).i32.const(COUNTS).i32.add().set(table);
      });
      f.get(entries);
    }),
  );
}

/** Turns the counts of one digit into the addresses where entries of that digit go. */
function emitOffsets(f: FunctionBuilder, table: Local, target: Local, width: number): void {
  const at = f.temp("i32");
  const end = f.temp("i32");
  const next = f.temp("i32");
  const count = f.temp("i32");
  f.get(target).set(next);
  f.get(table).i32.const(COUNTS).i32.add().set(end);
  f.for(at, table, end, 4, () => {
    f.get(at).i32.load().set(count);
    f.get(at).get(next).i32.store();
    f.get(next).get(count).i32.const(width).i32.mul().i32.add().set(next);
  });
  f.release(at, end, next, count);
}
