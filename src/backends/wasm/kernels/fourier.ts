import type { FunctionBuilder, Local } from "../asm/index.ts";
import {
  type ButterflyConstants,
  butterflyConstants,
  type ComplexLanes,
  emitButterfly,
  multiplyComplex,
} from "./butterflies.ts";
import { type Lanes, loadSplat } from "./lanes.ts";

/**
 * Fourier transforms of a block of lines at once, each a lane of some vectors. The length is a product of radices: the first pass reads the
 * elements in the order of their reversed digits and transforms so many at a time; each further pass joins transforms to longer ones, and the
 * last writes the results (Cooley and Tukey, decimation in time). Between passes the block is in scratch memory, parts of numbers in vectors of their own.
 */

/** Where the lines of a block are in an array of interleaved complex numbers. */
export interface Side {
  /** From one element of a line to the next, in bytes. */
  readonly step: number;
  /** The address of the first line, whose neighbours follow at once; or that of each line. */
  readonly lines: readonly Local[];
}

export interface FourierBlock {
  readonly t: Lanes;
  /** Vectors of lanes. */
  readonly vectors: number;
  readonly radices: readonly number[];
  readonly sign: number;
  readonly input: Side;
  readonly output: Side;
  /** The address of the scratch memory; it is not used when there is one radix. */
  readonly scratch: Local | null;
  /** The roots of unity of all passes but the first, one after the other: for each place in a transform `radix - 1` complex numbers. */
  readonly twiddles: Local | null;
  /** Complex numbers by which the results are multiplied, where they are laid out as these; the address of those of the first line. */
  readonly turns: Local | null;
}

/** Bytes of scratch memory of a block. */
export function fourierScratch(length: number, t: Lanes, vectors: number): number {
  return 2 * length * vectors * t.count * t.bytes;
}

/** Writes the transform of a block. */
export function emitFourierBlock(f: FunctionBuilder, block: FourierBlock): void {
  new FourierWriter(f, block).emit();
}

const VECTOR_BYTES = 16;

class FourierWriter {
  private readonly f: FunctionBuilder;
  private readonly b: FourierBlock;
  private readonly length: number;
  /** Bytes from a row of scratch memory, one element of all lines, to the next. */
  private readonly row: number;
  private readonly elementBytes: number;

  constructor(f: FunctionBuilder, block: FourierBlock) {
    this.f = f;
    this.b = block;
    this.length = block.radices.reduce((n, r) => n * r, 1);
    this.row = 2 * block.vectors * VECTOR_BYTES;
    this.elementBytes = 2 * block.t.bytes;
  }

  emit(): void {
    const { f } = this;
    const { radices } = this.b;
    if (radices.length === 1) {
      const none = f.temp("i32");
      f.i32.const(0).set(none);
      this.step(radices[0], {
        read: (i, vector, to) => this.load(none, i * this.b.input.step, vector, to),
        write: (i, vector, from) => this.store(none, i * this.b.output.step, vector, from),
      });
      f.release(none);
      return;
    }
    this.first();
    let size = radices[0];
    let twiddles = 0;
    for (const radix of radices.slice(1, -1)) {
      this.middle(radix, size, twiddles);
      twiddles += size * (radix - 1);
      size *= radix;
    }
    this.last(radices[radices.length - 1], size, twiddles);
  }

  /** Reads in the order of reversed digits: the last radix is the slowest loop, and its index counts single elements. */
  private first(): void {
    const { f, b } = this;
    const [radix, ...others] = b.radices;
    const { step } = b.input;
    const target = f.temp("i32");
    f.get(b.scratch as Local).set(target);
    const far = (this.length / radix) * step;
    const digits = others.reverse();
    const loops = (depth: number, weight: number, outer: Local | null) => {
      const at = f.temp("i32");
      const inner = () => {
        if (depth + 1 < digits.length) {
          loops(depth + 1, weight * digits[depth], at);
          return;
        }
        this.step(radix, {
          read: (i, vector, to) => this.load(at, i * far, vector, to),
          write: (i, vector, from) => this.write(target, i * this.row, vector, from),
        });
        f.get(target)
          .i32.const(radix * this.row)
          .i32.add()
          .set(target);
      };
      const span = digits[depth] * weight * step;
      if (outer === null) f.for(at, 0, span, weight * step, inner);
      else {
        const end = f.temp("i32");
        f.get(outer).i32.const(span).i32.add().set(end);
        f.for(at, outer, end, weight * step, inner);
        f.release(end);
      }
      f.release(at);
    };
    loops(0, 1, null);
    f.release(target);
  }

