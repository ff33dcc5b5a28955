import type { DigitCut } from "./cuts.ts";

/**
 * Where an element of an intermediate is in the memory of a block: the digits of the shared index have only the values of the block there,
 * and what lies outside of them moves together.
 */
export class LocalLayout {
  private readonly digits: readonly { readonly step: number; readonly size: number; readonly kept: number }[];

  /** @param steps How far a step of each digit moves in the whole intermediate. */
  constructor(steps: readonly number[], sizes: readonly number[], cuts: readonly DigitCut[]) {
    const digits = steps.map((step, j) => ({ step, size: sizes[j], kept: cuts[j].kept }));
    this.digits = digits.sort((a, b) => b.step - a.step);
  }

  /** A stride of the whole intermediate in the memory of a block. */
  stride(whole: number): number {
    if (whole < 0) return -this.stride(-whole); // walked backwards
    return this.digits.reduce(
      (stride, { step, size, kept }) => (whole >= step * size ? (stride / size) * kept : stride),
      whole,
    );
  }

  /** The same for an offset at which all digits are 0. */
  offset(whole: number): number {
    let rest = whole;
    let local = 0;
    for (const { step, size } of this.digits) {
      const end = step * size;
      local += Math.floor(rest / end) * this.stride(end);
      rest %= end;
    }
    return local + rest;
  }

  size(whole: number): number {
    return this.digits.reduce((total, { size, kept }) => (total / size) * kept, whole);
  }
}
