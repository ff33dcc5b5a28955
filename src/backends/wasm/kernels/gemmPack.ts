import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";
import type { Lanes } from "./lanes.ts";
import { advance, loadPart, storePart } from "./lanes.ts";

/**
 * A panel: for each step of k, `width` elements side by side, then zeros up to `padded`. Both operands of a matrix product
 * are packed this way, so that the register tile reads memory in order.
 */
export type PackSpec = {
  readonly type: Lanes;
  readonly width: number;
  readonly padded: number;
  /** Element stride between the `width` elements. */
  readonly across: number;
  /** Element stride from one k to the next. */
  readonly along: number;
};

/** Writes a panel to `target`; each argument pushes its value. What is contiguous in one direction is packed by functions that all programs share. */
export function callPack(
  mb: ModuleBuilder,
  f: FunctionBuilder,
  spec: PackSpec,
  { source, target, count }: { source: () => unknown; target: () => unknown; count: () => unknown },
): void {
  const { type, width, padded, across, along } = spec;
  const name = `pack_${type.kind}_${width}of${padded}`;
  source();
  target();
  count();
  if (across === 1 || width === 1) {
    f.i32
      .const(along * type.bytes)
      .call(
        mb.common(`${name}_rows`, ["i32", "i32", "i32", "i32"], [], (g, from, to, steps, stride) =>
          packRows(g, spec, from, to, steps, stride),
        ),
      );
    return;
  }
  const everySecond = across === 2 && type.count === 4 && along >= 0;
  if (along === 1 && !everySecond) {
    f.i32
      .const(across * type.bytes)
      .call(
        mb.common(`${name}_columns`, ["i32", "i32", "i32", "i32"], [], (g, from, to, steps, stride) =>
          packTransposed(g, spec, from, to, steps, stride),
        ),
      );
    return;
  }
  const key = `${name}_${across}_${along}`;
  const pack = mb.shared(key, () =>
    mb.function(key, ["i32", "i32", "i32"], [], (g, from, to, steps) => {
      if (everySecond) packEverySecond(g, spec, from, to, steps);
      else packElements(g, spec, from, to, steps);
    }),
  );
  f.call(pack);
}

/** The elements of one k lie side by side: copy vectors. `stride`: bytes from one k to the next. */
function packRows(
  f: FunctionBuilder,
  { type, width, padded }: PackSpec,
  source: Local,
  target: Local,
  count: Local,
  stride: Local,
): void {
  const vector = f.local("v128");
  repeat(
    f,
    count,
    2,
    (u) => {
      for (let i = 0; i < padded; i += type.count) {
        const read = Math.min(type.count, width - i);
        if (read > 0) {
          loadPart(f, type, source, read, i * type.bytes);
          f.set(vector);
        } else {
          f.i32x4.const(0).set(vector);
        }
        storePart(f, type, target, vector, Math.min(type.count, padded - i), (u * padded + i) * type.bytes);
      }
      f.get(source).get(stride).i32.add().set(source);
    },
    (steps) => advance(f, target, steps * padded * type.bytes),
  );
}

/** Every second element of what lies side by side: two vectors that overlap, so that nothing beyond the last one is read. */
function packEverySecond(
  f: FunctionBuilder,
  spec: PackSpec,
  source: Local,
  target: Local,
  count: Local,
): void {
  const { type, width, padded, along } = spec;
  const vector = f.local("v128");
  repeat(
    f,
    count,
    1,
    () => {
      for (let i = 0; i < padded; i += 4) {
        const read = Math.min(4, width - i);
        if (read === 4) {
          f.get(source).v128.load(2 * i * 4, 2);
          f.get(source).v128.load((2 * i + 3) * 4, 2);
          f.i32x4.shuffle(0, 2, 5, 7);
        } else {
          f.i32x4.const(0);
          for (let lane = 0; lane < read; lane++) {
            f.set(vector).get(source).get(vector);
            f.v128.load32_lane(lane, 2 * (i + lane) * 4, 2);
          }
        }
        f.set(vector);
        storePart(f, type, target, vector, Math.min(4, padded - i), i * 4);
      }
    },
    (steps) => {
      advance(f, source, steps * along * 4);
      advance(f, target, steps * padded * 4);
    },
  );
}