  /** Joins `radix` transforms of `size` elements each, all over the scratch memory. */
  private middle(radix: number, size: number, twiddles: number): void {
    const { f, b } = this;
    const [group, at, end, stop, roots] = [0, 1, 2, 3, 4].map(() => f.temp("i32"));
    const scratch = b.scratch as Local;
    f.get(scratch)
      .i32.const(this.length * this.row)
      .i32.add()
      .set(stop);
    const constants = butterflyConstants(f, b.t, radix, b.sign);
    f.for(group, scratch, stop, radix * size * this.row, () => {
      this.startRoots(roots, twiddles);
      f.get(group)
        .i32.const(size * this.row)
        .i32.add()
        .set(end);
      f.for(at, group, end, this.row, () => {
        this.step(
          radix,
          {
            read: (i, vector, to) => this.read(at, i * size * this.row, vector, to),
            write: (i, vector, from) => this.write(at, i * size * this.row, vector, from),
          },
          roots,
          constants,
        );
        this.advanceRoots(roots, radix);
      });
    });
    this.releaseConstants(constants);
    f.release(group, at, end, stop, roots);
  }

  /** Joins the last transforms, and writes the results. */
  private last(radix: number, size: number, twiddles: number): void {
    const { f, b } = this;
    const [source, to, roots] = [0, 1, 2].map(() => f.temp("i32"));
    const { step } = b.output;
    const constants = butterflyConstants(f, b.t, radix, b.sign);
    this.startRoots(roots, twiddles);
    f.get(b.scratch as Local).set(source);
    f.for(to, 0, size * step, step, () => {
      this.step(
        radix,
        {
          read: (i, vector, target) => this.read(source, i * size * this.row, vector, target),
          write: (i, vector, from) => this.store(to, i * size * step, vector, from),
        },
        roots,
        constants,
      );
      this.advanceRoots(roots, radix);
      f.get(source).i32.const(this.row).i32.add().set(source);
    });
    this.releaseConstants(constants);
    f.release(source, to, roots);
  }

  private startRoots(roots: Local, twiddles: number): void {
    this.f
      .get(this.b.twiddles as Local)
      .i32.const(twiddles * this.elementBytes)
      .i32.add()
      .set(roots);
  }
  private advanceRoots(roots: Local, radix: number): void {
    this.f
      .get(roots)
      .i32.const((radix - 1) * this.elementBytes)
      .i32.add()
      .set(roots);
  }
  private releaseConstants({ cosines, sines }: ButterflyConstants): void {
    this.f.release(...cosines, ...sines);
  }

  /** One butterfly of every vector. Elements but the first are multiplied by the roots of unity at the address in `roots`. */
  private step(
    radix: number,
    io: {
      read: (i: number, vector: number, to: ComplexLanes) => void;
      write: (i: number, vector: number, from: ComplexLanes) => void;
    },
    roots: Local | null = null,
    known: ButterflyConstants | null = null,
  ): void {
    const { f, b } = this;
    const constants = known ?? butterflyConstants(f, b.t, radix, b.sign);
    for (let vector = 0; vector < b.vectors; vector++) {
      const x = Array.from({ length: radix }, (_, i): ComplexLanes => {
        const z = { re: f.temp("v128"), im: f.temp("v128") };
        io.read(i, vector, z);
        if (roots !== null && i > 0) this.multiplyByRoot(z, roots, (i - 1) * this.elementBytes);
        return z;
      });
      emitButterfly(f, b.t, x, b.sign, constants);
      x.forEach((z, i) => io.write(i, vector, z));
      for (const { re, im } of x) f.release(re, im);
    }
    if (known === null) this.releaseConstants(constants);
  }

  private multiplyByRoot(z: ComplexLanes, roots: Local, offset: number): void {
    const { f, b } = this;
    const w = { re: f.temp("v128"), im: f.temp("v128") };
    f.get(roots);
    loadSplat(f, b.t, offset);
    f.set(w.re).get(roots);
    loadSplat(f, b.t, offset + b.t.bytes);
    f.set(w.im);
    multiplyComplex(f, b.t, z, w);
    f.release(w.re, w.im);
  }

  // Scratch memory.

