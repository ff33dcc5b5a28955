import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import { epilogueContext, epilogueName, Walk } from "./epilogue.ts";
import type { Problem } from "./gemmProblem.ts";
import { advance, loadPart, loadSplat, multiplyAdd, storePart } from "./lanes.ts";

/**
 * Outer products, and sums of two: all the time goes into writing C. It is written row by row from its first element to its last, which memory
 * takes several times as fast as the rows of register tiles side by side.
 */

/** Longest sum: more products than that take longer than writing. */
const MOST_K = 2;
/** Vectors per step. */
const VECTORS = 8;
/** Columns of a block, so that what is read of B stays in the first cache. */
const BLOCK = 2048;

export function takesOuter({ type, m, n, k, aRow, aCol, bRow, bCol }: Problem): boolean {
  const forward = bCol === 1 && bRow >= 0 && aRow >= 0 && aCol >= 0;
  return k > 0 && k <= MOST_K && m > 1 && n >= VECTORS * type.count && forward;
}

/** Emits C = A B into the current function. */
export function emitOuter(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  p: Problem,
  a: Local,
  b: Local,
  c: Local,
  arrays: readonly Local[],
): void {
  const { m, n, aRow, ldc, epilogue } = p;
  const { bytes } = p.type;
  const written = [{ rowStride: ldc, colStride: 1 }, ...(epilogue?.arrays ?? [])];
  const [i, from, right] = [f.temp("i32"), f.temp("i32"), f.temp("i32")];
  f.get(b).set(right);
  const start = new Walk(f, [c, ...arrays]);
  const to = new Walk(f, start.at);
  const block = (columns: number) => {
    const row = outerRow(mb, p, columns);
    f.get(a).set(from);
    to.from(start.at);
    f.for(i, 0, m, 1, () => {
      f.get(from).get(right);
      for (const pointer of to.at) f.get(pointer);
      f.call(row);
      advance(f, from, aRow * bytes);
      to.move(written.map(({ rowStride }) => rowStride * bytes));
    });
    advance(f, right, columns * bytes);
    start.move(written.map(({ colStride }) => columns * colStride * bytes));
  };
  const j = f.temp("i32");
  f.for(j, 0, Math.floor(n / BLOCK), 1, () => block(BLOCK));
  if (n % BLOCK > 0) block(n % BLOCK);
  start.release();
  to.release();
  f.release(i, from, right, j);
}

/** (a, b, c, ...arrays of the epilogue): a row of `columns` columns. */
function outerRow(mb: ModuleBuilder, p: Problem, columns: number): FuncRef {
  const { type, k, aCol, bRow, relaxed, epilogue } = p;
  const { bytes, count } = type;
  const arrays = epilogue?.arrays.map(({ colStride }) => ({ row: 0, col: colStride })) ?? [];
  const name = `outer_${type.kind}_${columns}_k${k}_a${aCol}_b${bRow}${relaxed ? "_fma" : ""}`;
  const key = epilogue === undefined ? name : `${name} ${epilogueName({ ...epilogue, arrays })}`;
  const params = ["i32", "i32", "i32", ...arrays.map(() => "i32" as const)] as const;
  return mb.shared(key, () =>
    mb.function(name, params, [], (f, a, b, c, ...pointers) => {
      const scales = Array.from({ length: k }, (_, l) => {
        const scale = f.local("v128");
        f.get(a);
        loadSplat(f, type, l * aCol * bytes);
        f.set(scale);
        return scale;
      });
      const [sum, x] = [f.local("v128"), f.local("v128")];
      const step = (width: number) => {
        for (let j = 0; j < width; j += count) {
          const lanes = Math.min(count, width - j);
          f.i32x4.const(0).set(sum);
          scales.forEach((scale, l) => {
            loadPart(f, type, b, lanes, (l * bRow + j) * bytes);
            f.set(x);
            multiplyAdd(f, type, sum, scale, x, relaxed);
          });
          const at = { acc: sum, row: 0, col: j, lanes };
          epilogue?.emit(f, epilogueContext(f, type, arrays, pointers, at));
          storePart(f, type, c, sum, lanes, j * bytes);
        }
      };
      const width = VECTORS * count;
      const left = f.local("i32");
      f.for(left, 0, Math.floor(columns / width), 1, () => {
        step(width);
        advance(f, b, width * bytes);
        advance(f, c, width * bytes);
        pointers.forEach((pointer, i) => {
          advance(f, pointer, width * (arrays[i]?.col ?? 0) * bytes);
        });
      });
      step(columns % width);
    }),
  );
}
