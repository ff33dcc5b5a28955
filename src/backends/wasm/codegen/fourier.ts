import type { FourierKernel } from "../../../compiler/ir.ts";
import { float32 } from "../../../dtypes/index.ts";
import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { fourierFlops } from "../cost.ts";
import { emitFourierBlock, fourierScratch, type Side } from "../kernels/fourier.ts";
import { LANES, type Lanes } from "../kernels/lanes.ts";
import type { KernelCode } from "./kernelCode.ts";
import { cutInto, describeCut, pieceRange } from "./split.ts";

/** A guess at the time of a floating-point operation in vectors. */
const NANOSECONDS_PER_FLOP = 0.1;

/** How the lines of a kernel are taken in blocks, each line a lane. */
interface Blocks {
  readonly t: Lanes;
  readonly vectors: number;
  readonly count: number;
  /**
   * `columns`: a block is neighbouring columns of one matrix. `rows`: rows whose results are neighbouring columns. `lines`: any lines, each with its own
   * address.
   */
  readonly kind: "columns" | "rows" | "lines";
  /** Of `columns` and `rows`: how many blocks the neighbours are cut into; the last overlaps the one before it. */
  readonly perGroup: number;
}

/** Neighbours from which on overlapping blocks waste little. */
const MANY = 12;

function blocksOf({ dtype, before, inner, after, turns }: FourierKernel): Blocks {
  const t = dtype === float32 ? LANES.f32 : LANES.f64;
  const lines = before * after;
  const neighbours = (count: number) => {
    const fits = (vectors: number) =>
      count >= vectors * t.count &&
      (turns !== null || count >= MANY * vectors || count % (vectors * t.count) === 0);
    return fits(2) ? 2 : fits(1) ? 1 : 0;
  };
  for (const [kind, count, groups] of [
    ["columns", after, before],
    ["rows", after === 1 ? inner : 0, before / inner],
  ] as const) {
    const vectors = count > 1 ? neighbours(count) : 0;
    if (vectors === 0) continue;
    const perGroup = Math.ceil(count / (vectors * t.count));
    return { t, vectors, kind, perGroup, count: groups * perGroup };
  }
  return { t, vectors: 1, kind: "lines", perGroup: 0, count: Math.ceil(lines / t.count) };
}

/** The code of a Fourier kernel: blocks of lines are independent. */
export function fourierCode(kernel: FourierKernel): KernelCode {
  const blocks = blocksOf(kernel);
  const length = kernel.radices.reduce((n, r) => n * r, 1);
  const scratch = kernel.radices.length > 1 ? fourierScratch(length, blocks.t, blocks.vectors) : 0;
  const cut = cutInto(fourierFlops(kernel) * NANOSECONDS_PER_FLOP, blocks.count);
  return {
    pieces: cut.pieces,
    scratch: { perThread: scratch },
    describe: () =>
      `${blocks.vectors * blocks.t.count} lines at once, radices ${kernel.radices.join(" ")}; ${describeCut(cut, "blocks")}`,
    emit: ({ f, mb, pointers }, memory, piece) => {
      const fn = blockFunction(mb, kernel, blocks, memory !== null);
      const block = f.local("i32", "block");
      const body = () => {
        for (const buffer of buffersOf(kernel)) f.get(pointers.get(buffer) as Local);
        if (memory !== null) f.get(memory);
        f.get(block).call(fn);
      };
      if (piece === null) f.for(block, 0, blocks.count, 1, body);
      else {
        const { start, stop } = pieceRange(f, piece, cut);
        f.for(block, start, stop, 1, body);
      }
    },
  };
}

function buffersOf({ input, output, twiddles, turns }: FourierKernel): number[] {
  return [input, output, twiddles, turns].filter((b) => b !== null);
}

