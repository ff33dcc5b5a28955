/**
 * The Philox-4x32 block function with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"), written once over the
 * arithmetic of uint32: on numbers, and on arrays.
 */
export interface PhiloxArithmetic<T> {
  add(x: T, y: T): T;
  xor(x: T, y: T): T;
  multiplyLow(x: T, y: T): T;
  multiplyHigh(x: T, y: T): T;
  constant(x: number): T;
}

/** The four words that a key of two words gives for a counter of four, the lowest first. */
export function philox<T>(
  a: PhiloxArithmetic<T>,
  key: readonly [T, T],
  counter: readonly [T, T, T, T],
): readonly [T, T, T, T] {
  const [factor0, factor1] = [a.constant(0xd2511f53), a.constant(0xcd9e8d57)];
  const [weyl0, weyl1] = [a.constant(0x9e3779b9), a.constant(0xbb67ae85)];
  let [k0, k1] = key;
  let x = counter;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = [a.multiplyHigh(x[0], factor0), a.multiplyLow(x[0], factor0)];
    const [high1, low1] = [a.multiplyHigh(x[2], factor1), a.multiplyLow(x[2], factor1)];
    x = [a.xor(a.xor(high1, x[1]), k0), low1, a.xor(a.xor(high0, x[3]), k1), low0];
    [k0, k1] = [a.add(k0, weyl0), a.add(k1, weyl1)];
  }
  return x;
}