  private read(at: Local, offset: number, vector: number, { re, im }: ComplexLanes): void {
    const start = offset + 2 * VECTOR_BYTES * vector;
    this.f
      .get(at)
      .v128.load(start, 4)
      .set(re)
      .get(at)
      .v128.load(start + VECTOR_BYTES, 4)
      .set(im);
  }
  private write(at: Local, offset: number, vector: number, { re, im }: ComplexLanes): void {
    const start = offset + 2 * VECTOR_BYTES * vector;
    this.f
      .get(at)
      .get(re)
      .v128.store(start, 4)
      .get(at)
      .get(im)
      .v128.store(start + VECTOR_BYTES, 4);
  }

  // Arrays of interleaved numbers: `at` and `offset` are bytes from the first element of each line.

  private load(at: Local, offset: number, vector: number, to: ComplexLanes): void {
    const { input } = this.b;
    if (input.lines.length === 1) this.loadNeighbours(input.lines[0], at, offset, vector, to);
    else this.loadLines(input.lines, at, offset, vector, to);
  }

  private loadNeighbours(base: Local, at: Local, offset: number, vector: number, to: ComplexLanes): void {
    const { f } = this;
    const start = offset + 2 * VECTOR_BYTES * vector;
    const [address, low, high] = [f.temp("i32"), f.temp("v128"), f.temp("v128")];
    f.get(base).get(at).i32.add().tee(address).v128.load(start, 2).set(low);
    f.get(address)
      .v128.load(start + VECTOR_BYTES, 2)
      .set(high);
    this.takeApart(low, high, to);
    f.release(address, low, high);
  }

  private takeApart(low: Local, high: Local, { re, im }: ComplexLanes): void {
    const { f } = this;
    if (this.b.t.count === 4) {
      f.get(low).get(high).i32x4.shuffle(0, 2, 4, 6).set(re);
      f.get(low).get(high).i32x4.shuffle(1, 3, 5, 7).set(im);
    } else {
      f.get(low).get(high).i64x2.shuffle(0, 2).set(re);
      f.get(low).get(high).i64x2.shuffle(1, 3).set(im);
    }
  }

  private loadLines(
    lines: readonly Local[],
    at: Local,
    offset: number,
    vector: number,
    to: ComplexLanes,
  ): void {
    const { f } = this;
    const { count } = this.b.t;
    const own = lines.slice(vector * count, (vector + 1) * count);
    const halves = [f.temp("v128"), f.temp("v128")];
    halves.forEach((half, h) => {
      const [first, second] = own.slice((h * count) / 2);
      f.get(first).get(at).i32.add();
      if (count === 2) f.v128.load(offset, 3).set(half);
      else {
        f.v128.load64_zero(offset, 2).set(half);
        f.get(second).get(at).i32.add().get(half).v128.load64_lane(1, offset, 2).set(half);
      }
    });
    this.takeApart(halves[0], halves[1], to);
    f.release(...halves);
  }

  private store(at: Local, offset: number, vector: number, z: ComplexLanes): void {
    const { f, b } = this;
    if (b.turns !== null) {
      const w = { re: f.temp("v128"), im: f.temp("v128") };
      this.loadNeighbours(b.turns, at, offset, vector, w);
      multiplyComplex(f, b.t, z, w);
      f.release(w.re, w.im);
    }
    const [low, high] = [f.temp("v128"), f.temp("v128")];
    if (b.t.count === 4) {
      f.get(z.re).get(z.im).i32x4.shuffle(0, 4, 1, 5).set(low);
      f.get(z.re).get(z.im).i32x4.shuffle(2, 6, 3, 7).set(high);
    } else {
      f.get(z.re).get(z.im).i64x2.shuffle(0, 2).set(low);
      f.get(z.re).get(z.im).i64x2.shuffle(1, 3).set(high);
    }
    this.storeHalves(at, offset, vector, [low, high]);
    f.release(low, high);
  }

  private storeHalves(at: Local, offset: number, vector: number, halves: readonly Local[]): void {
    const { f } = this;
    const { t, output } = this.b;
    const { lines } = output;
    halves.forEach((half, h) => {
      if (lines.length === 1) {
        const start = offset + VECTOR_BYTES * (2 * vector + h);
        f.get(lines[0]).get(at).i32.add().get(half).v128.store(start, 2);
        return;
      }
      const [first, second] = lines.slice(vector * t.count + (h * t.count) / 2);
      f.get(first).get(at).i32.add().get(half);
      if (t.count === 2) f.v128.store(offset, 3);
      else {
        f.v128.store64_lane(0, offset, 2);
        f.get(second).get(at).i32.add().get(half).v128.store64_lane(1, offset, 2);
      }
    });
  }
}