/** The function of the addresses of the buffers and of scratch memory, and of the number of a block, that transforms the block. */
function blockFunction(
  mb: ModuleBuilder,
  kernel: FourierKernel,
  blocks: Blocks,
  hasScratch: boolean,
): FuncRef {
  const { dtype, radices, sign, before, inner, after, twiddles, turns } = kernel;
  const params = buffersOf(kernel).map((): ValType => "i32");
  if (hasScratch) params.push("i32");
  params.push("i32");
  const key = [dtype.name, radices, sign, before, inner, after, twiddles !== null, turns !== null].join();
  return mb.shared(`fourier ${key}`, () =>
    mb.function(`${kernel.name}_block`, params, [], (f, input, output, ...rest) => {
      const next = (exists: boolean): Local | null => (exists ? (rest.shift() as Local) : null);
      const roots = next(twiddles !== null);
      const turned = next(turns !== null);
      const scratch = next(hasScratch);
      const sides = sidesOf(f, kernel, blocks, [input, output, turned], rest[0]);
      emitFourierBlock(f, {
        t: blocks.t,
        vectors: blocks.vectors,
        radices,
        sign,
        input: sides.input,
        output: sides.output,
        scratch,
        twiddles: roots,
        turns: sides.turns,
      });
    }),
  );
}

/** Computes where the lines of a block begin. */
function sidesOf(
  f: FunctionBuilder,
  { radices, before, inner, after }: FourierKernel,
  { t, vectors, kind, perGroup }: Blocks,
  [input, output, turns]: readonly [Local, Local, Local | null],
  block: Local,
): { input: Side; output: Side; turns: Local | null } {
  const length = radices.reduce((n, r) => n * r, 1);
  const bytes = 2 * t.bytes;
  const lanes = vectors * t.count;
  const steps = { input: after * bytes, output: inner * after * bytes };
  const address = (base: Local, push: () => void): Local => {
    const at = f.local("i32");
    f.get(base);
    push();
    f.i32.const(bytes).i32.mul().i32.add().set(at);
    return at;
  };
  if (kind === "lines") {
    const lines = Array.from({ length: lanes }, (_, lane) => {
      // Lanes beyond the last line compute that once more.
      const [line, row] = [f.local("i32"), f.local("i32")];
      const last = before * after - 1;
      f.get(block).i32.const(lanes).i32.mul().i32.const(lane).i32.add().tee(line);
      f.i32.const(last).get(line).i32.const(last).i32.lt_u().select().tee(line);
      f.i32.const(after).i32.div_u().set(row);
      return { line, row };
    });
    const column = ({ line }: { line: Local }) => f.get(line).i32.const(after).i32.rem_u();
    return {
      input: {
        step: steps.input,
        lines: lines.map((at) =>
          address(input, () => {
            f.get(at.row)
              .i32.const(length * after)
              .i32.mul();
            column(at);
            f.i32.add();
          }),
        ),
      },
      output: {
        step: steps.output,
        lines: lines.map((at) =>
          address(output, () => {
            f.get(at.row)
              .i32.const(inner)
              .i32.div_u()
              .i32.const(inner * length * after)
              .i32.mul();
            f.get(at.row).i32.const(inner).i32.rem_u().i32.const(after).i32.mul().i32.add();
            column(at);
            f.i32.add();
          }),
        ),
      },
      turns: null,
    };
  }
  const count = kind === "columns" ? after : inner;
  const [group, first] = [f.local("i32"), f.local("i32")];
  f.get(block).i32.const(perGroup).i32.div_u().set(group);
  f.get(block).i32.const(perGroup).i32.rem_u().i32.const(lanes).i32.mul().tee(first);
  f.i32
    .const(count - lanes)
    .get(first)
    .i32.const(count - lanes)
    .i32.lt_u()
    .select()
    .set(first);
  if (kind === "rows") {
    const lines = Array.from({ length: lanes }, (_, lane) =>
      address(input, () => {
        f.get(group).i32.const(inner).i32.mul().get(first).i32.add().i32.const(lane).i32.add();
        f.i32.const(length).i32.mul();
      }),
    );
    const to = address(output, () => {
      f.get(group)
        .i32.const(inner * length)
        .i32.mul()
        .get(first)
        .i32.add();
    });
    return { input: { step: steps.input, lines }, output: { step: steps.output, lines: [to] }, turns: null };
  }
  const from = address(input, () => {
    f.get(group)
      .i32.const(length * after)
      .i32.mul()
      .get(first)
      .i32.add();
  });
  const to = address(output, () => {
    f.get(group).i32.const(inner).i32.div_u();
    f.i32.const(inner * length * after).i32.mul();
    f.get(group).i32.const(inner).i32.rem_u().i32.const(after).i32.mul().i32.add();
    f.get(first).i32.add();
  });
  return {
    input: { step: steps.input, lines: [from] },
    output: { step: steps.output, lines: [to] },
    turns: turns === null ? null : address(turns, () => f.get(first)),
  };
}
