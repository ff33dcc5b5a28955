import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { type Epilogue, epilogueContext, epilogueName, type TileStrides } from "./epilogue.ts";
import type { Lanes } from "./lanes.ts";
import {
  addVectors,
  advance,
  loadPart,
  loadSplat,
  loadSpread,
  multiplyAdd,
  neverTaken,
  storePart,
  storeSpread,
} from "./lanes.ts";

/**
 * A register tile: `rows` x `cols` sums kept in vectors while k runs. A is read one element per row (splat), B one row of
 * `cols` at a time. Strides are in elements and fixed at compile time, so that addresses are immediates.
 */
export type TileSpec = {
  readonly type: Lanes;
  readonly rows: number;
  readonly cols: number;
  readonly aRow: number;
  readonly aCol: number;
  readonly bRow: number;
  /** B has padding after its columns, so whole vectors may be read. */
  readonly bPadded: boolean;
  /** Elements from one column of C to the next; 1 unless given. */
  readonly cCol?: number | undefined;
  /** Length of k when it is fixed, so that short ones are unrolled. */
  readonly k: number | undefined;
  /** Further summed dimensions around a fixed k, outermost first: how often, and the element strides in A and B. */
  readonly around?: readonly Around[] | undefined;
  /** With true the tile takes a flag: add to C instead of overwriting it. */
  readonly accumulates: boolean;
  /** The sums to add to are not in C but at an address that the tile takes, rows so many elements apart. */
  readonly sumsRow?: number | undefined;
  readonly relaxed: boolean;
  readonly epilogue: Epilogue<TileStrides> | undefined;
};

export type Around = { readonly count: number; readonly a: number; readonly b: number };

/** Multiply-adds of vectors up to which a k that is known is unrolled whole. */
const UNROLLED = 96;
/** Steps of a longer k that are written out. */
const UNROLL = 4;

/** Vector registers of the poorest common machine (x64), less the one that V8 keeps. */
const REGISTERS = 15;

/**
 * The tile function: (a, b, c, bytes per row of C, [k], [accumulate], [sums], ...arrays of the epilogue). Emitted once per module.
 */
export function gemmTile(mb: ModuleBuilder, spec: TileSpec): FuncRef {
  const { type, rows, cols, aRow, aCol, bRow, bPadded, cCol = 1, k, relaxed, epilogue } = spec;
  const { accumulates, sumsRow } = spec;
  const name = [
    `gemm_${type.kind}_${rows}x${cols}`,
    `a${aRow}_${aCol}`,
    `b${bRow}${bPadded ? "p" : ""}`,
    cCol === 1 ? "" : `c${cCol}`,
    k === undefined ? "" : `k${k}`,
    ...(spec.around ?? []).map(({ count, a, b }) => `x${count}_${a}_${b}`),
    accumulates ? "acc" : "",
    sumsRow === undefined ? "" : `s${sumsRow}`,
    relaxed ? "fma" : "",
    epilogue === undefined ? "" : "epilogue",
  ]
    .filter((part) => part !== "")
    .join("_");
  const key = epilogue === undefined ? name : `${name} ${epilogueName(epilogue)}`;
  const params: ValType[] = ["i32", "i32", "i32", "i32"];
  if (k === undefined) params.push("i32");
  if (accumulates) params.push("i32");
  if (sumsRow !== undefined) params.push("i32");
  for (const _ of epilogue?.arrays ?? []) params.push("i32");
  return mb.shared(key, () => mb.function(name, params, [], (f, ...locals) => emitTile(f, spec, locals)));
}

function emitTile(f: FunctionBuilder, spec: TileSpec, params: readonly Local[]): void {
  const { type, rows, cols, cCol = 1, k, accumulates, sumsRow, epilogue } = spec;
  const [a, b, c, ldc, ...rest] = params as [Local, Local, Local, Local, ...Local[]];
  const depth = k === undefined ? (rest.shift() as Local) : k;
  const accumulate = accumulates ? (rest.shift() as Local) : undefined;
  const sumsSoFar = sumsRow === undefined ? undefined : (rest.shift() as Local);
  const vectors = Math.ceil(cols / type.count);
  const lanesOf = (j: number) => Math.min(type.count, cols - j * type.count);
  const acc = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local("v128")));

  emitProducts(f, spec, acc, a, b, depth);

  if (accumulate !== undefined) {
    const row = f.local("i32");
    f.get(accumulate).if(() => {
      f.get(sumsSoFar ?? c).set(row);
      acc.forEach((sums, i) => {
        if (i > 0 && sumsRow !== undefined) advance(f, row, sumsRow * type.bytes);
        else if (i > 0) f.get(row).get(ldc).i32.add().set(row);
        sums.forEach((sum, j) => {
          if (cCol === 1 || sumsRow !== undefined) loadPart(f, type, row, lanesOf(j), j * 16);
          else loadSpread(f, type, row, lanesOf(j), j * 16 * cCol, cCol);
          f.get(sum);
          addVectors(f, type);
          f.set(sum);
        });
      });
    });
  }
  acc.forEach((sums, i) => {
    if (i > 0) f.get(c).get(ldc).i32.add().set(c);
    sums.forEach((sum, j) => {
      const at = { acc: sum, row: i, col: j * type.count, lanes: lanesOf(j) };
      epilogue?.emit(f, epilogueContext(f, type, epilogue.arrays, rest, at));
      if (cCol === 1) storePart(f, type, c, sum, lanesOf(j), j * 16);
      else storeSpread(f, type, c, sum, lanesOf(j), j * 16 * cCol, cCol);
    });
  });
}

