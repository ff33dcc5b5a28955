import type { Expr, ExprBuilder } from "../core/lowering.ts";
import { uint32 } from "../dtypes/index.ts";

/**
 * The Threefry-2x32 block function with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"),
 * written once over the arithmetic of uint32: on numbers for the reference, on expressions for kernels.
 */
interface Arithmetic<T> {
  add(x: T, y: T): T;
  xor(x: T, y: T): T;
  rotateLeft(x: T, by: number): T;
  constant(x: number): T;
}

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];
const parity = 0x1bd11bda;

function block<T>(a: Arithmetic<T>, k0: T, k1: T, c0: T, c1: T): [T, T] {
  const ks = [k0, k1, a.xor(a.xor(k0, k1), a.constant(parity))];
  let x0 = a.add(c0, k0);
  let x1 = a.add(c1, k1);
  for (let group = 0; group < 5; group++) {
    for (const r of rotations[group % 2]) {
      x0 = a.add(x0, x1);
      x1 = a.xor(a.rotateLeft(x1, r), x0);
    }
    x0 = a.add(x0, ks[(group + 1) % 3]);
    x1 = a.add(a.add(x1, ks[(group + 2) % 3]), a.constant(group + 1));
  }
  return [x0, x1];
}

const onNumbers: Arithmetic<number> = {
  add: (x, y) => (x + y) >>> 0,
  xor: (x, y) => (x ^ y) >>> 0,
  rotateLeft: (x, by) => ((x << by) | (x >>> (32 - by))) >>> 0,
  constant: (x) => x,
};

/** The two words that key (k0, k1) gives for counter (c0, c1); all uint32 numbers. */
export function threefryNumbers(k0: number, k1: number, c0: number, c1: number): [number, number] {
  return block(onNumbers, k0, k1, c0, c1);
}

/** {@link threefryNumbers} on uint32 expressions. */
export function threefryExpr(b: ExprBuilder, k0: Expr, k1: Expr, c0: Expr, c1: Expr): [Expr, Expr] {
  const constant = (x: number): Expr => b.const(x, uint32);
  const arithmetic: Arithmetic<Expr> = {
    add: (x, y) => b.op("add", x, y),
    xor: (x, y) => b.op("xor", x, y),
    rotateLeft: (x, by) =>
      b.op("or", b.op("shift_left", x, constant(by)), b.op("shift_right_logical", x, constant(32 - by))),
    constant,
  };
  return block(arithmetic, k0, k1, c0, c1);
}