/** Each of the `width` elements has its k side by side: transpose squares of one vector's size. `stride`: bytes from one element to the next. */
function packTransposed(
  f: FunctionBuilder,
  { type, width, padded }: PackSpec,
  source: Local,
  target: Local,
  count: Local,
  stride: Local,
): void {
  const { bytes, count: size } = type;
  const from = f.local("i32");
  const next = () => f.get(from).get(stride).i32.add().set(from);
  const square = Array.from({ length: size }, () => f.local("v128"));
  const other = Array.from({ length: size }, () => f.local("v128"));
  const left = f.local("i32");
  f.get(count).set(left);
  f.get(left).i32.const(size).i32.ge_u();
  f.if(() => {
    f.loop((again) => {
      f.get(source).set(from);
      for (let i = 0; i < padded; i += size) {
        square.forEach((vector, x) => {
          if (i + x < width) {
            loadPart(f, type, from, size);
            f.set(vector);
            next();
          } else f.i32x4.const(0).set(vector);
        });
        transpose(f, type, square, other);
        const stored = Math.min(size, padded - i);
        square.forEach((vector, x) => {
          storePart(f, type, target, vector, stored, (x * padded + i) * bytes);
        });
      }
      advance(f, source, size * bytes);
      advance(f, target, size * padded * bytes);
      f.get(left).i32.const(size).i32.sub().tee(left).i32.const(size).i32.ge_u().brIf(again);
    });
  });
  f.get(left).if(() => {
    f.loop((again) => {
      f.get(source).set(from);
      for (let i = 0; i < padded; i++) {
        f.get(target);
        if (i < width) f.get(from);
        copyElement(f, type, i < width, 0, i * bytes);
        if (i < width) next();
      }
      advance(f, source, bytes);
      advance(f, target, padded * bytes);
      f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
    });
  });
}

/** Any strides, also negative ones. */
function packElements(f: FunctionBuilder, spec: PackSpec, source: Local, target: Local, count: Local): void {
  const { type, along, padded } = spec;
  repeat(
    f,
    count,
    1,
    () => copyElements(f, spec, source, target),
    (steps) => {
      advance(f, source, steps * along * type.bytes);
      advance(f, target, steps * padded * type.bytes);
    },
  );
}

/** Copies the elements of one k one by one, and zeros after them. */
function copyElements(f: FunctionBuilder, spec: PackSpec, source: Local, target: Local): void {
  const { type, width, padded, across } = spec;
  for (let i = 0; i < padded; i++) {
    const at = i * across * type.bytes;
    f.get(target);
    if (i < width) {
      f.get(source);
      if (at < 0) f.i32.const(at).i32.add();
    }
    copyElement(f, type, i < width, Math.max(0, at), i * type.bytes);
  }
}

/** Stores an element, or zero, at the address on the stack; above it is that of what is copied, if there is something. */
function copyElement(f: FunctionBuilder, { bytes }: Lanes, copies: boolean, from: number, to: number): void {
  if (bytes === 8) {
    if (copies) f.i64.load(from);
    else f.i64.const(0);
    f.i64.store(to);
  } else {
    if (copies) f.i32.load(from);
    else f.i32.const(0);
    f.i32.store(to);
  }
}

/** Runs `step(0..unroll-1)` then `next(unroll)` while `count` lasts, and single steps for the rest. */
function repeat(
  f: FunctionBuilder,
  count: Local,
  unroll: number,
  step: (u: number) => void,
  next: (steps: number) => void,
): void {
  const left = f.local("i32");
  f.get(count).set(left);
  for (const width of unroll > 1 ? [unroll, 1] : [1]) {
    f.get(left).i32.const(width).i32.ge_u();
    f.if(() => {
      f.loop((again) => {
        for (let u = 0; u < width; u++) step(u);
        next(width);
        f.get(left).i32.const(width).i32.sub().tee(left).i32.const(width).i32.ge_u().brIf(again);
      });
    });
  }
}

/** Transposes a square of vectors in place; `other` are as many scratch vectors. */
function transpose(f: FunctionBuilder, type: Lanes, square: readonly Local[], other: readonly Local[]): void {
  if (type.count === 2) {
    const [a, b] = square as [Local, Local];
    const [x, y] = other as [Local, Local];
    f.get(a).get(b).i64x2.shuffle(0, 2).set(x);
    f.get(a).get(b).i64x2.shuffle(1, 3).set(y);
    f.get(x).set(a).get(y).set(b);
    return;
  }
  const [a, b, c, d] = square as [Local, Local, Local, Local];
  const [p, q, r, s] = other as [Local, Local, Local, Local];
  f.get(a).get(b).i32x4.shuffle(0, 4, 1, 5).set(p);
  f.get(a).get(b).i32x4.shuffle(2, 6, 3, 7).set(q);
  f.get(c).get(d).i32x4.shuffle(0, 4, 1, 5).set(r);
  f.get(c).get(d).i32x4.shuffle(2, 6, 3, 7).set(s);
  f.get(p).get(r).i64x2.shuffle(0, 2).set(a);
  f.get(p).get(r).i64x2.shuffle(1, 3).set(b);
  f.get(q).get(s).i64x2.shuffle(0, 2).set(c);
  f.get(q).get(s).i64x2.shuffle(1, 3).set(d);
}