/**
 * Adds the products of all k to the sums, in the order of {@link ./gemmOrder.ts}. Consumes `a` and `b`. A step that loads more than
 * fits in registers, and every unrolled step, ends with a fence.
 */
function emitProducts(
  f: FunctionBuilder,
  spec: TileSpec,
  acc: readonly (readonly Local[])[],
  a: Local,
  b: Local,
  depth: Local | number,
): void {
  const { type, rows, cols, aRow, bPadded } = spec;
  const relaxed = spec.relaxed && type.kind.startsWith("f");
  const { bytes } = type;
  const vectors = Math.ceil(cols / type.count);
  const { loops, body } = unrolling(spec, depth, rows * vectors);
  const bv = Array.from({ length: vectors }, () => f.local("v128"));
  const av = f.local("v128");
  // Immediate offsets count from the lowest element of a step, for dimensions that A is read backward along.
  const last = loops.at(-1);
  const low = Math.min(0, ...(body?.map((at) => at.a) ?? [(UNROLL - 1) * (last?.a ?? 0)]));
  advance(f, a, low * bytes);
  const group = Math.max(1, REGISTERS - rows * vectors - vectors - (relaxed ? 0 : 1));
  const step = (at: Step, fence: () => void) => {
    bv.forEach((vector, j) => {
      const lanes = bPadded ? type.count : Math.min(type.count, cols - j * type.count);
      loadPart(f, type, b, lanes, at.b * bytes + j * 16);
      f.set(vector);
    });
    for (let i = 0; i < rows; i++) {
      if (i > 0 && i % group === 0) fence();
      f.get(a);
      loadSplat(f, type, (i * aRow + at.a - low) * bytes);
      f.set(av);
      for (const [j, sum] of (acc[i] ?? []).entries()) multiplyAdd(f, type, sum, av, bv[j] as Local, relaxed);
    }
  };
  const steps = (list: readonly Step[], fence: () => void) => {
    list.forEach((at, u) => {
      if (u > 0) fence();
      step(at, fence);
    });
  };
  const move = (by: Step) => {
    advance(f, a, by.a * bytes);
    advance(f, b, by.b * bytes);
  };
  /** The innermost loop over `size` steps, one after the other in both operands. */
  const run = (size: Local | number, by: Step) => {
    // Pointers may stand still (stride 0), so a counter of its own decides when to stop.
    const left = f.local("i32");
    const loopOf = (count: number) =>
      neverTaken(f, a, (fence) =>
        f.loop((again) => {
          const list = Array.from({ length: count }, (_, u) => ({ a: u * by.a, b: u * by.b }));
          steps(list, fence);
          move({ a: count * by.a, b: count * by.b });
          f.get(left).i32.const(count).i32.sub().tee(left).i32.const(count).i32.ge_u().brIf(again);
        }),
      );
    f.push(size).tee(left).i32.const(UNROLL).i32.ge_u();
    f.if(() => loopOf(UNROLL));
    f.get(left).if(() => loopOf(1));
  };
  const nest = (d: number): void => {
    const dim = loops[d];
    if (dim === undefined) {
      if (body !== undefined) neverTaken(f, a, (fence) => steps(body, fence));
    } else if (d === loops.length - 1 && body === undefined) {
      run(dim.count, dim);
    } else {
      const inner = loops[d + 1] as Loop | undefined;
      const left = f.local("i32");
      f.push(dim.count).set(left);
      f.loop((again) => {
        nest(d + 1);
        // The loop inside has moved the pointers to its own end.
        const moved = inner === undefined ? 0 : fixed(inner.count);
        move({ a: dim.a - moved * (inner?.a ?? 0), b: dim.b - moved * (inner?.b ?? 0) });
        f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
      });
    }
  };
  nest(0);
}

type Step = { readonly a: number; readonly b: number };
type Loop = Step & { readonly count: number | Local };

function fixed(count: number | Local): number {
  if (typeof count === "number") return count;
  throw new Error("a gemm tile with dimensions around k needs a fixed k");
}

/**
 * Which summed dimensions are loops, and the offsets of the steps that are written out inside them: the innermost dimensions,
 * as far as they fit. Without such steps the last loop is unrolled in part.
 */
function unrolling(
  { aCol, bRow, around = [] }: TileSpec,
  k: number | Local,
  perStep: number,
): { readonly loops: readonly Loop[]; readonly body: readonly Step[] | undefined } {
  const loops: Loop[] = [...around, { count: k, a: aCol, b: bRow }];
  let body: Step[] | undefined;
  for (let dim = loops.at(-1); dim !== undefined; dim = loops.at(-1)) {
    const { count, a, b } = dim;
    const inside: Step[] = body ?? [{ a: 0, b: 0 }];
    if (typeof count !== "number" || count * inside.length * perStep > UNROLLED) break;
    body = Array.from({ length: count }, (_, u) =>
      inside.map((at) => ({ a: u * a + at.a, b: u * b + at.b })),
    ).flat();
    loops.pop();
  }
  return { loops, body };
}
