import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";

export type SortDtype =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64"
  | "complex64"
  | "complex128";

/** How one number is turned into an unsigned integer of the same order. */
type KeyKind =
  | { readonly form: "unsigned"; readonly bytes: 1 | 2 | 4 | 8 }
  | { readonly form: "signed"; readonly bytes: 1 | 2 | 4 | 8 }
  /** `infinity` is the bit pattern above which, without the sign, lie the NaNs. */
  | { readonly form: "float"; readonly bytes: 2 | 4 | 8; readonly infinity: bigint };

/** A key of an operand: complex numbers have two, compared one after the other. */
export type KeyPart = { readonly kind: KeyKind; readonly offset: number; readonly name: string };

const float16 = { form: "float", bytes: 2, infinity: 0x7c00n } as const;
const bfloat16 = { form: "float", bytes: 2, infinity: 0x7f80n } as const;
const float32 = { form: "float", bytes: 4, infinity: 0x7f800000n } as const;
const float64 = { form: "float", bytes: 8, infinity: 0x7ff0000000000000n } as const;

const KEYS: Readonly<Record<SortDtype, readonly KeyKind[]>> = {
  bool: [{ form: "unsigned", bytes: 1 }],
  int8: [{ form: "signed", bytes: 1 }],
  uint8: [{ form: "unsigned", bytes: 1 }],
  int16: [{ form: "signed", bytes: 2 }],
  uint16: [{ form: "unsigned", bytes: 2 }],
  int32: [{ form: "signed", bytes: 4 }],
  uint32: [{ form: "unsigned", bytes: 4 }],
  int64: [{ form: "signed", bytes: 8 }],
  uint64: [{ form: "unsigned", bytes: 8 }],
  float16: [float16],
  bfloat16: [bfloat16],
  float32: [float32],
  float64: [float64],
  complex64: [float32, float32],
  complex128: [float64, float64],
};

/** Bytes of one element. */
export function elementBytes(dtype: SortDtype): number {
  return KEYS[dtype].reduce((sum, { bytes }) => sum + bytes, 0);
}

export function keyParts(dtype: SortDtype): KeyPart[] {
  return KEYS[dtype].map((kind, i) => ({ kind, offset: i * kind.bytes, name: `${dtype}${i}` }));
}

/**
 * An entry to be sorted. Narrow: 8 bytes, the position below a key of up to 32 bits. Wide: 16 bytes, the key and then the
 * position. Either way the key is unsigned, and entries with equal keys differ by position.
 */
export function entryBytes(part: KeyPart): 8 | 16 {
  return part.kind.bytes === 8 ? 16 : 8;
}

/** Where an entry keeps its position, and the first byte of its key. */
export function positionOffset(part: KeyPart): number {
  return part.kind.bytes === 8 ? 8 : 0;
}

export function keyOffset(part: KeyPart): number {
  return part.kind.bytes === 8 ? 0 : 4;
}

/**
 * (row, permutation, entries, start, end): writes the entries of positions [start, end), of elements taken through the
 * permutation when `permuted`.
 */
export function entryWriter(
  mb: ModuleBuilder,
  part: KeyPart,
  stride: number,
  permuted: boolean,
  descending: boolean,
): FuncRef {
  const name = `sort_entries_${part.name}_${part.offset}${permuted ? "_permuted" : ""}${descending ? "_descending" : ""}`;
  return mb.shared(name, () =>
    mb.function(name, ["i32", "i32", "i32", "i32", "i32"], [], (f, row, permutation, entries, start, end) => {
      const i = f.local("i32", "i");
      const at = f.local("i32", "at");
      const to = f.local("i32", "to");
      const key = f.local("i64", "key");
      const wide = part.kind.bytes === 8;
      f.get(entries).get(start).i32.const(entryBytes(part)).i32.mul().i32.add().set(to);
      f.for(i, start, end, 1, () => {
        f.get(row);
        if (permuted) f.get(permutation).get(i).i32.const(4).i32.mul().i32.add().i32.load();
        else f.get(i);
        f.i32.const(stride).i32.mul().i32.add().set(at);
        emitKey(f, part, at, key);
        if (descending)
          f.get(key)
            .i64.const(wide ? -1n : 0xffffffffn)
            .i64.xor()
            .set(key);
        f.get(to).get(key);
        if (wide) f.i64.store().get(to).get(i).i32.store(8);
        else f.i64.const(32).i64.shl().get(i).i64.extend_i32_u().i64.or().i64.store();
        f.get(to).i32.const(entryBytes(part)).i32.add().set(to);
      });
    }),
  );
}

/** Sets `key` to the ordered bits of the element at the address: NaNs last and equal, zeros equal. */
function emitKey(f: FunctionBuilder, { kind, offset }: KeyPart, at: Local, key: Local): void {
  const { bytes } = kind;
  f.get(at);
  if (bytes === 8) f.i64.load(offset);
  else if (bytes === 4) f.i64.load32_u(offset);
  else if (bytes === 2) f.i64.load16_u(offset);
  else f.i64.load8_u(offset);
  f.set(key);
  if (kind.form === "unsigned") return;
  const sign = 1n << BigInt(8 * bytes - 1);
  if (kind.form === "signed") {
    f.get(key).i64.const(sign).i64.xor().set(key);
    return;
  }
  const magnitude = f.temp("i64");
  f.get(key)
    .i64.const(sign - 1n)
    .i64.and()
    .set(magnitude);
  // Zeros: drop the sign. NaNs: one positive pattern.
  f.i64.const(0).get(key).get(magnitude).i64.eqz().select().set(key);
  f.i64
    .const(kind.infinity + 1n)
    .get(key)
    .get(magnitude)
    .i64.const(kind.infinity)
    .i64.gt_u()
    .select()
    .set(key);
  // Negative numbers: all bits flipped, so that larger magnitudes come first; others: above all negative ones.
  f.get(key);
  f.i64.const(2n * sign - 1n).i64.const(sign);
  f.get(key).i64.const(sign).i64.and().i64.eqz().i32.eqz();
  f.select().i64.xor().set(key);
  f.release(magnitude);
}
