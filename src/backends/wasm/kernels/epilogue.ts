import type { FunctionBuilder, Local } from "../asm/index.ts";
import { advance, type Lanes, loadPart, loadSplat, loadSpread, storePart, storeSpread } from "./lanes.ts";

/**
 * Code that runs on each vector of finished sums in registers, before it is stored: a bias is added, an activation
 * applied, a residual added. The arrays that it reads or writes have an element for each of the result, or the same one
 * for many, and are walked like the result.
 */
export type Epilogue<Strides> = {
  /** Epilogues of equal keys emit equal code. */
  readonly key: string;
  /** Their addresses are further arguments of the function. Elements are as wide as the sums. */
  readonly arrays: readonly Strides[];
  readonly emit: (f: FunctionBuilder, at: EpilogueContext) => void;
  /** What tiles need that all programs share; they do not have the others. */
  readonly shared?: (() => SharedEpilogue | null) | undefined;
};

/** The code of an epilogue without what it has from its program: numbers are arguments. */
export type SharedEpilogue = {
  /** Equal for equal code. */
  readonly name: string;
  /** The bits of a lane of each number. */
  readonly numbers: readonly (number | bigint)[];
  /** `numbers`: vectors with each in all lanes. */
  readonly emit: (f: FunctionBuilder, at: EpilogueContext, numbers: readonly Local[]) => void;
};

/** One vector of sums. */
export type EpilogueContext = {
  /** The sums; what is left here is stored. */
  readonly acc: Local;
  /** Pushes the elements of an array. */
  readonly load: (array: number) => void;
  /** Stores elements of an array. */
  readonly store: (array: number, value: Local) => void;
};

/** Element strides of an array along the rows and columns of a register tile; not negative. */
export type TileStrides = { readonly row: number; readonly col: number };

/** Equal for epilogues of which one function of a module serves all. */
export function epilogueName({ key, arrays }: Epilogue<TileStrides>): string {
  return `${key} ${JSON.stringify(arrays)}`;
}

/** Where an array's elements for one vector of a tile are. */
export function epilogueContext(
  f: FunctionBuilder,
  type: Lanes,
  arrays: readonly TileStrides[],
  pointers: readonly Local[],
  at: { readonly acc: Local; readonly row: number; readonly col: number; readonly lanes: number },
): EpilogueContext {
  const place = (array: number) => {
    const { row, col } = arrays[array] as TileStrides;
    return { col, pointer: pointers[array] as Local, offset: (at.row * row + at.col * col) * type.bytes };
  };
  return {
    acc: at.acc,
    load: (array) => {
      const { col, pointer, offset } = place(array);
      if (col === 1) loadPart(f, type, pointer, at.lanes, offset);
      else if (col === 0) {
        f.get(pointer);
        loadSplat(f, type, offset);
      } else loadSpread(f, type, pointer, at.lanes, offset, col);
    },
    store: (array, value) => {
      const { col, pointer, offset } = place(array);
      if (col === 1) storePart(f, type, pointer, value, at.lanes, offset);
      else storeSpread(f, type, pointer, value, at.lanes, offset, col);
    },
  };
}

/** Addresses that move together: those of the result and of the arrays of an epilogue. */
export class Walk {
  readonly at: readonly Local[];
  private readonly f: FunctionBuilder;

  /** Copies of the addresses, in temporaries. */
  constructor(f: FunctionBuilder, from: readonly Local[]) {
    this.f = f;
    this.at = from.map(() => f.temp("i32"));
    this.from(from);
  }

  from(addresses: readonly Local[]): void {
    this.at.forEach((local, i) => {
      this.f.get(addresses[i] as Local).set(local);
    });
  }

  /** Bytes by which each address moves. */
  move(bytes: readonly number[]): void {
    this.at.forEach((local, i) => {
      advance(this.f, local, bytes[i] as number);
    });
  }

  release(): void {
    this.f.release(...this.at);
  }
}
